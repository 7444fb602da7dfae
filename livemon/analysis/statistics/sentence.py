"""A comparison of two groups as a sentence for the text of a paper."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from livemon.analysis.statistics.bands import Middle, middle_of
from livemon.analysis.statistics.called import MIDDLES
from livemon.analysis.statistics.cautions import finite_values
from livemon.analysis.statistics.cells import significant
from livemon.analysis.statistics.hypothesis_tests import TestName
from livemon.analysis.statistics.significance import GroupComparison
from livemon.wording import value_text

__all__ = ["sentence_of"]


def sentence_of(comparison: GroupComparison, row: Mapping[Any, Any]) -> str:
    """The sentence for a pair of groups: "eval_loss (final values): base 0.262 (SD 0.010, n = 3), ours 0.167 (SD 0.047,
    n = 3); difference of the means (base minus ours) 0.0956, 95 % CI [-0.0382, 0.229]; paired t-test of 3 pairs, t(2) =
    3.07, p = 0.092; d_z with Hedges' correction 1.02". What the test does not give is left out.

    Args:
        row: A row of `comparison.table`.
    """
    compared: dict[TestName, Middle] = {"welch": "mean", "mannwhitney": "median", "permutation": comparison.middle}
    middle = compared[comparison.test]
    groups = ", ".join(_group(comparison, str(row[side]), middle) for side in "ab")
    shift = _compared(comparison.test, middle, row["paired"])
    difference = f"{shift} ({row['a']} minus {row['b']}) {_value(comparison, row['difference'])}"
    if math.isfinite(row["low"]):
        difference += f", 95 % CI [{_value(comparison, row['low'])}, {_value(comparison, row['high'])}]"
    of = f"{row['n_a']} pairs" if row["paired"] else f"{row['n_a']} against {row['n_b']} runs"
    parts = [f"{row['test']} of {of}"]
    if math.isfinite(row["t"]):
        parts.append(f"t({_freedom(row['df'])}) = {row['t']:.2f}")
    parts.append(_p(comparison, row))
    effect = f"; {row['effect_kind']} {row['effect']:.2f}" if math.isfinite(row["effect"]) else ""
    return (f"{comparison.called} ({comparison.numbers.words()}): {groups}; {difference}; {', '.join(parts)}{effect}")


def _compared(test: TestName, middle: Middle, paired: bool) -> str:
    """The number that a test compares with 0. For pairs the middle of the differences equals the difference of the
    middles only for means."""
    if test == "mannwhitney":
        return "Hodges-Lehmann shift"
    return f"{MIDDLES[middle]} of the paired differences" if paired and middle != "mean" else (
        f"difference of the {MIDDLES[middle]}s")


def _group(comparison: GroupComparison, label: str, middle: Middle) -> str:
    values = finite_values(comparison.values[label])
    if not len(values):
        return f"{label} without a value"
    center = _value(comparison, middle_of(values, middle))
    spread = ""
    if middle == "mean" and len(values) > 1:
        spread = f"SD {_with_digits_of(center, float(values.std(ddof=1)), comparison)}, "
    called = "" if middle == "mean" else f"{MIDDLES[middle]} "
    return f"{label} {called}{center} ({spread}n = {len(values)})"


def _with_digits_of(center: str, value: float, comparison: GroupComparison) -> str:
    """A spread with as many decimals as its middle, if at least one digit remains."""
    _, point, decimals = center.partition(".")
    text = f"{value:.{len(decimals)}f}"
    return text if point and decimals.isdigit() and float(text) > 0 else _value(comparison, value)


def _p(comparison: GroupComparison, row: Mapping[Any, Any]) -> str:
    if math.isnan(row["p"]):
        return "no p: it cannot be tested"
    tests = int(comparison.table["p"].notna().sum())
    if tests == 1:
        return f"p {_size(row['p'])}"
    return f"p {_size(row['p_holm'])} (Holm, {tests} comparisons)"


def _size(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {significant(p)}"


def _freedom(df: float) -> str:
    """A whole number for pairs, a fraction for Welch's test."""
    return f"{df:.0f}" if float(df).is_integer() else f"{df:.1f}"


def _value(comparison: GroupComparison, value: Any) -> str:
    return value_text(comparison.metric, float(value))
