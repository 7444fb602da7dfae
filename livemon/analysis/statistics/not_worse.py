"""Which groups are printed bold: the best, and all that are not significantly worse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.run_set.one_number import At
from livemon.analysis.statistics.bands import Middle
from livemon.analysis.statistics.cautions import LEVEL
from livemon.analysis.statistics.hypothesis_tests import TestName
from livemon.analysis.statistics.significance import compare_groups

__all__ = ["NotWorse", "not_worse_than"]


@dataclass(frozen=True, slots=True)
class NotWorse:
    """The groups of one metric that are printed bold.

    Attributes:
        groups: The best, and those whose test against it does not show that they are worse. A group that cannot be
            tested, such as a single run, is none of them.
        tests: How many tests against the best could be made; Holm's correction is over these.
        made: What they are called; "" where there is none.
    """

    groups: frozenset[str]
    tests: int
    made: str


def not_worse_than(best: str, runs: MultiExperimentLoader, metric: str, groups: Mapping[str, Sequence[str]], *,
                   rising: bool, at: str | At, test: TestName | None, middle: Middle, pair: str | None = None,
                   x: str | None = None) -> NotWorse:
    """The best group and all that are not significantly worse: each is tested against the best, p corrected by Holm
    (1979) over these tests, at 0.05.

    Args:
        best: The group whose middle is the best.
        groups: label -> runs, those with a value alone.
        rising: Whether more is better.
        at, test, middle, pair, x: As `significance.compare_groups` takes them.
    """
    if len(groups) < 2:
        return NotWorse(frozenset({best}), 0, "")
    table = compare_groups(runs, metric, at=at, groups=groups, test=test, middle=middle, pair=pair, baseline=best,
                           rising=rising, x=x).table
    kept, tested = {best}, table[table["p"].notna()]
    for row in tested.to_dict("records"):
        lower = row["a"] if row["higher"] == row["b"] else row["b"]
        is_worse = row["p_holm"] <= LEVEL and row["higher"] and (lower if rising else row["higher"]) == row["a"]
        if not is_worse:
            kept.add(str(row["a"]))
    return NotWorse(frozenset(kept), len(tested), ", ".join(dict.fromkeys(tested["test"])))
