"""A loss that has fallen, and no longer does."""

from __future__ import annotations

import bisect
from collections.abc import Iterable

import numpy as np

from livemon.health.condition import BlockCondition, judged_at
from livemon.health.course import Course
from livemon.health.finding import Kind, Severity
from livemon.health.medians import median
from livemon.health.not_learning import has_learned
from livemon.health.roles import Role
from livemon.health.series import Series

__all__ = ["Plateau"]

_FEWEST_BLOCKS = 30
_EACH, _EACH_PART = 6, 20  # blocks, and a part of the earlier ones: a plateau is not urgent
_PART = 0.4  # of the points: how long there must be no progress
_ERRORS = 2.0  # standard errors
_LITTLE = 0.005  # of the loss
_PART_OF_LEARNED = 0.05  # of the loss's fall so far: slower progress does not count


class Plateau(BlockCondition):
    """No progress over the last part of the run: not a fault, but the training may be ended, or its learning rate
    reduced."""

    kind = Kind.PLATEAU

    def __init__(self, series: Series, course: Course) -> None:
        super().__init__(series, course)
        self._has_learned = False
        self._next = 0  # the next block to judge

    def worth_a_look(self, start: int, stop: int) -> Iterable[int]:
        """The blocks at which the loss is judged again."""
        return judged_at(start, stop, lambda: max(self._next, _FEWEST_BLOCKS - 1))

    def judge(self, block: int) -> None:
        """Judge at the end of a block."""
        if block + 1 < _FEWEST_BLOCKS or block < self._next:
            return
        self._next = block + max(_EACH, block // _EACH_PART)
        self.why_not = ""
        if self.course.has(Role.RETURN, self.series.blocks.rows[block]):
            return
        self._has_learned = self._has_learned or has_learned(self.series, block)
        if not self._has_learned:
            return
        blocks = self.series.blocks
        start = bisect.bisect_left(blocks.stops.as_list, (1 - _PART) * blocks.stops[block])
        levels = blocks.known_levels(block + 1, start)
        if len(levels) < 6:
            return
        half = len(levels) // 2
        value = median(levels[half:])
        gain, least = median(levels[:half]) - value, _PART_OF_LEARNED * (blocks.levels[0] - value)
        if not (gain < least if self.finding is None else gain > _LITTLE * abs(value)):
            return
        trend = gain * (np.arange(len(levels)) / half)  # a fall is not noise
        residuals = levels + trend
        error = 1.25 * 1.4826 * median(np.abs(residuals - median(residuals))) * np.sqrt(2 / half)
        most = gain + _ERRORS * error  # the largest gain that the noise allows
        if gain > max(_ERRORS * error, _LITTLE * abs(value)):
            self.finding = None
        elif self.finding is None and gain > -4 * error and most < least:
            since = self._behind_restart(start, block)
            self.finding = self.made(
                Severity.INFO, self.end_of(block), since, value,
                f"{self.name} has not improved since {self.place(since)}: {self.text(value)} in the median",
                "if you expect more, lower the learning rate; else end the run")

    def _behind_restart(self, start: int, block: int) -> int:
        """The first point of a stretch of blocks, or the last restart in it: a repeated step names two rows."""
        first = self.start_of(start)
        back = np.flatnonzero(np.diff(self.series.places(first, self.end_of(block) + 1)) < 0)
        return first + int(back[-1]) + 1 if len(back) else first
