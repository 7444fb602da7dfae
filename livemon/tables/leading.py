"""The metric that is logged most often: it shows how far a run is, because other metrics may count differently."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from livemon.tables import names
from livemon.tables.table import Table, x_at

__all__ = ["find_leading", "newest_x"]


def find_leading(tables: Sequence[Table], axis: str | None = None) -> tuple[str | None, list[Table]]:
    """The metric that is logged most often in the run's own rows (of several, the last one logged), and the tables that
    have it; None and all own tables if there is none.

    Args:
        tables: The tables of a run, the oldest first.
        axis: A column that is used as x, and so is not a metric.
    """
    own = [table for table in tables if not table.is_supplement]
    newest: dict[str, tuple[int, int, int]] = {}  # name -> number of points, and the table and row of the newest point
    for table_index, table in enumerate(own):
        for name, column in table.columns.items():
            if len(column) and not names.is_x(name) and name != axis:
                newest[name] = newest.get(name, (0, 0, 0))[0] + len(column), table_index, column.last_row
    leading = max(newest, key=lambda name: newest[name], default=None)
    return leading, [table for table in own if leading in table.columns] or own


def newest_x(tables: Sequence[Table], leading: str | None, name: str | None) -> float | None:
    """The newest value of an x column at the leading metric, or None. `tables`, `leading`: from `find_leading`."""
    for table in reversed(tables):
        column = table.x_column(name) if name else None
        if column is None or not len(column):
            continue
        metric = table.columns.get(leading or "")
        at = math.nan
        if metric is not None and len(metric):
            at = float(x_at(table, np.array([metric.last_row]), column.name)[0])
        at = at if math.isfinite(at) else float(column.values[-1])
        if math.isfinite(at):
            return at
    return None
