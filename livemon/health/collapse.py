"""A return or a score that falls back to where it began; an entropy that vanishes; a policy that changes abruptly."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from livemon.health.condition import BlockCondition
from livemon.health.course import Course
from livemon.health.finding import Kind, Severity
from livemon.health.roles import Role
from livemon.health.series import Series

__all__ = ["Collapse"]

_LOST = 0.6  # of the gain
_LOST_OF_SCORE = 0.1  # of the best score: smaller falls do not count
_BACK = 0.3  # of the gain: recovered if no more than this is missing
_LONG = 0.1  # of the points
_LONG_POINTS = 12
_NOISES = 5.0
_NO_ENTROPY = 0.02  # of the first entropy
_LEAPS = 30.0  # times the usual divergence between successive policies ...
_LEAST_LEAP = 0.02  # ... and at least this much
_ROUNDING = 1e-12  # rounding error of a sum of two numbers


class Collapse(BlockCondition):
    """For a return or a score: most of the gain is lost, for long. For an entropy: it is gone, and the return is no
    better than at first. For a KL divergence: it stays far above its usual level."""

    kind = Kind.COLLAPSE
    fewest_blocks = 8

    def __init__(self, series: Series, course: Course) -> None:
        super().__init__(series, course)
        self._best = self._followed = 0  # the best block, and the number of blocks among which it is that
        self._back = math.inf  # recovered if above this
        self._role = course.role(series.name)

    def chosen(self, start: int, stop: int) -> NDArray[np.bool_] | None:
        """For a return or a score: blocks low enough for a collapse."""
        if self._role not in (Role.RETURN, Role.SCORE) or (self.finding is not None and not self.finding.is_over):
            return None
        before, first = self.series.blocks.levels.array[:stop], self._first
        levels, best = before[start:], np.fmax.accumulate(before)[start - 1 : stop - 1]
        low = best - _LOST * (best - first) + _ROUNDING * (np.abs(best) + abs(first))
        if self._role is Role.SCORE:
            low = np.minimum(low, best - (_LOST_OF_SCORE - _ROUNDING) * np.abs(best))
        return np.asarray(levels <= low)

    def judge(self, block: int) -> None:
        """Judge at the end of a block."""
        blocks = self.series.blocks
        level = blocks.levels[block]
        if math.isnan(level):
            return
        self._follow(block + 1)
        if self._best == block:
            self._pass()
        if block + 1 < self.fewest_blocks:
            return
        self.why_not = ""
        if self.finding is not None and not self.finding.is_over:
            if level > self._back:
                self._pass()
            return
        if self._role in (Role.RETURN, Role.SCORE):
            if block != self._best:
                self._judge_score(block)
        elif self._role is Role.ENTROPY:
            self._judge_entropy(block)
        elif self._role is Role.KL:
            self._judge_leap(block)

    def _follow(self, stop: int) -> None:
        """Follow the best level in the blocks before `stop`."""
        levels = self.series.blocks.levels.as_list
        best = levels[self._best]
        for block in range(self._followed, stop):
            if levels[block] > best or best != best:
                self._best, best = block, levels[block]
        self._followed = max(self._followed, stop)

    def _pass(self) -> None:
        """Mark the finding as over."""
        if self.finding is not None and not self.finding.is_over:
            message = f"{self.finding.message.split('; ')[0]}; it has recovered since"
            self.finding = replace(self.finding, severity=Severity.INFO, is_over=True, message=message,
                                   advice="nothing to do now")

    @property
    def _first(self) -> float:
        """The level at the beginning. A score may gain most of what it will ever gain before the first few
        validations."""
        first = min(self.series.blocks.levels[:2])
        return min(first, self.series.value(0)) if self._role is Role.SCORE else first

    def _judge_score(self, block: int) -> None:
        blocks, first = self.series.blocks, self._first
        best = sorted(blocks.levels[max(self._best - 1, 0) : self._best + 2])[-2:][0]
        gain = best - first
        limit = best - _LOST * gain
        if self._role is Role.SCORE:
            limit = min(limit, best - _LOST_OF_SCORE * abs(best))
        if blocks.levels[block] > limit:
            return
        points = max(_LONG * blocks.stops[block], _LONG_POINTS)
        start, stops = block, blocks.stops.as_list
        while start > self._best and stops[block] - stops[start - 1] < points:
            start -= 1
        levels = [level for level in blocks.levels[start : block + 1] if level == level]
        if start <= self._best or max(levels, default=math.inf) > limit or not gain > _NOISES * blocks.noise(block):
            return
        self._back = best - _BACK * gain
        since = self._fell_at(block, limit)
        peak = self._highest_before(since)
        self.finding = self.made(
            Severity.CRITICAL if self._role is Role.RETURN else Severity.WARNING, self.end_of(block), since, levels[-1],
            f"{self.name} has collapsed since {self.place(since)}: its median was {self.text(levels[-1])} around "
            f"{self.place(self.end_of(block))}, after {self.text(self.series.value(peak))} at {self.place(peak)}",
            "lower the learning rate, or make smaller updates", {"best": best, "first": first})

    def _fell_at(self, block: int, limit: float) -> int:
        """The first point of the fall: after the last point above the limit, in the first block below it or in the one
        before, in which the fall may have begun."""
        levels = self.series.blocks.levels
        fallen = next((later for later in range(self._best, block) if levels[later] <= limit), block)
        start = self.start_of(max(fallen - 1, self._best))
        above = np.flatnonzero(self.series.between(start, self.end_of(fallen) + 1) > limit)
        return min(start + int(above[-1]) + 1 if len(above) else start, self.end_of(fallen))

    def _highest_before(self, point: int) -> int:
        """The highest point from the best block up to the fall."""
        start = self.start_of(self._best)
        values = self.series.between(start, max(point, start + 1))
        return start + int(np.nanargmax(values)) if not np.isnan(values).all() else start

    def _judge_entropy(self, block: int) -> None:
        blocks = self.series.blocks
        first = max(abs(self.series.value(0)), abs(blocks.levels[0]))  # it may be gone within a few rows
        lately = [abs(level) for level in blocks.levels[block - 2 : block + 1]]
        if max(lately) < _NO_ENTROPY * first and not self._return_is_better(block):
            since = self.start_of(block - 2)
            self.finding = self.made(
                Severity.WARNING, self.end_of(block), since, blocks.levels[block],
                f"{self.name} has been close to 0 since {self.place(since)}, and the return is no better than at "
                "first: the policy no longer explores", "raise the entropy coefficient, or lower the learning rate")

    def _judge_leap(self, block: int) -> None:
        blocks = self.series.blocks
        lately = [abs(level) for level in blocks.levels[block - 2 : block + 1]]
        if not min(lately) > _LEAST_LEAP:
            return
        before = sorted(abs(level) for level in blocks.levels[: block - 2] if level == level)
        if before and min(lately) > _LEAPS * before[len(before) // 2] > 0:
            since = self.start_of(block - 2)
            self.finding = self.made(
                Severity.WARNING, self.end_of(block), since, blocks.levels[block],
                f"{self.name} has been too high since {self.place(since)}, with a median of "
                f"{self.text(blocks.levels[block])}, usually {self.text(before[len(before) // 2])}: the policy changes "
                "too much at each update",
                "lower the learning rate, or set a target KL")

    def _return_is_better(self, block: int) -> bool:
        """Whether a return is far above its first values by then, or there is no return."""
        row = self.series.blocks.rows[block]
        returns = [(series, series.blocks.upto(row)) for series in self.course.of(Role.RETURN)]
        known = [(series.blocks, count) for series, count in returns if count >= 3]
        return not known or any(blocks.levels[count - 1] > blocks.levels[0] + 2 * blocks.noise(count - 1)
                                for blocks, count in known)
