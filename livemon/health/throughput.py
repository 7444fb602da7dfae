"""A rate, such as tokens per second, that has dropped; steps that take longer by the logged time."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from livemon import wording
from livemon.health.condition import BlockCondition
from livemon.health.course import Course
from livemon.health.finding import Kind, Severity
from livemon.health.medians import Ordered, windows
from livemon.health.roles import Role
from livemon.health.series import Series
from livemon.tables import names

__all__ = ["Pace", "Throughput"]

_STAYS = 4  # blocks
_DROPPED = 0.6  # of the usual rate
_FAR = 0.34
_LONG_POINTS = 40
_RECOVERED = 0.8
_LEAST_LOST_SECONDS = 10.0  # of time: other load on the machine slows steps of milliseconds
_AS_SLOW_BEFORE = 0.8  # of the slowest tenth of the earlier blocks: such slow steps are usual for the run


class Throughput(BlockCondition):
    """A rate that stays far below its usual level."""

    kind = Kind.THROUGHPUT
    fewest_blocks = 10

    def __init__(self, series: Series, course: Course) -> None:
        super().__init__(series, course)
        self._before = Ordered()  # the levels of earlier blocks
        self._usual = 0.0  # the rate before the finding

    def chosen(self, start: int, stop: int) -> NDArray[np.bool_] | None:
        """The blocks in which the rate is far below the highest one."""
        if self.finding is not None:
            return None
        blocks = self.series.blocks
        lately = windows(blocks.levels.array[start + 1 - _STAYS : stop], _STAYS)
        highest = blocks.highest_at.array[start - _STAYS : stop - _STAYS]
        return np.asarray(~(np.fmax.reduce(lately, axis=0) > _DROPPED * highest))

    def judge(self, block: int) -> None:
        """Judge at the end of a block."""
        if block + 1 < self.fewest_blocks:
            return
        self.why_not = ""
        blocks = self.series.blocks
        if self.finding is not None and blocks.levels[block] > _RECOVERED * self._usual:
            self.finding = None
        start = block + 1 - _STAYS
        while start > 2 and blocks.stops[block] - blocks.stops[start - 1] < _LONG_POINTS:
            start -= 1
        lately = [level for level in blocks.levels[start : block + 1] if level == level]
        if not lately or (self.finding is None and max(lately) > _DROPPED * blocks.highest_at[start - 1]):
            return
        if self.finding is None:
            before = self._before.take(blocks.levels, 1, start)
            if len(before) < 3:
                return
            self._usual = before[len(before) // 2]
        usual = self._usual  # that of before the drop, however long it lasts
        if max(lately) > _DROPPED * usual or not usual > 0:
            return
        severity = Severity.WARNING if max(lately) < _FAR * usual else Severity.INFO
        if self.finding is None or self.finding.severity.rank < severity.rank:
            since = self.start_of(start)
            self.finding = self.made(
                severity, self.end_of(block), since, lately[-1],
                f"{self.name} has dropped since {self.place(since)}, to a median of {self.text(lately[-1])}, usually "
                f"{self.text(usual)}", "look at the data loader, at other jobs on the machine, and at the GPU clock")


class Pace(BlockCondition):
    """The time of a step, if no throughput is logged: longer than usual for long.

    The time between two rows is the time of their steps; the median over a block ignores a validation, a checkpoint,
    and the pause of a restart.
    """

    kind = Kind.THROUGHPUT
    fewest_blocks = 10

    def __init__(self, series: Series, course: Course) -> None:
        super().__init__(series, course)
        self._known: dict[int, float] = {}  # block -> the time of a step
        self._usual = 0.0  # the time of a step before the finding
        self._slow_from = 1  # the first block of slow steps

    def chosen(self, start: int, stop: int) -> NDArray[np.bool_] | None:
        """The blocks in which rows lie further apart than in the fastest one."""
        if self.finding is not None and not self.finding.is_over:
            return None
        gaps = self.series.blocks.noises.array[:stop]
        return np.asarray(gaps[start:] * _DROPPED > np.fmin.accumulate(gaps[1:])[start - 2 : stop - 2])

    def judge(self, block: int) -> None:
        """Judge at the end of a block."""
        if block + 1 < self.fewest_blocks or self.course.has(Role.THROUGHPUT, self.series.blocks.rows[block]):
            return
        self.why_not = ""
        stops, gaps = self.series.blocks.stops, self.series.blocks.noises  # the distance of rows, up to a factor
        is_open = self.finding is not None and not self.finding.is_over
        if not is_open and not gaps[block] * _DROPPED > min(gaps[1:block]):
            return
        start = block + 1 - _STAYS
        while start > 2 and stops[block] - stops[start - 1] < _LONG_POINTS:
            start -= 1
        lately = sorted(seconds for seconds in map(self._seconds_a_step, range(start, block + 1)) if seconds > 0)
        if not lately:
            return
        if not is_open:
            before = sorted(seconds for seconds in map(self._seconds_a_step, range(1, start)) if seconds > 0)
            if len(before) < 3:
                return
            slow_before = _AS_SLOW_BEFORE * before[-max(len(before) // 10, 1)]  # usual for the run if as slow before
            self._usual = before[len(before) // 2]
            if lately[0] * _DROPPED < max(self._usual, slow_before * _DROPPED):
                return
        elif lately[len(lately) // 2] * _RECOVERED < self._usual:
            self._pass(block)
            return
        now = lately[len(lately) // 2]
        if not is_open:
            self._slow_from = start
        costs = self._lost_seconds(block, now) >= _LEAST_LOST_SECONDS
        severity = Severity.WARNING if costs and now * _FAR > self._usual else Severity.INFO
        if self.finding is None or self.finding.is_over or self.finding.severity.rank < severity.rank:
            self._report(severity, block, start, now)

    def _lost_seconds(self, block: int, now: float) -> float:
        """The extra time that the steps have taken since they became slow."""
        series, stops = self.series, self.series.blocks.stops
        first, last = series.place_of(stops[self._slow_from - 1]), series.place_of(stops[block] - 1)
        if first is None or last is None:
            return 0.0
        return (last - first + 1) * (now - self._usual) * names.seconds_in(series.value(0))

    def _report(self, severity: Severity, block: int, start: int, now: float) -> None:
        since, unit = self.start_of(start), names.seconds_in(self.series.value(0))
        slow, usual = now * unit, self._usual * unit
        self.finding = self.made(
            severity, self.end_of(block), since, slow,
            f"each {self.course.axis} has taken about {wording.duration(slow)} since {self.place(since)}, usually "
            f"{wording.duration(usual)}", "look at the data loader, at other jobs on the machine, and at the GPU "
            "clock; larger batches and longer sequences take longer, too", {"usual_seconds": usual, "seconds": slow})

    def _pass(self, block: int) -> None:
        """Mark the finding as over."""
        if self.finding is not None and not self.finding.is_over:
            message = f"{self.finding.message}; it has been back to normal since {self.place(self.end_of(block))}"
            self.finding = replace(self.finding, severity=Severity.INFO, message=message, is_over=True)

    def _seconds_a_step(self, block: int) -> float:
        """The time of a step in a block, in the column's unit; NaN if unknown."""
        blocks = self.series.blocks
        if block not in self._known:
            at = self.series.place_of(blocks.stops[block - 1] - 1), self.series.place_of(blocks.stops[block] - 1)
            rows = blocks.stops[block] - blocks.stops[block - 1]
            steps = 1.0 if at[0] is None or at[1] is None else (at[1] - at[0]) / rows
            gap = blocks.noises[block] * math.sqrt(2) / 1.4826
            self._known[block] = gap / steps if steps > 0 and gap > 0 else math.nan
        return self._known[block]
