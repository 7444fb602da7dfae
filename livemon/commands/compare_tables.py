"""The tables of `livemon compare`, and how they are printed."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.run_set.settings import is_seed
from livemon.analysis.statistics.bands import middle_of
from livemon.analysis.statistics.captions import importance_caption, tests_caption
from livemon.analysis.statistics.cautions import finite_values, of_marks
from livemon.analysis.statistics.cells import significant, with_digits
from livemon.analysis.statistics.groups import find_groups
from livemon.analysis.statistics.leaderboard import Leaderboard
from livemon.analysis.statistics.sentence import sentence_of
from livemon.analysis.statistics.significance import GroupComparison
from livemon.analysis.table_formats import plain_json, render_table, to_csv, to_latex_comment, with_blanks
from livemon.boards.runs_health import RunHealth
from livemon.commands.compare_request import TableForm, TableName
from livemon.system.streams import put_lines
from livemon.tables.metric_choice import MetricChoice

__all__ = ["Tables", "caption_of_tests", "grouping_hint", "limited", "notes_of", "print_tables", "sentences_of_tests",
           "table_with_caption", "tests_table"]

Notify = Callable[[str], None]
_NO_INTERVAL = ("low and high are left out where there is no 95 % interval of the difference: n is too small for the "
                "test to refuse any difference, or the values do not vary")
_MOST_SENTENCES = 12  # in a paragraph for a paper


@dataclass(frozen=True, slots=True)
class Tables:
    """The results to print.

    Attributes:
        board: The leaderboard, of runs or groups.
        tests: The tests between groups, for each metric.
        ranked: The settings, ranked by effect.
        health: The health of each run.
        choices: The metrics asked for.
    """

    board: Leaderboard
    tests: Sequence[GroupComparison]
    ranked: pd.DataFrame | None
    health: Mapping[str, RunHealth]
    choices: Sequence[MetricChoice] = ()


def limited(board: Leaderboard, most: int | None) -> Leaderboard:
    """The first `most` rows of the table, with a sentence that gives the number of all."""
    count = board.count or len(board.table)
    if most is None or count <= most:
        return board
    key = "run" if any("run" in row for row in board.rows) else "group"
    kept = list(dict.fromkeys(row[key] for row in board.rows))[:most]
    what = f"{count:,} {key}s"
    return replace(board, table=board.table.iloc[:most], rows=[row for row in board.rows if row[key] in kept],
                   best=frozenset(cell for cell in board.best if cell[0] < most),
                   problems=[f"the first {most} of {what}", *board.problems])


def grouping_hint(runs: MultiExperimentLoader) -> str:
    """A hint to `--group-by` if runs differ in the seed, else ""."""
    if len(runs) < 2 or not any(is_seed(key) for key in runs.differing_settings):
        return ""
    if all(is_seed(key) for key in runs.differing_settings):
        return f"these {len(runs)} runs differ only in the seed: --group-by all gives their mean and its interval"
    keys = [key for key in runs.differing_settings if is_seed(key)]
    sizes = [len({tuple(str(runs.settings[name].get(key)) for key in keys) for name in members})
             for members in find_groups(runs.settings).values()]
    if len(sizes) < 2 or min(sizes) < 2:
        return ""
    seeds = f"{min(sizes)}" + f" to {max(sizes)}" * (max(sizes) > min(sizes))
    return f"these are {len(sizes)} settings with {seeds} seeds each: --group-by all compares these groups"


def print_tables(tables: Tables, runs: MultiExperimentLoader, form: TableForm, notify: Notify,
                 alone: TableName | None = None) -> None:
    """Print the tables on standard output, each with the sentence below it, and with the notes needed to read them.

    Args:
        alone: The only table to print; None: all.

    Raises:
        ValueError: There is no such table.
    """
    if form == "json":
        put_lines(_as_json(tables, runs.titles))
        return
    if alone == "tests" and not tables.tests:
        raise ValueError("--table tests: there are no two groups that are tested against each other")
    put_lines(_as_csv(tables, runs.titles, alone) if form == "csv" else "\n\n".join(_shown(tables, form, alone)))
    for note in notes_of(tables):
        notify(note)


def _as_csv(tables: Tables, titles: Mapping[str, str], alone: TableName | None) -> str:
    """One table: the one asked for, else the ranked settings if there are any, else the leaderboard."""
    if alone == "tests":
        rows = [{"metric": comparison.metric} | _without_nan(row) for comparison in tables.tests
                for row in comparison.table.to_dict("records")]
        return to_csv(pd.DataFrame(rows, dtype=object).set_index("metric"))
    ranked = _ranked(tables)
    return to_csv(_csv_rows(tables.board, titles) if ranked is None or alone == "main" else ranked)


def _ranked(tables: Tables) -> pd.DataFrame | None:
    return None if tables.ranked is None else with_blanks(tables.ranked)


def _shown(tables: Tables, form: TableForm, alone: TableName | None) -> list[str]:
    board, tests, ranked = tables.board, tables.tests, _ranked(tables)
    starred = bool(board.rows) and "among_best" in board.rows[0]
    shown = []
    if alone in (None, "main"):
        shown.append(table_with_caption(board.table, form, board.caption,
                                        board.best if form != "text" or starred else frozenset()))
    if tests and alone in (None, "tests"):
        shown.append(table_with_caption(tests_table(tests, board), form, caption_of_tests(tests)))
        sentences = [f"for your paper: {sentence}" for sentence in sentences_of_tests(tests)]
        if form == "text" and 0 < len(sentences) <= _MOST_SENTENCES:
            shown.append("\n".join(sentences))
    if ranked is not None and alone in (None, "importance"):
        shown.append(table_with_caption(ranked, form, importance_caption(ranked)))
    return shown


def sentences_of_tests(tests: Sequence[GroupComparison]) -> list[str]:
    """A sentence for the text of a paper for each pair of groups, if there is only one pair or a baseline."""
    return [sentence_of(comparison, row) for comparison in tests if comparison.table["b"].nunique() == 1
            for row in comparison.table.to_dict("records") if max(row["n_a"], row["n_b"]) > 1]


def notes_of(tables: Tables) -> list[str]:
    """The notes needed to read the tables. The problems in the leaderboard have already been printed."""
    ranked = tables.ranked
    notes: list[str] = []
    for tests in tables.tests:
        of = f"{tests.called}: " if len(tables.tests) > 1 else ""
        without = [_NO_INTERVAL] if bool(tests.table["low"].isna().any()) else []
        pairings = tests.pairings if len(tests.pairings) > 2 else ()
        notes += [*without, *(of + note for note in (*pairings, *tests.notes, *_of_marks(tables.board, tests)))]
    notes += ranked.attrs["notes"] if ranked is not None else ()
    return [note for note in dict.fromkeys(notes) if note not in tables.board.problems]


def _of_marks(board: Leaderboard, tests: GroupComparison) -> list[str]:
    """Where the marks of a metric and its tests of pairs seem to disagree."""
    middles = {label: float(middle_of(finite, tests.middle)) for label, values in tests.values.items()
               if len(finite := finite_values(values))}
    if tests.rising is None or not middles:
        return []
    best = (max if tests.rising else min)(middles, key=lambda label: middles[label])
    return of_marks(tests.table, best, {row["group"]: row["among_best"] for row in board.rows
                                        if row["metric"] == tests.metric})


def table_with_caption(frame: pd.DataFrame, form: TableForm, caption: str, best: Collection[tuple[int, str]] = ()
                       ) -> str:
    """A table as text, Markdown or LaTeX, with its caption below. `best`: the cells in bold (in text with a star)."""
    caption = caption.replace("bold: ", "*: ") if form == "text" else caption
    return _with_caption(render_table(frame, form, best), caption, form)


def _with_caption(table: str, caption: str, form: str) -> str:
    """The table with its caption below; in LaTeX the caption is a comment, ready to be uncommented."""
    if not caption:
        return table
    if form == "latex":
        return f"{table}\n{to_latex_comment(caption)}"
    return f"{table}{chr(10) * (2 if form == 'markdown' else 1)}{caption}"


def caption_of_tests(tests: Sequence[GroupComparison]) -> str:
    """The caption of the tests: a single sentence if it is the same for all metrics."""
    captions = {comparison.called: tests_caption(comparison) for comparison in tests}
    if len(set(captions.values())) == 1:
        each = "; p_holm: of each metric by itself" if len(tests) > 1 and len(tests[0].table) > 1 else ""
        return next(iter(captions.values())) + each
    return "; ".join(f"{metric}: {caption}" for metric, caption in captions.items())


def tests_table(tests: Sequence[GroupComparison], board: Leaderboard) -> pd.DataFrame:
    """The columns of the tests that people need: the metric if there are several; whether a pair of groups is paired if
    that differs; the corrected p if a metric has more than one test."""
    table = pd.concat([comparison.table.assign(metric=comparison.called) for comparison in tests], ignore_index=True)
    groups = {row["group"] for row in board.rows}
    table = table[table["a"].isin(groups) & table["b"].isin(groups)]
    metric = ["metric"] if len(tests) > 1 else []
    paired = ["paired"] if table["paired"].nunique() > 1 else []
    corrected = ["p_holm"] if any(len(comparison.table) > 1 for comparison in tests) else []
    columns = [*metric, "a", "b", *paired, "difference", "low", "high", "effect", "p", *corrected, "verdict"]
    texts = {"effect": with_digits(table["effect"].tolist())}
    texts |= {name: [significant(p) for p in table[name]] for name in ("p", "p_holm")}
    sizes: dict[str, list[str]] = {name: [""] * len(table) for name in ("difference", "low", "high")}
    for called in table["metric"].unique():  # all numbers of a metric have the same number of decimals
        of_metric = [row for row, name in enumerate(table["metric"]) if name == called]
        each = [(name, row) for name in sizes for row in of_metric]
        for (name, row), text in zip(each, with_digits([table[name].iloc[row] for name, row in each]), strict=True):
            sizes[name][row] = text
    return table.assign(**texts, **sizes)[columns].set_index(columns[0])


def _as_json(tables: Tables, titles: Mapping[str, str]) -> str:
    board, tests, ranked = tables.board, tables.tests, tables.ranked
    better = {True: "more", False: "less", None: None}[board.rising]
    whole: dict[str, Any] = {"metric": board.metric, "better": better, "at": str(board.numbers.at),
                             "x": board.numbers.kind,
                             "metrics": [choice.name for choice in tables.choices] or [board.metric],
                             "labels": {choice.name: choice.label for choice in tables.choices},
                             "problems": board.problems, "caption": board.caption, "rows": _called(board.rows, titles)}
    if tests:
        comparisons = [_without_nan(row) | {"metric": comparison.metric, "sentence": sentence_of(comparison, row)}
                       for comparison in tests for row in comparison.table.to_dict("records")]
        pairings = list(dict.fromkeys(sentence for comparison in tests for sentence in comparison.pairings))
        made = dict.fromkeys(comparison.test_made for comparison in tests)
        whole |= {"test": ", ".join(made), "middle": tests[0].middle,
                  "comparisons": comparisons, "tests_caption": caption_of_tests(tests), "pairings": pairings,
                  "notes": notes_of(tables)}
    if ranked is not None:
        rows = [_without_nan(row) for row in ranked.reset_index().to_dict("records")]
        whole |= {"importance": rows, "importance_notes": ranked.attrs["notes"]}
    return plain_json(whole)


def _without_nan(row: Mapping[Any, Any]) -> dict[Any, Any]:
    """A row of a test, with None for what so few runs do not allow to compute."""
    return {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in row.items()}


def _called(rows: Sequence[dict[str, Any]], titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows that name each run by its usual name, not by its key."""
    return [row | {"run": titles[row["run"]]} if row.get("run") in titles else row for row in rows]


def _csv_rows(board: Leaderboard, titles: Mapping[str, str]) -> pd.DataFrame:
    """The rows with a column for each setting; lists get no column."""
    flat = []
    for row in _called(board.rows, titles):
        plain = {key: value for key, value in row.items() if not isinstance(value, dict | list)}
        plain, settings = {"metric": board.metric} | plain, row.get("settings", {})
        flat.append(plain | {f"{key} (setting)" if key in plain else key: value for key, value in settings.items()})
    keys = list(dict.fromkeys(key for row in flat for key in row))
    first = next(key for key in keys if key != "metric")
    table = pd.DataFrame([[row.get(key, "") for key in keys] for row in flat], columns=keys, dtype=object)
    return table.set_index(first)
