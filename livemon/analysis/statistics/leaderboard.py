"""Runs, the best first: their results, their states, and their differences."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from livemon import wording
from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.run_set.missing import no_metric
from livemon.analysis.run_set.one_number import At, Numbers, numbers_at
from livemon.analysis.run_set.points import meant_by, metrics_of
from livemon.analysis.statistics import cautions
from livemon.analysis.statistics.captions import numbers_caption
from livemon.analysis.statistics.significance import default_at, main_metric
from livemon.runs.experiment import ExperimentLoader
from livemon.states import Standing, State
from livemon.tables import meaning

__all__ = ["Leaderboard", "at_the_last_common", "heading", "leaderboard", "run_called"]

_MOST_SETTINGS = 6
_ARROWS = {True: "↑", False: "↓", None: ""}


@dataclass(frozen=True)
class Leaderboard:
    """A ranked table.

    Attributes:
        metric, rising: The ranking metric, and whether more of it is better; None if unknown: then rows are in the
            given order, and none is the best.
        table: For people: index `run` or `group`; the column of the metric is called "val_loss ↓".
        best: The cells to highlight: row number, column.
        problems: The runs with problems, with a sentence for each.
        rows: For programs, a dict for each row. For a run: `run` (its name), `label`, `path`, `value` (the number that
            ranks it), `best`, `best_step`, `final` (each None if the run has no such number; NaN is a logged value),
            `state`, `reason`, `settings` (those in which the runs differ, as in the configs). For a group, and each
            metric: `group`, `metric`, `n` (runs with a finite value), `left_out` (those without), `mean` (or `median`,
            `iqm`), `low`, `high`, `std` (None if undefined), `paths`.
        caption: The number that ranks the table, and the meaning of the cells in a table of groups.
        numbers: The number of each run that ranks the table.
        count: How many rows there are without a limit; None: as many as the table has.
    """

    metric: str
    rising: bool | None
    table: pd.DataFrame
    best: frozenset[tuple[int, str]]
    problems: list[str]
    rows: list[dict[str, Any]]
    caption: str
    numbers: Numbers
    count: int | None = None


@dataclass(frozen=True)
class _Reached:
    """Asks a run for its results; see `points.Wanted`."""

    metric: str
    rising: bool | None

    def __call__(self, run: ExperimentLoader) -> dict[str, Any]:
        own = meant_by(run, self.metric, metrics_of(run))
        row: dict[str, Any] = {"final": None, "best": None, "at": None, "points": 0}
        if own is not None:
            _, at, logged = run.columns.latest_points(own, None)
            values = logged.astype(np.float64)
            finite = np.flatnonzero(np.isfinite(values))
            row |= {"final": float(values[-1]), "points": len(values)}
            if len(finite) and self.rising is not None:
                index = finite[values[finite].argmax() if self.rising else values[finite].argmin()]
                row |= {"best": float(values[index]), "at": float(at[index])}
        row |= {"state": run.state, "reason": run.reason, "evidence": run.state_evidence, "has": own is not None,
                "odd": [f"{anomaly.kind}{f' ({anomaly.count}x)' if anomaly.count > 1 else ''}"
                        for anomaly in run.anomalies[:3]]}
        return row


def heading(numbers: Numbers, called: str, rising: bool | None) -> str:
    """The name of a metric's column in a table of several: "val_loss ↓", "best val_loss ↓"."""
    return f"{numbers.column(called).removeprefix('final ')} {_ARROWS[rising]}".rstrip()


def leaderboard(runs: MultiExperimentLoader, metric: str | None = None, rising: bool | None = None, *,
                at: str | At | None = None, x: str | None = None, label: str | None = None,
                baseline: str | None = None, limit: int | None = None) -> Leaderboard:
    """The runs by one number each: by default the last value.

    Args:
        metric: None stands for the main one.
        rising: Whether more is better; None: by its name.
        at: See `significance.compare_groups`.
        x: See `MultiExperimentLoader.curves`.
        label: The name of the metric in the table; None: its own.
        baseline: A run, by its name, label or title: a column shows the difference to it.
        limit: Make only so many rows.

    Raises:
        ValueError: No run has the metric, `at` is unknown, or no run has the baseline's name."""
    metric = metric or main_metric(runs)
    called = label or metric
    base = None if baseline is None else run_called(runs, baseline)
    rising = meaning.higher_is_better(runs.direction(metric)) if rising is None else rising
    by_run = runs.read(_Reached(metric, rising), stacklevel=3)
    if not any(row["has"] for row in by_run.values()):
        raise no_metric(runs, metric)
    curves = {name: own[metric] for name, own in runs.curves((metric,), x, stacklevel=3).items() if metric in own}
    numbers = numbers_at(curves, at or default_at(runs, curves), rising)
    ranked = {name: numbers.values.get(name, math.nan) for name in by_run}
    values = {name: numbers.given(name) for name in by_run}
    ordered = list(by_run)
    if rising is not None:
        ordered.sort(key=lambda name: (not math.isfinite(ranked[name]), ranked[name] * (-1 if rising else 1)))
    column = f"{numbers.column(called)} {_ARROWS[rising]}".rstrip()
    differing = runs.differing_settings
    shown, rows = [], []
    for name in ordered[:limit]:
        row, settings = by_run[name], runs.settings.get(name, {})
        reached: dict[str, Any] = {"run": runs.titles[name], column: values[name]}
        if base is not None:
            known = values[name] is not None and values[base] is not None
            reached |= {f"minus {runs.titles[base]}": ranked[name] - ranked[base] if known else None}
        if rising is not None:
            reached |= {f"best {called}": row["best"]} if numbers.at.kind != "best" else {}
            reached |= {"at": _whole(row["at"])}
        reached |= {f"final {called}": row["final"]} if numbers.at.kind != "final" else {}
        reached |= {"state": _standing(row)}
        setting_cells = {key.rsplit(".", 1)[-1]: wording.setting(settings[key], 24) if key in settings else "-"
                         for key in differing[:_MOST_SETTINGS]}
        shown.append(reached | {f"{key} (setting)" if key in reached else key: text
                                for key, text in setting_cells.items()})
        rows.append({"run": name, "label": runs.labels[name], "path": str(runs.paths[name]), "value": values[name],
                     "best": row["best"], "best_step": _whole(row["at"]), "final": row["final"], "state": row["state"],
                     "reason": row["reason"],
                     "settings": {key: settings[key] for key in differing if key in settings}})
    table = pd.DataFrame({head: with_gaps([row[head] for row in shown]) for head in shown[0]}).set_index("run")
    in_order = [] if rising is None else [ranked[name] for name in ordered[:limit]]
    top = [(row, column) for row, value in enumerate(in_order) if value == in_order[0] and math.isfinite(value)]
    problems = [] if rising is not None else [f"the runs are not ranked: {meaning.ask_for_direction(metric)}"]
    problems += cautions.of_lengths(curves, {"runs": list(curves)}, numbers)
    problems += [*at_the_last_common(numbers), *cautions.of_noise(metric, curves, numbers),
                 *_problems(runs, by_run, metric)]
    return Leaderboard(metric, rising, table, frozenset(top), problems, rows,
                       f"{'not ranked; ' if rising is None else 'ranked by '}{numbers_caption(numbers)}", numbers,
                       len(ordered))


def with_gaps(cells: list[Any]) -> Any:
    """A column of a table; None stays None among numbers; pandas would make it NaN, which a run can log."""
    return np.array(cells, dtype=object) if any(cell is None for cell in cells) else cells


def run_called(runs: MultiExperimentLoader, word: str) -> str:
    """The name of the run with this name, title or short label.

    Raises:
        ValueError: There is no such run.
    """
    for called in ({name: name for name in runs.names}, runs.titles, runs.labels):
        if match := [name for name, text in called.items() if text == word]:
            return match[0]
    raise ValueError(f"the baseline {word!r} is not a run; {wording.instead_of(word, runs.titles.values())}")


def at_the_last_common(numbers: Numbers) -> list[str]:
    """The note for runs compared at the last x that all of them have."""
    if not numbers.common:
        return []
    return [f"values are those at {numbers.kind} {wording.count(numbers.at.amount)}, the last that all runs have; "
            "--at final takes what each has now"]


def _standing(row: dict[str, Any]) -> str:
    return str(Standing(row["state"], row["reason"]))


def _whole(value: float | None) -> float | None:
    """Whole numbers as int."""
    return int(value) if value is not None and value.is_integer() else value


def _problems(runs: MultiExperimentLoader, reached: dict[str, dict[str, Any]], metric: str) -> list[str]:
    runs_of: dict[str, list[str]] = {}
    evidence: dict[str, str] = {}
    for name, row in reached.items():
        label = runs.titles[name]
        if not row["has"]:
            runs_of.setdefault(f"no {metric}", []).append(label)
        elif row["points"] and not math.isfinite(row["final"]):
            runs_of.setdefault(f"{metric} ends as {wording.number(row['final'])}", []).append(label)
        if row["state"] in (State.FAILED, State.STOPPED, State.STALLED):
            runs_of.setdefault(_standing(row), []).append(label)
            evidence[_standing(row)] = row["evidence"]
        for anomaly in row["odd"]:
            runs_of.setdefault(anomaly, []).append(label)
    when = {problem: f", {evidence[problem]}" for problem, labels in runs_of.items()
           if len(labels) == 1 and problem in evidence}
    return [f"{wording.listed(labels)}: {problem}{when.get(problem, '')}" for problem, labels in runs_of.items()]
