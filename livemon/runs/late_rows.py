"""Rows that are out of the order of their steps: they are counted, because pictures put them in order."""

from __future__ import annotations

import numpy as np

from livemon.curves.arrays import distinct
from livemon.curves.step_order import StepOrder
from livemon.tables.table import Table, x_at
from livemon.tables.writers import find_writers, writers_at
from livemon.tables.x_axis import find_axis, is_axis

__all__ = ["LateRows"]

MOST_METRICS = 64  # metrics: the first ones


class LateRows:
    """Counts the late points of a source's own rows, for each metric, while they grow. Costs nothing while the steps of
    all rows are in order.

    Attributes:
        count: The late points of the metric with most of them.
        writers: The column that tells several writers of rows apart; None for one writer.
    """

    def __init__(self) -> None:
        self.count = 0
        self.writers: str | None = None
        self._forget(Table())

    def _forget(self, table: Table) -> None:
        self._table = table
        self._axis: str | None = None
        self._in_order = True
        self._rows_seen = 0
        self._highest = -np.inf
        self._orders: dict[tuple[str, float], StepOrder] = {}
        self._points_seen: dict[str, int] = {}

    def update(self, table: Table) -> None:
        """Follow the source's own rows after it was read."""
        axis = find_axis("step", [table]) or find_axis("epoch", [table])
        if table is not self._table or axis != self._axis:
            self._forget(table)
            self._axis = axis
        if axis is None or table.n_rows == self._rows_seen:
            return
        self._rows_seen = table.n_rows
        self._look_at_steps(table, axis)
        if self._in_order:
            self.count = 0
            return
        writers = find_writers([table], axis)
        if writers != self.writers:
            self.writers = writers
            self._orders, self._points_seen = {}, {}
        self._read(table, axis)
        late: dict[str, int] = {}
        for (name, _), order in self._orders.items():
            late[name] = late.get(name, 0) + order.late
        self.count = max(late.values(), default=0)

    def _look_at_steps(self, table: Table, axis: str) -> None:
        if not self._in_order:
            return
        column = table.columns[axis]
        start = self._points_seen.get(axis, 0)
        steps = column.values[start:]
        steps = steps[np.isfinite(steps)]
        self._points_seen[axis] = len(column)
        if len(steps):
            self._in_order = bool(steps[0] >= self._highest) and not bool((steps[1:] < steps[:-1]).any())
            self._highest = steps[-1]

    def _read(self, table: Table, axis: str) -> None:
        names = [name for name, column in table.columns.items()
                 if column.numeric and name != self.writers and not is_axis(name, [table])]  # fmt: skip
        for name in names[:MOST_METRICS]:
            column, start = table.columns[name], self._points_seen.get(name, 0)
            if len(column) == start:
                continue
            self._points_seen[name] = len(column)
            rows = column.rows_from(start)
            x = x_at(table, rows, axis)
            known = np.isfinite(x)
            by = np.zeros(len(rows)) if self.writers is None else writers_at(table, self.writers, rows)
            for writer in distinct(by[known]).tolist():
                self._orders.setdefault((name, writer), StepOrder()).add(x[known & (by == writer)])
