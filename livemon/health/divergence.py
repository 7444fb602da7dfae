"""A loss that rises and does not come back: at once, or slowly."""

from __future__ import annotations

import bisect
import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from livemon.health.condition import BlockCondition
from livemon.health.course import Course
from livemon.health.finding import Kind, Severity
from livemon.health.medians import median, upper_median
from livemon.health.roles import Role
from livemon.health.series import Series
from livemon.tables import meaning

__all__ = ["Divergence"]

_STAYS = 3  # blocks
_EXPLODED = 3.0  # times the loss of the first rows: worse than any untrained network
_NO_BETTER = 4.0  # times the first value, in all blocks: broken from the beginning
_BEYOND_NOISE = 2.5  # times the noise, in logarithms
_RECOVERED = 0.35  # of the gain, in logarithms if the loss is positive: recovered if no more than this is missing
_LONG = 0.15  # of the points: how long it must last if the loss is no worse than untrained
_LONG_POINTS = 40
_LOST = 0.5  # of the gain
_LITTLE_LEARNED = 0.8  # of the loss of the first rows: a loss that never fell below has little to lose
_UNTRAINED = 0.7  # of the loss of the first rows: about as bad
_AS_AT_FIRST = 0.1  # of the loss of the first rows: no better than these
_FALLS_AGAIN = 0.1  # of the rise: a harder task, now being learned
_DRIFT = 1.35  # times the best: a slow rise is reported before the loss has doubled
_DRIFT_OF_LEARNED = 0.3  # of the gain, if the loss is not positive
_HALF_A_DRIFT = 1 + (_DRIFT - 1) / 2
_DRIFT_BLOCKS = 8
_DRIFT_LONG = 0.12  # of the points
_NO_LEAP = 0.25  # of the rise must come before its last quarter: a leap is no drift
_DRIFT_SPREAD = 6.0  # times the usual difference between the medians of successive blocks, in logarithms
_DRIFT_NOISE = 6.0  # times the noise of a block's median
_OF_REWARDS = 10.0  # times the squared range of the returns
_PART_POINTS = 24
_AS_GOOD = 0.05  # of the value
_MATTERS = 0.2  # of the loss
_OF_LEARNED = 0.1  # of the gain: smaller rises do not count
_AS_BEFORE = 1.5  # times the highest rise from which the run has recovered

Levels = NDArray[np.float64]


class Divergence(BlockCondition):
    """A loss far above its first rows; one that lost most of its gain, for long; one that drifts upwards."""

    kind = Kind.DIVERGENCE
    fewest_blocks = 4

    def __init__(self, series: Series, course: Course) -> None:
        super().__init__(series, course)
        self._best = 0  # the block with the lowest level
        self._followed = 0  # blocks
        self._highest = -math.inf  # since the best block
        self._is_other = course.role(series.name) is not Role.TRAIN_LOSS
        self._rise = 0.0  # the highest rise above a best level that was later followed by a lower level

    def chosen(self, start: int, stop: int) -> NDArray[np.bool_] | None:
        """Blocks high enough to be part of a rise; after one, those with a new best."""
        if self._is_no_training():
            return np.zeros(stop - start, np.bool_)
        if self.finding is not None and not (self.finding.is_over and self.finding.severity is Severity.INFO):
            return None
        before = self.series.blocks.levels.array[:stop]
        levels, best = before[start:], np.fmin.accumulate(before)[start - 1 : stop - 1]
        chosen = ~(levels >= best) if self.finding is not None else self._may_have_risen(before, best, start)
        return np.asarray(chosen & ~np.isnan(levels))

    def _may_have_risen(self, before: Levels, best: Levels, start: int) -> NDArray[np.bool_]:
        """Which blocks from `start` on lie so high, or so long after the best one, that the loss may have diverged.

        Args:
            before: The levels of all blocks.
            best: The lowest level before each block from `start` on.
        """
        levels, stops = before[start:], self.series.blocks.stops.array[: len(before)]
        is_best = np.concatenate(([False], ~(before[1:] >= np.fmin.accumulate(before)[:-1]))) & ~np.isnan(before)
        at_best = np.maximum.accumulate(np.where(is_best, np.arange(len(before)), 0))[start:]
        ends, points = stops[start:], stops[start:] - stops[at_best]
        first = upper_median(before[:3].tolist())
        is_positive = self.series.blocks.lowest_at.array[start : len(before)] > 0
        with np.errstate(over="ignore", invalid="ignore"):
            exploded = np.where(is_positive, _EXPLODED * self._first, self._first)
            may_have = (levels > exploded) | (levels > _NO_BETTER * abs(self.series.value(0)))  # or never better
            long = np.maximum(_LONG_POINTS, _LONG * ends)
            has_fallen = ~((best > 0) & (best > _LITTLE_LEARNED * self._first))
            may_have |= has_fallen & (points >= long) & (levels >= best + _LOST * (first - best))  # lost
            worse = np.flatnonzero((points >= 2 * long) & (levels >= first - _AS_AT_FIRST * abs(first)))
            since = np.searchsorted(stops, ends[worse] - long[worse])
            may_have[worse] |= _are_mostly_above(first, before, np.maximum(since, at_best[worse] + 1), worse + start)
            far = (points >= _DRIFT_LONG * ends) & (~is_positive | (levels > _HALF_A_DRIFT * best))
            is_long = np.arange(start, len(before)) - at_best + 1 >= _DRIFT_BLOCKS
            self._add_drifts(may_have, before, at_best, np.flatnonzero(far & is_long & ~may_have) + start)
        return may_have

    def _add_drifts(self, may_have: NDArray[np.bool_], before: Levels, at_best: NDArray[np.int64],
                    blocks: NDArray[np.int64]) -> None:  # fmt: skip
        """Add those of these blocks that end a quarter of a rise that lies far above the best block."""
        start = len(before) - len(at_best)
        for lowest, ends in _by(at_best[blocks - start], blocks):
            best = upper_median(before[max(lowest - 2, 0) : lowest + 3].tolist())
            far = min(_DRIFT * best, best + _DRIFT_OF_LEARNED * (self._first - best))
            quarters = (ends + 1 - lowest) // 4
            may_have[ends - start] = _are_mostly_above(far, before, lowest + 3 * quarters, ends)

    def judge(self, block: int) -> None:
        """Judge at the end of a block."""
        self._follow(block)
        best = self.series.blocks.levels[self._best]
        self._follow(block + 1)
        if math.isnan(self.series.blocks.levels[block]):
            return
        if self._best == block:
            if self.finding is not None and self._is_new_best(block) and best > upper_median(
                    self.series.blocks.levels[block - 2 : block + 1]):
                self._pass(Severity.INFO, "it has recovered since")
            if self.why_not and block >= self.fewest_blocks and not self._is_no_training():
                self.why_not = ""  # a falling loss counts as judged, too
            return
        if block < self.fewest_blocks or self._is_no_training():
            return
        self.why_not = ""
        if self.finding is not None and (self.finding.severity is Severity.CRITICAL or self.finding.is_over):
            if not self.finding.is_over and self._has_come_back(block, _LOST):
                self._pass(Severity.WARNING, "it has partly recovered since")
            elif self.finding.severity is Severity.WARNING and self._has_come_back(block, _RECOVERED):
                self._pass(Severity.INFO, "it has recovered since")
            elif self.finding.severity is Severity.WARNING and self._witnesses_hold(block):
                self._pass(Severity.INFO, "validation, or a part of it, is as good as before")
            return
        if self.finding is not None and self._witnesses_hold(block):
            self._pass(Severity.INFO, "validation, or a part of it, is as good as before")
            return
        if self._never_got_better(block):
            if not self._is_of_rewards(block):
                self._report(block, 0, "has stayed far above its first value", Severity.CRITICAL, self._first_value())
        elif self._has_exploded(block):
            if not self._is_of_rewards(block):
                self._report(block, self._since(block), "has exploded", Severity.CRITICAL)
        elif self._has_lost(block) or self._is_worse_than_at_first(block):
            if not self._is_allowed(block):
                self._report(block, self._since(block), "has lost what it had learned", Severity.CRITICAL)
        elif self.finding is None and self._drifts(block) and not self._is_allowed(block):
            self._report(block, self._best + 1, "has been drifting up", Severity.WARNING)

    def _is_no_training(self) -> bool:
        """Whether this is not the training loss, although there is one: a validation loss, whose rise is overfitting,
        or one part of the loss, whose weight may change; the sum is judged instead."""
        if not self._is_other:
            return False
        row = self.series.blocks.rows[self.fewest_blocks - 1]
        return self.course.training_loss(row, self.fewest_blocks) is not None

    def _is_allowed(self, block: int) -> bool:
        """Whether a rise is compatible with a training that goes well."""
        rows = self.series.blocks.rows
        return (self._may_rise(block) or self.course.rate_was_raised(rows[self._best], rows[block])
                or self._witnesses_hold(block))

    def _is_of_rewards(self, block: int) -> bool:
        """Whether rewards explain the size of a loss: a value network errs by the square of their range, and its errors
        grow with the rewards that the policy finds."""
        row, ranges = self.series.blocks.rows[block], []
        for series in self.course.of(Role.RETURN):
            if (known := series.blocks.upto(row)) >= 1:
                ranges.append(series.blocks.highest_at[known - 1] - series.blocks.lowest_at[known - 1])
        return bool(ranges) and self.series.blocks.levels[block] < _OF_REWARDS * max(ranges) ** 2

    def _witnesses_hold(self, block: int) -> bool:
        """Whether a validation, or an important part of the loss, is as good as when this loss was at its best: then
        the training was made harder, by its data or by terms added to the loss."""
        rows = self.series.blocks.rows
        for series in self.course.of(Role.VAL_LOSS, Role.PART_OF_LOSS, Role.SCORE):
            then, now = series.count_at(rows[self._best]), series.count_at(rows[block])
            role = self.course.role(series.name)
            is_part, is_score = role is Role.PART_OF_LOSS, role is Role.SCORE
            points = _PART_POINTS if is_part else 3
            if then and now >= then + 2 and series is not self.series:
                before = median(series.between(max(then - points, 0), then + 1))
                lately = median(series.between(now - points, now))
                matters = not is_part or before > _MATTERS * self.series.blocks.levels[self._best]
                got_worse = before - lately if is_score else lately - before
                if matters and got_worse <= _AS_GOOD * abs(before) and not (
                        is_score and meaning.split_of(series.name) == "train"):
                    return True
        return False

    def _may_rise(self, block: int) -> bool:
        """Whether the loss says little about progress: a part of a sum, or a loss of reinforcement learning."""
        return (self.course.role(self.series.name) is Role.PART_OF_LOSS
                or self.course.has(Role.RETURN, self.series.blocks.rows[block]))

    @property
    def _first(self) -> float:
        """The loss of the first rows, untrained."""
        known = [level for level in self.series.blocks.levels[:2] if level == level]
        return max(self.series.value(0), min(known, default=math.nan))

    def _is_positive(self, block: int) -> bool:
        return self.series.blocks.lowest_at[block] > 0

    def _has_exploded(self, block: int) -> bool:
        blocks, first = self.series.blocks, self._first
        if not blocks.levels[block] > (_EXPLODED * first if self._is_positive(block) else first):
            return False
        first = max([first, *(level for level in blocks.levels[: self._best + 1] if level == level)])
        levels = blocks.levels[block + 1 - _STAYS : block + 1]
        best = blocks.levels[self._best]
        falls = levels[-1] < 0.5 * max(levels)
        if self._is_positive(block):
            far = min(levels) > _EXPLODED * max(first, best) and self._is_beyond_noise(min(levels), first, block)
        else:
            far = min(levels) > first + 2 * max(first - best, 10 * blocks.noise(self._best), 1e-3 * abs(first))
        return far and not falls

    def _is_beyond_noise(self, level: float, first: float, block: int) -> bool:
        """Whether a level lies further above the first rows than the noise, which grows with the loss, can explain."""
        noise = self.series.blocks.noise(block) / max(self.series.blocks.levels[block], 1e-300)
        return first <= 0 or noise != noise or math.log(level / first) > _BEYOND_NOISE * min(noise, 1.0)

    def _never_got_better(self, block: int) -> bool:
        """Whether all blocks but the first lie far above the first value, and do not fall."""
        if block < 8 or not self._is_positive(block):
            return False
        limit = _NO_BETTER * abs(self.series.value(0))
        if not self.series.blocks.levels[block] > limit:
            return False
        levels = self.series.blocks.levels[1 : block + 1]
        third = len(levels) // 3
        rest = sorted(levels[-third:])[third // 2]
        return (min(levels) > limit and self._is_beyond_noise(min(levels), limit / _NO_BETTER, block)
                and rest > 0.8 * sorted(levels[:third])[third // 2])

    def _has_lost(self, block: int) -> bool:
        """Whether most of the gain is lost for long, and is not being learned again."""
        blocks = self.series.blocks
        best, first = blocks.levels[self._best], self._first
        if not first - best > 6 * blocks.noise(self._best) or (best > 0 and best > _LITTLE_LEARNED * first):
            return False
        limit = _UNTRAINED * first if self._is_positive(block) else best + _UNTRAINED * (first - best)
        limit = max(limit, best + _LOST * (first - best))
        if not blocks.levels[block] >= limit:
            return False
        points = max(_LONG_POINTS, _LONG * blocks.stops[block])
        stretch, stops = block, blocks.stops.as_list
        while stretch > self._best and stops[block] - stops[stretch - 1] < points:
            stretch -= 1
        levels = blocks.levels[stretch : block + 1]
        if stretch <= self._best or min(levels) < limit:
            return False
        third = max(len(levels) // 3, 1)
        before, now = upper_median(levels[:third]), upper_median(levels[-third:])
        return (before - now) / max(before - best, 1e-300) < _FALLS_AGAIN

    def _is_worse_than_at_first(self, block: int) -> bool:
        """Whether a loss that had clearly fallen has been no better than its first rows for long."""
        blocks, first = self.series.blocks, upper_median(self.series.blocks.levels[:3])
        if not blocks.levels[block] >= first - _AS_AT_FIRST * abs(first):
            return False
        points = max(_LONG_POINTS, _LONG * blocks.stops[block])
        start = self._best + 1
        if blocks.stops[block] - blocks.stops[self._best] < 2 * points:
            return False
        near = [level for level in blocks.levels[max(self._best - 3, 0) : self._best + 4] if level == level]
        least = min(blocks.stops[which] - blocks.stops[which - 1] for which in (self._best or 1, block))
        error = 1.25 * max(blocks.noise(self._best), blocks.noise(block)) / math.sqrt(least * len(near))
        best = upper_median(near)
        start = bisect.bisect_left(blocks.stops.as_list, blocks.stops[block] - points, min(start, block), block)
        lately = blocks.levels[start : block + 1]
        return (first - best > max(8 * error, 0.05 * abs(first)) and upper_median(lately) > first
                and min(lately) > best + (first - best) / 2)

    def _has_come_back(self, block: int, missing: float) -> bool:
        """Whether a loss that was critical has recovered, but for a small part of the gain."""
        assert self.finding is not None
        level = self.series.blocks.levels[block]
        falls = level < 0.5 * abs(self.finding.value or 0.0) or not self._is_positive(block)
        return falls and level < self._where_lost(block, missing)

    def _where_lost(self, block: int, part: float) -> float:
        """The loss at which this part of the gain is lost."""
        best, first = self.series.blocks.levels[self._best], self._first
        return best ** (1 - part) * first**part if self._is_positive(block) else best + part * (first - best)

    def _drifts(self, block: int) -> bool:
        """Whether the loss rises slowly: each part of the rise lies above the one before."""
        blocks = self.series.blocks
        if self._is_positive(block) and not blocks.levels[block] > _HALF_A_DRIFT * blocks.levels[self._best]:
            return False
        levels = blocks.levels[self._best : block + 1]
        points = blocks.stops[block] - blocks.stops[self._best]
        if len(levels) < _DRIFT_BLOCKS or points < _DRIFT_LONG * blocks.stops[block]:
            return False
        quarter = len(levels) // 4
        parts = [upper_median(levels[part * quarter : (part + 1) * quarter]) for part in range(3)]
        parts.append(upper_median(levels[3 * quarter :]))
        best, now = upper_median(blocks.levels[max(self._best - 2, 0) : self._best + 3]), parts[3]
        rise = now - best
        noise = 1.25 * max(blocks.noise(block), blocks.noise(self._best)) / math.sqrt(
            max(blocks.stops[block] - blocks.stops[block - 1], 4) * quarter)
        if rise < _OF_LEARNED * (self._first - best):
            return False
        far = now > _DRIFT * best if self._is_positive(block) else rise > _DRIFT_OF_LEARNED * (self._first - best)
        steady = all(b > a for a, b in pairwise(parts)) and parts[2] - best > _NO_LEAP * rise
        if not (far and steady and rise > _DRIFT_NOISE * noise and rise > _AS_BEFORE * self._rise):
            return False
        if not self._is_positive(block):
            return True
        leaps = [abs(math.log(b / a)) for a, b in pairwise(levels) if a > 0 and b > 0]  # noise grows with the loss
        return math.log(now / best) > _DRIFT_SPREAD * upper_median(leaps) / math.sqrt(quarter)

    def _since(self, block: int) -> int:
        """The block in which the rise began: the first one after the best that is half-way up."""
        blocks = self.series.blocks
        best, now = blocks.levels[self._best], blocks.levels[block]
        middle = math.sqrt(best) * math.sqrt(now) if best > 0 and now > 0 else (best + now) / 2
        return next((later for later in range(self._best, block + 1) if blocks.levels[later] > middle), block)

    def _first_value(self) -> str:
        return f"{self.text(self.series.value(0))} at {self.place(0)}"

    def _report(self, block: int, since: int, what: str, severity: Severity, compared_with: str = "") -> None:
        """Report a rise. `compared_with`: the value above which the loss lies, in words; without it the best level."""
        blocks = self.series.blocks
        best, now = blocks.levels[self._best], blocks.levels[block]
        before = compared_with or f"{self.text(best)} around {self.place(self.end_of(self._best))}"
        message = (f"{self.name} {what} since {self.place(self.start_of(since))}: its median was {self.text(now)} "
                   f"around {self.place(self.end_of(block))}, after {before}")
        advice = ("stop, and resume from a checkpoint before it with a lower learning rate" if severity is
                  Severity.CRITICAL else "lower the learning rate before it gets worse; look at the gradient norm")
        self.finding = self.made(severity, self.end_of(block), self.start_of(since), now, message, advice,
                                 {"best": best, "best_at": self.series.place_of(self.end_of(self._best)),
                                  "first": self._first})  # fmt: skip

    def _follow(self, stop: int) -> None:
        """Follow the best level in the blocks before `stop`, and how far it rose before a better one."""
        levels = self.series.blocks.levels.as_list
        best = levels[self._best]
        for block in range(self._followed, stop):
            level = levels[block]
            if level < best or (best != best and level == level):
                if self._is_new_best(block):
                    self._rise = max(self._rise, self._highest - best)
                self._best, self._highest, best = block, level, level
            elif level > self._highest:
                self._highest = level
        self._followed = max(self._followed, stop)

    def _is_new_best(self, block: int) -> bool:
        """Whether the lowest level so far ends the rises before it: a loss far above its first value does not."""
        return not self._is_positive(block) or self.series.blocks.levels[block] < _NO_BETTER * self.series.value(0)

    def _pass(self, severity: Severity, what: str) -> None:
        """Mark the finding as over."""
        assert self.finding is not None
        message = self.finding.message.split("; ")[0]
        self.finding = replace(self.finding, severity=severity, message=f"{message}; {what}", is_over=True,
                               advice="nothing to do now; if it happens again, lower the learning rate")


def _are_mostly_above(limit: float, levels: Levels, starts: NDArray[np.int64], blocks: NDArray[np.int64]
                      ) -> NDArray[np.bool_]:  # fmt: skip
    """Of each of these blocks, whether the upper median of the levels from a start up to it lies above a limit."""
    known = np.concatenate(([0], np.cumsum(~np.isnan(levels))))
    above = np.concatenate(([0], np.cumsum(levels > limit)))
    count = known[blocks + 1] - known[starts]
    return np.asarray(2 * (above[blocks + 1] - above[starts]) >= count)


def _by(keys: NDArray[np.int64], values: NDArray[np.int64]) -> list[tuple[int, NDArray[np.int64]]]:
    """The values by their keys, which increase."""
    borders = np.flatnonzero(np.diff(keys)) + 1
    return [(int(of), part) for of, part in zip(keys[[0, *borders]], np.split(values, borders), strict=True)
            ] if len(keys) else []
