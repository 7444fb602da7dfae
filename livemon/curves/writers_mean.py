"""Several writers of one metric -> one curve: their mean at each step, which is no zigzag between them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livemon.curves.arrays import Array

__all__ = ["mean_over_writers"]

# A writer that is a row late, or left one out, counts with its newest value for so many of its usual distances: else
# the curve would jump to the mean of the others and back. One that has stopped counts no more.
HELD = 1.5


def mean_over_writers(x: NDArray[Any], y: NDArray[Any], by: Array) -> tuple[NDArray[Any], Array]:
    """The mean of the writers' newest values at each x.

    Args:
        x: shape (n,), no NaN; of the points that no later attempt superseded, in any order between writers.
        y: shape (n,); NaN and infinity as logged: what a writer logs at an x is in the mean of that x.
        by: shape (n,), which writer logged each point.

    Returns:
        Each x once, increasing, in the dtype of `x`; and the means.
    """
    grid = np.unique(x)
    total, count = np.zeros(len(grid)), np.zeros(len(grid))
    for writer in np.unique(by):
        own = by == writer
        order = np.argsort(x[own], kind="stable")
        own_x, own_y = x[own][order], y[own][order].astype(np.float64)
        at = np.searchsorted(own_x, grid, side="right") - 1
        newest = own_x[np.maximum(at, 0)]
        exact = (at >= 0) & (newest == grid)
        distances = np.diff(np.unique(own_x).astype(np.float64))
        held = HELD * float(np.median(distances)) if len(distances) else 0.0
        near = (at >= 0) & (grid.astype(np.float64) - newest.astype(np.float64) <= held)
        near &= np.isfinite(own_y[at])  # A NaN is at the x at which it was logged.
        counts = exact | near
        with np.errstate(over="ignore", invalid="ignore"):
            total[counts] += own_y[at[counts]]
        count += counts
    return grid, total / count
