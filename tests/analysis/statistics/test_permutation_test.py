from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from livemon.analysis.statistics.permutation_test import permutation_test

RNG = np.random.default_rng(5)
MIDDLES = {"mean": np.mean, "median": np.median, "iqm": lambda values, axis: stats.trim_mean(values, 0.25, axis=axis)}


@pytest.mark.parametrize("middle", MIDDLES)
@pytest.mark.parametrize("paired", [False, True], ids=["groups", "pairs"])
def test_p_is_scipys(middle: str, paired: bool) -> None:
    """Of few values, whose ways are all looked at, the p is scipy's for the same statistic."""
    of = MIDDLES[middle]

    def statistic(a: np.ndarray, b: np.ndarray, axis: int) -> np.ndarray:
        return np.asarray(of(a - b, axis=axis) if paired else of(a, axis=axis) - of(b, axis=axis))

    for _ in range(5):
        a, b = RNG.normal(1, 1, 6), RNG.normal(0, 1, 6)
        kind = "samples" if paired else "independent"
        wanted = stats.permutation_test((a, b), statistic, permutation_type=kind, vectorized=True, n_resamples=np.inf)
        assert permutation_test(a, b, paired=paired, middle=middle)[3] == pytest.approx(wanted.pvalue)  # type: ignore[arg-type]


@pytest.mark.parametrize("middle", MIDDLES)
@pytest.mark.parametrize("paired", [False, True], ids=["groups", "pairs"])
def test_the_interval_has_the_shifts_that_are_not_refused(middle: str, paired: bool) -> None:
    """A shift inside of the interval has a p above 0.05, one outside not: test and interval never disagree."""
    n = 12 if paired and middle == "median" else 7  # fewer pairs cannot refuse any median
    for _ in range(4):
        a, b = RNG.normal(1, 1, n), RNG.normal(0, 1, n)
        _, low, high, _ = permutation_test(a, b, paired=paired, middle=middle)  # type: ignore[arg-type]
        width = high - low
        for end, outwards in ((low, -1), (high, 1)):
            outside, inside = a - (end + outwards * 1e-3 * width), a - (end - outwards * 1e-3 * width)
            assert permutation_test(outside, b, paired=paired, middle=middle)[3] <= 0.05  # type: ignore[arg-type]
            assert permutation_test(inside, b, paired=paired, middle=middle)[3] > 0.05  # type: ignore[arg-type]


def test_too_few_values_have_no_interval() -> None:
    """Three against three can refuse no shift at 5 %: no interval, and the p is the floor."""
    _, low, high, p = permutation_test(np.arange(3.0), 100 + np.arange(3.0), paired=False, middle="mean")
    assert math.isnan(low) and math.isnan(high) and p == pytest.approx(0.1)


def test_values_that_are_all_the_same() -> None:
    """Where nothing varies every way is the same: p is 1, and there is no interval."""
    for paired in (False, True):
        _, low, high, p = permutation_test(np.full(6, 0.3), np.full(6, 0.3), paired=paired, middle="mean")
        assert math.isnan(low) and math.isnan(high) and p == 1.0


def test_the_floor_of_medians() -> None:
    """Changing the sign of a pair below the median leaves the median: of seven pairs that all rise, 2^3 of 2^7 ways are
    as high, and there is no interval."""
    _, low, _, p = permutation_test(np.arange(1.0, 8.0), np.zeros(7), paired=True, middle="median")
    assert p == pytest.approx(2 * 8 / 128) and math.isnan(low)
