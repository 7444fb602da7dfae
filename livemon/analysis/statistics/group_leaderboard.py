"""Groups of runs, the best first: the middle of one or several metrics with its spread, the best ones marked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from livemon import wording
from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.run_set.missing import no_metric
from livemon.analysis.run_set.one_number import At, Numbers, numbers_at
from livemon.analysis.run_set.settings import distinguishing_settings, is_seed
from livemon.analysis.statistics.bands import (
    ENOUGH_FOR_BOOTSTRAP,
    LEAST_FOR_ORDER,
    BandKind,
    Middle,
    band_named,
    band_of,
    middle_of,
)
from livemon.analysis.statistics.captions import best_caption, groups_caption
from livemon.analysis.statistics.cells import Cell, column_cells
from livemon.analysis.statistics.groups import find_groups
from livemon.analysis.statistics.hypothesis_tests import TestName
from livemon.analysis.statistics.leaderboard import Leaderboard, at_the_last_common, heading
from livemon.analysis.statistics.not_worse import NotWorse, not_worse_than
from livemon.analysis.statistics.significance import default_at, main_metric
from livemon.curves.sizes import spread_of
from livemon.tables import meaning

__all__ = ["group_leaderboard"]

_MOST_SETTINGS = 6
_VALUES = 5  # of a setting, to list

_TASKS = ("task", "env", "env_id", "environment", "dataset", "data", "domain", "benchmark")  # settings that name a task


@dataclass(frozen=True)
class _Column:
    """A metric of all groups.

    Attributes:
        rising: Whether more is better; None if unknown.
        rows: The row of each group; see `Leaderboard.rows`.
        bold: None if no group is the best: the direction is unknown, or no group has a value.
    """

    metric: str
    head: str
    rising: bool | None
    numbers: Numbers
    rows: dict[str, dict[str, Any]]
    bold: NotWorse | None

    def rank(self, label: str, middle: Middle) -> float:
        """The rank of a group, lower is better; infinite without a value."""
        value = self.rows[label][middle]
        return math.inf if value is None else float(value) * {True: -1, False: 1, None: 0}[self.rising]


def group_leaderboard(
    runs: MultiExperimentLoader, metrics: Sequence[str] = (), group_by: str | Sequence[str] | None = None, *,
    middle: Middle = "mean", band: BandKind = "auto", at: str | At | None = None, rising: bool | None = None,
    groups: Mapping[str, Sequence[str]] | None = None, x: str | None = None, test: TestName | None = None,
    pair: str | None = None, labels: Mapping[str, str] | None = None, directions: Mapping[str, bool] | None = None,
) -> Leaderboard:
    """Groups of runs, the best first: the middle of some metrics, its spread, and the number of runs.

    In each column the best group is marked, and all that are not significantly worse; see `not_worse`.

    Args:
        metrics: The first one ranks; () stands for the main metric.
        group_by: See `groups.find_groups`; or use `groups` (label -> names).
        at: The number for each run, see `significance.compare_groups`.
        rising: The direction of the first metric.
        x: See `MultiExperimentLoader.curves`.
        test, pair: The test of a group against the best, see `significance.compare_groups`.
        labels: metric -> the name of its column, if not its own.
        directions: metric -> whether more is better, if its name does not say so.

    Raises:
        ValueError: No run has the first metric, or a setting to group by is unknown.
    """
    wanted = list(metrics) or [main_metric(runs)]
    by_group = {label: list(members) for label, members in
                (groups if groups is not None else find_groups(runs.settings, group_by)).items()}
    up = dict(directions or {}) | ({wanted[0]: rising} if rising is not None else {})
    columns = []
    for metric in wanted:
        called = (labels or {}).get(metric, metric)
        column = _column(runs, metric, called, up.get(metric), by_group, middle, band, at, x)
        columns.append(_with_bold(column, runs.settings, by_group, middle, test, pair))
    first = columns[0]
    if not any(row["n"] for row in first.rows.values()):
        if not any(first.metric in of_run for of_run in runs.curves((first.metric,), x, stacklevel=3).values()):
            raise no_metric(runs, first.metric)
        raise ValueError(f"no run has a finite number among the {first.numbers.words()} of {first.metric!r}")
    order = sorted(by_group, key=lambda label: first.rank(label, middle))
    table = _table(columns, order, middle, band_named(middle, band))
    best = {(order.index(label), column.head) for column in columns if column.bold for label in column.bold.groups}
    single = [label for label in order if len(by_group[label]) == 1]
    notes = [f"{wording.listed(single)}: n = 1, so the spread is unknown"] if single else []
    notes += [*at_the_last_common(first.numbers), *_few_for_the_band(middle, band_named(middle, band), by_group),
              *_pooled(runs, by_group)]
    if first.rising is None:
        notes.insert(0, f"the groups are not ranked: {meaning.ask_for_direction(first.metric)}")
    notes += [f"{column.metric}: no group is marked as the best: {meaning.ask_for_direction(column.metric)}"
              for column in columns[1:] if column.rising is None]
    caption = groups_caption(middle, band_named(middle, band), first.numbers)
    if sentence := best_caption([column.bold for column in columns if column.bold is not None]):
        caption = f"{caption}; {sentence}"
    return Leaderboard(first.metric, first.rising, table, frozenset(best), notes,
                       [column.rows[label] for label in order for column in columns], caption, first.numbers)


def _column(runs: MultiExperimentLoader, metric: str, called: str, rising: bool | None,
            by_group: Mapping[str, Sequence[str]], middle: Middle, band: BandKind, at: str | At | None, x: str | None
            ) -> _Column:
    if rising is None:
        rising = meaning.higher_is_better(runs.direction(metric))
    members = {name for names_of_group in by_group.values() for name in names_of_group}
    curves = runs.curves((metric,), x, stacklevel=4)
    points = {name: of_run[metric] for name, of_run in curves.items() if metric in of_run and name in members}
    numbers = numbers_at(points, at or default_at(runs, points), rising)
    rows = {}
    for label, names in by_group.items():
        values = np.array([numbers.values[name] for name in names if name in numbers.values])
        finite = values[np.isfinite(values)]
        row: dict[str, Any] = {"group": label, "metric": metric, "n": len(finite),
                               "left_out": len(names) - len(finite), middle: None, "low": None, "high": None,
                               "std": spread_of(finite) if len(finite) > 1 else None,
                               "paths": [str(runs.paths[name]) for name in names]}
        if len(finite):
            low, high = (None if np.isnan(end[0]) else float(end[0]) for end in band_of(finite[:, None], middle, band))
            row |= {middle: float(middle_of(finite, middle)), "low": low, "high": high}
        rows[label] = row
    return _Column(metric, heading(numbers, called, rising), rising, numbers, rows, None)


def _with_bold(column: _Column, settings: Mapping[str, Mapping[str, Any]], by_group: Mapping[str, Sequence[str]],
               middle: Middle, test: TestName | None, pair: str | None) -> _Column:
    values = {label: column.numbers.of(by_group[label]) for label, row in column.rows.items() if row["n"]}
    bold = None
    if values and len(by_group) > 1 and column.rising is not None:
        best = min(values, key=lambda label: column.rank(label, middle))
        bold = not_worse_than(best, settings, values, rising=column.rising, test=test, middle=middle, pair=pair)
        same = {label for label in values if column.rank(label, middle) == column.rank(best, middle)}
        bold = replace(bold, groups=bold.groups | same)
    rows = {label: row | {"among_best": bold is not None and label in bold.groups}
            for label, row in column.rows.items()}
    return _Column(column.metric, column.head, column.rising, column.numbers, rows, bold)


def _table(columns: Sequence[_Column], order: Sequence[str], middle: Middle, band: BandKind) -> pd.DataFrame:
    """A row for each group; the number of runs is a column if it is the same for all metrics, else in the cells."""
    counts = [{_count(column.rows[label]) for column in columns} for label in order]
    alike = all(len(distinct) == 1 for distinct in counts)
    shown: dict[str, list[str]] = {"group": list(order)}
    for column in columns:
        cells: list[Cell | None] = [
            None if (row := column.rows[label])[middle] is None else (row[middle], row["low"], row["high"])
            for label in order]
        texts = column_cells(column.metric, cells, band)
        if not alike:
            texts = [f"{text} (n = {_count(column.rows[label])})" if text != "-" else text
                     for text, label in zip(texts, order, strict=True)]
        shown[column.head] = texts
    if alike:
        shown["runs" if "n" in shown else "n"] = [distinct.pop() for distinct in counts]
    return pd.DataFrame(shown).set_index("group")


def _count(row: Mapping[str, Any]) -> str:
    """ "3", or "3 of 4" if some runs have no value."""
    return f"{row['n']} of {row['n'] + row['left_out']}" if row["left_out"] else str(row["n"])


def _few_for_the_band(middle: Middle, band: BandKind, groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Whether an interval does not have its nominal coverage, or is missing."""
    fewest = min((len(members) for members in groups.values() if len(members) > 1), default=ENOUGH_FOR_BOOTSTRAP)
    if band == "bootstrap" and fewest < ENOUGH_FOR_BOOTSTRAP:
        return [f"a bootstrap of {fewest} runs holds the true {middle} in less than 95 % of studies (of 3 runs "
                f"in about 75 %): below {ENOUGH_FOR_BOOTSTRAP} runs --band auto is one that does, or none"]
    if band == "order" and fewest < LEAST_FOR_ORDER:
        return [f"{fewest} runs have no 95 % interval of a median: it takes {LEAST_FOR_ORDER}"]
    return []


def _pooled(runs: MultiExperimentLoader, groups: Mapping[str, Sequence[str]]) -> list[str]:
    """A sentence about settings other than the seed that differ within a group, if there are any."""
    settings = runs.settings
    values: dict[str, dict[str, None]] = {}
    for members in groups.values():
        inside = [settings.get(name, {}) for name in members]
        for key in distinguishing_settings(inside):
            if not is_seed(key):
                values.setdefault(key, {}).update(dict.fromkeys(wording.setting(own.get(key), 24) for own in inside))
    if not values:
        return []
    named = [f"{key} ({', '.join(list(ones)[:_VALUES])}{', …' * (len(ones) > _VALUES)})"
             for key, ones in values.items()]
    task = next((key for key in values if key.rsplit(".", 1)[-1] in _TASKS), "")
    hint = f"; --tasks {task} compares the groups over these as tasks" * bool(task)
    return ["the runs of a group differ in more than the seed, and are pooled: "
            f"{', '.join(named[:_MOST_SETTINGS])}{hint}"]
