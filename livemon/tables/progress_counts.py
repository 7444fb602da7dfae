"""How many steps and epochs a run that has ended has made: its framework may count them from 0."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["epochs_made", "spacing_of_newest", "steps_made"]

_LOOKED_AT = 50  # of the newest values: how far apart they are

Values = NDArray[Any]


def spacing_of_newest(values: Values) -> float:
    """How far apart the newest steps are, as a rule; 1 where there is one alone."""
    newest = np.unique(values[-_LOOKED_AT:])
    with np.errstate(over="ignore", invalid="ignore"):  # for steps at the end of the range of a float64
        return float(np.median(np.diff(newest))) if len(newest) > 1 else 1.0


def steps_made(steps: Values, total: int | None) -> float | None:
    """How many steps a run made that has finished.

    Steps that count from 0 end with one less: where they end with the one before the last of the total, or where of
    each k steps the (k - 1)th is logged, from the first on. What nothing says is taken as logged.

    Args:
        steps: Of its rows, in their order.
        total: How many it was to take; None where that is not known.
    """
    steps = steps[np.isfinite(steps)]
    if not len(steps):
        return None
    last = float(steps.max())
    if total:
        return float(total) if last == total - 1 else last
    return last + 1 if steps[0] == spacing_of_newest(steps) - 1 else last


def epochs_made(epochs: Values, planned: int | None) -> float | None:
    """How many epochs a run made that has finished.

    Parts of epochs (2.5) say how many have gone by. Whole ones that begin with 0 number the epochs, so there is one
    more, unless the last has hardly begun.

    Args:
        epochs: Of its rows, in their order.
        planned: How many there were to be; None where that is not known.
    """
    epochs = epochs[np.isfinite(epochs)]
    if not len(epochs):
        return None
    last = float(epochs.max())
    if (epochs != np.floor(epochs)).any():
        return last
    if planned and last in (planned - 1, planned):
        return float(planned)
    _, rows = np.unique(epochs, return_counts=True)
    is_whole = 2 * rows[-1] >= np.median(rows)
    return last + 1 if epochs[0] == 0 and is_whole else last
