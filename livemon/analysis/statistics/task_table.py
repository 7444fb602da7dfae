"""The table that papers print of methods on tasks: of each task the middle of each group with its spread, the best
groups marked by a test within the task."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from livemon.analysis.statistics.bands import BandKind, Middle, band_named, band_of, middle_of
from livemon.analysis.statistics.cells import Cell, column_cells
from livemon.analysis.statistics.hypothesis_tests import TestName
from livemon.analysis.statistics.not_worse import NotWorse, not_worse_than
from livemon.analysis.statistics.task_scores import Array, OverTasks
from livemon.curves.sizes import spread_of

__all__ = ["TaskTable", "task_table"]


@dataclass(frozen=True, slots=True)
class TaskTable:
    """What `task_table` gives.

    Attributes:
        compared: The groups' runs by task.
        middle, band: What a cell is; the band as `bands.band_named` gives it.
        rows: A dict for each task and group: task, group, n, the middle (under its name), low, high, std, and whether
            it is `among_best`.
        bold: Of each task the groups that are marked.
    """

    compared: OverTasks
    middle: Middle
    band: BandKind
    rows: list[dict[str, Any]]
    bold: dict[str, NotWorse]

    def frame(self, groups: Sequence[str]) -> tuple[pd.DataFrame, frozenset[tuple[int, str]]]:
        """The cells as texts, a row a task and a column a group, and which of them are marked: (row, group). The
        numbers of a task have the same decimals; how many runs there are is in the cells where it is not the same in
        all."""
        by_cell = {(row["task"], row["group"]): row for row in self.rows}
        columns: dict[str, list[str]] = {"task": list(self.compared.tasks)} | {group: [] for group in groups}
        best: set[tuple[int, str]] = set()
        for number, task in enumerate(self.compared.tasks):
            of_task = [by_cell[task, group] for group in groups]
            cells: list[Cell | None] = [(row[self.middle], row["low"], row["high"]) for row in of_task]
            texts = column_cells(self.compared.metric, cells, self.band, self.compared.decimals)
            for row, text in zip(of_task, texts, strict=True):
                columns[row["group"]].append(text if self.runs_of_each else f"{text} (n = {row['n']})")
                if row["among_best"]:
                    best.add((number, row["group"]))
        return pd.DataFrame(columns).set_index("task"), frozenset(best)

    @property
    def runs_of_each(self) -> int | None:
        """How many runs each group has on each task; None where it is not the same for all."""
        counts = {row["n"] for row in self.rows}
        return int(counts.pop()) if len(counts) == 1 else None


def task_table(compared: OverTasks, settings: Mapping[str, Mapping[str, Any]], *, middle: Middle = "mean",
               band: BandKind = "std", test: TestName | None = None, pair: str | None = None) -> TaskTable:
    """The middle of each group on each task.

    Args:
        compared: What `task_scores.compare_over_tasks` gave.
        settings: Of each run, flat.
        middle, band: Of the cells; see `bands.band_of`.
        test, pair: How a group is tested against the best of a task, as `significance.compare_groups` takes them; of
            scaled scores it is the same, as a scale of a task changes no test.
    """
    rows: list[dict[str, Any]] = []
    bold = {}
    for number, task in enumerate(compared.tasks):
        scores = {label: of_tasks[number] for label, of_tasks in compared.scores.items()}
        by_run = {label: compared.score_of_each(label, number) for label in scores}
        bold[task] = _bold(scores, by_run, compared.rising, settings, middle, test, pair)
        for label, values in scores.items():
            ends = [None if math.isnan(end[0]) else float(end[0]) for end in band_of(values[:, None], middle, band)]
            rows.append({"task": task, "group": label, "n": len(values), middle: float(middle_of(values, middle)),
                         "low": ends[0], "high": ends[1], "std": spread_of(values) if len(values) > 1 else None,
                         "among_best": label in bold[task].groups})
    return TaskTable(compared, middle, band_named(middle, band), rows, bold)


def _bold(scores: Mapping[str, Array], by_run: Mapping[str, Mapping[str, float]], rising: bool,
          settings: Mapping[str, Mapping[str, Any]], middle: Middle, test: TestName | None, pair: str | None
          ) -> NotWorse:
    middles = {label: float(middle_of(values, middle)) for label, values in scores.items()}
    best = (max if rising else min)(middles, key=lambda label: middles[label])
    bold = not_worse_than(best, settings, by_run, rising=rising, test=test, middle=middle, pair=pair)
    same = {label for label, value in middles.items() if value == middles[best]}
    return replace(bold, groups=bold.groups | same)
