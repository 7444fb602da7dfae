"""A comparison in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from livemon import MultiExperimentLoader
from livemon.analysis.statistics import captions
from livemon.analysis.statistics.sentence import sentence_of
from livemon.analysis.statistics.significance import compare_groups


def test_three_pairs_by_hand(seeded: Callable[..., MultiExperimentLoader], tmp_path: Path) -> None:
    """Differences of 1, 2 and 4: mean 7/3, deviation sqrt(7/3), t = 7/3 / (sqrt(7/3) / sqrt(3)) = sqrt(7), and
    d_z = sqrt(7/3), of which 4/7 is 0.87; t of two degrees of freedom has p = 1 - t / sqrt(t^2 + 2) = 0.118."""
    runs = seeded(tmp_path, {"base": [2.0, 4.0, 7.0], "ours": [1.0, 2.0, 3.0]})
    found = compare_groups(runs, "val_loss")
    said = sentence_of(found, found.table.iloc[0])
    assert said.startswith("val_loss (final values): method=base 4.33")
    assert "(method=base minus method=ours) 2.33" in said
    assert said.endswith("paired t-test of 3 pairs, t(2) = 2.65, p = 0.118; d_z with Hedges' correction 0.87")
    assert found.test_made == "paired t-test" and "paired t-test" in str(found).splitlines()[0]


def test_a_spread_has_the_digits_of_its_mean(seeded: Callable[..., MultiExperimentLoader], tmp_path: Path) -> None:
    """A mean of 0.320 has a deviation of 0.031, not of 0.0308; a deviation too small for that keeps its own digits."""
    runs = seeded(tmp_path, {"base": [0.3, 0.3125, 0.3475], "ours": [0.2, 0.20001, 0.2]})
    sentence = sentence_of(compared := compare_groups(runs, "val_loss", pair="none"), compared.table.iloc[0])
    assert "method=base 0.320 (SD 0.025, n = 3), method=ours 0.200 (SD 5.77e-6, n = 3)" in sentence


def test_the_middle_of_differences_is_not_the_difference_of_middles(
    seeded: Callable[..., MultiExperimentLoader], tmp_path: Path
) -> None:
    """Differences of 1, 5 and 0 in pairs have the median 1, and the medians 7 and 2 differ by 5: of pairs the sentence
    names what the test compares. Of means both are the same."""
    runs = seeded(tmp_path, {"base": [2.0, 7.0, 9.0], "ours": [1.0, 2.0, 9.0]})
    compared = compare_groups(runs, "val_loss", test="permutation", middle="median")
    sentence = sentence_of(compared, compared.table.iloc[0])
    assert "; median of the paired differences (method=base minus method=ours) 1" in sentence
    caption = captions.tests_caption(compared)
    assert "difference: of the medians (of pairs: median of their differences), a minus b" in caption
    means = compare_groups(runs, "val_loss", test="permutation", middle="mean")
    assert "; difference of the means (" in sentence_of(means, means.table.iloc[0])


def test_ranks_have_no_t_and_many_groups_holm(seeded: Callable[..., MultiExperimentLoader], tmp_path: Path) -> None:
    """Ranks compare medians and have no t; of several pairs of groups p is Holm's, and the number is said."""
    finals = {"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0], "c": [7.0, 8.0, 9.0]}
    found = compare_groups(seeded(tmp_path, finals, seeds=False), "val_loss", test="mannwhitney")
    said = sentence_of(found, found.table.iloc[0])
    assert "t(" not in said and "SD" not in said and "median 2" in said and "Cliff's delta -1.00" in said
    assert "Mann-Whitney test of 3 against 3 runs, p = 0.300 (Holm, 3 comparisons)" in said
