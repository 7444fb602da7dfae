"""Runs, best first: what each reached, how it stands, and in what they differ."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from livemon import wording
from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.run_set.missing import no_metric
from livemon.analysis.run_set.one_number import At, Numbers, numbers_at
from livemon.analysis.run_set.points import meant_by, metrics_of
from livemon.analysis.run_set.settings import is_seed, told_apart_by
from livemon.analysis.statistics import cautions
from livemon.analysis.statistics.bands import (
    ENOUGH_FOR_BOOTSTRAP,
    LEAST_FOR_ORDER,
    BandKind,
    Middle,
    band_named,
    band_of,
    middle_of,
)
from livemon.analysis.statistics.captions import groups_caption, numbers_caption
from livemon.analysis.statistics.groups import find_groups
from livemon.analysis.statistics.significance import default_at, main_metric, value_with_interval
from livemon.runs.experiment import ExperimentLoader
from livemon.states import Standing, State
from livemon.tables import meaning

__all__ = ["Leaderboard", "group_leaderboard", "leaderboard"]

_MOST_SETTINGS = 6
_ARROWS = {True: "↑", False: "↓", None: ""}
_VALUES = 5  # of a setting that are named


@dataclass(frozen=True)
class Leaderboard:
    """A ranked table.

    Attributes:
        metric, rising: What it is ranked by, and whether more is better; None where that is not known: then rows stand
            in the order given, and nothing is the best.
        table: For people: index `run` or `group`, the column of the metric is called "val_loss ↓".
        best: The cells to be highlighted: row number, column.
        problems: What is wrong with which run, a sentence each.
        rows: For programs, a dict a row, numbers as numbers. Of a run: `run` (its name), `label`, `path`, `value` (by
            which it is ranked), `best`, `best_step`, `final`, `state`, `reason`, `settings` (those in which the runs
            differ, as they are in the configs). Of a group, and of each metric: `group`, `metric`, `n` (runs with a
            finite value), `left_out` (those without), `mean` (or `median`, `iqm`), `low`, `high`, `std`,
            `paths`.
        caption: Which number of the runs the table is ranked by, and what the cells of a table of groups are.
        numbers: The number of each run by which the table is ranked.
    """

    metric: str
    rising: bool | None
    table: pd.DataFrame
    best: frozenset[tuple[int, str]]
    problems: list[str]
    rows: list[dict[str, Any]]
    caption: str
    numbers: Numbers


@dataclass(frozen=True)
class _Reached:
    """Asks a run for what it reached; see `points.Wanted`."""

    metric: str
    rising: bool | None

    def __call__(self, run: ExperimentLoader) -> dict[str, Any]:
        own = meant_by(run, self.metric, metrics_of(run))
        row: dict[str, Any] = {"final": math.nan, "best": math.nan, "at": math.nan, "points": 0}
        if own is not None:
            _, at, logged = run.columns.latest_points(own, None)
            values = logged.astype(np.float64)
            finite = np.flatnonzero(np.isfinite(values))
            row |= {"final": float(values[-1]), "points": len(values)}
            if len(finite) and self.rising is not None:
                place = finite[values[finite].argmax() if self.rising else values[finite].argmin()]
                row |= {"best": float(values[place]), "at": float(at[place])}
        row |= {"state": run.state, "reason": run.reason, "evidence": run.state_evidence, "has": own is not None,
                "odd": [f"{one.kind}{f' ({one.count}x)' if one.count > 1 else ''}" for one in run.anomalies[:3]]}
        return row


def leaderboard(runs: MultiExperimentLoader, metric: str | None = None, rising: bool | None = None, *,
                at: str | At | None = None, x: str | None = None) -> Leaderboard:
    """The runs by one number of each: its last value, unless another is asked for.

    Args:
        metric: None: the main one.
        rising: Whether more is better; None: by its name.
        at: As `significance.compare_groups` takes it.
        x: As `MultiExperimentLoader.curves` takes it.

    Raises:
        ValueError: No run has the metric, or `at` is unknown.
    """
    metric = metric or main_metric(runs)
    rising = meaning.higher_is_better(runs.direction(metric)) if rising is None else rising
    by_run = runs.read(_Reached(metric, rising), stacklevel=3)
    if not any(row["has"] for row in by_run.values()):
        raise no_metric(runs, metric)
    curves = {name: one[metric] for name, one in runs.curves((metric,), x, stacklevel=3).items() if metric in one}
    numbers = numbers_at(curves, at or default_at(runs, curves), rising)
    ranked = {name: numbers.values.get(name, math.nan) for name in by_run}
    ordered = list(by_run)
    if rising is not None:
        ordered.sort(key=lambda name: (not math.isfinite(ranked[name]), ranked[name] * (-1 if rising else 1)))
    column = f"{numbers.column(metric)} {_ARROWS[rising]}".rstrip()
    differing = runs.differing_settings
    shown, rows = [], []
    for name in ordered:
        row, settings = by_run[name], runs.settings.get(name, {})
        reached = {"run": runs.titles[name], column: ranked[name]}
        if rising is not None:
            reached |= {f"best {metric}": row["best"]} if numbers.at.kind != "best" else {}
            reached |= {"at": row["at"]}
        reached |= {f"final {metric}": row["final"]} if numbers.at.kind != "final" else {}
        reached |= {"state": _standing(row)}
        setting_cells = {key.rsplit(".", 1)[-1]: wording.setting(settings[key], 24) if key in settings else "-"
                         for key in differing[:_MOST_SETTINGS]}
        shown.append(reached | {f"{key} (setting)" if key in reached else key: text
                                for key, text in setting_cells.items()})
        rows.append({"run": name, "label": runs.labels[name], "path": str(runs.paths[name]), "value": ranked[name],
                     "best": row["best"], "best_step": _whole(row["at"]), "final": row["final"], "state": row["state"],
                     "reason": row["reason"],
                     "settings": {key: settings[key] for key in differing if key in settings}})
    table = pd.DataFrame(shown).set_index("run")
    values = [] if rising is None else table[column].tolist()
    top = [(place, column) for place, value in enumerate(values) if value == values[0] and math.isfinite(value)]
    problems = [] if rising is not None else [f"the runs are not ranked: {meaning.ask_for_direction(metric)}"]
    problems += cautions.of_lengths(curves, {"runs": list(curves)}, numbers)
    problems += [*_common(numbers), *cautions.of_noise(metric, curves, numbers), *_problems(runs, by_run, metric)]
    return Leaderboard(metric, rising, table, frozenset(top), problems, rows,
                       f"{'not ranked; ' if rising is None else 'ranked by '}{numbers_caption(numbers)}", numbers)


def _common(numbers: Numbers) -> list[str]:
    """What is said where runs are compared at the last x that all have."""
    if not numbers.common:
        return []
    return [f"values are those at {numbers.kind} {wording.count(numbers.at.amount)}, the last that all runs have; "
            "--at final takes what each has now"]


def _standing(row: dict[str, Any]) -> str:
    return str(Standing(row["state"], row["reason"]))


def _whole(value: float) -> float:
    """As an int where it is one."""
    return int(value) if value.is_integer() else value


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
    one = {problem: f", {evidence[problem]}" for problem, labels in runs_of.items()
           if len(labels) == 1 and problem in evidence}
    return [f"{wording.listed(labels)}: {problem}{one.get(problem, '')}" for problem, labels in runs_of.items()]


def group_leaderboard(
    runs: MultiExperimentLoader, metrics: Sequence[str] = (), group_by: str | Sequence[str] | None = None, *,
    middle: Middle = "mean", band: BandKind = "auto", at: str | At | None = None, rising: bool | None = None,
    groups: dict[str, list[str]] | None = None, x: str | None = None,
) -> Leaderboard:
    """Groups of runs, best first: the middle of some metrics, with the interval and n in each cell.

    Args:
        metrics: The first ranks; () is the main one alone.
        group_by: See `groups.find_groups`; `groups` (label -> names) instead.
        at: The number of a run, as `significance.compare_groups` takes it and tests it.
        rising: Of the first metric.
        x: As `MultiExperimentLoader.curves` takes it.

    Raises:
        ValueError: No run has the first metric, or a setting to group by is unknown.
    """
    wanted = list(metrics) or [main_metric(runs)]
    by_group = groups if groups is not None else find_groups(runs.settings, group_by)
    tested = {name for one in by_group.values() for name in one}
    of_metric: dict[str, Numbers] = {}
    numbers: dict[str, dict[str, float]] = {}
    heads: dict[str, str] = {}
    cells: dict[str, dict[str, str]] = {label: {} for label in by_group}
    rows: dict[str, list[dict[str, Any]]] = {label: [] for label in by_group}
    kind = band_named(middle, band)
    for metric in wanted:
        up = rising if rising is not None and metric == wanted[0] else meaning.higher_is_better(runs.direction(metric))
        curves = runs.curves((metric,), x, stacklevel=3)
        points = {name: one[metric] for name, one in curves.items() if metric in one and name in tested}
        of_metric[metric] = numbers_at(points, at or default_at(runs, points), up)
        reached = of_metric[metric].values
        head = heads[metric] = f"{of_metric[metric].column(metric).removeprefix('final ')} {_ARROWS[up]}".rstrip()
        numbers[metric] = {}
        for label, members in by_group.items():
            values = np.array([reached[name] for name in members if name in reached])
            finite = values[np.isfinite(values)]
            row: dict[str, Any] = {"group": label, "metric": metric, "n": len(finite),
                                   "left_out": len(members) - len(finite), middle: None, "low": None, "high": None,
                                   "std": float(finite.std(ddof=1)) if len(finite) > 1 else None,
                                   "paths": [str(runs.paths[name]) for name in members]}
            rows[label].append(row)
            if len(finite) == 0:
                cells[label][head] = "-"
                continue
            centre = float(middle_of(finite, middle))
            low, high = (float(end[0]) for end in band_of(finite[:, None], middle, kind))
            row |= {middle: centre, "low": low, "high": high}
            numbers[metric][label] = centre * {True: -1, False: 1, None: 0}[up]
            out = f" of {len(members)}" if len(finite) < len(members) else ""
            cells[label][head] = f"{value_with_interval(metric, centre, low, high)} (n = {len(finite)}{out})"
    if not numbers[wanted[0]]:
        if not any(wanted[0] in one for one in runs.curves((wanted[0],), x, stacklevel=3).values()):
            raise no_metric(runs, wanted[0])
        raise ValueError(f"no run has a finite number among the {of_metric[wanted[0]].words()} of {wanted[0]!r}")
    up = rising if rising is not None else meaning.higher_is_better(runs.direction(wanted[0]))
    order = sorted(by_group, key=lambda label: numbers[wanted[0]].get(label, math.inf))
    table = pd.DataFrame([{"group": label, **cells[label]} for label in order]).set_index("group")
    best = {(order.index(label), heads[metric]) for metric, one in numbers.items() if heads[metric][-1] in "↑↓"
            for label, value in one.items() if value == min(one.values())}
    single = [label for label in order if len(by_group[label]) == 1]
    notes = [f"{wording.listed(single)}: n = 1, so the spread is unknown"] if single else []
    notes += [*_common(of_metric[wanted[0]]), *_few_for_the_band(middle, kind, by_group), *_pooled(runs, by_group)]
    if up is None:
        notes.insert(0, f"the groups are not ranked: {meaning.ask_for_direction(wanted[0])}")
    return Leaderboard(wanted[0], up, table, frozenset(best), notes, [row for label in order for row in rows[label]],
                       groups_caption(middle, kind, of_metric[wanted[0]]), of_metric[wanted[0]])


def _few_for_the_band(middle: Middle, band: BandKind, groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Where an interval does not hold what it says, or there is none."""
    fewest = min((len(members) for members in groups.values() if len(members) > 1), default=ENOUGH_FOR_BOOTSTRAP)
    if band == "bootstrap" and fewest < ENOUGH_FOR_BOOTSTRAP:
        return [f"a bootstrap of {fewest} runs holds the true {middle} less often than in 95 % of studies (of 3 runs "
                f"in about 75 %): below {ENOUGH_FOR_BOOTSTRAP} runs --band auto is one that does, or none"]
    if band == "order" and fewest < LEAST_FOR_ORDER:
        return [f"{fewest} runs have no 95 % interval of a median: it takes {LEAST_FOR_ORDER}"]
    return []


def _pooled(runs: MultiExperimentLoader, groups: Mapping[str, Sequence[str]]) -> list[str]:
    """What else than the seed differs between the runs of a group; a sentence where something does."""
    settings = runs.settings
    values: dict[str, dict[str, None]] = {}
    for members in groups.values():
        inside = [settings.get(name, {}) for name in members]
        for key in told_apart_by(inside):
            if not is_seed(key):
                values.setdefault(key, {}).update(dict.fromkeys(wording.setting(one.get(key), 24) for one in inside))
    if not values:
        return []
    named = [f"{key} ({', '.join(list(ones)[:_VALUES])}{', …' * (len(ones) > _VALUES)})"
             for key, ones in values.items()]
    return [f"the runs of a group differ in more than the seed, and are pooled: {', '.join(named[:_MOST_SETTINGS])}"]
