"""Several writers of one metric -> one curve: their mean at each step, instead of a zigzag between them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livemon.curves.arrays import Array

__all__ = ["mean_over_writers"]

# A writer that is a row late counts with its newest value for this many of its usual distances: else the end of the
# curve would jump to the mean of the others and back. A writer that has stopped no longer counts.
HELD = 1.5


@np.errstate(over="ignore", invalid="ignore")  # beyond 1e308 a distance is infinite
def mean_over_writers(x: NDArray[Any], y: NDArray[Any], by: Array) -> tuple[NDArray[Any], Array]:
    """The mean of the writers' curves at each x. It includes the values that they logged there; a writer that left out
    a row, or logs at other x, counts with the straight line between its points.

    Args:
        x: Shape (n,), no NaN; points that no later attempt superseded, in any order between writers.
        y: Shape (n,); NaN and infinity as logged: each value that a writer logs at an x is in the mean of that x.
        by: Shape (n,), the writer of each point.

    Returns:
        Each x once, increasing, in the dtype of `x`; and the means.
    """
    grid = _distinct(x)
    total, count = np.zeros(len(grid)), np.zeros(len(grid))
    for writer in _distinct(by):
        own = by == writer
        order = np.argsort(x[own], kind="stable")
        own_x, own_y = x[own][order], y[own][order].astype(np.float64)
        at = np.searchsorted(own_x, grid, side="right") - 1
        heights = own_y[np.maximum(at, 0)]
        counts = (at >= 0) & (own_x[np.maximum(at, 0)] == grid)
        between = np.flatnonzero((at >= 0) & ~counts)
        if len(between):
            heights[between] = _between(own_x.astype(np.float64), own_y, grid[between].astype(np.float64))
            counts[between] = np.isfinite(heights[between])
        total[counts] += heights[counts]
        count += counts
    return grid, total / count


def _distinct(values: NDArray[Any]) -> NDArray[Any]:
    """Each value once, increasing; there is no NaN. Values that are almost in order, like x, are sorted in one pass."""
    ordered = np.sort(values, kind="stable")
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered


def _between(x: Array, y: Array, at: Array) -> Array:
    """The height of a curve between its points; NaN next to a NaN, and after the end."""
    distances = np.diff(np.unique(x))
    held = HELD * float(np.median(distances)) if len(distances) else 0.0
    heights = np.interp(at, x, y)
    heights[(at > x[-1]) & (at - x[-1] > held)] = np.nan
    return heights
