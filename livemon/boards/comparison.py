"""The boards that compare runs: read once, aligned, coloured the same in every panel."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from livemon import wording
from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.run_set.one_number import At, Numbers, numbers_at, parse_at
from livemon.analysis.run_set.points import Points
from livemon.analysis.statistics.bands import BandKind, Middle, band_of, middle_of
from livemon.analysis.statistics.called import band_in_words
from livemon.analysis.statistics.groups import find_groups, finite_curve, group_curve
from livemon.analysis.statistics.significance import default_at
from livemon.boards.axis_choice import AxisChoice, log_traces, with_axes
from livemon.boards.metric_groups import worth_a_panel
from livemon.boards.model import Board, Colour, Header, Panel
from livemon.boards.overlay import overlay
from livemon.boards.ranking import ranking
from livemon.boards.runs_health import RunHealth, notices_of_runs
from livemon.boards.time_unit import unit_of_time
from livemon.boards.traces import Trace, TraceStyle, pick_colours, trace_of_group
from livemon.tables import meaning, names
from livemon.tables.names import kind_of
from livemon.tables.patterns import UserPattern
from livemon.wording import value_text

__all__ = ["Comparison", "ComparisonOptions"]

_ROWS_A_UNIT = 15  # named rows that the first row of a board holds at its usual height
_MOST_SELECTED = 8  # metrics, of those that were asked for, each with a panel and a ranking
_HIGHEST_ROW = 1.6  # times the usual height: more runs than that holds are counted


@dataclass(frozen=True)
class ComparisonOptions:
    """What a user asks of a comparison.

    Attributes:
        x: As `MultiExperimentLoader.curves` takes it.
        metric: The main metric, "NAME", "NAME:min" or "NAME:max"; None: found.
        metrics: The dashboard has these alone, each with its ranking; () has the usual panels.
        names: metric -> what its panels are called, instead of its name.
        directions: metric -> whether more is better, instead of what its name says.
        smooth: TensorBoard's weight; None = by the noise, and not at all where groups are drawn.
        log, linear: Metrics on a logarithmic or a linear axis.
        groups: label -> runs; None = by `group_by`.
        group_by: Settings that the runs of a group share ("lr,wd"); "" = all but the seed; None = no groups.
        middle, band: Of groups; see `bands.band_of`.
        at: The number of a run by which it is ranked, as `significance.compare_groups` takes it.
        until: Only points up to this x.
        lines: Whether the single runs of groups are drawn behind their middle.
        x_limits: Low and high of x in panels of curves (times in seconds), None for an end of the data; the numbers of
            runs are those of the whole runs.
        y_limits: metric -> the same of y; that of "" is the main metric's.
        log_x: Whether x is logarithmic in panels of curves.
        select: The dashboard has the metrics in whose name this regular expression is found, each with its ranking;
            None: the losses, the task's own metric, learning rate and throughput.
        pixels: Columns of the widest panel.
    """

    x: str | None = None
    metric: str | None = None
    metrics: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    directions: Mapping[str, bool] = field(default_factory=dict)
    smooth: float | None = None
    log: tuple[str, ...] = ()
    linear: tuple[str, ...] = ()
    groups: Mapping[str, Sequence[str]] | None = None
    group_by: str | Sequence[str] | None = None
    middle: Middle = "mean"
    band: BandKind = "auto"
    at: str | At | None = None
    until: float | None = None
    lines: bool = False
    x_limits: tuple[float | None, float | None] = (None, None)
    y_limits: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    log_x: bool = False
    select: str | None = None
    pixels: int = 2000


class Comparison:
    """Boards of several runs as they are now.

    Args:
        runs: At least one.
        options: See `ComparisonOptions`.
        metrics: Read these alone; () reads all.
        health: Of the runs, where they were judged.

    Attributes:
        x_unit: How many of x as it was logged is one of the panels' x, whose name is `x_label`.

    Raises:
        ValueError: There is no run.
        KeyError: No run has the x.
    """

    def __init__(self, runs: MultiExperimentLoader, options: ComparisonOptions | None = None,
                 metrics: Sequence[str] = (), health: Mapping[str, RunHealth] | None = None) -> None:
        if not len(runs):
            raise ValueError("there is no run to compare: every named run was skipped, or no run was named")
        self.runs = runs
        self.options = options or ComparisonOptions()
        self._health = health or {}
        self._points = runs.curves(metrics, self.options.x, stacklevel=4)
        if self.options.until is not None:
            self._points = {name: {metric: points.until(self.options.until) for metric, points in one.items()}
                            for name, one in self._points.items()}
        self._names = [name for name in runs.names if name in self._points]
        self.metrics = list(dict.fromkeys(metric for name in self._names for metric in self._points[name]))
        self.main, self.rising = self._main()
        self._kind = next((points.kind for one in self._points.values() for points in one.values()), "step")
        self.x_unit, self.x_label = self._x_words()
        self.groups = self._groups()
        self._at = parse_at(self.options.at or default_at(runs, self.points(self.main) if self.main else {}))
        self._finals = self._values(self.main) if self.main else {}
        ranked = sorted((label for label, value in self._finals.items() if math.isfinite(value)),
                        key=lambda label: self._finals[label] * {True: -1, False: 1, None: 0}[self.rising])
        self.colours: dict[str, Colour] = pick_colours(list(self.groups), ranked)

    @property
    def _grouped(self) -> bool:
        return self.options.groups is not None or self.options.group_by is not None

    @property
    def _band(self) -> str:
        return band_in_words(self.options.middle, self.options.band)

    def _groups(self) -> dict[str, list[str]]:
        """label -> runs; without groups each run is one."""
        if not self._grouped:
            return {self.runs.labels[name]: [name] for name in self._names}
        if self.options.groups is not None:
            groups = {label: [name for name in members if name in self._points]
                      for label, members in self.options.groups.items()}
            return {label: members for label, members in groups.items() if members}
        settings = {name: self.runs.settings.get(name, {}) for name in self._names}
        return find_groups(settings, self.options.group_by or None)

    def _main(self) -> tuple[str | None, bool | None]:
        wanted, direction = names.parse_metric_choice(self.options.metric, self.metrics)
        if wanted and self._found(wanted) is None:
            raise ValueError(f"no run has the metric {wanted!r}; there are {', '.join(self.metrics[:30]) or 'none'}")
        main = wanted or self._best_known()
        if main is None:
            return None, None
        return main, meaning.higher_is_better(direction) if direction else self._direction(main)

    def _direction(self, metric: str) -> bool | None:
        """Whether more is better; None where nobody knows."""
        return self.options.directions.get(metric, meaning.higher_is_better(self.runs.direction(metric)))

    def _best_known(self) -> str | None:
        """The main metric of most runs, by its well-known name."""
        counts = [{metric: len(points.x) for metric, points in self._points[name].items() if len(points.x)}
                  for name in self._names]
        return names.main_metric_of_most(self.runs.main_of(one) for one in counts)

    def _found(self, metric: str) -> str | None:
        return names.find_metric(metric, self.metrics)

    def points(self, metric: str) -> dict[str, Points]:
        """run -> its points of a metric, by the run's own spelling; runs without it left out."""
        points = {}
        for name in self._names:
            own = names.find_metric(metric, self._points[name])
            if own is not None:
                points[name] = self._points[name][own]
        return points

    def _x_words(self) -> tuple[float, str]:
        if self._kind not in ("time", "wall"):
            return 1.0, self._kind
        if self._kind == "wall":
            return 3600.0, "hours since the first run began"
        end = max((float(points.x[-1]) for one in self._points.values() for points in one.values() if len(points.x)),
                  default=0.0)
        return unit_of_time(end)

    def _origin(self) -> float:
        """Of the axis: the first run's start by the clock, 0 else."""
        if self._kind != "wall":
            return 0.0
        return min((float(points.x[0]) for one in self._points.values() for points in one.values() if len(points.x)),
                   default=0.0)

    def traces(self, metric: str) -> list[Trace]:
        """The curves of a metric: a run's, or a group's with its band. A run without it has an empty one."""
        points = self.points(metric)
        return [self._trace(label, [points[name] for name in members if name in points])
                for label, members in self.groups.items()]

    def _trace(self, label: str, members: Sequence[Points]) -> Trace:
        if not members:
            return Trace(label, np.empty(0), np.empty(0))
        if not self._grouped:
            return Trace(label, (members[0].x - self._origin()) / self.x_unit, members[0].y)
        smooth = self.options.smooth or 0.0
        curve = group_curve(members, self.options.middle, self.options.band, smooth=smooth)
        runs = [finite_curve(points, smooth) for points in members] if self.options.lines else []
        return trace_of_group(label, members, curve.over(self._origin(), self.x_unit), smoothed=smooth > 0,
                              runs=[((x - self._origin()) / self.x_unit, y) for x, y in runs])

    def _style(self, traces: Sequence[Trace]) -> TraceStyle:
        """The colours of the groups, by the labels that their curves have."""
        colours = {trace.label: self.colours[label] for trace, label in zip(traces, self.groups, strict=True)
                   if label in self.colours}
        drawn = log_traces(traces) if self.options.log_x else traces
        return TraceStyle(colours, self.options.log, self.options.smooth,
                          self._axes("").columns(drawn, self.options.pixels), self.options.linear)

    def _axes(self, metric: str) -> AxisChoice:
        """What was chosen for the axes of a panel."""
        low, high = (None if end is None else end / self.x_unit for end in self.options.x_limits)
        y = self.options.y_limits
        chosen = y.get(metric, y.get("", (None, None)) if metric == self.main else (None, None))
        return AxisChoice((low, high), chosen, self.options.log_x)

    def panel(self, metric: str, *, title: str = "", key: str = "", span: int = 1, best: bool = False) -> Panel:
        """A metric of all runs in one panel; what it lacks is said in it."""
        traces = self.traces(metric)
        missing = [label for label, trace in zip(self.groups, traces, strict=True) if not len(trace.x)]
        note = f"not in {missing[0] if len(missing) == 1 else f'{len(missing)} of {len(traces)}'}" if missing else ""
        if self._grouped and not note:
            note = self._band
        rising = self._direction(metric) if metric != self.main else self.rising
        title = title or self.options.names.get(metric) or self._spelling(metric)
        style, within = self._style(traces), self._x_range()
        if self.options.log_x:
            if any(bool((trace.x <= 0).any()) for trace in traces):
                note = " · ".join(filter(None, (note, f"without {self.x_label} 0")))
            traces, within = log_traces(traces), None
        return with_axes(overlay(metric, traces, self.x_label, style, title=title, key=key, span=span, rising=rising,
                                 best=best, note=note, band=self._band if self._grouped else "", within=within),
                         self._axes(metric))

    def _x_range(self) -> tuple[float, float] | None:
        """The x of all points together; None where they are at one."""
        ends = [float(x) for one in self._points.values() for points in one.values() if len(points.x)
                for x in (points.x[0], points.x[-1])]
        low, high = ((end - self._origin()) / self.x_unit for end in (min(ends), max(ends))) if ends else (0.0, 0.0)
        return (low, high) if high > low else None

    def _numbers(self, metric: str, of: Literal["at", "mean"]) -> Numbers:
        """The number of each run that ranks it; or the mean of its finite values."""
        points = {name: one for name, one in self.points(metric).items() if len(one.y)}
        rising = self.rising if metric == self.main else self._direction(metric)
        if of == "mean":
            return Numbers({name: _mean(one) for name, one in points.items()}, At("final"))
        return numbers_at(points, At("final") if self._at.kind == "best" and rising is None else self._at, rising)

    def _values(self, metric: str, of: Literal["at", "mean"] = "at") -> dict[str, float]:
        """label -> the number of a run; the middle of a group."""
        numbers = self._numbers(metric, of).values
        by_label = {}
        for label, members in self.groups.items():
            values = [numbers[name] for name in members if name in numbers]
            if values:
                finite = np.array([value for value in values if math.isfinite(value)])
                by_label[label] = float(middle_of(finite, self.options.middle)) if len(finite) else values[0]
        return by_label

    def _intervals(self, metric: str, of: Literal["at", "mean"] = "at") -> dict[str, tuple[float, float]]:
        if not self._grouped:
            return {}
        numbers = self._numbers(metric, of).values
        intervals = {}
        for label, members in self.groups.items():
            values = np.array([numbers[name] for name in members if name in numbers])
            values = values[np.isfinite(values)]
            if len(values) > 1:
                low, high = band_of(values[:, None], self.options.middle, self.options.band)
                if np.isfinite(low[0]):
                    intervals[label] = float(low[0]), float(high[0])
        return intervals

    def _bad(self, metric: str, of: Literal["at", "mean"]) -> dict[str, int]:
        """label -> how many runs of a group have no finite number, and are not in its middle."""
        if not self._grouped:
            return {}
        numbers = self._numbers(metric, of).values
        return {label: sum(not math.isfinite(numbers[name]) for name in members if name in numbers)
                for label, members in self.groups.items()}

    def ranking(self, metric: str, *, title: str, of: Literal["at", "mean"] = "at", rising: bool | None = None,
                key: str = "") -> Panel:
        """A row a run: the number by which runs are ranked, or the mean of a metric; the best first."""
        rising = self._direction(metric) if rising is None else rising
        what = title.removeprefix("final ").removeprefix("mean ")
        return ranking(title, list(self._values(metric, of).items()), metric, rising, self.colours, key=key,
                       intervals=self._intervals(metric, of), interval=self._band, bad=self._bad(metric, of),
                       message=f"no {what} was logged")

    def _spelling(self, metric: str) -> str:
        """What a panel of a metric is titled: the name that the user gave it, else its name in the logs, or the
        well-known name where runs spell it differently."""
        if metric in self.options.names:
            return self.options.names[metric]
        spelled = {names.find_metric(metric, self._points[name]) for name in self._names} - {None}
        return next(iter(spelled)) or metric if len(spelled) == 1 else metric

    def _throughput(self) -> str:
        """The throughput of the training: that of an evaluation is not a result of a run."""
        flows = (metric for metric in self.metrics if kind_of(metric) == "throughput" and not _is_evaluation(metric))
        return next(flows, "tokens_per_second")

    def _ranked_title(self, metric: str, words: str) -> str:
        """ "final train_loss", "train_loss at step 4,200"."""
        until = self.options.until
        if until is not None and self._at.kind == "final":
            return f"{words} until {wording.count(until)}"
        return self._numbers(metric, "at").column(words)

    # -- boards

    def dashboard(self) -> Board:
        """Training loss overlaid, final loss as rows, the same of the main metric and of the task's own (accuracy, mAP
        ...), learning rates overlaid, mean throughput as rows; what was not logged at all is said in the header. The
        return that agents are trained for comes first. With `select`: the metrics that were selected.

        Raises:
            ValueError: `select` is not a valid regular expression, or selects no metric.
        """
        if self.options.select is not None:
            return self._selected(self.options.select)
        if self.options.metrics:
            return self._board([panel for metric in self.options.metrics for panel in self._pair(metric, metric)], 3)
        loss = "train_loss" if self._has("train_loss") else self.main or "train_loss"
        flow = self._throughput()
        has = {"learning rate": self._has("learning_rate"), "throughput": self._has(flow)}
        shown = []
        if self._has(loss) or not any(has.values()):
            shown.append(loss)
        if self.main and self.main != loss and names.find_metric(loss, [self.main]) is None:
            shown.insert(0 if meaning.is_return(self.main) else len(shown), self.main)
        if (own := self._of_the_task()) is not None and names.find_metric(own, shown) is None:
            shown.append(own)
        panels = [panel for metric in shown for panel in self._pair(metric, "loss" if metric == loss else metric)]
        if has["learning rate"]:
            span = 2 if has["throughput"] else 3
            panels.append(self.panel("learning_rate", key="rate", span=span))
        if has["throughput"]:
            panels.append(self.ranking(flow, title=f"mean {flow}", of="mean", rising=True, key="throughput"))
        if any(kind_of(metric) == "throughput" for metric in self.metrics):
            del has["throughput"]
        return self._board(panels, columns=3, missing=[what for what, there in has.items() if not there])

    def _pair(self, metric: str, key: str) -> list[Panel]:
        """A metric of all runs, and their ranking by it."""
        rising = self.rising if metric == self.main else None
        title = self._ranked_title(metric, self._spelling(metric))
        return [self.panel(metric, key=key, span=2, best=True),
                self.ranking(metric, title=title, rising=rising, key=f"final:{key}")]

    def _of_the_task(self) -> str | None:
        """What most runs measure of their task beside losses: accuracy, mAP, an episode's return; None where nothing
        is."""
        counts = [{metric: len(points.x) for metric, points in self._points[name].items()
                   if len(points.x) and kind_of(metric) in ("score", "other") and not names.is_loss(metric)
                   and not meaning.bookkeeping(metric) and self.runs.direction(metric) is not None}
                  for name in self._names]
        return names.main_metric_of_most(self.runs.main_of(one) for one in counts if one)

    def _selected(self, select: str) -> Board:
        pattern = UserPattern(select, "--select")
        matching = [metric for metric in self.metrics if pattern.finds(metric) and self._has(metric)]
        if not matching:
            raise ValueError(f"--select: no metric matches {select!r}; there are {wording.listed(self.metrics, 30)}")
        panels = [panel for metric in matching[:_MOST_SELECTED] for panel in self._pair(metric, metric)]
        left_out = max(len(matching) - _MOST_SELECTED, 0)
        hint = f"{left_out} more match {select!r}" if left_out else ""
        return replace(self._board(panels, columns=3), left_out=left_out, hint=hint)

    def _has(self, metric: str) -> bool:
        """Whether some run has a point of it."""
        return any(len(points.x) for points in self.points(metric).values())

    def training_curves(self, metrics: Sequence[str] | None = None) -> Board:
        """One panel for each metric: the well-known ones in their usual order, then the others, without those that only
        keep books (see `metric_groups.worth_a_panel`); or those named."""
        if metrics is None:
            usual = [name for name in names.WELL_KNOWN if self._found(name) is not None]
            covered = {own for name in usual for own in self.metrics
                       if any(names.find_metric(name, self._points[run]) == own for run in self._names)}
            telling = worth_a_panel([name for name in self.metrics if not self._is_placeholder(name)
                                     and not (meaning.bookkeeping(name) and _is_evaluation(name))])
            wanted = [*usual, *(name for name in telling if name not in covered)]
        else:
            wanted = list(metrics)
        panels = [self.panel(name) for name in wanted]
        nothing = Panel("none", "training curves", (0.0, 1.0), (0.0, 1.0), message="no metrics")
        return self._board(panels or [nothing], columns=2)

    def _is_placeholder(self, metric: str) -> bool:
        """Whether it is Lightning's `hp_metric` that nobody has set in any run."""
        return meaning.bookkeeping(metric) == "placeholder" and all(
            bool((points.y == -1).all()) for points in self.points(metric).values())

    def loss_landscape(self, metric: str = "train_loss") -> Board:
        """A metric of all runs, with its last and its best values in rows.

        Raises:
            ValueError: No run has it; the message names what there is.
        """
        if self._found(metric) is None:
            raise ValueError(f"no run has the metric {metric!r}; there are {', '.join(self.metrics) or 'none'}")
        rows = self.ranking(metric, title=self._ranked_title(metric, metric))
        return self._board([self.panel(metric, span=3, best=True), rows], 3)

    def optimization_dynamics(self) -> Board:
        """Learning rate, gradient norm and throughput of all runs."""
        flow = self._throughput()
        wanted = {"learning rate": "learning_rate", "gradient norm": "grad_norm", "throughput": flow}
        panels = [self.panel(metric, span=3) for metric in wanted.values() if self._has(metric)]
        missing = [title for title, metric in wanted.items() if not self._has(metric)]
        nothing = Panel("none", "optimization dynamics", (0.0, 1.0), (0.0, 1.0), message=_not_logged(missing), span=3)
        return self._board(panels or [nothing], 3, missing=missing if panels else ())

    def one(self, metric: str) -> Board:
        """A board of one metric."""
        return self._board([self.panel(metric, span=3, best=True)], 3)

    def _board(self, panels: Sequence[Panel], columns: int, missing: Sequence[str] = ()) -> Board:
        count = len(self._names)
        title = f"{count} runs" if count != 1 else next(iter(self.groups))
        if self._grouped:
            groups = len(self.groups)
            title = f"{count} run{'s' * (count != 1)} in {groups} group{'s' * (groups != 1)}"
        problems = self._problems()
        most = max((len(panel.rows) for panel in panels), default=0)
        finite = {label: value for label, value in self._finals.items() if math.isfinite(value)}
        headline: tuple[str, str, Colour] | None = None
        first = None
        if self.main and finite and self.rising is None:
            headline = self.main, meaning.question_of_direction(self.main), "blue"
        elif self.main and finite:
            label = (max if self.rising else min)(finite, key=lambda one: finite[one])
            called = self.options.names.get(self.main, self.main)
            headline = (f"{called} {value_text(self.main, finite[label])} {'↑' if self.rising else '↓'}",
                        f"best: {label}", self.colours.get(label, "blue"))
            first = self.groups[label][0] if not self._grouped else None
        until = "" if self.options.until is None else f" until {wording.count(self.options.until)}"
        progress = (f"over {self.x_label}{until}", *([_not_logged(missing)] if missing else []))
        header = Header(title, "compared", progress=progress, problems=tuple(problems))
        return Board(title, header, tuple(panels), headline, columns=columns,
                     notices=notices_of_runs(self._health, self.runs.labels, first),
                     row_height=min(max(most / _ROWS_A_UNIT, 1.3), _HIGHEST_ROW))

    def _problems(self) -> list[str]:
        left_out = len(self.runs) - len(self._names)
        bad = [label for label, members in self.groups.items()
               if any(_diverged(self._points[name]) for name in members)]
        problems = [f"{left_out} run{'s' * (left_out > 1)} left out"] if left_out else []
        if bad:
            which = [name for label in bad for name in self.groups[label] if _diverged(self._points[name])]
            runs = f"{len(which)} run{'s' * (len(which) > 1)}"
            if not self._grouped:
                where = bad[0] if len(bad) == 1 else runs
            else:
                where = f"{runs} of {bad[0] if len(bad) == 1 else f'{len(bad)} groups'}"
            problems.append(f"NaN at the end of {where}")
        return problems


def _is_evaluation(metric: str) -> bool:
    """Whether a metric is of a validation or a test."""
    return names.parse(metric).split in ("val", "test")


def _not_logged(what: Sequence[str]) -> str:
    return f"no {' and no '.join(what)} was logged"


def _mean(points: Points) -> float:
    finite = points.y[np.isfinite(points.y)]
    return float(finite.mean()) if len(finite) else math.nan


def _diverged(points: Mapping[str, Points]) -> bool:
    return any(len(one.y) and not math.isfinite(one.y[-1]) for name, one in points.items() if kind_of(name) == "loss")

