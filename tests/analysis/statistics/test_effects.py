from __future__ import annotations

import math

import numpy as np
import pytest

from livemon.analysis.statistics.effects import cliffs_delta, hedges_g, paired_effect, rank_biserial

RNG = np.random.default_rng(7)
A, B = RNG.normal(1.0, 0.4, 8), RNG.normal(0.6, 0.9, 6)


def test_effects() -> None:
    """Hedges' g is Cohen's d corrected for few values; Cliff's delta is 1 where all of a is above b, 0 for the same."""
    pooled = math.sqrt((7 * A.var(ddof=1) + 5 * B.var(ddof=1)) / 12)
    assert hedges_g(A, B) == pytest.approx((A.mean() - B.mean()) / pooled * (1 - 3 / 47))
    assert cliffs_delta(B + 100, B) == 1.0 and cliffs_delta(B, B) == 0.0


def test_the_effect_of_pairs() -> None:
    """Of pairs the effect is the mean difference by the differences' deviation; of ranks the share that rises less the
    share that falls: 4 + 3 of 10 against 1 + 2 is 0.4."""
    wanted = 7 / 3 / math.sqrt(7 / 3) * (1 - 3 / 7)
    assert paired_effect(np.array([1.0, 2.0, 4.0]), np.zeros(3)) == pytest.approx(wanted)
    assert rank_biserial(np.array([4.0, 1, 3, 2]), np.array([9.0, -1, 3, -2])) == pytest.approx(0.4)
    assert math.isnan(rank_biserial(np.zeros(2), np.zeros(2)))
