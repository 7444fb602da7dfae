"""The groups to print in bold: the best, and all that are not significantly worse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from livemon.analysis.statistics.bands import Middle
from livemon.analysis.statistics.cautions import LEVEL
from livemon.analysis.statistics.hypothesis_tests import TestName
from livemon.analysis.statistics.pair_tests import PairTests

__all__ = ["NotWorse", "not_worse_than"]


@dataclass(frozen=True, slots=True)
class NotWorse:
    """The groups to print in bold for one metric.

    Attributes:
        groups: The best, and those whose test against it does not show that they are worse. A group that cannot be
            tested, such as a single run, is not among them.
        tests: The number of tests against the best that could be made; Holm's correction is over these.
        made: The names of the tests; "" if there were none.
        pairings: Why runs are paired or not, a sentence each.
    """

    groups: frozenset[str]
    tests: int
    made: str
    pairings: tuple[str, ...] = ()


def not_worse_than(best: str, settings: Mapping[str, Mapping[str, Any]], values: Mapping[str, Mapping[str, float]], *,
                   rising: bool, test: TestName | None, middle: Middle, pair: str | None = None) -> NotWorse:
    """The best group and all that are not significantly worse: each is tested against the best, with p corrected by
    Holm (1979) over these tests, at 0.05.

    Args:
        best: The group whose middle is the best.
        settings: Of each run, flat.
        values: group -> run -> its number; of groups with a number alone.
        rising: Whether more is better.
        test, middle, pair: As `significance.compare_groups` takes them.
    """
    if len(values) < 2:
        return NotWorse(frozenset({best}), 0, "")
    tests = PairTests(settings, values, test, middle, pair)
    table = tests.table([(label, best) for label in values if label != best])
    kept, tested = {best}, table[table["p"].notna()]
    for row in tested.to_dict("records"):
        lower = row["a"] if row["higher"] == row["b"] else row["b"]
        is_worse = row["p_holm"] <= LEVEL and row["higher"] and (lower if rising else row["higher"]) == row["a"]
        if not is_worse:
            kept.add(str(row["a"]))
    return NotWorse(frozenset(kept), len(tested), ", ".join(dict.fromkeys(tested["test"])),
                    tuple(dict.fromkeys(tests.pairings)))
