"""`livemon ls`: the runs in a folder, filtered and sorted."""

from __future__ import annotations

import math
import os
import shlex
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from livemon import wording
from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.run_set.settings import find_key
from livemon.analysis.table_formats import plain_json, render_table, to_csv
from livemon.boards.notices import words_of_health
from livemon.commands.filters import check_filters, parse_filter, sort_key
from livemon.commands.paths import reasons_for_no_runs, runs_in, show_progress
from livemon.health.checkup import Checkup
from livemon.runs.discovery import no_metrics_message, nothing_there, why_unreadable
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.project import find_project
from livemon.states import Reason, Standing, State
from livemon.system.streams import put_result
from livemon.tables.anomalies import why_refused

__all__ = ["run_ls"]

_MOST_REASONS = 10
_MOST_STATES = 200  # a run's state needs its rows
_OF_STANDING = ("format", "state", "reason", "age", "problems")
_COLUMNS = ("run", "name", "format", "state", "reason", "steps", "took", "metric", "final", "best", "age", "problems",
            "model", "data")


def run_ls(base: Path, words: Sequence[str], say: Callable[[str], None], *, sort: str | None, limit: int | None,
           form: str, name_pattern: str | None, join: bool = True, header: Sequence[str] = ()) -> None:
    """List the runs in a folder; see `livemon ls --help`.

    Raises:
        FileNotFoundError: There is no such folder, or no run in it.
        ValueError: A filter or a key to sort by is none.
    """
    filters = [parse_filter(word, _COLUMNS) for word in words]
    if not base.exists():
        raise FileNotFoundError(nothing_there(base))
    dirs = runs_in(base, header)
    if dirs and (unreadable := why_unreadable(base, 1, files=False)):
        say(f"not all can be listed: {unreadable}")
    if not dirs and base.is_file():
        raise FileNotFoundError(no_metrics_message(base))
    if not dirs:
        why = reasons_for_no_runs(base)
        raise FileNotFoundError(f"no runs in {base.absolute()}, nor in the folders below it{why}")
    pattern = name_pattern or find_project(base).name_pattern
    runs = MultiExperimentLoader(dirs, name_pattern=pattern, progress=show_progress("reading"), header=header)
    runs.project.say_once(say)
    summaries = {name: summary | {"main": runs.main_of({
        metric: int(one["count"] - one["nan_count"] - one["inf_count"]) for metric, one in summary["metrics"].items()})}
                 for name, summary in runs.get_all_summaries().items()}
    chains = _chains(runs, say) if join else {name: [path] for name, path in runs.paths.items()}
    joined = {name: chain for name, chain in chains.items() if len(chain) > 1}
    summaries |= {name: summary | {"main": summaries[name]["main"]}
                  for name, summary in _summaries_of(joined, header).items()}
    needs_settings = bool(filters) or sort is not None
    facts = {name: _facts(path, runs.titles[name], summaries[name],
                          runs.settings.get(name, {}) if needs_settings else {})
             | {"folders": chains[name], "attempts": len(chains[name])}
             for name, path in zip(runs.names, dirs, strict=True) if name in summaries and name in chains}
    asked = [one.key for one in filters] + ([sort.removeprefix("-")] if sort else [])
    needs_state = any(key in _OF_STANDING for key in asked)
    if needs_state:
        for row in facts.values():
            row["standing"] = _standing(row["folders"], header)
            row |= {key: getattr(row["standing"], key) for key in _OF_STANDING}
    check_filters(filters, [_told(row) for row in facts.values()])
    kept = [row for row in facts.values() if all(one.meets(row) for one in filters)]
    if sort is not None:
        at = sort_key([_told(row) for row in facts.values()], sort.removeprefix("-"))
        known = [row for row in kept if not at(row)[0]]
        kept = sorted(known, key=at, reverse=sort.startswith("-")) + [row for row in kept if at(row)[0]]
    shown = kept[:limit] if limit is not None else kept
    needs_state = needs_state or len(shown) <= _MOST_STATES
    rows = [_row(row, asked, partial(_standing, header=header) if needs_state else _unknown) for row in shown]
    if form == "json":
        _put_lines(plain_json(rows))
    elif form == "csv" and rows:
        told = [{key: "" if value is None else value for key, value in row.items()} for row in rows]
        _put_lines(to_csv(pd.DataFrame(told, dtype=object).set_index("run")))
    elif rows:
        _put_lines(render_table(_for_people(rows, [row["path"] for row in shown]), form,
                                encoding=sys.stdout.encoding or "utf-8"))
    refused = [row["path"] for row in shown if row["standing"].why_empty]
    for row in shown:
        if row["path"] in refused[:_MOST_REASONS]:
            say(f"no rows in {row['path']}: {row['standing'].why_empty}")
    if len(refused) > _MOST_REASONS:
        say(f"and {len(refused) - _MOST_REASONS} more without rows that are not read")
    more = len(kept) - len(shown)
    say(f"{len(shown)} of {len(facts)} runs" + (f"; {more} more with a higher --limit" if more else ""))


def _chains(runs: MultiExperimentLoader, say: Callable[[str], None]) -> dict[str, list[Path]]:
    """The folders of each run, by the name of the newest; what was joined is said."""
    found = runs.resumed()
    for sentence in found.in_words():
        say(sentence)
    name_of = {path: name for name, path in runs.paths.items()}
    return {name_of[chain[-1]]: chain for chain in found.chains}


def _summaries_of(chains: Mapping[str, Sequence[Path]], header: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The summaries of runs that went on, of all their folders."""
    if not chains:
        return {}
    runs = MultiExperimentLoader(list(chains.values()), header=header)
    summaries = runs.get_all_summaries()
    return {name: summaries[one] for name, one in zip(chains, runs.names, strict=True) if one in summaries}


def _put_lines(text: str) -> None:
    for line in text.split("\n"):
        put_result(line, sys.stdout)


def _told(facts: dict[str, Any]) -> dict[str, Any]:
    """What can be filtered and sorted by, the columns of the list first."""
    told = {key: facts.get(key) for key in _COLUMNS}
    return told | {key: value for key, value in facts.items() if key not in ("standing", "written", "folders")}


def _facts(path: Path, name: str, summary: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """All that can be asked of a run: settings, last values of metrics, and what the list shows; the latter win."""
    last = {metric: numbers["final"] for metric, numbers in summary["metrics"].items()}
    main, seconds = summary["main"], summary.get("training_duration_seconds")
    best = summary["metrics"].get(main or "", {}).get("best")  # NaN where nothing is
    try:
        written: float | None = max(os.stat(path).st_mtime, os.stat(path / "logs").st_mtime
                                    if (path / "logs").is_dir() else 0.0)
    except OSError:
        written = None
    steps = summary["total_steps"] or (None if summary["total_epochs"] else 0)  # None where epochs alone are counted
    return {**last, **settings, "run": name, "name": name, "path": path, "steps": steps,
            "epochs": summary["total_epochs"], "took": seconds, "seconds": seconds, "metric": main, "main": main,
            "final": last.get(main or ""), "best": best if best is not None and math.isfinite(best) else None,
            "model": summary["model_type"], "data": summary["dataset"], "written": written}


def _row(facts: dict[str, Any], extra: Sequence[str], looks: Callable[[Sequence[Path]], _Looks]) -> dict[str, Any]:
    """A row for programs: seconds and numbers; None where nothing is known."""
    if "standing" not in facts:
        facts["standing"] = looks(facts["folders"])
    found = facts["standing"]
    row = {"run": facts["run"], "path": str(facts["path"].absolute()), "format": found.format, "state": found.state,
           "reason": found.reason, **{key: facts[key] for key in ("steps", "took", "metric", "final", "best")},
           "age": found.age, "problems": found.problems, "attempts": facts["attempts"]}
    for key in dict.fromkeys(extra):
        known = find_key(key, [facts])
        if known is not None and known not in row and known not in ("name", "main", "seconds", "standing", "folders"):
            row[key] = facts[known]
    return row


def _for_people(rows: Sequence[dict[str, Any]], paths: Sequence[Path]) -> pd.DataFrame:
    """The rows as they are shown: a run by what can be typed to name it, spans of time in words."""
    shown = [row | {"run": shlex.quote(str(path)), **{key: _in_words(row[key]) for key in ("took", "age")},
                    "state": row["state"] and str(Standing(row["state"], row["reason"]))}
             for row, path in zip(rows, paths, strict=True)]
    always_one = all(row["attempts"] == 1 for row in rows)
    table = pd.DataFrame(shown).drop(columns=["path", "reason", *(["attempts"] if always_one else [])]).set_index("run")
    # Steps that are not known are no NaN, and leave the others whole numbers.
    steps = ["-" if row["steps"] is None else f"{row['steps']:,}" for row in rows]
    return table.assign(steps=pd.Series(steps, table.index, dtype=object))


def _in_words(seconds: float | None) -> str:
    return "-" if seconds is None else wording.duration(seconds)


@dataclass(frozen=True, slots=True)
class _Looks:
    """How a run stands now."""

    format: str | None = None
    state: State | None = None
    reason: Reason | None = None
    age: float | None = None  # seconds
    problems: str = ""
    why_empty: str = ""  # why what is in its files is no row


def _unknown(folders: Sequence[Path]) -> _Looks:
    """How a run stands that is not read."""
    return _Looks()


def _standing(folders: Sequence[Path], header: Sequence[str]) -> _Looks:
    try:
        run = ExperimentLoader(folders[0] if len(folders) == 1 else folders, header=header)
        run.refresh()
    except OSError as error:
        return _Looks(state=State.UNKNOWN, problems=error.strerror or type(error).__name__)
    last = run.pace.last_row_at
    age = None if last is None else max(time.time() - last, 0.0)
    counts: dict[str, int] = {}
    for numbers in run.get_summary(refresh=False)["metrics"].values():
        for word in ("NaN", "inf"):
            counts[word] = counts.get(word, 0) + int(numbers[f"{word.lower()}_count"])
    for odd in run.anomalies:
        counts[odd.kind] = counts.get(odd.kind, 0) + odd.count
    checkup = Checkup(run)
    checkup.update()
    problems = [*words_of_health(checkup.findings, checkup.axis),
                *(f"{wording.count(count)} {kind}" if count > 1 else kind for kind, count in counts.items() if count)]
    why = why_refused(run.anomalies) if not any(table.n_rows for table in run.tables) else ""
    return _Looks(run.format or None, run.state, run.reason, age, ", ".join(problems), why)
