"""Arrays for curves, and fast functions for them."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Ints", "distinct", "first_hits", "median_in_order", "medians_of_rows", "quantiles", "ranges"]

_Kind = TypeVar("_Kind", bound=np.number[Any])
Array = NDArray[np.float64]
Ints = NDArray[np.int64]


def quantiles(values: Array, *shares: float) -> list[float]:
    """`np.quantile(values, shares)` of finite values, to the last bit; for the few hundred values of a curve in a fifth
    of the time."""
    ordered = np.sort(values)
    results = []
    for share in shares:
        at = (len(ordered) - 1) * share
        before = int(at)
        low, high, part = float(ordered[before]), float(ordered[min(before + 1, len(ordered) - 1)]), at - before
        results.append(high - (high - low) * (1 - part) if part >= 0.5 else low + (high - low) * part)
    return results


def median_in_order(ordered: Array) -> float:
    """`np.median(ordered)` of finite values in rising order, to the last bit; in a tenth of the time."""
    middle = len(ordered) // 2
    return float(ordered[middle]) if len(ordered) % 2 else float((ordered[middle - 1] + ordered[middle]) / 2)


def medians_of_rows(values: Array) -> Array:
    """`np.median(values, axis=1)` of finite values, to the last bit; in a third of the time."""
    ordered, middle = np.sort(values, axis=1), values.shape[1] // 2
    if values.shape[1] % 2:
        return np.asarray(ordered[:, middle])
    return np.asarray((ordered[:, middle - 1] + ordered[:, middle]) / 2)


def distinct(values: NDArray[_Kind]) -> NDArray[_Kind]:
    """`np.unique(values)` of numbers without NaN. That loads `numpy.ma`, as `np.median` does, which costs a command as
    much as reading 4,000 rows."""
    ordered = np.sort(values)
    return np.asarray(ordered[np.append(np.ones(len(ordered[:1]), np.bool_), ordered[1:] != ordered[:-1])])


def ranges(starts: Ints, ends: Ints) -> Ints:
    """`np.concatenate([np.arange(start, end) for start, end in zip(starts, ends)])`."""
    sizes = ends - starts
    return np.asarray(np.arange(int(sizes.sum())) + np.repeat(starts - np.cumsum(sizes) + sizes, sizes))


def first_hits(values: Array, wanted: Array, sizes: Ints) -> Ints:
    """The index of the first wanted value in each piece of the values; the piece's start if it has no such value.

    Args:
        values: The pieces, one after the other.
        wanted: A value for each piece.
        sizes: The sizes of the pieces; no piece is empty.
    """
    hits = np.flatnonzero(values == np.repeat(wanted, sizes))[::-1]  # the first hit of a piece is written last
    first = np.cumsum(sizes) - sizes
    first[np.repeat(np.arange(len(sizes)), sizes)[hits]] = hits
    return first
