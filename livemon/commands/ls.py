"""`livemon ls`: the runs in a folder, filtered and sorted."""

from __future__ import annotations

import math
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livemon import wording
from livemon.analysis.run_set.filters import COLUMNS, check_filters, parse_filter, sort_key
from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.run_set.settings import find_key
from livemon.analysis.table_formats import fit_columns, plain_json, render_table, to_csv
from livemon.commands.look import Look, look_at, not_looked_at
from livemon.commands.progress import show_progress
from livemon.health.run_object import RunObject, unreadable
from livemon.runs.discovery import no_metrics_message, nothing_there, why_unreadable
from livemon.runs.folder_of_runs import runs_in
from livemon.runs.notes import FACTS, read_note
from livemon.runs.project import find_project
from livemon.runs.run_words import reasons_for_no_runs
from livemon.states import Standing
from livemon.system.streams import file_of, put_lines, terminal_width
from livemon.tables.plain import to_plain

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["run_ls"]

_MOST_REASONS = 10
_MOST_STATES = 200  # a run's state needs its rows
_SPARE = ("format", "attempts", "took", "age", "best", "steps", "metric")  # what goes first where there is no room
_SHOWN = ("format", "state", "steps", "took", "metric", "final", "best", "age", "problems")  # always
_PARTS = ("standing", "origin", "settings", "folders")  # of what is known of a run, no columns
_OF_STANDING = ("format", "state", "reason", "verdict", "age", "problems")


def run_ls(base: Path, words: Sequence[str], say: Callable[[str], None], *, sort: str | None, limit: int | None,
           form: str, name_pattern: str | None, columns: Sequence[str] = (), join: bool = True,
           header: Sequence[str] = ()) -> None:
    """List the runs in a folder; see `livemon ls --help`. `columns`: further settings, metrics and facts to show.

    Raises:
        FileNotFoundError: There is no such folder, or no run in it.
        ValueError: A filter, a key to sort by or a column is none.
    """
    if (taken := file_of(sys.stdout)) is not None:
        raise ValueError(f"the shell took the > of a filter for the file that the output goes to, {taken!r}; put "
                         "filters in quotes: 'lr>=0.001'. The file can be deleted")
    filters = [parse_filter(word, COLUMNS) for word in words]
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
    needs_settings = bool(filters) or sort is not None or bool(columns) or form == "json"
    settings = runs.settings if needs_settings else {}
    logged = _names_of_last_values(summaries, settings)
    facts = {name: _facts(path, runs.titles[name], summaries[name], settings.get(name, {}), logged)
             | {"folders": chains[name], "attempts": len(chains[name])}
             for name, path in zip(runs.names, dirs, strict=True) if name in summaries and name in chains}
    asked = [one.key for one in filters] + ([sort.removeprefix("-")] if sort else [])
    for key in dict.fromkeys((*asked, *columns)):
        if logged.get(key, key) != key:
            say(f"{key} is the setting here; what was logged last is {logged[key]!r}")
    needs_state = any(key in (*_OF_STANDING, "steps", "epochs") for key in asked)
    if needs_state:
        for row in facts.values():
            row["standing"] = look_at(row["folders"], header)
            row |= {key: getattr(row["standing"], key) for key in _OF_STANDING}
            row |= _made(row)
    check_filters(filters, [_told(row) for row in facts.values()])
    _check_columns(columns, list(facts.values()))
    kept = [row for row in facts.values() if all(one.meets(row) for one in filters)]
    if sort is not None:
        at = sort_key([_told(row) for row in facts.values()], sort.removeprefix("-"))
        known = [row for row in kept if not at(row)[0]]
        kept = sorted(known, key=at, reverse=sort.startswith("-")) + [row for row in kept if at(row)[0]]
    if sort is None and (needs_state or len(kept) <= _MOST_STATES):
        for row in kept:
            if "standing" not in row:
                row["standing"] = look_at(row["folders"], header)
        kept.sort(key=lambda row: -row["standing"].severity)  # what is wrong stands on top
    shown = kept[:limit] if limit is not None else kept
    needs_state = needs_state or len(shown) <= _MOST_STATES or form == "json"
    looks = partial(look_at, header=header) if needs_state else not_looked_at
    every = list(facts.values())
    extra = {key: find_key(key, every) or key for key in (*asked, *columns)}
    rows = [_row(row, extra, looks) for row in shown]
    if form == "json":
        objects = [_object(of_run, row) for row, of_run in zip(rows, shown, strict=True)]
        put_lines(plain_json(objects))
        return _say_how_many(say, shown, kept, list(facts.values()))
    for row in rows:
        del row["evidence"]
    if form == "csv" and rows:
        import pandas as pd

        cells = [{key: "" if value is None else value for key, value in row.items()} for row in rows]
        put_lines(to_csv(pd.DataFrame(cells, dtype=object).set_index("run")))
    elif rows:
        table = _for_people(rows, [row["path"] for row in shown])
        left_out: list[str] = []
        if form == "text" and (width := terminal_width(sys.stdout)) is not None:
            table, left_out = fit_columns(table, width, [name for name in _SPARE if name not in columns])
        put_lines(render_table(table, form, encoding=sys.stdout.encoding or "utf-8"))
        if left_out:
            say(f"{wording.listed(left_out)}: left out here; a wider terminal, or a pipe, has room for them")
    _say_how_many(say, shown, kept, list(facts.values()))


def _object(facts: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """The run object (docs/health.md) of a run that was looked at, and what the list has beside it."""
    judged: RunObject | None = facts["standing"].run_object
    made = unreadable(facts["path"], facts["standing"].problems) if judged is None else judged.as_json()
    beside = {key: value for key, value in row.items() if key != "metric"}
    return beside | made | {"path": row["path"], "settings": to_plain(facts["settings"]), "origin": facts["origin"]}


def _say_how_many(say: Callable[[str], None], shown: Sequence[dict[str, Any]], kept: Sequence[Any],
                  every: Sequence[dict[str, Any]]) -> None:
    refused = [row["path"] for row in shown if row["standing"].why_empty]
    for row in shown:
        if row["path"] in refused[:_MOST_REASONS]:
            say(f"no rows in {row['path']}: {row['standing'].why_empty}")
    if len(refused) > _MOST_REASONS:
        say(f"and {len(refused) - _MOST_REASONS} more without rows that are not read")
    more = len(kept) - len(shown)
    folders = sum(row["attempts"] for row in every)
    say(f"{len(shown)} of {len(every)} runs" + (f" in {folders} run folders" if folders > len(every) else "")
        + (f"; {more} more with a higher --limit" if more else ""))


def _check_columns(columns: Sequence[str], facts: Sequence[dict[str, Any]]) -> None:
    """Raises ValueError, which names what there is, where no run has a column."""
    known = [_told(row) for row in facts]
    for key in columns:
        if find_key(key, known) is None and key not in _OF_STANDING and key not in _ORIGIN:
            names = sorted({name for row in known for name in row} - {"path", "origin"})
            raise ValueError(f"--columns: no run has {key!r}; there are {wording.listed(names, 30)}")


def _made(facts: dict[str, Any]) -> dict[str, Any]:
    """The steps and epochs that a finished run made, where they are not those that were logged last."""
    standing = facts["standing"]
    return {key: value for key in ("steps", "epochs") if (value := getattr(standing, key)) is not None}


def _chains(runs: MultiExperimentLoader, say: Callable[[str], None]) -> dict[str, list[Path]]:
    """The folders of each run, by the name of the newest; a message names what was joined."""
    resumed = runs.resumed()
    for sentence in resumed.in_words():
        say(sentence)
    name_of = {path: name for name, path in runs.paths.items()}
    return {name_of[chain[-1]]: chain for chain in resumed.chains}


def _summaries_of(chains: Mapping[str, Sequence[Path]], header: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The summaries of runs that went on, of all their folders."""
    if not chains:
        return {}
    runs = MultiExperimentLoader(list(chains.values()), header=header)
    summaries = runs.get_all_summaries()
    return {name: summaries[run] for name, run in zip(chains, runs.names, strict=True) if run in summaries}


def _told(facts: dict[str, Any]) -> dict[str, Any]:
    """What can be filtered and sorted by, the columns of the list first."""
    columns = {key: facts.get(key) for key in COLUMNS}
    return columns | {key: value for key, value in facts.items() if key not in (*_PARTS, "written")}


def _names_of_last_values(summaries: Mapping[str, dict[str, Any]], settings: Mapping[str, dict[str, Any]]
                          ) -> dict[str, str]:
    """metric -> what its last value is called in the list: "lr (logged)" where the name means a setting of any run, so
    that a column, and a filter, is about one thing in all runs."""
    known = dict.fromkeys(key for one in settings.values() for key in one)
    metrics = dict.fromkeys(metric for summary in summaries.values() for metric in summary["metrics"])
    return {metric: f"{metric} (logged)" if known and find_key(metric, [known]) else metric for metric in metrics}


def _facts(path: Path, name: str, summary: dict[str, Any], settings: dict[str, Any], logged: Mapping[str, str]
           ) -> dict[str, Any]:
    """All that can be asked of a run: settings, last values of metrics (`logged`: what they are called), and what the
    list shows; the latter win."""
    finals = {metric: numbers["final"] for metric, numbers in summary["metrics"].items()}
    last = {logged.get(metric, metric): value for metric, value in finals.items()}
    main, seconds = summary["main"], summary.get("training_duration_seconds")
    best = summary["metrics"].get(main or "", {}).get("best")  # NaN where nothing is
    try:
        written: float | None = max(os.stat(path).st_mtime, os.stat(path / "logs").st_mtime
                                    if (path / "logs").is_dir() else 0.0)
    except OSError:
        written = None
    steps = summary["total_steps"] or (None if summary["total_epochs"] else 0)  # None where epochs alone are counted
    origin = read_note(path).origin
    parts = {"origin": origin, "settings": settings}
    return {**last, **origin, **settings, **parts, "run": name, "name": name, "path": path, "steps": steps,
            "epochs": summary["total_epochs"], "took": seconds, "seconds": seconds, "metric": main, "main": main,
            "final": finals.get(main or ""), "best": best if best is not None and math.isfinite(best) else None,
            "model": summary["model_type"], "data": summary["dataset"], "written": written}


def _row(facts: dict[str, Any], extra: Mapping[str, str], looks: Callable[[Sequence[Path]], Look]) -> dict[str, Any]:
    """A row for programs: seconds and numbers; None where nothing is known. `extra`: keys that were asked for, and what
    runs call them that call it otherwise than this one."""
    if "standing" not in facts:
        facts["standing"] = looks(facts["folders"])
    standing = facts["standing"]
    facts = facts | _made(facts)
    row = {"run": facts["run"], "path": str(facts["path"].absolute()), "format": standing.format,
           "state": standing.state, "reason": standing.reason,
           **{key: facts[key] for key in ("steps", "took", "metric", "final", "best")},
           "age": standing.age, "problems": standing.problems, "attempts": facts["attempts"],
           "evidence": standing.evidence}
    for key, of_others in extra.items():
        known = find_key(key, [facts]) or of_others
        if known not in row and known not in ("name", "main", "seconds", *_PARTS):
            row[key] = facts.get(known)
    return row


def _for_people(rows: Sequence[dict[str, Any]], paths: Sequence[Path]) -> pd.DataFrame:
    """The rows as they are shown: a run by what can be typed to name it, spans of time in words."""
    import pandas as pd

    shown = [row | {"run": shlex.quote(str(path)), **{key: _in_words(row[key]) for key in ("took", "age")},
                    "state": row["state"] and str(Standing(row["state"], row["reason"]))}
             for row, path in zip(rows, paths, strict=True)]
    always_one = all(row["attempts"] == 1 for row in rows)
    table = pd.DataFrame(shown).drop(columns=["path", "reason", *(["attempts"] if always_one else [])]).set_index("run")
    # Steps that are not known are no NaN, and leave the others whole numbers.
    whole = {"steps": ["-" if row["steps"] is None else f"{row['steps']:,}" for row in rows]}
    # So are settings and facts that only some runs have: a batch size of 8 is no 8.000.
    whole |= {key: [_as_set(row.get(key)) for row in rows] for key in table.columns if key not in _SHOWN}
    return table.assign(**{key: pd.Series(texts, table.index, dtype=object) for key, texts in whole.items()})


def _as_set(value: Any) -> str:
    if value is None:
        return "-"
    return wording.setting(value) if isinstance(value, int | float) else str(value)


def _in_words(seconds: float | None) -> str:
    return "-" if seconds is None else wording.duration(seconds)


_ORIGIN = ("host", "commit", "branch", "command", *FACTS)
