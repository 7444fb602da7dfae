"""Spikes: single points far off the curve, which a smoothed line must not follow."""

from __future__ import annotations

import numpy as np

from livemon.curves.arrays import Array, Ints

__all__ = ["SpikeClip"]

_BLOCK = 32  # points; the mean difference of neighbours in a block measures the noise
_BLOCKS = 5  # the noise is the median over this many blocks: two of them may contain a spike
_FAR = 8.0  # times the noise
_NEAR = 5  # points whose median is the level of the run: a change that lasts for three of them is real
_MEMORY = 1024  # points; if more than a share of `_RARE` of them is far off, that is how the run behaves
_RARE = 0.01
_FIRST = 2  # far points that are allowed whatever their share
_FEW = 32  # points: below this a plain loop is faster than NumPy


class SpikeClip:
    """Moves single far points back to the level of the run. The result does not depend on how the points are split.

    A point that lies further than eight times the noise from the median of itself and the four points before it is
    moved to that median, unless it is the third far point in a row: a change that lasts is real. Points that are often
    far off also stay (sparse rewards, a dip at each of many evaluations): the run behaves like that, and its average
    must be true.

    `far_points` answers another question: which points of a complete curve are marked as spikes. It may use the points
    after a point, and marks frequent spikes, too. A smoothed line knows only the points before, and must not change
    when more points come.
    """

    def __init__(self) -> None:
        self._count = 0
        self._before: list[float] = []  # the last points, as logged
        self._differences: list[float] = []  # those of the present block
        self._scales = [np.inf] * _BLOCKS  # the noise in the last blocks; nothing is clipped before three are known
        self._limit = np.inf  # how far off a point of the present block may be
        self._far_points: list[int] = []  # their numbers, among the last `_MEMORY` points

    @np.errstate(over="ignore", invalid="ignore")  # for values near the limits of a float64
    def clip(self, y: Array) -> Array:
        """The next points, with far points moved; `y` is finite, shape (n,), and is not changed."""
        if len(y) == 0:
            return y
        if not self._before:
            self._before = [float(y[0])] * (_NEAR - 1)
        return self._clip_few(y) if len(y) < _FEW else self._clip_many(y)

    def _clip_few(self, y: Array) -> Array:
        out, before = y.tolist(), self._before
        last = abs(before[-1] - before[-2])
        for index, value in enumerate(out):
            difference = abs(value - before[-1])
            if 2.0 * max(difference, last) > self._limit:  # else it is near another point at or beyond the median
                middle = sorted((*before, value))[_NEAR // 2]
                if abs(value - middle) > self._limit and self._is_rare(self._count):
                    out[index] = middle
            last = difference
            before = [*before[1:], value]
            self._count += 1
            self._differences.append(difference)
            if len(self._differences) == _BLOCK:
                self._end_block(float(np.add.reduce(np.array([self._differences]), axis=1)[0]) / _BLOCK)
        self._before = before
        return np.array(out)

    def _is_rare(self, number: int) -> bool:
        """Note a far point. Returns whether far points were rare lately, and the two points before were not far."""
        known = self._far_points = [far_point for far_point in self._far_points if far_point > number - _MEMORY]
        lasts = known[-2:] == [number - 2, number - 1]
        known.append(number)
        return not lasts and len(known) - 1 < max(_FIRST, _RARE * min(number, _MEMORY))

    def _end_block(self, scale: float) -> None:
        self._differences.clear()
        self._scales = [*self._scales[1:], scale]
        self._limit = _FAR * sorted(self._scales)[_BLOCKS // 2]

    def _clip_many(self, y: Array) -> Array:
        values = np.concatenate((self._before, y))
        self._before = values[1 - _NEAR :].tolist()
        differences = np.diff(values[_NEAR - 2 :])
        np.abs(differences, out=differences)
        last = abs(float(values[_NEAR - 2] - values[_NEAR - 3]))
        begun = len(self._differences)
        limits, asked = self._blocks(differences, last)
        start, self._count = self._count, self._count + len(y)
        if len(asked) == 0:
            return y
        points = (asked[:, None] * _BLOCK + np.arange(-begun, _BLOCK - begun)).ravel()
        inside = (points >= 0) & (points < len(y))
        points, limit = points[inside], np.repeat(limits[asked], _BLOCK)[inside]
        middles = _median(*(values[points + index] for index in range(_NEAR)))
        far = np.flatnonzero(np.abs(y[points] - middles) > limit)
        if len(far) == 0:
            return y
        rare = far[self._are_rare(points[far] + start)]
        out = y.copy()
        out[points[rare]] = middles[rare]
        return out

    def _are_rare(self, numbers: Ints) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """`_is_rare` for many points."""
        every = np.concatenate((np.array(self._far_points, np.int64), numbers))
        indices = np.arange(len(self._far_points), len(every))
        lately = indices - np.searchsorted(every, numbers - _MEMORY, side="right")
        lasts = (indices >= 2) & (every[np.maximum(indices - 2, 0)] == numbers - 2)
        self._far_points = every[every > int(numbers[-1]) - _MEMORY].tolist()
        return np.asarray(~lasts & (lately < np.maximum(_FIRST, _RARE * np.minimum(numbers, _MEMORY))))

    def _blocks(self, differences: Array, last: float) -> tuple[Array, Ints]:
        """The limits for far points in the present block and in each further block that these differences begin; and
        the blocks that can have a far point, because one of their differences, or the `last` one before, is above half
        of the limit."""
        joined = np.concatenate((self._differences, differences)) if self._differences else differences
        whole = len(joined) // _BLOCK
        blocks, rest = joined[: whole * _BLOCK].reshape(-1, _BLOCK), joined[whole * _BLOCK :]
        scales = np.concatenate((self._scales, np.add.reduce(blocks, axis=1) / _BLOCK))
        limits = _FAR * _median(*(scales[block : whole + 1 + block] for block in range(_BLOCKS)))
        widest = np.append(blocks.max(axis=1), rest.max() if len(rest) else 0.0)
        before = np.concatenate(([last], blocks[:, -1]))
        self._differences = rest.tolist()
        self._scales = scales[-_BLOCKS:].tolist()
        self._limit = float(limits[-1])
        return limits, np.flatnonzero(2.0 * np.maximum(widest, before) > limits)


def _median(a: Array, b: Array, c: Array, d: Array, e: Array) -> Array:
    """The median of five arrays, element by element; far faster than sorting."""
    low = np.maximum(np.minimum(a, b), np.minimum(c, d))
    high = np.minimum(np.maximum(a, b), np.maximum(c, d))
    return np.asarray(np.maximum(np.minimum(e, low), np.minimum(np.maximum(e, low), high)))
