"""A loss that does not improve."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable

import numpy as np

from livemon import wording
from livemon.health.condition import LONGEST_NAME, BlockCondition, judged_at
from livemon.health.course import Course
from livemon.health.finding import Kind, Severity
from livemon.health.medians import median, rank_correlation, upper_median
from livemon.health.roles import Role
from livemon.health.series import Series

__all__ = ["NotLearning", "has_learned"]

_FEWEST_POINTS = 100
_FEWEST_EPOCHS = 16  # if each row is an epoch
_EACH, _EACH_BLOCK, _EACH_PART = 4, 40, 25  # blocks: from the 40th on judged every 4 or, if more, a 25th of them
_BEYOND_NOISE = 3.0  # times the spread of the block medians
_OF_NOISE, _FIRST_BLOCKS = 0.55, 7  # the error of the median of a first block of four points, in units of their noise
_LITTLE = 0.02  # of the loss: smaller improvements do not count
_STEADY = -0.6  # the rank correlation of the block medians with their order: such a steady fall is not noise
_FEWEST_STEADY = 8  # blocks
_SETTLES = 1.12  # times the loss of an even guess: an untrained network may begin so far above it
_STILL_SETTLES = 3.0  # times its later distance from the loss of an even guess: the loss may still approach it
_SURELY = 0.05  # of the start: a loss has fallen only if its best blocks lie further below it
_EVEN = 0.035  # of the loss: with so little noise it is the same for all samples: nothing is known about them
_NEAR_CHANCE = 0.006  # of the loss: how close it is to the logarithm of a number of classes
_NEAR_CHANCE_OF_TEN = 0.02  # ten classes are the most common
_MOST_CLASSES = 12  # with more classes every loss is close to the logarithm of some number ...
_ROUND_CLASSES = (20, 26, 30, 50, 64, 100, 128, 200, 256, 365, 512, 1000)  # ... so only these count
_HIGH, _HIGHEST = 6.0, 16.0  # a cross entropy between them knows nothing about the next token
_GOOD_SCORE = 0.6
_LATE_SCORES = 8  # a single score of a small validation set is noisy
_SCORE_OF_CHANCE = 2.0  # times e^-loss: such a score is no better than an even guess
_MOVES_LITTLE = 1e-3  # of a validation loss: between its first and last value, over the whole run
_LATE = 20  # times the distance between two steps: a first step so far from 0 means a resumed run
_FEWEST_VALIDATIONS = 5
_FAR_ABOVE_TRAINING = 2.0  # times the training loss: untrained, they are about the same
_NO_GRADIENT = 1e-6


class NotLearning(BlockCondition):
    """A loss that does not fall beyond its noise from the first row on. The score, the loss of an even guess, and
    whether anything moves tell whether the network knows nothing or was trained before."""

    kind = Kind.NOT_LEARNING

    def __init__(self, series: Series, course: Course) -> None:
        super().__init__(series, course)
        self._learned = False
        self._next = 0  # the next block to judge

    def worth_a_look(self, start: int, stop: int) -> Iterable[int]:
        """The blocks at which the loss is judged again; none after it has fallen."""
        first = bisect.bisect_left(self.series.blocks.stops.as_list, self._fewest)
        return judged_at(start, stop, lambda: stop if self._learned else max(self._next, first))

    def judge(self, block: int) -> None:
        """Judge at the end of a block."""
        if self._learned or block < self._next or self.series.blocks.stops[block] < self._fewest:
            return
        self._next = block + 1 if block < _EACH_BLOCK else block + max(_EACH, block // _EACH_PART)
        self.why_not = ""
        if self.course.has(Role.RETURN, self.series.blocks.rows[block]):
            return
        falls = has_learned(self.series, block)
        ends_at_a_guess = falls and _ends_at_a_guess(self.series, block)
        if ends_at_a_guess is None:
            return
        if falls and not ends_at_a_guess:
            self._learned = True
            if self.finding is not None:
                earlier = self.finding
                self.finding = self.made(
                    Severity.INFO, self.end_of(block), 0, earlier.value,
                    f"{self.name} did not fall before {self.place(self.end_of(block))}, but has fallen since",
                    "nothing to do now", is_over=True)
            return
        now = upper_median(self.series.blocks.levels.array[-(-3 * block // 4) : block + 1])
        if not math.isfinite(now) or self._got_worse(block, now) or self._rate_still_rises(block):
            return
        evidence = self._evidence(block)
        if evidence == "trained":
            self.finding = None
            return
        if not evidence and self._may_be_falling(block):
            return
        severity = Severity.WARNING if evidence else Severity.INFO
        if self.finding is None or self.finding.severity.rank < severity.rank:
            self._report(block, severity, evidence, now)

    @property
    def _fewest(self) -> int:
        """The fewest points that can be judged."""
        return _FEWEST_EPOCHS if self.course.axis == "epoch" else _FEWEST_POINTS

    def _report(self, block: int, severity: Severity, evidence: str, now: float) -> None:
        name = self.name
        if evidence:
            first = self.series.blocks.levels[0]
            message = (f"{name} is {'hardly' if now < first else 'no'} better than at its start (a median of "
                       f"{self.text(first)} then, {self.text(now)} up to {self.place(self.end_of(block))}): {evidence}")
            advice = ("check the learning rate, that the optimizer has the right parameters, that gradients arrive, "
                      "and that inputs and labels belong together")
        else:
            message = (f"{name} has stayed about the same since its start, with a median of {self.text(now)}; this "
                       "alone does not tell whether the model was trained before or does not learn")
            advice = "if it was not trained before, look at the learning rate and the gradient norm"
        self.finding = self.made(severity, self.end_of(block), 0, now, message, advice,
                                 {"first": self.series.blocks.levels[0], "now": now, "because": evidence or None})

    def _got_worse(self, block: int, now: float) -> bool:
        """Whether the loss lies far above its start: that is divergence."""
        first = self.series.blocks.levels[0]
        return now > first + max(0.25 * abs(first), 6 * self.series.blocks.noise(block))

    def _may_be_falling(self, block: int) -> bool:
        """Whether the loss tends to fall, though not yet by more than its noise."""
        blocks = self.series.blocks
        return len(blocks.known_levels(block + 1)) >= _FEWEST_STEADY and blocks.trend(block + 1) < _STEADY / 2

    def _rate_still_rises(self, block: int) -> bool:
        """Whether the learning rate is still warming up."""
        row = self.series.blocks.rows[block]
        for series in self.course.of(Role.RATE):
            count = series.count_at(row)
            if count >= 8:
                values = series.between(3 * count // 4, count)
                return bool(values[-1] > 1.02 * values[0] and (np.diff(values) >= 0).all())
        return False

    def _evidence(self, block: int) -> str:
        """The evidence that the network learns nothing; "trained" if it seems to have been trained before; "" if
        nothing tells."""
        row, levels = self.series.blocks.rows[block], self.series.blocks.levels.array[block // 2 : block + 1]
        now = upper_median(levels)
        rates = self.course.rates(row)
        if rates and max(rates) == 0 and not any(self.course.rates(self.series.blocks.rows[3 * block // 4])):
            return "the learning rate is 0"  # for long: a schedule may end at zero
        name, score = self._score(row)
        if name and 0 < now < 50:
            if score >= _GOOD_SCORE or score > max(_SCORE_OF_CHANCE * math.exp(-now), 0.15):
                return "trained"
            return f"{wording.clipped(name, LONGEST_NAME)} of {score:.3g} is what guessing gives"
        if self._gradient_is_nothing(row):
            return "no gradient arrives"
        if self._validation_stands_still(row, now):
            return "validation does not change, so the weights hardly move"
        if self.series.blocks.lowest_at[block] == self.series.blocks.highest_at[block]:
            return "it is exactly the same in all rows"
        little = _EVEN * abs(now)
        even = self.series.blocks.noise(block) < little and (
            upper_median(np.abs(levels - now)) < little)  # the levels of batches of two tasks lie apart
        if not even or self._began_late(block):
            return ""
        if classes := _classes_of(now):
            return f"it is the loss of an even guess among {classes}"
        is_high = _HIGH < now < _HIGHEST and not self._is_of_regression()
        return "a loss this high is what guessing gives" if is_high else ""

    def _began_late(self, block: int) -> bool:
        """Whether the first step is far from 0: the run continues another one, and was trained before."""
        places = self.series.places(0, min(self.series.blocks.stops[block], 4 * _LATE))
        apart = np.diff(places)
        apart = apart[apart > 0]
        return len(apart) > 0 and bool(places[0] > _LATE * float(median(apart)))

    def _is_of_regression(self) -> bool:
        return not {"mse", "mae", "rmse", "error"}.isdisjoint(self.series.name.lower().split("_"))

    def _score(self, row: int) -> tuple[str, float]:
        """The best of the scores between 0 and 1: its name and its recent level; "" without one."""
        name, best = "", 0.0
        for series in self.course.of(Role.SCORE):
            count = series.count_at(row)
            newest = series.between(max(count - _LATE_SCORES, 0), count)
            late = [score for score in newest.tolist() if math.isfinite(score)]
            if late and min(late) >= 0 and max(late) <= 1:
                level = median(np.array(late))
                name, best = (name, best) if name and best >= level else (series.name, level)
        return name, best

    def _gradient_is_nothing(self, row: int) -> bool:
        for series in self.course.of(Role.GRADIENT):
            count = series.blocks.upto(row)
            if count >= 4 and max(series.blocks.highs[count - 4 : count]) < _NO_GRADIENT:
                return True
        return False

    def _validation_stands_still(self, row: int, now: float) -> bool:
        """Whether a validation loss hardly differs between its first and its last value. One far above the training
        loss does not count: a network that knows its training data better than others has been trained."""
        for series in self.course.of(Role.VAL_LOSS):
            values = series.between(0, series.count_at(row))
            values = values[np.isfinite(values)]
            if len(values) >= _FEWEST_VALIDATIONS:
                low, high = values.min(), values.max()
                is_still = high - low <= _MOVES_LITTLE * max(abs(low), abs(high))  # the median lies between them
                if now > 0 and low > _FAR_ABOVE_TRAINING * now:
                    continue
                return bool(is_still and high - low <= _MOVES_LITTLE * abs(median(values)))
        return False


def has_learned(series: Series, block: int) -> bool:
    """Whether a loss has fallen below its start by more than its noise, at the end of a block."""
    blocks = series.blocks
    levels = blocks.known_levels(block + 1)
    if len(levels) < 4:
        return False
    first = float(max(levels[0], levels[1]))
    rest = levels[2:]
    now = min(median(rest[len(rest) // 2 :]), median(rest[-max(len(rest) // 4, 1) :]))
    in_order = rest.copy()
    in_order.sort()
    best = float(in_order[min(len(rest) // 10, len(rest) - 1)])
    if not first - now > _LITTLE * abs(first):
        if not first - best > _SURELY * abs(first):
            return False
    elif len(levels) >= _FEWEST_STEADY and blocks.trend(block + 1) < _STEADY:
        return True

    def is_beyond(spread: float) -> bool:
        return (first - now > max(_BEYOND_NOISE * spread, _LITTLE * abs(first))
                or first - best > max(2 * _BEYOND_NOISE * spread, _SURELY * abs(first)))

    of_first_blocks = _OF_NOISE * blocks.noise(min(block, _FIRST_BLOCKS))
    if of_first_blocks == of_first_blocks and not is_beyond(of_first_blocks):
        return False
    middle = (float(in_order[(len(rest) - 1) // 2]) + float(in_order[len(rest) // 2])) / 2
    return is_beyond(max(1.4826 * median(np.abs(in_order - middle)), of_first_blocks))


def _ends_at_a_guess(series: Series, block: int) -> bool | None:
    """Whether a loss has only fallen to that of an even guess, and stays there: this is how large initial outputs are
    unlearned. None while it still falls."""
    levels = series.blocks.known_levels(block + 1)
    first, half = float(max(levels[0], levels[1])), levels[len(levels) // 2 :]
    now = median(half)
    if not (0 < now < first <= _SETTLES * now) or not _classes_of(now, _STILL_SETTLES):
        return False
    return True if rank_correlation(half) > _STEADY / 2 and _classes_of(now) else None


def _classes_of(loss: float, times: float = 1.0) -> str:
    """The number of classes whose even guess has about this cross entropy, in words; "" if there is none."""
    for classes in (*range(2, _MOST_CLASSES + 1), *_ROUND_CLASSES):
        near = max(_NEAR_CHANCE_OF_TEN if classes == 10 else 0, times * _NEAR_CHANCE)
        if abs(loss - math.log(classes)) < near * math.log(classes):
            return f"{classes:,} classes"
    return ""
