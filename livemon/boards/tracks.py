"""Tables -> the points of one metric, and from them a curve that follows the tables as they grow.

A track remembers how far it has read. A frame costs the new points; everything is read anew only where that cannot be
avoided: an attempt began, the limits of x stepped, the smoothing changed its strength.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from livemon.curves.attempts import attempt_starts, stitch, superseded_pieces
from livemon.curves.curve import Curve
from livemon.curves.limits import Limits
from livemon.curves.smoothing import SMOOTHED_FROM, smoothing_weight
from livemon.tables import names
from livemon.tables.table import Rows, Table, Values, x_at

__all__ = ["Axis", "MetricSource", "PaceSource", "Source", "Track"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Axis:
    """What x counts: a column (None = the row number), and how its values become x: (value - origin) / unit."""

    column: str | None
    label: str
    origin: float = 0.0
    unit: float = 1.0

    def at(self, table: Table, rows: Rows) -> Values:
        """x of these rows, shape of `rows`; NaN where a row has none, int64 while exact (see `table.x_at`)."""
        x = x_at(table, rows, self.column)
        if self.origin == 0.0 and self.unit == 1.0:
            return x
        return (np.asarray(x, np.float64) - self.origin) / self.unit


class Source(Protocol):
    """Where points come from."""

    def read(self, table: Table, start: int) -> tuple[Values, Array, int]:
        """x and y of the table's points from number `start` on, and where to start the next time."""


@dataclass(frozen=True, slots=True)
class MetricSource:
    """The points of a column."""

    metric: str
    axis: Axis

    def read(self, table: Table, start: int) -> tuple[Values, Array, int]:
        """See `Source`."""
        column = table.columns.get(self.metric)
        if column is None or len(column) <= start:
            return np.empty(0), np.empty(0), start
        rows = column.rows_from(start)
        return self.axis.at(table, rows), np.asarray(column.values[start:], np.float64), start + len(rows)


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


class Track:
    """One metric over the tables of a run.

    `read` takes in what is new, `curve_at` makes or continues the curve for some limits.

    Attributes:
        metric: its name.
        count, nan_count, inf_count: points as logged, over all attempts.
        first_bad: x of the first NaN or infinity, or None.
        bad: (x, value) of points that are not finite, thinned; see `bad_marks`.
        x_low, x_high: over all points, None while there is none.
        positive: no finite value is 0 or below.
        zeros: how many values are 0, over all attempts.
        last: (x, y) of the newest point, or None.
        restarts: x at which attempts after the first began.
        superseded: the stretches that later attempts replaced, thinned.
    """

    def __init__(self, metric: str, source: Source) -> None:
        self.metric = metric
        self.source = source
        self._tables: list[Table] = []
        self._reset()

    def _reset(self) -> None:
        self._consumed: list[int] = []
        self._pending: list[tuple[Array, Array]] = []
        self._curve: Curve | None = None
        self._made_for: tuple[Limits, int, float | None, bool] | None = None
        self._next_weight_at = 0  # points of the curve
        self.count = self.nan_count = self.inf_count = 0
        self.first_bad: float | None = None
        self.x_low: float | None = None
        self.x_high: float | None = None
        self.positive = True
        self.zeros = 0
        self.last: tuple[float, float] | None = None
        self._last_x: np.float64 | np.int64 | None = None  # of the newest point, a whole number as it is
        self.restarts: list[float] = []
        self.superseded: list[tuple[Array, Array]] = []
        self.version = 0
        self.bad: list[tuple[float, float]] = []
        self._restarted = False
        self._retracted: dict[int, tuple[tuple[int, int], ...]] = {}
        self.restart_count = 0

    def read(self, tables: Sequence[Table]) -> None:
        """Take in the new points of the tables (oldest first)."""
        known = len(self._tables)
        if known > len(tables) or any(a is not b for a, b in zip(self._tables, tables, strict=False)):
            self._reset()
            self._tables = []
        self._tables = list(tables)
        self._consumed.extend([0] * (len(tables) - len(self._consumed)))
        for i, table in enumerate(tables):
            x, y, end = self.source.read(table, self._consumed[i])
            first = self._consumed[i] == 0
            self._consumed[i] = end
            self._note_retracted(i, table.retracted)
            placed = np.isfinite(x)
            if not placed.all():
                x, y = x[placed], y[placed]
            if len(y):
                self._take(x, y, border=first and self.count > 0)

    def _note_retracted(self, place: int, retracted: tuple[tuple[int, int], ...]) -> None:
        """What was drawn of a table does not count any more: the curve is made anew."""
        if retracted and self._retracted.get(place) != retracted:
            self._retracted[place] = retracted
            self._restarted = True
            self.restart_count += 1
            self.version += 1

    def _take(self, places: Values, y: Array, border: bool) -> None:
        starts = attempt_starts(places)[1:]
        if self._last_x is not None and (border or places[0] < self._last_x):
            starts = np.concatenate(([0], starts))
        if len(starts):
            self._restarted = True
            self.restart_count += len(starts)
            self.restarts.extend(places[starts].astype(np.float64).tolist())
            del self.restarts[:-100]
        self._last_x = places[-1]
        x = np.asarray(places, np.float64)
        self._pending.append((x, y))
        self.version += 1
        self.count += len(y)
        self.last = float(x[-1]), float(y[-1])
        low, high = float(x.min()), float(x.max())
        self.x_low = low if self.x_low is None else min(self.x_low, low)
        self.x_high = high if self.x_high is None else max(self.x_high, high)
        finite = np.isfinite(y)
        if not finite.all():
            self._take_bad(x[~finite], y[~finite])
            y = y[finite]
        self.zeros += int(np.count_nonzero(y == 0.0))
        self.positive = self.positive and (len(y) == 0 or bool(y.min() > 0))

    def _take_bad(self, x: Array, y: Array) -> None:
        if self.first_bad is None:
            self.first_bad = float(x[0])
        nans = int(np.isnan(y).sum())
        self.nan_count += nans
        self.inf_count += len(y) - nans
        for same in (np.isnan(y), y == math.inf, y == -math.inf):
            at = np.flatnonzero(same)
            if len(at) > 500:
                at = at[np.linspace(0, len(at) - 1, 500).astype(np.int64)]
            self.bad.extend(zip(x[at].tolist(), y[at].tolist(), strict=True))

    def bad_marks(self, limits: Limits, places: int = 120) -> list[tuple[float, float]]:
        """(x, value) of the points that are not finite, one of each kind at each of `places` places of the axis."""
        width = (limits[1] - limits[0]) / places
        seen: dict[tuple[int, str], tuple[float, float]] = {}
        for x, y in self.bad:
            seen.setdefault((int((x - limits[0]) / width), str(y)), (x, y))
        if len(self.bad) > 4 * places + 100:
            self.bad = list(seen.values())
        return list(seen.values())

    def curve_at(self, limits: Limits, columns: int, weight: float | None, log: bool) -> Curve:
        """The curve of all points for these limits. `weight` None = by the noise: see `smoothing_weight`."""
        wanted = (limits, columns, weight, log)
        if self._curve is None or self._made_for != wanted or self._restarted:
            return self._make(wanted)
        new = sum(int(np.count_nonzero(_is_drawn(y, log))) for _, y in self._pending)
        if weight is None and self._curve.sample.seen + new >= self._next_weight_at:
            return self._make(wanted)
        for x, y in self._pending:
            self._curve.extend(x, y)
        self._pending.clear()
        return self._curve

    @property
    def curve(self) -> Curve | None:
        """The curve that was made last."""
        return self._curve

    def best(self, rising: bool) -> tuple[float, float] | None:
        """(x, y) of the first highest or first lowest finite point that was not superseded; None without one."""
        if self._curve is None:
            x, y = self.kept_points()
            finite = np.flatnonzero(np.isfinite(y))
            if len(finite) == 0:
                return None
            at = finite[y[finite].argmax() if rising else y[finite].argmin()]
            return float(x[at]), float(y[at])
        return self._curve.highest if rising else self._curve.lowest

    def change_over_last_tenth(self) -> float | None:
        """How much the line that people read changed over the last tenth of its x, in per cent of where it was."""
        if self._curve is None or self._curve.last is None:
            return None
        x, y = (self._curve.smooth or self._curve.raw).polyline()
        if x[-1] <= x[0]:
            return None
        before = float(y[np.searchsorted(x, x[-1] - 0.1 * (x[-1] - x[0]), side="right") - 1])
        return 100.0 * (float(y[-1]) - before) / abs(before) if before else None

    def points(self) -> tuple[Array, Array, NDArray[np.int64], NDArray[np.bool_]]:
        """All points as logged: x, y, where attempts start, and which points no later attempt overtook or took back."""
        xs: list[Values] = []
        ys: list[Array] = []
        counts: list[NDArray[np.bool_]] = []
        for table in self._tables:
            x, y, _ = self.source.read(table, 0)
            placed = np.isfinite(x)
            column = table.columns.get(self.metric) if table.retracted else None
            counting = np.ones(len(x), np.bool_) if column is None else table.not_retracted(column.rows)
            xs.append(x if placed.all() else x[placed])
            ys.append(y if placed.all() else y[placed])
            counts.append(counting[placed])
        borders = np.cumsum([0, *map(len, xs)][:-1], dtype=np.int64)
        x, y, counting = (_joined(parts) for parts in (xs, ys, counts))
        starts = attempt_starts(x, borders[1:])
        kept = stitch(x, starts) & counting.astype(np.bool_)
        return np.asarray(x, np.float64), y, starts, kept

    def kept_points(self) -> tuple[Array, Array]:
        """x and y of the points that no later attempt overtook, x not decreasing."""
        x, y, _, kept = self.points()
        return (x, y) if kept.all() else (x[kept], y[kept])

    def _make(self, wanted: tuple[Limits, int, float | None, bool]) -> Curve:
        limits, columns, weight, log = wanted
        x, y, starts, kept = self.points()
        self.superseded = []
        for piece_x, piece_y in superseded_pieces(x, y, starts, kept):
            piece = Curve(limits, columns, log=log)
            piece.extend(piece_x, piece_y)
            self.superseded.append(piece.raw_line())
        if not kept.all():
            x, y = x[kept], y[kept]
        if weight is None:
            drawn = y[_is_drawn(y, log)]
            weight = smoothing_weight(drawn, log)
            self._next_weight_at = max(2 ** len(drawn).bit_length(), SMOOTHED_FROM)
        curve = Curve(limits, columns, weight, log, warm_up=wanted[2] is None)
        curve.extend(x, y)
        self._curve, self._made_for, self._restarted = curve, wanted, False
        self._pending.clear()
        return curve


def _is_drawn(y: Array, log: bool) -> NDArray[np.bool_]:
    finite = np.isfinite(y)
    return finite & (y > 0) if log else finite


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts) if parts else np.empty(0)
