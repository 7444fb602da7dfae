"""The values of further sources for the preferred sources' own metrics, at steps that the preferred ones lack.

Two logs of one training may each lack rows: a file was begun again when the training was resumed, a disk was full for a
while, a writer keeps the columns of its first row. So for each metric in both, the points of the further log are added
whose steps the preferred one lacks. The values at shared steps show whether both count steps in the same way; without
shared steps, the positions of their steps do.

The preferred log's points up to the step to which both logs are known are settled. Each look compares the later ones,
so it costs what is new; only if steps went back is everything compared again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livemon.curves.attempts import arrange, stitch
from livemon.tables.names import UNIX_FROM, seconds_in
from livemon.tables.table import Block, Cells, Table, x_at
from livemon.tables.x_axis import AXES, find_axis

__all__ = ["Filling", "Position", "Rows", "counts_otherwise"]

_SAME_VALUES = 1e-3  # relative: one log keeps float32, another one five digits
_SAME_IN_ORDER, _FLOAT32 = 1e-4, 1.2e-7
_SPACINGS = 4.0  # times: steps further apart than this have another unit
_GAP_STEPS, _GAP_OF_RUN = 10.0, 0.5  # a log continues another one within ten usual steps, or half of its range
_SWITCHES = 0.1  # of the points: logs that alternate more often do not lack each other's rows

Floats = NDArray[np.float64]


class Position(Enum):
    """The position of a further source's rows."""

    BETWEEN = "between the rows of the preferred sources, by their steps"
    IN_FRONT = "in front of them, as an earlier attempt"
    BEHIND = "behind them, as a later attempt"


@dataclass(frozen=True)
class Rows:
    """Rows added from a further source.

    Attributes:
        block: Their cells, by the run's names of metrics.
        x: The position of each, float64, increasing.
        position: Their position among the rows of the preferred sources.
    """

    block: Block
    x: Floats
    position: Position


@dataclass
class _Seen:
    """The points of one metric in some tables that are not settled.

    Attributes:
        tables: The tables with the metric.
        metric: Its name there.
        axis: The column of the steps.
        start: For each table, the first point that is not settled.
    """

    tables: Sequence[Table]
    metric: str
    axis: str
    start: list[int] = field(default_factory=list)

    def window(self) -> tuple[Floats, Floats, NDArray[np.int64], NDArray[np.int64]]:
        """The unsettled points: x, values, the index of the table, and of the point in it."""
        self.start += [0] * (len(self.tables) - len(self.start))
        parts = []
        for number, table in enumerate(self.tables):
            column, start = table.columns.get(self.metric), self.start[number]
            if column is None or len(column) <= start:
                continue
            x = np.asarray(x_at(table, rows := column.rows_from(start), self.axis), np.float64)
            kept = np.isfinite(x) & table.not_retracted(rows)
            index = np.arange(start, start + len(rows))
            values = np.asarray(column.values[start:], np.float64)
            parts.append((x[kept], values[kept], np.full(int(kept.sum()), number), index[kept]))
        if not parts:
            return np.empty(0), np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64)
        arrays = [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]
        return arrays[0], arrays[1], arrays[2], arrays[3]

    def settle(self, number: NDArray[np.int64], index: NDArray[np.int64]) -> None:
        """Mark points as settled: they are not compared again."""
        for table in np.unique(number).tolist():
            self.start[table] = int(index[number == table].max()) + 1

    def forget(self) -> None:
        """Compare all points again."""
        self.start = [0] * len(self.tables)


@dataclass
class _Counts:
    """The comparison of values at shared steps: how many agree, how many differ, and their range."""

    agree: int = 0
    differ: int = 0
    low: float = np.inf
    high: float = -np.inf

    def plus(self, mine: Floats, theirs: Floats) -> _Counts:
        """The counts including the values of further shared steps."""
        same = np.isclose(mine, theirs, rtol=_SAME_VALUES, atol=1e-12, equal_nan=True)
        finite = mine[np.isfinite(mine)]
        low, high = (finite.min(), finite.max()) if len(finite) else (np.inf, -np.inf)
        agree = int(np.count_nonzero(same))
        return _Counts(self.agree + agree, self.differ + len(same) - agree,
                       min(self.low, float(low)), max(self.high, float(high)))

    @property
    def shared(self) -> int:
        """The number of shared steps."""
        return self.agree + self.differ

    @property
    def varies(self) -> bool:
        """Whether the values tell steps apart: a constant agrees with itself at every step."""
        return self.high > self.low


class _Pair:
    """One metric in a preferred and in a further source, compared while both grow."""

    def __init__(self, mine: _Seen, theirs: _Seen, is_time: bool) -> None:
        self.mine, self.theirs = mine, theirs
        self._is_time = is_time
        self._up_to = -np.inf  # the step up to which everything is settled
        self._settled: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        self._settled_counts = _Counts()
        self.counts = _Counts()
        self._seen: list[tuple[int, tuple[tuple[int, int], ...]]] = []
        self._lacking = np.empty(0, np.int64), np.empty(0, np.int64)

    def update(self) -> bool:
        """Compare new points. Returns whether there were any."""
        seen = [(len(table.columns.get(side.metric, ())), table.retracted)
                for side in (self.mine, self.theirs) for table in side.tables]
        if seen == self._seen:
            return False
        if [retracted for _, retracted in seen] != [retracted for _, retracted in self._seen]:
            self._forget()
        self._seen = seen
        mine, theirs = self.mine.window(), self.theirs.window()
        if self._up_to > -np.inf and not all(_grows(side[0]) and (not len(side[0]) or side[0][0] > self._up_to)
                                             for side in (mine, theirs)):
            self._forget()
            mine, theirs = self.mine.window(), self.theirs.window()
        lacks = _kept(theirs[0], theirs[2])
        at = _places_in(theirs[0], mine[0], self._is_time)
        shared = lacks & (at >= 0)
        lacks &= at < 0
        self.counts = self._settled_counts.plus(mine[1][at[shared]], theirs[1][shared])
        self._lacking = theirs[2][lacks], theirs[3][lacks]
        if len(mine[0]) and len(theirs[0]) and _grows(mine[0]) and _grows(theirs[0]) and not self._is_time:
            self._settle(min(mine[0][-1], theirs[0][-1]), mine, theirs, lacks)
        return True

    def _settle(self, up_to: float, mine: tuple[Any, ...], theirs: tuple[Any, ...], lacks: NDArray[np.bool_]) -> None:
        old_mine, old_theirs = mine[0] <= up_to, theirs[0] <= up_to
        self._settled.append((theirs[2][lacks & old_theirs], theirs[3][lacks & old_theirs]))
        self._lacking = theirs[2][lacks & ~old_theirs], theirs[3][lacks & ~old_theirs]
        self._settled_counts, self._up_to = self.counts, up_to
        self.mine.settle(mine[2][old_mine], mine[3][old_mine])
        self.theirs.settle(theirs[2][old_theirs], theirs[3][old_theirs])

    def _forget(self) -> None:
        self._up_to, self._settled, self._settled_counts = -np.inf, [], _Counts()
        self.mine.forget()
        self.theirs.forget()

    def lacking(self, table: int) -> NDArray[np.int64]:
        """The points of one of the further source's tables at steps that the preferred source lacks."""
        parts = [rows[number == table] for number, rows in (*self._settled, self._lacking)]
        return np.concatenate(parts)

    def points(self) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """All points of both: x and values."""
        both = []
        for side in (self.mine, self.theirs):
            start, side.start = side.start, []
            x, values, number, _ = side.window()
            side.start = start
            kept = _kept(x, number)
            both.append((x[kept], values[kept]))
        return both[0], both[1]


class Filling:
    """The additions of one further source, or of its parts, to the metrics of the preferred sources.

    Args:
        mine: The preferred sources' tables, and what earlier sources added.
        theirs: The further source's tables.
        metrics: The name of a metric in the further source -> its name in the run.
    """

    def __init__(self, mine: Sequence[Table], theirs: Sequence[Table], metrics: Mapping[str, str]) -> None:
        self._mine, self._theirs = mine, theirs
        self._pairs: dict[str, _Pair] = {}
        self._metrics = metrics
        self._axes: tuple[str, str] | None = None
        self.rows: list[Rows] = []

    def update(self) -> list[Rows]:
        """The added rows, grouped by table of the source."""
        axes = _common_axes(self._mine, self._theirs)
        if axes is None:
            self.rows = []
            return self.rows
        kind, *names = axes
        if (names[0], names[1]) != self._axes:
            self._axes = names[0], names[1]
            self._pairs = {own: _Pair(_Seen(self._mine, shown, names[0]), _Seen(self._theirs, own, names[1]),
                                      kind == "time") for own, shown in self._metrics.items()}
        changed = [own for own, pair in self._pairs.items() if pair.update()]
        if not changed:
            return self.rows
        position, metrics = self._judge()
        self.rows = [rows for number, table in enumerate(self._theirs)
                     if (rows := self._rows_of(number, table, metrics, position)) is not None]
        return self.rows

    def _judge(self) -> tuple[Position, list[str]]:
        """The position of the source's rows, and the metrics that it may fill; none if it counts steps in another way,
        or its values are of another quantity."""
        counts = {own: pair.counts for own, pair in self._pairs.items() if pair.counts.shared}
        votes = [vote for vote in counts.values() if vote.varies] or list(counts.values())
        if votes and 2 * sum(vote.agree >= vote.differ for vote in votes) >= len(votes):
            return Position.BETWEEN, [own for own in self._pairs
                                      if own not in counts or counts[own].agree >= counts[own].differ]
        positions = {own: _position_of(*pair.points(), is_shared=bool(votes)) for own, pair in self._pairs.items()}
        known = Counter(position for position in positions.values() if position is not None)
        position, count = max(known.items(), key=lambda item: item[1], default=(Position.BETWEEN, 0))
        if 2 * count <= len(positions):
            return Position.BETWEEN, []
        return position, [own for own, its in positions.items() if its is position]

    def _rows_of(self, number: int, table: Table, metrics: Iterable[str], position: Position) -> Rows | None:
        """The added rows of one table, with their cells."""
        assert self._axes is not None
        points: dict[str, NDArray[np.int64]] = {}
        for own in metrics:
            column = table.columns.get(own)
            if column is None or not len(column):
                continue
            own_rows = self._pairs[own].lacking(number)
            if position is not Position.BETWEEN:
                own_rows = np.arange(len(column))
            if len(own_rows):
                points[own] = own_rows
        if not points:
            return None
        at = {own: table.columns[own].rows[own_rows] for own, own_rows in points.items()}
        rows = np.unique(np.concatenate(list(at.values())))
        x = np.asarray(x_at(table, rows, self._axes[1]), np.float64)
        order = np.argsort(x, kind="stable") if position is Position.BETWEEN else np.arange(len(rows))
        place_of = np.empty(len(rows), np.int64)
        place_of[order] = np.arange(len(rows))
        cells = _axis_cells(self._mine, table, rows[order])
        for own, own_rows in points.items():
            new = place_of[np.searchsorted(rows, at[own])]
            sort = np.argsort(new, kind="stable")
            cells[self._metrics[own]] = Cells(table.columns[own].values[own_rows][sort], None, new[sort])
        return Rows(Block(len(rows), cells), x[order], position)


def _axis_cells(mine: Sequence[Table], table: Table, rows: NDArray[np.int64]) -> dict[str, Cells]:
    """The steps, epochs and times of a further source's rows, by the preferred sources' names. Unix times cannot be
    mixed with times since the run's start."""
    cells = {}
    for kind in AXES:
        shown, own = find_axis(kind, mine), find_axis(kind, [table])
        if own is None or shown is None:
            continue
        values = table.at_rows(own, rows)
        known = np.isfinite(values)
        if kind == "time":
            first, own_first = _first_time([table]), _first_time(mine)
            if first is None or own_first is None or counts_otherwise(table, mine):
                continue
            if (unit := seconds_in(first) / seconds_in(own_first)) != 1:
                values = values * unit
        cells[shown] = Cells(values[known], None, np.flatnonzero(known))
    return cells


def counts_otherwise(table: Table, mine: Sequence[Table]) -> bool:
    """Whether a table's times are unix times and the others' count from the run's start, or the other way round."""
    first, own_first = _first_time([table]), _first_time(mine)
    return first is not None and own_first is not None and (first > UNIX_FROM) != (own_first > UNIX_FROM)


def _first_time(tables: Sequence[Table]) -> float | None:
    name = find_axis("time", tables)
    columns = [column for table in tables if name and (column := table.numbers_of(name)) is not None and len(column)]
    return float(columns[0].values[0]) if columns else None


def _common_axes(mine: Sequence[Table], theirs: Sequence[Table]) -> tuple[str, str, str] | None:
    """The kind of axis by which rows of both are compared, and its name in each, or None."""
    for kind in AXES:
        names = find_axis(kind, mine), find_axis(kind, theirs)
        if names[0] and names[1]:
            return kind, names[0], names[1]
    return None


def _kept(x: Floats, number: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The points of a source that no later attempt superseded. Consecutive points with the same step stay."""
    if _grows(x):
        return np.ones(len(x), np.bool_)
    arranged = arrange(x, np.flatnonzero(np.diff(number)) + 1)
    if arranged.order is None:
        return stitch(x, arranged.starts)
    kept = np.empty(len(x), np.bool_)
    kept[arranged.order] = stitch(x[arranged.order], arranged.starts)
    return kept


def _grows(x: Floats) -> bool:
    return bool((np.diff(x) >= 0).all())


def _places_in(wanted: Floats, x: Floats, is_time: bool) -> NDArray[np.int64]:
    """The index of each wanted x among others, the last of equal ones; -1 if it is missing. Two clocks read for the
    same row differ by a part of the time between rows."""
    if not len(x):
        return np.full(len(wanted), -1)
    order = np.argsort(x, kind="stable")
    ordered = x[order]
    last = np.searchsorted(ordered, wanted, side="right") - 1
    if not is_time:
        rows = np.where((last >= 0) & (ordered[np.maximum(last, 0)] == wanted), order[np.maximum(last, 0)], -1)
        return np.asarray(rows, np.int64)
    after = np.minimum(last + 1, len(x) - 1)
    before = np.maximum(last, 0)
    nearest = np.where(np.abs(ordered[after] - wanted) < np.abs(ordered[before] - wanted), after, before)
    near = np.abs(ordered[nearest] - wanted) <= _spacing(ordered) / 2
    return np.asarray(np.where(near, order[nearest], -1), np.int64)


def _spacing(x: Floats) -> float:
    """The median difference between neighbouring steps; 0 for a single step."""
    steps = np.diff(np.unique(x))
    return float(np.median(steps)) if len(steps) else 0.0


def _position_of(mine: tuple[Floats, Floats], theirs: tuple[Floats, Floats], *, is_shared: bool) -> Position | None:
    """The position of a further source's points whose values at shared steps differ, or that share no step; None if
    they have another unit or quantity."""
    (x, values), (their_x, their_values) = mine, theirs
    if not len(x) or not len(their_x):
        return None
    spacings = sorted(spacing for spacing in (_spacing(x), _spacing(their_x)) if spacing)
    if len(spacings) == 2 and spacings[1] > _SPACINGS * spacings[0]:
        return None
    if _are_the_same(values, their_values):
        return None
    low, high, their_low, their_high = x.min(), x.max(), their_x.min(), their_x.max()
    gap = max(_GAP_STEPS * max(spacings, default=0.0), _GAP_OF_RUN * min(high - low, their_high - their_low))
    if their_low < low <= their_high + gap and their_high < high:
        return Position.IN_FRONT if is_shared else Position.BETWEEN
    if low < their_low <= high + gap and high < their_high:
        return Position.BEHIND if is_shared else Position.BETWEEN
    if is_shared:
        return None
    theirs_in_order = np.concatenate([np.zeros(len(x)), np.ones(len(their_x))])[
        np.argsort(np.concatenate([x, their_x]), kind="stable")]
    switches = int(np.count_nonzero(np.diff(theirs_in_order)))
    return Position.BETWEEN if switches <= max(2, _SWITCHES * min(len(x), len(their_x))) else None


def _are_the_same(values: Floats, others: Floats) -> bool:
    """Whether the values belong to the same rows, with steps in another unit: the sequences are equal, or most values
    of the shorter one are in the longer one. Repeated values prove nothing."""
    fewer, more = sorted((values[np.isfinite(values)], others[np.isfinite(others)]), key=len)
    if not len(fewer) or 2 * len(np.unique(fewer)) <= len(fewer):
        return False
    in_order = np.isclose(fewer, more[: len(fewer)], rtol=_SAME_IN_ORDER, atol=1e-12)
    ordered = np.sort(more)
    at = np.searchsorted(ordered, fewer)
    near = [np.isclose(ordered[np.clip(index, 0, len(ordered) - 1)], fewer, rtol=_FLOAT32, atol=1e-30)
            for index in (at - 1, at)]
    return any(2 * np.count_nonzero(same) > len(fewer) for same in (in_order, near[0] | near[1]))
