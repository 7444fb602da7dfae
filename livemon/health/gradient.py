"""A gradient norm that explodes or vanishes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livemon.health.condition import BlockCondition
from livemon.health.course import Course
from livemon.health.finding import Kind, Severity
from livemon.health.medians import Ordered, windows
from livemon.health.not_learning import has_learned
from livemon.health.series import Series

__all__ = ["Gradient"]

_STAYS = 3  # blocks
_EXPLODES = 100.0  # times the usual norm
_VANISHES = 1e-4  # of the norm of the first rows
_NOTHING = 1e-7


class Gradient(BlockCondition):
    """A norm that stays a hundred times above its usual level; one close to zero although little was learned."""

    kind = Kind.GRADIENT
    fewest_blocks = 8

    def __init__(self, series: Series, course: Course) -> None:
        super().__init__(series, course)
        self._before = Ordered()  # the levels of earlier blocks

    def chosen(self, start: int, stop: int) -> NDArray[np.bool_] | None:
        """The blocks in which the norm is far from earlier ones; none after that was reported."""
        if self.finding is not None:
            return np.zeros(stop - start, np.bool_)
        blocks = self.series.blocks
        lately = windows(blocks.levels.array[start + 1 - _STAYS : stop], _STAYS)
        until = slice(start - _STAYS, stop - _STAYS)
        lowest, highest = blocks.lowest_at.array[until], blocks.highest_at.array[until]
        return np.asarray((lately.min(axis=0) > _EXPLODES * lowest) | (
            lately.max(axis=0) < np.maximum(_NOTHING, _VANISHES * highest)))

    def judge(self, block: int) -> None:
        """Judge at the end of a block."""
        if block + 1 < self.fewest_blocks:
            return
        self.why_not = ""
        if self.finding is not None:
            return
        blocks = self.series.blocks
        lately = [level for level in blocks.levels[block + 1 - _STAYS : block + 1] if level == level]
        until = block - _STAYS
        if len(lately) < _STAYS or not blocks.highest_at[until] > 0:
            return
        if min(lately) <= _EXPLODES * blocks.lowest_at[until] and max(lately) >= max(
                _NOTHING, _VANISHES * blocks.highest_at[until]):
            return
        before = self._before.take(blocks.levels, 0, until + 1)
        if not before:
            return
        usual, name = before[len(before) // 2], self.name
        since = self.start_of(block + 1 - _STAYS)
        if min(lately) > _EXPLODES * usual > 0:
            self.finding = self.made(
                Severity.WARNING, self.end_of(block), since, lately[-1],
                f"{name} has exploded since {self.place(since)}: its median was {self.text(lately[-1])} around "
                f"{self.place(self.end_of(block))}, usually {self.text(usual)}",
                "clip gradients or lower the learning rate; resume from a checkpoint before it")
        elif max(lately) < max(_NOTHING, _VANISHES * max(before[-1], 0.0)) and not self._has_learned(block):
            self.finding = self.made(
                Severity.WARNING, self.end_of(block), since, lately[-1],
                f"{name} has vanished: its median was {self.text(lately[-1])} around "
                f"{self.place(self.end_of(block))}, though the loss has not fallen",
                "look at the activations (dead units, saturated sigmoids), the initial weights, and frozen layers")

    def _has_learned(self, block: int) -> bool:
        """Whether the loss has fallen by then: a network that has learned everything has no gradient either."""
        row = self.series.blocks.rows[block]
        loss = self.course.training_loss(row, 4)
        return loss is None or has_learned(loss, loss.blocks.upto(row) - 1)
