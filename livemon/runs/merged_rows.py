"""The rows of a run's preferred sources, with added rows of further sources in between."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from livemon.runs.filling import Position, Rows
from livemon.tables.table import Block, Cells, Table, x_at
from livemon.tables.x_axis import AXES, find_axis

__all__ = ["MergedRows"]

Ints = NDArray[np.int64]


class MergedRows:
    """Tables of preferred rows and added ones; the preferred sources' own tables if nothing is added.

    Rows at the end are appended; all other changes make new tables, so that followers of a table only see it grow.
    """

    def __init__(self) -> None:
        self._of: list[Table] = []
        self._rows: list[Rows] = []
        self._tables: list[Table] = []
        self._taken: list[int] = []  # the number of rows of each preferred table
        self._inserted: list[Ints] = []  # the rows before which others were added, increasing

    def update(self, tables: Sequence[Table], rows: Sequence[Rows]) -> list[Table]:
        """Return the tables to show, one for each preferred table."""
        if not rows:
            self._of, self._rows = [], []
            return list(tables)
        if not self._append(tables, rows):
            self._build(tables, rows)
        for table, merged, inserted in zip(tables, self._tables, self._inserted, strict=True):
            if merged is not table:
                merged.retracted = tuple((row + int(np.searchsorted(inserted, row, side="right")), step)
                                         for row, step in table.retracted)
        return self._tables

    def _build(self, tables: Sequence[Table], rows: Sequence[Rows]) -> None:
        self._of, self._rows = list(tables), list(rows)
        self._taken = [table.n_rows for table in tables]
        ends = np.cumsum(self._taken)
        at = np.concatenate([_places(tables, part) for part in rows])
        x = np.concatenate([part.x for part in rows])
        of, number = (np.concatenate(parts) for parts in zip(*(
            (np.full(len(part.x), index), np.arange(len(part.x))) for index, part in enumerate(rows)), strict=True))
        order = np.lexsort((x, at))
        at, of, number = at[order], of[order], number[order]
        table_of = np.searchsorted(ends, np.maximum(at - 1, 0), side="right").clip(max=len(tables) - 1)
        self._tables, self._inserted = [], []
        for index, table in enumerate(tables):
            mine = table_of == index
            inserted = at[mine] - (int(ends[index]) - table.n_rows)
            self._inserted.append(inserted)
            self._tables.append(_merged(table, inserted, rows, of[mine], number[mine]) if len(inserted) else table)

    def _append(self, tables: Sequence[Table], rows: Sequence[Rows]) -> bool:
        """Append new rows; False if some of them do not belong at the end."""
        if [*map(id, tables)] != [*map(id, self._of)] or len(rows) != len(self._rows):
            return False
        if not all(_goes_on(old, new) for old, new in zip(self._rows, rows, strict=True)):
            return False
        if any(table.n_rows != taken for table, taken in zip(tables[:-1], self._taken[:-1], strict=True)):
            return False
        grown = [(new, len(old.x)) for old, new in zip(self._rows, rows, strict=True) if len(new.x) > len(old.x)]
        last, merged, taken = tables[-1], self._tables[-1], self._taken[-1]
        has_more = last.n_rows > taken
        if not grown and not has_more:
            return True
        if len(grown) > 1 or (grown and (has_more or merged is last or grown[0][0].position is Position.IN_FRONT)):
            return False
        if has_more and merged is not last:
            if not all(_stands_before(part, last, taken) for part in rows):
                return False
            merged.append(last.block_between(taken, last.n_rows))
        for new, start in grown:
            if int(_places(tables, new)[start:].min()) < sum(self._taken):
                return False
            if any(part is not new and len(part.x) and part.x[-1] > new.x[start] for part in rows):
                return False
            self._inserted[-1] = np.append(self._inserted[-1], np.full(len(new.x) - start, last.n_rows))
            merged.append(_tail(new.block, start))
        self._rows, self._taken[-1] = list(rows), last.n_rows
        return True


def _places(tables: Sequence[Table], rows: Rows) -> Ints:
    """The index among the preferred rows, over all tables, before which to add each row: after the last row at a lower
    step with one of its metrics, so that steps increase."""
    count = sum(table.n_rows for table in tables)
    if rows.position is not Position.BETWEEN:
        return np.full(len(rows.x), 0 if rows.position is Position.IN_FRONT else count)
    axis = _axis_of(rows, tables)
    xs, numbers, start = [], [], 0
    for table in tables:
        columns = [table.columns[name] for name in rows.block.cells if name in table.columns and name != axis]
        with_metrics = np.unique(np.concatenate([column.rows for column in columns] or [np.empty(0, np.int64)]))
        xs.append(np.asarray(x_at(table, with_metrics, axis), np.float64))
        numbers.append(with_metrics + start)
        start += table.n_rows
    x, number = np.concatenate(xs), np.concatenate(numbers)
    order = np.argsort(x, kind="stable")[: int(np.isfinite(x).sum())]
    behind = np.append(0, np.maximum.accumulate(number[order] + 1))
    return np.asarray(behind[np.searchsorted(x[order], rows.x)], np.int64)


def _axis_of(rows: Rows, tables: Sequence[Table]) -> str | None:
    """The column that orders the added rows."""
    return next((axis for kind in AXES if (axis := find_axis(kind, tables)) in rows.block.cells), None)


def _merged(table: Table, inserted: Ints, rows: Sequence[Rows], of: Ints, number: Ints) -> Table:
    """A table with rows inserted before these of its rows: row `number` of `rows[of]` for each."""
    n_rows = table.n_rows + len(inserted)
    new_places = inserted + np.arange(len(inserted))
    parts: dict[str, list[Cells]] = {}
    own = table.block_between(0, table.n_rows)
    for name, cells in own.cells.items():
        assert cells.rows is not None
        parts[name] = [Cells(cells.values, None, _shifted(cells.rows, inserted), _shifted(cells.text_rows, inserted),
                             cells.texts)]
    for index in np.unique(of).tolist():
        mine = of == index
        where = np.full(rows[index].block.n_rows, -1)
        where[number[mine]] = new_places[mine]
        for name, cells in rows[index].block.cells.items():
            at, values = cells.points()
            at = where[np.arange(len(values)) if at is None else at]
            parts.setdefault(name, []).append(Cells(values[at >= 0], None, at[at >= 0]))
    merged = Table()
    merged.declare(list(table.columns))
    merged.append(Block(n_rows, {name: _joined(cells) for name, cells in parts.items()}))
    return merged


def _shifted(rows: Ints, inserted: Ints) -> Ints:
    return rows + np.searchsorted(inserted, rows, side="right")


def _joined(parts: Sequence[Cells]) -> Cells:
    if len(parts) == 1:
        return parts[0]
    rows = np.concatenate([part.rows for part in parts if part.rows is not None])
    values = np.concatenate([part.values for part in parts])
    order = np.argsort(rows, kind="stable")
    return Cells(values[order], None, rows[order], parts[0].text_rows, parts[0].texts)


def _goes_on(old: Rows, new: Rows) -> bool:
    """Whether rows begin with all of the old ones."""
    count = len(old.x)
    if old is new:
        return True
    if old.position is not new.position or len(new.x) < count or not np.array_equal(new.x[:count], old.x):
        return False
    names = old.block.cells.keys() | new.block.cells.keys()
    return all(_count(old.block, name, count) == _count(new.block, name, count) for name in names)


def _count(block: Block, name: str, below: int) -> int:
    """The number of cells of a column in the rows before a row number."""
    if name not in block.cells:
        return 0
    rows, values = block.cells[name].points()
    return min(len(values), below) if rows is None else int(np.searchsorted(rows, below))


def _stands_before(rows: Rows, table: Table, start: int) -> bool:
    """Whether added rows come before a table's rows from `start` on."""
    if rows.position is not Position.BETWEEN:
        return rows.position is Position.IN_FRONT
    axis = _axis_of(rows, [table])
    x = np.asarray(x_at(table, np.arange(start, table.n_rows), axis), np.float64)
    x = x[np.isfinite(x)]
    return not len(x) or not len(rows.x) or bool(x.min() > rows.x[-1])


def _tail(block: Block, start: int) -> Block:
    """The rows of a block from `start` on."""
    cells = {}
    for name, of_block in block.cells.items():
        rows, values = of_block.points()
        rows = np.arange(len(values)) if rows is None else rows
        kept = rows >= start
        cells[name] = Cells(values[kept], None, rows[kept] - start)
    return Block(block.n_rows - start, cells)
