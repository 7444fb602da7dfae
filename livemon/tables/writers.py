"""The writers of rows: ranks, workers and environments that log into one file."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from livemon.curves.arrays import distinct
from livemon.tables.table import Rows, Table, x_at

__all__ = ["find_writers", "writers_at", "writers_in"]

MOST_WRITERS = 64
CONCURRENT = 0.25  # of the rows at which the writer changes must not have a higher step than the row before
_NAME = re.compile(r"(?:.*[/_.])?(?:rank|worker|env|process|actor)(?:[/_.]?(?:id|idx|index|nr|num))?", re.IGNORECASE)


def find_writers(tables: Iterable[Table], axis: str | None) -> str | None:
    """The column that names the writer of a row; None if there is no such column.

    Its name fits, it has a few whole numbers, and rows with different numbers go over the same steps side by side. A
    rank that is a measured value does not: it changes with the steps.

    Args:
        tables: The tables of a run.
        axis: The column of the run's steps. With None, x is the row number, and no writers are side by side.
    """
    if axis is None:
        return None
    for table in tables:
        for name in _called_like_writers(tuple(table.columns)):
            if name != axis and len(table.columns[name]) > 1 and _are_writers(table, name, axis):
                return name
    return None


@functools.lru_cache(maxsize=256)
def _called_like_writers(columns: tuple[str, ...]) -> list[str]:
    """The columns whose names may be those of writers. The runs of a study usually have the same columns."""
    return [name for name in columns if _NAME.fullmatch(name)]


def _are_writers(table: Table, name: str, axis: str) -> bool:
    column = table.columns[name]
    values = np.asarray(column.values, np.float64)
    if column.texts or not (values == np.trunc(values)).all() or values.min() < 0 or values.min() == values.max():
        return False
    if len(numbers := distinct(values)) > MOST_WRITERS:
        return False
    x = np.asarray(x_at(table, column.rows, axis), np.float64)
    values, x = values[~np.isnan(x)], x[~np.isnan(x)]
    changes = np.flatnonzero(values[1:] != values[:-1]) + 1
    if len(changes) == 0:
        return False
    concurrent = np.count_nonzero(x[changes] <= x[changes - 1])
    enough = concurrent == len(changes) if len(changes) < len(numbers) else concurrent >= CONCURRENT * len(changes)
    ranges = [(own.min(), own.max()) for value in numbers if len(own := x[values == value])]
    return bool(enough) and max(low for low, _ in ranges) < min(high for _, high in ranges)


def writers_at(table: Table, name: str, rows: Rows) -> NDArray[np.float64]:
    """The writer of each of these rows, shape of `rows`; -1 if it is not known."""
    if name not in table.columns:
        return np.full(len(rows), -1.0)
    numbers = np.asarray(table.at_rows(name, rows), np.float64)
    return np.where(np.isnan(numbers), -1.0, numbers)


def writers_in(tables: Iterable[Table], name: str, metric: str) -> list[float]:
    """The writers that logged a metric, the lowest first."""
    numbers: set[float] = set()
    for table in tables:
        if metric in table.columns:
            numbers.update(distinct(writers_at(table, name, table.columns[metric].rows)).tolist())
    return sorted(numbers)
