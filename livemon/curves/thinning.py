"""Thinning: the points that colour the pixels of each pixel column; and an even sample for quantiles."""

from __future__ import annotations

import math

import numpy as np

from livemon.curves.arrays import Array, Ints, first_hits
from livemon.curves.limits import Limits

__all__ = ["Sample", "Thinner"]

_MANY_PIECES = 16  # With more pieces than this, of fewer points than _LONG_PIECE on average, handling all at once is
_LONG_PIECE = 200  # faster than one after the other (measured: 57 us instead of 970 for 900 pieces of one point).
_MANY_A_COLUMN = 20  # points per column; from here on, a binary search for the columns' starts is faster


class Thinner:
    """M4: the first, the last, the lowest and the highest point of every pixel column.

    Drawn with that many pixel columns, the polyline colours the same pixels as all points would (Jugel, Jerzak,
    Hackenbroich, Markl: "M4: A Visualization-Oriented Time Series Data Aggregation", VLDB 2014). Points come in the
    order of x, so new points affect only the last column and later columns.

    Attributes:
        columns: The number of columns.
        left: The x at which the first column begins.
        last: The newest point, or None.
    """

    def __init__(self, x_limits: Limits, columns: int) -> None:
        self.columns = columns
        self.left = x_limits[0]
        self._scale = columns / (x_limits[1] - x_limits[0])
        self._points = np.zeros((columns, 4, 2))  # in the order of logging: first, lowest and highest, last
        self._places = np.full((columns, 4), -1, np.int64)  # the number of each point, to drop repeats
        self._low = np.full(columns, np.inf)
        self._high = np.full(columns, -np.inf)
        self._last_column = -1
        self._count = 0
        self.last: tuple[float, float] | None = None

    def __len__(self) -> int:
        return self._count

    def column_of(self, x: Array) -> Ints:
        """The pixel column of each x; points outside the limits belong to the column at the edge."""
        return np.clip((x - self.left) * self._scale, 0, self.columns - 1).astype(np.int64)

    def add(self, x: Array, y: Array) -> None:
        """Add finite points. x must not decrease, nor go below earlier points."""
        if len(x) == 0:
            return
        starts = self._starts(x)
        ends = np.append(starts[1:], len(x))
        lows, highs = _extremes(y, starts, ends)
        chosen = np.stack([starts, np.minimum(lows, highs), np.maximum(lows, highs), ends - 1], axis=1)
        points = np.stack([x[chosen], y[chosen]], axis=2)
        numbers = chosen + self._count
        low, high = y[lows], y[highs]
        columns = self.column_of(x[starts])
        last_column = int(columns[-1])
        if columns[0] == self._last_column:
            self._merge(int(columns[0]), points[0], numbers[0], float(low[0]), float(high[0]))
            points, numbers, low, high, columns = points[1:], numbers[1:], low[1:], high[1:], columns[1:]
        self._points[columns] = points
        self._places[columns] = numbers
        self._low[columns] = low
        self._high[columns] = high
        self._last_column = last_column
        self._count += len(x)
        self.last = float(x[-1]), float(y[-1])

    def _starts(self, x: Array) -> Ints:
        """The index of the first point in each used column."""
        if len(x) < _MANY_A_COLUMN * self.columns:
            return np.concatenate(([0], np.flatnonzero(np.diff(self.column_of(x))) + 1))
        first, last = self.column_of(x[[0, -1]]).tolist()
        wanted = np.arange(first + 1, last + 1)
        low, high = np.zeros(len(wanted), np.int64), np.full(len(wanted), len(x) - 1)
        while (low < high).any():  # until each is the first point of its column, or of a later column
            middle = (low + high) // 2
            reached = self.column_of(x[middle]) >= wanted
            low, high = np.where(reached, low, middle + 1), np.where(reached, middle, high)
        return np.unique(np.concatenate(([0], high)))

    def _merge(self, column: int, points: Array, numbers: Ints, low: float, high: float) -> None:
        both = np.concatenate((self._points[column], points))
        at = np.concatenate((self._places[column], numbers))
        inner = sorted((int(both[:, 1].argmin()), int(both[:, 1].argmax())))
        chosen = [0, *inner, 7]
        self._points[column] = both[chosen]
        self._places[column] = at[chosen]
        self._low[column] = min(self._low[column], low)
        self._high[column] = max(self._high[column], high)

    def polyline(self) -> tuple[Array, Array]:
        """The points to draw, (x, y), at most 4 per column, in the order of logging."""
        used = self._places[: self._last_column + 1].reshape(-1)
        points = self._points[: self._last_column + 1].reshape(-1, 2)
        new = np.empty(len(used), np.bool_)
        new[:1] = True
        np.not_equal(used[1:], used[:-1], out=new[1:])
        new &= used >= 0
        chosen = points[new]
        return chosen[:, 0].copy(), chosen[:, 1].copy()

    def bounds(self, from_x: float = -math.inf) -> Limits | None:
        """The lowest and the highest value from the column of `from_x` on, or None."""
        start = 0 if from_x == -math.inf else int(self.column_of(np.array([from_x]))[0])
        low, high = self._low[start:], self._high[start:]
        if self._count == 0 or not np.isfinite(low).any():
            return None
        return float(low.min()), float(high.max())

    def extremes(self) -> tuple[Array, Array, Array, Array]:
        """x and y of the lowest point of each used column, and x and y of the highest."""
        used = np.flatnonzero(self._places[:, 0] >= 0)
        points = self._points[used]
        rows = np.arange(len(used))
        low = points[rows, points[:, :, 1].argmin(axis=1)]
        high = points[rows, points[:, :, 1].argmax(axis=1)]
        return low[:, 0], low[:, 1], high[:, 0], high[:, 1]


def _extremes(y: Array, starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """The indices of the first lowest and the first highest value in each piece of y, from a start to its end."""
    if len(starts) > _MANY_PIECES and len(y) < _LONG_PIECE * len(starts):
        sizes = ends - starts
        lowest, highest = np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)
        if not np.isnan(lowest).any():  # sums of values near 1e308 of both signs can be NaN
            return first_hits(y, lowest, sizes), first_hits(y, highest, sizes)
    pieces = [(start, y[start:end]) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    lows = np.array([start + piece.argmin() for start, piece in pieces], np.int64)
    return lows, np.array([start + piece.argmax() for start, piece in pieces], np.int64)


class Sample:
    """Every k-th point, never more than `capacity`: enough for quantiles at a cost that does not grow.

    k is 1 (so the sample has all points) until there are more points than `capacity`; then it doubles.
    """

    def __init__(self, capacity: int = 4096) -> None:
        self.capacity = capacity
        self.stride = 1
        self._seen = 0
        self._x = np.empty(0)
        self._y = np.empty(0)

    def __len__(self) -> int:
        return len(self._y)

    @property
    def seen(self) -> int:
        """The number of points added."""
        return self._seen

    def add(self, x: Array, y: Array) -> None:
        """Add points, in order."""
        seen, self._seen = self._seen, self._seen + len(y)
        while self._seen > self.capacity * self.stride:
            self._x, self._y, self.stride = self._x[::2].copy(), self._y[::2].copy(), self.stride * 2
        skip = -seen % self.stride
        self._x = np.concatenate((self._x, x[skip :: self.stride]))
        self._y = np.concatenate((self._y, y[skip :: self.stride]))

    @property
    def x(self) -> Array:
        """The x of the sampled points, shape (n,)."""
        return self._x

    @property
    def y(self) -> Array:
        """The y of the sampled points, shape (n,)."""
        return self._y
