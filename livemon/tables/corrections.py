"""Whether a table is a corrected version of another, or belongs to a new training."""

from __future__ import annotations

import numpy as np

from livemon.tables import names
from livemon.tables.differences import different_rows
from livemon.tables.names import kind_of
from livemon.tables.table import Column, Table, count_above

__all__ = ["is_corrected"]

MOST_CHANGED = 0.5  # of the rows from the first change on: a new training changes all of them
FEWEST_ROWS = 3  # needed to tell
_MEASURED = frozenset(("loss", "score", "perplexity", "grad_norm"))  # no training repeats these to the last digit


def is_corrected(old: Table, new: Table, first_row: int) -> bool:
    """Whether the new table has all rows of the old one, some of them corrected.

    Then the rows have the same steps, epochs and times. Most of the values are the same; or the measured values are,
    and a whole column was computed anew from them (a moving average, a share of the highest).

    Args:
        old, new: The tables.
        first_row: The first row in which they differ.
    """
    stop = old.n_rows
    if new.n_rows < stop or first_row >= stop:
        return False
    if not all(_is_same(column, new.columns.get(name), stop) for name, column in old.columns.items()
               if names.is_x(name)):  # fmt: skip
        return False
    changed = different_rows(new, old, stop)
    changed = changed[changed >= first_row]
    if stop - first_row >= FEWEST_ROWS and len(changed) <= MOST_CHANGED * (stop - first_row):
        return True
    return any(
        kind_of(name) in _MEASURED and _varies(column, first_row) and _is_same(column, new.columns.get(name), stop)
        for name, column in old.columns.items()
    )


def _is_same(column: Column, other: Column | None, stop: int) -> bool:
    """Whether two columns have the same points in the rows below `stop`."""
    if other is None:
        return False
    count = count_above(column, stop)
    return count == count_above(other, stop) and bool(
        np.array_equal(column.rows[:count], other.rows[:count])
        and np.array_equal(column.values[:count], other.values[:count], equal_nan=True)
    )


def _varies(column: Column, first_row: int) -> bool:
    """Whether a column has different values from a row on; a constant tells nothing."""
    values = column.values[count_above(column, first_row) :]
    return len(values) > 0 and (len(values) == 1 or bool((values[1:] != values[:-1]).any()))
