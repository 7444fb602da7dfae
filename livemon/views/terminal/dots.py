"""A curve as the dots of a raster, with its lowest and highest value in every column, and its gaps."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["Raster", "curve_dots", "place_of"]

Array = NDArray[np.float64]
Raster = NDArray[np.bool_]  # shape (columns, rows); row 0 is the top
_FAR = 1e7  # rows from the edge: points further away look equally steep


def place_of(value: float, low: float, high: float, count: int, *, log: bool = False) -> int:
    """The index of a value in so many equal parts between two limits; -1 or `count` if it is outside."""
    if log:
        if value <= 0 or low <= 0:
            return -1
        value, low, high = math.log10(value), math.log10(low), math.log10(high)
    if high == low:
        return -1
    at = 0.5 + (float(value) - float(low)) / (float(high) - float(low)) * (count - 1)
    return min(max(math.floor(at), -1), count) if math.isfinite(at) else -1


@np.errstate(all="ignore")
def curve_dots(x: Array, y: Array, x_limits: tuple[float, float], y_limits: tuple[float, float], *, columns: int,
               rows: int, log: bool = False) -> Raster:
    """The dots of a curve: in every column a run from its lowest to its highest value there, without the parts outside
    the limits.

    Args:
        x: shape (n,), not decreasing.
        y: shape (n,); values that are not finite are gaps, and with `log` those that are not positive.
        x_limits, y_limits: The values of the outermost dots.
        columns, rows: The size of the raster.
    """
    if log:
        y, y_limits = np.log10(y), (float(np.log10(y_limits[0])), float(np.log10(y_limits[1])))
    at = 0.5 + (x - x_limits[0]) * ((columns - 1) / (x_limits[1] - x_limits[0]))
    down = 0.5 + (y_limits[1] - y) * ((rows - 1) / (y_limits[1] - y_limits[0]))
    known = np.isfinite(y) & np.isfinite(at)
    down = np.clip(down, -_FAR, _FAR)
    joined = known[:-1] & known[1:]
    alone = known.copy()
    alone[:-1] &= ~joined
    alone[1:] &= ~joined
    from_x, to_x = np.concatenate((at[:-1][joined], at[alone])), np.concatenate((at[1:][joined], at[alone]))
    from_y, to_y = np.concatenate((down[:-1][joined], down[alone])), np.concatenate((down[1:][joined], down[alone]))
    seen = (to_x >= 0) & (from_x < columns)
    from_x, to_x, from_y, to_y = from_x[seen], to_x[seen], from_y[seen], to_y[seen]
    first = np.floor(np.clip(from_x, 0, columns - 1)).astype(np.int64)
    last = np.floor(np.clip(to_x, 0, columns - 1)).astype(np.int64)
    across = first != last  # few: most points of a long curve are in the same column as the one before
    column, top, bottom = _pieces(*(part[across] for part in (first, last)),
                                  *(part[across] for part in (from_x, to_x, from_y, to_y)))
    within = ~across
    begin, end = from_y[within], to_y[within]
    return _painted(np.concatenate((column, first[within])), np.concatenate((top, np.minimum(begin, end))),
                    np.concatenate((bottom, np.maximum(begin, end))), columns, rows)


def _pieces(first: NDArray[np.int64], last: NDArray[np.int64], from_x: Array, to_x: Array, from_y: Array, to_y: Array
            ) -> tuple[NDArray[np.int64], Array, Array]:
    """The segments cut at the edges of columns: the column of each piece, and its highest and lowest position."""
    counts = last - first + 1
    of = np.repeat(np.arange(len(counts)), counts)
    column = np.arange(len(of)) - np.repeat(np.cumsum(counts) - counts, counts) + first[of]
    width = to_x - from_x
    slope = np.where(width > 0, (to_y - from_y) / np.where(width > 0, width, 1.0), 0.0)
    begin = from_y[of] + slope[of] * (np.maximum(column, from_x[of]) - from_x[of])
    end = from_y[of] + slope[of] * (np.minimum(column + 1.0, to_x[of]) - from_x[of])
    end = np.where(column == last[of], to_y[of], end)
    return column, np.minimum(begin, end), np.maximum(begin, end)


def _painted(column: NDArray[np.int64], top: Array, bottom: Array, columns: int, rows: int) -> Raster:
    high, low = np.floor(top), np.floor(bottom)
    seen = (low >= 0) & (high < rows)
    high, low, column = np.maximum(high[seen], 0), np.minimum(low[seen], rows - 1), column[seen]
    size, base = columns * (rows + 1), column * (rows + 1)
    begins = np.bincount(base + high.astype(np.int64), minlength=size)
    ends = np.bincount(base + low.astype(np.int64) + 1, minlength=size)
    counts = np.cumsum((begins - ends).reshape(columns, rows + 1), axis=1)
    dots: Raster = counts[:, :rows] > 0
    return dots
