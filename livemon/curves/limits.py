"""Limits of an axis: robust against outliers, growing in steps."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from livemon.curves.arrays import Array

__all__ = ["Limits", "grown_limits", "robust_range", "tight_limits", "with_ends", "x_limits"]


Limits = tuple[float, float]
_FINEST = 1e-12  # the narrowest axis, as a share of its values
_FURTHEST = 1e300
_DECADES = 307.5
_HIGHEST = 1e307  # of y: a float64 can hold limits with room, and their difference
_STEPS = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0)  # upper limits of x, per decade


def robust_range(y: Array, share: float = 0.005) -> Limits | None:
    """The lowest and the highest of the finite values, without the few that would flatten the others.

    At most `share` of the values (at least one, none for 0) may be left out at each end, and only if that brings the
    end closer by more than half of the remaining range. With few values each of them matters more: then by more than 2
    times (below 200 values) or 30 times (below 20) the remaining range. None if no value is finite.
    """
    finite = np.sort(y[np.isfinite(y)])
    count = len(finite)
    if count == 0:
        return None
    low, high = float(finite[0]), float(finite[-1])
    if count < 5 or share == 0.0:
        return low, high
    out = max(int(count * share), 1)
    inner_low, inner_high = float(finite[out]), float(finite[-1 - out])
    room = (30.0 if count < 20 else 2.0 if count < 200 else 0.5) * (inner_high - inner_low)
    return (inner_low if inner_low - low > room else low, inner_high if high - inner_high > room else high)


def tight_limits(low: float, high: float, log: bool, pad: float = 0.06) -> Limits:
    """Limits of y that show [low, high] with some room, even if both are the same; not below 0 for values from 0 on.

    An axis ends at the largest numbers that a float64 can hold: values of 1e308 lie beyond it.
    """
    low, high = _held((low, high), log)
    if log:
        lower, upper = math.log10(low), math.log10(high)
        room = pad * (upper - lower) if upper - lower > 1e-9 else 0.3
        return 10.0 ** max(lower - room, -_DECADES), 10.0 ** min(upper + room, _DECADES)
    room = pad * (high - low)
    if room <= 1e-9 * max(abs(low), abs(high)):
        room = 0.1 * abs(high) or 1.0
        return low - room, high + room
    return (0.0 if 0.0 <= low < room else low - room), high + room


def grown_limits(wanted: Limits, present: Limits | None, log: bool, filled: float = 0.6, pad: float = 0.08) -> Limits:
    """Limits of y for a range that moves a little with each frame.

    The present limits stay as long as the wanted range lies within them and fills at least `filled` of them. At an end
    that it has passed, it gets room for a quarter of its size, because it will move on that way.
    """
    wanted = _held(wanted, log)
    fresh = tight_limits(*wanted, log, pad)
    if present is None or (log and present[0] <= 0):
        return fresh
    left, right = present[0] <= wanted[0], wanted[1] <= present[1]
    if left and right and _size(fresh, log) >= filled * _size(present, log):
        return present
    ahead = tight_limits(*wanted, log, max(pad, 0.25))
    return fresh[0] if left else ahead[0], fresh[1] if right else ahead[1]


def with_ends(wanted: Limits, ends: Sequence[float], log: bool) -> Limits:
    """The range with these values included, but widened at each end by no more than its own size: a leap would flatten
    the curve. A range of a single value includes all of them."""
    low, high = wanted
    size = _size(_held(wanted, log), log)
    if size > 0:
        lowest, highest = (low * 10.0**-size, high * 10.0**size) if log else (low - size, high + size)
        ends = [min(max(end, lowest), highest) for end in ends]
    return min([low, *ends]), max([high, *ends])


def _held(limits: Limits, log: bool) -> Limits:
    """The range as far as an axis can hold it."""
    lowest = 1.0 / _HIGHEST if log else -_HIGHEST
    low, high = (min(max(limit, lowest), _HIGHEST) for limit in limits)
    return low, high


def _size(limits: Limits, log: bool) -> float:
    return math.log10(limits[1]) - math.log10(limits[0]) if log else limits[1] - limits[0]


def x_limits(low: float, high: float, ended: bool = False) -> Limits:
    """Limits of x for points from `low` to `high`; they grow in steps of at most a quarter while the run continues.

    The axis starts at 0 if the points start near 0. It is never narrower than a float64 can resolve (a step may be
    2**62), nor wider than it can hold.
    """
    low, high = max(low, -_FURTHEST), min(high, _FURTHEST)
    finest = _FINEST * max(abs(low), abs(high))
    if high - low <= finest:
        room = max(0.5, finest)
        return (low - room, high + room) if low else (0.0, 1.0)
    if 0.0 <= low <= 0.2 * high:
        left = 0.0
    else:
        unit = 10.0 ** math.floor(math.log10(high - low)) / 2.0
        left = math.floor(low / unit) * unit
    if ended:
        return left, high
    reach = 1.01 * (high - left)
    decade = 10.0 ** math.floor(math.log10(reach))
    return left, left + decade * next(step for step in _STEPS if step * decade >= reach * (1 - 1e-12))
