"""What the values of curves ask of the axis that they share: pure questions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from livemon.curves.curve import Curve
from livemon.curves.limits import Limits

__all__ = ["ALMOST_ZERO", "falls_to_nothing", "flattened", "never_positive"]

ALMOST_ZERO = 0.02  # the share of a schedule's values that may fall to nothing
_MANY_DECADES = 6.0


def never_positive(curve: Curve) -> bool:
    """Whether there are finite values, and none that a logarithmic axis can show."""
    return curve.highest is not None and curve.highest[1] <= 0


def falls_to_nothing(curve: Curve) -> bool:
    """Whether a few values near 0 would take more than half of a logarithmic axis: a schedule that ends at 6e-20 ends
    at 0, while one that climbs through the decades does not."""
    if curve.lowest is None or curve.highest is None or curve.lowest[1] <= 0 or not len(curve.sample):
        return False
    decades = math.log10(curve.highest[1]) - math.log10(curve.lowest[1])
    usual = float(np.quantile(curve.sample.y, ALMOST_ZERO))
    return decades > _MANY_DECADES and math.log10(curve.highest[1]) - math.log10(usual) < decades / 2


def flattened(one: Limits, low: float, high: float, every: Sequence[Limits]) -> bool:
    """Whether this curve is squeezed flat because another one lies far away: its range meets no other's and is less
    than a twentieth of all. A constant is flat anyway."""
    low_one, high_one = one
    if high_one - low_one <= 0 or high_one - low_one > 0.05 * (high - low):
        return False
    return not any(other is not one and other[0] <= high_one and low_one <= other[1] for other in every)
