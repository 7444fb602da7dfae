"""Two loggers of one Lightning training: each has its own version folder, and both are one run.

A TensorBoardLogger and a CSVLogger that write into one folder share the numbers of versions, so the second logger takes
the next number. Two loggers of one training differ from two trainings: both record the same settings and the same first
values.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livemon.readers.base import Format
from livemon.readers.registry import find_sources, reader_for
from livemon.system.listing import Listing
from livemon.tables.table import Table
from livemon.tables.x_axis import find_axis, is_axis

__all__ = ["with_twin"]

_VERSION = re.compile(r"version_(\d+)")
_CSV, _EVENTS, _SETTINGS = "metrics.csv", "tfevents", "hparams.yaml"
_FLOAT32 = 1e-6  # TensorBoard's files keep float32
_FEWEST = 2  # values that both must have

Sources = list[tuple[Format, Path]]


def with_twin(folder: Listing, sources: Sources) -> Sources:
    """The sources in a version folder, with those of the other logger's folder; the preferred format first."""
    match = _VERSION.fullmatch(folder.path.name)
    kind = _kind_of(folder) if match and sources else None
    if match is None or kind is None:
        return sources
    for number in (int(match[1]) - 1, int(match[1]) + 1):
        name = f"version_{number}"
        other = folder.beside(name)
        if _kind_of(other) != {_CSV: _EVENTS, _EVENTS: _CSV}[kind] or not _has_same_settings(folder, other):
            continue
        theirs = find_sources(other)
        if theirs and _say_the_same(sources[0][1], theirs[0][1], _written(sources), _written(theirs)):
            return [*sources, *theirs] if kind == _CSV else [*theirs, *sources]
    return sources


def _kind_of(folder: Listing) -> str | None:
    """The kind of a version folder's logger, by its file; None if both loggers write there, or neither."""
    has_csv, has_events = _CSV in folder.files, any(_EVENTS in name for name in folder.files)
    if has_csv == has_events:
        return None
    return _CSV if has_csv else _EVENTS


def _has_same_settings(folder: Listing, other: Listing) -> bool:
    return (_SETTINGS in folder.files) == (_SETTINGS in other.files) and folder.head(_SETTINGS) == other.head(_SETTINGS)


def _written(sources: Sources) -> float | None:
    form, path = sources[0]
    return form.written(path)


@lru_cache(maxsize=1024)
def _say_the_same(path: Path, other: Path, _mine: float | None, _theirs: float | None) -> bool:
    """Whether the first rows of two logs have the same values at the same steps. Logs that have not changed are not
    read again."""
    tables = [_first_rows(path), _first_rows(other)]
    axes = [find_axis("step", [table]) for table in tables]
    if axes[0] is None or axes[1] is None:
        return False
    shared = agreeing = 0
    for name in tables[0].columns.keys() & tables[1].columns.keys():
        if is_axis(name, tables):
            continue
        (steps, values), (other_steps, others) = (_points(table, name, axis) for table, axis
                                                  in zip(tables, axes, strict=True) if axis is not None)
        _, at, there = np.intersect1d(steps, other_steps, return_indices=True)
        same = np.isclose(values[at], others[there], rtol=_FLOAT32, atol=1e-12, equal_nan=True)
        shared += len(same)
        agreeing += int(np.count_nonzero(same))
    return shared >= _FEWEST and agreeing == shared


def _points(table: Table, name: str, axis: str) -> tuple[NDArray[Any], NDArray[Any]]:
    column = table.columns[name]
    return table.at_rows(axis, column.rows), np.asarray(column.values, np.float64)


def _first_rows(path: Path) -> Table:
    update, table = reader_for(path).read(), Table()
    if update.block is not None:
        table.append(update.block)
    return table
