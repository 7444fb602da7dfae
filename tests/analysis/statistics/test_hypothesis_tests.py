from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from livemon.analysis.statistics.bands import band_of, middle_of
from livemon.analysis.statistics.hypothesis_tests import compare, default_test, floor_of, holm

RNG = np.random.default_rng(7)
A, B = RNG.normal(1.0, 0.4, 8), RNG.normal(0.6, 0.9, 6)


def test_mann_whitney_with_ties_is_exact() -> None:
    """With ties and few values p comes from all ways to deal the ranks out, and is not below what is possible."""
    a, b = np.full(3, 0.81), np.full(3, 0.82)
    assert compare(a, b, "mannwhitney").p == pytest.approx(0.1) == floor_of(3, 3, "mannwhitney")
    a, b = np.array([1.0, 1, 1, 1]), np.array([2.0, 2, 2, 3])
    assert compare(a, b, "mannwhitney").p == pytest.approx(2 / 70)


def test_a_single_value_has_no_permutation() -> None:
    """Of one value against others no permutation test is made, as of no spread nothing is known."""
    assert math.isnan(compare(np.array([1.0]), B, "permutation").p)


def test_the_floor_of_drawn_permutations() -> None:
    """Where not all permutations are looked at, p cannot be below what those that are can give."""
    a, b = np.arange(10.0), np.arange(100.0, 110.0)
    assert compare(a, b, "permutation").p == pytest.approx(floor_of(10, 10, "permutation"))


def test_nothing_varies() -> None:
    """Groups of one value each, and pairs that all differ by the same, have no effect size, interval or p."""
    for a, b, paired in (([0.1] * 3, [0.2] * 3, False), ([0.7, 0.8, 0.9], [0.2, 0.3, 0.4], True)):
        found = compare(np.array(a), np.array(b), paired=paired)
        assert math.isnan(found.effect) and math.isnan(found.low) and math.isnan(found.p)
        assert found.difference == pytest.approx(a[0] - b[0])


def test_welch_is_scipys() -> None:
    """Welch's p-value and interval are scipy's."""
    wanted = scipy_stats.ttest_ind(A, B, equal_var=False)
    found = compare(A, B, "welch")
    assert found.p == pytest.approx(wanted.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(wanted.confidence_interval()))
    assert found.difference == pytest.approx(A.mean() - B.mean())


def test_paired_t_is_scipys() -> None:
    """The test of pairs, and its interval, are scipy's."""
    a, b = A[:6], B
    wanted = scipy_stats.ttest_rel(a, b)
    found = compare(a, b, "welch", paired=True)
    assert found.p == pytest.approx(wanted.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(wanted.confidence_interval()))


def test_ranks_are_scipys() -> None:
    """Mann and Whitney's and Wilcoxon's p-values are scipy's, and superiority is U by the number of pairs."""
    wanted = scipy_stats.mannwhitneyu(A, B)
    found = compare(A, B, "mannwhitney")
    assert found.p == pytest.approx(wanted.pvalue)
    assert found.superiority == pytest.approx(wanted.statistic / (len(A) * len(B)))
    assert compare(A[:6], B, "mannwhitney", paired=True).p == pytest.approx(scipy_stats.wilcoxon(A[:6], B).pvalue)


def test_permutations_are_all_of_them() -> None:
    """With few values all permutations are looked at: the p-value is a whole number of them."""
    a, b = np.array([1.0, 2.0, 4.0]), np.array([3.0, 5.0, 6.0, 7.0])
    both, means = np.concatenate([a, b]), []
    for mask in range(2**7):
        chosen = np.array([bool(mask >> place & 1) for place in range(7)])
        if chosen.sum() == 3:
            means.append(both[chosen].mean() - both[~chosen].mean())
    below = sum(one <= a.mean() - b.mean() + 1e-12 for one in means) / len(means)
    assert compare(a, b, "permutation").p == pytest.approx(2 * below)


@pytest.mark.parametrize("test", ["mannwhitney", "permutation"])
@pytest.mark.parametrize(("n", "m"), [(3, 3), (2, 4), (5, 5)])
def test_the_floor_is_what_the_best_data_give(test: str, n: int, m: int) -> None:
    """Groups that do not overlap at all get exactly the floor: 0.10 for 3 against 3."""
    found = compare(np.arange(n, dtype=float), 100.0 + np.arange(m), test)  # type: ignore[arg-type]
    assert found.p == pytest.approx(found.floor)
    assert floor_of(3, 3, "mannwhitney") == pytest.approx(0.10)
    assert floor_of(n, m, "welch") == 0.0


def test_the_floor_of_pairs() -> None:
    """Five pairs that all point one way get 2 / 2^5, and no less."""
    found = compare(np.arange(5.0) + 10, np.arange(5.0) ** 1.1, "permutation", paired=True)
    assert found.p == pytest.approx(found.floor) and found.floor == pytest.approx(2 / 32)


def test_holm_by_hand() -> None:
    """Holm's correction: the lowest p times the number of tests, the next times one less, never falling; NaN stays."""
    assert holm([0.01, 0.04, 0.03, math.nan]) == pytest.approx([0.03, 0.06, 0.06, math.nan], nan_ok=True)
    assert holm([0.9, 0.8]) == [1.0, 1.0]


@pytest.mark.parametrize(
    ("a", "b"), [([], [1.0]), ([1.0], [2.0]), ([1.0, 1.0], [1.0, 1.0])], ids=["none", "one", "same"]
)
@pytest.mark.filterwarnings("error")
def test_too_little_to_test(a: list[float], b: list[float]) -> None:
    """No values, one value, or no spread: Welch's test says nothing, and nothing warns."""
    assert math.isnan(compare(np.array(a), np.array(b), "welch").p)


def test_unknown_words() -> None:
    """An unknown test, middle or band is a ValueError that names those that there are."""
    with pytest.raises(ValueError, match="mannwhitney"):
        compare(A, B, "anova")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="iqm"):
        middle_of(A, "mode")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="minmax"):
        band_of(A[:, None], "mean", "sd")  # type: ignore[arg-type]


def test_the_verdict_belongs_to_the_test() -> None:
    """Nine of ten values of a are above all of b, the tenth failed: by the means b is higher, by the ranks a is, and
    each test gives its own direction, difference and interval."""
    a, b = np.append(np.linspace(2.0, 2.9, 9), -40.0), np.linspace(1.0, 1.9, 10)
    ranks, means = compare(a, b, "mannwhitney"), compare(a, b, "welch")
    assert ranks.direction == 1 and ranks.low > 0 and ranks.p < 0.01 and means.direction == -1 and means.difference < -2
    assert ranks.difference == pytest.approx(np.median(a[:, None] - b[None, :]))
    assert ranks.effect == pytest.approx(0.8)
    medians = compare(a, b, "permutation", middle="median")
    assert medians.direction == 1 and medians.difference == pytest.approx(np.median(a) - np.median(b))


def test_tests_and_intervals_never_disagree() -> None:
    """For each test, 0 is outside of the interval exactly where p is at most 0.05."""
    rng = np.random.default_rng(2)
    for _ in range(20):
        n = int(rng.integers(4, 8))
        a, b = rng.normal(1.2, 1, n), rng.normal(0, 1, n)
        for test in ("welch", "mannwhitney", "permutation"):
            for paired in (False, True):
                found = compare(a, b, test, paired=paired)  # type: ignore[arg-type]
                assert (found.p <= 0.05) == (found.low > 0 or found.high < 0)


def test_each_middle_has_its_test() -> None:
    """Means are tested by Welch, medians by ranks, interquartile means by permutation."""
    assert [default_test(one) for one in ("mean", "median", "iqm")] == ["welch", "mannwhitney", "permutation"]  # type: ignore[arg-type]
