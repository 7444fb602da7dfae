"""`livemon compare`: a leaderboard, groups and tests, and pictures of several runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.run_set.missing import instead_of, metrics_of_all
from livemon.analysis.run_set.reading import Study
from livemon.analysis.run_set.sorting import sort_runs
from livemon.analysis.statistics.captions import importance_caption, tests_caption
from livemon.analysis.statistics.groups import split_keys
from livemon.analysis.statistics.importance import parameter_importance
from livemon.analysis.statistics.leaderboard import Leaderboard, group_leaderboard, leaderboard
from livemon.analysis.statistics.sentence import sentence_of
from livemon.analysis.statistics.significance import MOST_GROUPS, GroupComparison, compare_groups
from livemon.analysis.table_formats import plain_json, render_table, to_csv
from livemon.boards.comparison import Comparison, ComparisonOptions
from livemon.boards.importance import importance_panel
from livemon.boards.runs_health import RunHealth
from livemon.commands.compare_request import CompareRequest, TableForm
from livemon.commands.compared_health import judged, with_health
from livemon.commands.output import picture_path
from livemon.commands.paths import RunWords, runs_of, show_progress, unquoted_patterns
from livemon.runs.project import ProjectSettings, find_project
from livemon.system.streams import put_result
from livemon.tables import names
from livemon.tables.meaning import higher_is_better

__all__ = ["run_compare"]

Say = Callable[[str], None]
_OF_A_TEST = ("difference", "low", "high", "effect", "p", "p_holm")  # its numbers
_NO_INTERVAL = ("low and high are left out where no 95 % interval of the difference can be had: n is too small for the "
                "test to refuse any difference, or the values do not vary")
_MOST_SETTINGS_DRAWN = 8  # have room in a row of panels


@dataclass(frozen=True, slots=True)
class _Tables:
    """What is printed: the leaderboard, the tests of groups, the ranked settings; and the health of the runs."""

    board: Leaderboard
    tests: GroupComparison | None
    ranked: pd.DataFrame | None
    health: Mapping[str, RunHealth]


def run_compare(words: Sequence[str], request: CompareRequest, say: Say) -> None:
    """Compare the runs that the words mean.

    Raises:
        FileNotFoundError: Nothing is there.
        ValueError: An option means nothing for these runs; the message says what can be asked for.
    """
    picture = picture_path(request.output, "comparison_dashboard.png") if request.output is not None else None
    meant = runs_of(words, request.header)
    project = find_project(meant.dirs[0]) if meant.dirs else ProjectSettings()
    project.say_once(say)
    runs, groups = _opened(meant, say, request.name_pattern or project.name_pattern, request)
    if request.group_by is None and not groups:
        request = replace(request, group_by=project.group_by)
    if request.group_by is None and not groups:
        patterns = unquoted_patterns(words)
        _check_about_groups(request, patterns)
        if patterns:
            say(f"each of the {len(words)} runs is by itself; for groups of them quote the patterns: "
                f"{_quoted(patterns)}")
    tables = _analysed(runs, groups, request, say)
    # The picture comes first: what reads the tables may close its end at any line.
    drawn = _drawn(runs, groups, request, tables, picture) if picture is not None else None
    for problem in tables.board.problems:
        say(problem)
    _print(tables, runs, request.form, say)
    if drawn is not None:
        put_result(str(drawn), sys.stderr if request.form != "text" else sys.stdout)


def _quoted(patterns: Sequence[str]) -> str:
    return " ".join(f"'{pattern}'" for pattern in patterns)


def _check_about_groups(request: CompareRequest, patterns: Sequence[str]) -> None:
    about_groups = {"--test": request.test is not None, "--pair": request.pair is not None,
                    "--middle": request.middle != "mean", "--band": request.band != "auto"}
    if any(about_groups.values()):
        named = ", ".join(option for option, given in about_groups.items() if given)
        raise ValueError(f"{named}: this needs groups of runs, and there are none; make them with --group-by, or "
                         f"with two patterns in quotes{f', {_quoted(patterns)}' if patterns else ''}")


def _analysed(runs: MultiExperimentLoader, groups: dict[str, list[str]], request: CompareRequest, say: Say) -> _Tables:
    name, rising = _metric(request.metric, runs)
    keys = split_keys(request.group_by) if request.group_by else None
    board: Leaderboard
    tests: GroupComparison | None = None
    if groups or request.group_by is not None:
        board = group_leaderboard(runs, [name] if name else [], keys, middle=request.middle, band=request.band,
                                  at=request.at, rising=rising, x=request.x, groups=groups or None)
        if len(board.table) > MOST_GROUPS:
            say(f"{len(board.table)} groups are too many to test each with each")
        elif len(board.table) > 1:
            tests = compare_groups(runs, board.metric, at=board.numbers.at, groups=groups or None, group_by=keys,
                                   test=request.test, middle=request.middle, pair=request.pair, rising=board.rising,
                                   x=request.x)
    else:
        board = leaderboard(runs, name, rising, at=request.at, x=request.x)
    ranked = None
    if request.importance:
        ranked = parameter_importance(runs, board.metric, at=board.numbers.at, rising=board.rising,
                                      x=request.x)
    health = judged(runs, board)
    return _Tables(with_health(board, health, runs.titles), tests, ranked, health)


def _drawn(runs: MultiExperimentLoader, groups: dict[str, list[str]], request: CompareRequest, tables: _Tables,
           path: Path) -> Path:
    """The picture, ranked by the number of the table."""
    grouped = bool(groups) or request.group_by is not None
    keys = split_keys(request.group_by) if request.group_by else ""
    options = ComparisonOptions(x=request.x, until=request.until, metric=request.metric, smooth=request.smooth,
                                log=request.log, linear=request.linear, select=request.select,
                                middle=request.middle, band=request.band,
                                at=tables.board.numbers.at,
                                groups=groups or None, group_by=keys if grouped else None)
    comparison = Comparison(runs, options, health=tables.health)
    for option, metric in (*(("--log", one) for one in options.log), *(("--linear", one) for one in options.linear)):
        if names.find_metric(metric, comparison.metrics) is None:
            raise ValueError(f"{option}: no run has the metric {metric!r}; {instead_of(metric, comparison.metrics)}")
    return _draw(comparison, path, request, tables)


def _metric(metric: str | None, runs: MultiExperimentLoader) -> tuple[str | None, bool | None]:
    """The metric that was asked for, and whether more is better; None where that was not said."""

    def known() -> Iterator[str]:  # The runs are read for it only where the end of the text may be a direction.
        yield from metrics_of_all(runs)

    name, direction = names.parse_metric_choice(metric, known())
    return name or None, higher_is_better(direction)


def _opened(meant: RunWords, say: Say, name_pattern: str | None, request: CompareRequest
            ) -> tuple[MultiExperimentLoader, dict[str, list[str]]]:
    study = Study(request.header)
    sorted_out = sort_runs(meant.dirs, join=request.join, study=study)
    for sentence in sorted_out.in_words():
        say(sentence)
    if not sorted_out.runs:
        raise ValueError("no run can be read: there is nothing to compare" if sorted_out.unreadable else
                         "every run is empty: there is nothing to compare yet")
    runs = MultiExperimentLoader(sorted_out.runs, name_pattern=name_pattern, progress=show_progress("reading"),
                                 study=study, header=request.header)
    called = dict(zip((tuple(one) for one in sorted_out.runs), runs.names, strict=True))
    labels = {called[tuple(one)]: meant.labels[path] for one in sorted_out.runs for path in one if path in meant.labels}
    if labels:
        runs = MultiExperimentLoader(sorted_out.runs, labels=labels, name_pattern=name_pattern,
                                     progress=show_progress("reading"), study=study, header=request.header)
    if len(meant.groups) < 2:  # a pattern by itself is a list of runs
        return runs, {}
    groups = {pattern: [name for one, name in called.items() if set(one) & set(dirs)]
              for pattern, dirs in meant.groups.items()}
    return runs, {pattern: members for pattern, members in groups.items() if members}


def _print(tables: _Tables, runs: MultiExperimentLoader, form: TableForm, say: Say) -> None:
    board, tests, ranked = tables.board, tables.tests, tables.ranked
    if form == "json":
        _put_lines(_as_json(tables, runs.titles))
        return
    if form == "csv":
        _put_lines(to_csv(_csv_rows(board, runs.titles) if ranked is None else ranked))
    else:
        shown = [_with_caption(render_table(board.table, form, board.best), board.caption, form)]
        if tests is not None:
            shown.append(_with_caption(render_table(_shown(tests.table), form), tests_caption(tests), form))
            if form == "text" and len(tests.table) == 1:
                shown.append(f"for a text: {sentence_of(tests, tests.table.to_dict('records')[0])}")
        if ranked is not None:
            shown.append(_with_caption(render_table(ranked, form), importance_caption(ranked), form))
        _put_lines("\n\n".join(shown))
    for note in _notes(tables):
        say(note)


def _notes(tables: _Tables) -> list[str]:
    """What has to be known to read the tables; the leaderboard's problems have been said."""
    tests, ranked = tables.tests, tables.ranked
    without = tests is not None and bool(tests.table["low"].isna().any())
    notes = [*([_NO_INTERVAL] if without else []),
             *(tests.pairings if tests is not None and len(tests.pairings) > 2 else ()),
             *(tests.notes if tests is not None else ()), *(ranked.attrs["notes"] if ranked is not None else ())]
    return [note for note in dict.fromkeys(notes) if note not in tables.board.problems]


def _with_caption(table: str, caption: str, form: str) -> str:
    if not caption:
        return table
    between = "\n\n" if form == "markdown" else "\n"
    return f"% {caption}\n{table}" if form == "latex" else f"{table}{between}{caption}"


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """What people want to see of the tests; whether a pair of groups is paired where it is not the same for all."""
    paired = ["paired"] if table["paired"].nunique() > 1 else []
    shown = table[["a", "b", *paired, "difference", "low", "high", "effect", "p", "p_holm", "verdict"]].set_index("a")
    # What a test of so few runs cannot say is left out; it is no value that is not a number.
    return shown.assign(**{name: shown[name].astype("Float64") for name in _OF_A_TEST if shown[name].isna().any()})


def _as_json(tables: _Tables, titles: Mapping[str, str]) -> str:
    board, tests, ranked = tables.board, tables.tests, tables.ranked
    better = {True: "more", False: "less", None: None}[board.rising]
    whole: dict[str, Any] = {"metric": board.metric, "better": better, "at": str(board.numbers.at),
                             "x": board.numbers.kind,
                             "problems": board.problems, "caption": board.caption, "rows": _called(board.rows, titles)}
    if tests is not None:
        comparisons = [row | {"sentence": sentence_of(tests, row)} for row in tests.table.to_dict("records")]
        whole |= {"test": tests.test_made, "middle": tests.middle, "comparisons": comparisons,
                  "pairings": tests.pairings, "notes": _notes(tables)}
    if ranked is not None:
        whole |= {"importance": ranked.reset_index().to_dict("records"), "importance_notes": ranked.attrs["notes"]}
    return plain_json(whole)


def _called(rows: Sequence[dict[str, Any]], titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows in which a run is called as everywhere else, not by its key."""
    return [row | {"run": titles[row["run"]]} if row.get("run") in titles else row for row in rows]


def _csv_rows(board: Leaderboard, titles: Mapping[str, str]) -> pd.DataFrame:
    """The rows with a column a setting; what is a list has none."""
    flat = []
    for row in _called(board.rows, titles):
        plain = {key: value for key, value in row.items() if not isinstance(value, dict | list)}
        plain, settings = {"metric": board.metric} | plain, row.get("settings", {})
        flat.append(plain | {f"{key} (setting)" if key in plain else key: value for key, value in settings.items()})
    keys = list(dict.fromkeys(key for row in flat for key in row))
    first = next(key for key in keys if key != "metric")
    table = pd.DataFrame([[row.get(key, "") for key in keys] for row in flat], columns=keys, dtype=object)
    return table.set_index(first)


def _put_lines(text: str) -> None:
    for line in text.split("\n"):
        put_result(line, sys.stdout)


def _draw(comparison: Comparison, path: Path, request: CompareRequest, tables: _Tables) -> Path:
    from livemon.views.mpl.paper import paper_figure
    from livemon.views.mpl.picture import render, save_figure
    from livemon.views.style import theme_named

    theme = theme_named(request.style or "light")
    if request.paper or request.width is not None:
        panel = comparison.panel(comparison.main or "train_loss")
        return save_figure(paper_figure([panel], request.width or 3.25), path, outline_text=request.outline_text)
    board = comparison.dashboard()
    if tables.ranked is not None:
        board = replace(board, panels=(*board.panels, importance_panel(
            tables.ranked, span=board.columns, most=_MOST_SETTINGS_DRAWN)))
    return save_figure(render(board, theme), path, style=theme,
                       outline_text=request.outline_text)
