"""The sources of a metric's points: a column over an axis, or the time of steps; gathered from a run's tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from livemon.curves.arrays import Array, Ints
from livemon.curves.attempts import arrange, stitch
from livemon.curves.writers_mean import mean_over_writers
from livemon.tables import names
from livemon.tables.epochs import EpochPlaces
from livemon.tables.lost_losses import lost_losses
from livemon.tables.table import Rows, Table, Values, x_at
from livemon.tables.writers import writers_at

__all__ = ["AllPoints", "Axis", "GatheredPoints", "MetricSource", "PaceSource", "Source"]


@dataclass(frozen=True, slots=True)
class Axis:
    """The x axis: a column (None: the row number), and how its values become x: (value - origin) / unit."""

    column: str | None
    label: str
    origin: float = 0.0
    unit: float = 1.0
    places: EpochPlaces | None = None  # the positions of rows within whole-numbered epochs

    def at(self, table: Table, rows: Rows) -> Values:
        """The x of these rows, in the shape of `rows`; NaN if a row has none, int64 while exact (see `table.x_at`)."""
        x = x_at(table, rows, self.column) if self.places is None else self.places.at(table, rows)
        if self.origin == 0.0 and self.unit == 1.0:
            return x
        return (np.asarray(x, np.float64) - self.origin) / self.unit


class AllPoints(NamedTuple):
    """All points of a metric.

    Attributes:
        x, y: The points, x not decreasing within an attempt.
        starts: Where attempts start.
        kept: Which points are neither superseded nor retracted; their x never decreases.
        order: Indices of the points in the order of logging; None if they already are in that order.
        mean: x and y of the mean over several writers, x increasing; None for a single writer.
    """

    x: Array
    y: Array
    starts: Ints
    kept: NDArray[np.bool_]
    order: Ints | None
    mean: tuple[Array, Array] | None = None


class Source(Protocol):
    """A source of points.

    Attributes:
        writers: The column that tells several writers apart, each with attempts of its own; None if there is no such
            column, or the points belong to one of the writers.
    """

    @property
    def writers(self) -> str | None: ...  # noqa: D102

    def read(self, table: Table, start: int, stop: int | None = None) -> tuple[Values, Array, int]:
        """x and y of the table's points from number `start` on, and the number to continue from. `stop`: such a number,
        for the points up to there."""


@dataclass(frozen=True, slots=True)
class MetricSource:
    """The points of a column. A loss that became NaN and was written as 0 counts as NaN.

    Attributes:
        metric: The column.
        axis: The x axis.
        writers: See `Source`.
        of_writer: The column of the writer, and the writer to whom the points belong; None: all points.
    """

    metric: str
    axis: Axis
    writers: str | None = None
    of_writer: tuple[str, float] | None = None

    def read(self, table: Table, start: int, stop: int | None = None) -> tuple[Values, Array, int]:
        """See `Source`."""
        column = table.columns.get(self.metric)
        if column is None or len(column) <= start:
            return np.empty(0), np.empty(0), start
        values = np.asarray(column.values[start:stop], np.float64)
        rows = column.rows_from(start)[: len(values)]
        if (lost := lost_losses(table, column, start)) is not None:
            values = np.where(lost[: len(values)], np.nan, values)
        next_start = start + len(rows)
        if self.of_writer is not None:
            own = self._are_own(table, rows)
            rows, values = rows[own], values[own]
        return self.axis.at(table, rows), values, next_start

    def in_place(self, table: Table) -> tuple[Values, Array] | None:
        """x and y of the table's points without a copy, if possible; else None."""
        axis, y = self.axis, table.columns.get(self.metric)
        if self.writers or self.of_writer or axis.column is None or axis.places or (axis.origin, axis.unit) != (0, 1):
            return None
        x = table.x_column(axis.column)
        if x is None or y is None or not (x.gapless and y.gapless) or len(x) < len(y) or y.values.dtype != np.float64:
            return None
        return x.values[: len(y)], np.asarray(y.values, np.float64)

    def rows(self, table: Table) -> Rows:
        """The row of each point."""
        rows = table.columns[self.metric].rows
        return rows if self.of_writer is None else rows[self._are_own(table, rows)]

    def _are_own(self, table: Table, rows: Rows) -> NDArray[np.bool_]:
        assert self.of_writer is not None
        name, writer = self.of_writer
        return np.asarray(writers_at(table, name, rows) == writer)


@dataclass(frozen=True, slots=True)
class PaceSource:
    """Seconds per step: the difference of the time column between steps, divided by the number of steps.

    Of several rows with the same step the first one counts. Steps or times that go back give no point.
    """

    time: str
    step: str
    axis: Axis

    @property
    def writers(self) -> None:
        """See `Source`."""

    def read(self, table: Table, start: int, stop: int | None = None) -> tuple[Values, Array, int]:
        """See `Source`."""
        column, stepping = table.x_column(self.time), table.x_column(self.step)
        end = len(column) if stop is None and column is not None else (stop or 0) + 1  # that of the last point is read
        if column is None or stepping is None or min(len(column), end) <= start + 1:
            return np.empty(0), np.empty(0), start
        rows = column.rows_from(start)[: end - start]
        seconds = np.asarray(column.values[start:end], np.float64) * names.seconds_in(float(column.values[0]))
        steps = np.asarray(table.at_rows(stepping.name, rows), np.float64)
        known = np.isfinite(steps) & np.isfinite(seconds)
        rows, seconds, steps = rows[known], seconds[known], steps[known]
        if len(rows) == 0:
            return np.empty(0), np.empty(0), min(len(column), end)
        first = np.append(True, steps[1:] != steps[:-1])
        kept = np.flatnonzero(first)
        rows, seconds, steps = rows[kept], seconds[kept], steps[kept]
        with np.errstate(over="ignore"):  # beyond 1e308 a difference is infinite
            more_steps, more_seconds = np.diff(steps), np.diff(seconds)
        forward = (more_steps > 0) & (more_seconds >= 0)
        y = more_seconds[forward] / more_steps[forward]
        x = self.axis.at(table, rows[1:][forward])
        at = int(np.searchsorted(column.rows_from(start), rows[-1]))
        return x, y, start + at  # the next difference begins at the last point


class GatheredPoints:
    """The points of a metric in the tables of a run: either the new ones, or all of them.

    Args:
        metric: The name of the metric.
        source: The source of its points.
    """

    def __init__(self, metric: str, source: Source) -> None:
        self._metric = metric
        self._source = source
        self._tables: list[Table] = []
        self._read_up_to: list[int] = []  # for each table: the number to continue from
        self._retracted: dict[int, tuple[tuple[int, int], ...]] = {}  # number of a table -> its retracted rows

    def goes_on_in(self, tables: Sequence[Table]) -> bool:
        """Whether these are the tables read before, possibly followed by further ones."""
        return len(self._tables) <= len(tables) and all(a is b for a, b in zip(self._tables, tables, strict=False))

    def read(self, tables: Sequence[Table]) -> Iterator[tuple[int, Values, Array]]:
        """The number of each table with new points, and their x and y; points without an x are left out."""
        self._tables = list(tables)
        self._read_up_to.extend([0] * (len(tables) - len(self._read_up_to)))
        for number, table in enumerate(tables):
            start = self._read_up_to[number]
            x, y, self._read_up_to[number] = self._source.read(table, start)
            placed = np.isfinite(x)
            if not placed.all():
                x, y = x[placed], y[placed]
            if len(y):
                yield number, x, y

    def in_place(self) -> tuple[Values, Array] | None:
        """x and y of all points without a copy, if possible; else None. They are float64, but x may be int64."""
        if len(self._tables) != 1 or not isinstance(self._source, MetricSource) or self._tables[0].retracted:
            return None
        return self._source.in_place(self._tables[0])

    def new_retractions(self) -> int:
        """The number of tables that have retracted rows since the last call."""
        before, self._retracted = self._retracted, {
            number: table.retracted for number, table in enumerate(self._tables) if table.retracted
        }
        return sum(before.get(number) != retracted for number, retracted in self._retracted.items())

    def all(self) -> AllPoints:
        """All points that were read. The tables may have more by now."""
        xs: list[Values] = []
        ys: list[Array] = []
        counts: list[NDArray[np.bool_]] = []
        by: list[Array] = []
        for table, stop in zip(self._tables, self._read_up_to, strict=True):
            x, y, _ = self._source.read(table, 0, stop)
            placed = np.isfinite(x)
            counting = np.ones(len(x), np.bool_)
            if isinstance(self._source, MetricSource) and self._metric in table.columns:
                rows = self._source.rows(table)[: len(x)]
                if table.retracted:
                    counting = table.not_retracted(rows)
                if self._source.writers is not None:
                    by.append(writers_at(table, self._source.writers, rows)[placed])
            xs.append(x if placed.all() else x[placed])
            ys.append(y if placed.all() else y[placed])
            counts.append(counting[placed])
        borders = np.cumsum([0, *map(len, xs)][:-1], dtype=np.int64)
        x, y, counting = _joined(xs), _joined(ys), _joined(counts).astype(np.bool_)
        if by:
            return _of_writers(x, y, counting, np.concatenate(by), borders)
        order, starts, _ = arrange(x, borders[1:])
        if order is not None:
            x, y, counting = x[order], y[order], counting[order]
        return AllPoints(np.asarray(x, np.float64), y, starts, stitch(x, starts) & counting, order)


def _of_writers(x: Values, y: Array, counting: NDArray[np.bool_], by: Array, borders: Ints) -> AllPoints:
    """The points of several writers, each with attempts of its own: superseded points come first."""
    kept = np.zeros(len(x), np.bool_)
    for writer in np.unique(by):
        own = np.flatnonzero(by == writer)
        arranged = arrange(x[own], np.searchsorted(own, borders[1:]))
        inside = own if arranged.order is None else own[arranged.order]
        kept[inside] = stitch(x[inside], arranged.starts)
    kept &= counting
    order = np.lexsort((x, kept))
    gone = int(np.count_nonzero(~kept))
    starts = np.array([0, gone] if 0 < gone < len(x) else [0][: len(x)], np.int64)
    mean = mean_over_writers(x[kept], y[kept], by[kept]) if len(np.unique(by[kept])) > 1 else None
    places = np.asarray(x[order], np.float64)
    return AllPoints(places, y[order], starts, kept[order], order, mean and (np.asarray(mean[0], np.float64), mean[1]))


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts) if parts else np.empty(0)
