"""Tests of pairs of groups, of which each run has a number: which runs belong together, and what came of each test."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from livemon import wording
from livemon.analysis.statistics import cautions
from livemon.analysis.statistics.bands import Middle
from livemon.analysis.statistics.called import effect_kind, name_of_test
from livemon.analysis.statistics.cautions import finite_values
from livemon.analysis.statistics.hypothesis_tests import TestName, compare, default_test, holm
from livemon.analysis.statistics.pairing import find_pairs

__all__ = ["PairTests"]


class PairTests:
    """The tests of pairs of groups, and what has to be said of how they were made.

    Args:
        settings: Of each run, flat.
        values: group -> run -> its number; NaN where it has none.
        test, middle, pair: See `significance.compare_groups`.

    Attributes:
        notes, pairings: Sentences.
    """

    def __init__(self, settings: Mapping[str, Mapping[str, Any]], values: Mapping[str, Mapping[str, float]],
                 test: TestName | None, middle: Middle, pair: str | Sequence[str] | None) -> None:
        self._settings = settings
        self._values = values
        self._test = test or default_test(middle)
        self._middle: Middle = middle
        self._pair = pair
        self.notes: list[str] = []
        self.pairings: list[str] = []

    def table(self, pairs: Sequence[tuple[str, str]]) -> pd.DataFrame:
        """A row a pair of groups, as `significance.GroupComparison.table` has them, without verdicts; p is corrected
        over these pairs."""
        table = pd.DataFrame([self._row(a, b) for a, b in pairs])
        table.insert(list(table).index("p") + 1, "p_holm", holm(table["p"].tolist()))
        return table

    def _row(self, a: str, b: str) -> dict[str, object]:
        first, second = self._values[a], self._values[b]
        pairs = self._pairs(a, b)
        if pairs:
            first, second = {name: first[name] for name, _ in pairs}, {name: second[name] for _, name in pairs}
        values = finite_values(first), finite_values(second)
        result = compare(*values, self._test, paired=bool(pairs), middle=self._middle)
        row: dict[str, Any] = {
            "a": a, "b": b, "n_a": len(values[0]), "n_b": len(values[1]), "paired": bool(pairs),
            "difference": result.difference, "low": result.low, "high": result.high, "effect": result.effect,
            "superiority": result.superiority, "higher": {1: a, -1: b, 0: ""}[result.direction], "p": result.p,
            "floor": result.floor, "t": result.t, "df": result.df,
            "test": name_of_test(self._test, paired=bool(pairs), middle=self._middle),
            "effect_kind": effect_kind(self._test, paired=bool(pairs), middle=self._middle)}
        self.notes += cautions.of_means(row, *values)
        return row

    def _pairs(self, a: str, b: str) -> list[tuple[str, str]]:
        """The pairs with a number of both runs; none where the groups are not paired.

        Which runs belong together is a matter of how they were made: a run that diverged takes its partner out of the
        test, and the others stay pairs.
        """
        first, second = self._values[a], self._values[b]
        failed = [name for name, value in (*first.items(), *second.items()) if not math.isfinite(value)]
        pairing = find_pairs(self._settings, list(first), list(second), self._pair, failed)
        pairs = [(run, partner) for run, partner in pairing.pairs
                 if math.isfinite(first[run]) and math.isfinite(second[partner])]
        if pairing.pairs and len(pairs) < 2:
            self.pairings.append("not paired: fewer than two pairs have a number for both runs")
            return []
        self.pairings.append(pairing.reason)
        if pairing.without:
            self.notes.append(f"{wording.listed(list(pairing.without))}: no partner in {a} against {b}, so not in the "
                              "test")
        known = {name for pair in pairs for name in pair}
        alone = [name for pair in pairing.pairs for name in pair
                 if name not in known and math.isfinite({**first, **second}[name])]
        if alone:
            self.notes.append(f"{wording.listed(alone)}: the partner in {a} against {b} has no number, so not in the "
                              "test")
        return pairs
