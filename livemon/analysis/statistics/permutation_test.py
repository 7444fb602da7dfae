"""The permutation test of two groups or of pairs, with its interval: the shifts that the test would not reject (the
inversion of a test; Ernst 2004, "Permutation methods", section 3).

After a shift is subtracted from the values of a, a permutation is as far above as the measured difference from a
certain shift on. For means this shift is known: the mean of the values that the permutation moves out of a, minus the
mean of those that it moves in. So one list of these shifts gives the p and both ends of the interval. For other middles
the ends are searched for."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livemon.analysis.statistics.bands import Middle, middle_of
from livemon.analysis.statistics.relabellings import TAIL, Ways, signs, splits

__all__ = ["permutation_test"]

Array = NDArray[np.float64]

_HALVINGS = 14  # of the range that is searched for an end of an interval: down to a 16,000th of it
_Dealt = Callable[[float], Array]


def permutation_test(a: Array, b: Array, *, paired: bool, middle: Middle) -> tuple[float, float, float, float]:
    """The difference of the middles (for pairs: the middle of the differences), the ends of its 95 % interval, and p.

    `a`, `b`: shape (n,) and (m,), finite, at least two each.
    """
    if paired:
        flips, differences = signs(len(a)), a - b
        own, scale = float(middle_of(differences, middle)), float(max(np.abs(a).max(), np.abs(b).max()))
        if middle == "mean":
            return own, *_by_shifts(_shifts_of_signs(differences, flips), flips, scale)
        return own, *_by_search(
            lambda shift: middle_of(flips.table * (differences - shift), middle, axis=1), own, flips, scale)
    ways, scale = splits(len(a), len(b)), float(max(np.abs(a).max(), np.abs(b).max()))
    own = float(middle_of(a, middle) - middle_of(b, middle))
    if middle == "mean":
        return own, *_by_shifts(_shifts_of_splits(a, b, ways), ways, scale)
    return own, *_by_search(_dealt_to_groups(a, b, ways, middle), own, ways, scale)


def _shifts_of_splits(a: Array, b: Array, ways: Ways) -> Array:
    """For each permutation that moves something: the shift from which on it is as far above as the measured
    difference."""
    joined, into_a = np.concatenate((a, b)), ways.table >= len(a)
    moved = into_a.sum(axis=1)
    chosen = joined[ways.table]
    came, stayed = np.where(into_a, chosen, 0.0).sum(axis=1), np.where(into_a, 0.0, chosen).sum(axis=1)
    some = moved > 0
    return np.asarray((a.sum() - stayed[some] - came[some]) / moved[some], np.float64)


def _shifts_of_signs(differences: Array, ways: Ways) -> Array:
    flipped = ways.table < 0
    some = flipped.any(axis=1)
    return np.asarray((flipped[some] @ differences) / flipped[some].sum(axis=1), np.float64)


def _by_shifts(shifts: Array, ways: Ways, scale: float) -> tuple[float, float, float]:
    ordered, unmoved, near = np.sort(shifts), ways.count - len(shifts), 1e-12 * scale  # rounding errors
    above = (np.count_nonzero(ordered <= near) + unmoved) / ways.count
    below = (np.count_nonzero(ordered >= -near) + unmoved) / ways.count
    p = min(1.0, 2 * float(min(above, below)))
    refused = math.floor(TAIL * ways.count * (1 + 1e-12)) - unmoved
    if refused < 0 or ordered[-1] - ordered[0] <= near:
        return math.nan, math.nan, p
    return float(ordered[refused]), float(ordered[len(ordered) - 1 - refused]), p


def _dealt_to_groups(a: Array, b: Array, ways: Ways, middle: Middle) -> _Dealt:
    others = np.ones((len(ways.table), len(a) + len(b)), np.bool_)
    others[np.arange(len(ways.table))[:, None], ways.table] = False

    def dealt(shift: float) -> Array:
        joined = np.concatenate((a - shift, b))
        second = np.broadcast_to(joined, others.shape)[others].reshape(len(others), -1)
        return middle_of(joined[ways.table], middle, axis=1) - middle_of(second, middle, axis=1)

    return dealt


@dataclass(frozen=True, slots=True)
class _Search:
    """A search for middles whose shifts are not known. `dealt`: the differences of all permutations, shape (ways,),
    after a shift is subtracted from the values of a."""

    dealt: _Dealt
    own: float
    ways: Ways
    scale: float

    def share(self, shift: float, side: int) -> float:
        """The share of permutations as far on this side (1 above, -1 below) as the measured difference."""
        as_far = np.count_nonzero(self.dealt(shift) * side >= (self.own - shift) * side - 1e-12 * self.scale)
        return float(as_far + self.ways.own) / self.ways.count

    def end(self, side: int) -> float:
        """The last shift that is not rejected, from the difference to this side."""
        kept, refused = self.own, self.own + side * 2 * self.scale
        if self.share(refused, -side) > TAIL:
            return math.nan  # even completely separate values
        for _ in range(_HALVINGS):
            between = (kept + refused) / 2
            kept, refused = (between, refused) if self.share(between, -side) > TAIL else (kept, between)
        return refused


def _by_search(dealt: _Dealt, own: float, ways: Ways, scale: float) -> tuple[float, float, float]:
    search = _Search(dealt, own, ways, scale)
    p = min(1.0, 2 * min(search.share(0.0, 1), search.share(0.0, -1)))
    low, high = search.end(-1), search.end(1)
    return (low, high, p) if math.isfinite(low) and math.isfinite(high) else (math.nan, math.nan, p)
