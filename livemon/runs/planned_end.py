"""Whether a training has come to its planned end: its last step, or its last epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livemon.tables.progress_counts import spacing_of_newest
from livemon.tables.table import Table, x_at
from livemon.tables.x_axis import find_axis

__all__ = ["EPOCHS", "NOTHING_PLANNED", "Planned", "epochs_in", "reached"]

# Names of settings for the planned number of epochs: args.yaml of Ultralytics has `epochs`.
EPOCHS = ("epochs", "num_epochs", "max_epochs", "n_epochs", "total_epochs", "num_train_epochs")
_LOOKED_AT = 50  # newest rows, which show whether each row is an epoch


@dataclass(frozen=True, slots=True)
class Planned:
    """The planned length of a training in steps and epochs, as far as it is known."""

    steps: int | None = None
    epochs: int | None = None


NOTHING_PLANNED = Planned()


def epochs_in(settings: Mapping[str, Any]) -> int | None:
    """The number of epochs in the settings; None if it is not there."""
    for name in EPOCHS:
        value = settings.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e15 and value == int(value):
            return int(value)
    return None


def reached(tables: Sequence[Table], planned: Planned) -> str:
    """The evidence that the newest rows are the last planned rows; "" if they are not.

    Args:
        tables: The run's rows, oldest first.
        planned: The planned length. Epochs count only if each row is an epoch, or if the rows show that the last epoch
            is complete; otherwise the newest row may lie anywhere in its epoch.
    """
    own = next((table for table in reversed(tables) if table.n_rows), None)
    if own is None:
        return ""
    step, epoch = find_axis("step", [own]), find_axis("epoch", [own])
    if step is not None and planned.steps and _is_last(own.columns[step].values, planned.steps):
        return f"step {own.columns[step].values[-1]:,.0f} of {planned.steps:,} was reached"
    if step is None and epoch is not None and planned.epochs:
        values = own.columns[epoch].values
        newest = values[-_LOOKED_AT:]
        if len(values) == own.n_rows and (np.diff(newest) > 0).all() and _is_last(values, planned.epochs):
            return f"all {planned.epochs:,} epochs are there"
    if step is not None and epoch is not None and planned.epochs and _last_is_whole(own, step, epoch, planned.epochs):
        return f"all {planned.epochs:,} epochs are there"
    return ""


def _last_is_whole(table: Table, step: str, epoch: str, planned: int) -> bool:
    """Whether the last planned epoch is complete: judged by the last row of each epoch, it has as many steps as each
    epoch before it. There must be at least two epochs before it."""
    column = table.x_column(epoch)
    if column is None or len(column) == 0 or not planned - 1 <= column.values[-1] <= planned:
        return False
    numbers = np.asarray(column.values, np.float64)
    steps = np.asarray(x_at(table, column.rows_from(0), step), np.float64)
    first = numbers[0]
    if not (np.isfinite(numbers) & np.isfinite(steps)).all() or (np.diff(numbers) < 0).any():
        return False
    if first not in (0, 1) or numbers[-1] != planned - 1 + first or (numbers != np.floor(numbers)).any():
        return False
    ends = steps[np.append(np.diff(numbers) > 0, True)]
    lengths = np.diff(ends)
    return len(lengths) >= 2 and bool((lengths == lengths[0]).all()) and len(ends) == planned


def _is_last(values: NDArray[Any], planned: int) -> bool:
    """Whether the newest step is the last planned step. If steps count from 0, or each k-th from k - 1 on is logged,
    the last step is one less than their number."""
    if not len(values) or not planned - 1 <= values[-1] < np.inf:
        return False
    if values[-1] >= planned:
        return True
    return bool(values[-1] == planned - 1 and values[0] in (0, spacing_of_newest(values) - 1))
