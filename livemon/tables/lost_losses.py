"""Losses of Hugging Face's trainer that became NaN and are written as 0.

The trainer leaves values that are not finite out of the mean loss that it logs (`logging_nan_inf_filter`). So a
training that diverged logs losses of exactly 0 from then on, which would be the best of all.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from livemon.tables.meaning import bookkeeping, direction, split_of, words_of
from livemon.tables.table import Column, Table

__all__ = ["lost_losses"]

_LOSSES = frozenset(("loss", "train/loss"))
_BESIDE = (("learning_rate", "train/learning_rate"), ("epoch", "train/epoch"))
_NOT_NEAR_ZERO = 0.01  # the trainer rounds losses to 4 digits: a loss of 0 that was reached has smaller ones before it


def lost_losses(table: Table, column: Column, start: int = 0) -> NDArray[np.bool_] | None:
    """Which of a column's points from number `start` on are NaN in truth; None where none is.

    A training loss of exactly 0 is, where the gradient norm of its row is not finite. Where none was logged, in a table
    of the trainer's columns, so is one that comes directly after a loss far from 0.
    """
    if not _may_be_lost(column.name):
        return None
    zero = column.values[start:] == 0
    if not zero.any():
        return None
    norm = next((other for name, other in table.columns.items()
                 if bookkeeping(name) == "gradient" and "norm" in words_of(name) and len(other)), None)
    if norm is not None:
        bad = norm.rows[~np.isfinite(norm.values)]
        lost = zero & np.isin(column.rows_from(start), bad)
    elif column.name in _LOSSES and all(any(name in table.columns for name in names) for names in _BESIDE):
        values = column.values
        indices = np.where(values != 0, np.arange(len(values)), -1)
        before = np.maximum.accumulate(indices)[start:]
        lost = zero & (before >= 0) & (values[np.maximum(before, 0)] >= _NOT_NEAR_ZERO)
    else:
        return None
    return lost if lost.any() else None


@functools.lru_cache(maxsize=4096)
def _may_be_lost(name: str) -> bool:
    """Whether a column is a training loss."""
    return direction(name) == "min" and split_of(name) in ("", "train") and "loss" in words_of(name)
