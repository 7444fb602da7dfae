"""A value that is NaN or infinite."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from livemon import wording
from livemon.health.condition import LONGEST_NAME, PointCondition
from livemon.health.course import Course
from livemon.health.finding import Evidence, Kind, Severity
from livemon.health.medians import median
from livemon.health.roles import Role
from livemon.health.series import Series
from livemon.health.watch import NONE, Harmless

__all__ = ["Nan"]

_FROM_THE_START = 3  # rows of NaN from the first row on, before a loss is reported
_NEVER = 10  # rows of NaN from the first row on, before another metric is reported
_LONG_NEVER = 100  # rows: after so many it is not just a validation that comes later
_LOOKED_BACK = 50  # points before the first bad one that are searched for metrics that moved
_MOVED = 3.0  # times
_OFTEN = 2  # stretches of NaN with few numbers between them: NaN then stands for "not measured"
_RARELY = 3  # times the longest earlier stretch of NaN: a writer that logs NaN for "not measured" keeps its rhythm


class Nan(PointCondition):
    """The first value that is not finite, whether numbers came back, and what moved before it."""

    kind = Kind.NAN

    def __init__(self, series: Series, course: Course) -> None:
        super().__init__(series, course)
        self._first = -1  # the first bad point
        self._said = -1  # the point at which it could be reported
        self._nans = self._infs = 0
        self._finite = 0
        self._last_bad = -1
        self._stretch = self._longest = self._begun = 0  # bad points in the newest stretch, and in the longest before
        self._ended = self._followed = 0  # stretches followed by numbers; bad points in all stretches
        self._is_filler = False  # NaN stands for "not measured": numbers come now and then
        self._before: Evidence = {}

    @property
    def harmless(self) -> Harmless:
        """Finite points; after one that is not finite none, as numbers end that stretch."""
        return NONE if self._stretch else Harmless()

    def judge(self, start: int, values: NDArray[np.float64]) -> None:
        """Judge the points from `start` on, which have these values."""
        count = start + len(values)
        if self._first < 0 and math.isfinite(values.sum()):
            self._finite += len(values)
            return
        bad = np.flatnonzero(~np.isfinite(values))
        self._nans += int(np.isnan(values).sum())
        self._infs += int(np.isinf(values).sum())
        self._follow_stretches(bad + start, count)
        if self._said >= 0:
            self._report(count)

    def _follow_stretches(self, bad: np.ndarray[tuple[int, ...], np.dtype[np.int64]], count: int) -> None:
        """Follow the stretches of bad points; each begins after a finite value."""
        if len(bad):
            begins = np.flatnonzero(np.diff(bad, prepend=self._last_bad) > 1)
            borders = [0, *begins[begins > 0].tolist(), len(bad)]
            for first, stop in pairwise(borders):
                self._follow_stretch(int(bad[first]), int(bad[stop - 1]))
        self._finite = count - self._nans - self._infs
        if self._last_bad < count - 1:
            self._end_stretch()

    def _follow_stretch(self, first: int, last: int) -> None:
        if self._last_bad != first - 1 or self._stretch == 0:
            self._end_stretch()
            self._begun = first
        self._followed += last - first + 1
        self._stretch += last - first + 1
        self._last_bad = last
        if self._first < 0:
            self._first = first
            self._before = self._moved_before(first)
        if self._said < 0:
            self._said = self._may_report(last)

    def _end_stretch(self) -> None:
        """Finite values have come back."""
        if self._stretch:
            self._ended += 1
            numbers_before = self._begun - (self._followed - self._stretch)
            is_filler = self._begun == 0 or _OFTEN <= self._ended >= numbers_before / _OFTEN
            if is_filler and not self._is_filler and not self._is_train_loss():  # NaN stood for "not measured"
                self._said, self.finding = -1, None
            self._is_filler |= is_filler
            self._longest, self._stretch = max(self._longest, self._stretch), 0

    def _may_report(self, last: int) -> int:
        """The point at which it is clear that this stretch is not just the way in which the metric is logged; -1: not
        yet."""
        is_loss = self._is_train_loss()
        if self._begun == 0:  # never finite: a validation that has not begun may be logged as NaN
            point = (_FROM_THE_START if is_loss else _NEVER) - 1
            return point if last >= point else -1
        if self._is_filler and not is_loss:
            point = self._begun + _RARELY * self._longest
            return point if last >= point else -1
        return self._begun

    def _is_train_loss(self) -> bool:
        return self.course.role(self.series.name) is Role.TRAIN_LOSS

    def _report(self, count: int) -> None:
        name, role = self.name, self.course.role(self.series.name)
        lasts = self._last_bad == count - 1
        begun = self._begun if self._is_filler else self._first
        if role in (Role.TRAIN_LOSS, Role.VAL_LOSS, Role.PART_OF_LOSS):
            may_come = role is not Role.TRAIN_LOSS and self._finite <= 1 and count < _LONG_NEVER
            severity = Severity.CRITICAL if lasts and not may_come else Severity.WARNING
        else:
            severity = Severity.INFO
        counts = [f"{wording.count(n)} {word}" for n, word in ((self._nans, "NaN"), (self._infs, "inf")) if n]
        message = f"{name} has not been finite since {self.place(begun)} ({' and '.join(counts)})"
        if not lasts:
            last, bad = self._last_bad, self._nans + self._infs
            where = f"from {self.place(begun)} to {self.place(last)}" if last > begun else f"at {self.place(begun)}"
            how_often = f" {wording.count(bad)} times" if last - begun >= bad else ""  # finite values lie between them
            message = f"{name} was not finite{how_often} {where} ({' and '.join(counts)}), and is again now"
        if self._before:
            rose = [f"{wording.clipped(metric, LONGEST_NAME)} to {wording.number(float(times or 0))} times its median"
                    for metric, times in self._before.items()]
            message += f"; in the rows before it, these rose: {wording.listed(rose)}"
        self.finding = self.made(severity, self._said, begun, self.series.value(begun), message,
                                 self._advice(count, severity, lasts=lasts),
                                 {"nan": self._nans, "inf": self._infs, "last": self.series.place_of(self._last_bad),
                                  **{f"moved {k}": v
                                  for k, v in self._before.items()}}, is_over=not lasts)  # fmt: skip

    def _advice(self, count: int, severity: Severity, *, lasts: bool) -> str:
        """What to do after so many points. `lasts`: whether the newest one is bad."""
        is_train_loss = self._is_train_loss()
        if severity is Severity.INFO:
            return "look at how it is computed: a division by zero, or a loss scale that is still too high"
        if not lasts:
            return "look at the batch of that step; if it happens again, clip gradients or lower the learning rate" if (
                is_train_loss) else "look at its data, and at how it is computed"
        if self._finite == 0:
            return ("stop, and look at the inputs, the labels and the loss itself: it has never been a number" if
                    is_train_loss else "look at how it is computed: it has never been a number")
        training = self.course.training_loss(self.series.row_of(count - 1))
        if is_train_loss or training is None:
            return ("stop, and resume from a checkpoint before it with a lower learning rate or clipped gradients; "
                    "look at the batch of that step")
        newest = training.value(training.count_at(self.series.row_of(count - 1)) - 1)
        return ("look at its data, and at how it is computed: the training loss is a number" if math.isfinite(newest)
                else "stop, and resume from a checkpoint before it with a lower learning rate or clipped gradients")

    def _moved_before(self, point: int) -> Evidence:
        """The metrics that grew several times in the rows before: name -> the factor."""
        row = self.series.row_of(point)
        since = self.series.row_of(max(point - _LOOKED_BACK, 0))
        moved: dict[str, float] = {}
        for series in self.course.of(Role.TRAIN_LOSS, Role.GRADIENT, Role.RATE):
            first, stop = series.count_at(since), series.count_at(row)
            values = np.abs(series.between(first, stop))
            values = values[np.isfinite(values) & (values > 0)]
            if len(values) >= 6:
                times = float(values[-3:].max() / median(values[: len(values) // 2]))
                if times >= _MOVED:
                    moved[series.name] = times
        return moved
