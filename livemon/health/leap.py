"""Whether high values of a loss are a surprise, judged by the values before them alone."""

from __future__ import annotations

import bisect
import math

import numpy as np
from numpy.typing import NDArray

from livemon.health.blocks import Blocks, Numbers
from livemon.health.medians import Array, median, medians_of_rows, windows
from livemon.health.series import Series

__all__ = ["LASTING", "PAST", "LastingLeaps", "is_lasting_leap", "surprises"]

_TREND = 15  # points whose median is the trend
_PART_OF_TAIL, _LEAST_OF_TAIL = 8, 6  # the part of the points that counts as the tail, and the fewest points in it
_LIGHT, _PRIOR = 0.25, 4  # the mean logarithmic excess of a usual tail, and how many points this prior counts for
_LOOKED_AT = 300  # among this many points ...
_SURPRISE = 0.1  # ... fewer points than this are expected so far away

LASTING = (3, 8)  # points: so many together show a leap that none of them shows alone
_HIGH, _TWICE = 2.0, 2.0  # times the noise above the level, or times the level: if ...
_NOT_HIGH = 0.25  # ... no more than this part of the last points are lower, they are judged
_BLOCKS, _APART = 8, 2  # blocks whose median is that level, and blocks between them and the points
_FIRST = _BLOCKS + _APART - 1  # the first block after which points are judged
_LEVEL = 64  # points before, whose median is the level
PAST = 224  # points before, of which a part is the level of the others
_FEWEST = 96  # of them
_FAR_TOGETHER = {3: 7.0, 8: 5.0}  # times the spread of earlier means
_HIGHER_TOGETHER = {3: 2.5, 8: 2.0}  # times the highest earlier mean
_TIMES_TOGETHER = 3.0  # times the level
_MANY, _AT_ONCE = 16, 4096  # points: from so many on it pays to judge them together; those that are compared at once


def surprises(before: Array, height: float) -> bool:
    """Whether a point so far above the trend is a surprise, judged by how fast the tail of the points before it thins
    out: with a heavy tail there is always a larger outlier."""
    values = before[np.isfinite(before)]
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


def is_lasting_leap(values: Array, first: float, width: int) -> bool:
    """Whether the last `width` of these points lie together further above the level before them than the means of as
    many earlier points ever did, and are many times the level or worse than the first loss. Judged in logarithms, as
    noise grows with a loss.

    Args:
        values: At most `PAST` points, and the last ones.
        first: The loss of the first rows.
    """
    start = len(values) - width
    if start < _FEWEST or not (np.isfinite(values).all() and values.min() > 0):
        return False
    logarithms = np.log(values)
    height = float(logarithms[start:].mean()) - median(logarithms[start - _LEVEL : start])
    if height < math.log(_TIMES_TOGETHER) and values[start:].max() < first:
        return False
    view = np.lib.stride_tricks.sliding_window_view
    ends = slice(0, start - _LEVEL - width + 1, width // 2)
    levels = np.median(view(logarithms, _LEVEL)[ends], axis=1)
    heights = view(logarithms[_LEVEL:], width).mean(axis=1)[ends] - levels
    spread = 1.4826 * median(np.abs(heights - median(heights)))
    return height > max(_FAR_TOGETHER[width] * spread, _HIGHER_TOGETHER[width] * float(heights.max()))


def _are_high(values: Array, starts: NDArray[np.int64], width: int, first: float) -> NDArray[np.bool_]:
    """Whether the points from each start can be judged, and are high enough for `is_lasting_leap`: what it asks first,
    for many at once.

    Args:
        values: Points; at each start are `width` of them, and before it at most `PAST` that count.
        first: The loss of the first rows.
    """
    usable = np.isfinite(values) & (values > 0)
    unusable = np.concatenate(([0], np.cumsum(~usable)))
    are_high = (starts >= _FEWEST) & (unusable[starts + width] == unusable[np.maximum(starts - PAST, 0)])
    logarithms = np.log(values, out=np.zeros_like(values), where=usable)
    view = np.lib.stride_tricks.sliding_window_view
    (candidates,) = np.nonzero(are_high)
    for some in np.split(candidates, range(_AT_ONCE, len(candidates), _AT_ONCE)):
        levels = medians_of_rows(view(logarithms, _LEVEL)[starts[some] - _LEVEL])
        rise = view(logarithms, width)[starts[some]].mean(axis=1) - levels
        are_high[some] = (rise >= math.log(_TIMES_TOGETHER)) | (view(values, width)[starts[some]].max(axis=1) >= first)
    return np.asarray(are_high)


class LastingLeaps:
    """Looks for leaps of a loss that several points show together."""

    def __init__(self, series: Series) -> None:
        self._series = series
        self._looked = 0  # points among which they were looked for
        self._limits: Numbers[float] = Numbers()  # of the points after each block from `_FIRST` on

    @property
    def limit(self) -> float:
        """A point up to this is not the last one of a leap; infinite if no point can be."""
        return self._limits[-1] if self._limits and self._limits[-1] == self._limits[-1] else math.inf

    def new(self) -> list[tuple[int, int]]:
        """The last points of those among the new points, in order, and how many points show each."""
        blocks, start, count = self._series.blocks, self._looked, self._series.count
        self._looked = count
        if len(blocks) <= _FIRST:
            return []
        self._take_in_blocks(blocks)
        stops, limits = blocks.stops.as_list, self._limits.array
        since = max(bisect.bisect_right(stops, start) - 1, _FIRST)
        if not (self._series.between(max(start, stops[since]), count) > np.fmin.reduce(limits[since - _FIRST :])).any():
            return []  # the last point of a leap is high itself
        before = 2 * max(LASTING)
        first = max(bisect.bisect_right(stops, start - before) - 1, _FIRST)
        begin = max(start - before, stops[first])
        points = np.diff([begin, *stops[first + 1 :], count])
        high = np.flatnonzero(self._series.between(begin, count) > np.repeat(limits[first - _FIRST :], points)) + begin
        return sorted((point, width) for width in LASTING for point in self._worth_judging(high, width)
                      if point >= start and self._is_leap(point, width))

    def _worth_judging(self, high: NDArray[np.int64], width: int) -> list[int]:
        """Where so many points may show a leap: of thousands in a noisy loss, most are told at once."""
        ends = _begins(high, width)
        if len(ends) < _MANY:
            return ends
        begin = max(ends[0] + 1 - width - PAST, 0)
        starts = np.array(ends) + 1 - width - begin
        are_high = _are_high(self._series.between(begin, ends[-1] + 1), starts, width, self._first)
        return [int(end) for end in starts[are_high] + begin + width - 1]

    @property
    def _first(self) -> float:
        return max(self._series.blocks.levels[:2])

    def _take_in_blocks(self, blocks: Blocks) -> None:
        """Compute the limits after all blocks that have ended."""
        known = len(self._limits)
        if known + _FIRST < len(blocks):
            until = len(blocks) - _APART
            levels = medians_of_rows(windows(blocks.levels.array[known:until], _BLOCKS).T)
            noises = blocks.noise_at_each().array[known + _FIRST - _APART : until]
            self._limits.take(np.minimum(_TWICE * levels, levels + _HIGH * noises))

    def _is_leap(self, end: int, width: int) -> bool:
        values = self._series.between(max(end + 1 - width - PAST, 0), end + 1)
        return is_lasting_leap(values, self._first, width)


def _begins(high: NDArray[np.int64], width: int) -> list[int]:
    """Where so many points are high for the first time: a loss that stays high is judged where it begins to.

    Args:
        high: The high points.
    """
    fewest = width - int(_NOT_HIGH * width)
    ends = high[fewest - 1 :][high[fewest - 1 :] - high[: 1 - fewest] < width]
    lately = np.concatenate((np.full(width - 1, -width), ends))[: len(ends)]
    return [int(end) for end in ends[ends - lately >= width]]
