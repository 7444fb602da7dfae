"""A learning rate that is nothing, or that leaps back where a run goes on."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from livemon.health.condition import Condition
from livemon.health.course import Course
from livemon.health.finding import Kind, Severity
from livemon.health.roles import Role
from livemon.health.series import Series

__all__ = ["LearningRate"]

_NOTHING = 1e-6  # of the highest rate before
_LONG = 0.03  # of the points before: a schedule may end at nothing
_LONG_POINTS = 8
_LONG_EPOCHS = 3
_FROM_THE_START = 20  # points: a warm-up may begin with a few of nothing
_LEAP = 2.0  # times: between the same step of two attempts


class LearningRate(Condition):
    """A rate of nothing for longer than the end of a schedule, and one that is another than before at the same step
    after a restart."""

    kind = Kind.LEARNING_RATE

    def __init__(self, series: Series, course: Course) -> None:
        super().__init__(series, course)
        self._judged = 0
        self._highest = 0.0
        self._zero_since = -1  # the point with which the rate became nothing
        self._is_zero = False  # whether the finding is that

    def read(self) -> None:
        """Judge the points that are new."""
        start, count = self._judged, self.series.count
        if start == count:
            return
        self.why_not = ""
        self._judged = count
        values = self.series.between(start, count)
        self._judge_leap(start, count)
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
        """Judge points without a rate, up to one."""
        since = self._zero_since
        least = _LONG_EPOCHS if self.course.axis == "epoch" else _LONG_POINTS
        needed = max(math.ceil(_LONG * since), least) if self._highest_before(since) > 0 else _FROM_THE_START
        point = since + needed - 1
        if stop - 1 < point or self._is_zero:
            return
        others = [rate for series in self.course.of(Role.RATE) if series is not self.series
                  if (n := series.count_at(self.series.row_of(point))) and (rate := series.value(n - 1)) > 0]
        value = self.series.value(point)
        name = self.name
        what = "is 0" if value == 0 else f"is next to nothing, {self.text(value)},"
        self._is_zero = True
        self.finding = self.made(
            Severity.INFO if others else Severity.WARNING, point, since, value,
            f"{name} {what} since {self.place(since)}: nothing is learned any longer",
            "look at the scheduler: how many steps it was given, and whether it is asked each step or each epoch")

    def _end_zeros(self, point: int) -> None:
        if self._is_zero and self.finding is not None:
            message = f"{self.finding.message.split(':')[0]} until {self.place(point)}"
            self.finding = replace(self.finding, severity=Severity.INFO, message=message, is_over=True)
        self._is_zero, self._zero_since = False, -1

    def _highest_before(self, point: int) -> float:
        return float(np.nan_to_num(self.series.between(0, point), posinf=0.0).max(initial=0.0))

    def _judge_leap(self, start: int, count: int) -> None:
        """Compare the rate where the steps go back with that of the same step before."""
        if self.finding is not None or start == 0:
            first = 1
        else:
            first = start
        for point in self._restarts(first, count):
            step, rate = self.series.place_of(point), self.series.value(point)
            before = self._rate_before(point, step)
            if before is None or self.finding is not None or not rate > 0 or not before > 0:
                continue
            if max(rate / before, before / rate) > _LEAP:
                self.finding = self.made(
                    Severity.WARNING, point, point, rate,
                    f"{self.name} leapt from {self.text(before)} to {self.text(rate)} where the run was "
                    f"started again at {self.place(point)}: its schedule did not go on",
                    "save and load the scheduler's state with the checkpoint")

    def _restarts(self, start: int, count: int) -> list[int]:
        """The points at which the steps go back, few at most."""
        places = self.series.places(start - 1, count)
        return (np.flatnonzero(np.diff(places) < 0) + start).tolist()[:8]

    def _rate_before(self, point: int, step: float | None) -> float | None:
        """The rate of the same step before a restart; None where there was none."""
        if step is None:
            return None
        places = self.series.places(max(point - 20_000, 0), point)
        same = np.flatnonzero(places <= step)
        return self.series.value(max(point - 20_000, 0) + int(same[-1])) if len(same) and same[-1] > 2 else None
