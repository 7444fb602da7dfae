"""Points that are far outside of their neighbourhood in a curve, detected in one pass."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from livemon.curves.arrays import Array

__all__ = ["far_points"]

_BLOCKS = 200  # neighbourhoods of a curve, at most
_LEAST_BLOCK = 4  # points
_FOR_NOISE = 16  # points on each side, at least, from which the noise is estimated
_LEAST_POINTS = 5
_FAR = 10.0  # times the median distance from the neighbourhood's median: 6.7 standard deviations of normal noise
_USUAL = 0.95  # the share of points that are not spikes, whatever their noise is like
_BEYOND_USUAL = 5.0  # times the distance of the furthest of these
_ROUNDING = 1e-6  # as a share of the neighbourhood's median


def far_points(y: Array) -> NDArray[np.intp]:
    """The indices of spikes: points that are above, or below, both the points before and the points after them by far
    more than the noise there. A rise or fall that lasts is not a spike; a jump at the very end is one.

    `SpikeClip` has a different definition of spikes, because it may not use the points after a point.

    Args:
        y: shape (n,), finite, in order.
    """
    if len(y) < _LEAST_POINTS:
        return np.empty(0, np.intp)
    size = max(_LEAST_BLOCK, -(-len(y) // _BLOCKS))
    starts = np.arange(max(len(y) // size, 1)) * size  # the last block includes the remainder
    block = np.minimum(np.arange(len(y)) // size, len(starts) - 1)
    middles = _medians(y, starts)
    noise = np.abs(y - middles[block])
    spread = _medians(noise, starts)
    beside = -(-_FOR_NOISE // size)
    spread = sliding_window_view(np.pad(spread, beside, mode="edge"), 2 * beside + 1).max(axis=1)
    # The first block's own first point is its neighbour before, so that the high start of a falling curve is no spike.
    before, after = np.append(middles[0], middles[:-1]), np.append(middles[1:], middles[-1])
    top, bottom = np.maximum(before, after), np.minimum(before, after)
    top[0], bottom[0] = max(top[0], y[0]), min(bottom[0], y[0])
    distance = np.maximum(y - top[block], bottom[block] - y)
    least = np.maximum(_FAR * spread, _ROUNDING * np.abs(middles))[block]
    far = np.flatnonzero(distance > least)
    if len(far) == 0:
        return far
    usual = float(np.quantile(np.maximum(distance, 0.0), _USUAL, method="lower"))
    return np.asarray(far[distance[far] > _BEYOND_USUAL * usual])


def _medians(values: Array, starts: NDArray[np.intp]) -> Array:
    """The median of each block; the last block extends to the end."""
    size = int(starts[1]) if len(starts) > 1 else len(values)
    whole = len(starts) - 1
    medians = np.median(values[: whole * size].reshape(whole, size), axis=1) if whole else np.empty(0)
    return np.append(medians, np.median(values[whole * size :]))
