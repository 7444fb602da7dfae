"""Where the points of a metric come from: a column over an axis, or the pace of steps; gathered from a run's tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from livemon.curves.arrays import Array
from livemon.curves.attempts import attempt_starts, stitch
from livemon.tables import names
from livemon.tables.epochs import EpochPlaces
from livemon.tables.lost_losses import lost_losses
from livemon.tables.table import Rows, Table, Values, x_at

__all__ = ["Axis", "GatheredPoints", "MetricSource", "PaceSource", "Source"]


@dataclass(frozen=True, slots=True)
class Axis:
    """What x counts: a column (None = the row number), and how its values become x: (value - origin) / unit."""

    column: str | None
    label: str
    origin: float = 0.0
    unit: float = 1.0
    places: EpochPlaces | None = None  # of epochs that are whole numbers: where rows stand within them

    def at(self, table: Table, rows: Rows) -> Values:
        """x of these rows, shape of `rows`; NaN where a row has none, int64 while exact (see `table.x_at`)."""
        x = x_at(table, rows, self.column) if self.places is None else self.places.at(table, rows)
        if self.origin == 0.0 and self.unit == 1.0:
            return x
        return (np.asarray(x, np.float64) - self.origin) / self.unit


class Source(Protocol):
    """Where points come from."""

    def read(self, table: Table, start: int) -> tuple[Values, Array, int]:
        """x and y of the table's points from number `start` on, and where to start the next time."""


@dataclass(frozen=True, slots=True)
class MetricSource:
    """The points of a column. A loss that became NaN and was written as 0 is NaN."""

    metric: str
    axis: Axis

    def read(self, table: Table, start: int) -> tuple[Values, Array, int]:
        """See `Source`."""
        column = table.columns.get(self.metric)
        if column is None or len(column) <= start:
            return np.empty(0), np.empty(0), start
        rows = column.rows_from(start)
        values = np.asarray(column.values[start:], np.float64)
        if (lost := lost_losses(table, column, start)) is not None:
            values = np.where(lost, np.nan, values)
        return self.axis.at(table, rows), values, start + len(rows)


@dataclass(frozen=True, slots=True)
class PaceSource:
    """Seconds for each step: the difference of the time column between steps, divided by the steps between them.

    Of several rows with one step the first counts. Where step or time goes back nothing is said.
    """

    time: str
    step: str
    axis: Axis

    def read(self, table: Table, start: int) -> tuple[Values, Array, int]:
        """See `Source`."""
        column, stepping = table.x_column(self.time), table.x_column(self.step)
        if column is None or stepping is None or len(column) <= start + 1:
            return np.empty(0), np.empty(0), start
        rows = column.rows_from(start)
        seconds = np.asarray(column.values[start:], np.float64) * names.seconds_in(float(column.values[0]))
        steps = np.asarray(table.at_rows(stepping.name, rows), np.float64)
        known = np.isfinite(steps) & np.isfinite(seconds)
        rows, seconds, steps = rows[known], seconds[known], steps[known]
        if len(rows) == 0:
            return np.empty(0), np.empty(0), len(column)
        first = np.append(True, steps[1:] != steps[:-1])
        kept = np.flatnonzero(first)
        rows, seconds, steps = rows[kept], seconds[kept], steps[kept]
        with np.errstate(over="ignore"):  # beyond 1e308 a difference is infinite
            more_steps, more_seconds = np.diff(steps), np.diff(seconds)
        forward = (more_steps > 0) & (more_seconds >= 0)
        y = more_seconds[forward] / more_steps[forward]
        x = self.axis.at(table, rows[1:][forward])
        at = int(np.searchsorted(column.rows_from(start), rows[-1]))
        return x, y, start + at  # the last point is where the next difference starts


class GatheredPoints:
    """The points of a metric in the tables of a run: the new ones as the tables grow, or all of them.

    Args:
        metric: Its name.
        source: Where its points come from.
    """

    def __init__(self, metric: str, source: Source) -> None:
        self._metric = metric
        self._source = source
        self._tables: list[Table] = []
        self._read_up_to: list[int] = []  # of each table: where to start the next time
        self._retracted: dict[int, tuple[tuple[int, int], ...]] = {}  # number of a table -> the rows it took back

    def goes_on_in(self, tables: Sequence[Table]) -> bool:
        """Whether these are the tables that were read before, and perhaps further ones."""
        return len(self._tables) <= len(tables) and all(a is b for a, b in zip(self._tables, tables, strict=False))

    def read(self, tables: Sequence[Table]) -> Iterator[tuple[Values, Array, bool]]:
        """x and y of the points of each table that are new and have an x, and whether they are its first."""
        self._tables = list(tables)
        self._read_up_to.extend([0] * (len(tables) - len(self._read_up_to)))
        for number, table in enumerate(tables):
            start = self._read_up_to[number]
            x, y, self._read_up_to[number] = self._source.read(table, start)
            placed = np.isfinite(x)
            if not placed.all():
                x, y = x[placed], y[placed]
            if len(y):
                yield x, y, start == 0

    def new_retractions(self) -> int:
        """How many tables have taken back rows since the last call."""
        before, self._retracted = self._retracted, {
            number: table.retracted for number, table in enumerate(self._tables) if table.retracted
        }
        return sum(before.get(number) != retracted for number, retracted in self._retracted.items())

    def all(self) -> tuple[Array, Array, NDArray[np.int64], NDArray[np.bool_]]:
        """All points as logged: x, y, where attempts start, and which points are neither superseded nor retracted."""
        xs: list[Values] = []
        ys: list[Array] = []
        counts: list[NDArray[np.bool_]] = []
        for table in self._tables:
            x, y, _ = self._source.read(table, 0)
            placed = np.isfinite(x)
            column = table.columns.get(self._metric) if table.retracted else None
            counting = np.ones(len(x), np.bool_) if column is None else table.not_retracted(column.rows)
            xs.append(x if placed.all() else x[placed])
            ys.append(y if placed.all() else y[placed])
            counts.append(counting[placed])
        borders = np.cumsum([0, *map(len, xs)][:-1], dtype=np.int64)
        x, y, counting = (_joined(parts) for parts in (xs, ys, counts))
        starts = attempt_starts(x, borders[1:])
        kept = stitch(x, starts) & counting.astype(np.bool_)
        return np.asarray(x, np.float64), y, starts, kept


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts) if parts else np.empty(0)
