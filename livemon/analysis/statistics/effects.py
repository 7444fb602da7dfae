"""Effect sizes: how large a difference is, independent of the unit. Arrays in, numbers out."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["cliffs_delta", "has_no_spread", "hedges_g", "paired_effect", "rank_biserial"]

Array = NDArray[np.float64]


def hedges_g(a: Array, b: Array) -> float:
    """Hedges' g of two groups; NaN if undefined.

    The difference of the means divided by the pooled standard deviation (Cohen's d), times the correction for few
    values 1 - 3 / (4 df - 1) with df = n + m - 2 (Hedges 1981, Distribution theory for Glass's
    estimator of effect size).
    """
    freedom = len(a) + len(b) - 2
    if min(len(a), len(b)) < 2 or has_no_spread(a, b, False):
        return math.nan
    pooled = math.sqrt(((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / freedom)
    return float((a.mean() - b.mean()) / pooled * (1 - 3 / (4 * freedom - 1)))


def paired_effect(a: Array, b: Array) -> float:
    """The d_z of pairs with Hedges' correction; NaN if undefined.

    The mean of the differences divided by their standard deviation (d_z: Cohen 1988, Statistical power analysis,
    2.3.5), times the correction for few values 1 - 3 / (4 df - 1) with df = n - 1 (Hedges 1981): 4/7 of d_z for three
    pairs.
    """
    if len(a) < 3 or has_no_spread(a, b, True):  # with two differences the correction is 0
        return math.nan
    differences, freedom = a - b, len(a) - 1
    return float(differences.mean() / differences.std(ddof=1) * (1 - 3 / (4 * freedom - 1)))


def cliffs_delta(a: Array, b: Array) -> float:
    """How much more often a value of a is above one of b than below, from -1 to 1; NaN without values."""
    if not len(a) or not len(b):
        return math.nan
    return float(np.sign(a[:, None] - b[None, :]).mean())


def rank_biserial(ranks: Array, differences: Array) -> float:
    """For pairs: the ranks of the rising ones minus those of the falling ones, divided by their sum (Kerby 2014), from
    -1 to 1; NaN if no pair differs. `ranks`: of the sizes of the differences, 0 for pairs that do not differ."""
    return float((ranks * np.sign(differences)).sum() / ranks.sum()) if ranks.sum() > 0 else math.nan


def has_no_spread(a: Array, b: Array, paired: bool) -> bool:
    """Whether there is no spread to compare a difference with: all pairs differ by the same amount, or each group has a
    single value."""
    return _same(a - b, max(np.abs(a).max(), np.abs(b).max())) if paired else _same(a) and _same(b)


def _same(values: Array, scale: float | None = None) -> bool:
    """Whether all values are the same up to rounding at this scale (None: their own)."""
    return bool(np.ptp(values) <= 1e-12 * (np.abs(values).max() if scale is None else scale))
