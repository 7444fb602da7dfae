"""What the values of curves ask of the axis that they share: pure questions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from livemon.curves.arrays import Array, quantiles
from livemon.curves.curve import Curve
from livemon.curves.limits import Limits, robust_range

__all__ = ["ALMOST_ZERO", "crosses_decades", "falls_to_nothing", "flattened", "has_flat_tail", "never_positive"]

_ENOUGH = 20  # points, before the shape of a curve is judged
ALMOST_ZERO = 0.02  # the share of a schedule's values that may fall to nothing
_MANY_DECADES = 6.0
_NEAR_ZERO = 0.05  # of the highest value: what lies below cannot be told from 0 on a linear axis
_LONG = 0.25  # of a schedule's points, which make a part that has to be seen
_FLAT = 0.05  # of the axis, that the second half of a curve takes where nobody can see what it does
_LOG_GIVES = 2.0  # times the share that the second half must have on a logarithmic axis
_HELD = 1.5  # times a threshold: what has become logarithmic changes back beyond that alone


def never_positive(curve: Curve) -> bool:
    """Whether there are finite values, and none that a logarithmic axis can show."""
    return curve.highest is not None and curve.highest[1] <= 0


def crosses_decades(y: Array, held: bool = False) -> bool:
    """Whether a good part of a schedule lies near 0 on a linear axis, as after steps of a tenth or in a search for the
    rate; the two ends of a cosine or of a straight line do not.

    Args:
        y: shape (n,), finite values in order.
        held: The axis is logarithmic already.
    """
    if not len(y):
        return False
    low = float(np.mean(y < _NEAR_ZERO * y.max()))
    return low >= (_LONG / _HELD if held else _LONG)


def has_flat_tail(y: Array, held: bool = False) -> bool:
    """Whether the second half of a curve is squeezed flat on a linear axis and can be seen on a logarithmic one: a loss
    that falls from 4 to 0.1 at once. The arguments are those of `crosses_decades`."""
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
    at 0, while one that climbs through the decades does not."""
    if curve.lowest is None or curve.highest is None or curve.lowest[1] <= 0 or not len(curve.sample):
        return False
    decades = math.log10(curve.highest[1]) - math.log10(curve.lowest[1])
    usual = float(np.quantile(curve.sample.y, ALMOST_ZERO))
    return decades > _MANY_DECADES and math.log10(curve.highest[1]) - math.log10(usual) < decades / 2


def flattened(span: Limits, low: float, high: float, every: Sequence[Limits]) -> bool:
    """Whether this curve is squeezed flat because another one lies far away: its range meets no other's and is less
    than a twentieth of all. A constant is flat anyway."""
    span_low, span_high = span
    if span_high - span_low <= 0 or span_high - span_low > 0.05 * (high - low):
        return False
    return not any(other is not span and other[0] <= span_high and span_low <= other[1] for other in every)
