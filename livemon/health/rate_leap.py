"""A learning rate that leaps far above all earlier ones, and whether the training loss rose after it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from livemon import wording
from livemon.health.condition import LONGEST_NAME, PointCondition
from livemon.health.course import Course
from livemon.health.finding import Kind, Severity
from livemon.health.medians import median
from livemon.health.series import Series
from livemon.health.watch import NONE, Harmless

__all__ = ["RateLeap"]

_FAR_UP, _USED_TO = 20.0, 20  # times the highest rate; the fewest rows before
_NEVER_PLANNED = 100.0  # times: a warm-up in two steps rises by less
_BACK = 2.0  # times that rate: it has come back
_AFTER = 10  # points of the training loss, whose median is compared with the points before the leap
_BEFORE, _LATELY = 64, 15  # points before the leap for the noise of the loss, and for its level
_ROSE = 3.0  # times the noise: six standard errors of the difference of the two medians
_ROSE_OF_LEVEL = 0.02  # of the level, for losses without noise


class RateLeap(PointCondition):
    """The first rate far above all earlier ones: a warning if nobody plans such a rate, or if the training loss rose
    after it."""

    kind = Kind.LEARNING_RATE

    def __init__(self, series: Series, course: Course) -> None:
        super().__init__(series, course)
        self._top = 0.0  # the highest rate before the leap
        self._point = -1  # of the leap; -1: none yet
        self._said_at = -1  # the point at which its severity was known
        self._severity = Severity.INFO
        self._came_back = ""
        self._loss_rose = ""
        self._is_loss_judged = False

    @property
    def harmless(self) -> Harmless:
        """Rates that are no leap; after one all of them, if it is over."""
        if self._point >= 0:
            return Harmless() if self._came_back and self._is_loss_judged else NONE
        return Harmless(high=_FAR_UP * self._top) if self._top > 0 else NONE

    def judge(self, start: int, values: NDArray[np.float64]) -> None:
        """Judge the points from `start` on, which have these values."""
        count = start + len(values)
        rates = values if np.isfinite(values).all() else np.nan_to_num(values, posinf=0.0)
        if self._point < 0 and not self._find(start, rates):
            return
        since = max(start, self._point)
        if not self._came_back and (is_back := values[since - start :] <= _BACK * self._top).any():
            self._came_back = f"; it came back at {self.place(since + int(np.argmax(is_back)))}"
        if not self._is_loss_judged:
            self._judge_loss(count)
        self._report()

    def _find(self, start: int, rates: NDArray[np.float64]) -> bool:
        """Find the leap among these rates."""
        rising = rates[: int(np.argmax(rates)) + 1]  # no later rate is higher than the highest
        before = np.maximum.accumulate(np.concatenate(([self._top], rising)))
        is_far = (before[:-1] > 0) & (rising > _FAR_UP * before[:-1])
        is_far[: max(_USED_TO - start, 0)] = False
        if not is_far.any():
            self._top = float(before[-1])
            return False
        index = int(np.argmax(is_far))
        self._top, self._point = float(before[index]), start + index
        self._said_at = self._point
        if float(rates[index]) >= _NEVER_PLANNED * self._top:
            self._severity = Severity.WARNING
        return True

    def _judge_loss(self, count: int) -> None:
        """Judge the training loss at the first of so many rates that has enough losses between the leap and itself."""
        row = self.series.row_of(self._point)
        loss = self.course.training_loss(row)
        if loss is None:
            self._is_loss_judged = True
            return
        first = loss.count_at(row)  # the loss of the row itself was computed before the step
        if loss.count < first + _AFTER:
            return
        point = self.series.count_at(loss.row_of(first + _AFTER - 1) - 1)
        if point >= count:
            return
        self._is_loss_judged = True
        before, after = loss.between(max(first - _BEFORE, 0), first), loss.between(first, first + _AFTER)
        before, after = before[np.isfinite(before)], after[np.isfinite(after)]
        if len(before) < _LATELY or len(after) < _AFTER // 2:
            return
        level, now = median(before[-_LATELY:]), median(after)
        noise = median(np.abs(np.diff(before))) * (1.4826 / math.sqrt(2))
        if now - level > max(_ROSE * noise, _ROSE_OF_LEVEL * abs(level)):
            name = wording.clipped(loss.name, LONGEST_NAME)
            texts = [wording.value_text(loss.name, value) for value in (level, now)]
            self._loss_rose = f", and {name} rose from {texts[0]} to {texts[1]} after it"
            if self._severity is Severity.INFO:
                self._severity, self._said_at = Severity.WARNING, point

    def _report(self) -> None:
        rate = self.series.value(self._point)
        times = rate / self._top
        self.finding = self.made(
            self._severity, self._said_at, self._point, rate,
            f"{self.name} leapt to {self.text(rate)} at {self.place(self._point)}, {wording.number(times)} times the "
            f"highest before, {self.text(self._top)}{self._loss_rose}{self._came_back}",
            "check the scheduler, and what sets the rate at that step", {"highest_before": self._top, "times": times},
            is_over=bool(self._came_back))
