"""The values of a metric that are not finite: counted, and marked where they were logged."""

from __future__ import annotations

import math

import numpy as np

from livemon.curves.arrays import Array
from livemon.curves.limits import Limits
from livemon.curves.thinning import Sample

__all__ = ["BadValues", "marks_of"]

_MOST_AT_ONCE = 500  # points of a kind kept from one reading; more than a panel can show


class BadValues:
    """The NaN and infinities of a metric.

    Attributes:
        nan_count, inf_count: Their numbers.
        first_x: The x of the first, or None.
        points: (x, value), thinned.
        sample: An evenly spaced sample of them.
    """

    def __init__(self) -> None:
        self.nan_count = self.inf_count = 0
        self.first_x: float | None = None
        self.points: list[tuple[float, float]] = []
        self.sample = Sample()

    @property
    def count(self) -> int:
        """The number of values that are not finite."""
        return self.nan_count + self.inf_count

    def add(self, x: Array, y: Array) -> None:
        """Add points with values that are not finite, at least one."""
        if self.first_x is None:
            self.first_x = float(x[0])
        self.sample.add(x, y)
        nans = int(np.isnan(y).sum())
        self.nan_count += nans
        self.inf_count += len(y) - nans
        for same in (np.isnan(y), y == math.inf, y == -math.inf):
            at = np.flatnonzero(same)
            if len(at) > _MOST_AT_ONCE:
                at = at[np.linspace(0, len(at) - 1, _MOST_AT_ONCE).astype(np.int64)]
            self.points.extend(zip(x[at].tolist(), y[at].tolist(), strict=True))

    def marks(self, limits: Limits, places: int = 120) -> list[tuple[float, float]]:
        """(x, value) of one point of each kind in each of `places` equal parts of the axis."""
        width = (limits[1] - limits[0]) / places
        seen: dict[tuple[int, str], tuple[float, float]] = {}
        for x, y in self.points:
            seen.setdefault((int((x - limits[0]) / width), str(y)), (x, y))
        if len(self.points) > 4 * places + 100:
            self.points = list(seen.values())
        return list(seen.values())


def marks_of(x: Array, y: Array, limits: Limits, places: int) -> list[tuple[float, float]]:
    """(x, value) of one point of each kind in each of `places` equal parts of the axis."""
    at = ((x - limits[0]) / (limits[1] - limits[0]) * places).astype(np.int64)
    marks: list[tuple[float, float]] = []
    for same in (np.isnan(y), y == math.inf, y == -math.inf):
        _, first = np.unique(at[same], return_index=True)
        marks += zip(x[same][first].tolist(), y[same][first].tolist(), strict=True)
    return sorted(marks, key=lambda mark: mark[0])
