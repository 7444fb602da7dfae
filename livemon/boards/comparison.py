"""The boards that compare runs: read once, aligned, with the same colours in every panel."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from livemon import wording
from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.run_set.points import Points
from livemon.analysis.statistics.groups import finite_curve, group_curve
from livemon.boards.axis_choice import AxisChoice, log_traces, with_axes
from livemon.boards.compared_runs import ComparedRuns, ComparisonOptions, is_evaluation
from livemon.boards.metric_groups import worth_a_panel
from livemon.boards.model import Board, Colour, Header, Panel
from livemon.boards.overlay import overlay
from livemon.boards.ranking import ranking
from livemon.boards.runs_health import RunHealth, notices_of_runs
from livemon.boards.traces import Trace, TraceStyle, trace_of_group
from livemon.tables import meaning, names
from livemon.tables.names import kind_of
from livemon.tables.patterns import UserPattern

__all__ = ["Comparison", "ComparisonOptions"]

_ROWS_A_UNIT = 15  # named rows in a row of panels of the usual height
_MOST_SELECTED = 8  # metrics, of those that were asked for, each with a panel and a ranking
_HIGHEST_ROW = 1.6  # times the usual height: more runs than fit are counted


class Comparison(ComparedRuns):
    """Boards of several runs at one moment.

    Args:
        runs, options, metrics: See `ComparedRuns`.
        health: The health of the runs, if they were judged.

    Raises:
        ValueError: There is no run.
        KeyError: No run has this x axis.
    """

    def __init__(self, runs: MultiExperimentLoader, options: ComparisonOptions | None = None,
                 metrics: Sequence[str] = (), health: Mapping[str, RunHealth] | None = None) -> None:
        super().__init__(runs, options, metrics)
        self._health = health or {}

    def traces(self, metric: str) -> list[Trace]:
        """The curves of a metric, one for each run or group (with its band). The curve of a run without the metric is
        empty."""
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
        return trace_of_group(label, members, curve.over(self._origin(), self.x_unit), smooth=smooth,
                              runs=[((x - self._origin()) / self.x_unit, y) for x, y in runs])

    def runs_with(self, metric: str, label: str) -> list[str]:
        """The titles of the runs in a group that have a metric."""
        points = self.points(metric)
        return [self.runs.titles[name] for name in self.groups[label] if name in points]

    def _style(self, traces: Sequence[Trace]) -> TraceStyle:
        """The colours of the groups, by the labels of their curves."""
        colours = {trace.label: self.colours[label] for trace, label in zip(traces, self.groups, strict=True)
                   if label in self.colours}
        drawn = log_traces(traces) if self.options.log_x else traces
        return TraceStyle(colours, self.options.log, self.options.smooth,
                          self._axes("").columns(drawn, self.options.pixels), self.options.linear)

    def _axes(self, metric: str) -> AxisChoice:
        """The axes chosen for a metric's panel."""
        low, high = (None if end is None else end / self.x_unit for end in self.options.x_limits)
        y = self.options.y_limits
        own = names.find_metric(metric, [name for name in y if name])
        chosen = y[own] if own else y.get("", (None, None)) if metric == self.main else (None, None)
        return AxisChoice((low, high), chosen, self.options.log_x)

    def panel(self, metric: str, *, title: str = "", key: str = "", span: int = 1, best: bool = False) -> Panel:
        """A metric of all runs in one panel; it names the runs without the metric."""
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
        band = self._band if self._grouped else ""
        has_best = best and not self._grouped  # a mean's best point does not show which group is ranked first
        made = with_axes(overlay(metric, traces, self.x_label, style, title=title, key=key, span=span, rising=rising,
                                 best=has_best, note=note, band=band, within=within), self._axes(metric))
        return replace(made, x_label=self.options.x_name) if made.x_label and self.options.x_name else made

    def ranking(self, metric: str, *, title: str, of: Literal["at", "mean"] = "at", rising: bool | None = None,
                key: str = "") -> Panel:
        """A row for each run: the number that ranks it, or the mean of a metric; the best first."""
        rising = self._direction(metric) if rising is None else rising
        what = title.removeprefix("final ").removeprefix("mean ")
        return ranking(title, list(self._values(metric, of).items()), metric, rising, self.colours, key=key,
                       intervals=self._intervals(metric, of), interval=self._band, bad=self._bad(metric, of),
                       message=f"no {what} was logged")

    def _ranked_title(self, metric: str, words: str) -> str:
        """ "final train_loss", "train_loss at step 4,200"."""
        until = self.options.until
        if until is not None and self._at.kind == "final":
            return f"{words} until {wording.count(until)}"
        return self._numbers(metric, "at").column(words)

    # -- boards

    def dashboard(self) -> Board:
        """The training losses overlaid and ranked, the same for the main metric and the task's own (accuracy, mAP ...),
        learning rates overlaid, mean throughputs as rows. The header names what no run logged. An agent's return comes
        first. With `select`: only the selected metrics.

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

    def _selected(self, select: str) -> Board:
        pattern = UserPattern(select, "--select")
        matching = [metric for metric in self.metrics if pattern.finds(metric) and self._has(metric)]
        if not matching:
            raise ValueError(f"--select: no metric matches {select!r}; there are {wording.listed(self.metrics, 30)}")
        panels = [panel for metric in matching[:_MOST_SELECTED] for panel in self._pair(metric, metric)]
        left_out = max(len(matching) - _MOST_SELECTED, 0)
        hint = f"{left_out} more match {select!r}" if left_out else ""
        return replace(self._board(panels, columns=3), left_out=left_out, hint=hint)

    def training_curves(self, metrics: Sequence[str] | None = None) -> Board:
        """One panel for each metric: the well-known ones in their usual order, then the others, without bookkeeping
        (see `metric_groups.worth_a_panel`); or those named."""
        if metrics is None:
            usual = [name for name in names.WELL_KNOWN if self._found(name) is not None]
            covered = {own for name in usual for own in self.metrics
                       if any(names.find_metric(name, self._points[run]) == own for run in self._names)}
            telling = worth_a_panel([name for name in self.metrics if not self._is_placeholder(name)
                                     and not (meaning.bookkeeping(name) and is_evaluation(name))])
            wanted = [*usual, *(name for name in telling if name not in covered)]
        else:
            wanted = list(metrics)
        panels = [self.panel(name) for name in wanted]
        nothing = Panel("none", "training curves", (0.0, 1.0), (0.0, 1.0), message="no metrics")
        return self._board(panels or [nothing], columns=2)

    def _is_placeholder(self, metric: str) -> bool:
        """Whether this is Lightning's `hp_metric`, and no run has set it."""
        return meaning.bookkeeping(metric) == "placeholder" and all(
            bool((points.y == -1).all()) for points in self.points(metric).values())

    def loss_landscape(self, metric: str = "train_loss") -> Board:
        """A metric of all runs, with its last and its best values in rows.

        Raises:
            ValueError: No run has it; the message lists those that exist.
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
            label = (max if self.rising else min)(finite, key=lambda label: finite[label])
            called = self.options.names.get(self.main, self.main)
            headline = (wording.headline(self.main, finite[label], self.rising, called), self._best_in_words(label),
                        self.colours.get(label, "blue"))
            first = self.groups[label][0] if not self._grouped else None
        until = "" if self.options.until is None else f" until {wording.count(self.options.until)}"
        progress = (f"over {self.x_label}{until}", *([_not_logged(missing)] if missing else []))
        header = Header(title, "compared", progress=progress, problems=tuple(problems))
        return Board(title, header, tuple(panels), headline, columns=columns,
                     notices=notices_of_runs(self._health, self.runs.labels, first),
                     row_height=min(max(most / _ROWS_A_UNIT, 1.3), _HIGHEST_ROW))

    def _best_in_words(self, label: str) -> str:
        """ "best: lr=0.1"; for groups with the number of others that are not shown to be worse."""
        others = sorted(self.not_worse() - {label}) if self._grouped and len(self.groups) > 1 else []
        if not others:
            return f"best: {label}"
        which = others[0] if len(others) == 1 else f"{len(others)} others"
        return f"best: {label}, not significantly better than {which}"

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


def _not_logged(what: Sequence[str]) -> str:
    return f"no {' and no '.join(what)} was logged"


def _diverged(points: Mapping[str, Points]) -> bool:
    losses = (curve for name, curve in points.items() if kind_of(name) == "loss")
    return any(len(curve.y) and not math.isfinite(curve.y[-1]) for curve in losses)

