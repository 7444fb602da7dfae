from __future__ import annotations

import math
from itertools import combinations, product

import numpy as np
import pytest

from livemon.analysis.statistics.ranks import mann_whitney, shift_of_groups, shift_of_pairs, signed_ranks

RNG = np.random.default_rng(11)


def test_the_shift_of_groups_by_hand() -> None:
    """The shift is the median of all differences: of 1, 5 against 2, 3 they are -2, -1, 2, 3."""
    assert shift_of_groups(np.array([1.0, 5.0]), np.array([2.0, 3.0]))[0] == 0.5


def test_the_shift_of_pairs_by_hand() -> None:
    """The shift is the median of the means of each two differences: of 1, 2, 6 they are 1, 1.5, 2, 3.5, 4, 6."""
    assert shift_of_pairs(np.array([1.0, 2.0, 6.0]))[0] == 2.75


@pytest.mark.parametrize(("n", "m"), [(3, 3), (4, 5), (6, 7), (8, 8)])
def test_the_interval_of_groups_has_the_shifts_that_are_not_refused(n: int, m: int) -> None:
    """A shift just inside of the interval has a p above 0.05, one just outside not; without an interval no shift is
    refused."""
    a, b = RNG.normal(1, 1, n), RNG.normal(0, 1, m)
    _, low, high = shift_of_groups(a, b)
    if math.isnan(low):
        assert 2 / math.comb(n + m, n) > 0.05
        return
    for end, outwards in ((low, -1), (high, 1)):
        assert mann_whitney(a - (end + outwards * 1e-9), b) <= 0.05 < mann_whitney(a - (end - outwards * 1e-9), b)


@pytest.mark.parametrize("n", [4, 6, 9, 12])
def test_the_interval_of_pairs_has_the_shifts_that_are_not_refused(n: int) -> None:
    """As of groups, by Wilcoxon's test."""
    differences = RNG.normal(1, 1, n)
    _, low, high = shift_of_pairs(differences)
    if math.isnan(low):
        assert 2 / 2**n > 0.05
        return
    for end, outwards in ((low, -1), (high, 1)):
        outside, inside = differences - (end + outwards * 1e-9), differences - (end - outwards * 1e-9)
        assert signed_ranks(outside)[0] <= 0.05 < signed_ranks(inside)[0]


def test_large_groups_use_the_normal_approximation_as_scipy() -> None:
    """Of more than 50 values the interval is that of the approximate test, and holds the same shifts."""
    a, b = RNG.normal(0.3, 1, 60), RNG.normal(0, 1, 70)
    _, low, high = shift_of_groups(a, b)
    for end, outwards in ((low, -1), (high, 1)):
        assert mann_whitney(a - (end + outwards * 1e-9), b) <= 0.05 < mann_whitney(a - (end - outwards * 1e-9), b)


def test_decimal_ties_of_pairs_have_the_exact_p() -> None:
    """Differences of accuracies with two digits that are the same on paper are tied, whatever their last bits, and p is
    that of all ways to change the signs."""
    a, b = np.array([0.91, 0.81, 0.71, 0.65, 0.52]), np.array([0.90, 0.80, 0.70, 0.60, 0.54])
    from livemon.analysis.statistics.hypothesis_tests import compare

    ranks = np.array([2, 2, 2, 5, 4])  # 0.01 three times, 0.05, 0.02
    sums = [sum(rank * sign for rank, sign in zip(ranks, ways, strict=True)) for ways in product((1, -1), repeat=5)]
    own = 2 + 2 + 2 + 5 - 4
    assert compare(a, b, "mannwhitney", paired=True).p == pytest.approx(2 * sum(one >= own for one in sums) / 32)


def test_ties_of_groups_have_the_exact_p() -> None:
    """With ties p comes from all ways to deal the ranks out."""
    a, b = np.array([0.9, 0.9, 0.8]), np.array([0.8, 0.7, 0.7, 0.6])
    ranks = {0.6: 1.0, 0.7: 2.5, 0.8: 4.5, 0.9: 6.5}
    joined = [ranks[value] for value in (*a.tolist(), *b.tolist())]
    sums = [sum(chosen) for chosen in combinations(joined, 3)]
    own = sum(ranks[value] for value in a.tolist())
    assert mann_whitney(a, b) == pytest.approx(2 * sum(one >= own for one in sums) / len(sums))


def test_p_is_exact_where_the_interval_is() -> None:
    """Without ties and up to 50 values of a group p is exact, by scipy's count of all ways."""
    from scipy import stats

    rng = np.random.default_rng(0)
    a, b = rng.normal(1, 1, 12), rng.normal(0, 1, 13)
    assert mann_whitney(a, b) == pytest.approx(stats.mannwhitneyu(a, b, method="exact").pvalue, rel=1e-9)
