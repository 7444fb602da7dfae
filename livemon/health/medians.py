"""Medians and other order statistics of numbers, quicker than NumPy's for the few hundred blocks of a metric."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "WIDE", "Array", "Ordered", "median", "medians_of_rows", "medians_of_stretches", "middles_of_rows",
    "rank_correlation", "stretches", "upper_median", "windows"]

Array = NDArray[np.float64]

_MOST_RANKED = 400  # values that are ranked, evenly spaced
WIDE = 128  # values in a row: partitioning so many costs half as much as sorting them
_FEW = 16  # numbers: so few are inserted singly


class Ordered:
    """Numbers in order, to which others are added: their median needs no sorting."""

    def __init__(self) -> None:
        self._values: list[float] = []
        self._taken = 0

    def take(self, numbers: Sequence[float], start: int, stop: int) -> list[float]:
        """Add the numbers start..stop-1, without NaN and those added before; returns all of them in order."""
        new = [number for number in numbers[max(self._taken, start) : stop] if number == number]
        if len(new) > _FEW:
            self._values = sorted([*self._values, *new])
        else:
            for number in new:
                bisect.insort(self._values, number)
        self._taken = max(self._taken, stop)
        return self._values


def median(values: Array) -> float:
    """The median; NaN for an empty array. NumPy's own costs ten times as much for few values."""
    count = len(values)
    if not count:
        return math.nan
    ordered = values.copy()
    ordered.sort()  # the function costs twice as much as the method for few values
    upper = float(ordered[count // 2])
    return upper if count % 2 else float(ordered[count // 2 - 1]) / 2 + upper / 2  # their sum may overflow


def upper_median(values: list[float] | Array) -> float:
    """The higher of the two middle values, without NaN; NaN without any."""
    if len(values) > _FEW:
        ordered = np.array(values)
        ordered.sort()  # NaN is sorted to the end
        count = len(values) if ordered[-1] == ordered[-1] else int((ordered == ordered).sum())
        return float(ordered[count // 2]) if count else math.nan
    good = sorted(value for value in values if value == value)
    return float(good[len(good) // 2]) if good else math.nan


def rank_correlation(values: Array) -> float:
    """The rank correlation of values with their order: 1 if each is higher than the one before, -1 if each is lower."""
    if len(values) > _MOST_RANKED:
        values = values[:: len(values) // _MOST_RANKED]
    count = len(values)
    moved = values.argsort(kind="stable") - np.arange(count)
    return float(1 - 6 * (moved @ moved) / (count * (count * count - 1.0)))


def medians_of_rows(values: Array) -> Array:
    """The median of each row."""
    middle = values.shape[1] // 2
    if values.shape[1] < WIDE:
        return middles_of_rows(np.sort(values, axis=1))
    parted = np.partition(values, middle, axis=1)
    upper, is_odd = parted[:, middle], values.shape[1] % 2
    return np.asarray(upper if is_odd else parted[:, :middle].max(axis=1) / 2 + upper / 2)


def middles_of_rows(ordered: Array) -> Array:
    """The median of each row of numbers in order."""
    middle, is_odd = ordered.shape[1] // 2, ordered.shape[1] % 2
    upper = ordered[:, middle]
    return np.asarray(upper if is_odd else ordered[:, middle - 1] / 2 + upper / 2)


def windows(values: Array, width: int) -> Array:
    """All stretches of so many successive values: the first values of all stretches, the second ones and so on, shape
    (width, stretches)."""
    return np.asarray(values[np.arange(width)[:, None] + np.arange(len(values) + 1 - width)])


def stretches(values: Array, starts: NDArray[np.int64], stops: NDArray[np.int64]) -> tuple[Array, NDArray[np.int64]]:
    """Stretches of values, a row for each, filled up with infinity; and their lengths."""
    lengths = stops - starts
    rows = np.full((len(lengths), int(lengths.max())), np.inf)
    for own, start, stop in zip(rows, starts.tolist(), stops.tolist(), strict=True):
        own[: stop - start] = values[start:stop]
    return rows, lengths


def medians_of_stretches(rows: Array, lengths: NDArray[np.int64]) -> Array:
    """The median of each of these stretches; brings their values in order."""
    rows.sort(axis=1)
    each = np.arange(len(lengths))
    return np.asarray(rows[each, (lengths - 1) // 2] / 2 + rows[each, lengths // 2] / 2)
