"""The points of a metric in the order in which they were written, and summaries of blocks of points.

Blocks end at fixed numbers of points, however the rows were read in pieces: each has four points at first, and later
about 2 % of the points before it. So judgements at the ends of blocks do not depend on how a run was read, and a run of
a million rows has a few hundred blocks.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from livemon.tables.table import Table, count_above, x_at

__all__ = [
    "ROOM", "Blocks", "Numbers", "Ordered", "RunRows", "Series", "median", "medians_of_rows", "rank_correlation",
    "read_blocks", "upper_median", "width_after", "windows"]

Array = NDArray[np.float64]
_NOTHING = np.empty(0)
_Number = TypeVar("_Number", int, float)

FIRST_WIDTH = 4  # points in the first blocks
_FINE = 64  # after so many blocks of the first width, a block has a 64th to a 32nd of the points before it
_FINE_UNTIL = 2 * FIRST_WIDTH * _FINE
_MOST_AT_ONCE = 1 << 18  # points in one array
_MOST_TOGETHER = 1 << 14  # points of several series in one array: copying more costs more than it saves
_SAMPLE = 256  # points of a wide block whose median and differences represent it
ROOM = 1 << 40  # rows reserved for each table
_MOST_RANKED = 400  # values that are ranked, evenly spaced
_WIDE = 128  # values in a row: partitioning so many costs half as much as sorting them
_FEW = 16  # numbers: so few are inserted singly
_LATELY = 8  # blocks whose median noise is the current noise


def width_after(count: int) -> int:
    """The width of the block that begins after so many points."""
    return FIRST_WIDTH if count < _FINE_UNTIL else int(2 ** (count.bit_length() - 1) // _FINE)


def _same_width_until(count: int) -> int:
    """The number of points up to which blocks are as wide as the one that begins after `count`."""
    return _FINE_UNTIL if count < _FINE_UNTIL else int(2 ** count.bit_length())


class Ordered:
    """Numbers in order, to which others are added: their median needs no sorting."""

    def __init__(self) -> None:
        self._values: list[float] = []
        self._taken = 0

    def take(self, numbers: Sequence[float], start: int, stop: int) -> list[float]:
        """Add the numbers start..stop-1, without NaN and those added before; returns all of them in order."""
        new = [number for number in numbers[max(self._taken, start) : stop] if number == number]
        if len(new) > _FEW:
            self._values = sorted([*self._values, *new])
        else:
            for number in new:
                bisect.insort(self._values, number)
        self._taken = max(self._taken, stop)
        return self._values


def median(values: Array) -> float:
    """The median; NaN for an empty array. NumPy's own costs ten times as much for few values."""
    count = len(values)
    if not count:
        return math.nan
    ordered = values.copy()
    ordered.sort()  # the function costs twice as much as the method for few values
    upper = float(ordered[count // 2])
    return upper if count % 2 else float(ordered[count // 2 - 1]) / 2 + upper / 2  # their sum may overflow


def upper_median(values: list[float] | Array) -> float:
    """The higher of the two middle values, without NaN; NaN without any."""
    if len(values) > _FEW:
        ordered = np.array(values)
        ordered.sort()  # NaN is sorted to the end
        count = len(values) if ordered[-1] == ordered[-1] else int((ordered == ordered).sum())
        return float(ordered[count // 2]) if count else math.nan
    good = sorted(value for value in values if value == value)
    return float(good[len(good) // 2]) if good else math.nan


def rank_correlation(values: Array) -> float:
    """The rank correlation of values with their order: 1 if each is higher than the one before, -1 if each is lower."""
    if len(values) > _MOST_RANKED:
        values = values[:: len(values) // _MOST_RANKED]
    count = len(values)
    moved = values.argsort(kind="stable") - np.arange(count)
    return float(1 - 6 * (moved @ moved) / (count * (count * count - 1.0)))


def medians_of_rows(values: Array) -> Array:
    """The median of each row."""
    middle = values.shape[1] // 2
    if values.shape[1] < _WIDE:
        return _middles(np.sort(values, axis=1))
    parted = np.partition(values, middle, axis=1)
    upper, is_odd = parted[:, middle], values.shape[1] % 2
    return np.asarray(upper if is_odd else parted[:, :middle].max(axis=1) / 2 + upper / 2)


def _middles(ordered: Array) -> Array:
    """The median of each row of numbers in order."""
    middle, is_odd = ordered.shape[1] // 2, ordered.shape[1] % 2
    upper = ordered[:, middle]
    return np.asarray(upper if is_odd else ordered[:, middle - 1] / 2 + upper / 2)


class RunRows:
    """The rows of all tables of a run, numbered together: each table reserves numbers for growth, so that a row keeps
    its number when earlier tables grow.

    Attributes:
        tables: The tables, the oldest first.
    """

    def __init__(self) -> None:
        self.tables: list[Table] = []
        self._step_name: str | None = None

    def read(self, tables: Sequence[Table], step_name: str | None) -> bool:
        """Read what is new; False if the tables are no longer the same, and everything must be judged anew."""
        same = len(tables) >= len(self.tables) and all(a is b for a, b in zip(self.tables, tables, strict=False))
        self.tables, self._step_name = list(tables), step_name
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
        self._starts = [0]  # for each table: the number of points before it
        self._parts: list[int] = []  # the tables that have the column
        self._values: NDArray[Any] | None = np.empty(0)  # the values, if one table has them all

    def read(self) -> bool:
        """Read the new points; False if some come before points read earlier, so that everything must be judged
        anew."""
        before = self._parts, self._starts
        columns = [(part, table.columns[self.name]) for part, table in enumerate(self._rows.tables)
                   if self.name in table.columns]
        self._parts = [part for part, _ in columns]
        self._starts = [0, *accumulate(len(column) for _, column in columns)]
        self.count = self._starts[-1]
        self._values = columns[0][1].values if len(columns) == 1 else None
        return self._goes_on(*before)

    def _goes_on(self, parts: list[int], starts: list[int]) -> bool:
        """Whether points came only after these earlier ones."""
        now = dict(zip(self._parts, pairwise(self._starts), strict=True))
        before = zip(parts[:-1], pairwise(starts), strict=False)
        return all(now.get(part) == known for part, known in before if known[1])

    def between(self, start: int, stop: int) -> Array:
        """The values of these points, float64, shape (stop - start,)."""
        if self._values is not None:
            return self._values[start:stop].astype(np.float64, copy=False)
        pieces = []
        for part, first, last in zip(self._parts, self._starts, self._starts[1:], strict=False):
            if first < stop and last > start:
                column = self._rows.tables[part].columns[self.name]
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
        column = self._rows.tables[self._parts[at]].columns[self.name]
        inside = point - self._starts[at]
        return self._parts[at] * ROOM + (inside if column.gapless else int(column.rows_from(inside)[0]))

    def rows_of(self, stops: NDArray[np.int64]) -> NDArray[np.int64]:
        """For each number, which increase: the row of the last of so many points; see `RunRows`."""
        pieces = []
        borders = np.searchsorted(stops, self._starts, side="right").tolist()
        for part, first, start, stop in zip(self._parts, self._starts, borders, borders[1:], strict=False):
            column, points = self._rows.tables[part].columns[self.name], stops[start:stop] - (first + 1)
            pieces.append((points if column.gapless else column.rows[points]) + part * ROOM)
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

    def _noises_between(self, start: int, stop: int) -> Array:
        """The noises of the blocks between two numbers of points; see `Blocks`."""
        with np.errstate(invalid="ignore", over="ignore"):
            return np.concatenate([_noises(self, ends) for ends in _ends_of_blocks(start, stop)])

    def place_of(self, point: int) -> float | None:
        """The step of a point."""
        return self._rows.place_of(self.row_of(point))

    def places(self, start: int, stop: int) -> NDArray[Any]:
        """The steps of points start..stop-1; NaN if a row has none, or the run has no steps."""
        start = max(start, 0)
        pieces: list[NDArray[Any]] = [np.empty(0)]
        for part, first, last in zip(self._parts, self._starts, self._starts[1:], strict=False):
            if first < stop and last > start:
                column = self._rows.tables[part].columns[self.name]
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
                count = self._starts[at] + count_above(self._rows.tables[part].columns[self.name], inside)
        return count

    def is_new_table(self, start: int, stop: int) -> bool:
        """Whether points start..stop-1 lie in more than one table: the run went on in another folder or file."""
        return any(start < border < stop for border in self._starts)


class Numbers(Sequence[_Number]):
    """Numbers that become more. A choice among all of them takes the array, a judgement, which looks at a few, the
    elements: these become a list when the first one is asked for."""

    __slots__ = ("_count", "_list", "_room")

    def __init__(self) -> None:
        self._room: NDArray[Any] = _NOTHING
        self._count = 0
        self._list: list[_Number] = []

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> _Number: ...

    @overload
    def __getitem__(self, at: slice) -> list[_Number]: ...

    def __getitem__(self, at: int | slice) -> _Number | list[_Number]:
        return self.as_list[at]

    @property
    def as_list(self) -> list[_Number]:
        """All of them. To be read only."""
        if len(self._list) < self._count:
            self._list += self._room[len(self._list) : self._count].tolist()
        return self._list

    @property
    def array(self) -> NDArray[Any]:
        """All of them, shape (count,). To be read only."""
        return self._room[: self._count]

    def take(self, numbers: NDArray[Any]) -> None:
        """Add numbers, shape (new,). They must not change later."""
        start, stop = self._count, self._count + len(numbers)
        if start == 0:
            self._room = numbers
        elif stop > len(self._room):
            self._room = np.concatenate((self.array, numbers, np.empty(stop, self._room.dtype)))
        else:
            self._room[start:stop] = numbers
        self._count = stop


class Blocks:
    """The finished blocks of a series: one number for each block.

    Args:
        find_noises: The noises of the blocks between two numbers of points.

    Attributes:
        stops: The number of points up to its end.
        rows: The row of its last point.
        levels: The median of its finite values; NaN without any.
        lows, highs: The extremes of its finite values.
        lowest_at, highest_at: The extremes of all finite values up to its end.
    """

    def __init__(self, find_noises: Callable[[int, int], Array]) -> None:
        self.stops: Numbers[int] = Numbers()
        self.rows: Numbers[int] = Numbers()
        self.levels: Numbers[float] = Numbers()
        self.lows: Numbers[float] = Numbers()
        self.highs: Numbers[float] = Numbers()
        self.lowest_at: Numbers[float] = Numbers()
        self.highest_at: Numbers[float] = Numbers()
        self._find_noises = find_noises
        self._noises: Numbers[float] = Numbers()
        self._are_finite: Numbers[int] = Numbers()
        self._noise_at: Numbers[float] = Numbers()
        self._are_known = True
        self._trend = 0, math.nan

    def __len__(self) -> int:
        return len(self.stops)

    def add(self, stops: NDArray[np.int64], rows: NDArray[np.int64], summaries: Array,
            are_finite: NDArray[np.bool_]) -> None:  # fmt: skip
        """Add blocks.

        Args:
            stops, rows: See above, shape (blocks,).
            summaries: Their levels, lows and highs, shape (3, blocks).
            are_finite: Whether all values of a block are finite, shape (blocks,).
        """
        levels, lows, highs = summaries
        before = (self.lowest_at[-1], self.highest_at[-1]) if self.stops else (math.inf, -math.inf)
        self.stops.take(stops)
        self.rows.take(rows)
        self.levels.take(levels)
        self.lows.take(lows)
        self.highs.take(highs)
        self.lowest_at.take(np.fmin(np.fmin.accumulate(lows), before[0]))  # NaN changes nothing
        self.highest_at.take(np.fmax(np.fmax.accumulate(highs), before[1]))
        self._are_finite.take(are_finite)
        self._are_known &= bool(np.isfinite(levels).all())

    def upto(self, row: int) -> int:
        """The number of blocks that have ended by this row."""
        return bisect.bisect_right(self.rows.as_list, row)

    def levels_before(self, stop: int) -> Array:
        """The levels of blocks 0..stop-1, NaN among them; shape (stop,). To be read only."""
        return self.levels.array[:stop]

    def known_levels(self, stop: int, start: int = 0) -> Array:
        """Those of the levels of blocks start..stop-1 that are known. To be read only."""
        levels = self.levels.array[start:stop]
        return levels if self._are_known else levels[np.isfinite(levels)]

    def trend(self, stop: int) -> float:
        """The `rank_correlation` of the known levels of blocks 0..stop-1."""
        if self._trend[0] != stop:
            self._trend = stop, rank_correlation(self.known_levels(stop))
        return self._trend[1]

    @property
    def noises(self) -> Numbers[float]:
        """The differences of neighbouring points in each block, as a standard deviation; NaN if unknown. They are
        computed when they are asked for: most metrics do not need them."""
        if len(self._noises) < len(self):
            known = len(self._noises)
            noises = self._find_noises(self.stops[known - 1] if known else 0, self.stops[-1])
            self._noises.take(np.where(np.isfinite(noises) & self._are_finite.array[known:], noises, math.nan))
        return self._noises

    def noise(self, block: int) -> float:
        """The noise at a block: the median over recent blocks."""
        return self.noise_at_each()[block]

    def noise_at_each(self) -> Numbers[float]:
        """The noise at each block."""
        if len(self._noise_at) < len(self):
            self._noise_at.take(self._noises_lately(len(self._noise_at)))
        return self._noise_at

    def _noises_lately(self, start: int) -> Array:
        """The median of the recent noises, for each block from `start` on."""
        lacking = max(_LATELY - 1 - start, 0)
        noises = np.concatenate((np.full(lacking, math.nan), self.noises.array[max(start + 1 - _LATELY, 0) :]))
        lately_of_each = windows(noises, _LATELY).T.copy()
        lately_of_each.sort(axis=1)  # NaN is last
        known = (lately_of_each == lately_of_each).sum(axis=1)
        return np.asarray(lately_of_each[np.arange(len(known)), known // 2])


def windows(values: Array, width: int) -> Array:
    """All stretches of so many successive values: the first values of all stretches, the second ones and so on, shape
    (width, stretches)."""
    return np.asarray(values[np.arange(width)[:, None] + np.arange(len(values) + 1 - width)])


def read_blocks(many: Iterable[Series]) -> None:
    """Add the blocks of these series that have ended since the last call. Series of one length share the work."""
    alike: dict[tuple[int, int], list[Series]] = {}
    for series in many:
        start = series.blocks.stops[-1] if series.blocks.stops else 0
        alike.setdefault((start, series.count), []).append(series)
    for (start, count), group in alike.items():
        ends = [*_ends_of_blocks(start, count)]
        if ends:
            stops = np.concatenate([np.arange(stop.start, stop.stop, stop.step) for stop in ends])
            with np.errstate(invalid="ignore", over="ignore"):
                summaries = np.concatenate([_summaries(group, each) for each in ends], axis=2)
            are_finite = np.isfinite(summaries[1:]).all(axis=0)  # NaN is among the extremes, too
            _judge_finite_values(group, np.append(start, stops), summaries, are_finite)
            for index, series in enumerate(group):
                series.blocks.add(stops, series.rows_of(stops), summaries[:, index], are_finite[index])


def _ends_of_blocks(start: int, count: int) -> Iterator[range]:
    """The ends of the blocks that begin with the point `start` and end after `count` points at the latest: ranges of
    blocks of one width."""
    while start + (width := width_after(start)) <= count:
        of_this_width = -((start - _same_width_until(start)) // width)
        blocks = min((count - start) // width, of_this_width, max(_MOST_AT_ONCE // width, 1))
        yield range(start + width, start + blocks * width + 1, width)
        start += blocks * width


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
    if width < _WIDE:
        ordered = np.sort(values, axis=1)  # NaN is last
        summaries = _middles(ordered), ordered[:, 0], ordered[:, -1]
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
