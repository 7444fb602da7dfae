"""The arrays that curves are made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Ints", "first_hits", "median_in_order", "medians_of_rows", "quantiles", "ranges"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


def quantiles(values: Array, *shares: float) -> list[float]:
    """`np.quantile(values, shares)`, to the last bit, of finite values; for the few hundred of a curve in a fifth of
    the time."""
    ordered = np.sort(values)
    results = []
    for share in shares:
        at = (len(ordered) - 1) * share
        before = int(at)
        low, high, part = float(ordered[before]), float(ordered[min(before + 1, len(ordered) - 1)]), at - before
        results.append(high - (high - low) * (1 - part) if part >= 0.5 else low + (high - low) * part)
    return results


def median_in_order(ordered: Array) -> float:
    """`np.median(ordered)`, to the last bit, of finite values that rise; in a tenth of the time."""
    middle = len(ordered) // 2
    return float(ordered[middle]) if len(ordered) % 2 else float((ordered[middle - 1] + ordered[middle]) / 2)


def medians_of_rows(values: Array) -> Array:
    """`np.median(values, axis=1)`, to the last bit, of finite values; in a third of the time."""
    ordered, middle = np.sort(values, axis=1), values.shape[1] // 2
    if values.shape[1] % 2:
        return np.asarray(ordered[:, middle])
    return np.asarray((ordered[:, middle - 1] + ordered[:, middle]) / 2)


def ranges(starts: Ints, ends: Ints) -> Ints:
    """`np.concatenate([np.arange(start, end) for start, end in zip(starts, ends)])`."""
    sizes = ends - starts
    return np.asarray(np.arange(int(sizes.sum())) + np.repeat(starts - np.cumsum(sizes) + sizes, sizes))


def first_hits(values: Array, wanted: Array, sizes: Ints) -> Ints:
    """Where each piece of the values first has its wanted value; where it has none, its start.

    Args:
        values: The pieces behind each other.
        wanted: A value for each piece.
        sizes: Of the pieces, none of which is empty.
    """
    hits = np.flatnonzero(values == np.repeat(wanted, sizes))[::-1]  # The first of a piece comes last, and stays.
    first = np.cumsum(sizes) - sizes
    first[np.repeat(np.arange(len(sizes)), sizes)[hits]] = hits
    return first
