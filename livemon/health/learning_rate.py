"""A learning rate that is zero, that is stuck, or that jumps when a run is resumed."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from livemon.health.condition import PointCondition
from livemon.health.course import Course
from livemon.health.finding import Finding, Kind, Severity, worst_first
from livemon.health.medians import median
from livemon.health.roles import Role
from livemon.health.series import Series
from livemon.health.watch import NONE, Harmless

__all__ = ["LearningRate"]

_NOTHING = 1e-6  # of the highest earlier rate
_LONG = 0.03  # of the earlier points: a schedule may end at zero
_LONG_POINTS = 8
_LONG_EPOCHS = 3
_FROM_THE_START = 20  # points: a warm-up may begin with a few zeros
_LEAP = 2.0  # times, at the same step of two attempts
_MOST_RESTARTS = 8
_ANOTHER = 1.1  # times: this counts as a change if the rate is back at its value in the first row ...
_AS_AT_FIRST = 0.02  # ... within this tolerance
_STAIR = 3  # rows with the same rate
_FALLS = 30  # rows in which the rate fell each time
_STAYS, _STAYS_POINTS = 0.05, 20  # of the earlier points, and at least so many: how long the rate must stay
_HIGHER = 2.0  # times the highest rate: such a rate is judged at once
_KINK = 0.3  # of the usual fall: the last falls of a schedule that flattens out are smaller
_ROUND = 1e-3  # how close a rate must be to a simple part of the highest one, or to a round number: somebody chose it


class LearningRate(PointCondition):
    """A rate of zero for longer than the end of a schedule; one that changed in each row, and then stays at an
    intermediate value; and one that differs from the earlier rate at the same step after a restart."""

    kind = Kind.LEARNING_RATE

    def __init__(self, series: Series, course: Course) -> None:
        super().__init__(series, course)
        self._highest = 0.0
        self._zero_since = -1  # the point at which the rate became zero
        self._falls = 0  # successive rows in which the rate fell, up to the newest row or until it began to stay
        self._stays_since = -1  # the point since which a rate that had fallen stays the same; -1: none
        self._restarts_seen = 0
        self._zero: Finding | None = None  # each of the three by itself: which is judged first depends on the pieces
        self._stuck: Finding | None = None
        self._leap: Finding | None = None

    @property
    def harmless(self) -> Harmless:
        """Rates that are neither zero nor far above the highest one, until one that stays may be stuck."""
        if self._zero_since >= 0 or (self._stuck is not None and not self._stuck.is_over):
            return NONE
        may_be_stuck = self._may_be_stuck(self._stays_since) if self._stays_since >= 0 else self._judged
        if may_be_stuck <= self._judged:
            may_be_stuck = self._may_be_stuck(self._judged)  # this one is not; the next one that stays may be
        return Harmless(_HIGHER * 2 * _NOTHING * self._highest, _HIGHER * self._highest, may_be_stuck)

    def judge(self, start: int, values: NDArray[np.float64]) -> None:
        """Judge the points from `start` on, which have these values."""
        count = start + len(values)
        self._judge_leap(start, count)
        self._judge_zeros_of(start, values)
        self._follow_falls(start, values)
        findings = [finding for finding in (self._zero, self._stuck, self._leap) if finding is not None]
        self.finding = worst_first(findings)[0] if findings else None

    def _judge_zeros_of(self, start: int, values: NDArray[np.float64]) -> None:
        count = start + len(values)
        if self._zero_since < 0 and float(values.min()) > _NOTHING * (top := max(self._highest, float(values.max()))):
            self._highest = top if math.isfinite(top) else self._highest
            return
        highest = np.maximum.accumulate(np.concatenate(([self._highest], np.nan_to_num(values, posinf=0.0))))
        nothing = values <= _NOTHING * highest[:-1]
        self._highest = float(highest[-1])
        borders = np.flatnonzero(np.diff(nothing, prepend=self._zero_since >= 0)) + start
        for border in [*borders.tolist(), count]:
            if self._zero_since >= 0:
                self._judge_zeros(border)
                if border < count:
                    self._end_zeros(border)
            elif border < count:
                self._zero_since = border

    def _judge_zeros(self, stop: int) -> None:
        """Judge the points with zero rate before `stop`."""
        since = self._zero_since
        least = _LONG_EPOCHS if self.course.axis == "epoch" else _LONG_POINTS
        needed = max(math.ceil(_LONG * since), least) if self._highest_before(since) > 0 else _FROM_THE_START
        point = since + needed - 1
        is_wasted = 0 < 2 * since < stop  # no plan spends most of its rows at nothing
        known = None if self._zero is None or self._zero.is_over else self._zero.severity
        if stop - 1 < point or known is Severity.WARNING or (known is Severity.INFO and not is_wasted):
            return
        others = [rate for series in self.course.of(Role.RATE) if series is not self.series
                  if (n := series.count_at(self.series.row_of(point))) and (rate := series.value(n - 1)) > 0]
        value = self.series.value(point)
        planned = bool(others)
        if not planned and value > 0 and self._came_in_stairs(since):
            planned, point = not is_wasted, max(point, 2 * since) if is_wasted else point
        self._zero = self.made(
            Severity.INFO if planned else Severity.WARNING, point, since, value,
            f"{self.name} has been {self._next_to_nothing(value)} since {self.place(since)}: "
            "the model no longer learns",
            "check the scheduler: how many steps it was given, and whether it is called each step or each epoch")

    def _next_to_nothing(self, rate: float | None) -> str:
        return "0" if not rate else f"{'below 0' if rate < 0 else 'next to nothing'} ({self.text(rate)})"

    def _came_in_stairs(self, point: int) -> bool:
        """Whether the rate was constant for some rows before: a schedule in steps, by loss or by epochs, comes close to
        zero in the end."""
        before = self.series.between(max(point - _STAIR, 0), point)
        return len(before) == _STAIR and float(np.ptp(before)) == 0

    def _end_zeros(self, point: int) -> None:
        if self._zero is not None and not self._zero.is_over:
            message = (f"{self.name} was {self._next_to_nothing(self._zero.value)} from {self.place(self._zero_since)} "
                       f"until {self.place(point)}")
            self._zero = replace(self._zero, severity=Severity.INFO, message=message, is_over=True)
        self._zero_since = -1

    def _highest_before(self, point: int) -> float:
        return float(np.nan_to_num(self.series.between(0, point), posinf=0.0).max(initial=0.0))

    def _follow_falls(self, start: int, values: NDArray[np.float64]) -> None:
        """Follow in how many successive rows the rate fell, and since when it stays."""
        if start == 0:
            self._follow_stretch(0, 1, 0)
            start, values = 1, values[1:]
        if not len(values):
            return
        before = self.series.between(start - 1, start - 1 + len(values))
        falls = values < before
        if falls.all():
            self._follow_stretch(start, start + len(values), -1)
            return
        signs = (values > before).astype(np.int8) - falls
        borders = np.concatenate(([0], np.flatnonzero(signs[1:] != signs[:-1]) + 1, [len(signs)]))
        for stretch in _that_matter(np.diff(borders)):
            first, stop = int(borders[stretch]), int(borders[stretch + 1])
            self._follow_stretch(start + first, start + stop, int(signs[first]))

    def _follow_stretch(self, start: int, stop: int, sign: int) -> None:
        """Follow rows in all of which the rate fell (-1), rose (1) or stayed (0)."""
        if sign:
            if self._stays_since >= 0:
                self._end_stuck(start)
                self._stays_since, self._falls = -1, 0
            self._falls = self._falls + stop - start if sign < 0 else 0
            return
        if self._stays_since < 0:
            if self._falls < _FALLS:
                self._falls = 0
                return
            self._stays_since = start
        point = self._may_be_stuck(self._stays_since) - 1
        if point < stop and (self._stuck is None or self._stuck.is_over):
            self._judge_stuck(point)

    def _may_be_stuck(self, since: int) -> int:
        """The number of points after which a rate that stays since a point may be stuck."""
        return since + max(math.ceil(_STAYS * since), _STAYS_POINTS)

    def _judge_stuck(self, point: int) -> None:
        """Judge a rate that fell in each row and has stayed the same since."""
        since, rate = self._stays_since - 1, self.series.value(point)  # the last fall
        steps = -np.diff(self.series.between(since - _FALLS + 1, since + 1))
        flattens = steps[-3:].mean() < _KINK * median(steps)  # a cosine flattens out at its end
        if flattens or rate <= _NOTHING * self._highest or is_round(rate, self._highest):
            return
        self._stuck = self.made(
            Severity.WARNING, point, since, rate,
            f"{self.name} has been stuck at {self.text(rate)} since {self.place(since)}; "
            "until then it fell with each row",
            "check that the scheduler is still called, and that its state was loaded with the checkpoint")

    def _end_stuck(self, point: int) -> None:
        if self._stuck is not None and not self._stuck.is_over:
            message = (f"{self.name} was stuck at {self.text(self.series.value(self._stays_since))} from "
                       f"{self.place(self._stays_since - 1)} until {self.place(point)}")
            self._stuck = replace(self._stuck, severity=Severity.INFO, message=message, is_over=True)

    def _judge_leap(self, start: int, count: int) -> None:
        """Compare the rate after a step back with the earlier rate at the same step."""
        if self._leap is not None or self._restarts_seen >= _MOST_RESTARTS:
            return
        for point in self._restarts(max(start, 1), count):
            self._restarts_seen += 1
            step, rate = self.series.place_of(point), self.series.value(point)
            before = self._rate_before(point, step)
            if before is None or not rate > 0 or not before > 0:
                continue
            times, at_first = max(rate / before, before / rate), self.series.value(0)
            begins_anew = times > _ANOTHER and abs(rate - at_first) < _AS_AT_FIRST * at_first
            if times > _LEAP or begins_anew:
                self._leap = self.made(
                    Severity.WARNING, point, point, rate,
                    f"{self.name} jumped from {self.text(before)} to {self.text(rate)} where the run was "
                    f"restarted at {self.place(point)}: its schedule was not resumed",
                    "save and load the scheduler's state with the checkpoint")
                return

    def _restarts(self, start: int, count: int) -> list[int]:
        """The points at which the steps go back, the first ones of the run."""
        places = self.series.places(start - 1, count)
        return (np.flatnonzero(places[1:] < places[:-1]) + start).tolist()[: _MOST_RESTARTS - self._restarts_seen]

    def _rate_before(self, point: int, step: float | None) -> float | None:
        """The rate at the same step before a restart, or None."""
        if step is None:
            return None
        places = self.series.places(max(point - 20_000, 0), point)
        same = np.flatnonzero(places <= step)
        return self.series.value(max(point - 20_000, 0) + int(same[-1])) if len(same) and same[-1] > 2 else None


def _that_matter(lengths: NDArray[np.int64]) -> list[int]:
    """The indices of the stretches that must be followed: the first and the last ones, and long ones with their
    neighbours. A wavering rate has as many stretches as rows."""
    ends = [0, 1, 2, *range(len(lengths) - 3, len(lengths))]
    around = (np.flatnonzero(lengths >= _FALLS)[:, None] + np.arange(-1, 3)).reshape(-1)
    return sorted({stretch for stretch in (*ends, *around.tolist()) if 0 <= stretch < len(lengths)})


def is_round(rate: float, highest: float) -> bool:
    """Whether a rate is one that people choose: 5e-5, or a tenth or a third of the highest one."""
    parts = [*(n / 100 for n in (*range(1, 10), *range(10, 100, 5))), 1 / 3, 2 / 3, 1 / 8, 1e-3, 1e-4, 1.0]
    return any(abs(rate - part * highest) < _ROUND * rate for part in parts) or abs(
        float(f"{rate:.1e}") - rate) < _ROUND / 100 * rate
