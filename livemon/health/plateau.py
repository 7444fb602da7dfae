"""A loss that has fallen, and no longer does."""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from dataclasses import replace

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
_CHANGED = 0.01  # of a learning rate: it follows a schedule


class Plateau(BlockCondition):
    """No progress over the last part of the run: not a fault, but the training may be ended, or its learning rate
    reduced."""

    kind = Kind.PLATEAU

    def __init__(self, series: Series, course: Course) -> None:
        super().__init__(series, course)
        self._has_learned = False
        self._next = 0  # the next block to judge
        self._since = 0  # the first point of the plateau
        self._before = 0.0  # the level in the first half of the plateau when it was found

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
        before, least = median(levels[:half]), _PART_OF_LEARNED * (blocks.levels[0] - value)
        gain = before - value
        if self.finding is not None and self._before - value >= least:
            self.finding = None  # the slow progress since has added up
        if self.finding is not None and (advice := self._advice(block)) != self.finding.advice:
            self.finding = replace(self.finding, advice=advice)
        if not (gain < least if self.finding is None else gain > _LITTLE * abs(value)):
            return
        trend = gain * (np.arange(len(levels)) / half)  # a fall is not noise
        residuals = levels + trend
        error = 1.25 * 1.4826 * median(np.abs(residuals - median(residuals))) * np.sqrt(2 / half)
        most = gain + _ERRORS * error  # the largest gain that the noise allows
        if gain > max(_ERRORS * error, _LITTLE * abs(value)):
            self.finding = None
        elif self.finding is None and gain > -4 * error and most < least:
            self._since, self._before = self._behind_restart(start, block), before
            self.finding = self.made(
                Severity.INFO, self.end_of(block), self._since, value,
                f"{self.name} has hardly improved since {self.place(self._since)}: its median went from "
                f"{self.text(before)} to {self.text(value)} by {self.place(self.end_of(block))}", self._advice(block))

    def _advice(self, block: int) -> str:
        """What to do, by the learning rates since the plateau began."""
        before, now = (self.course.rates(row) for row in
                       (self.series.row_of(self._since), self.series.blocks.rows[block]))  # fmt: skip
        if now and not any(now):
            return "the learning rate is 0: look at its schedule, or end the run"
        if any(abs(rate - earlier) > _CHANGED * abs(earlier) for earlier, rate in zip(before, now, strict=False)):
            return "the learning rate is changing already: if you expect more, wait for its schedule; else end the run"
        return "if you expect more, lower the learning rate; else end the run"

    def _behind_restart(self, start: int, block: int) -> int:
        """The first point of a stretch of blocks, or the last restart in it: a repeated step names two rows."""
        first = self.start_of(start)
        back = np.flatnonzero(np.diff(self.series.places(first, self.end_of(block) + 1)) < 0)
        return first + int(back[-1]) + 1 if len(back) else first
