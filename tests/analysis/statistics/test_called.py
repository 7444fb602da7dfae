"""What a test and its effect are called."""

from __future__ import annotations

from livemon.analysis.statistics.called import effect_kind, name_of_test


def test_pairs_have_names_of_their_own() -> None:
    """No test of pairs is called as that of groups apart, nor is its effect."""
    assert name_of_test("welch", paired=True) == "paired t-test"
    assert name_of_test("mannwhitney", paired=True) == "Wilcoxon's signed-rank test"
    assert name_of_test("permutation", paired=False, middle="iqm") == "permutation test of interquartile means"
    for test in ("welch", "mannwhitney", "permutation"):
        assert name_of_test(test, paired=True) != name_of_test(test, paired=False)  # type: ignore[arg-type]
        assert effect_kind(test, paired=True) != effect_kind(test, paired=False)  # type: ignore[arg-type]
