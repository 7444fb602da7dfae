"""`livemon compare`: a leaderboard, groups and tests, and pictures of several runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast, get_args

import pandas as pd

from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.run_set.missing import instead_of, metrics_of_all
from livemon.analysis.run_set.points import At
from livemon.analysis.run_set.reading import Study
from livemon.analysis.run_set.sorting import sort_runs
from livemon.analysis.statistics.bands import BandKind, Middle
from livemon.analysis.statistics.captions import importance_caption, tests_caption
from livemon.analysis.statistics.groups import split_keys
from livemon.analysis.statistics.hypothesis_tests import TestName
from livemon.analysis.statistics.importance import parameter_importance
from livemon.analysis.statistics.leaderboard import Leaderboard, group_leaderboard, leaderboard
from livemon.analysis.statistics.significance import MOST_GROUPS, GroupComparison, compare_groups
from livemon.analysis.table_formats import plain_json, render_table, to_csv
from livemon.boards.comparison import Comparison, ComparisonOptions
from livemon.commands.output import picture_path
from livemon.commands.paths import RunWords, runs_of, show_progress
from livemon.runs.project import ProjectSettings, find_project
from livemon.system.streams import put_result
from livemon.tables import names
from livemon.tables.meaning import rises

__all__ = ["run_compare"]

Say = Callable[[str], None]


def run_compare(
    words: Sequence[str], say: Say, *, form: str, output: Path | None, metric: str | None, x: str | None,
    until: float | None, smooth: float | None, log: Sequence[str], group_by: str | None, name_pattern: str | None,
    middle: str, band: str, at: str, test: str, width: float | None, paper: bool, importance: bool, join: bool,
    style: str | None,
) -> None:
    """Compare the runs that the words mean; see `livemon compare --help`.

    Raises:
        FileNotFoundError: Nothing is there.
        ValueError: An option means nothing for these runs; the message says what can be asked for.
    """
    _check(at, get_args(At), "--at")
    _check(test, get_args(TestName), "--test")
    _check(middle, get_args(Middle), "--middle")
    _check(band, get_args(BandKind), "--band")
    pictured = {"--until": until is not None, "--smooth": smooth is not None, "--log": bool(log), "--paper": paper,
                "--width": width is not None, "--style": style is not None}
    if output is None and any(pictured.values()):
        named = ", ".join(option for option, given in pictured.items() if given)
        raise ValueError(f"{named}: this is about a picture, and none is asked for; name one with -o FILE")
    picture = picture_path(output, "comparison_dashboard.png") if output is not None else None
    meant = runs_of(words)
    project = find_project(meant.dirs[0]) if meant.dirs else ProjectSettings()
    project.say_once(say)
    runs, groups = _opened(meant, say, name_pattern or project.name_pattern, join)
    name, rising = _metric(metric, runs)
    if group_by is None and not groups:
        group_by = project.group_by
    grouped = bool(groups) or group_by is not None
    keys = split_keys(group_by) if group_by else None
    found: Leaderboard
    tests: GroupComparison | None = None
    if grouped:
        found = group_leaderboard(runs, [name] if name else [], keys, middle=cast(Middle, middle),
                                  band=cast(BandKind, band), at=cast(At, at), rising=rising, x=x,
                                  groups=groups or None)
        if len(found.table) > MOST_GROUPS:
            say(f"{len(found.table)} groups are too many to test each with each")
        elif len(found.table) > 1:
            tests = compare_groups(runs, found.metric, at=cast(At, at), groups=groups or None, group_by=keys,
                                   test=cast(TestName, test), rising=found.rising, x=x)
    else:
        found = leaderboard(runs, name, rising)
    ranked = parameter_importance(runs, found.metric, at=cast(At, at), rising=found.rising) if importance else None
    comparison = None
    if picture is not None:
        options = ComparisonOptions(x=x, until=until, metric=metric, smooth=smooth, log=tuple(log),
                                    middle=cast(Middle, middle), band=cast(BandKind, band),
                                    groups=groups or None, group_by=(keys or "") if grouped else None)
        comparison = Comparison(runs, options)
        _check_log(comparison)
    for problem in found.problems:
        say(problem)
    _print(found, tests, ranked, form, say)
    if comparison is not None and picture is not None:
        put_result(str(_draw(comparison, picture, width, paper, style)), sys.stderr if form != "text" else sys.stdout)


def _check_log(comparison: Comparison) -> None:
    for metric in comparison.options.log:
        if names.find_metric(metric, comparison.metrics) is None:
            raise ValueError(f"--log: no run has the metric {metric!r}; {instead_of(metric, comparison.metrics)}")


def _check(value: str, known: Sequence[str], option: str) -> None:
    if value not in known:
        raise ValueError(f"{option}: {value!r} is none of {', '.join(known)}")


def _metric(metric: str | None, runs: MultiExperimentLoader) -> tuple[str | None, bool | None]:
    """The metric that was asked for, and whether more is better; None where that was not said."""

    def known() -> Iterator[str]:  # The runs are read for it only where the end of the text may be a direction.
        yield from metrics_of_all(runs)

    name, direction = names.parse_metric_choice(metric, known())
    return name or None, rises(direction)


def _opened(meant: RunWords, say: Say, name_pattern: str | None, join: bool
            ) -> tuple[MultiExperimentLoader, dict[str, list[str]]]:
    study = Study()
    sorted_out = sort_runs(meant.dirs, join=join, study=study)
    for sentence in sorted_out.in_words():
        say(sentence)
    if not sorted_out.runs:
        raise ValueError("every run is empty: there is nothing to compare yet")
    runs = MultiExperimentLoader(sorted_out.runs, name_pattern=name_pattern, progress=show_progress("reading"),
                                 study=study)
    called = dict(zip((tuple(one) for one in sorted_out.runs), runs.names, strict=True))
    labels = {called[tuple(one)]: meant.labels[path] for one in sorted_out.runs for path in one if path in meant.labels}
    if labels:
        runs = MultiExperimentLoader(sorted_out.runs, labels=labels, name_pattern=name_pattern,
                                     progress=show_progress("reading"), study=study)
    groups = {pattern: [name for one, name in called.items() if set(one) & set(dirs)]
              for pattern, dirs in meant.groups.items()}
    return runs, {pattern: members for pattern, members in groups.items() if members}


def _print(found: Leaderboard, tests: GroupComparison | None, ranked: pd.DataFrame | None, form: str, say: Say) -> None:
    if form == "json":
        _put_lines(_as_json(found, tests, ranked))
        return
    if form == "csv":
        _put_lines(to_csv(_csv_rows(found) if ranked is None else ranked))
    else:
        tables = [_with_caption(render_table(found.table, form, found.best), found.caption, form)]
        if tests is not None:
            tables.append(_with_caption(render_table(_shown(tests.table), form), tests_caption(tests), form))
        if ranked is not None:
            tables.append(_with_caption(render_table(ranked, form), importance_caption(ranked), form))
        _put_lines("\n\n".join(tables))
    for note in tests.notes if tests is not None else ():
        say(note)


def _with_caption(table: str, caption: str, form: str) -> str:
    if not caption:
        return table
    between = "\n\n" if form == "markdown" else "\n"
    return f"% {caption}\n{table}" if form == "latex" else f"{table}{between}{caption}"


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """What people want to see of the tests; whether a pair of groups is paired where it is not the same for all."""
    paired = ["paired"] if table["paired"].nunique() > 1 else []
    return table[["a", "b", *paired, "difference", "low", "high", "effect", "p", "p_holm", "verdict"]].set_index("a")


def _as_json(found: Leaderboard, tests: GroupComparison | None, ranked: pd.DataFrame | None) -> str:
    whole: dict[str, Any] = {"metric": found.metric, "better": {True: "more", False: "less", None: None}[found.rising],
                             "problems": found.problems, "caption": found.caption, "rows": found.rows}
    if tests is not None:
        whole |= {"test": tests.test, "at": tests.at, "comparisons": tests.table.to_dict("records"),
                  "notes": tests.notes}
    if ranked is not None:
        whole["importance"] = ranked.reset_index().to_dict("records")
    return plain_json(whole)


def _csv_rows(found: Leaderboard) -> pd.DataFrame:
    """The rows with a column a setting; what is a list has none."""
    flat = []
    for row in found.rows:
        plain = {key: value for key, value in row.items() if not isinstance(value, dict | list)}
        plain, settings = {"metric": found.metric} | plain, row.get("settings", {})
        flat.append(plain | {f"{key} (setting)" if key in plain else key: value for key, value in settings.items()})
    keys = list(dict.fromkeys(key for row in flat for key in row))
    first = next(key for key in keys if key != "metric")
    table = pd.DataFrame([[row.get(key, "") for key in keys] for row in flat], columns=keys, dtype=object)
    return table.set_index(first)


def _put_lines(text: str) -> None:
    for line in text.split("\n"):
        put_result(line, sys.stdout)


def _draw(comparison: Comparison, path: Path, width: float | None, paper: bool, style: str | None) -> Path:
    from livemon.views.mpl.paper import paper_figure
    from livemon.views.mpl.picture import render, save_figure
    from livemon.views.style import theme_named

    theme = theme_named(style or "light")
    if paper or width is not None:
        panel = comparison.panel(comparison.main or "train_loss")
        return save_figure(paper_figure([panel], width or 3.25), path)
    return save_figure(render(comparison.dashboard(), theme), path, style=theme)
