"""Smoothing: an exponential moving average that can be continued, and the weight that suits a curve."""

from __future__ import annotations

import math
import sys

import numpy as np

from livemon.curves.arrays import Array, medians_of_rows, quantiles
from livemon.curves.spikes import SpikeClip

__all__ = ["Ema", "SMOOTHED_FROM", "smoothing_weight", "weight_of_span"]


_SHORT = 48  # below this many values a plain loop is faster than NumPy
_LONG = 8192  # from this many values on pandas is faster, although it needs 0.2 ms to start
_AT_ONCE = 262_144  # values; temporary arrays of this size stay in the processor's cache
_FELT = 1e-18  # a smaller weight makes no difference to a sum of weights
SMOOTHED_FROM = 128  # points
_WIDENING = 16  # during the warm-up, the span is at most the points so far divided by this
_BLOCKS = 32  # a power of two; the span is at most the number of points divided by this


class Ema:
    """Debiased exponential moving average, as TensorBoard's scalar charts compute it.

    With weight w: last = w * last + (1 - w) * y, drawn as last / (1 - w ** count)
    (tensorboard/webapp/widgets/line_chart_v2, `classicSmoothing`; Kingma and Ba 2015 for the correction).
    This class keeps two sums, total = sum of w^age * y and norm = sum of w^age, so that it can continue exactly.

    Args:
        weight: 0 (none) to 1.
        warm_up: Begin with a span of one point, and widen it to the span of the weight as points come, to a 16th of
            them at most: then a first loss of 33 does not drag the line upwards while the curve falls steeply.
            TensorBoard has no warm-up.
        robust: A single far point does not carry the average away; see `SpikeClip`. In TensorBoard it does.
    """

    def __init__(self, weight: float, *, warm_up: bool = False, robust: bool = False) -> None:
        self.weight = self._widest = min(max(weight, 0.0), 0.99999)
        self._warm_up = warm_up
        self._spikes = SpikeClip() if robust else None
        self._count = 0
        self._total = 0.0
        self._norm = 0.0

    @property
    def weight_asked(self) -> float:
        """The weight after the warm-up."""
        return self._widest

    def add(self, y: Array) -> Array:
        """The smoothed values of the next points; `y` is finite, shape (n,)."""
        if self._widest == 0.0 or len(y) == 0:
            return y
        if len(y) <= _AT_ONCE:
            return self._add_some(y)
        return np.concatenate([self._add_some(y[at : at + _AT_ONCE]) for at in range(0, len(y), _AT_ONCE)])

    def _add_some(self, y: Array) -> Array:
        if self._spikes is not None:
            y = self._spikes.clip(y)
        if not self._warm_up:
            return self._add(y)
        parts = []
        while len(y):
            widest, end = self._weight_after(self._count)
            self.weight = widest
            parts.append(self._add(y[: end - self._count]))
            y = y[len(parts[-1]) :]
            self._count += len(parts[-1])
        return np.concatenate(parts)

    def _weight_after(self, count: int) -> tuple[float, int]:
        """The weight for the points after the first `count`, and the number of points up to which it holds."""
        doubled = 2 * _WIDENING
        if count < doubled:
            return 0.0, doubled
        span = 2 ** (count // _WIDENING).bit_length() // 2
        weight = weight_of_span(span)
        return (self._widest, sys.maxsize) if weight >= self._widest else (weight, 2 * span * _WIDENING)

    def _add(self, y: Array) -> Array:
        if len(y) < _SHORT:
            return self._add_few(y)
        share = 1.0 - self.weight  # of the newest value, in an average of infinitely many
        average = self._average_of_many(y) if len(y) >= _LONG else share * self._total_of_some(y)
        self._total = float(average[-1]) / share
        weights = self._sums_of_weights(len(y))
        self._norm = float(weights[-1]) if len(weights) == len(y) else 1.0 / share
        average[: len(weights)] /= share * weights
        return average

    def _add_few(self, y: Array) -> Array:
        out = np.empty(len(y))
        for i, value in enumerate(y.tolist()):
            self._total = value + self.weight * self._total
            self._norm = 1.0 + self.weight * self._norm
            out[i] = self._total / self._norm
        return out

    def _total_of_some(self, y: Array) -> Array:
        total = y.copy()
        total[0] += self.weight * self._total
        _add_faded(total, self.weight)
        return total

    def _average_of_many(self, y: Array) -> Array:
        """The total times (1 - weight), computed with the average of pandas. To continue, the average so far is passed
        as a first value, because average = weight * average before + (1 - weight) * value."""
        import pandas as pd

        share = 1.0 - self.weight
        averages = pd.Series(np.concatenate(([share * self._total], y))).ewm(alpha=share, adjust=False).mean()
        return np.array(averages.to_numpy()[1:], np.float64)

    def _sums_of_weights(self, count: int) -> Array:
        """The sum of the weights after each of `count` further values, until it equals the sum of infinitely many."""
        full = 1.0 / (1.0 - self.weight)
        missing = 1.0 - self._norm / full
        if self.weight == 0.0 or abs(missing) <= _FELT:
            return np.empty(0)
        felt = min(count, math.ceil(math.log(_FELT / abs(missing)) / math.log(self.weight)))
        return np.asarray(full * (1.0 - missing * self.weight ** np.arange(1.0, felt + 1.0)))


def _add_faded(values: Array, weight: float) -> None:
    """Add to each value, in place, all values before it, each times weight ** distance.

    Each round doubles the distance covered (Hillis and Steele: "Data parallel algorithms", CACM 1986), until the weight
    of values further back is 0: a spike of 1e30 still matters at a weight of 1e-20.
    """
    reach, faded = 1, weight
    while reach < len(values) and faded > 0.0:
        values[reach:] += faded * values[:-reach]
        reach, faded = 2 * reach, faded * faded


def smoothing_weight(y: Array, log: bool = False) -> float:
    """The weight that suits the noise of a curve: 0 without noise, and a wide span if noise hides the trend.

    An average over a span of s points leaves 1 / sqrt(s) of independent noise, and lags behind a curve that crosses its
    range R in n points by R s / 2n: the span is chosen so that both are the same, (2 n noise / R) ** (2/3), but at most
    a 32nd of the points. Weight and span: w = (s - 1) / (s + 1), as in pandas.

    Args:
        y: Shape (n,), finite, in the order of x. Only the first 2**k points count, with the largest possible k: so the
            weight changes only when n doubles, and does not depend on how the points came.
        log: The logarithm is drawn, and y is above 0.

    Returns:
        The weight; 0 for no smoothing, and for fewer than 128 points, which are easy to see one by one.
    """
    if len(y) < SMOOTHED_FROM:
        return 0.0
    y = y[: 2 ** int(math.log2(len(y)))]
    y = np.log(y) if log else y
    highest = np.abs(y).max()
    if highest == 0.0:
        return 0.0
    y = y / highest  # no difference is too large for a float64
    noise = _noise(y)
    if noise == 0.0:
        return 0.0
    low, high = quantiles(medians_of_rows(y.reshape(_BLOCKS, -1)), 0.05, 0.95)
    widest = len(y) / _BLOCKS
    span = min((2 * len(y) * noise / (high - low)) ** (2 / 3), widest) if high > low else widest
    return weight_of_span(2.0 ** int(math.log2(span))) if span >= 2 else 0.0


def _noise(y: Array) -> float:
    """The standard deviation of the noise, from second differences, in which a smooth curve vanishes. The largest
    twentieth of them is left out, because jumps and spikes are not noise. For normal noise, the mean of the others is
    0.717 times the standard deviation of the differences, which is sqrt(6) times that of the noise."""
    differences = np.abs(np.diff(y, 2))
    usual = int(0.95 * len(differences))
    return float(np.partition(differences, usual)[:usual].mean()) / 0.717 / math.sqrt(6)


def weight_of_span(span: float) -> float:
    """The weight of an average over this many points; 0 for a single point."""
    return (span - 1.0) / (span + 1.0) if span > 1 else 0.0
