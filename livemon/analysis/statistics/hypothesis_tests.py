"""Is one of two groups of few runs better: tests, effects, corrections. Arrays in, numbers out; scipy is loaded when a
test is asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from livemon.analysis.statistics.bands import SEED

__all__ = ["Difference", "TestName", "cliffs_delta", "compare", "floor_of", "hedges_g", "holm"]

Array = NDArray[np.float64]
TestName = Literal["welch", "mannwhitney", "permutation"]

_EXACT = 20_000  # a permutation test looks at all of so many; of more it draws this many


@dataclass(frozen=True, slots=True)
class Difference:
    """What a test found of two groups of values, `a` against `b`.

    Attributes:
        difference: mean of a minus mean of b (of the pairs' differences, where they are paired).
        low, high: its 95 % confidence interval: Welch's or the paired t; NaN where n is too small or nothing varies.
        effect: Hedges' g, or for pairs the mean difference by the standard deviation of the differences, corrected
            for small n.
        superiority: The probability that a value of a is above one of b, half of ties.
        p: two-sided; NaN where the test says nothing.
        floor: The lowest p that the test can give with so few values; 0 where it has none.
    """

    difference: float
    low: float
    high: float
    effect: float
    superiority: float
    p: float
    floor: float


def compare(a: Array, b: Array, test: TestName = "welch", *, paired: bool = False) -> Difference:
    """Is a different from b?

    Args:
        a, b: shape (n,) and (m,), finite; for pairs of the same length and order.
        test: "welch" (unequal variances), "mannwhitney" (ranks) or "permutation" (of the difference of means; all
            permutations where there are at most 20,000). For pairs: the paired t, Wilcoxon's signed ranks, and changed
            signs.
    """
    if test not in get_args(TestName):
        raise ValueError(f"the test must be one of {', '.join(get_args(TestName))}, not {test!r}")
    if paired and len(a) != len(b):
        raise ValueError(f"pairs need as many values of each, not {len(a)} and {len(b)}")
    difference = float((a - b).mean() if paired else a.mean() - b.mean()) if len(a) and len(b) else math.nan
    low, high = _interval(a, b, paired)
    p = _p_value(a, b, test, paired) if min(len(a), len(b)) > 0 else math.nan
    effect = _paired_effect(a, b) if paired else hedges_g(a, b)
    superiority = (1 + cliffs_delta(a, b)) / 2
    return Difference(difference, low, high, effect, superiority, p, floor_of(len(a), len(b), test, paired=paired))


def _interval(a: Array, b: Array, paired: bool) -> tuple[float, float]:
    from scipy import stats

    if min(len(a), len(b)) < 2:
        return math.nan, math.nan
    if paired:
        spread, freedom, centre = (a - b).std(ddof=1) / math.sqrt(len(a)), len(a) - 1.0, float((a - b).mean())
    else:
        parts = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
        spread, centre = math.sqrt(sum(parts)), float(a.mean() - b.mean())
        below = parts[0] ** 2 / (len(a) - 1) + parts[1] ** 2 / (len(b) - 1)
        freedom = float(sum(parts) ** 2 / below) if below > 0 else math.nan
    if _has_no_spread(a, b, paired):
        return math.nan, math.nan
    half = float(stats.t.ppf(0.975, freedom)) * float(spread)
    return centre - half, centre + half


def _p_value(a: Array, b: Array, test: TestName, paired: bool) -> float:
    from scipy import stats

    if test == "welch":
        if min(len(a), len(b)) < 2 or _has_no_spread(a, b, paired):
            return math.nan
        found = stats.ttest_rel(a, b) if paired else stats.ttest_ind(a, b, equal_var=False)
        return float(found.pvalue)
    if test == "mannwhitney":
        if paired:
            return float(stats.wilcoxon(a, b).pvalue) if np.any(a != b) else 1.0
        return _mann_whitney(a, b)
    if min(len(a), len(b)) < 2:
        return math.nan
    kind: Literal["samples", "independent"] = "samples" if paired else "independent"
    found = stats.permutation_test((a, b), _mean_difference, permutation_type=kind, vectorized=True,
                                   n_resamples=_EXACT, rng=np.random.default_rng(SEED))
    return float(found.pvalue)


def _mann_whitney(a: Array, b: Array) -> float:
    """Of few values with ties, of which scipy has an approximation only, by all ways to deal the ranks out."""
    from scipy import stats

    joined = np.concatenate((a, b))
    tied = len(np.unique(joined)) < len(joined)
    if not tied or math.comb(len(joined), len(a)) > _EXACT:
        return float(stats.mannwhitneyu(a, b, alternative="two-sided").pvalue)
    ranks = stats.rankdata(joined)
    found = stats.permutation_test((ranks[: len(a)], ranks[len(a) :]), _mean_difference, permutation_type="independent",
                                   vectorized=True, n_resamples=math.inf)
    return float(found.pvalue)


def _has_no_spread(a: Array, b: Array, paired: bool) -> bool:
    """Whether there is nothing that a difference could be measured by: pairs that all differ by the same, or groups of
    one value each."""
    return _same(a - b, max(np.abs(a).max(), np.abs(b).max())) if paired else _same(a) and _same(b)


def _same(values: Array, scale: float | None = None) -> bool:
    """Whether all are the same, but for rounding at numbers of this size, theirs if None."""
    return bool(np.ptp(values) <= 1e-12 * (np.abs(values).max() if scale is None else scale))


def _mean_difference(a: Array, b: Array, axis: int) -> Array:
    return np.asarray(a.mean(axis=axis) - b.mean(axis=axis))


def floor_of(n: int, m: int, test: TestName, *, paired: bool = False) -> float:
    """The lowest two-sided p that a test can give with n and m values: 0.10 for ranks or permutations of 3 against 3.

    0 for Welch's, which leans on the values being normal instead; 1 where there are none.
    """
    if min(n, m) == 0:
        return 1.0
    if test == "welch":
        return 0.0
    ways = 2**n if paired else math.comb(n + m, n)
    if test == "permutation" and ways > _EXACT:
        return 2.0 / (_EXACT + 1)
    return min(1.0, 2.0 / ways)


def hedges_g(a: Array, b: Array) -> float:
    """The difference of the means by the pooled standard deviation, corrected for small n; NaN where there is none."""
    freedom = len(a) + len(b) - 2
    if min(len(a), len(b)) < 2 or _has_no_spread(a, b, False):
        return math.nan
    pooled = math.sqrt(((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / freedom)
    return float((a.mean() - b.mean()) / pooled * (1 - 3 / (4 * freedom - 1)))


def _paired_effect(a: Array, b: Array) -> float:
    if len(a) < 2 or _has_no_spread(a, b, True):
        return math.nan
    differences, freedom = a - b, len(a) - 1
    return float(differences.mean() / differences.std(ddof=1) * (1 - 3 / (4 * freedom - 1)))


def cliffs_delta(a: Array, b: Array) -> float:
    """How much more often a value of a is above one of b than below, from -1 to 1; NaN where there are none."""
    if not len(a) or not len(b):
        return math.nan
    return float(np.sign(a[:, None] - b[None, :]).mean())


def holm(p: Sequence[float]) -> list[float]:
    """p-values corrected for their number (Holm 1979), in the order given; NaN are no tests and stay NaN."""
    tested = sorted((value, place) for place, value in enumerate(p) if not math.isnan(value))
    corrected = [math.nan] * len(p)
    highest = 0.0
    for rank, (value, place) in enumerate(tested):
        highest = max(highest, min(1.0, (len(tested) - rank) * value))
        corrected[place] = highest
    return corrected
