"""What stands beside x at a place: the step, the epoch and the time of the rows there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from livemon.boards.model import Ruler
from livemon.boards.point_sources import Axis
from livemon.curves.arrays import Array
from livemon.curves.limits import Limits
from livemon.tables import names
from livemon.tables.table import Rows, Table, x_at

__all__ = ["rulers"]

_ROWS = 300  # of each table: between them a line is near enough for what is read at a pixel


def rulers(tables: Sequence[Table], leading: str | None, axis: Axis, columns: dict[str, str], limits: Limits
           ) -> tuple[Ruler, ...]:
    """A ruler for each of the columns, along the rows of a metric.

    Args:
        tables: Of the run, oldest first.
        leading: The metric that is logged most often.
        axis: What x counts.
        columns: kind -> the column.
        limits: The stretch of x that is shown.
    """
    parts_by_kind: dict[str, list[tuple[Array, Array]]] = {}
    for table in tables:
        rows = _rows_within(table, leading, axis, limits)
        x = np.asarray(axis.at(table, rows), np.float64)
        for kind, name in columns.items():
            values = np.asarray(x_at(table, rows, name), np.float64)
            if kind == "time" and len(values):
                values = values * names.seconds_in(float(values[0]))
            known = np.isfinite(x) & np.isfinite(values)
            if known.any():
                parts_by_kind.setdefault(kind, []).append((x[known], values[known]))
    return tuple(Ruler(kind, *_in_order(parts)) for kind, parts in parts_by_kind.items())


def _rows_within(table: Table, leading: str | None, axis: Axis, limits: Limits) -> Rows:
    """Rows that spread evenly over the part of a table within the limits, and one at each side."""
    column = table.columns.get(leading or "")
    if column is None or not len(column):
        return np.empty(0, np.int64)
    first, last = 0, len(column) - 1
    for _ in range(2):  # of a small part of a long run, the first time is coarse
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


def _in_order(parts: list[tuple[Array, Array]]) -> tuple[Array, Array]:
    """The parts of several attempts, of which the newest wins where they overlap."""
    x, values = parts[-1]
    for earlier_x, earlier in reversed(parts[:-1]):
        before = earlier_x < x[0]
        x, values = np.concatenate((earlier_x[before], x)), np.concatenate((earlier[before], values))
    order = np.argsort(x, kind="stable")
    return x[order], values[order]
