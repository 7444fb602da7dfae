from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest

from livemon.analysis.statistics.association import association

RNG = np.random.default_rng(3)


def test_four_runs_have_the_exact_p() -> None:
    """Four runs in perfect order: 2 of the 24 orders are as perfect, and p is 0.083, not 0."""
    found = association([0.1, 0.2, 0.3, 0.4], np.array([1.0, 2.0, 3.0, 4.0]))
    assert found.p == pytest.approx(2 / 24) and found.correlation == pytest.approx(1.0) and not found.bent


def test_five_runs_by_hand() -> None:
    """With one setting's values for nearly each run p is the share of all orders with a correlation as large."""
    from scipy import stats

    given, values = [1, 2, 3, 4, 5], np.array([1.0, 3.0, 2.0, 5.0, 4.0])
    own = abs(stats.spearmanr(given, values).statistic)
    as_large = [abs(stats.spearmanr(given, order).statistic) >= own - 1e-9 for order in permutations(values)]
    assert association(given, values).p == pytest.approx(np.mean(as_large))


def test_a_best_value_in_the_middle_is_seen() -> None:
    """A U shape has a correlation near 0, a strength near 1, and its best value is the middle one: by levels and by a
    parabola where each run has its own value."""
    levels = [0.1, 0.2, 0.3] * 6
    values = np.array([abs(one - 0.2) for one in levels]) + RNG.normal(0, 0.01, 18)
    found = association(levels, values)
    assert abs(found.correlation) < 0.5 < found.strength and found.p < 0.001 and found.bent and found.lowest == 0.2
    own = np.linspace(-1, 1, 15)
    smooth = association(own.tolist(), own**2 + RNG.normal(0, 0.02, 15))
    assert smooth.p < 0.01 and smooth.bent and abs(smooth.lowest) < 0.3


def test_categories_are_kruskals() -> None:
    """Of many runs a category's p is Kruskal and Wallis', and the strength the root of (H - 2) by (n - 3): the share of
    three levels less what chance explains."""
    from scipy import stats

    given = ["a", "b", "c"] * 20
    values = RNG.normal(size=60) + np.array([0.0, 0.5, 1.0] * 20)
    wanted = stats.kruskal(*(values[place::3] for place in range(3)))
    found = association(given, values)
    assert found.p == pytest.approx(wanted.pvalue)
    assert found.strength == pytest.approx(math.sqrt((wanted.statistic - 2) / 57))
    assert (found.highest, found.lowest) == ("c", "a") and math.isnan(found.correlation)


def test_permutations_and_approximations_agree() -> None:
    """At 40 runs the permutations' p is that of the approximations, corrected for the choice of the better shape."""
    from scipy import stats

    given = RNG.permutation(40).astype(float)
    values = given + RNG.normal(0, 40, 40)
    p = stats.spearmanr(given, values).pvalue
    assert p < association(given.tolist(), values).p < 2.5 * p + 0.002


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("given", [[1, 2, 3], [1, 1, 1, 1, 2], ["a", "b", "c", "d"], [True, False, True, False]])
def test_little_is_no_error(given: list[object]) -> None:
    """Few runs, lopsided settings and one run a category: a number or NaN, and nothing warns."""
    found = association(given, np.arange(float(len(given))))
    assert math.isnan(found.p) == (given in ([1, 2, 3], ["a", "b", "c", "d"]))


def test_diverged_runs_are_the_worst() -> None:
    """Infinite values have the highest ranks, tied with each other."""
    found = association([1, 1, 1, 2, 2, 2], np.array([0.1, 0.2, 0.15, math.inf, math.inf, 0.3]))
    assert found.correlation > 0.8 and found.highest == 2
