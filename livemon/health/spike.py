"""A loss or a gradient that leaps up, for a row or a few."""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from livemon import wording
from livemon.health.condition import Condition
from livemon.health.course import Course
from livemon.health.finding import Kind, Severity
from livemon.health.leap import LastingLeaps, surprises
from livemon.health.medians import median, medians_of_rows, windows
from livemon.health.roles import Role
from livemon.health.series import Series
from livemon.health.watch import NONE, Harmless

__all__ = ["Spike"]

_FEWEST_BLOCKS = 4  # until then the noise is unknown
_WINDOW = 64  # points before a possible spike
_HERE = 15  # the newest of them, whose median is the present level
_MEMORY = 40  # blocks whose highest points the run is used to
_AT_A_GLANCE = 64  # blocks
_FAR = 9.0  # times the noise
_FAR_IN_LOGARITHM = 4.0  # times the noise, in logarithms
_UNUSUAL = 2.5  # times the highest usual point, above the present level
_RELATIVE = 1.2  # times the present level
_WORSE = 1.5  # times the level of a validation, or of a task
_SHORT = 1e6  # times: larger factors are written with an exponent
_GIVEN_UP = 40  # rows: after so many it is not a spike but another level
_GIVEN_UP_PART, _LONGEST = 0.3, 400  # of the points before, and at most so many rows
_LASTS = 3  # rows after which a lasting rise is reported
_BACK = 5  # points whose median tells whether it has come back
_TAIL = 160  # points before: the farthest of them tell whether another far point is a surprise
_SOON = 8  # rows within which a spike is over; what takes longer may be a harder task that is learned
_STILL = 0.8  # of the loss of the first rows
_OF_TRAINED = 10.0  # times its level, for a network that was trained before ...
_BEYOND_NOISE = 30.0  # ... unless the loss hardly varies: times the noise
_MOST_OF_THE_WAY = 0.25  # of the leap, in logarithms: no more than this remains
_OF_UNTRAINED = 0.75  # of the loss of the first rows: a lower spike does little harm ...
_OF_LEVEL = 5.0  # ... unless it is so many times the level, and some rows later ...
_AS_LOW_AGAIN = 0.4  # ... no more than this part of the leap remains, in logarithms
_QUICKLY, _MEDIAN_OF = 0.75, 8  # of the rows of the first descent: another task takes as long again; points
_OF_DESCENT = 0.5  # of the loss of the first rows: the way back from a lower leap is too short to compare
_NEAR, _OFTEN = 50, 2  # points, spikes: more spikes so close together are normal for the run: batches of two tasks
_HELPED = 0.65  # of the level that the trend promised
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
        last_high: The newest point above the run's level.
        newest: The newest values.
        reported_at: The point at which it could be reported; -1: not yet.
        recovered: The point at which the run had come back; -1: not yet.
        lasts: Whether several points show it together.
        is_back_quickly: Whether the run was soon back at its level; None: not known yet.
        known_at: The number of points at which that is known.
    """

    start: int
    level: float
    back: float
    noise: float
    highest: float = -math.inf
    at: int = -1
    last_high: int = -1
    newest: list[float] = field(default_factory=list)
    reported_at: int = -1
    recovered: int = -1
    lasts: bool = False
    is_back_quickly: bool | None = None
    known_at: int = 0


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
        self._leaps = LastingLeaps(series)
        self._lasting: list[tuple[int, int]] = []  # the last points of such leaps, not yet reached, and their widths

    def read(self) -> None:
        """Judge the new points."""
        if len(self.series.blocks) < _FEWEST_BLOCKS:
            return
        self.why_not = ""
        before = self._done
        self._lasting += self._leaps.new()
        while self._done < self.series.count:
            if self._open is not None:
                self._follow(self._open)
                continue
            while self._lasting and self._lasting[0][0] < self._done:
                self._goes_with_last(*self._lasting.pop(0))
            self._search(self._lasting[0][0] + 1 if self._lasting else self.series.count)
        if self._spikes and self._done > before:
            self._report()

    @property
    def harmless(self) -> Harmless:
        """Points that are not high, up to the end of the next block; none while what comes after a leap matters."""
        blocks = self.series.blocks
        if len(blocks) < _FEWEST_BLOCKS:
            return Harmless(until=blocks.next_stop)
        if self._open is not None or self._lasting or len(self._limits) < len(blocks):
            return NONE
        if self._spikes and self._done <= max(self._spikes[-1].start + _GIVEN_UP, self._spikes[-1].recovered + _NEAR):
            return NONE
        if any(spike.is_back_quickly is None and self._done < spike.known_at for spike in self._spikes):
            return NONE
        return Harmless(high=min(self._limits[-1], self._leaps.limit), until=blocks.next_stop)

    def _search(self, count: int) -> None:
        """Go on to the next possible beginning of a spike, or so far. The point before may end a lasting leap."""
        blocks = self.series.blocks
        self._take_in_blocks()
        while self._done < count:
            last_before = bisect.bisect_right(blocks.stops, self._done) - 1
            block = self._followed_by_high(max(last_before, _FEWEST_BLOCKS - 1))
            start = min(max(self._done, blocks.stops[block]), count)
            stop = min(blocks.stops[block + 1], count) if block + 1 < len(blocks) else count
            values = self.series.between(start, stop)
            for index in np.flatnonzero(values > self._limits[block]).tolist():
                spike = self._goes_on(start + index, float(values[index])) or self._begins(start + index, block)
                if spike is not None:
                    self._open, self._done = spike, start + index
                    return
            self._done = stop
        if self._lasting and self._done == self._lasting[0][0] + 1:
            self._open = self._lasts(*self._lasting.pop(0))

    def _followed_by_high(self, block: int) -> int:
        """The first block, from `block` on, after which a point may lie far above: in the next block, or, after the
        last block, among the newest points."""
        for start in range(block, len(self._limits) - 1, _AT_A_GLANCE):
            highs = self.series.blocks.highs.array[start + 1 : start + 1 + _AT_A_GLANCE]
            may_be_high = np.flatnonzero(~(highs <= self._limits[start : start + len(highs)]))
            if len(may_be_high):
                return start + int(may_be_high[0])
        return len(self._limits) - 1

    def _take_in_blocks(self) -> None:
        """Compute the limits after all blocks that have ended."""
        blocks, known = self.series.blocks, len(self._heights)
        if known < len(blocks):
            heights = blocks.highs.array[known:] - blocks.levels.array[known:]
            self._heights += np.where(np.isnan(heights), 0.0, heights).tolist()
            for spike in self._spikes:
                self._leave_out(spike)
            self._heights[0] = 0.0
        start = len(self._limits)
        if start == len(blocks):
            return
        levels, noises = blocks.levels.array[start:], blocks.noise_at_each().array[start:]
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
        lately = _highest_above_trend(window)
        usual = max(lately, self._usual(block))
        if level > 0 and (window > 0).all():  # noise grows with the loss
            spread = median(np.abs(np.diff(np.log(window)))) * (1.4826 / math.sqrt(2))
            first = max(self.series.blocks.levels[:2])
            is_worst = level < first / 2 and value > _OFTEN_HIGHER * first  # worse than untrained
            if math.log(value / level) < _FAR_IN_LOGARITHM * spread and not is_worst:
                return None
        far = value - level > max(_FAR * noise, _UNUSUAL * usual) and (level <= 0 or value > _RELATIVE * level)
        if far and not surprises(self.series.between(max(point - _TAIL, 0), point), value - level):
            self._usual_ones.append(point)
            return None
        if not far:
            return None
        if self.course.rate_was_raised(self.series.row_of(max(point - 20, 0)), self.series.row_of(point)):
            return None
        return _Excursion(point, level, level + max(lately, _FAR * noise / 2), noise)

    def _lasts(self, end: int, width: int) -> _Excursion | None:
        """A new excursion that several points up to this one show together; None if they go with the last one."""
        start = end + 1 - width
        first = max(start - _WINDOW, 0)
        if (self._goes_with_last(end, width) or self.series.is_new_table(first, end + 1) or self._restarted(end)
                or self.course.rate_was_raised(self.series.row_of(max(start - 20, 0)), self.series.row_of(end))):
            return None
        window, values = self.series.between(first, start), self.series.between(start, end + 1)
        level, noise = median(window), median(np.abs(np.diff(window))) * (1.4826 / math.sqrt(2))
        excursion = _Excursion(start, level, level + _FAR * noise / 2, noise, float(values.max()),
                               start + int(values.argmax()), end, values[-_BACK:].tolist(), end, lasts=True)
        self._spikes.append(excursion)
        self._usual_ones = [point for point in self._usual_ones if point < start]
        return excursion

    def _goes_with_last(self, end: int, width: int) -> bool:
        """Whether the points up to this one, which are high together, are part of the last excursion."""
        if not self._spikes or end + 1 - width > self._spikes[-1].start + _GIVEN_UP:
            return False
        self._spikes[-1].lasts = True
        return True

    def _restarted(self, point: int) -> bool:
        """Whether the run was restarted just before: its steps went back."""
        here = self.series.place_of(point)
        before = self.series.place_of(max(point - _AFTER_RESTART, 0))
        return here is not None and before is not None and here < before

    def _follow(self, peak: _Excursion) -> None:
        """Follow an excursion until it ends: the run comes back to its level, or stays at another one."""
        for point in range(self._done, self.series.count):
            value = self.series.value(point)
            self._done = point + 1
            if not math.isfinite(value):
                continue
            if value > peak.highest:
                peak.highest, peak.at = value, point
            peak.newest = [*peak.newest[1 - _BACK :], value]
            age = point + 1 - peak.start
            back = peak.back
            if peak.level > 0:  # most of the way, in logarithms
                most_of_the_way = peak.level * (peak.highest / peak.level) ** _MOST_OF_THE_WAY
                back = min(back, max(most_of_the_way, peak.level + 3 * peak.noise))
            if value > (limit := peak.back if age <= _LASTS else back):
                peak.last_high = point
            is_back = (value if age <= _LASTS else _median(peak.newest)) <= limit
            if peak.reported_at < 0 and (is_back or age >= _LASTS):
                peak.reported_at = point
                self._spikes.append(peak)
            if is_back:
                peak.recovered = point
            if is_back or age > max(_GIVEN_UP, min(_GIVEN_UP_PART * peak.start, _LONGEST)):
                self._open = None
                self._leave_out(peak)
                return

    def _needed(self, peak: _Excursion) -> float:
        """How many times as high as the run's beginning a spike must be to count."""
        took = peak.recovered - peak.start
        got_worse = self._validation_got_worse(peak)
        is_soon = (took <= _SOON or got_worse or (took <= _GIVEN_UP and self._is_as_before(peak))
                   or (got_worse is None and self._is_back_quickly(peak)))
        if peak.recovered < 0 or not is_soon or self._helped(peak):
            return _FAR_HIGHER
        starts = [*(spike.start for spike in self._spikes), *self._usual_ones]
        near = sum(abs(start - peak.start) <= _NEAR for start in starts) + self._times_as_high_again(peak)
        return _OF_UNTRAINED if near <= _OFTEN else _OFTEN_HIGHER

    def _stands_out(self, peak: _Excursion) -> bool:
        """Whether a leap that stays below the first loss is a spike all the same: it is many times the level, and the
        run is back there after some rows. A single row may be that of a rare sample, and leaves no trace. Losses of
        reinforcement learning leap as rewards are found."""
        if peak.highest < _OF_LEVEL * peak.level or self.course.has(Role.RETURN, self.series.row_of(peak.start)):
            return False
        if (took := peak.recovered - peak.start) == 1 and not self._validation_got_worse(peak):
            return False
        as_low = peak.level * (peak.highest / peak.level) ** _AS_LOW_AGAIN
        return took <= _SOON or self._level_after(peak) < as_low or self._is_back_quickly(peak)

    def _times_as_high_again(self, peak: _Excursion) -> int:
        """The number of leaps of about the same height after this one: batches of two tasks cause them."""
        values = self.series.between(peak.recovered + 1, min(peak.recovered + 1 + _NEAR, self.series.count))
        leap, times, is_low = peak.highest - peak.level, 0, True
        for value in values.tolist():
            if is_low and value > peak.level + _AS_HIGH * leap:
                times, is_low = times + 1, False
            elif value < peak.level + _AS_LOW * leap:
                is_low = True
        return times

    def _validation_got_worse(self, peak: _Excursion) -> bool | None:
        """Whether a validation during a leap was far worse than before: a harder task does not make it so. None
        without a validation."""
        start, stop, is_known = self.series.row_of(peak.start), self.series.row_of(peak.recovered), False
        for series in self.course.of(Role.VAL_LOSS):
            then, now = series.count_at(start - 1), series.count_at(stop)
            before = series.between(max(then - _VALIDATIONS, 0), then)
            if len(before) >= 2 and (level := median(before)) > 0:
                limit = _WORSE * level + _BEYOND_VALIDATIONS * median(np.abs(np.diff(before)))
                if now > then:
                    is_known = True
                if (series.between(then, now) > limit).any():
                    return True
        return False if is_known else None

    def _recurs(self, peak: _Excursion) -> bool:
        """Whether a single row leapt no higher than others did that were all as high: outliers among the samples, each
        of which comes in each epoch."""
        if peak.recovered - peak.start != 1:
            return False
        levels, highs = self.series.blocks.levels.array, self.series.blocks.highs.array
        are_as_high = (highs > _OF_LEVEL * levels) & (highs - levels > (1 - _SAME) * (peak.highest - peak.level))
        heights = np.sort((highs - levels)[are_as_high])
        return bool((heights[_EACH_TIME - 1 :] < (1 + 2 * _SAME) * heights[: 1 - _EACH_TIME]).any())

    def _is_as_before(self, peak: _Excursion) -> bool:
        """Whether the run is back at its level some rows after a leap: the same task, not a harder one."""
        return self._level_after(peak) < _WORSE * peak.level + 3 * peak.noise

    def _is_back_quickly(self, peak: _Excursion) -> bool:
        """Whether the run came half of the way back in far fewer rows than the first descent had taken: a network that
        a leap has moved finds its way back, another or a harder task is learned as slowly as the first one."""
        if peak.is_back_quickly is None and self.series.count >= peak.start + _MEDIAN_OF and peak.level > 0:
            blocks, before = self.series.blocks, self.series.between(max(peak.start - _WINDOW, 0), peak.start)
            first = max(blocks.levels[:2])
            highest = min(first, np.fmax.reduce(self.series.between(peak.start, peak.start + _MEDIAN_OF)))
            half_way = math.sqrt(median(before[np.isfinite(before)]) * highest)
            known = bisect.bisect_right(blocks.stops, peak.start)
            reached = np.flatnonzero(blocks.levels.array[:known] <= half_way)
            at_first = blocks.stops[int(reached[0])] if len(reached) else peak.start
            peak.known_at = peak.start + int(_QUICKLY * at_first)
            known = max(min(peak.known_at, self.series.count), peak.start + _MEDIAN_OF)
            values = self.series.between(peak.start, known)
            is_back = highest > _OF_DESCENT * first and bool(
                (medians_of_rows(windows(values, _MEDIAN_OF).T) <= half_way).any())
            if is_back or peak.known_at <= self.series.count:
                peak.is_back_quickly = is_back
        return bool(peak.is_back_quickly)

    def _level_after(self, peak: _Excursion) -> float:
        """The level of the run some rows after a leap; infinite before they have come."""
        start, stop = peak.start + _GIVEN_UP // 2, peak.start + _GIVEN_UP
        if stop > self.series.count:
            return math.inf
        values = self.series.between(start, stop)
        return median(values[np.isfinite(values)])

    def _helped(self, peak: _Excursion) -> bool:
        """Whether the run is soon far better than its trend before a leap: its data or its task became easier."""
        before, lately = (median(self.series.between(max(stop - _GIVEN_UP, 0), max(stop, 0)))
                          for stop in (peak.start - _GIVEN_UP, peak.start))
        worst = min(before, lately)
        return worst > 0 and self._level_after(peak) * before < _HELPED * lately * worst

    def _is_high(self, peak: _Excursion, times: float) -> bool:
        """Whether a spike reaches so many times the level at which the run began."""
        blocks = self.series.blocks
        first = max(self.series.value(0), *blocks.levels[:2])  # a fast fall begins above the first blocks
        if blocks.lows[0] > 0 and peak.level > 0:
            is_trained = peak.level > _STILL * first  # not fallen: its first rows are not those of a new network
            leap = peak.highest - peak.level
            leaps_far = peak.highest > _OF_TRAINED * peak.level or leap > _BEYOND_NOISE * peak.noise
            is_high = peak.highest > times * first or (times == _OF_UNTRAINED and self._stands_out(peak))
            return is_high and (not is_trained or leaps_far or peak.lasts)
        return peak.highest > peak.level + times * (first - peak.level)

    def _after_how_long(self, peak: _Excursion) -> str:
        """For how many rows a spike lasted, and where it ended, in words."""
        stop = min(peak.last_high + 1, peak.recovered)  # the run is back when most of its newest values are
        rows = self.series.row_of(stop) - self.series.row_of(peak.start)
        return f"after {wording.count(rows)} row{'s' if rows != 1 else ''}, at {self.place(stop)}"

    def _report(self) -> None:
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
        what = f"{name} jumped {to if worst.at == worst.start else f'at {self.place(worst.start)}, up {to}'}"
        if many > 1:
            what = f"{name} has jumped {wording.count(many)} times since {self.place(first.start)}, up {to}"
        after = "and has not come back so far"
        if last.recovered >= 0:
            after = f"and came back{', the last time' if many > 1 else ''} {self._after_how_long(last)}"
        if not real and last.recovered < 0 and self._open is not last:
            after = "and went on at another level"
        advice = "look at the batch of that step; if it happens again, clip gradients or lower the learning rate"
        self.finding = self.made(
            severity, first.reported_at, first.start, worst.highest, f"{what}, {after}", advice,
            {"spikes": many, "level": worst.level, "highest": worst.highest,
             "highest_at": self.series.place_of(worst.at), "last": self.series.place_of(last.at)},
            is_over=last.recovered >= 0)


def _highest_above_trend(window: NDArray[np.float64]) -> float:
    """How far the highest value lies above the median of those around it, which follows a loss that falls fast."""
    parts = [window[max(stop - _HERE, 0) : stop] for stop in range(len(window), 0, -_HERE)]
    return max(float(part.max()) - median(part) for part in parts)


def _times(factor: float) -> str:
    return f"{factor:,.0f}" if factor < _SHORT else wording.number(factor)


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
