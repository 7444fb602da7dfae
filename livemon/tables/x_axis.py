"""Which columns say where a row stands: its step, its epoch, its time. Names tell, and where they do not, values.

`time` is the time that has gone by to one framework (Ultralytics), and the duration of an iteration to another
(MMEngine), which is a metric.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from livemon.tables import names
from livemon.tables.table import Column, Table

__all__ = ["AXES", "find_axis", "is_axis"]

AXES = ("step", "epoch", "time")
_DOUBTFUL = frozenset(("time", "t"))
_LOOKED_AT = 1000  # values, from the first on: what a name means does not change


def find_axis(kind: str, tables: Iterable[Table]) -> str | None:
    """The column that is the "step", "epoch" or "time" of these tables' rows, or None.

    One that holds more texts than numbers is better than none: the rows with a number have a place by it.
    """
    tables = list(tables)
    there = set().union(*(table.columns for table in tables))
    with_numbers = [name for name in names.names_of_x(kind)
                    if name in there and is_axis(name, tables) and _columns(name, tables)]
    whole = (name for name in with_numbers if any(column.numeric for column in _columns(name, tables)))
    return next(whole, with_numbers[0] if with_numbers else None)


def _columns(name: str, tables: list[Table]) -> list[Column]:
    """The columns of this name that hold numbers."""
    found = (table.columns.get(name) for table in tables)
    return [column for column in found if column is not None and len(column)]


def is_axis(name: str, tables: Iterable[Table]) -> bool:
    """Whether a column says where a row stands, instead of what was measured."""
    if not names.is_x(name):
        return False
    return name not in _DOUBTFUL or all(_grows(table, name) for table in tables if name in table.columns)


def _grows(table: Table, name: str) -> bool:
    """Whether the values go up, but for a restart now and then. Unknown ones do not count against it."""
    values = table.columns[name].values[:_LOOKED_AT]
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return True
    falls = int(np.count_nonzero(np.diff(values) < 0))
    return 3 * falls <= len(values) - 1 and bool(values.max() > values[0])
