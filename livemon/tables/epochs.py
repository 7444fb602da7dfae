"""The positions of rows within their epochs, so that a curve over epochs is not a staircase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livemon.tables.table import Rows, Table, Values, x_at

__all__ = ["EpochPlaces", "are_in_parts", "epoch_of", "where_epochs_begin"]

_SAME = 0.02  # of an epoch's length: a smaller difference does not count
_FEWEST_ROWS = 3  # in an epoch, on average; with fewer, rows are epochs and not steps


def are_in_parts(epochs: Values) -> bool:
    """Whether an epoch column has fractions of epochs, like Hugging Face's: then it shows how much of them has passed.
    """
    known = epochs[np.isfinite(epochs)]
    return bool((known != np.floor(known)).any())


def epoch_of(epochs: Values, in_parts: bool) -> NDArray[np.float64]:
    """The epoch of each row. With fractions of epochs, 1.0 is the end of the epoch that began at 0, and not a row of
    the next."""
    whole = np.floor(epochs)
    return np.asarray(np.where((whole == epochs) & (whole > 0), whole - 1, whole) if in_parts else whole, np.float64)


def where_epochs_begin(x: Values, epochs: Values) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The beginnings of all epochs after the first, and their numbers.

    Between the last row of an epoch and the first of the next, the fraction of the epoch decides; else an epoch begins
    at its first row if rows are written at the beginning of what they describe, as a first one at 0 shows; else at the
    last row of the epoch before, as for rows written at the end of an epoch.

    Args:
        x, epochs: The x and the epochs of the rows, in order.
    """
    in_parts = are_in_parts(epochs)
    numbers = epoch_of(epochs, in_parts)
    after = np.flatnonzero(numbers[1:] > numbers[:-1]) + 1
    before = after - 1
    begun = np.asarray(numbers[after], np.float64)
    if in_parts:
        share = (begun - epochs[before]) / (epochs[after] - epochs[before])
        return x[before] + np.clip(share, 0.0, 1.0) * (x[after] - x[before]), begun
    return np.asarray(x[after if len(x) and x[0] == 0 else before], np.float64), begun


@dataclass
class _Epochs:
    """The epochs of one table, in the order of its rows.

    Attributes:
        read: The points of the epoch column read so far.
        rows: The first row of each epoch.
        numbers: The number of each epoch.
        starts: The beginning of each epoch: the step of its first row, or the row.
        lengths: The lengths of the finished epochs.
    """

    read: int = 0
    rows: list[int] = field(default_factory=list)
    numbers: list[float] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    lengths: list[float] = field(default_factory=list)


class EpochPlaces:
    """Spreads rows evenly within their epochs: by their steps, or without steps one row after the other.

    An unfinished epoch is assumed to be as long as the one before. If that proves wrong, and after the first epoch,
    known positions change: `update` says so.

    Args:
        epoch: The column of the epochs, which are whole numbers.
        step: The column of the steps, or None.
    """

    def __init__(self, epoch: str, step: str | None) -> None:
        self.columns = epoch, step
        self._tables: dict[int, _Epochs] = {}
        self._whole = True

    def update(self, tables: Sequence[Table]) -> bool:
        """Read new rows. Returns whether known positions have changed."""
        moved = False
        for table in tables:
            known = self._tables.setdefault(id(table), _Epochs())
            moved |= self._read(table, known)
        return moved

    def _read(self, table: Table, known: _Epochs) -> bool:
        column = table.x_column(self.columns[0])
        if column is None or len(column) <= known.read or not self._whole:
            return False
        values, rows = np.asarray(column.values[known.read :], np.float64), column.rows_from(known.read)
        known.read = len(column)
        if not (np.isfinite(values) & (values == np.floor(values))).all():
            self._whole = False
            return True
        before = known.numbers[-1] if known.numbers else np.nan
        new = np.flatnonzero(np.diff(values, prepend=before) != 0)
        moved = False
        positions = self._positions(table, rows[new])
        for row, number, position in zip(rows[new].tolist(), values[new].tolist(), positions.tolist(), strict=True):
            if known.rows:
                moved |= self._end(known, row, position)
            known.rows.append(row)
            known.numbers.append(number)
            known.starts.append(position)
        return moved

    @staticmethod
    def _end(known: _Epochs, row: int, position: float) -> bool:
        """Note the end of the newest epoch. Returns whether it was as long as assumed."""
        length = position - known.starts[-1]
        thought = known.lengths[-1] if known.lengths else 0.0
        if not length > 0:  # the run was restarted from an earlier step
            length = thought
        same = thought > 0 and abs(length - thought) <= _SAME * thought
        known.lengths.append(thought if same else length)
        return not same

    def _positions(self, table: Table, rows: Rows) -> NDArray[np.float64]:
        steps = np.asarray(x_at(table, rows, self.columns[1]), np.float64) if self.columns[1] else rows.astype(float)
        return np.where(np.isfinite(steps), steps, rows) if self.columns[1] is None else steps

    def at(self, table: Table, rows: Rows) -> Values:
        """The x of these rows: their epoch, and the share of it that has passed."""
        epochs = x_at(table, rows, self.columns[0])
        known = self._tables.get(id(table))
        if known is None or not self._whole or not known.lengths or len(rows) == 0:
            return epochs
        if known.rows[-1] - known.rows[0] < _FEWEST_ROWS * len(known.lengths):
            return epochs
        at: NDArray[Any] = np.clip(np.searchsorted(known.rows, rows, side="right") - 1, 0, None)
        numbers, starts = np.array(known.numbers), np.array(known.starts)
        lengths = np.array([*known.lengths, known.lengths[-1]])
        later = np.minimum(at + 1, len(numbers) - 1)
        at = np.where((numbers[at] != epochs) & (numbers[later] == epochs), later, at)  # rows without an epoch
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (self._positions(table, rows) - starts[at]) / lengths[at]
        share = np.clip(np.where(np.isfinite(share), share, 0.0), 0.0, np.nextafter(1.0, 0.0))
        return np.asarray(epochs + np.where(numbers[at] == epochs, share, 0.0), np.float64)
