"""`livemon compare --tasks`: groups of runs over several tasks, as tables and as a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.statistics.captions import improvement_caption, tasks_caption
from livemon.analysis.statistics.cells import column_cells
from livemon.analysis.statistics.task_scores import OverTasks, compare_over_tasks
from livemon.analysis.table_formats import plain_json, to_csv
from livemon.boards.tasks_board import tasks_board, tasks_panels
from livemon.commands.compare_request import CompareRequest, TableForm
from livemon.commands.compare_tables import table_with_caption
from livemon.commands.saved_pictures import save_board, save_paper, save_text, tell_saved
from livemon.system.streams import put_lines
from livemon.tables.metric_choice import MetricChoice

__all__ = ["run_tasks"]

Say = Callable[[str], None]
_MOST_TASKS = 8  # have a column each


def run_tasks(runs: MultiExperimentLoader, groups: Mapping[str, Sequence[str]], request: CompareRequest,
              choice: MetricChoice | None, picture: Path | None, say: Say) -> None:
    """Print the tables, and draw the picture that was asked for.

    Raises:
        ValueError: See `task_scores.compare_over_tasks`.
    """
    assert request.tasks is not None
    compared = compare_over_tasks(
        runs, request.tasks, choice.name if choice else None, at=request.at, groups=groups or None,
        group_by=request.group_by, scale=request.task_scale,
        baseline=request.baseline, rising=choice.rising if choice else None, x=request.x,
        label=choice.label if choice else None)
    saved = _drawn(compared, picture, request) if picture is not None else None
    _print(compared, request, say)
    if saved is not None:
        tell_saved(saved, request)


def _drawn(compared: OverTasks, path: Path, request: CompareRequest) -> Path:
    if path.suffix.lower() == ".csv":
        return save_text(path, to_csv(_profile_rows(compared)) + "\n")
    if request.paper or request.width is not None:
        return save_paper(tasks_panels(compared), path, request)
    return save_board(tasks_board(compared), path, request)


def _profile_rows(compared: OverTasks) -> pd.DataFrame:
    """The performance profiles: a row for each group and threshold."""
    parts = [pd.DataFrame({"group": label, "score": compared.thresholds, "share": shares, "low": low, "high": high})
             for label, (shares, low, high) in compared.profiles.items()]
    return pd.concat(parts, ignore_index=True).set_index("group")


def _print(compared: OverTasks, request: CompareRequest, say: Say) -> None:
    form: TableForm = request.form
    shown = list(compared.scores)[: request.limit]
    if form == "json":
        put_lines(_as_json(compared))
        return
    if form == "csv":
        put_lines(to_csv(pd.DataFrame([_flat(compared, label) for label in shown]).set_index("group")))
    else:
        table, best = _table(compared, shown)
        tables = [table_with_caption(table, form, tasks_caption(compared), best)]
        pairs = compared.improvements
        pairs = pairs[pairs["a"].isin(shown) & pairs["b"].isin(shown)]
        if len(pairs):
            tables.append(table_with_caption(pairs.set_index("a"), form, improvement_caption(compared)))
        put_lines("\n\n".join(tables))
    if len(shown) < len(compared.scores):
        say(f"the first {len(shown)} of {len(compared.scores)} groups")
    for note in compared.notes:
        say(note)


def _table(compared: OverTasks, shown: Sequence[str]) -> tuple[pd.DataFrame, frozenset[tuple[int, str]]]:
    """A row a group: the mean of each task, where they are not too many, and the IQM over all."""
    arrow = "↑" if compared.rising else "↓"
    columns: dict[str, list[str]] = {"group": list(shown)}
    best: set[tuple[int, str]] = set()
    for number, task in enumerate(compared.tasks if len(compared.tasks) <= _MOST_TASKS else ()):
        means = [float(compared.scores[label][number].mean()) for label in shown]
        columns[task] = column_cells(compared.metric, [(mean, None, None) for mean in means], "bootstrap")
    estimates = [compared.estimates[label]["iqm"] for label in shown]
    head = f"IQM {arrow}"
    intervals = [(estimate.value, estimate.low, estimate.high) for estimate in estimates]
    columns[head] = column_cells(compared.metric, intervals, "bootstrap")
    best |= {(row, head) for row, label in enumerate(shown) if label in compared.not_worse}
    columns["n"] = [str(sum(map(len, compared.scores[label]))) for label in shown]
    return pd.DataFrame(columns).set_index("group"), frozenset(best)


def _flat(compared: OverTasks, label: str) -> dict[str, Any]:
    row: dict[str, Any] = {"group": label, "metric": compared.metric, "tasks": len(compared.tasks),
                           "n": sum(map(len, compared.scores[label]))}
    for name, estimate in compared.estimates[label].items():
        row |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
    means = {f"mean of {task}": float(values.mean()) for task, values in
             zip(compared.tasks, compared.scores[label], strict=True)}
    return row | {"among_best": label in compared.not_worse} | means


def _as_json(compared: OverTasks) -> str:
    return plain_json({
        "metric": compared.metric, "label": compared.called, "better": "more" if compared.rising else "less",
        "at": str(compared.numbers.at), "scale": compared.scale, "tasks": compared.tasks,
        "caption": tasks_caption(compared), "improvement_caption": improvement_caption(compared),
        "rows": [_flat(compared, label) | {"scores": dict(zip(compared.tasks, map(list, scores), strict=True))}
                 for label, scores in compared.scores.items()],
        "improvements": compared.improvements.to_dict("records"),
        "profiles": _profile_rows(compared).reset_index().to_dict("records"), "notes": compared.notes})
