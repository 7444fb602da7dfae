"""The columns that are the step, the epoch and the time of a row. Their names decide, and if in doubt their values.

In one framework (Ultralytics) `time` is the elapsed time; in another (MMEngine) it is the duration of an iteration,
which is a metric.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from livemon.tables import names
from livemon.tables.table import Column, Table

__all__ = ["AXES", "find_axis", "is_axis", "is_constant", "time_stands_in"]

AXES = ("step", "epoch", "time")
_DOUBTFUL = frozenset(("time", "t", "date"))
_LOOKED_AT = 1000  # values from the start: the meaning of a name does not change later
_STUCK = 5  # rows with the same step, before time replaces it


def find_axis(kind: str, tables: Iterable[Table]) -> str | None:
    """The column that is the "step", "epoch" or "time" of these tables' rows, or None.

    A column with more texts than numbers is better than none: it gives the rows with numbers a position. A step that is
    the same everywhere, or that begins again in each epoch, does not count if another axis gives the positions.
    """
    tables = list(tables)
    if len(tables) != 1:
        return _find_axis(kind, tables)
    known = tables[0].known_axes()
    if kind not in known:
        known[kind] = _find_axis(kind, tables)
    return known[kind]


def _find_axis(kind: str, tables: Sequence[Table]) -> str | None:
    candidates = _candidates(kind, tables)
    return _best_step(candidates, tables) if kind == "step" else _best(candidates, tables)


def _candidates(kind: str, tables: Sequence[Table]) -> list[str]:
    """The columns with numbers whose names fit the axis, the best name first."""
    ranked = (tables[0].called_like(kind) if len(tables) == 1 else
              sorted({pair for table in tables for pair in table.called_like(kind)}))
    return [name for _, name in ranked if _columns(name, tables) and _says_where(name, tables)]


def _best(candidates: Sequence[str], tables: Sequence[Table]) -> str | None:
    whole = (name for name in candidates if any(_is_numeric(table, name) for table in tables))
    return next(whole, candidates[0] if candidates else None)


def _best_step(candidates: Sequence[str], tables: Sequence[Table]) -> str | None:
    epoch = _best(_candidates("epoch", tables), tables) if candidates else None
    good = [name for name in candidates if not (is_constant(name, tables) or _restarts_with(epoch, name, tables))]
    if good or not candidates:
        return _best(good, tables)
    if epoch is not None and not is_constant(epoch, tables):
        return None
    time = _best(_candidates("time", tables), tables)
    stuck = sum(map(len, _columns(candidates[0], tables))) >= _STUCK
    return None if stuck and time is not None and not is_constant(time, tables) else candidates[0]


def time_stands_in(tables: Iterable[Table]) -> bool:
    """Whether rows have a step that never changes, no epoch, and a time: then the time gives their positions."""
    tables = list(tables)
    stuck = bool(_candidates("step", tables)) and find_axis("step", tables) is None
    return stuck and find_axis("epoch", tables) is None


def is_constant(name: str, tables: Iterable[Table]) -> bool:
    """Whether a column has the same value in all of its rows, and at least two rows."""
    parts = [column.values[:_LOOKED_AT] for column in _columns(name, list(tables))]
    count = sum(map(len, parts))
    if count > 1 and parts[0][0] != parts[-1][-1]:  # a shortcut that decides most columns
        return False
    return count > 1 and all(bool((part == parts[0][0]).all()) for part in parts)


def _restarts_with(epoch: str | None, name: str, tables: Sequence[Table]) -> bool:
    """Whether a column begins again with each epoch, so that it counts within one."""
    if epoch is None:
        return False
    changes = falls = 0
    for table in tables:
        if (column := table.numbers_of(name)) is None or table.numbers_of(epoch) is None or len(column) < 2:
            continue
        values, rows = column.values[:_LOOKED_AT], column.rows_from(0)[:_LOOKED_AT]
        fell = np.diff(values) < 0
        if (values < 0).any():  # sentence-transformers writes -1 at the end of each epoch
            values, rows = values[values >= 0], rows[values >= 0]
            fell = np.diff(values) <= 0
        if not fell.any():
            continue
        risen = np.diff(np.asarray(table.at_rows(epoch, rows), np.float64)) > 0
        changes += int(risen.sum())
        falls += int((risen & fell).sum())
    return changes > 0 and falls == changes


def _columns(name: str, tables: Sequence[Table]) -> list[Column]:
    """The columns of this name that have numbers, or times in text."""
    columns = (table.numbers_of(name) for table in tables)
    return [column for column in columns if column is not None and len(column)]


def _is_numeric(table: Table, name: str) -> bool:
    column = table.columns.get(name)
    return column is not None and (column.numeric or len(table.numbers_of(name) or ()) >= len(column.texts) > 0)


def is_axis(name: str, tables: Iterable[Table]) -> bool:
    """Whether a column gives the position of a row instead of a measured value.

    A name that few frameworks give to an axis (`episode`, `total_steps`) counts only if the run has no better axis.
    """
    kind = names.kind_of_x(name)
    if kind is None and not names.is_x(name):
        return False
    tables = list(tables)
    return _says_where(name, tables) if names.is_x(name) else name == find_axis(str(kind), tables)


def _says_where(name: str, tables: Iterable[Table]) -> bool:
    """Whether the values of a column with a doubtful name go up. `time` may be the duration of an iteration."""
    if name.rsplit("/", 1)[-1].lower() not in _DOUBTFUL:
        return True
    return all(_grows(column) for column in _columns(name, list(tables)))


def _grows(column: Column) -> bool:
    """Whether the values go up, except for an occasional restart. Unknown values do not count against it."""
    values = column.values[:_LOOKED_AT]
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return True
    falls = int(np.count_nonzero(np.diff(values) < 0))
    return 3 * falls <= len(values) - 1 and bool(values.max() > values[0])
