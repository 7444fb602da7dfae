"""`livemon ls`: the runs in a folder, filtered and sorted."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livemon import wording
from livemon.analysis.run_set.filters import check_filters, sort_key
from livemon.analysis.run_set.settings import find_key
from livemon.analysis.table_formats import fit_columns, plain_json, render_table, to_csv
from livemon.commands.listed_runs import ListedRun, listed_runs
from livemon.commands.ls_request import ListRequest
from livemon.commands.run_overview import OVERVIEW_FIELDS, RunOverview
from livemon.health.run_object import clipped_texts, unreadable
from livemon.runs.discovery import begun_below, no_metrics_message, nothing_there
from livemon.runs.folder_of_runs import runs_at, runs_in
from livemon.runs.notes import FACTS
from livemon.runs.run_selection import reasons_for_no_runs, unlisted_in
from livemon.states import Standing
from livemon.system.streams import file_of, put_lines, terminal_width
from livemon.tables.plain import to_plain

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["run_ls"]

_MOST_REASONS = 10
_MOST_LOOKS = 200  # each look reads the rows of a run
_SPARE = ("format", "attempts", "took", "age", "best", "steps", "metric")  # dropped first if the terminal is narrow
_SHOWN = ("format", "state", "steps", "took", "metric", "final", "best", "age", "problems")  # the columns of every list
_ORIGIN = ("host", "commit", "branch", "command", *FACTS)
_OTHER_NAMES = ("name", "main", "seconds", "path")  # other names for columns of the list


def run_ls(request: ListRequest, notify: Callable[[str], None]) -> None:
    """List the runs in a folder.

    Raises:
        FileNotFoundError: There is no such folder, or no run in it.
        ValueError: No run has the key of a filter, of the order or of a column; or the shell took the sign of a filter.
    """
    if (taken := file_of(sys.stdout)) is not None:
        raise ValueError(f"the shell took the > of a filter for the file that the output goes to, {taken!r}; put "
                         "filters in quotes: 'lr>=0.001'. The file can be deleted")
    filters = request.filters
    runs = listed_runs(_folders(request, notify), request, notify)
    if request.needs_looks:
        _look_at(runs, request)
    _check_keys(request, runs)
    kept = [run for run in runs if all(condition.meets(run.values) for condition in filters)]
    kept = _sorted(kept, runs, request)
    shown = kept[: request.limit]
    if len(shown) <= _MOST_LOOKS or request.form == "json":
        _look_at(shown, request)
    if len(runs) == 1 and runs[0].overview is not None and (choice := runs[0].overview.choice):
        notify(choice)
    _put(shown, _extra_columns(request, runs), request.form, notify)
    _notify_of_empty_runs(notify, shown)
    _notify_of_counts(notify, len(shown), len(kept), runs)


def _folders(request: ListRequest, notify: Callable[[str], None]) -> list[Path]:
    base = request.base
    if not base.exists():
        raise FileNotFoundError(nothing_there(base))
    folders = (runs_at if base.is_file() else runs_in)(base, request.header)
    folders += begun_below(base, folders)
    if not folders and base.is_file():
        raise FileNotFoundError(no_metrics_message(base))
    if not folders:
        raise FileNotFoundError(f"no runs in {base.absolute()}, nor in the folders below it{reasons_for_no_runs(base)}")
    if why := unlisted_in(base):
        notify(why)
    return folders


def _look_at(runs: Sequence[ListedRun], request: ListRequest) -> None:
    for run in runs:
        run.find_overview(request.header)


def _check_keys(request: ListRequest, runs: Sequence[ListedRun]) -> None:
    """Raise a ValueError that names the known keys if no run has one of those asked for."""
    known = [run.known for run in runs]
    check_filters(request.filters, known)
    for key in request.columns:
        if find_key(key, known) is None and key not in OVERVIEW_FIELDS and key not in _ORIGIN:
            names = sorted({name for keys in known for name in keys} - {"path"})
            raise ValueError(f"--columns: no run has {key!r}; there are {wording.listed(names, 30)}")


def _sorted(runs: list[ListedRun], every: Sequence[ListedRun], request: ListRequest) -> list[ListedRun]:
    """The runs that pass the filters, in the order asked for, runs without the key last. By default those with problems
    come first, unless it would take too long to look."""
    if request.sort is not None and request.sort_key:
        at = sort_key([run.known for run in every], request.sort_key)
        placed = [(at(run.known), run) for run in runs]  # first in the key: whether the run lacks the value
        has_key = sorted((pair for pair in placed if not pair[0][0]), key=lambda pair: pair[0],
                         reverse=request.sort.startswith("-"))
        return [run for _, run in has_key] + [run for key, run in placed if key[0]]
    if len(runs) > _MOST_LOOKS and not request.needs_looks:
        return runs
    return sorted(runs, key=lambda run: -run.find_overview(request.header).severity)


def _extra_columns(request: ListRequest, runs: Sequence[ListedRun]) -> dict[str, str]:
    """The keys asked for -> the other names under which some runs have them."""
    values = [run.values for run in runs]
    return {key: find_key(key, values) or key for key in (*request.asked, *request.columns)}


def _put(runs: Sequence[ListedRun], extra: Mapping[str, str], form: str, notify: Callable[[str], None]) -> None:
    """Print the list in its format; a message names the columns for which there is no room."""
    import pandas as pd

    rows = [_row(run, extra) for run in runs]
    if form == "json":
        put_lines(plain_json([_as_object(run, row) for run, row in zip(runs, rows, strict=True)]))
        return
    if not rows:
        return
    for row in rows:
        del row["evidence"]
    if form == "csv":
        cells = [{key: "" if value is None else value for key, value in row.items()} for row in rows]
        put_lines(to_csv(pd.DataFrame(cells, dtype=object).set_index("run")))
        return
    table = _for_people(rows, [run.path for run in runs])
    left_out: list[str] = []
    if form == "text" and (width := terminal_width(sys.stdout)) is not None:
        table, left_out = fit_columns(table, width, [name for name in _SPARE if name not in extra])
    put_lines(render_table(table, form, encoding=sys.stdout.encoding or "utf-8"))
    if left_out:
        notify(f"{wording.listed(left_out)}: left out here; a wider terminal, or a pipe, has room for them")


def _row(run: ListedRun, extra: Mapping[str, str]) -> dict[str, Any]:
    """A row for programs: seconds and numbers; None for what is unknown."""
    overview = run.overview or RunOverview()
    values = run.values
    row = {"run": values["run"], "path": os.path.abspath(run.path), "format": overview.format,
           "state": overview.state, "reason": overview.reason,
           **{key: values[key] for key in ("steps", "took", "metric", "final", "best")},
           "age": overview.age, "problems": overview.problems, "attempts": len(run.folders),
           "evidence": overview.evidence}
    for key, of_others in extra.items():
        known = find_key(key, [values]) or of_others
        if known not in row and known not in _OTHER_NAMES:
            row[key] = values.get(known)
    return row


def _as_object(run: ListedRun, row: dict[str, Any]) -> dict[str, Any]:
    """The run object (docs/health.md) of a run that was looked at, with the other fields of the list."""
    overview = run.overview or RunOverview()
    judged = overview.run_object
    made = unreadable(run.path, overview.problems) if judged is None else judged.as_json()
    exact = {"run": row["run"], "path": row["path"]}  # programs open the run by them
    beside = {key: value for key, value in row.items() if key != "metric"}
    from_files: dict[str, Any] = clipped_texts(to_plain(beside | {"settings": run.settings, "origin": run.origin}))
    return from_files | made | exact


def _notify_of_empty_runs(notify: Callable[[str], None], runs: Sequence[ListedRun]) -> None:
    empty = [(run, run.overview.why_empty) for run in runs if run.overview is not None and run.overview.why_empty]
    for run, why in empty[:_MOST_REASONS]:
        notify(f"no rows in {run.path}: {why}")
    if len(empty) > _MOST_REASONS:
        notify(f"and {len(empty) - _MOST_REASONS} more without rows that are not read")


def _notify_of_counts(notify: Callable[[str], None], shown: int, kept: int, runs: Sequence[ListedRun]) -> None:
    """A message if the list does not show all runs of the folder, or joins some."""
    folders = sum(len(run.folders) for run in runs)
    if shown == len(runs) == folders:
        return
    every = f"{len(runs)} run{'s' * (len(runs) != 1)}"
    notify((f"{shown} of {every}" if shown < len(runs) else every)
        + (f" in {folders} folders" if folders > len(runs) else "")
        + (f"; {kept - shown} more with a higher --limit" if kept > shown else ""))


def _for_people(rows: Sequence[dict[str, Any]], paths: Sequence[Path]) -> pd.DataFrame:
    """The rows for people: the name of a run as it can be typed, and durations in words."""
    import pandas as pd

    shown = [row | {"run": shlex.quote(str(path)), **{key: _in_words(row[key]) for key in ("took", "age")},
                    "state": row["state"] and str(Standing(row["state"], row["reason"]))}
             for row, path in zip(rows, paths, strict=True)]
    always_one = all(row["attempts"] == 1 for row in rows)
    without = ["path", "reason", *(["attempts"] if always_one else [])]
    # As objects: an unknown number stays blank, and does not become NaN.
    table = pd.DataFrame(shown, dtype=object).drop(columns=without).set_index("run")
    # Unknown steps stay blank, and the others whole numbers.
    whole = {"steps": ["-" if row["steps"] is None else f"{row['steps']:,}" for row in rows]}
    # The same for settings and facts that only some runs have: a batch size of 8 must not become 8.000.
    whole |= {key: [_as_set(row.get(key)) for row in rows] for key in table.columns if key not in _SHOWN}
    return table.assign(**{key: pd.Series(texts, table.index, dtype=object) for key, texts in whole.items()})


def _as_set(value: Any) -> str:
    if value is None:
        return "-"
    return wording.setting(value) if isinstance(value, int | float) else str(value)


def _in_words(seconds: float | None) -> str:
    return "-" if seconds is None else wording.duration(seconds)
