"""Statistics of numbers whose squares or sums a float64 cannot hold: they are scaled by a power of two, exactly."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["mean_of", "size_of", "spread_of"]

Array = NDArray[np.float64]

_LARGEST, _SMALLEST = 2.0**400, 2.0**-400  # a float64 can hold their squares, summed over many runs


def size_of(values: Array, axis: int | None = None) -> Array:
    """The power of two by which values must be divided before they are squared or summed; 1 for ordinary values.

    Args:
        values: Finite values.
        axis: The axis along which the largest value is taken; None: all values.
    """
    largest = np.abs(values).max(axis=axis, initial=0.0)
    ordinary = ((largest <= _LARGEST) & (largest >= _SMALLEST)) | (largest == 0)
    exponent = np.frexp(np.where(ordinary, 1.0, largest))[1] - 1  # rounded down to a power of two
    return np.where(ordinary, 1.0, np.ldexp(1.0, np.minimum(exponent, 1023)))


def mean_of(values: Array) -> float:
    """The mean of at least one finite value."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(values.mean())
    if math.isfinite(mean):
        return mean
    size = float(size_of(values))
    return float((values / size).mean()) * size


def spread_of(values: Array) -> float:
    """The standard deviation of at least two finite values, with n - 1."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        spread = float(values.std(ddof=1))
    if math.isfinite(spread) and spread > _SMALLEST:
        return spread
    size = float(size_of(values))
    return float((values / size).std(ddof=1)) * size
