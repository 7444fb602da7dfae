"""What a table with a row for each setting cannot show: settings that were changed together, and settings whose best
value depends on another one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livemon import wording
from livemon.analysis.run_set.settings import is_seed, without_noise
from livemon.analysis.statistics.association import is_number, level_of
from livemon.analysis.statistics.hypothesis_tests import holm

__all__ = ["settings_together"]

Array = NDArray[np.float64]

_CHANGED_TOGETHER = 0.8  # a correlation (for categories Cramér's V) from which on effects cannot be separated
_LEVEL = 0.01  # for interactions, corrected for all pairs: ranks are not an exact test of them
_LEAST = 12  # runs
_LEAST_LEFT = 4  # degrees of freedom of the residuals
_MOST_LEVELS = 6
_MOST_SETTINGS = 12  # tried in pairs
_MOST_SENTENCES = 3


def settings_together(settings: Mapping[str, Mapping[str, Any]], values: Mapping[str, float], telling: Sequence[str],
                      rising: bool | None) -> list[str]:
    """Sentences about settings that must be considered together.

    Args:
        settings: The flat settings of each run.
        values: The value of each run, no NaN.
        telling: The settings associated with the values.
        rising: Whether more is better; None if unknown: then best values are not mentioned.
    """
    runs = list(values)
    columns = {key: [settings[name][key] for name in runs if key in settings[name]]
               for key in dict.fromkeys(key for name in runs for key in without_noise(settings[name]))
               if not is_seed(key)}
    columns = {key: column for key, column in columns.items()
               if len(column) == len(runs) and len({level_of(value) for value in column}) > 1}
    return [*_changed_together(columns, [key for key in telling if key in columns]),
            *_depending(columns, np.array([values[name] for name in runs]), rising)]


def _changed_together(columns: Mapping[str, Sequence[Any]], telling: Sequence[str]) -> list[str]:
    sentences, done = [], set()
    for key in telling:
        for other in columns:
            if other == key or frozenset((key, other)) in done:
                continue
            done.add(frozenset((key, other)))
            size = _correlation(columns[key], columns[other])
            if size >= _CHANGED_TOGETHER:
                sentences.append(f"{key} and {other} were changed together (correlation {size:.2f}): these runs cannot "
                                 "tell which of the two matters")
    return sentences[:_MOST_SENTENCES]


def _correlation(first: Sequence[Any], second: Sequence[Any]) -> float:
    """From 0 to 1: the absolute Spearman correlation if both are numeric, else Cramér's V; 0 if nearly each run has a
    different category."""
    from scipy import stats

    if all(map(is_number, (*first, *second))):
        a, b = stats.rankdata(np.array(first, np.float64)), stats.rankdata(np.array(second, np.float64))
        return abs(float(np.corrcoef(a, b)[0, 1]))
    codes = [_codes(column) for column in (first, second)]
    shape = tuple(int(code.max()) + 1 for code in codes)
    if max(shape) > len(first) // 2:
        return 0.0
    counts = np.zeros(shape)
    np.add.at(counts, (codes[0], codes[1]), 1)
    return float(stats.contingency.association(counts.astype(np.intp), method="cramer"))


def _codes(column: Sequence[Any]) -> NDArray[np.intp]:
    known: dict[Any, int] = {}
    return np.array([known.setdefault(level_of(value), len(known)) for value in column], np.intp)


def _depending(columns: Mapping[str, Sequence[Any]], values: Array, rising: bool | None) -> list[str]:
    """Pairs of settings whose cells differ by more than the two settings explain separately, by the ranks, and where
    the best value of the first depends on the value of the second."""
    if rising is None or len(values) < _LEAST or len(np.unique(values)) < 2:
        return []
    from scipy import stats

    ranks = np.asarray(stats.rankdata(values if rising else -values), np.float64)
    codes = {key: code for key, column in columns.items() if (code := _codes(column)).max() < _MOST_LEVELS}
    keys = list(codes)[:_MOST_SETTINGS]
    alone = np.column_stack([np.ones(len(ranks)), *(_indicators(codes[key]) for key in keys)]) if keys else None
    pairs, p = [], []
    for first, second in combinations(keys, 2):
        assert alone is not None
        cells = _indicators(codes[first] * (_MOST_LEVELS + 1) + codes[second])
        pairs.append((first, second))
        p.append(_p_of_more(ranks, alone, cells))
    sentences = []
    for (first, second), corrected in zip(pairs, holm(p), strict=True):
        if corrected <= _LEVEL:
            best = _best_of_each(ranks, columns[first], columns[second])
            if len(set(best.values())) > 1:
                best_values = wording.listed(
                    [f"{best_value} with {second} {other}" for other, best_value in best.items()])
                sentences.append(f"the best {first} depends on {second}: {best_values}")
    return sentences[:_MOST_SENTENCES]


def _indicators(codes: NDArray[np.intp]) -> Array:
    return np.asarray(codes[:, None] == np.unique(codes), np.float64)


def _p_of_more(ranks: Array, base: Array, more: Array) -> float:
    """The F test of further columns in a linear model of the ranks; NaN if they add nothing, or nothing remains."""
    from scipy import stats

    (small, small_rank), (large, large_rank) = _left(ranks, base), _left(ranks, np.column_stack([base, more]))
    added, left = large_rank - small_rank, len(ranks) - large_rank
    if added < 1 or left < _LEAST_LEFT:
        return math.nan
    if large <= 1e-12 * small:
        return 0.0 if small > 1e-9 else math.nan
    return float(stats.f.sf((small - large) / added / (large / left), added, left))


def _left(ranks: Array, columns: Array) -> tuple[float, int]:
    """The residual sum of squares of a linear model, and its rank."""
    solution, _, rank, _ = np.linalg.lstsq(columns, ranks, rcond=None)
    return float(((ranks - columns @ solution) ** 2).sum()), int(rank)


def _best_of_each(ranks: Array, first: Sequence[Any], second: Sequence[Any]) -> dict[str, str]:
    """The value of the first setting with the highest mean rank, for each value of the second."""
    sums: dict[str, dict[str, list[float]]] = {}
    for rank, value, other in zip(ranks.tolist(), first, second, strict=True):
        cells = sums.setdefault(wording.setting(other, 24), {})
        cells.setdefault(wording.setting(value, 24), []).append(rank)
    return {other: max(cells, key=lambda value: sum(cells[value]) / len(cells[value])) for other, cells in sums.items()
            if len(cells) > 1}
