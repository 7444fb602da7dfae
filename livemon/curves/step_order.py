"""Steps that go back: a training that starts again, or rows that are merely late.

Two threads that log one metric, or a queue between them, may write rows in another order than that of the steps. Such a
row fills a gap that the rows before it have left, or the next row is ahead of it by more than a usual step. A training
that starts again repeats the steps, row by row. Some rows allow both readings; so a step back counts as a restart until
later rows show that it is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livemon.curves.arrays import Array, Ints

__all__ = ["AFTER_ROWS", "StepOrder"]

LONGEST_EXCURSION = 20  # rows below the highest step; a longer excursion is a restart
AFTER_ROWS = 20  # after an excursion; with more of them it is judged for good
BEFORE_ROWS = 40  # before an excursion, with which it is compared
WIDE = 1.5  # times the usual distance of two steps: a gap in which another step is missing
# In some 40 rows: no training starts again that often, whatever it logs.
FREQUENT_FALLS = 8
FEW_DISTANCES = 3  # needed for a usual distance while no rows follow yet
HABIT = 3  # recent late excursions, after which an unfinished excursion also counts as late

_CHUNK = 256  # rows that are judged at once; more if no attempt starts among them
_LARGEST_CHUNK = 1 << 14

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Excursions:
    """Stretches of rows below the highest step before them.

    Attributes:
        first, stop: Their rows; `stop` is the first row after it, which has passed the highest step.
        back: How far each of them goes below the highest step before it.
        late: Whether the rows are merely late.
        settled: Whether no further row can change that.
    """

    first: Rows
    stop: Rows
    back: Array
    late: NDArray[np.bool_]
    settled: NDArray[np.bool_]


class StepOrder:
    """Judges the steps of one metric's points as they come. The result does not depend on how they are split.

    Attributes:
        count: The number of points so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self._x: NDArray[Any] = np.empty(0)  # the steps of the newest points
        self._from = 0  # the number of the first point in `_x`
        self._attempt = 0  # the start of the attempt in which the next point is judged
        self._next = 0  # the first point that is not judged for good
        self._high: np.float64 | np.int64 | float = -np.inf  # the highest step in the attempt before `_next`
        self._starts: list[int] = []  # of attempts, judged for good
        self._late = 0
        self._late_lately: list[tuple[int, int, float]] = []  # excursions: first row, length, how far back
        self._open_starts: list[int] = []  # of attempts, as it looks now
        self._open_late = 0
        self._end_high: np.float64 | np.int64 | float = -np.inf  # the highest step of the newest attempt

    @property
    def starts(self) -> Ints:
        """The points at which attempts start."""
        return np.array([*self._starts, *self._open_starts], np.int64)

    @property
    def settled_at(self) -> float | np.int64 | None:
        """The highest step of the newest attempt, if no judgement changes while further steps rise from it on; None if
        one may: rows that are late so far may turn out to be an attempt."""
        is_old = len(self._starts) == 1 or (len(self._starts) and self.count - self._starts[-1] >= LONGEST_EXCURSION)
        return self._end_high if is_old and self._next == self.count and not self._open_starts else None

    @property
    def late(self) -> int:
        """The number of points that are merely late."""
        return self._late + self._open_late

    def add(self, x: Array | Ints) -> bool:
        """Add points, none of them NaN. Returns whether they continue the earlier points in order, and no earlier
        judgement has changed."""
        if len(x) == 0:
            return True
        in_order = bool(x[0] >= self._end_high) and not bool((x[1:] < x[:-1]).any())
        if self.count == 0:
            self._starts = [0]
        if in_order and self._next == self.count:
            self._keep(x)
            self.count += len(x)
            self._next, self._high, self._end_high = self.count, x[-1], x[-1]
            return True
        before = self._starts + self._open_starts, self.late
        self._x = np.concatenate((self._x, x)) if len(self._x) else x
        if self.count == 0:
            self._high, self._next = x[0], 1
        self.count += len(x)
        self._judge()
        return in_order and before == (self._starts + self._open_starts, self.late)

    def _keep(self, x: Array | Ints) -> None:
        """Keep as many of the newest points as later points are compared with."""
        wanted = BEFORE_ROWS + 1
        self._x = x[-wanted:] if len(x) >= wanted else np.concatenate((self._x, x))[-wanted:]
        self._from = self.count + len(x) - len(self._x)

    @np.errstate(over="ignore", invalid="ignore")  # beyond 1e308 a distance is infinite
    def _judge(self) -> None:
        """Judge the points that are not judged for good yet, and remember how far the final judgements go."""
        attempt, row, high = self._attempt, self._next, self._high
        settles = True  # as long as all earlier points are judged for good
        self._open_starts, self._open_late = [], 0
        lately = list(self._late_lately)
        size = _CHUNK
        while row < self.count:
            stop = min(row + size, self.count)
            excursions = self._excursions(attempt, row, stop, high, lately)
            end, start = stop, -1
            for first, behind, back, late, settled in zip(
                *(part.tolist() for part in (excursions.first, excursions.stop, excursions.back, excursions.late,
                                             excursions.settled)),
                strict=True,
            ):
                if behind == stop < self.count and behind - first <= LONGEST_EXCURSION:
                    end = first  # it is cut by the end of the stretch: judge it with the next stretch
                    break
                if settles and not settled:
                    settles = False
                    self._settle(attempt, first, self._rows(first - 1, first)[0], lately)
                if not late:
                    end = start = first
                    break
                lately = [*lately[-HABIT:], (first, behind - first, back)]
                self._note_late(behind - first, settles)
            high = self._highest(row, end, high)
            if start >= 0:
                self._note_start(start, settles)
                attempt, high, row, size = start, self._rows(start, start + 1)[0], start + 1, _CHUNK
            else:
                row, size = end, min(2 * size, _LARGEST_CHUNK)
            if settles:
                self._settle(attempt, row, high, lately)
        self._end_high = high

    def _note_late(self, rows: int, settles: bool) -> None:
        if settles:
            self._late += rows
        else:
            self._open_late += rows

    def _note_start(self, row: int, settles: bool) -> None:
        (self._starts if settles else self._open_starts).append(row)

    def _settle(self, attempt: int, row: int, high: np.float64 | np.int64 | float,
                lately: list[tuple[int, int, float]]) -> None:  # fmt: skip
        """All points before this one are judged for good."""
        self._attempt, self._next, self._high, self._late_lately = attempt, row, high, lately
        first = max(row - BEFORE_ROWS - 1, self._from)
        if first - self._from > _LARGEST_CHUNK or row == self.count:
            self._x, self._from = self._x[first - self._from :], first

    def _rows(self, start: int, stop: int) -> NDArray[Any]:
        return self._x[start - self._from : stop - self._from]

    def _highest(self, start: int, stop: int, high: np.float64 | np.int64 | float) -> np.float64 | np.int64 | float:
        rows = self._rows(start, stop)
        return max(high, rows.max()) if len(rows) else high

    def _excursions(self, attempt: int, row: int, stop: int, high: np.float64 | np.int64 | float,
                    lately: list[tuple[int, int, float]]) -> _Excursions:  # fmt: skip
        """The excursions that begin in a stretch of rows."""
        x = self._rows(row, stop)
        top = np.maximum.accumulate(np.concatenate((np.array([high], x.dtype), x)))[:-1]
        below = x < top
        if not below.any():
            nothing = np.empty(0, np.int64)
            return _Excursions(nothing, nothing, np.empty(0), nothing.astype(np.bool_), nothing.astype(np.bool_))
        # A row at the highest step itself does not end an excursion: it does not pass that step.
        inside = below | ((x == top) & _after_first(below, x > top))
        edges = np.diff(np.concatenate(([False], inside, [False])).astype(np.int8))
        first, behind = np.flatnonzero(edges == 1) + row, np.flatnonzero(edges == -1) + row
        borders = np.column_stack((first - row, behind - row)).ravel()
        lowest = np.minimum.reduceat(np.append(x, x[-1:]), borders)[::2].astype(float)
        late, settled = self._are_late(attempt, first, behind, lowest, lately)
        return _Excursions(first, behind, self._x[first - 1 - self._from].astype(float) - lowest, late, settled)

    def _are_late(self, attempt: int, first: Rows, behind: Rows, lowest: Array, lately: list[tuple[int, int, float]]
                  ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:  # fmt: skip
        length, passed = behind - first, behind < self.count
        is_short = length <= LONGEST_EXCURSION
        settled = ~is_short | (behind + AFTER_ROWS < self.count)
        late = np.zeros(len(first), np.bool_)
        at = np.flatnonzero(is_short)
        if len(at) == 0:
            return late, settled
        first, behind, length, passed, lowest = first[at], behind[at], length[at], passed[at], lowest[at]
        before = self._window(first - BEFORE_ROWS, BEFORE_ROWS, attempt)
        after = self._window(behind, AFTER_ROWS, attempt)
        top = self._x[first - 1 - self._from].astype(float)
        distance_before, count = _usual_distance(np.where(before < lowest[:, None], before, np.nan))
        distance_after, _ = _usual_distance(after)
        usual = np.fmax(np.where(np.isnan(distance_after) & (count < FEW_DISTANCES), np.nan, distance_before),
                        distance_after)  # fmt: skip
        around = np.concatenate((before[:, BEFORE_ROWS - AFTER_ROWS :], lowest[:, None], after), axis=1)
        small = top - lowest < np.fmax.reduce(around, axis=1) - np.fmin.reduce(around, axis=1)
        hop = (length == 1) & ~np.isnan(distance_after) & (after[:, 0] - lowest > WIDE * usual)
        fills = self._fill_gaps(attempt, first, behind, usual)
        late[at] = passed & small & (hop | fills | self._falls_often(first))
        self._go_on_as_lately(late, at, first, length, passed, top - lowest, lately)
        return late, settled

    def _go_on_as_lately(self, late: NDArray[np.bool_], at: Rows, first: Rows, length: Rows, passed: NDArray[np.bool_],
                         back: Array, lately: list[tuple[int, int, float]]) -> None:  # fmt: skip
        """Judge the newest excursion, which has not ended, as late if it resembles the late ones just before it."""
        if passed[-1] or len(late) != at[-1] + 1:
            return
        known = [*lately, *((int(first[i]), int(length[i]), float(back[i])) for i in range(len(at) - 1) if late[at[i]])]
        known = [step for step in known[-HABIT:] if first[-1] - step[0] <= BEFORE_ROWS]
        late[-1] = (
            len(known) == HABIT
            and length[-1] <= max(rows for _, rows, _ in known)
            and back[-1] <= max(far for _, _, far in known)
        )

    def _window(self, start: Rows, count: int, attempt: int) -> Array:
        """The steps of `count` rows from each start on, shape (len(start), count); NaN if there is no such row, or it
        belongs to an earlier attempt."""
        at = start[:, None] + np.arange(count)
        inside = (at >= max(attempt, self._from)) & (at < self.count)
        return np.where(inside, self._x[np.where(inside, at - self._from, 0)].astype(float), np.nan)

    def _fill_gaps(self, attempt: int, first: Rows, behind: Rows, usual: Array) -> NDArray[np.bool_]:
        """Whether each row of an excursion lies in a gap between earlier rows, at a step that does not exist yet."""
        counts = behind - first
        which = np.repeat(np.arange(len(first)), counts)
        rows = np.repeat(first - np.concatenate(([0], np.cumsum(counts)[:-1])), counts) + np.arange(len(which))
        before = self._window(rows - BEFORE_ROWS, BEFORE_ROWS, attempt)
        x = self._x[rows - self._from].astype(float)[:, None]
        lower = np.where(before <= x, before, -np.inf).max(axis=1)
        upper = np.where(before > x, before, np.inf).min(axis=1)
        begins_within = rows - BEFORE_ROWS <= attempt
        gap = np.where(np.isinf(lower) & ~begins_within, 0.0, upper - lower)
        fills = (lower != x[:, 0]) & (gap > WIDE * usual[which])
        return np.asarray(np.logical_and.reduceat(fills, np.flatnonzero(np.diff(which, prepend=-1))))

    def _falls_often(self, first: Rows) -> NDArray[np.bool_]:
        """Whether steps go back so often around these rows that they cannot all be restarts."""
        falls = np.concatenate(([0], np.cumsum(self._x[1:] < self._x[:-1]), [0]))
        falls[-1] = falls[-2]
        at = first - self._from
        low = np.clip(at - BEFORE_ROWS // 2, 0, len(falls) - 1)
        high = np.clip(at + BEFORE_ROWS // 2, 0, len(falls) - 1)
        return np.asarray(falls[high] - falls[low] >= FREQUENT_FALLS)


def _after_first(below: NDArray[np.bool_], above: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether the newest row so far that is not at the highest step before it is below that step."""
    marks = np.where(below, 1, np.where(above, 2, 0))
    at = np.maximum.accumulate(np.where(marks > 0, np.arange(len(marks)), 0))
    return np.asarray(marks[at] == 1)


def _usual_distance(rows: Array) -> tuple[Array, Rows]:
    """The median distance of the steps in each row of an array, NaN if there are fewer than two steps; and the number
    of distances."""
    distances = np.diff(np.sort(rows, axis=1), axis=1)
    distances = np.sort(np.where(distances > 0, distances, np.nan), axis=1)
    counts = np.count_nonzero(~np.isnan(distances), axis=1)
    middle = distances[np.arange(len(rows)), np.maximum(counts - 1, 0) // 2]
    return middle, counts
