"""Rows that say no step in a file whose rows have one: they have no place on that axis, and users are told which."""

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
    """Looks at the blocks of one file, from its first row on, for rows with metrics and without a step.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stepping: set[str] = set()  # the columns named as a step that hold numbers
        self._before: list[int] = []  # while there is none: the lines of rows with metrics, the first KEPT_PER_KIND
        self._more_before = 0  # and how many rows more

    def look_at(self, block: Block, lines: Sequence[int]) -> list[Anomaly]:
        """What is odd about a block: an anomaly for each row with metrics and without a step.

        Args:
            block: The next rows.
            lines: Where each stands in the file, counted from 1.
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
    """The rows with metrics that have no finite number as their step."""
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
    """Which rows have a number that is no step, epoch or time, shape (rows,)."""
    has_metrics = np.zeros(block.n_rows, np.bool_)
    for name, cells in block.cells.items():
        if not is_x(name):
            rows, values = cells.points()
            has_metrics[slice(len(values)) if rows is None else rows] = True
    return has_metrics
