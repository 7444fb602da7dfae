"""A curve at full resolution: smoothed as a whole, and cut to any stretch of x at a cost that depends on the pixels."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from livemon.curves.arrays import Array, Ints
from livemon.curves.curve import Curve
from livemon.curves.extremes import Extremes
from livemon.curves.limits import Limits
from livemon.curves.smoothing import Ema

__all__ = ["FullCurve", "WholePoints"]


class WholePoints(NamedTuple):
    """All points of a curve, in the order of x; new points are appended.

    Attributes:
        x, y: The points that can be drawn. x: float64 or int64, not decreasing. y: float64.
        gaps: x and y of the points that cannot be drawn, in order.
    """

    x: Array | Ints
    y: Array
    gaps: tuple[Array, Array]


class FullCurve:
    """One metric at full resolution. The whole curve is smoothed, so that a part of it has the same shape.

    Args:
        weight, warm_up, robust: See `Ema`.
        log: The axis of y is logarithmic: the logarithm is smoothed.
    """

    def __init__(self, weight: float, log: bool, *, warm_up: bool = False, robust: bool = False) -> None:
        self.weight = weight
        self.log = log
        self._ema = Ema(weight, warm_up=warm_up, robust=robust)
        self._smoothed = np.empty(0)
        self._count = 0
        self._points = WholePoints(np.empty(0), np.empty(0), (np.empty(0), np.empty(0)))
        self._extremes = Extremes(), Extremes()  # of the points as logged, and of the smoothed ones

    def update(self, points: WholePoints) -> None:
        """Take the points as they are now: the earlier points, and new points after them."""
        self._points = points
        new = points.y[self._count :]
        self._count = len(points.y)
        if self.weight > 0 and len(new):
            self._append(np.exp(self._ema.add(np.log(new))) if self.log else self._ema.add(new), len(new))
            self._extremes[1].update(self._smooth)
        self._extremes[0].update(points.y)

    def _append(self, smoothed: Array, count: int) -> None:
        before = self._count - count
        if self._count > len(self._smoothed):
            grown = np.empty(self._count if before == 0 else max(self._count, 2 * len(self._smoothed)))
            grown[:before] = self._smoothed[:before]
            self._smoothed = grown
        self._smoothed[before : self._count] = smoothed

    @property
    def _smooth(self) -> Array:
        return self._smoothed[: self._count]

    def stretch(self, limits: Limits, columns: int) -> Curve:
        """The curve between two values of x: the first, last, lowest and highest point of every pixel column. At its
        ends it continues to the next points outside."""
        x, y, gaps = self._points
        curve = Curve(limits, columns, self.weight, self.log)
        first, stop = _places(x, np.array([limits[0], np.nextafter(limits[1], math.inf)])).tolist()
        edges = np.linspace(limits[0], limits[1], columns + 1)[1:-1]
        borders = _places(x, edges)
        curve.inside = int(stop - first)
        around = [index for index in (first - 1, stop) if 0 <= index < len(x)]
        lines = [(curve.raw, y, self._extremes[0])]
        if curve.smooth is not None:
            lines.append((curve.smooth, self._smooth, self._extremes[1]))
        if first < stop:
            for thinner, values, extremes in lines:
                at = extremes.telling(first, stop, borders[(borders > first) & (borders < stop)])
                thinner.add(np.asarray(x[at], np.float64), values[at])
            every = 2 ** max(math.ceil(math.log2((stop - first) / curve.sample.capacity)), 0)
            curve.sample.add(np.asarray(x[first:stop:every], np.float64), y[first:stop:every])
        curve.go_beyond([(np.asarray(x[around], np.float64), values[around]) for _, values, _ in lines], gaps)
        return curve


def _places(x: Array | Ints, wanted: Array) -> Ints:
    """The indices at which these values would be inserted. Whole numbers in x are not converted, because that would
    cost a pass over the whole curve."""
    if x.dtype == np.int64:
        wanted = np.clip(np.ceil(wanted), -(2.0**62), 2.0**62).astype(np.int64)
    return np.searchsorted(x, wanted)
