"""The names of tests and their effects: the same words in tables, captions, notes and JSON."""

from __future__ import annotations

from livemon.analysis.statistics.bands import BandKind, Middle, band_named
from livemon.analysis.statistics.hypothesis_tests import TestName

__all__ = ["MIDDLES", "band_in_words", "effect_kind", "name_of_test"]

MIDDLES: dict[Middle, str] = {"mean": "mean", "median": "median", "iqm": "interquartile mean"}
_BANDS: dict[BandKind, str] = {"bootstrap": " and 95 % bootstrap interval", "t": " and 95 % t interval",
                               "order": " and 95 % interval by order statistics", "minmax": ", lowest and highest run",
                               "std": " ± standard deviation", "sem": " ± standard error"}
_APART: dict[TestName, str] = {"welch": "Welch's t-test", "mannwhitney": "Mann-Whitney test",
                               "permutation": "permutation test"}
_PAIRED: dict[TestName, str] = {"welch": "paired t-test", "mannwhitney": "Wilcoxon's signed-rank test",
                                "permutation": "permutation test of signs"}


def name_of_test(test: TestName, *, paired: bool, middle: Middle = "mean") -> str:
    """ "Welch's t-test", or for pairs "paired t-test". `middle`: the middle that a permutation test compares."""
    name = (_PAIRED if paired else _APART)[test]
    if test != "permutation" or middle == "mean":
        return name
    return f"{name} {'and' if paired else 'of'} {MIDDLES[middle]}s"


def band_in_words(middle: Middle, band: BandKind) -> str:
    """ "mean and 95 % t interval": the name of a group's curve and its band."""
    return f"{MIDDLES[middle]}{_BANDS[band_named(middle, band)]}"


def effect_kind(test: TestName, *, paired: bool, middle: Middle = "mean") -> str:
    """ "Hedges' g", or for pairs "d_z with Hedges' correction"; see `effects` for the formulas. A test that does not
    compare means has an effect of ranks. `middle`: the middle that a permutation test compares."""
    if test == "mannwhitney" or (test == "permutation" and middle != "mean"):
        return "rank-biserial correlation" if paired else "Cliff's delta"
    return "d_z with Hedges' correction" if paired else "Hedges' g"
