"""A validation loss far below the training loss: they are computed in different ways, and cannot be compared."""

from __future__ import annotations

from livemon import wording
from livemon.health.condition import LONGEST_NAME, BlockCondition
from livemon.health.course import Course
from livemon.health.finding import Kind, Severity
from livemon.health.series import Series, upper_median

__all__ = ["LossScale"]

_FAR = 10.0  # times: dropout, augmentation and mixing make a training loss higher, but not by so much
_STAYS = 4  # blocks


class LossScale(BlockCondition):
    """A validation loss whose newest blocks all lie far below the training loss at the same rows."""

    kind = Kind.LOSS_SCALE
    fewest_blocks = _STAYS

    def __init__(self, series: Series, course: Course) -> None:
        super().__init__(series, course)
        self._times: list[float] = []  # for each block: the ratio of the training loss to this one

    def judge(self, block: int) -> None:
        """Judge at the end of a block."""
        blocks = self.series.blocks
        training = self.course.training_loss(blocks.rows[block], 1)
        if training is None:
            return
        level = training.blocks.levels[training.blocks.upto(blocks.rows[block]) - 1]
        self._times = [*self._times[1 - _STAYS :], level / blocks.levels[block] if blocks.levels[block] > 0 else 0.0]
        if len(self._times) < _STAYS:
            return
        self.why_not = ""
        if self.finding is None and min(self._times) > _FAR:
            other, times = wording.clipped(training.name, LONGEST_NAME), upper_median(self._times)
            since = self.start_of(block + 1 - _STAYS)
            self.finding = self.made(
                Severity.INFO, self.end_of(block), since, blocks.levels[block],
                f"{self.name} has been about {times:,.0f} times lower than {other} since {self.place(since)}: the two "
                "are not computed alike", "look at how both are summed or averaged, and at what the validation leaves "
                "out; as long as they differ so, overfitting cannot be told", {"times": times})
        elif self.finding is not None and max(self._times) < _FAR:
            self.finding = None
