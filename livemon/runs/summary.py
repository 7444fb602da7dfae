"""A run in numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livemon.curves.sizes import mean_of, spread_of
from livemon.runs.series import RunColumns
from livemon.runs.settings import value_of
from livemon.tables import meaning
from livemon.tables.progress_counts import epochs_made, steps_made
from livemon.tables.table import Values

__all__ = ["highest", "made", "numbers_of", "summarise"]

# The other numbers, the counts, are for all points.
_OF_ONE_CURVE = ("initial", "final", "min", "max", "mean", "std", "best", "best_step")

Direct = Callable[[str], meaning.Direction | None]  # a metric's name -> whether less or more is better


def summarise(name: str, settings: dict[str, Any], columns: RunColumns, seconds: float | None,
              direction: Direct = meaning.direction) -> dict[str, Any]:
    """See `ExperimentLoader.get_summary`. `seconds`: the duration of the training; None if that is not known."""
    summary: dict[str, Any] = {
        "experiment_name": name,
        "model_type": str(value_of(settings, "model_config", "unknown")),
        "dataset": str(value_of(settings, "dataset_name", "unknown")),
        "total_steps": highest(columns, "step"),
        "total_epochs": highest(columns, "epoch"),
        "metrics": numbers_of(columns, direction),
    }
    if seconds is not None:
        summary["training_duration_seconds"] = seconds
        summary["training_duration_hours"] = seconds / 3600
    return summary


def numbers_of(columns: RunColumns, direction: Direct = meaning.direction) -> dict[str, dict[str, float]]:
    """The numbers of each metric; see `ExperimentLoader.get_summary`."""
    numbers = {name: _numbers(direction(name), *points) for name, points in columns.all_points()}
    for name, x, mean in columns.curves_of_writers():  # one curve, as every view and comparison shows it
        of_mean = _numbers(direction(name), x, mean, np.ones(len(x), np.bool_))
        numbers[name] |= {key: of_mean[key] for key in _OF_ONE_CURVE if key in of_mean}
    return numbers


def highest(columns: RunColumns, kind: str) -> int:
    """The highest finite "step" or "epoch" of the run's own rows, because further files may count differently; if its
    own rows have none, that of further files; otherwise 0."""
    name = columns.x_column(kind)
    columns_of = [(table, column) for table in columns.tables if name and (column := table.x_column(name)) is not None]
    own = [column.values for table, column in columns_of if not table.is_supplement and len(column)]
    values = own or [column.values for _, column in columns_of]
    return max((int(part[np.isfinite(part)].max()) for part in values if np.isfinite(part).any()), default=0)


def made(columns: RunColumns, total_steps: int | None, total_epochs: int | None
         ) -> tuple[int | None, int | float | None]:  # fmt: skip
    """See `ExperimentLoader.made`. `total_steps`, `total_epochs`: the planned numbers."""
    steps = steps_made(columns.newest_x("step"), total_steps)
    epochs = epochs_made(columns.newest_x("epoch"), total_epochs)
    whole = None if epochs is None else int(epochs) if epochs == int(epochs) else epochs
    return None if steps is None else int(steps), whole


def _numbers(direction: meaning.Direction | None, x: Values, logged: NDArray[Any], latest: NDArray[np.bool_]
             ) -> dict[str, float]:
    values = logged.astype(np.float64)
    finite = np.isfinite(values)
    shown = finite & latest if (finite & latest).any() else finite
    numbers = {"initial": float(values[0]), "final": float(values[-1])}
    if shown.any():
        inside = values[shown]
        numbers |= {"min": float(inside.min()), "max": float(inside.max()), "mean": mean_of(inside),
                    "std": spread_of(inside) if len(inside) > 1 else math.nan}
    numbers |= {"best": math.nan, "best_step": math.nan}
    if direction is not None and shown.any():
        best = int(np.nanargmax(np.where(shown, values, np.nan) * (1 if direction == "max" else -1)))
        numbers |= {"best": float(values[best]), "best_step": float(x[best])}
    counts = {"count": len(values), "nan_count": np.isnan(values).sum(), "inf_count": np.isinf(values).sum()}
    return numbers | {key: float(count) for key, count in counts.items()}
