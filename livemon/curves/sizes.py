"""Numbers whose squares or sums a float64 cannot hold: computed at another size, by a power of two, which is exact."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["mean_of", "size_of", "spread_of"]

Array = NDArray[np.float64]

_LARGEST, _SMALLEST = 2.0**400, 2.0**-400  # whose squares, summed over many runs, are within what a float64 holds


def size_of(values: Array, axis: int | None = None) -> Array:
    """The power of two by which values have to be divided before they are squared or summed; 1 for ordinary ones.

    Args:
        values: Finite.
        axis: Along which the largest counts; None: of all values.
    """
    largest = np.abs(values).max(axis=axis, initial=0.0)
    ordinary = ((largest <= _LARGEST) & (largest >= _SMALLEST)) | (largest == 0)
    exponent = np.frexp(np.where(ordinary, 1.0, largest))[1] - 1  # of what is not a power of two: the one below
    return np.where(ordinary, 1.0, np.ldexp(1.0, np.minimum(exponent, 1023)))


def mean_of(values: Array) -> float:
    """The mean of one finite value or more."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(values.mean())
    if math.isfinite(mean):
        return mean
    size = float(size_of(values))
    return float((values / size).mean()) * size


def spread_of(values: Array) -> float:
    """The standard deviation of two finite values or more, with n - 1."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        spread = float(values.std(ddof=1))
    if math.isfinite(spread) and spread > _SMALLEST:
        return spread
    size = float(size_of(values))
    return float((values / size).std(ddof=1)) * size
