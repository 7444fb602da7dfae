"""The current rows of a run: those that no later attempt replaced.

A resumed training repeats steps. What an earlier attempt logged there is history: a NaN in those rows says nothing
about the present state of the run.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livemon.curves.step_order import LONGEST_EXCURSION, StepOrder
from livemon.health.watch import WatchedSteps
from livemon.tables.table import Table
from livemon.tables.writers import find_writers

__all__ = ["CurrentRows"]

_LOOKED_AT = 100  # rows searched for the first step of a table


@dataclass(frozen=True, slots=True)
class _Attempt:
    """The rows of one attempt: those of `table` from `start` up to `stop`.

    Attributes:
        first: The first step; NaN if unknown.
        is_whole: Whether these are all rows of the table.
    """

    table: Table
    start: int
    stop: int
    first: float
    is_whole: bool


class CurrentRows:
    """Follows the tables of a run. A table without replaced rows is used as it is; the others are copied, and the
    copies grow with them."""

    def __init__(self) -> None:
        self._orders: dict[int, tuple[Table, StepOrder, int]] = {}  # by table, with the number of steps read
        self._copies: dict[tuple[int, int], tuple[Table, Table, int]] = {}  # the kept rows, and where they stop
        self._stops: dict[tuple[int, int], tuple[tuple[Table, int, float], int]] = {}

    def of(self, tables: Sequence[Table], step: str | None, metrics: Collection[str]) -> list[Table]:
        """The rows that count now, a table an attempt, oldest first. The same objects as long as rows only come."""
        if step is None:
            return list(tables)
        self._forget_but(set(map(id, tables)))
        starts = {id(table): self._starts(table, step) for table in tables}
        if any(map(len, starts.values())) and find_writers(list(tables), step) is not None:
            starts = dict.fromkeys(starts, np.empty(0, np.int64))  # several writers at different steps
        if len(tables) == 1 and not len(starts[id(tables[0])]):
            return list(tables)
        attempts = [attempt for table in tables for attempt in _attempts(table, step, starts[id(table)])]
        if len(attempts) < 2:
            return list(tables)
        current = []
        lowest: dict[int, tuple[_Attempt, float]] = {}  # the lowest first step of the later attempts in each table
        for attempt in reversed(attempts):
            firsts = [first for later, first in lowest.values() if _logs_the_same(attempt, later, metrics)]
            current.append(self._kept(attempt, step, min(firsts, default=math.inf)))
            if math.isfinite(attempt.first):
                _, first = lowest.get(id(attempt.table), (attempt, math.inf))
                lowest[id(attempt.table)] = attempt, min(first, attempt.first)
        return current[::-1]

    def watched(self, table: Table, step: str) -> WatchedSteps | None:
        """The steps of a table, if nothing changes while they do not go back; None if it may."""
        column, (_, order, read) = table.x_column(step), self._orders.get(id(table), (table, None, 0))
        if column is None or order is None or order.settled_at is None:
            return None
        return WatchedSteps(column, read, order.settled_at)

    def _forget_but(self, alive: set[int]) -> None:
        """Drop what belongs to tables that the run no longer has: it makes new tables when a file is rewritten."""
        if not self._orders.keys() <= alive:
            self._orders = {key: known for key, known in self._orders.items() if key in alive}
            self._copies = {key: known for key, known in self._copies.items() if key[0] in alive}
            self._stops = {key: known for key, known in self._stops.items() if key[0] in alive}

    def _starts(self, table: Table, step: str) -> NDArray[np.int64]:
        """The points of the step column at which further attempts begin."""
        column = table.x_column(step)
        if table.is_supplement or column is None or len(column) == 0:
            return np.empty(0, np.int64)
        _, order, read = self._orders.get(id(table), (table, StepOrder(), 0))  # a table that is kept keeps its id
        new = column.values[read:]
        order.add(new[np.isfinite(new)])
        self._orders[id(table)] = table, order, read + len(new)
        starts = order.starts
        return starts[1:][order.count - starts[1:] >= LONGEST_EXCURSION]  # fewer rows may just be late

    def _kept(self, attempt: _Attempt, step: str, replaced_from: float) -> Table:
        """The rows of an attempt before that step."""
        table, key = attempt.table, (id(attempt.table), attempt.start)
        stop = self._stop(attempt, step, replaced_from)
        if attempt.is_whole and stop == table.n_rows:
            return table
        known = self._copies.get(key)
        if known is None or known[0] is not table or known[2] > stop:
            known = table, table.rows_between(attempt.start, stop), stop
        elif known[2] < stop:
            known[1].append(table.block_between(known[2], stop))
        self._copies[key] = (*known[:2], stop)
        return known[1]

    def _stop(self, attempt: _Attempt, step: str, replaced_from: float) -> int:
        """The first row of an attempt that is replaced, or the end of its rows. Searched only once."""
        column = attempt.table.x_column(step)
        if column is None or replaced_from == math.inf:
            return attempt.stop
        key, asked = (id(attempt.table), attempt.start), (attempt.table, attempt.stop, replaced_from)
        if (known := self._stops.get(key)) is None or known[0][0] is not asked[0] or known[0][1:] != asked[1:]:
            rows = column.rows
            replaced = rows[(rows >= attempt.start) & (rows < attempt.stop) & (column.values >= replaced_from)]
            self._stops[key] = asked, int(replaced[0]) if len(replaced) else attempt.stop
        return self._stops[key][1]


def _attempts(table: Table, step: str, starts: NDArray[np.int64]) -> list[_Attempt]:
    """The attempts in a table. `starts`: the points at which all but the first begin."""
    column = table.x_column(step)
    if table.is_supplement or column is None or len(column) == 0:
        return [_Attempt(table, 0, table.n_rows, math.nan, is_whole=True)]
    if len(starts) == 0:
        first = next((float(value) for value in column.values[:_LOOKED_AT] if math.isfinite(value)), math.nan)
        return [_Attempt(table, 0, table.n_rows, first, is_whole=True)]
    known = np.isfinite(column.values)
    rows, steps = column.rows[known], column.values[known]
    at = [0, *starts.tolist()]
    borders = [0, *rows[starts].tolist(), table.n_rows]
    return [_Attempt(table, borders[index], borders[index + 1], float(steps[point]), is_whole=False)
            for index, point in enumerate(at)]


def _logs_the_same(attempt: _Attempt, later: _Attempt, metrics: Collection[str]) -> bool:
    """Whether a later attempt logs the same metrics as an earlier one, and so replaces it from its own first step
    on."""
    columns, others = attempt.table.columns, later.table.columns
    return not attempt.table.is_supplement and any(
        len(columns.get(name, ())) and len(others.get(name, ())) for name in metrics)
