"""A loss or a gradient that leaps up, for a row or a few."""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass, field

import numpy as np

from livemon import wording
from livemon.health.condition import Condition
from livemon.health.course import Course
from livemon.health.finding import Kind, Severity
from livemon.health.roles import Role
from livemon.health.series import Series, median

__all__ = ["Spike"]

_FEWEST_BLOCKS = 4  # until then the noise is unknown
_WINDOW = 64  # points before a possible spike
_HERE = 15  # the newest of them, whose median is the present level
_MEMORY = 40  # blocks whose highest points the run is used to
_AT_A_GLANCE = 64  # blocks
_FAR = 9.0  # times the noise
_FAR_IN_LOGARITHM = 5.0  # times the noise, in logarithms
_UNUSUAL = 2.5  # times the highest usual point, above the present level
_RELATIVE = 1.5  # times the present level
_SHORT = 1e6  # times: larger factors are written with an exponent
_GIVEN_UP = 40  # rows: after so many it is not a spike but another level
_GIVEN_UP_PART, _LONGEST = 0.3, 400  # of the points before, and at most so many rows
_LASTS = 3  # rows after which a lasting rise is reported
_BACK = 5  # points whose median tells whether it has come back
_TAIL = 160  # points before: the farthest of them tell whether another far point is a surprise
_TREND = 15  # points whose median is the trend
_PART_OF_TAIL, _LEAST_OF_TAIL = 8, 6  # the part of the points that counts as the tail, and the fewest points in it
_LIGHT, _PRIOR = 0.25, 4  # the mean logarithmic excess of a usual tail, and how many points this prior counts for
_LOOKED_AT = 300  # among this many points ...
_SURPRISE = 0.1  # ... fewer points than this are expected so far away
_SOON = 8  # rows within which a spike is over; what takes longer may be a harder task that is learned
_SLOWLY_HIGHER = 2.0  # times the loss of the first rows: relearning a task is no worse than this
_STILL = 0.8  # of the loss of the first rows
_OF_TRAINED = 10.0  # times its level, for a network that was trained before ...
_BEYOND_NOISE = 30.0  # ... unless the loss hardly varies: times the noise
_MOST_OF_THE_WAY = 0.25  # of the leap, in logarithms: no more than this remains
_OF_UNTRAINED = 0.75  # of the loss of the first rows: a lower spike does little harm
_NEAR, _OFTEN = 50, 2  # points, spikes: more spikes so close together are normal for the run: batches of two tasks
_AS_HIGH, _AS_LOW = 0.6, 0.1  # of the height of the leap
_OFTEN_HIGHER = 1.5
_VALIDATIONS, _BEYOND_VALIDATIONS = 5, 3.0  # before a leap; times what they differ by from one to the next
_SAME, _EACH_TIME = 0.04, 3  # of the height; so many leaps of the same height are those of the same sample
_FAR_HIGHER = 6.0  # times that loss: a harder task is never so much worse, whether the run comes back or not
_AFTER_RESTART = 16  # points after a restart, which may have another level


@dataclass
class _Excursion:
    """Points that lie far above the run from one of them on.

    Attributes:
        start: The first point.
        level: The level of the run before.
        highest, at: The highest value and its point.
        back: The run has come back if it is below this, judged by the earlier noise.
        noise: The noise of the earlier points.
        newest: The newest values.
        reported_at: The point at which it could be reported; -1: not yet.
        recovered: The point at which the run had come back; -1: not yet.
    """

    start: int
    level: float
    back: float
    noise: float
    highest: float = -math.inf
    at: int = -1
    newest: list[float] = field(default_factory=list)
    reported_at: int = -1
    recovered: int = -1


class Spike(Condition):
    """Leaps of a loss, robust against its noise and its trend, and whether the run has recovered from them."""

    kind = Kind.SPIKE

    def __init__(self, series: Series, course: Course) -> None:
        super().__init__(series, course)
        self._done = 0
        self._open: _Excursion | None = None
        self._heights: list[float] = []  # for each block: the height of its highest point above its level
        self._limits: list[float] = []  # for each block: points after it are examined if above this
        self._spikes: list[_Excursion] = []  # the reported ones
        self._usual_ones: list[int] = []  # points as far away that are no surprise

    def read(self) -> None:
        """Judge the new points."""
        if len(self.series.blocks) < _FEWEST_BLOCKS:
            return
        self.why_not = ""
        before = self._done
        while self._done < self.series.count:
            if self._open is not None:
                self._follow(self._open)
            else:
                self._search()
        if self._spikes and self._done > before:
            self._say()

    def _search(self) -> None:
        """Go on to the next possible beginning of a spike."""
        blocks, count = self.series.blocks, self.series.count
        self._take_in_blocks()
        while self._done < count:
            last_before = bisect.bisect_right(blocks.stops, self._done) - 1
            block = self._followed_by_high(max(last_before, _FEWEST_BLOCKS - 1))
            start = max(self._done, blocks.stops[block])
            stop = blocks.stops[block + 1] if block + 1 < len(blocks) else count
            values = self.series.between(start, stop)
            for index in np.flatnonzero(values > self._limits[block]).tolist():
                spike = self._goes_on(start + index, float(values[index])) or self._begins(start + index, block)
                if spike is not None:
                    self._open, self._done = spike, start + index
                    return
            self._done = stop

    def _followed_by_high(self, block: int) -> int:
        """The first block, from `block` on, after which a point may lie far above: in the next block, or, after the
        last block, among the newest points."""
        for start in range(block, len(self._limits) - 1, _AT_A_GLANCE):
            highs = np.array(self.series.blocks.highs[start + 1 : start + 1 + _AT_A_GLANCE])
            may_be_high = np.flatnonzero(~(highs <= self._limits[start : start + len(highs)]))
            if len(may_be_high):
                return start + int(may_be_high[0])
        return len(self._limits) - 1

    def _take_in_blocks(self) -> None:
        """Compute the limits after all blocks that have ended."""
        blocks, known = self.series.blocks, len(self._heights)
        if known < len(blocks):
            heights = np.array(blocks.highs[known:]) - np.array(blocks.levels[known:])
            self._heights += np.where(np.isnan(heights), 0.0, heights).tolist()
            for spike in self._spikes:
                self._leave_out(spike)
            self._heights[0] = 0.0
        start = len(self._limits)
        if start == len(blocks):
            return
        levels, noises = np.array(blocks.levels[start:]), np.array(blocks.noise_at_each()[start:])
        before = max(start + 1 - _MEMORY, 0)
        heights = np.array([0.0] * (_MEMORY - 1 - start + before) + self._heights[before:])
        usual = np.lib.stride_tricks.sliding_window_view(heights, _MEMORY).max(axis=1)
        with np.errstate(over="ignore", invalid="ignore"):
            limits = levels + np.maximum(_FAR * noises, _UNUSUAL * usual)
            limits = np.where(levels > 0, np.maximum(limits, _RELATIVE * levels), limits)
        self._limits += np.where(np.isnan(levels) | np.isnan(noises), math.inf, limits).tolist()

    def _leave_out(self, spike: _Excursion) -> None:
        """Ignore the height of a spike in the usual heights of the run."""
        block = bisect.bisect_right(self.series.blocks.stops, spike.at)
        if block < len(self._heights) and self._heights[block]:
            self._heights[block] = 0.0
            del self._limits[block:]

    def _usual(self, block: int) -> float:
        """The usual height of recent highest points above the run's level, spikes ignored."""
        return max(self._heights[max(block + 1 - _MEMORY, 0) : block + 1])

    def _goes_on(self, point: int, value: float) -> _Excursion | None:
        """The last excursion, if it had come back for a few rows only."""
        last = self._spikes[-1] if self._spikes else None
        if last is None or not 0 <= last.recovered >= point - _BACK:
            return None
        if not value > last.level + _AS_HIGH * (last.highest - last.level):
            return None
        last.recovered = -1
        return last

    def _begins(self, point: int, block: int) -> _Excursion | None:
        """An excursion that begins at this point, if it lies far above those before."""
        start = max(point - _WINDOW, 0)
        if self.series.is_new_table(start, point + 1) or self._restarted(point):
            return None
        window = self.series.between(start, point + 1)
        value, window = float(window[-1]), window[:-1][np.isfinite(window[:-1])]
        if len(window) < 8 or not math.isfinite(value):
            return None
        level = median(window[-_HERE:])
        noise = median(np.abs(np.diff(window))) * (1.4826 / math.sqrt(2))
        lately = float(np.max(window)) - max(level, median(window))
        usual = max(lately, self._usual(block))
        if level > 0 and (window > 0).all():  # noise grows with the loss
            spread = median(np.abs(np.diff(np.log(window)))) * (1.4826 / math.sqrt(2))
            first = max(self.series.blocks.levels[:2])
            is_worst = level < first / 2 and value > _OFTEN_HIGHER * first  # worse than untrained
            if math.log(value / level) < _FAR_IN_LOGARITHM * spread and not is_worst:
                return None
        far = value - level > max(_FAR * noise, _UNUSUAL * usual) and (level <= 0 or value > _RELATIVE * level)
        if far and not self._surprises(point, value - level):
            self._usual_ones.append(point)
            return None
        if not far:
            return None
        if self.course.rate_was_raised(self.series.row_of(max(point - 20, 0)), self.series.row_of(point)):
            return None
        return _Excursion(point, level, level + max(lately, _FAR * noise / 2), noise)

    def _surprises(self, point: int, height: float) -> bool:
        """Whether a point so far above the trend is a surprise, judged by how fast the tail of the earlier points thins
        out: with a heavy tail there is always a larger outlier."""
        values = self.series.between(max(point - _TAIL, 0), point)
        values = values[np.isfinite(values)]
        if len(values) < 2 * _TREND:
            return True
        trend = np.median(np.lib.stride_tricks.sliding_window_view(values, _TREND), axis=1)
        heights = np.sort(values[_TREND // 2 : _TREND // 2 + len(trend)] - trend)
        tail = max(len(heights) // _PART_OF_TAIL, _LEAST_OF_TAIL)
        least = heights[-tail - 1]
        if not least > 0:
            return True
        excess = (np.log(heights[-tail:] / least).sum() + _PRIOR * _LIGHT) / (tail + _PRIOR)  # Hill, with a prior
        expected = _LOOKED_AT * tail / len(heights) * (height / least) ** (-1 / excess)
        return bool(expected < _SURPRISE)

    def _restarted(self, point: int) -> bool:
        """Whether the run was restarted just before: its steps went back."""
        here = self.series.place_of(point)
        before = self.series.place_of(max(point - _AFTER_RESTART, 0))
        return here is not None and before is not None and here < before

    def _follow(self, it: _Excursion) -> None:
        """Follow an excursion until it ends: the run comes back to its level, or stays at another one."""
        for point in range(self._done, self.series.count):
            value = self.series.value(point)
            self._done = point + 1
            if not math.isfinite(value):
                continue
            if value > it.highest:
                it.highest, it.at = value, point
            it.newest = [*it.newest[1 - _BACK :], value]
            age = point + 1 - it.start
            back = it.back
            if it.level > 0:  # most of the way, in logarithms
                back = min(back, max(it.level * (it.highest / it.level) ** _MOST_OF_THE_WAY, it.level + 3 * it.noise))
            is_back = value <= it.back if age <= _LASTS else _median(it.newest) <= back
            if it.reported_at < 0 and (is_back or age >= _LASTS):
                it.reported_at = point
                self._spikes.append(it)
            if is_back:
                it.recovered = point
            if is_back or age > max(_GIVEN_UP, min(_GIVEN_UP_PART * it.start, _LONGEST)):
                self._open = None
                self._leave_out(it)
                return

    def _needed(self, it: _Excursion) -> float:
        """How many times as high as the run's beginning a spike must be to count."""
        took = it.recovered - it.start
        is_fault = took > _SOON and self._validation_got_worse(it)
        if it.recovered < 0 or (took > _GIVEN_UP and not is_fault):
            return _FAR_HIGHER
        starts = [*(spike.start for spike in self._spikes), *self._usual_ones]
        near = sum(abs(start - it.start) <= _NEAR for start in starts) + self._times_as_high_again(it)
        if took > _SOON and not (is_fault or self._is_as_before(it)):
            return _SLOWLY_HIGHER
        return _OF_UNTRAINED if near <= _OFTEN else _OFTEN_HIGHER

    def _times_as_high_again(self, it: _Excursion) -> int:
        """The number of leaps of about the same height after this one: batches of two tasks cause them."""
        values = self.series.between(it.recovered + 1, min(it.recovered + 1 + _NEAR, self.series.count))
        leap, times, is_low = it.highest - it.level, 0, True
        for value in values.tolist():
            if is_low and value > it.level + _AS_HIGH * leap:
                times, is_low = times + 1, False
            elif value < it.level + _AS_LOW * leap:
                is_low = True
        return times

    def _validation_got_worse(self, it: _Excursion) -> bool:
        """Whether a validation during a leap was far worse than before: a harder task does not make it so."""
        start, stop = self.series.row_of(it.start), self.series.row_of(it.recovered)
        for series in self.course.of(Role.VAL_LOSS):
            then, now = series.count_at(start - 1), series.count_at(stop)
            before = series.between(max(then - _VALIDATIONS, 0), then)
            if len(before) >= 2 and (level := median(before)) > 0:
                limit = _RELATIVE * level + _BEYOND_VALIDATIONS * median(np.abs(np.diff(before)))
                if (series.between(then, now) > limit).any():
                    return True
        return False

    def _recurs(self, it: _Excursion) -> bool:
        """Whether a single row leapt as high as others did: an outlier among the samples, which comes in each epoch."""
        blocks, own = self.series.blocks, it.highest - it.level
        heights = np.array(blocks.highs) - blocks.levels_before(len(blocks))
        return it.recovered - it.start == 1 and int((abs(heights - own) < _SAME * own).sum()) >= _EACH_TIME

    def _is_as_before(self, it: _Excursion) -> bool:
        """Whether the run is back at its level some rows after a leap: the same task, not a harder one."""
        start, stop = it.start + _GIVEN_UP // 2, it.start + _GIVEN_UP
        if stop > self.series.count:
            return False
        values = self.series.between(start, stop)
        return median(values[np.isfinite(values)]) < _RELATIVE * it.level + 3 * it.noise

    def _is_high(self, it: _Excursion, times: float) -> bool:
        """Whether a spike reaches so many times the level at which the run began."""
        blocks = self.series.blocks
        first = max(blocks.levels[0], blocks.levels[1])
        if blocks.lows[0] > 0 and it.level > 0:
            is_trained = it.level > _STILL * first  # not fallen: its first rows are not those of a new network
            leaps_far = it.highest > _OF_TRAINED * it.level or it.highest - it.level > _BEYOND_NOISE * it.noise
            return it.highest > times * first and (not is_trained or leaps_far)
        return it.highest > it.level + times * (first - it.level)

    def _say(self) -> None:
        """Report the spikes so far. One that has not come back may be a harder task, which is no fault; after
        `_GIVEN_UP` rows it is another level, and divergence judges it."""
        real = [spike for spike in self._spikes
                if self._is_high(spike, self._needed(spike)) and not self._recurs(spike)]
        spikes = real or self._spikes
        severity = Severity.WARNING if real else Severity.INFO
        first, worst, last = spikes[0], max(spikes, key=lambda spike: spike.highest), spikes[-1]
        name, many = self.name, len(spikes)
        times = f", {_times(worst.highest / worst.level)} times the median before it" if worst.level > 0 else ""
        to = f"to {self.text(worst.highest)} at {self.place(worst.at)}{times}"
        what = f"{name} jumped {to}"
        if many > 1:
            what = f"{name} has jumped {wording.count(many)} times since {self.place(first.start)}, up {to}"
        after = "and came back" if last.recovered >= 0 else "and has not come back so far"
        if not real and last.recovered < 0 and self._open is not last:
            after = "and went on at another level"
        advice = "look at the batch of that step; if it happens again, clip gradients or lower the learning rate"
        self.finding = self.made(
            severity, first.reported_at, first.start, worst.highest, f"{what}, {after}", advice,
            {"spikes": many, "level": worst.level, "highest": worst.highest,
             "highest_at": self.series.place_of(worst.at), "last": self.series.place_of(last.at)},
            is_over=last.recovered >= 0)


def _times(factor: float) -> str:
    return f"{factor:,.0f}" if factor < _SHORT else wording.number(factor)


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
