"""Losses of Hugging Face's trainer that became NaN and are written as 0.

The trainer leaves values that are not finite out of the mean loss that it logs (`logging_nan_inf_filter`). So a
training that diverged logs losses of exactly 0 from then on, which would look like the best of all.
"""

from __future__ import annotations

import functools
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from livemon.tables.meaning import bookkeeping, direction, split_of, words_of
from livemon.tables.table import Column, Table, count_above

__all__ = ["lost_losses"]

_LOSSES = frozenset(("loss", "train/loss"))
_BESIDE = (("learning_rate", "train/learning_rate"), ("epoch", "train/epoch"))
_NOT_NEAR_ZERO = 0.01  # the trainer rounds losses to 4 digits: before a genuine loss of 0, the losses are smaller

_norms: WeakKeyDictionary[Table, tuple[int, tuple[str, ...]]] = WeakKeyDictionary()  # number of columns, norms' names
_seen: WeakKeyDictionary[Column, tuple[int, float]] = WeakKeyDictionary()  # points seen, their last nonzero value


def lost_losses(table: Table, column: Column, start: int = 0) -> NDArray[np.bool_] | None:
    """Which of a column's points from number `start` on are really NaN; None if there are none.

    A training loss of exactly 0 is really NaN if the gradient norm of its row is not finite. In a table with the
    trainer's columns but without gradient norms, it is NaN if the last loss that is not 0 is far from 0.
    """
    if not _may_be_lost(column.name):
        return None
    zero = column.values[start:] == 0
    if not zero.any():
        return None
    if (norm := _gradient_norm(table)) is not None:
        rows = column.rows_from(start)
        first = count_above(norm, int(rows[0]))
        bad = norm.rows_from(first)[~np.isfinite(norm.values[first:])]
        lost = zero & np.isin(rows, bad)
    elif column.name in _LOSSES and all(any(name in table.columns for name in names) for names in _BESIDE):
        values = column.values[start:]
        nonzero = np.maximum.accumulate(np.where(zero, -1, np.arange(len(values))))
        before = np.where(nonzero >= 0, values[np.maximum(nonzero, 0)], _last_nonzero(column, start))
        lost = zero & (before >= _NOT_NEAR_ZERO)
    else:
        return None
    return lost if lost.any() else None


@functools.lru_cache(maxsize=20_000)
def _may_be_lost(name: str) -> bool:
    """Whether a column is a training loss."""
    return direction(name) == "min" and split_of(name) in ("", "train") and "loss" in words_of(name)


def _gradient_norm(table: Table) -> Column | None:
    """The first gradient norm with points; None without one. A table of 1,000 losses asks for each of them."""
    count, names = _norms.get(table, (-1, ()))
    if count != len(table.columns):
        names = tuple(name for name in table.columns if bookkeeping(name) == "gradient" and "norm" in words_of(name))
        _norms[table] = len(table.columns), names
    return next((table.columns[name] for name in names if len(table.columns[name])), None)


def _last_nonzero(column: Column, start: int) -> float:
    """The last value before point `start` that is not 0; 0 without one. Earlier points are examined only once."""
    seen, last = _seen.get(column, (0, 0.0))
    if seen > start:
        seen, last = 0, 0.0
    if len(nonzero := np.flatnonzero(column.values[seen:start])):
        last = float(column.values[seen + nonzero[-1]])
    _seen[column] = start, last
    return last
