"""A validation loss far below the training loss: they are computed in different ways, and cannot be compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livemon import wording
from livemon.health.condition import LONGEST_NAME, BlockCondition
from livemon.health.finding import Kind, Severity
from livemon.health.medians import upper_median
from livemon.health.roles import Role
from livemon.health.series import Series

__all__ = ["LossScale"]

_FAR = 10.0  # times: dropout, augmentation and mixing make a training loss higher, but not by so much
_STAYS = 4  # blocks


class LossScale(BlockCondition):
    """A validation loss whose newest blocks all lie far below the training loss at the same rows."""

    kind = Kind.LOSS_SCALE
    fewest_blocks = _STAYS

    def chosen(self, start: int, stop: int) -> NDArray[np.bool_] | None:
        """The first block that can be judged, and those that lie far below a training loss, or no longer do."""
        blocks = self.series.blocks
        levels, rows = blocks.levels.array[start:stop], blocks.rows.array[:stop]
        chosen, is_far = np.zeros((2, stop - start), np.bool_)
        is_positive = levels > 0
        for training in self.course.of(Role.TRAIN_LOSS):
            newest = np.searchsorted(training.blocks.rows.array, rows, side="right") - 1
            chosen[np.flatnonzero(newest[start + 1 - _STAYS : stop + 1 - _STAYS] >= 0)[:1]] = True
            known = is_positive & (newest[start:] >= 0)
            is_far[known] |= training.blocks.levels.array[newest[start:][known]] / levels[known] > _FAR
        return chosen | (is_far if self.finding is None else ~is_far)

    def judge(self, block: int) -> None:
        """Judge at the end of a block."""
        blocks, first = self.series.blocks, block + 1 - _STAYS
        training = self.course.training_loss(blocks.rows[block], 1)
        if training is None or first < 0 or not training.blocks.upto(blocks.rows[first]):
            return
        self.why_not = ""
        ratios = [self._times(training, each) for each in range(first, block + 1)]
        if self.finding is None and all(ratio > _FAR for ratio in ratios):
            other, times = wording.clipped(training.name, LONGEST_NAME), upper_median(ratios)
            since = self.start_of(first)
            self.finding = self.made(
                Severity.INFO, self.end_of(block), since, blocks.levels[block],
                f"{self.name} has been about {times:,.0f} times lower than {other} since {self.place(since)}: the two "
                "are not computed alike", "look at how both are summed or averaged, and at what the validation leaves "
                "out; as long as they differ so, overfitting cannot be told", {"times": times})
        elif self.finding is not None and all(ratio < _FAR for ratio in ratios):
            self.finding = None

    def _times(self, training: Series, block: int) -> float:
        """The ratio of the training loss to this one at the end of a block."""
        level, blocks = self.series.blocks.levels[block], training.blocks
        return blocks.levels[blocks.upto(self.series.blocks.rows[block]) - 1] / level if level > 0 else 0.0
