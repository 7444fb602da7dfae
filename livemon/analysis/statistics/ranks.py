"""Rank tests for two groups or for pairs, and their shift (Hodges and Lehmann 1963): the median of all differences,
with the interval of shifts that the test would not reject."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from livemon.analysis.statistics.relabellings import MOST_WAYS, TAIL, signs, splits

__all__ = ["mann_whitney", "pair_differences", "shift_of_groups", "shift_of_pairs", "signed_ranks", "without_rounding"]

Array = NDArray[np.float64]

_MOST_COUNTED = 50  # values in a group, or pairs: with more the normal approximation is used, as in scipy


def without_rounding(values: Array, scale: float) -> Array:
    """Values rounded to 12 digits at this scale: 0.91 - 0.90 and 0.81 - 0.80 are the same difference."""
    return np.round(values, 12 - math.ceil(math.log10(scale))) if scale > 0 and math.isfinite(scale) else values


def mann_whitney(a: Array, b: Array) -> float:
    """The two-sided p: exact for up to 50 values in a group, like the interval. For few values with ties, for which
    scipy only has an approximation, by all permutations of the ranks."""
    from scipy import stats

    joined = np.concatenate((a, b))
    tied = len(np.unique(joined)) < len(joined)
    if not tied or math.comb(len(joined), len(a)) > MOST_WAYS:
        method: Literal["exact", "asymptotic"]
        method = "exact" if not tied and max(len(a), len(b)) <= _MOST_COUNTED else "asymptotic"
        return float(stats.mannwhitneyu(a, b, alternative="two-sided", method=method).pvalue)
    ranks = stats.rankdata(joined)
    sums = ranks[splits(len(a), len(b)).table].sum(axis=1)
    own = ranks[: len(a)].sum()
    return min(1.0, 2 * min(float((sums <= own + 1e-9).mean()), float((sums >= own - 1e-9).mean())))


def signed_ranks(differences: Array) -> tuple[float, Array]:
    """Wilcoxon's two-sided p of the differences of pairs, and their ranks by size: 0 for pairs that do not differ,
    which are ignored. For few pairs with ties by all assignments of signs."""
    from scipy import stats

    moved = differences[differences != 0]
    ranks = np.zeros(len(differences))
    if len(moved) == 0:
        return 1.0, ranks
    sizes = stats.rankdata(np.abs(moved))
    ranks[differences != 0] = sizes
    if len(np.unique(sizes)) == len(sizes) or 2 ** len(moved) > MOST_WAYS:
        return float(stats.wilcoxon(moved).pvalue), ranks
    sums, own = signs(len(moved)).table @ sizes, float((sizes * np.sign(moved)).sum())
    return min(1.0, 2 * min(float((sums <= own + 1e-9).mean()), float((sums >= own - 1e-9).mean()))), ranks


def shift_of_groups(a: Array, b: Array) -> tuple[float, float, float]:
    """How far a lies above b: the median of the differences of each value of a to each of b, and its 95 % interval by
    Mann and Whitney's test; NaN with too few values."""
    between = np.sort((a[:, None] - b[None, :]).ravel())
    n, m = len(a), len(b)
    if max(n, m) <= _MOST_COUNTED:
        refused = _lower_tail(_ways_of_u(n, m))
    else:
        refused = _normal_tail(n * m / 2, math.sqrt(n * m * (n + m + 1) / 12))
    return _middle_and_ends(between, refused)


def pair_differences(a: Array, b: Array) -> Array:
    """a minus b, without rounding errors that would make equal differences unequal."""
    return without_rounding(a - b, float(max(np.abs(a).max(initial=0.0), np.abs(b).max(initial=0.0))))


def shift_of_pairs(differences: Array) -> tuple[float, float, float]:
    """How far pairs differ: the median of the means of every two differences (and of each with itself), and its 95 %
    interval by Wilcoxon's signed ranks; NaN with too few pairs."""
    n = len(differences)
    first, second = np.triu_indices(n)
    means = np.sort((differences[first] + differences[second]) / 2)
    if n <= _MOST_COUNTED:
        refused = _lower_tail(_ways_of_w(n))
    else:
        refused = _normal_tail(n * (n + 1) / 4, math.sqrt(n * (n + 1) * (2 * n + 1) / 24))
    return _middle_and_ends(means, refused)


def _middle_and_ends(ordered: Array, refused: int) -> tuple[float, float, float]:
    """The median, and the ends that exclude `refused` values on each side; NaN if that is less than one: then even the
    outermost shift is not rejected."""
    middle = float(np.median(ordered)) if len(ordered) else math.nan
    if refused < 1 or 2 * refused > len(ordered):
        return middle, math.nan, math.nan
    return middle, float(ordered[refused - 1]), float(ordered[len(ordered) - refused])


def _lower_tail(ways: Array) -> int:
    """The largest k such that a statistic below k has a probability of at most 2.5 %. `ways`: the number of ways for 0,
    1, 2 ..."""
    return int(np.searchsorted(np.cumsum(ways) / ways.sum(), TAIL * (1 + 1e-12), side="right"))


def _normal_tail(mean: float, deviation: float) -> int:
    from scipy import stats

    return math.floor(mean + float(stats.norm.ppf(TAIL)) * deviation + 0.5)


@lru_cache(maxsize=64)
def _ways_of_u(n: int, m: int) -> Array:
    """The number of ways to assign ranks to groups of n and m with Mann and Whitney's U of 0, 1, ... n m: the
    coefficients of the Gaussian binomial."""
    ways = np.zeros(n * m + n + m + 1)
    ways[0] = 1.0
    for size in range(1, n + 1):
        ways[m + size :] -= ways[: len(ways) - m - size].copy()
        for at in range(size, len(ways)):
            ways[at] += ways[at - size]
    return ways[: n * m + 1]


@lru_cache(maxsize=64)
def _ways_of_w(n: int) -> Array:
    """The number of ways to assign signs with Wilcoxon's sum of positive ranks of 0, 1, ... n (n + 1) / 2."""
    ways = np.zeros(n * (n + 1) // 2 + 1)
    ways[0] = 1.0
    for rank in range(1, n + 1):
        ways[rank:] += ways[: len(ways) - rank].copy()
    return ways
