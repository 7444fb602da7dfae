"""The line that says what a table holds."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from livemon import MultiExperimentLoader
from livemon.analysis.run_set.one_number import At, Numbers
from livemon.analysis.statistics import captions
from livemon.analysis.statistics.hypothesis_tests import TestName
from livemon.analysis.statistics.importance import parameter_importance
from livemon.analysis.statistics.significance import compare_groups


def test_middle_band_and_number_are_named() -> None:
    """A table of groups says which middle of which number it shows, and what its interval is; of the best values that
    they are optimistic."""
    final, best, auc = (Numbers({}, At(kind)) for kind in ("final", "best", "auc"))  # type: ignore[arg-type]
    assert captions.groups_caption("mean", "t", final) == (
        "mean [95 % t interval] of the final values of n runs, as logged")
    assert captions.groups_caption("iqm", "bootstrap", best) == (
        "interquartile mean [95 % bootstrap interval] of the best values of n runs, as logged (the best of many noisy "
        "values is optimistic)")
    assert captions.groups_caption("median", "minmax", auc) == (
        "median [lowest, highest run] of the mean heights of the curves (auc) of n runs, as logged")
    assert captions.groups_caption("mean", "std", final).startswith("mean ± standard deviation of the final values")
    assert captions.groups_caption("median", "order", final).startswith("median [95 % interval by order statistics]")


@pytest.mark.parametrize("test", get_args(TestName))
@pytest.mark.parametrize("at", ["final", "best", "auc", "step:2", "last:1"])
def test_the_test_that_was_made_is_named(
    test: TestName, at: str, seeded: Callable[..., MultiExperimentLoader], tmp_path: Path
) -> None:
    """Whichever test was made, the caption says its name, of pairs that of the paired one, and what the effect is."""
    finals = {"base": [2.0, 2.1, 1.9], "ours": [1.0, 1.2, 0.95]}
    apart, pairs = (
        captions.tests_caption(compare_groups(runs, "val_loss", test=test, at=at))
        for runs in (seeded(tmp_path / "apart", finals, seeds=False), seeded(tmp_path / "pairs", finals))
    )
    name = {"welch": "Welch's t-test", "mannwhitney": "Mann-Whitney test", "permutation": "permutation test"}[test]
    paired = {"welch": "paired t-test", "mannwhitney": "Wilcoxon's signed-rank test",
              "permutation": "permutation test of signs"}[test]
    ranks = test == "mannwhitney"
    assert apart.startswith(f"{name} of the ") and "; not paired: no seeds match" in apart
    assert apart.endswith("effect: Cliff's delta" if ranks else "effect: Hedges' g")
    assert pairs.startswith(f"{paired} of the ") and "; paired by seed: one run per seed in each group; " in pairs
    assert pairs.endswith("rank-biserial correlation" if ranks else "times 1 - 3 / (4 df - 1))")
    assert ("Hodges and Lehmann's shift" if ranks else "of the means") in pairs


def test_several_tests_are_counted(seeded: Callable[..., MultiExperimentLoader], tmp_path: Path) -> None:
    """Where several pairs of groups are tested the caption says over how many Holm's correction goes, and where some
    are paired and some are not it says both tests."""
    finals = {"a": [1.0, 2.0, 3.0], "b": [1.5, 2.5, 3.5], "c": [5.0, 6.0]}
    said = captions.tests_caption(compare_groups(seeded(tmp_path, finals), "val_loss", test="welch"))
    assert said.startswith("Welch's t-test of the final values; paired t-test of pairs; paired by seed")
    assert "; p_holm: Holm over the 2 of 3 comparisons that can be tested; " in said
    assert "effect: Hedges' g, of pairs d_z with Hedges' correction" in said


def test_importance_says_of_what_and_without_whom(
    seeded: Callable[..., MultiExperimentLoader], tmp_path: Path
) -> None:
    """The table of settings says with what they go, and how many runs diverged and count as the worst."""
    whole = seeded(tmp_path / "whole", {"base": [1.0, 2.0, 3.0], "ours": [4.0, 6.0, 5.0]})
    assert captions.importance_caption(parameter_importance(whole, "val_loss")) == (
        "strength (0 to 1) with the final values of val_loss; best: said where p_holm is at most 0.05")
    holes = seeded(tmp_path / "holes", {"base": [1.0, 2.0, math.nan], "ours": [4.0, math.nan, 5.0, 3.0]})
    said = captions.importance_caption(parameter_importance(holes, "val_loss"))
    assert "of val_loss; 2 that diverged count as the worst; " in said
