"""The number of steps and epochs that a finished run has made: its framework may count them from 0."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livemon.curves.arrays import distinct, median_in_order

__all__ = ["epochs_made", "spacing_of_newest", "steps_made"]

_LOOKED_AT = 50  # newest values, for their distance

Values = NDArray[Any]


def spacing_of_newest(values: Values) -> float:
    """The usual distance of the newest steps; 1 if there is only one step."""
    newest = values[-_LOOKED_AT:]
    newest = distinct(newest[np.isfinite(newest)])
    with np.errstate(over="ignore", invalid="ignore"):  # for steps near the limits of a float64
        return median_in_order(np.sort(np.diff(newest))) if len(newest) > 1 else 1.0


def steps_made(steps: Values, total: int | None) -> float | None:
    """The number of steps that a finished run made.

    Steps that count from 0 end one lower. They do so if the last step is one below the planned total, or if the run
    logged the (k - 1)th of each k steps from the first on. Otherwise the last step counts as logged.

    Args:
        steps: The steps of its rows, in their order.
        total: The planned number of steps; None if that is not known.
    """
    steps, last = _finite(steps)
    if last is None:
        return None
    if total:
        return float(total) if last == total - 1 else last
    return last + 1 if steps[0] == spacing_of_newest(steps) - 1 else last


def epochs_made(epochs: Values, planned: int | None) -> float | None:
    """The number of epochs that a finished run made.

    Fractions of epochs (2.5) say how many have passed. Whole numbers from 0 on are numbers of epochs, so the run made
    one more, unless the last epoch had hardly begun.

    Args:
        epochs: The epochs of its rows, in their order.
        planned: The planned number of epochs; None if that is not known.
    """
    epochs, last = _finite(epochs)
    if last is None:
        return None
    if (epochs != np.floor(epochs)).any():
        return last
    if planned and last in (planned - 1, planned):
        return float(planned)
    _, rows = np.unique(epochs, return_counts=True)
    is_whole = 2 * rows[-1] >= np.median(rows)
    return last + 1 if epochs[0] == 0 and is_whole else last


def _finite(values: Values) -> tuple[Values, float | None]:
    """The values that are finite numbers, and the highest of them; None if there are none."""
    values = values[np.isfinite(values)]
    return values, float(values.max()) if len(values) else None
