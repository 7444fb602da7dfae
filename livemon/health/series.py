"""The points of a metric in the order in which they were written, and the reading of their blocks."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livemon.health.blocks import Blocks, ends_of_blocks
from livemon.health.medians import WIDE, Array, median, medians_of_rows, middles_of_rows
from livemon.tables.table import Column, Table, count_above, x_at

__all__ = ["ROOM", "RunRows", "Series", "read_blocks"]

ROOM = 1 << 40  # rows reserved for each table
_MOST_TOGETHER = 1 << 14  # points of several series in one array: copying more costs more than it saves
_SAMPLE = 256  # points of a wide block whose median and differences represent it


class RunRows:
    """The rows of all tables of a run, numbered together: each table reserves numbers for growth, so that a row keeps
    its number when earlier tables grow.

    Attributes:
        tables: The tables, the oldest first.
        layout: A number that changes with the tables and their columns, not with their rows.
    """

    def __init__(self) -> None:
        self.tables: list[Table] = []
        self.layout = 0
        self._columns: list[tuple[dict[str, Column], int]] = []  # of each table, and their number
        self._step_name: str | None = None

    def read(self, tables: Sequence[Table], step_name: str | None) -> bool:
        """Read what is new; False if the tables are no longer the same, and everything must be judged anew."""
        same = len(tables) >= len(self.tables) and all(a is b for a, b in zip(self.tables, tables, strict=False))
        self.tables, self._step_name = list(tables), step_name
        columns = [(table.columns, len(table.columns)) for table in tables]
        if not (same and len(columns) == len(self._columns) and all(
                now[0] is before[0] and now[1] == before[1]
                for now, before in zip(columns, self._columns, strict=True))):  # fmt: skip
            self._columns, self.layout = columns, self.layout + 1
        return same

    def place_of(self, row: int) -> float | None:
        """The step of a row; the row's number if the run has no steps; None if the row has no step."""
        if row < 0 or not self.tables:
            return None
        part, inside = divmod(row, ROOM)
        if self._step_name is None:
            return float(sum(table.n_rows for table in self.tables[:part]) + inside)
        at = float(x_at(self.tables[part], np.array([inside]), self._step_name)[0])
        return at if math.isfinite(at) else None

    def places_of_all(self, part: int, rows: slice) -> NDArray[Any]:
        """The steps of a range of rows of one table."""
        column = self.tables[part].columns.get(self._step_name or "")
        if column is not None and column.gapless and len(column) >= rows.stop and column.values.dtype == np.int64:
            return column.values[rows]
        return self.places_of(part, np.arange(rows.start, rows.stop))

    def places_of(self, part: int, rows: NDArray[np.int64]) -> Array:
        """The steps of rows of one table; NaN if a row has none."""
        if self._step_name is None:
            return np.full(len(rows), np.nan)
        return x_at(self.tables[part], rows, self._step_name).astype(np.float64)


class Series:
    """One metric's points over all tables of a run.

    Args:
        name: The column.
        rows: The rows of the run.

    Attributes:
        count: The number of points.
        blocks: The blocks of points.
    """

    def __init__(self, name: str, rows: RunRows) -> None:
        self.name = name
        self.count = 0
        self.blocks = Blocks(self._noises_between)
        self._rows = rows
        self._layout = -1  # of the rows when the columns were looked up
        self._starts = [0]  # for each table: the number of points before it
        self._parts: list[int] = []  # the tables that have the column
        self._columns: list[Column] = []  # those columns
        self._values: NDArray[Any] | None = np.empty(0)  # the values, if one table has them all

    def read(self) -> bool:
        """Read the new points; False if some come before points read earlier, so that everything must be judged
        anew."""
        before = self._parts, self._starts
        if self._layout != self._rows.layout:
            self._layout, tables = self._rows.layout, self._rows.tables
            self._parts = [part for part, table in enumerate(tables) if self.name in table.columns]
            self._columns = [tables[part].columns[self.name] for part in self._parts]
        self._starts = [0, *accumulate(map(len, self._columns))]
        self.count = self._starts[-1]
        self._values = self._columns[0].values if len(self._columns) == 1 else None
        return len(before[0]) < 2 or self._goes_on(*before)

    def _goes_on(self, parts: list[int], starts: list[int]) -> bool:
        """Whether points came only after these earlier ones."""
        now = dict(zip(self._parts, pairwise(self._starts), strict=True))
        before = zip(parts[:-1], pairwise(starts), strict=False)
        return all(now.get(part) == known for part, known in before if known[1])

    @property
    def count_in_newest(self) -> int:
        """The number of points in the newest table."""
        is_there = self._parts and self._parts[-1] == len(self._rows.tables) - 1
        return self.count - self._starts[-2] if is_there else 0

    def between(self, start: int, stop: int) -> Array:
        """The values of these points, float64, shape (stop - start,)."""
        if self._values is not None:
            return self._values[start:stop].astype(np.float64, copy=False)
        pieces = []
        for column, first, last in zip(self._columns, self._starts, self._starts[1:], strict=False):
            if first < stop and last > start:
                pieces.append(column.values[max(start - first, 0) : stop - first])
        values = pieces[0] if len(pieces) == 1 else np.concatenate(pieces) if pieces else np.empty(0)
        return values.astype(np.float64, copy=False)

    def value(self, point: int) -> float:
        """The value of a point."""
        if self._values is not None:
            return float(self._values[point])
        return float(self.between(point, point + 1)[0])

    def row_of(self, point: int) -> int:
        """The row of a point; see `RunRows`."""
        at = min(bisect.bisect_right(self._starts, point) - 1, len(self._parts) - 1)
        column = self._columns[at]
        inside = point - self._starts[at]
        return self._parts[at] * ROOM + (inside if column.gapless else int(column.rows_from(inside)[0]))

    def rows_of(self, stops: NDArray[np.int64]) -> NDArray[np.int64]:
        """For each number, which increase: the row of the last of so many points; see `RunRows`."""
        pieces = []
        borders = np.searchsorted(stops, self._starts, side="right").tolist()
        for part, column, first, start, stop in zip(
                self._parts, self._columns, self._starts, borders, borders[1:], strict=False):  # fmt: skip
            points = stops[start:stop] - (first + 1)
            pieces.append((points if column.gapless else column.rows[points]) + part * ROOM)
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

    def _noises_between(self, start: int, stop: int) -> Array:
        """The noises of the blocks between two numbers of points; see `Blocks`."""
        return np.concatenate([_noises(self, ends) for ends in ends_of_blocks(start, stop)])

    def place_of(self, point: int) -> float | None:
        """The step of a point."""
        return self._rows.place_of(self.row_of(point))

    def places(self, start: int, stop: int) -> NDArray[Any]:
        """The steps of points start..stop-1; NaN if a row has none, or the run has no steps."""
        start = max(start, 0)
        pieces: list[NDArray[Any]] = [np.empty(0)]
        for part, column, first, last in zip(
                self._parts, self._columns, self._starts, self._starts[1:], strict=False):  # fmt: skip
            if first < stop and last > start:
                inside = slice(max(start - first, 0), min(stop, last) - first)
                pieces.append(self._rows.places_of_all(part, inside) if column.gapless else
                             self._rows.places_of(part, column.rows_from(inside.start)[: inside.stop - inside.start]))
        return pieces[1] if len(pieces) == 2 else np.concatenate(pieces)

    def count_at(self, row: int) -> int:
        """The number of points in rows up to this one."""
        count = 0
        for at, part in enumerate(self._parts):
            inside = row + 1 - part * ROOM
            if inside > 0:
                count = self._starts[at] + count_above(self._columns[at], inside)
        return count

    def is_new_table(self, start: int, stop: int) -> bool:
        """Whether points start..stop-1 lie in more than one table: the run went on in another folder or file."""
        return any(start < border < stop for border in self._starts)


def read_blocks(many: Iterable[Series]) -> None:
    """Add the blocks of these series that have ended since the last call. Series of one length share the work."""
    alike: dict[tuple[int, int], list[Series]] = {}
    for series in many:
        if series.count >= series.blocks.next_stop:
            start = series.blocks.stops[-1] if series.blocks.stops else 0
            alike.setdefault((start, series.count), []).append(series)
    for (start, count), group in alike.items():
        ends = [*ends_of_blocks(start, count)]
        stops = np.concatenate([np.arange(stop.start, stop.stop, stop.step) for stop in ends])
        summaries = np.concatenate([_summaries(group, each) for each in ends], axis=2)
        are_finite = np.isfinite(summaries[1:]).all(axis=0)  # NaN is among the extremes, too
        _judge_finite_values(group, np.append(start, stops), summaries, are_finite)
        for index, series in enumerate(group):
            series.blocks.add(stops, series.rows_of(stops), summaries[:, index], are_finite[index])


def _summaries(group: Sequence[Series], stops: range) -> Array:
    """The levels, lows and highs of blocks of these series, shape (3, series, blocks). `stops`: how many points end
    with each block."""
    together = max(_MOST_TOGETHER // (stops.step * len(stops)), 1)
    pieces = [_summaries_of_few(group[first : first + together], stops) for first in range(0, len(group), together)]
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis=1)


def _summaries_of_few(group: Sequence[Series], stops: range) -> Array:
    """See `_summaries`, all computed at once."""
    width, start = stops.step, stops.start - stops.step
    values = group[0].between(start, stops[-1])
    if len(group) > 1:
        values = np.stack([values, *(series.between(start, stops[-1]) for series in group[1:])])
    values = values.reshape(-1, width)
    if width < WIDE:
        ordered = np.sort(values, axis=1)  # NaN is last
        summaries = middles_of_rows(ordered), ordered[:, 0], ordered[:, -1]
    else:
        stride = max(width // _SAMPLE, 1)
        summaries = medians_of_rows(values[:, stride - 1 :: stride]), values.min(axis=1), values.max(axis=1)
    return np.stack(summaries).reshape(3, len(group), -1)


def _judge_finite_values(group: Sequence[Series], borders: NDArray[np.int64], summaries: Array,
                         are_finite: NDArray[np.bool_]) -> None:  # fmt: skip
    """Correct the summaries of blocks with values that are not finite. `borders`: the first point of each block, and
    the end of the last one."""
    levels, lows, highs = summaries
    for index, block in np.argwhere(~are_finite).tolist():
        good = group[index].between(borders[block], borders[block + 1])
        good = good[np.isfinite(good)]
        lows[index, block], highs[index, block] = (good.min(), good.max()) if len(good) else (math.nan, math.nan)
        levels[index, block] = median(good)


def _noises(series: Series, stops: range) -> Array:
    """The noise of each block of a series. The first point of all stands before itself."""
    width, before = stops.step, stops.start - stops.step - 1
    values, stride = series.between(max(before, 0), stops[-1]), max(width // _SAMPLE, 1)
    if before < 0:
        values = np.append(values[:1], values)
    differences = np.abs(values[stride::stride] - values[stride - 1 : -1 : stride])
    return medians_of_rows(differences.reshape(-1, width // stride)) * (1.4826 / math.sqrt(2))
