"""`livemon compare --tasks`: groups of runs over several tasks, as tables and as a picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.statistics.bands import BandKind
from livemon.analysis.statistics.captions import (
    each_task_caption,
    importance_caption,
    improvement_caption,
    tasks_caption,
)
from livemon.analysis.statistics.cells import column_cells
from livemon.analysis.statistics.task_scores import OverTasks, compare_over_tasks, importance_within_tasks
from livemon.analysis.statistics.task_table import TaskTable, task_table
from livemon.analysis.table_formats import plain_json, to_csv, with_blanks
from livemon.boards.importance import with_importance
from livemon.boards.tasks_board import tasks_board, tasks_panels
from livemon.commands.compare_request import CompareRequest, TableName
from livemon.commands.compare_tables import table_with_caption
from livemon.commands.saved_pictures import print_saved, save_board, save_paper, save_text
from livemon.system.streams import put_lines
from livemon.tables.metric_choice import MetricChoice

__all__ = ["run_tasks"]

Notify = Callable[[str], None]
_WITHIN = "of each run its rank among the runs of its task"


def run_tasks(runs: MultiExperimentLoader, groups: Mapping[str, Sequence[str]], request: CompareRequest,
              choice: MetricChoice | None, picture: Path | None, notify: Notify) -> None:
    """Print the tables, and draw the picture if there is an output.

    Raises:
        ValueError: See `task_scores.compare_over_tasks`.
    """
    assert request.tasks is not None
    compared = compare_over_tasks(
        runs, request.tasks, choice.name if choice else None, at=request.at, groups=groups or None,
        group_by=request.group_by, scale=request.task_scale,
        baseline=request.baseline, rising=choice.rising if choice else None, x=request.x,
        label=choice.label if choice else None, rename=request.labels)
    ranked = (importance_within_tasks(runs, request.tasks, compared, choice.rising if choice else None)
              if request.importance else None)
    # Papers print deviations beside the values on a task.
    band: BandKind = "std" if request.band == "auto" and request.middle == "mean" else request.band
    table = task_table(compared, runs.settings, middle=request.middle, band=band, test=request.test, pair=request.pair)
    saved = _drawn(compared, ranked, picture, request) if picture is not None else None
    _print(table, ranked, request, notify)
    if request.x is not None and compared.numbers.at.kind in ("final", "best"):
        notify(f"--x: no effect on {compared.numbers.words()}; --at chooses others")
    if saved is not None:
        print_saved(saved, request)


def _drawn(compared: OverTasks, ranked: pd.DataFrame | None, path: Path, request: CompareRequest) -> Path:
    if path.suffix.lower() == ".csv":
        return save_text(path, to_csv(with_blanks(_profile_rows(compared))) + "\n")
    if request.is_for_paper:
        return save_paper(tasks_panels(compared), path, request)
    board = tasks_board(compared)
    return save_board(board if ranked is None else with_importance(board, ranked), path, request)


def _profile_rows(compared: OverTasks) -> pd.DataFrame:
    """The performance profiles: a row for each group and threshold."""
    parts = [pd.DataFrame({"group": label, "score": compared.thresholds, "share": shares, "low": low, "high": high})
             for label, (shares, low, high) in compared.profiles.items()]
    return pd.concat(parts, ignore_index=True).set_index("group")


def _print(table: TaskTable, ranked: pd.DataFrame | None, request: CompareRequest, notify: Notify) -> None:
    compared, form = table.compared, request.form
    shown = list(compared.scores)[: request.limit]
    if form == "json":
        put_lines(_as_json(table, ranked))
        return
    pairs = compared.improvements
    pairs = pairs[pairs["a"].isin(shown) & pairs["b"].isin(shown)]
    if request.table == "tests" and not len(pairs):
        raise ValueError("--table tests: there are no two groups that are compared with each other")
    settings = None if ranked is None else with_blanks(ranked)
    if form == "csv":
        put_lines(to_csv(_of_csv(table, pairs, settings, shown, request.table)))
    else:
        texts, best = table.frame(shown)
        iqm, of_iqm = _table(compared, shown)
        tables = {"tasks": table_with_caption(texts, form, each_task_caption(table), best),
                  "main": table_with_caption(iqm, form, tasks_caption(compared), of_iqm)}
        if len(pairs):
            tables["tests"] = table_with_caption(_with_decimals(pairs).set_index("a"), form,
                                                 improvement_caption(compared))
        if ranked is not None and settings is not None:
            tables["importance"] = table_with_caption(settings, form, f"{importance_caption(ranked)}; {_WITHIN}")
        put_lines("\n\n".join(tables.values()) if request.table is None else tables[request.table])
    if len(shown) < len(compared.scores):
        notify(f"the first {len(shown)} of {len(compared.scores)} groups")
    for note in (*compared.notes, *(ranked.attrs["notes"] if ranked is not None else ())):
        notify(note)


def _of_csv(table: TaskTable, pairs: pd.DataFrame, settings: pd.DataFrame | None, shown: Sequence[str],
            wanted: TableName | None) -> pd.DataFrame:
    """The one table of CSV: the one that was asked for, else the settings where they are ranked, else a row a group."""
    if wanted == "tests":
        return with_blanks(pairs).set_index("a")
    if wanted == "tasks":
        return pd.DataFrame([row for row in table.rows if row["group"] in shown]).set_index("task")
    if settings is not None and wanted != "main":
        return settings
    return pd.DataFrame([_flat(table.compared, label) for label in shown]).set_index("group")


def _with_decimals(pairs: pd.DataFrame) -> pd.DataFrame:
    """Probabilities, all with the same number of decimals."""
    return pairs.assign(**{name: ["-" if math.isnan(value) else f"{value:.3f}" for value in pairs[name]]
                           for name in ("probability", "low", "high")})


def _table(compared: OverTasks, shown: Sequence[str]) -> tuple[pd.DataFrame, frozenset[tuple[int, str]]]:
    """A row for each group: the IQM over all tasks."""
    head = f"IQM {'↑' if compared.rising else '↓'}"
    estimates = [compared.estimates[label]["iqm"] for label in shown]
    intervals = [(estimate.value, estimate.low, estimate.high) for estimate in estimates]
    columns = {"group": list(shown), head: column_cells(compared.metric, intervals, "bootstrap", compared.decimals),
               "n": [str(sum(map(len, compared.scores[label]))) for label in shown]}
    best = frozenset((row, head) for row, label in enumerate(shown) if label in compared.not_worse)
    return pd.DataFrame(columns).set_index("group"), best


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _flat(compared: OverTasks, label: str) -> dict[str, Any]:
    row: dict[str, Any] = {"group": label, "metric": compared.metric, "tasks": len(compared.tasks),
                           "n": sum(map(len, compared.scores[label]))}
    for name, estimate in compared.estimates[label].items():
        row |= {name: estimate.value, f"{name}_low": _known(estimate.low), f"{name}_high": _known(estimate.high)}
    means = {f"mean of {task}": float(values.mean()) for task, values in
             zip(compared.tasks, compared.scores[label], strict=True)}
    return row | {"among_best": label in compared.not_worse} | means


def _as_json(table: TaskTable, ranked: pd.DataFrame | None) -> str:
    compared = table.compared
    settings = {} if ranked is None else {
        "importance": with_blanks(ranked).reset_index().to_dict("records"),
        "importance_notes": ranked.attrs["notes"]}
    return plain_json({
        "metric": compared.metric, "label": compared.called, "better": "more" if compared.rising else "less",
        "at": str(compared.numbers.at), "scale": compared.scale, "tasks": compared.tasks,
        "task_rows": table.rows, "task_caption": each_task_caption(table),
        "caption": tasks_caption(compared), "improvement_caption": improvement_caption(compared),
        "rows": [_flat(compared, label) | {"scores": dict(zip(compared.tasks, map(list, scores), strict=True))}
                 for label, scores in compared.scores.items()],
        "improvements": with_blanks(compared.improvements).to_dict("records"),
        "profiles": with_blanks(_profile_rows(compared).reset_index()).to_dict("records"),
        "notes": compared.notes} | settings)
