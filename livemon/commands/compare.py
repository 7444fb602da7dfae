"""`livemon compare`: a leaderboard, groups and tests, and pictures of several runs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast, get_args

from livemon.analysis.compare import MultiExperimentLoader
from livemon.analysis.comparison import Comparison, ComparisonOptions
from livemon.analysis.groups import split_keys
from livemon.analysis.leaderboard import Leaderboard, group_leaderboard, leaderboard
from livemon.analysis.points import At
from livemon.analysis.reading import KeptRuns
from livemon.analysis.significance import GroupComparison, compare_groups
from livemon.analysis.sorting import sort_runs
from livemon.analysis.stats import BandKind, Middle, TestName
from livemon.analysis.tables import render_table, to_json, to_text
from livemon.commands.paths import RunWords, runs_of, show_progress
from livemon.views.terminal import put_result

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
    meant = runs_of(words)
    runs, groups = _opened(meant, say, name_pattern, join)
    name, rising = _metric(metric)
    grouped = bool(groups) or group_by is not None
    keys = split_keys(group_by) if group_by else None
    found: Leaderboard
    tests: GroupComparison | None = None
    if grouped:
        found = group_leaderboard(runs, [name] if name else [], keys, middle=cast(Middle, middle),
                                  band=cast(BandKind, band), at=cast(At, at), rising=rising, x=x,
                                  groups=groups or None)
        if len(found.table) > 1:
            tests = compare_groups(runs, found.metric, at=cast(At, at), groups=groups or None, group_by=keys,
                                   test=cast(TestName, test), rising=found.rising, x=x)
    else:
        found = leaderboard(runs, name, rising)
    for problem in found.problems:
        say(problem)
    _print(found, tests, form, say)
    if importance:
        _print_importance(runs, found, form)
    if output is not None:
        options = ComparisonOptions(x=x, until=until, metric=metric, smooth=smooth, log=tuple(log),
                                    middle=cast(Middle, middle), band=cast(BandKind, band),
                                    groups=groups or None, group_by=(keys or "") if grouped else None)
        put_result(str(_draw(runs, options, output, width, paper, style)), sys.stderr if form != "text" else sys.stdout)


def _check(value: str, known: Sequence[str], option: str) -> None:
    if value not in known:
        raise ValueError(f"{option}: {value!r} is none of {', '.join(known)}")


def _metric(metric: str | None) -> tuple[str | None, bool | None]:
    name, _, direction = (metric or "").rpartition(":")
    if direction in ("min", "max"):
        return name, direction == "max"
    return metric, None


def _opened(meant: RunWords, say: Say, name_pattern: str | None, join: bool
            ) -> tuple[MultiExperimentLoader, dict[str, list[str]]]:
    kept = KeptRuns()
    sorted_out = sort_runs(meant.dirs, join=join, kept=kept)
    for sentence in sorted_out.in_words():
        say(sentence)
    if not sorted_out.runs:
        raise ValueError("every run is empty: there is nothing to compare yet")
    runs = MultiExperimentLoader(sorted_out.runs, name_pattern=name_pattern, progress=show_progress("reading"),
                                 kept=kept)
    names = dict(zip((tuple(one) for one in sorted_out.runs), runs.names, strict=True))
    labels = {names[tuple(one)]: meant.labels[path] for one in sorted_out.runs for path in one if path in meant.labels}
    if labels:
        runs = MultiExperimentLoader(sorted_out.runs, labels=labels, name_pattern=name_pattern,
                                     progress=show_progress("reading"), kept=kept)
    groups = {pattern: [name for one, name in names.items() if set(one) & set(dirs)]
              for pattern, dirs in meant.groups.items()}
    return runs, {pattern: members for pattern, members in groups.items() if members}


def _print(found: Leaderboard, tests: GroupComparison | None, form: str, say: Say) -> None:
    if form == "json":
        whole = {"metric": found.metric, "better": "more" if found.rising else "less", "problems": found.problems,
                 "rows": json.loads(to_json(found.table))}
        if tests is not None:
            whole |= {"test": tests.test, "at": tests.at, "comparisons": json.loads(to_json(tests.table)),
                      "notes": tests.notes}
        put_result(json.dumps(whole, indent=1, ensure_ascii=False), sys.stdout)
        return
    _put_lines(render_table(found.table, form, found.best))
    if tests is None:
        return
    if form == "text":
        shown = ["a", "b", "difference", "low", "high", "effect", "p", "p_holm", "verdict"]
        _put_lines("\n" + to_text(tests.table[shown].set_index("a")))
    for note in tests.notes:
        say(note)


def _print_importance(runs: MultiExperimentLoader, found: Leaderboard, form: str) -> None:
    from livemon.analysis.importance import parameter_importance

    table = parameter_importance(runs, found.metric, rising=found.rising)
    _put_lines(("\n" if form == "text" else "") + render_table(table, form))


def _put_lines(text: str) -> None:
    for line in text.split("\n"):
        put_result(line, sys.stdout)


def _draw(runs: MultiExperimentLoader, options: ComparisonOptions, output: Path, width: float | None, paper: bool,
          style: str | None) -> Path:
    from livemon.style import theme_named
    from livemon.views.axes import paper_figure
    from livemon.views.static import render, save_figure

    comparison = Comparison(runs, options)
    theme = theme_named(style or "light")
    path = output / "comparison_dashboard.png" if output.is_dir() else output
    if paper or width is not None:
        panel = comparison.panel(comparison.main or "train_loss")
        return save_figure(paper_figure([panel], width or 3.25), path)
    return save_figure(render(comparison.dashboard(), theme), path, style=theme)
