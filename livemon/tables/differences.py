"""Comparison of tables: the rows in which they differ."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livemon.tables import names
from livemon.tables.table import Column, Points, Rows, Table, count_above, points_between

__all__ = ["count_same", "different_rows", "rows_of_different_points"]


def count_same(table: Table, other: Table, start: int, stop: int) -> int:
    """The number of rows, from `start` up to the first difference from the other table or up to `stop`.

    Columns are matched by name. A column that the other table lacks may have any values: a writer that adds a column
    may also fill it.
    """
    first_difference = stop
    for name in other.columns:
        mine, theirs = table.columns.get(name), other.columns.get(name)
        for left, right in zip(points_between(mine, start, stop), points_between(theirs, start, stop), strict=True):
            first_difference = min(first_difference, _first_difference(left, right, stop))
    return first_difference - start


def different_rows(table: Table, other: Table, stop: int) -> Rows:
    """The rows below `stop` in which the tables differ, or that only one of them has; increasing.

    Whole numbers beyond 2**53 are compared to the last digit, unless the column also holds other numbers: then its
    values are not exact.
    """
    pieces: list[Rows] = [np.arange(min(table.n_rows, other.n_rows), min(max(table.n_rows, other.n_rows), stop))]
    for name in table.columns | other.columns:
        mine, theirs = (points_between(side.columns.get(name), 0, min(stop, side.n_rows)) for side in (table, other))
        exact = all(_is_whole(side.columns.get(name)) for side in (table, other))
        pieces += [_different(left, right, exact) for left, right in zip(mine, theirs, strict=True)]
    return np.unique(np.concatenate(pieces))


def rows_of_different_points(table: Table, other: Table, stop: int) -> Rows:
    """The rows of the other table below `stop` whose points this table does not have, or has with other steps, epochs
    or times, or at another position among the metric's points; increasing. For sources whose rows have no order."""
    pieces: list[Rows] = [np.empty(0, np.int64)]
    for name, column in other.columns.items():
        count = count_above(column, stop)
        rows, mine = column.rows[:count], table.columns.get(name)
        shared = min(count, len(mine) if mine is not None else 0)
        differs = np.ones(count, np.bool_)
        if mine is not None:
            differs[:shared] = ~_same(column.values[:shared], mine.values[:shared])
            for axis in filter(names.is_x, other.columns):
                there = table.at_rows(axis, mine.rows[:shared]) if axis in table.columns else np.full(shared, np.nan)
                differs[:shared] |= ~_same(other.at_rows(axis, rows[:shared]), there)
        if not names.is_x(name):
            pieces.append(rows[differs])
    return np.unique(np.concatenate(pieces))


def _is_whole(column: Column | None) -> bool:
    """Whether a column has only whole numbers."""
    if column is None or column.values.dtype == np.int64:
        return True
    return bool(np.isfinite(column.values).all() and (column.values == np.trunc(column.values)).all())


def _different(left: Points, right: Points, exact: bool) -> Rows:
    """The rows in which two columns' points differ, or that only one of them has."""
    (left_rows, left_values), (right_rows, right_values) = left, right
    shared, at_left, at_right = np.intersect1d(left_rows, right_rows, assume_unique=True, return_indices=True)
    same = _same(left_values[at_left], right_values[at_right])
    if exact and left_values.dtype != right_values.dtype and object not in (left_values.dtype, right_values.dtype):
        same &= _whole(left_values[at_left]) == _whole(right_values[at_right])
    return np.concatenate([np.setxor1d(left_rows, right_rows, assume_unique=True), shared[~same]])


def _whole(values: NDArray[Any]) -> NDArray[np.int64]:
    """Whole numbers as int64; numbers that are too large become the largest int64."""
    if values.dtype == np.int64:
        return values
    inside = np.clip(values, -(2.0**63), np.nextafter(2.0**63, 0.0))
    return np.asarray(inside, np.int64)


def _same(left: NDArray[Any], right: NDArray[Any]) -> NDArray[np.bool_]:
    """Where two arrays of the same shape are equal; NaN equals NaN."""
    same = left == right
    if left.dtype != object and right.dtype != object:
        same |= np.isnan(left) & np.isnan(right)
    return np.asarray(same, dtype=bool)


def _first_difference(left: Points, right: Points, stop: int) -> int:
    """The first row in which two columns' points differ, or `stop`."""
    (left_rows, left_values), (right_rows, right_values) = left, right
    shared = min(len(left_rows), len(right_rows))
    same = _same(left_values[:shared], right_values[:shared])
    differs = np.flatnonzero(~((left_rows[:shared] == right_rows[:shared]) & same))
    if len(differs):
        index = differs[0]
        return int(min(left_rows[index], right_rows[index]))
    beyond = [rows[shared] for rows in (left_rows, right_rows) if len(rows) > shared]
    return int(min(beyond, default=stop))
