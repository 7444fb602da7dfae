"""The importance of hyper-parameters: how strongly each setting is associated with a metric, over all runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.run_set.missing import no_metric
from livemon.analysis.run_set.one_number import At, numbers_at
from livemon.analysis.run_set.settings import is_seed, without_noise
from livemon.analysis.statistics.association import Association, association, is_number, level_of
from livemon.analysis.statistics.cautions import LEVEL
from livemon.analysis.statistics.hypothesis_tests import holm
from livemon.analysis.statistics.significance import default_at, main_metric
from livemon.analysis.statistics.together import settings_together
from livemon.tables import meaning
from livemon.wording import setting as setting_text

__all__ = ["importance_of", "parameter_importance"]

_COLUMNS = ("setting", "kind", "n", "levels", "strength", "correlation", "p", "p_holm", "best")


def parameter_importance(runs: MultiExperimentLoader, metric: str | None = None, *, at: str | At | None = None,
                         rising: bool | None = None, x: str | None = None) -> pd.DataFrame:
    """The association of each setting in which the runs differ with a metric, the strongest first.

    See `importance_of`. `metric`: None stands for the main one. `at`: see `compare_groups`. `x`: see
    `MultiExperimentLoader.curves`. The frame's `attrs` also have `metric`, `numbers` (the number of each run) and
    `left_out` (the runs without a number that have not diverged).

    Raises:
        ValueError: No run has the metric.
    """
    metric = metric or main_metric(runs)
    rising = meaning.higher_is_better(runs.direction(metric)) if rising is None else rising
    curves = {name: own[metric] for name, own in runs.curves((metric,), x, stacklevel=3).items() if metric in own}
    if not curves:
        raise no_metric(runs, metric)
    with_points = {name: points for name, points in curves.items() if len(points.y)}
    numbers = numbers_at(with_points, at or default_at(runs, with_points), rising)
    known = {name: value for name, value in numbers.values.items() if name not in numbers.short}
    table = importance_of(runs.settings, known, rising)
    table.attrs |= {"metric": metric, "numbers": numbers,
                    "left_out": [name for name in runs.names if name not in known]}
    return table


def importance_of(settings: Mapping[str, Mapping[str, Any]], values: Mapping[str, float], rising: bool | None
                  ) -> pd.DataFrame:
    """The association of each setting with the values.

    Args:
        settings: The flat settings of each run.
        values: The value of each run that has the metric. A run whose value is not finite has diverged, and counts as
            the worst.
        rising: Whether more is better; None if unknown: then diverged runs are left out, and there is no best.

    Returns:
        Index `setting`, the strongest first; `kind` ("number" or "category"), `n` (runs with the setting and a value),
            `levels` (different values of the setting), `strength` (0 to 1: the root of the share of the ranks' variance
            that the setting explains, for any shape), `correlation` (Spearman's, with its sign; NaN for categories),
            `p` (see `association.association`), `p_holm` (corrected for the number of settings), `best` (what goes with
            better values: "more", "less", "about 0.003" for a best value inside the range, or the category with the
            best median; "" if `p_holm` is above 0.05, because the direction would be chance). NaN if there are fewer
            than four runs, or just one run for each category. The seed does not count as a setting here.
        value), `levels` (how many values it took), `strength` (0 to 1: the root of the share of the ranks' variance
        that goes with the setting, whatever the shape), `correlation` (Spearman's, with its sign; NaN of categories),
        `p` (see `association.association`), `p_holm` (corrected for the number of settings), `best` (what goes with
        better values: "more", "less", "about 0.003" for a best value inside the range, or the category with the best
        median; "" where `p_holm` is above 0.05, as a direction would be read into chance). NaN where fewer than four
        runs, or nothing but one run a category, can say anything. The seed is no setting here.

        `attrs`: `diverged`, the runs that count as worst; `notes`, sentences about what the table cannot show: settings
        that were changed together, and settings whose best value depends on another one.
    """
    diverged = [name for name, value in values.items() if not math.isfinite(value) and name in settings]
    worst = {True: -math.inf, False: math.inf, None: math.nan}[rising]
    known = {name: worst if name in diverged else value for name, value in values.items()
             if name in settings and not (name in diverged and rising is None)}
    keys = [key for key in dict.fromkeys(key for name in known for key in without_noise(settings[name]))
            if not is_seed(key)]
    associations: dict[str, Association] = {}
    for key in keys:
        given = _given({name: settings[name][key] for name in known if key in settings[name]})
        pairs = [(setting, known[name]) for name, setting in given.items()]
        if len({repr(setting) for setting, _ in pairs}) > 1:
            associations[key] = association([setting for setting, _ in pairs], np.array([value for _, value in pairs]))
    corrected = dict(zip(associations, holm([linked.p for linked in associations.values()]), strict=True))
    rows = [{"setting": key, "kind": linked.kind, "n": linked.n, "levels": linked.levels, "strength": linked.strength,
             "correlation": linked.correlation, "p": linked.p, "p_holm": corrected[key],
             "best": _best(linked, rising) if corrected[key] <= LEVEL else ""} for key, linked in associations.items()]
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    order = table["strength"].sort_values(ascending=False, kind="stable").index
    table = table.loc[order].set_index("setting")
    telling = [key for key in table.index if corrected[key] <= LEVEL]
    table.attrs |= {"diverged": diverged,
                    "notes": settings_together({name: settings[name] for name in known}, known, telling, rising)}
    return table


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """The value of a setting in each run. None is a value like any other (no scheduler), except among several
    numbers."""
    known = {name: value for name, value in values.items() if value is not None}
    several = len({level_of(value) for value in known.values()}) > 1
    return known if several and all(map(is_number, known.values())) else dict(values)


def _best(linked: Association, rising: bool | None) -> str:
    if rising is None:
        return ""
    top = linked.highest if rising else linked.lowest
    if linked.kind == "category":
        return setting_text(top, 24)
    if not linked.bent or top in (linked.first, linked.last):
        up = (linked.correlation > 0) == rising if not linked.bent else top == linked.last
        return "more" if up else "less"
    return f"about {setting_text(top, 24)}"
