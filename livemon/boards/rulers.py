"""The step, the epoch and the time at each x, taken from the rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from livemon.boards.model import Ruler
from livemon.boards.point_sources import Axis
from livemon.curves.arrays import Array
from livemon.curves.limits import Limits
from livemon.tables import names
from livemon.tables.table import Column, Rows, Table, x_at

__all__ = ["rulers"]

_ROWS = 300  # of each table: with lines between them the error is smaller than a pixel


def rulers(tables: Sequence[Table], leading: str | None, axis: Axis, columns: dict[str, str], limits: Limits
           ) -> tuple[Ruler, ...]:
    """A ruler for each of the columns, along its own rows, or along those of a metric if the column is not in the rows.
    Whole numbers, such as epochs, hold until the next row that has another one.

    Args:
        tables: The tables of the run, the oldest first.
        leading: The metric that is logged most often.
        axis: The x axis.
        columns: kind -> column.
        limits: The visible range of x.
    """
    parts_by_kind: dict[str, list[tuple[Array, Array]]] = {}
    for table in tables:
        for kind, name in columns.items():
            rows = _rows_within(table.x_column(name) or table.columns.get(leading or ""), table, axis, limits)
            values = np.asarray(x_at(table, rows, name), np.float64)
            if kind == "epoch" and _are_whole(values):
                rows = _with_changes(table, name, rows, values)
                values = np.asarray(x_at(table, rows, name), np.float64)
            x = np.asarray(axis.at(table, rows), np.float64)
            if kind == "time" and len(values):
                values = values * names.seconds_in(float(values[0]))
            known = np.isfinite(x) & np.isfinite(values)
            if known.any():
                parts_by_kind.setdefault(kind, []).append((x[known], values[known]))
    made = {kind: _in_order(parts) for kind, parts in parts_by_kind.items()}
    return tuple(Ruler(kind, *(_held(x, values) if kind == "epoch" and _are_whole(values) else (x, values)))
                 for kind, (x, values) in made.items())


def _rows_within(column: Column | None, table: Table, axis: Axis, limits: Limits) -> Rows:
    """Rows of a column, evenly spaced within the limits, and one on each side."""
    if column is None or not len(column):
        return np.empty(0, np.int64)
    first, last = 0, len(column) - 1
    for _ in range(2):  # for a small part of a long run, the first time is too coarse
        places = np.unique(np.linspace(first, last, _ROWS).astype(np.int64))
        rows = places if column.gapless else column.rows[places]
        x = np.asarray(axis.at(table, rows), np.float64)
        if not np.isfinite(x).all() or (np.diff(x) < 0).any():
            return rows
        inside = np.flatnonzero((x >= limits[0]) & (x <= limits[1]))
        low, high = int(np.searchsorted(x, limits[0])), int(np.searchsorted(x, limits[1], side="right"))
        first, last = int(places[max(low - 1, 0)]), int(places[min(high, len(places) - 1)])
        if len(inside) > _ROWS // 2:
            break
    return rows


def _are_whole(values: Array) -> bool:
    return bool((values == np.floor(values)).all())


def _with_changes(table: Table, name: str, rows: Rows, values: Array) -> Rows:
    """These rows, and between two of them with different values the first row where the value has changed."""
    changes = np.flatnonzero(np.diff(values) != 0)
    low, high, before = rows[changes], rows[changes + 1], values[changes]
    while (high - low > 1).any():  # bisection, until they are neighbours
        middle = (low + high) // 2
        order = np.argsort(middle, kind="stable")
        same = np.empty(len(middle), np.bool_)
        same[order] = np.asarray(x_at(table, middle[order], name), np.float64) == before[order]
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return np.unique(np.concatenate((rows, high)))


def _held(x: Array, values: Array) -> tuple[Array, Array]:
    """A ruler whose values hold until the next one: just before each change it has the old value."""
    changes = np.flatnonzero(np.diff(values) != 0) + 1
    return (np.insert(x, changes, np.nextafter(x[changes], -np.inf)), np.insert(values, changes, values[changes - 1]))


def _in_order(parts: list[tuple[Array, Array]]) -> tuple[Array, Array]:
    """The parts of several attempts; the newest one wins where they overlap."""
    x, values = parts[-1]
    for earlier_x, earlier in reversed(parts[:-1]):
        before = earlier_x < x[0]
        x, values = np.concatenate((earlier_x[before], x)), np.concatenate((earlier[before], values))
    order = np.argsort(x, kind="stable")
    return x[order], values[order]
