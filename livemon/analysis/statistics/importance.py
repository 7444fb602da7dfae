"""Which hyper-parameter matters? How strongly each setting goes with a metric, over all runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.run_set.missing import no_metric
from livemon.analysis.run_set.points import At
from livemon.analysis.run_set.settings import is_seed, without_noise
from livemon.analysis.statistics.hypothesis_tests import holm
from livemon.analysis.statistics.significance import main_metric, metric_values
from livemon.tables import meaning

__all__ = ["importance_of", "parameter_importance"]

Array = NDArray[np.float64]

_LEVEL = 0.05
_LEAST = 4  # runs with a value


def parameter_importance(runs: MultiExperimentLoader, metric: str | None = None, *, at: At = "final",
                         rising: bool | None = None) -> pd.DataFrame:
    """How each setting in which the runs differ goes with a metric, the strongest first.

    See `importance_of`. `metric`: None is the main one. The frame's `attrs` say `metric`, `at` and `left_out`: the
    runs without a finite value.

    Raises:
        ValueError: No run has the metric.
    """
    metric = metric or main_metric(runs)
    rising = meaning.rises(runs.direction(metric)) if rising is None else rising
    curves = {name: one[metric] for name, one in runs.curves((metric,), stacklevel=3).items() if metric in one}
    if not curves:
        raise no_metric(runs, metric)
    values = metric_values(curves, at, rising)
    table = importance_of(runs.settings, values, rising)
    table.attrs |= {"metric": metric, "at": at, "left_out": [name for name, one in values.items()
                                                             if not math.isfinite(one)]}
    return table


def importance_of(settings: Mapping[str, Mapping[str, Any]], values: Mapping[str, float],
                  rising: bool | None) -> pd.DataFrame:
    """How each setting goes with the values.

    Args:
        settings: Of each run, flat.
        values: Of each run; what is not finite is left out.
        rising: Whether more is better; None where that is not known: then `best` is "" everywhere.

    Returns:
        Index `setting`; `kind` ("number" or "category"), `n` (runs that have the setting and a value), `levels` (how
        many values it took), `correlation` (Spearman's, with its sign; of categories the root of the share of the
        ranks' variance that lies between them, without one), `p` (Spearman's, or Kruskal and Wallis'), `p_holm`
        (corrected for the number of settings), `best` (what goes with better values: "more", "less", or the category
        with the best median; "" where `p_holm` is above 0.05, as a direction would be read into chance). NaN where
        fewer than four runs, or nothing but one run a category, can say anything. The seed is no setting here.
    """
    known = {name: value for name, value in values.items() if math.isfinite(value) and name in settings}
    keys = [key for key in dict.fromkeys(key for name in known for key in without_noise(settings[name]))
            if not is_seed(key)]
    rows = []
    for key in keys:
        pairs = [(settings[name][key], value) for name, value in known.items() if settings[name].get(key) is not None]
        if len({repr(one) for one, _ in pairs}) > 1:
            given, reached = [one for one, _ in pairs], np.array([value for _, value in pairs])
            rows.append({"setting": key, **_strength(given, reached, rising)})
    table = pd.DataFrame(rows, columns=["setting", "kind", "n", "levels", "correlation", "p", "best"])
    table.insert(6, "p_holm", holm(table["p"].tolist()))
    table["best"] = table["best"].where((table["p_holm"] <= _LEVEL) & (rising is not None), "")
    order = table["correlation"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].set_index("setting")


def _strength(given: Sequence[Any], values: Array, rising: bool | None) -> dict[str, Any]:
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one) for one in given)
    levels = len({repr(one) for one in given})
    found = {"kind": "number" if numbers else "category", "n": len(values), "levels": levels, "correlation": math.nan,
             "p": math.nan, "best": ""}
    if len(values) < _LEAST or np.ptp(values) == 0:
        return found
    from scipy import stats

    if numbers:
        result = stats.spearmanr(np.array(given, np.float64), values)
        better = "more" if (result.statistic > 0) == rising else "less"
        return found | {"correlation": float(result.statistic), "p": float(result.pvalue), "best": better}
    parts: dict[str, list[float]] = {}
    for one, value in zip(given, values.tolist(), strict=True):
        parts.setdefault(str(one), []).append(value)
    medians = {name: float(np.median(part)) for name, part in parts.items()}
    found["best"] = (max if rising else min)(medians, key=lambda name: medians[name])
    if levels == len(values):
        return found  # one run a category: they explain everything and nothing
    result = stats.kruskal(*parts.values())
    return found | {"correlation": math.sqrt(min(float(result.statistic) / (len(values) - 1), 1.0)),
                    "p": float(result.pvalue)}
