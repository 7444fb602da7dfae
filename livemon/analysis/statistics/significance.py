"""Is A better than B? Groups of runs compared by one number for each run, with what so few runs can and cannot show."""

from __future__ import annotations

import fnmatch
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pandas as pd

from livemon import wording
from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.run_set.missing import no_metric
from livemon.analysis.run_set.one_number import At, Numbers, numbers_at
from livemon.analysis.run_set.points import Points
from livemon.analysis.statistics import cautions
from livemon.analysis.statistics.bands import Middle, middle_of
from livemon.analysis.statistics.cautions import LEVEL, finite_values, lowest_holm
from livemon.analysis.statistics.groups import find_groups, group_called
from livemon.analysis.statistics.hypothesis_tests import TestName, default_test
from livemon.analysis.statistics.pair_tests import PairTests
from livemon.curves.sizes import spread_of
from livemon.runs.experiment import ExperimentLoader
from livemon.states import State
from livemon.tables import meaning, names

__all__ = ["MOST_GROUPS", "GroupComparison", "compare_groups", "default_at", "main_metric", "match_groups"]

MOST_GROUPS = 40  # for testing every pair


@dataclass(frozen=True)
class GroupComparison:
    """The result of `compare_groups`.

    Attributes:
        metric, rising: The metric, and whether more of it is better; None if unknown.
        numbers: The number of each run.
        test: "welch", "mannwhitney" or "permutation".
        middle: The middle that a permutation test compares.
        groups: A row for each group: n, mean, std, and the number of runs left out (`left_out`).
        table: A row for each pair of groups: a, b, n_a, n_b, paired, difference (a minus b, as defined by the test),
            low, high (its 95 % confidence interval), effect, superiority (how often a run of a is above one of b),
            higher (the higher group by this test, or ""), p, p_holm, floor (the lowest p that the test can give),
            verdict, test and effect_kind (the names of the test and its effect), t and df (of a t-test, else NaN). See
            `hypothesis_tests.Difference`.
        pairings: Why runs are paired or not, with a sentence for each.
        values: group -> run -> its number, or NaN.
        notes: What readers of the table must know, in sentences.
        called: The name of the metric in tables and sentences.
    """

    metric: str
    numbers: Numbers
    rising: bool | None
    test: TestName
    middle: Middle
    groups: pd.DataFrame
    table: pd.DataFrame
    pairings: list[str]
    values: dict[str, dict[str, float]]
    notes: list[str]
    called: str

    @property
    def test_made(self) -> str:
        """The name of the test: "Welch's t-test", or for pairs "paired t-test"; both if only some groups are paired."""
        return ", ".join(dict.fromkeys(self.table["test"]))

    def __str__(self) -> str:
        from livemon.analysis.table_formats import to_text

        better = {True: ", more is better", False: ", less is better", None: ""}[self.rising]
        shown = self.table.drop(columns=["test", "effect_kind"])
        parts = [f"{self.metric} ({self.numbers.words()}{better}), {self.test_made}",
                 to_text(self.groups), to_text(shown.dropna(axis="columns", how="all"))]
        return "\n\n".join(parts) + "".join(f"\n- {note}" for note in (*self.pairings, *self.notes))


def match_groups(runs: MultiExperimentLoader, patterns: Sequence[str]) -> dict[str, list[str]]:
    """Groups by patterns of names, such as `base_s*`; each run belongs to the first pattern that matches.

    Raises:
        ValueError: A pattern matches no run.
    """
    groups: dict[str, list[str]] = {}
    taken: set[str] = set()
    for pattern in patterns:
        members = [name for name in runs.names if name not in taken and fnmatch.fnmatchcase(name, pattern)]
        if not members:
            raise ValueError(f"no run is called {pattern!r}; there are {', '.join(runs.names[:20])}")
        taken.update(members)
        groups[pattern.rstrip("*_-. ") or pattern] = members
    return groups


def default_at(runs: MultiExperimentLoader, curves: Mapping[str, Points]) -> str:
    """The default number for ranking and tests: "common" if a run still trains and others are further on, else
    "final"."""
    ends = {float(points.x[-1]) for points in curves.values() if len(points.x)}
    if len(ends) < 2:
        return "final"
    trains = runs.read(_trains, stacklevel=4)
    return "common" if any(trains.get(name) for name in curves) else "final"


def _trains(run: ExperimentLoader) -> bool:
    return run.state is State.RUNNING


def compare_groups(
    runs: MultiExperimentLoader,
    metric: str | None = None,
    *,
    at: str | At | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    group_by: str | Sequence[str] | None = None,
    test: TestName | None = None,
    middle: Middle = "mean",
    paired: bool | None = None,
    pair: str | Sequence[str] | None = None,
    baseline: str | None = None,
    rising: bool | None = None,
    x: str | None = None,
    label: str | None = None,
) -> GroupComparison:
    """Compare groups of runs by one number of each run.

    Args:
        metric: None: the main one of most runs.
        at: "final", "best", "auc", "common", "step:N", "last:N%" or "last:N": see `one_number.At`. None: see
            `default_at`.
        groups: label -> names of runs; None: runs that differ only in the seed form a group.
        group_by: Settings that the runs of a group share, instead of `groups`.
        test: "welch", "mannwhitney" or "permutation"; for pairs their paired versions, see `hypothesis_tests.compare`.
            None: by the middle, see `hypothesis_tests.default_test`.
        middle: The middle that a permutation test compares.
        paired: False: no pairs; True: by the seed. The same as `pair` "none" and "seed".
        pair: Settings that the runs of a pair share, or "none"; None: see `pairing.find_pairs`.
        baseline: Compare each group (a) only with this one (b), see `groups.group_called`; None: every pair.
        rising: Whether more is better; None: by the metric's name.
        x: See `MultiExperimentLoader.curves`.
        label: The name of the metric in sentences; None: its own.

    Raises:
        ValueError: There are fewer than two groups, a run is in two, or no run has the metric.
    """
    by_group = dict(groups) if groups is not None else find_groups(runs.settings, group_by)
    by_group = {label: list(members) for label, members in by_group.items()}
    _check_groups(by_group, baseline)
    baseline = None if baseline is None else group_called(by_group, baseline)
    metric = metric or main_metric(runs)
    curves = {name: own[metric] for name, own in runs.curves((metric,), x, stacklevel=3).items() if metric in own}
    if not curves:
        raise no_metric(runs, metric)
    rising = meaning.higher_is_better(runs.direction(metric)) if rising is None else rising
    asked, test = test, test or default_test(middle)
    in_groups = {name for members in by_group.values() for name in members}
    curves = {name: points for name, points in curves.items() if name in in_groups}
    numbers = numbers_at(curves, at or default_at(runs, curves), rising)
    values = {label: numbers.of(members) for label, members in by_group.items()}
    if pair is None and paired is not None:
        pair = "seed" if paired else "none"
    tests = PairTests(runs.settings, values, test, middle, pair)
    others = [label for label in by_group if label != baseline]
    table = tests.table([(label, baseline) for label in others] if baseline else list(combinations(by_group, 2)))
    table["verdict"] = [_verdict(row, rising, lowest)
                        for row, lowest in zip(table.to_dict("records"), lowest_holm(table), strict=True)]
    notes = [*cautions.of_values(values, metric, numbers), *cautions.of_outliers(values, middle),
             *cautions.of_lengths(curves, by_group, numbers), *cautions.of_noise(metric, curves, numbers), *tests.notes,
             *cautions.of_floors(table, test), *_paired_kin(asked, table)]
    if rising is None:
        notes.append(f"no group is called better: {meaning.ask_for_direction(metric)}")
    return GroupComparison(metric, numbers, rising, test, middle, _described(values), table,
                           list(dict.fromkeys(tests.pairings)), values, list(dict.fromkeys(notes)), label or metric)


def _paired_kin(asked: TestName | None, table: pd.DataFrame) -> list[str]:
    """A note if the test asked for was made in its paired version."""
    named = {"welch": "Welch's t-test", "mannwhitney": "the Mann-Whitney test"}
    paired = table[table["paired"]]
    if asked not in named or not len(paired):
        return []
    every = "the runs are" if len(paired) == len(table) else "some groups are"
    return [f"{every} paired, so --test {asked} is the {paired['test'].iloc[0]}; --pair none takes {named[asked]}"]


def _check_groups(groups: Mapping[str, Sequence[str]], baseline: str | None) -> None:
    groups_of = Counter(name for group in groups.values() for name in group)
    shared = [name for name, count in groups_of.items() if count > 1]
    if shared:
        raise ValueError(f"{wording.listed(shared)} would be compared with itself: a run can be in only one group")
    if len(groups) > MOST_GROUPS and baseline is None:
        raise ValueError(f"{len(groups)} groups are too many to test all pairs; name a baseline, or group by "
                         "settings that make fewer groups")
    if len(groups) < 2:
        only = next(iter(groups), "none")
        raise ValueError(f"a comparison needs two groups of runs; there is one: {only}. Name two patterns, "
                         "or settings to group by")


def _main_of(run: ExperimentLoader) -> str | None:
    run.refresh()
    return run.main_metric()


def main_metric(runs: MultiExperimentLoader) -> str:
    """The main metric of most runs, by its well-known name if it has one.

    Raises:
        ValueError: No run has a metric.
    """
    main = names.main_metric_of_most(runs.read(_main_of, stacklevel=3).values())
    if main is None:
        raise ValueError("no run has a metric that could be compared")
    return main


def _described(values: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    rows = []
    for label, of_runs in values.items():
        finite = finite_values(of_runs)
        rows.append({"group": label, "n": len(finite),
                     "mean": float(middle_of(finite, "mean")) if len(finite) else math.nan,
                     "std": spread_of(finite) if len(finite) > 1 else math.nan,
                     "left_out": len(of_runs) - len(finite)})
    return pd.DataFrame(rows).set_index("group")


def _verdict(row: Mapping[Any, Any], rising: bool | None, lowest: float) -> str:
    """`lowest`: the lowest corrected p that the test can give."""
    p = float(row["p_holm"])
    if math.isnan(p):
        return "cannot be tested"
    if p <= LEVEL and row["higher"]:
        if rising is None:
            return "they differ"
        lower = row["a"] if row["higher"] == row["b"] else row["b"]
        return f"{row['higher'] if rising else lower} is better"
    if lowest > LEVEL:
        return "too few runs to tell"
    return "no difference shown"
