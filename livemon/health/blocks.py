"""Summaries of blocks of a metric's points.

Blocks end at fixed numbers of points, however the rows were read in pieces: each has four points at first, and later
about 2 % of the points before it. So judgements at the ends of blocks do not depend on how a run was read, and a run of
a million rows has a few hundred blocks.
"""

from __future__ import annotations

import bisect
import math
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from livemon.health.medians import Array, rank_correlation, windows

__all__ = ["Blocks", "Numbers", "ends_of_blocks", "width_after"]

_NOTHING = np.empty(0)
_Number = TypeVar("_Number", int, float)

FIRST_WIDTH = 4  # points in the first blocks
_FINE = 64  # after so many blocks of the first width, a block has a 64th to a 32nd of the points before it
_FINE_UNTIL = 2 * FIRST_WIDTH * _FINE
_MOST_AT_ONCE = 1 << 18  # points in one array
_LATELY = 8  # blocks whose median noise is the current noise


def width_after(count: int) -> int:
    """The width of the block that begins after so many points."""
    return FIRST_WIDTH if count < _FINE_UNTIL else int(2 ** (count.bit_length() - 1) // _FINE)


def _same_width_until(count: int) -> int:
    """The number of points up to which blocks are as wide as the one that begins after `count`."""
    return _FINE_UNTIL if count < _FINE_UNTIL else int(2 ** count.bit_length())


def ends_of_blocks(start: int, count: int) -> Iterator[range]:
    """The ends of the blocks that begin with the point `start` and end after `count` points at the latest: ranges of
    blocks of one width."""
    while start + (width := width_after(start)) <= count:
        of_this_width = -((start - _same_width_until(start)) // width)
        blocks = min((count - start) // width, of_this_width, max(_MOST_AT_ONCE // width, 1))
        yield range(start + width, start + blocks * width + 1, width)
        start += blocks * width


class Numbers(Sequence[_Number]):
    """Numbers that become more. A choice among all of them takes the array, a judgement, which looks at a few, the
    elements: these become a list when the first one is asked for."""

    __slots__ = ("_count", "_list", "_room")

    def __init__(self) -> None:
        self._room: NDArray[Any] = _NOTHING
        self._count = 0
        self._list: list[_Number] = []

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> _Number: ...

    @overload
    def __getitem__(self, at: slice) -> list[_Number]: ...

    def __getitem__(self, at: int | slice) -> _Number | list[_Number]:
        return self._list[at] if len(self._list) == self._count else self.as_list[at]

    @property
    def as_list(self) -> list[_Number]:
        """All of them. To be read only."""
        if len(self._list) < self._count:
            self._list += self._room[len(self._list) : self._count].tolist()
        return self._list

    @property
    def array(self) -> NDArray[Any]:
        """All of them, shape (count,). To be read only."""
        return self._room[: self._count]

    def take(self, numbers: NDArray[Any]) -> None:
        """Add numbers, shape (new,). They must not change later."""
        start, stop = self._count, self._count + len(numbers)
        if start == 0:
            self._room = numbers
        elif stop > len(self._room):
            self._room = np.concatenate((self.array, numbers, np.empty(stop, self._room.dtype)))
        else:
            self._room[start:stop] = numbers
        self._count = stop


class Blocks:
    """The finished blocks of a series: one number for each block.

    Args:
        find_noises: The noises of the blocks between two numbers of points: a method of the series. It is held weakly,
            or a run's tables would live until the next search for garbage.

    Attributes:
        next_stop: The number of points at the end of the next block.
        stops: The number of points up to its end.
        rows: The row of its last point.
        levels: The median of its finite values; NaN without any.
        lows, highs: The extremes of its finite values.
        lowest_at, highest_at: The extremes of all finite values up to its end.
    """

    def __init__(self, find_noises: Callable[[int, int], Array]) -> None:
        self.next_stop = FIRST_WIDTH
        self.stops: Numbers[int] = Numbers()
        self.rows: Numbers[int] = Numbers()
        self.levels: Numbers[float] = Numbers()
        self.lows: Numbers[float] = Numbers()
        self.highs: Numbers[float] = Numbers()
        self.lowest_at: Numbers[float] = Numbers()
        self.highest_at: Numbers[float] = Numbers()
        self._find_noises = weakref.WeakMethod(find_noises)
        self._noises: Numbers[float] = Numbers()
        self._are_finite: Numbers[int] = Numbers()
        self._noise_at: Numbers[float] = Numbers()
        self._are_known = True
        self._trend = 0, math.nan

    def __len__(self) -> int:
        return len(self.stops)

    def add(self, stops: NDArray[np.int64], rows: NDArray[np.int64], summaries: Array,
            are_finite: NDArray[np.bool_]) -> None:  # fmt: skip
        """Add blocks.

        Args:
            stops, rows: See above, shape (blocks,).
            summaries: Their levels, lows and highs, shape (3, blocks).
            are_finite: Whether all values of a block are finite, shape (blocks,).
        """
        levels, lows, highs = summaries
        before = (self.lowest_at[-1], self.highest_at[-1]) if self.stops else (math.inf, -math.inf)
        self.stops.take(stops)
        self.next_stop = int(stops[-1]) + width_after(int(stops[-1]))
        self.rows.take(rows)
        self.levels.take(levels)
        self.lows.take(lows)
        self.highs.take(highs)
        self.lowest_at.take(np.fmin(np.fmin.accumulate(lows), before[0]))  # NaN changes nothing
        self.highest_at.take(np.fmax(np.fmax.accumulate(highs), before[1]))
        self._are_finite.take(are_finite)
        self._are_known &= bool(np.isfinite(levels).all())

    def upto(self, row: int) -> int:
        """The number of blocks that have ended by this row."""
        return bisect.bisect_right(self.rows.as_list, row)

    def known_levels(self, stop: int, start: int = 0) -> Array:
        """Those of the levels of blocks start..stop-1 that are known. To be read only."""
        levels = self.levels.array[start:stop]
        return levels if self._are_known else levels[np.isfinite(levels)]

    def trend(self, stop: int) -> float:
        """The `rank_correlation` of the known levels of blocks 0..stop-1."""
        if self._trend[0] != stop:
            self._trend = stop, rank_correlation(self.known_levels(stop))
        return self._trend[1]

    @property
    def noises(self) -> Numbers[float]:
        """The differences of neighbouring points in each block, as a standard deviation; NaN if unknown. They are
        computed when they are asked for: most metrics do not need them."""
        if len(self._noises) < len(self):
            known = len(self._noises)
            find = self._find_noises()
            assert find is not None, "only who holds the series asks for its noise"
            noises = find(self.stops[known - 1] if known else 0, self.stops[-1])
            self._noises.take(np.where(np.isfinite(noises) & self._are_finite.array[known:], noises, math.nan))
        return self._noises

    def noise(self, block: int) -> float:
        """The noise at a block: the median over recent blocks."""
        return self.noise_at_each()[block]

    def noise_at_each(self) -> Numbers[float]:
        """The noise at each block."""
        if len(self._noise_at) < len(self):
            self._noise_at.take(self._noises_lately(len(self._noise_at)))
        return self._noise_at

    def _noises_lately(self, start: int) -> Array:
        """The median of the recent noises, for each block from `start` on."""
        lacking = max(_LATELY - 1 - start, 0)
        noises = np.concatenate((np.full(lacking, math.nan), self.noises.array[max(start + 1 - _LATELY, 0) :]))
        lately_of_each = windows(noises, _LATELY).T.copy()
        lately_of_each.sort(axis=1)  # NaN is last
        known = (lately_of_each == lately_of_each).sum(axis=1)
        return np.asarray(lately_of_each[np.arange(len(known)), known // 2])
