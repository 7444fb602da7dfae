"""Tests of whether one of two small groups of runs is better, corrections, and the difference, interval and direction
that belong to each test. Arrays in, numbers out; scipy is loaded when a test is made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from livemon.analysis.statistics.bands import Middle, middle_of
from livemon.analysis.statistics.effects import cliffs_delta, has_no_spread, hedges_g, paired_effect, rank_biserial
from livemon.analysis.statistics.permutation_test import permutation_test
from livemon.analysis.statistics.ranks import (
    mann_whitney,
    pair_differences,
    shift_of_groups,
    shift_of_pairs,
    signed_ranks,
    without_rounding,
)
from livemon.analysis.statistics.relabellings import MOST_WAYS
from livemon.curves.sizes import size_of

__all__ = ["Difference", "TestName", "compare", "default_test", "floor_of", "holm"]

Array = NDArray[np.float64]
TestName = Literal["welch", "mannwhitney", "permutation"]

@dataclass(frozen=True, slots=True)
class Difference:
    """The result of a test of two groups of values, `a` against `b`. All of it belongs to the same test.

    Attributes:
        difference: How far a lies above b. Welch: the difference of the means (for pairs the mean of the differences).
            Ranks: Hodges and Lehmann's shift. Permutation: the difference of the permuted middles.
        low, high: Its 95 % confidence interval: the shifts that the test would not reject. NaN if n is too small for
            the test to reject any, or nothing varies.
        effect: Hedges' g, or for pairs d_z with Hedges' correction, see `effects`. For ranks Cliff's delta, or for
            pairs the rank-biserial correlation. `called.effect_kind` gives its name.
        superiority: The probability that a value of a is above one of b, half of ties.
        p: two-sided; NaN if the test is undefined.
        floor: The lowest p that the test can give with so few values; 0 without a floor.
        direction: 1 if, by this test, a is higher, -1 if b is, 0 if neither is.
        t, df: For a t-test, its statistic and its degrees of freedom; else NaN.
    """

    difference: float
    low: float
    high: float
    effect: float
    superiority: float
    p: float
    floor: float
    direction: int
    t: float = math.nan
    df: float = math.nan


def default_test(middle: Middle) -> TestName:
    """The test that belongs to a middle: Welch's for means, ranks for medians (a permutation of the medians of so few
    values can show almost nothing), a permutation test for interquartile means."""
    tests: dict[Middle, TestName] = {"mean": "welch", "median": "mannwhitney", "iqm": "permutation"}
    return tests[middle]


def compare(a: Array, b: Array, test: TestName = "welch", *, paired: bool = False, middle: Middle = "mean"
            ) -> Difference:
    """Is a different from b?

    Args:
        a, b: shape (n,) and (m,), finite; for pairs of the same length and order.
        test: "welch" (unequal variances), "mannwhitney" (ranks) or "permutation" (of the difference of the middles; all
            permutations where there are at most 20,000). For pairs: the paired t, Wilcoxon's signed ranks, and changed
            signs.
        middle: The middle that a permutation test compares: "mean", "median" or "iqm". The other tests have their own.

    Raises:
        ValueError: The test is unknown, or pairs are not of the same length.
    """
    if test not in get_args(TestName):
        raise ValueError(f"the test must be one of {', '.join(get_args(TestName))}, not {test!r}")
    if paired and len(a) != len(b):
        raise ValueError(f"pairs need as many values of each, not {len(a)} and {len(b)}")
    floor, superiority = floor_of(len(a), len(b), test, paired=paired, middle=middle), (1 + cliffs_delta(a, b)) / 2
    if min(len(a), len(b)) == 0:
        return Difference(math.nan, math.nan, math.nan, math.nan, superiority, math.nan, floor, 0)
    made = {"welch": _welch, "mannwhitney": _ranks}.get(test)
    size = float(size_of(np.concatenate((a, b))))
    a, b = a / size, b / size
    result = made(a, b, paired) if made is not None else _permutation(a, b, paired, middle)
    return Difference(result.difference * size, result.low * size, result.high * size, result.effect, superiority,
                      result.p, floor, int(np.sign(result.sign)), result.t, result.df)


@dataclass(frozen=True, slots=True)
class _Result:
    """See `Difference`. `sign`: above 0 if a is higher."""

    difference: float
    low: float
    high: float
    effect: float
    p: float
    sign: float
    t: float = math.nan
    df: float = math.nan


def _welch(a: Array, b: Array, paired: bool) -> _Result:
    from scipy import stats

    difference = float((a - b).mean() if paired else a.mean() - b.mean())
    effect = paired_effect(a, b) if paired else hedges_g(a, b)
    if min(len(a), len(b)) < 2 or has_no_spread(a, b, paired):
        return _Result(difference, math.nan, math.nan, effect, math.nan, difference)
    test = stats.ttest_rel(a, b) if paired else stats.ttest_ind(a, b, equal_var=False)
    interval = test.confidence_interval(0.95)
    return _Result(difference, float(interval.low), float(interval.high), effect, float(test.pvalue), difference,
                   float(test.statistic), float(test.df))


def _ranks(a: Array, b: Array, paired: bool) -> _Result:
    if paired:
        differences = pair_differences(a, b)
        p, ranks = signed_ranks(differences)
        effect = rank_biserial(ranks, differences)
        return _Result(*shift_of_pairs(differences), effect, p, effect if math.isfinite(effect) else 0.0)
    scale = float(max(np.abs(a).max(), np.abs(b).max()))
    a, b = without_rounding(a, scale), without_rounding(b, scale)
    effect = cliffs_delta(a, b)
    return _Result(*shift_of_groups(a, b), effect, mann_whitney(a, b), effect)


def _by_rank(a: Array, b: Array) -> float:
    """The rank-biserial correlation of pairs; see `effects.rank_biserial`."""
    differences = pair_differences(a, b)
    return rank_biserial(signed_ranks(differences)[1], differences)


def _permutation(a: Array, b: Array, paired: bool, middle: Middle) -> _Result:
    if middle == "mean":
        effect = paired_effect(a, b) if paired else hedges_g(a, b)
    else:  # effects of means and deviations would not belong to the compared middles
        effect = _by_rank(a, b) if paired else cliffs_delta(a, b)
    if min(len(a), len(b)) < 2:
        difference = float(middle_of(a, middle) - middle_of(b, middle))
        return _Result(difference, math.nan, math.nan, effect, math.nan, difference)
    difference, low, high, p = permutation_test(a, b, paired=paired, middle=middle)
    return _Result(difference, low, high, effect, p, difference)


@lru_cache(maxsize=256)
def floor_of(n: int, m: int, test: TestName, *, paired: bool = False, middle: Middle = "mean") -> float:
    """The lowest two-sided p that a test can give with n and m values: 0.10 for ranks or permutations of 3 against 3.

    0 for Welch's, which assumes normal values instead; 1 if there are no values.
    """
    if min(n, m) == 0:
        return 1.0
    if test == "welch":
        return 0.0
    if test == "permutation" and middle != "mean" and min(n, m) > 1:  # many ways do not change other middles
        apart = np.arange(1.0, n + 1) + (2 * m if not paired else 0)
        below = np.zeros(n) if paired else np.arange(1.0, m + 1)
        return permutation_test(apart, below, paired=paired, middle=middle)[3]
    ways = 2**n if paired else math.comb(n + m, n)
    if test == "permutation" and ways > MOST_WAYS:
        return 2.0 / (MOST_WAYS + 1)
    return min(1.0, 2.0 / ways)


def holm(p: Sequence[float]) -> list[float]:
    """p-values corrected for their number (Holm 1979), in the given order; NaN is no test and stays NaN."""
    tested = sorted((value, index) for index, value in enumerate(p) if not math.isnan(value))
    corrected = [math.nan] * len(p)
    highest = 0.0
    for rank, (value, index) in enumerate(tested):
        highest = max(highest, min(1.0, (len(tested) - rank) * value))
        corrected[index] = highest
    return corrected
