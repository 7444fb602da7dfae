"""Several runs in a comparison: read once, aligned, grouped, each with the number that ranks it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.run_set.one_number import At, Numbers, numbers_at, parse_at
from livemon.analysis.run_set.points import Points
from livemon.analysis.statistics.bands import BandKind, Middle, band_of, middle_of
from livemon.analysis.statistics.called import band_in_words
from livemon.analysis.statistics.groups import find_groups
from livemon.analysis.statistics.hypothesis_tests import TestName
from livemon.analysis.statistics.not_worse import not_worse_than
from livemon.analysis.statistics.significance import MOST_GROUPS, default_at
from livemon.boards.model import Colour
from livemon.boards.time_unit import unit_of_time
from livemon.boards.traces import pick_colours
from livemon.curves.sizes import mean_of
from livemon.tables import meaning, names
from livemon.tables.names import kind_of

__all__ = ["ComparedRuns", "ComparisonOptions", "is_evaluation"]


@dataclass(frozen=True)
class ComparisonOptions:
    """The options of a comparison.

    Attributes:
        x: The x axis, see `MultiExperimentLoader.curves`.
        metric: The main metric, "NAME", "NAME:min" or "NAME:max"; None: the one found.
        metrics: The only metrics of the dashboard, each with its ranking; (): the usual panels.
        names: metric -> the name of its panels, if it differs.
        directions: metric -> whether more is better, if its name does not say so.
        smooth: TensorBoard's weight; None: by the noise, and 0 if groups are drawn.
        log, linear: Metrics on a logarithmic or a linear axis.
        groups: label -> runs; None: by `group_by`.
        group_by: The settings that the runs of a group share ("lr,wd"); "" or "all": all but the seed; None: no groups.
        middle, band: The middle and band of groups; see `bands.band_of`.
        test, pair: How groups are tested against the best, see `significance.compare_groups`.
        at: The number that ranks a run, see `significance.compare_groups`.
        until: The highest x.
        lines: Whether to draw the single runs behind the middle of their group.
        x_limits: Low and high of x in panels of curves (times in seconds); None at an end: as far as the data goes. The
            numbers of runs are still those of the whole runs.
        y_limits: metric -> low and high of y; "" stands for the main metric.
        log_x: Whether x is logarithmic in panels of curves.
        x_name: The name of x on axes and in tables of points; "": the usual one.
        select: The dashboard shows the metrics whose name this regular expression matches, each with its ranking; None:
            the losses, the task's own metric, learning rate and throughput.
        pixels: Pixel columns of the widest panel.
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
    test: TestName | None = None
    pair: str | None = None
    at: str | At | None = None
    until: float | None = None
    lines: bool = False
    x_limits: tuple[float | None, float | None] = (None, None)
    y_limits: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    log_x: bool = False
    x_name: str = ""
    select: str | None = None
    pixels: int = 2000


class ComparedRuns:
    """The runs of a comparison at one moment.

    Args:
        runs: At least one.
        options: See `ComparisonOptions`.
        metrics: Read only these; () reads all.

    Attributes:
        groups: label -> runs; without groups each run is a group.
        main, rising: The metric that ranks runs, and whether more of it is better; None if unknown.
        colours: The colour of each group, by label.
        x_unit: How much of the logged x is one unit of the panels' x, which is labelled `x_label`.

    Raises:
        ValueError: There is no run.
        KeyError: No run has this x axis.
    """

    def __init__(self, runs: MultiExperimentLoader, options: ComparisonOptions | None = None,
                 metrics: Sequence[str] = ()) -> None:
        if not len(runs):
            raise ValueError("there is no run to compare: every named run was skipped, or no run was named")
        self.runs = runs
        self.options = options or ComparisonOptions()
        self._points = runs.curves(metrics, self.options.x, stacklevel=4)
        if self.options.until is not None:
            self._points = {name: {metric: points.until(self.options.until) for metric, points in by_metric.items()}
                            for name, by_metric in self._points.items()}
        self._names = [name for name in runs.names if name in self._points]
        self.metrics = list(dict.fromkeys(metric for name in self._names for metric in self._points[name]))
        self.main, self.rising = self._main()
        self._kind = next((points.kind for points in self._all_points()), "step")
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
        """label -> runs; without groups each run is a group."""
        if not self._grouped:
            return {self.runs.labels[name]: [name] for name in self._names}
        if self.options.groups is not None:
            groups = {label: [name for name in members if name in self._points]
                      for label, members in self.options.groups.items()}
            return {label: members for label, members in groups.items() if members}
        settings = {name: self.runs.settings.get(name, {}) for name in self._names}
        return find_groups(settings, self.options.group_by)

    def _main(self) -> tuple[str | None, bool | None]:
        wanted, direction = names.parse_metric_choice(self.options.metric, self.metrics)
        if wanted and self._found(wanted) is None:
            raise ValueError(f"no run has the metric {wanted!r}; there are {', '.join(self.metrics[:30]) or 'none'}")
        main = wanted or self._best_known()
        if main is None:
            return None, None
        return main, meaning.higher_is_better(direction) if direction else self._direction(main)

    def _direction(self, metric: str) -> bool | None:
        """Whether more is better; None if unknown."""
        return self.options.directions.get(metric, meaning.higher_is_better(self.runs.direction(metric)))

    def _best_known(self) -> str | None:
        """The main metric of most runs, by its well-known name."""
        counts = [{metric: len(points.x) for metric, points in self._points[name].items() if len(points.x)}
                  for name in self._names]
        return names.main_metric_of_most(self.runs.main_of(of_run) for of_run in counts)

    def _found(self, metric: str) -> str | None:
        return names.find_metric(metric, self.metrics)

    def points(self, metric: str) -> dict[str, Points]:
        """run -> its points of a metric, in the run's own spelling; runs without the metric are left out."""
        points = {}
        for name in self._names:
            own = names.find_metric(metric, self._points[name])
            if own is not None:
                points[name] = self._points[name][own]
        return points

    def _all_points(self) -> Iterator[Points]:
        """The points of every metric of every run."""
        return (points for by_metric in self._points.values() for points in by_metric.values())

    def _x_words(self) -> tuple[float, str]:
        if self._kind not in ("time", "wall"):
            return 1.0, self._kind
        if self._kind == "wall":
            return 3600.0, "hours since the first run began"
        end = max((float(points.x[-1]) for points in self._all_points() if len(points.x)), default=0.0)
        return unit_of_time(end)

    def _origin(self) -> float:
        """The origin of the axis: the start of the first run for clock times, else 0."""
        if self._kind != "wall":
            return 0.0
        return min((float(points.x[0]) for points in self._all_points() if len(points.x)), default=0.0)

    def _x_range(self) -> tuple[float, float] | None:
        """The range of x of all points; None if they all have the same x."""
        ends = [float(x) for points in self._all_points() if len(points.x) for x in (points.x[0], points.x[-1])]
        low, high = ((end - self._origin()) / self.x_unit for end in (min(ends), max(ends))) if ends else (0.0, 0.0)
        return (low, high) if high > low else None

    def _numbers(self, metric: str, of: Literal["at", "mean"]) -> Numbers:
        """For each run, the number that ranks it, or the mean of its finite values."""
        points = {name: curve for name, curve in self.points(metric).items() if len(curve.y)}
        rising = self.rising if metric == self.main else self._direction(metric)
        if of == "mean":
            return Numbers({name: _mean(curve) for name, curve in points.items()}, At("final"))
        return numbers_at(points, At("final") if self._at.kind == "best" and rising is None else self._at, rising)

    def _values(self, metric: str, of: Literal["at", "mean"] = "at") -> dict[str, float]:
        """label -> the number of a run, or the middle of a group."""
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
        """label -> the number of runs in a group that have no finite number, and so are not in its middle."""
        if not self._grouped:
            return {}
        numbers = self._numbers(metric, of).values
        return {label: sum(not math.isfinite(numbers[name]) for name in members if name in numbers)
                for label, members in self.groups.items()}

    def _spelling(self, metric: str) -> str:
        """The title of a metric's panel: the name that the user gave it, else its name in the logs, or the well-known
        name if the runs spell it differently."""
        if metric in self.options.names:
            return self.options.names[metric]
        spelled = {names.find_metric(metric, self._points[name]) for name in self._names} - {None}
        return next(iter(spelled)) or metric if len(spelled) == 1 else metric

    def _throughput(self) -> str:
        """The throughput of the training; that of an evaluation is no result of a run."""
        flows = (metric for metric in self.metrics if kind_of(metric) == "throughput" and not is_evaluation(metric))
        return next(flows, "tokens_per_second")

    def _has(self, metric: str) -> bool:
        """Whether any run has a point of this metric."""
        return any(len(points.x) for points in self.points(metric).values())

    def _of_the_task(self) -> str | None:
        """The metric that most runs have for their task beside the losses: accuracy, mAP, an episode's return; or
        None."""
        counts = [{metric: len(points.x) for metric, points in self._points[name].items()
                   if len(points.x) and kind_of(metric) in ("score", "other") and not names.is_loss(metric)
                   and not meaning.bookkeeping(metric) and self.runs.direction(metric) is not None}
                  for name in self._names]
        return names.main_metric_of_most(self.runs.main_of(of_run) for of_run in counts if of_run)

    def not_worse(self) -> frozenset[str]:
        """The group with the best middle of the main metric, and those whose test against it does not show that they
        are worse; only the best if nothing can be tested. For groups only."""
        assert self.main is not None and self.rising is not None
        finite = {label: value for label, value in self._finals.items() if math.isfinite(value)}
        best = (max if self.rising else min)(finite, key=lambda label: finite[label])
        if len(finite) > MOST_GROUPS:
            return frozenset({best})
        numbers = self._numbers(self.main, "at")
        return not_worse_than(best, self.runs.settings, {label: numbers.of(self.groups[label]) for label in finite},
                              rising=self.rising, test=self.options.test, middle=self.options.middle,
                              pair=self.options.pair).groups


def is_evaluation(metric: str) -> bool:
    """Whether a metric belongs to a validation or a test."""
    return names.parse(metric).split in ("val", "test")


def _mean(points: Points) -> float:
    finite = points.y[np.isfinite(points.y)]
    return mean_of(finite) if len(finite) else math.nan
