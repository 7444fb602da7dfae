"""Rules for the y axis that curves share, by their values: pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from livemon.curves.arrays import Array, quantiles
from livemon.curves.curve import Curve
from livemon.curves.limits import Limits, robust_range

__all__ = ["ALMOST_ZERO", "crosses_decades", "falls_to_nothing", "flattened", "has_flat_tail", "never_positive"]

_ENOUGH = 20  # points, before the shape of a curve is judged
ALMOST_ZERO = 0.02  # the share of a schedule's values that may be close to zero
_MANY_DECADES = 6.0
_NEAR_ZERO = 0.05  # of the highest value: lower values cannot be told from 0 on a linear axis
_LONG = 0.25  # the share of a schedule's points that must stay readable
_FLAT = 0.05  # of the axis: nobody can read the second half of a curve that takes less
_LOG_GIVES = 2.0  # times the share that the second half must have on a logarithmic axis
_HELD = 1.5  # times a threshold: a logarithmic axis becomes linear again only beyond this


def never_positive(curve: Curve) -> bool:
    """Whether there are finite values, but none that a logarithmic axis can show."""
    return curve.highest is not None and curve.highest[1] <= 0


def crosses_decades(y: Array, held: bool = False) -> bool:
    """Whether many values of a schedule lie near 0 on a linear axis, as after steps of a tenth or in a learning-rate
    search. The ends of a cosine or of a straight line are too few.

    Args:
        y: shape (n,), finite values in order.
        held: Whether the axis is already logarithmic.
    """
    if not len(y):
        return False
    low = float(np.mean(y < _NEAR_ZERO * y.max()))
    return low >= (_LONG / _HELD if held else _LONG)


def has_flat_tail(y: Array, held: bool = False) -> bool:
    """Whether the second half of a curve is flat on a linear axis but readable on a logarithmic one, such as a loss
    that falls quickly from 4 to 0.1. The arguments are those of `crosses_decades`."""
    wanted = robust_range(y)
    if wanted is None or wanted[0] <= 0 or len(y) < _ENOUGH:
        return False
    low, high = wanted
    tail_low, tail_high = quantiles(y[len(y) // 2 :], 0.05, 0.95)
    if high <= low or not 0 < tail_low < tail_high:
        return False
    linear = (tail_high - tail_low) / (high - low)
    log = math.log(tail_high / tail_low) / math.log(high / low)
    return bool(linear < (_FLAT * _HELD if held else _FLAT) and log > _LOG_GIVES * linear)


def falls_to_nothing(curve: Curve) -> bool:
    """Whether a few values near 0 would take more than half of a logarithmic axis: a schedule that ends at 6e-20 ends
    at 0, but one that climbs through the decades does not."""
    if curve.lowest is None or curve.highest is None or curve.lowest[1] <= 0 or not len(curve.sample):
        return False
    decades = math.log10(curve.highest[1]) - math.log10(curve.lowest[1])
    usual = float(np.quantile(curve.sample.y, ALMOST_ZERO))
    return decades > _MANY_DECADES and math.log10(curve.highest[1]) - math.log10(usual) < decades / 2


def flattened(span: Limits, low: float, high: float, every: Sequence[Limits]) -> bool:
    """Whether a distant curve squeezes this one flat: its range overlaps no other's and is less than a twentieth of
    all. Constants are flat anyway."""
    span_low, span_high = span
    if span_high - span_low <= 0 or span_high - span_low > 0.05 * (high - low):
        return False
    return not any(other is not span and other[0] <= span_high and span_low <= other[1] for other in every)
