"""Tests of pairs of groups."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from livemon.analysis.statistics.pair_tests import PairTests

VALUES = {label: {f"{label}{seed}": value for seed, value in enumerate(of_group)}
          for label, of_group in {"a": [1.0, 1.3, 1.1], "b": [2.0, 2.1, 2.6], "c": [1.2, 1.0, 1.4]}.items()}
SEEDS = {name: {"seed": seed} for of_group in VALUES.values() for seed, name in enumerate(of_group)}


def test_each_pair_is_tested_and_p_is_corrected_over_the_pairs() -> None:
    """Runs of the same seeds are pairs; p is that of SciPy's paired t-test, and Holm's correction is over the pairs."""
    tests = PairTests(SEEDS, VALUES, None, "mean", None)
    table = tests.table([("a", "b"), ("c", "b")])
    p = [float(stats.ttest_rel(list(VALUES[label].values()), list(VALUES["b"].values())).pvalue) for label in "ac"]
    assert table["p"].tolist() == pytest.approx(p) and set(table["test"]) == {"paired t-test"}
    assert table["p_holm"].tolist() == pytest.approx([2 * min(p) if of_pair == min(p) else max(2 * min(p), max(p))
                                                      for of_pair in p])
    assert set(tests.pairings) == {"paired by seed: one run per seed in each group"}


def test_a_run_without_a_number_takes_its_partner_out() -> None:
    """The others stay pairs, and a note names the run that lost its partner."""
    tests = PairTests(SEEDS, VALUES | {"a": VALUES["a"] | {"a1": math.nan}}, None, "mean", None)
    table = tests.table([("a", "b")])
    assert table["n_a"].tolist() == [2] and table["paired"].tolist() == [True]
    assert tests.notes == ["b1: the partner in a against b has no number, so not in the test"]
