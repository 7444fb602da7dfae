"""Runs and several metrics: a row for each run, a column for each metric."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from livemon import wording
from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.run_set.missing import no_metric
from livemon.analysis.run_set.one_number import At, Numbers, numbers_at
from livemon.analysis.statistics import cautions
from livemon.analysis.statistics.captions import numbers_caption
from livemon.analysis.statistics.cells import column_cells, decimals_of
from livemon.analysis.statistics.leaderboard import Leaderboard, at_the_last_common, heading, run_called
from livemon.analysis.statistics.significance import default_at
from livemon.tables import meaning

__all__ = ["metric_table"]


def metric_table(
    runs: MultiExperimentLoader, metrics: Sequence[str], *, at: str | At | None = None, x: str | None = None,
    labels: Mapping[str, str] | None = None, directions: Mapping[str, bool] | None = None, baseline: str | None = None,
) -> Leaderboard:
    """The runs by one number for each metric; the first metric ranks them, and the best of each column is marked.

    Args:
        metrics: One or more.
        at: For all metrics, see `significance.compare_groups`.
        x: See `MultiExperimentLoader.curves`.
        labels: metric -> the name of its column, if not its own.
        directions: metric -> whether more is better, if its name does not say so.
        baseline: A run, by its name, label or title: further columns show the differences to it.

    Returns:
        `rows` has a dict for each run and metric: `run`, `label`, `path`, `metric`, `value` (None if it has none),
            `among_best`.
        `among_best`.

    Raises:
        ValueError: No run has one of the metrics, or no run has the baseline's name.
    """
    curves = runs.curves(tuple(metrics), x, stacklevel=3)
    base = None if baseline is None else run_called(runs, baseline)
    up, numbers, heads = _numbers(runs, metrics, curves, at, labels or {}, directions or {})
    values = {metric: {name: numbers[metric].values.get(name, math.nan) for name in curves} for metric in metrics}
    first = metrics[0]
    order = list(curves)
    if up[first] is not None:
        order.sort(key=lambda name: (not math.isfinite(values[first][name]),
                                     values[first][name] * (-1 if up[first] else 1)))
    shown: dict[str, list[str]] = {"run": [runs.titles[name] for name in order]}
    best: set[tuple[int, str]] = set()
    for metric in metrics:
        is_given = [numbers[metric].given(name) is not None for name in order]
        column = [values[metric][name] for name in order]
        shown[heads[metric]] = _texts(metric, column, is_given)
        finite = [value for value in column if math.isfinite(value)]
        if finite and up[metric] is not None:
            top = (max if up[metric] else min)(finite)
            best |= {(row, heads[metric]) for row, value in enumerate(column) if value == top}
        if base is not None:
            differences = [value - values[metric][base] for value in column]
            both = is_given if numbers[metric].given(base) is not None else [False] * len(is_given)
            shown[f"Δ {heads[metric].rstrip(' ↑↓')}"] = _texts(metric, differences, both, decimals_of(finite))
    rows: list[dict[str, Any]] = [
        {"run": name, "label": runs.labels[name], "path": str(runs.paths[name]), "metric": metric,
         "value": numbers[metric].given(name), "among_best": (row, heads[metric]) in best}
        for row, name in enumerate(order) for metric in metrics]
    ranked = "not ranked" if up[first] is None else "ranked by the first column"
    of_base = "" if base is None else f"; Δ: the difference to {runs.titles[base]}"
    caption = (f"{numbers_caption(numbers[first])}, as logged; {ranked}"
               + "; bold: the best of each column" * bool(best) + of_base)
    return Leaderboard(first, up[first], pd.DataFrame(shown).set_index("run"), frozenset(best),
                       _problems(runs, metrics, curves, numbers, up, values), rows, caption, numbers[first])


def _numbers(runs: MultiExperimentLoader, metrics: Sequence[str], curves: Mapping[str, Mapping[str, Any]],
             at: str | At | None, labels: Mapping[str, str], directions: Mapping[str, bool]
             ) -> tuple[dict[str, bool | None], dict[str, Numbers], dict[str, str]]:
    up: dict[str, bool | None] = {}
    numbers: dict[str, Numbers] = {}
    for metric in metrics:
        points = {name: own[metric] for name, own in curves.items() if metric in own}
        if not points:
            raise no_metric(runs, metric)
        up[metric] = directions.get(metric, meaning.higher_is_better(runs.direction(metric)))
        numbers[metric] = numbers_at(points, at or default_at(runs, points), up[metric])
    return up, numbers, {metric: heading(numbers[metric], labels.get(metric, metric), up[metric])
                         for metric in metrics}


def _texts(metric: str, values: Sequence[float], is_given: Sequence[bool], decimals: int | None = None) -> list[str]:
    """The cells; "-" if a run has no such number. `decimals`: None: chosen by the values."""
    return column_cells(metric, [(value, None, None) if has else None for value, has in
                                 zip(values, is_given, strict=True)], "t", decimals)


def _problems(runs: MultiExperimentLoader, metrics: Sequence[str], curves: Mapping[str, Mapping[str, Any]],
              numbers: Mapping[str, Numbers], up: Mapping[str, bool | None],
              values: Mapping[str, Mapping[str, float]]) -> list[str]:
    problems = [f"{metric}: no run is marked as the best: {meaning.ask_for_direction(metric)}"
                for metric in metrics if up[metric] is None]
    problems += at_the_last_common(numbers[metrics[0]])
    for metric in metrics:
        points = {name: own[metric] for name, own in curves.items() if metric in own}
        problems += cautions.of_lengths(points, {"runs": list(points)}, numbers[metric])
        problems += cautions.of_noise(metric, points, numbers[metric])
        without = [runs.titles[name] for name in curves if name not in points]
        bad = [runs.titles[name] for name in points if not math.isfinite(values[metric][name])]
        problems += [f"{wording.listed(without)}: no {metric}"] if without else []
        problems += [f"{wording.listed(bad)}: no finite number among the {numbers[metric].words()} of {metric}"
                     ] if bad else []
    return list(dict.fromkeys(problems))
