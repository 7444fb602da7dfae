"""Records that were logged together -> one row, so that a table of single records becomes a frame of useful size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livemon.tables.table import Block, Cells, Table

__all__ = ["in_calls"]


def in_calls(table: Table, axes: tuple[str, ...] = ("step", "timestamp")) -> Table:
    """A table in which consecutive rows with the same values on the axes are one row.

    Rows stay apart if an axis has no number, or if a row would have a metric twice: then they were not logged in one
    call.

    Args:
        table: One metric for each row, as MLflow keeps them.
        axes: The columns that all rows of one call have in common.
    """
    if table.n_rows < 2 or not all(axis in table.columns for axis in axes):
        return table
    begins = np.zeros(table.n_rows, bool)
    begins[0] = True
    for axis in axes:
        values_before = np.full(table.n_rows, np.nan)  # NaN differs from every value
        values_before[table.columns[axis].rows] = table.columns[axis].values
        begins[1:] |= values_before[1:] != values_before[:-1]
    call = np.cumsum(begins) - 1
    begins |= np.isin(call, _with_one_twice(table, call, axes))
    call = np.cumsum(begins) - 1
    cells = {}
    for name, column in table.columns.items():
        kept = begins[column.rows] if name in axes else np.ones(len(column.rows), bool)
        kept_texts = np.flatnonzero(begins[column.text_rows] if name in axes else np.ones(len(column.texts), bool))
        cells[name] = Cells(column.values[kept], None, call[column.rows[kept]], call[column.text_rows[kept_texts]],
                            tuple(column.texts[row] for row in kept_texts))
    merged = Table()
    merged.declare(list(table.columns))
    merged.append(Block(int(call[-1]) + 1, cells))
    return merged


def _with_one_twice(table: Table, call: NDArray[np.int64], axes: tuple[str, ...]) -> NDArray[np.int64]:
    """The calls that have a metric more than once."""
    pieces = [np.empty(0, np.int64)]
    for name, column in table.columns.items():
        if name not in axes:
            of = np.sort(np.concatenate([call[column.rows], call[column.text_rows]]))
            pieces.append(of[1:][of[1:] == of[:-1]])
    return np.unique(np.concatenate(pieces))
