"""What has to be known to read a table of tests."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from livemon.analysis.run_set.one_number import numbers_at
from livemon.analysis.run_set.points import Points
from livemon.analysis.statistics import cautions
from livemon.analysis.statistics.cells import significant
from livemon.analysis.statistics.hypothesis_tests import TestName, compare


def curve(y: list[float], metric: str = "train_loss") -> Points:
    return Points(metric, "step", np.arange(len(y), dtype=float), np.array(y, float))


def test_a_run_that_makes_the_interval_is_named() -> None:
    """A run far outside of its group that makes most of the spread is named; values that just scatter are not, nor is
    anything where the middle does not follow it."""
    group = {f"r{run}": 1.0 + run / 10 for run in range(6)} | {"bad": 50.0}
    (note,) = cautions.of_outliers({"base": group}, "mean")
    assert note.startswith("base: bad lies far outside")
    assert cautions.of_outliers({"base": group}, "median") == []
    rng = np.random.default_rng(0)
    usual = [cautions.of_outliers({"a": {str(run): float(one) for run, one in enumerate(rng.normal(size=8))}}, "mean")
             for _ in range(200)]
    assert sum(map(bool, usual)) <= 6


def test_noise_of_a_last_value_is_said() -> None:
    """Of a noisy training loss the last value is one step's noise, and the mean of the last part is named; of a smooth
    one, of a validation, and where the mean was taken, nothing is said."""
    rng = np.random.default_rng(0)
    noisy = {"a": curve([1.0 + 0.2 * float(rng.normal()) for _ in range(300)])}
    (note,) = cautions.of_noise("train_loss", noisy, numbers_at(noisy, "final"))
    assert "--at last:10%" in note
    assert cautions.of_noise("train_loss", noisy, numbers_at(noisy, "last:10%")) == []
    assert cautions.of_noise("val_loss", noisy, numbers_at(noisy, "final")) == []
    smooth = {"a": curve(list(np.linspace(2, 1, 300)))}
    assert cautions.of_noise("train_loss", smooth, numbers_at(smooth, "final")) == []


def test_lengths_matter_but_at_a_common_step() -> None:
    """A note says that runs end at different points, but not where all are taken at one step."""
    curves = {"a": curve([3, 2, 1]), "b": curve([3, 2, 1, 0.5, 0.4])}
    groups = {"x": ["a"], "y": ["b"]}
    (note,) = cautions.of_lengths(curves, groups, numbers_at(curves, "final"))
    assert "step x: 2; y: 4" in note
    (note,) = cautions.of_lengths(curves, {"all": ["a", "b"]}, numbers_at(curves, "final"))
    assert "(step 2 to 4)" in note, "a single group is not said to be each group"
    assert cautions.of_lengths(curves, groups, numbers_at(curves, "common")) == []


def test_few_of_many_lengths_are_listed() -> None:
    """Of many groups the first three are listed, and the range of all."""
    curves = {str(number): curve([3.0] * (number + 2)) for number in range(12)}
    groups = {f"g{name}": [name] for name in curves}
    (note,) = cautions.of_lengths(curves, groups, numbers_at(curves, "final"))
    assert "(step g0: 1; g1: 2; g2: 3; and 9 more, all within 1 to 12)" in note


def test_means_that_point_the_other_way() -> None:
    """Where the test calls one group higher and the means the other, that is said; else nothing."""
    row = {"a": "base", "b": "ours", "higher": "base"}
    (note,) = cautions.of_means(row, np.array([1.0, 1.0]), np.array([0.5, 9.0]))
    assert "that of ours is higher, by 3.75; by this test base is" in note
    assert cautions.of_means(row, np.array([1.0]), np.array([0.5])) == []
    assert cautions.of_means(row | {"higher": ""}, np.array([1.0]), np.array([5.0])) == []


def test_floors_are_said_once_and_what_has_none() -> None:
    """A test that cannot give a small p is said to; of pairs also which test could."""
    row = {"a": "x", "b": "y", "n_a": 5, "n_b": 5, "paired": True, "floor": 0.0625, "p": 0.0625}
    (note,) = cautions.of_floors(pd.DataFrame([row]), "mannwhitney")
    assert "5 pairs: this test cannot give a p below 0.0625 (two-sided)" in note and "could give 0.00794" in note
    one = row | {"n_a": 1, "paired": False, "floor": 0.0, "p": math.nan}
    assert "the spread of a group with one value is unknown" in cautions.of_floors(pd.DataFrame([one]), "welch")[0]


def test_too_few_to_check_for_normal_values() -> None:
    """Three pairs are called pairs; the note names the assumption, and the lowest p of permuted signs, 2 / 8."""
    row = {"a": "x", "b": "y", "n_a": 3, "n_b": 3, "paired": True, "floor": 0.0, "p": 0.09}
    assert cautions.of_floors(pd.DataFrame([row]), "welch") == [
        "3 pairs: too few to check that the differences are normally distributed, as the paired t-test assumes. A "
        "permutation test (--test permutation) does not assume it, but with so few its p cannot be below 0.250"]
    (apart,) = cautions.of_floors(pd.DataFrame([row | {"paired": False}]), "welch")
    assert apart.startswith("3 runs against 3: too few") and apart.endswith("0.100")


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("test", ["mannwhitney", "permutation"])
def test_no_p_is_shown_below_the_floor_that_is_shown(test: TestName, paired: bool) -> None:
    """The floor has as many digits as p: groups that do not overlap at all have the p that a note calls the lowest."""
    for n in range(2, 9):
        a, b = np.arange(n) + 100.0, np.arange(n, 0, -1.0)
        result = compare(a, b, test, paired=paired)
        row = {"a": "x", "b": "y", "n_a": n, "n_b": n, "paired": paired, "floor": result.floor, "p": result.p}
        for note in cautions.of_floors(pd.DataFrame([row]), test):
            assert f"below {significant(result.p)} (two-sided)" in note
        assert significant(result.p) == significant(result.floor)


def test_marks_and_pairs_that_seem_to_disagree_are_explained() -> None:
    """A group without a mark that no pair shows to be worse than the best, and one with a mark that a pair does, are
    named with the reason; groups of which both say the same, or that cannot be tested, are not."""
    verdicts = {"near": "no difference shown", "far": "best is better", "kept": "best is better", "alone": "too few"}
    table = pd.DataFrame([{"a": "best", "b": label, "p": math.nan if label == "alone" else 0.03, "verdict": verdict}
                          for label, verdict in verdicts.items()])
    unmarked, kept = cautions.of_marks(table, "best", {"best": True, "near": False, "far": False, "kept": True,
                                                       "alone": False})
    assert unmarked.startswith("near: not marked as among the best, though the pairs show no difference to best: p of")
    assert kept.startswith("kept: marked as among the best, though") and "over 3 comparisons" in kept
    assert cautions.of_marks(table, "best", {"best": True, "near": True, "far": False, "kept": False}) == []
