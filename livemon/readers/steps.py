"""Rows without a step in a file whose other rows have one: they cannot be drawn over that axis, and are reported."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from livemon.tables.anomalies import KEPT_PER_KIND, Anomaly
from livemon.tables.names import STEP_NAMES, find_x, is_x
from livemon.tables.table import Block, Cells, Rows

__all__ = ["StepWatch"]

_STEP_NAMES = frozenset(STEP_NAMES)


class StepWatch:
    """Checks the blocks of one file, from its first row on, for rows with metrics but no step.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stepping: set[str] = set()  # the columns with the name of a step that have numbers
        self._before: list[int] = []  # before the first step: the lines of rows with metrics, up to KEPT_PER_KIND
        self._more_before = 0  # the number of further such rows

    def look_at(self, block: Block, lines: Sequence[int]) -> list[Anomaly]:
        """The irregularities of a block: an anomaly for each row with metrics but no step.

        Args:
            block: The next rows.
            lines: The line number of each row in the file, counted from 1.
        """
        cells = block.cells
        self._stepping.update(name for name in _STEP_NAMES.intersection(cells) if _has_numbers(cells[name]))
        name = find_x("step", self._stepping)
        if name is None:
            rows = np.flatnonzero(_has_metrics(block))
            kept = rows[: KEPT_PER_KIND - len(self._before)].tolist()
            self._before += [lines[row] for row in kept]
            self._more_before += len(rows) - len(kept)
            return []
        anomalies = [self._odd(name, line) for line in self._before]
        if self._more_before:
            anomalies.append(self._odd(name, None, self._more_before))
        self._before, self._more_before = [], 0
        silent = _rows_without(block, cells.get(name, Cells(np.empty(0))))
        return anomalies + [self._odd(name, lines[row]) for row in silent.tolist()]

    def _odd(self, name: str, line: int | None, count: int = 1) -> Anomaly:
        message = f"{name} is missing or not a number; the row is not drawn over it"
        return Anomaly("no step", str(self._path), line, message, count)


def _rows_without(block: Block, step: Cells) -> Rows:
    """The rows with metrics whose step is not a finite number."""
    rows, values = step.points()
    finite = np.isfinite(values)
    if rows is None and len(values) == block.n_rows and finite.all():
        return np.empty(0, np.int64)
    silent = np.ones(block.n_rows, np.bool_)
    silent[np.flatnonzero(finite) if rows is None else rows[finite]] = False
    return np.flatnonzero(silent & _has_metrics(block)) if silent.any() else np.empty(0, np.int64)


def _has_numbers(cells: Cells) -> bool:
    return bool(len(cells.values)) and (cells.logged is None or bool(cells.logged.any()))


def _has_metrics(block: Block) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which rows have a number other than a step, epoch or time, shape (rows,)."""
    has_metrics = np.zeros(block.n_rows, np.bool_)
    for name, cells in block.cells.items():
        if not is_x(name):
            rows, values = cells.points()
            has_metrics[slice(len(values)) if rows is None else rows] = True
    return has_metrics
