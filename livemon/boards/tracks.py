"""One metric over the tables of a run, followed while they grow.

A track remembers how far it has read. A frame costs the new points; everything is read again only if that is
unavoidable (see `DrawnCurve`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from livemon.boards.bad_values import BadValues, marks_of
from livemon.boards.drawn_curve import CurveSettings, DrawnCurve, is_drawn
from livemon.boards.point_sources import AllPoints, GatheredPoints, Source
from livemon.curves.arrays import Array
from livemon.curves.attempts import superseded_pieces
from livemon.curves.curve import Curve
from livemon.curves.full_curve import FullCurve, WholePoints
from livemon.curves.limits import Limits
from livemon.curves.recent_change import RecentChange, change_lately
from livemon.curves.step_order import StepOrder
from livemon.tables.table import Table, Values

__all__ = ["Attempts", "Track"]

_MOST_RESTARTS = 100
_MOST_CURVES = 3  # of one metric that are continued: several users may look at a run, each through a lens of their own


@dataclass(frozen=True, slots=True)
class Attempts:
    """The attempts after the first.

    Attributes:
        restarts: x of their beginnings; the newest 100.
        restart_count: The number of restarts, including those in which a writer retracted rows.
        late: The number of late points, which do not start an attempt.
    """

    restarts: list[float] = field(default_factory=list)
    restart_count: int = 0
    late: int = 0


@dataclass(slots=True)
class _Extremes:
    """The first lowest and the first highest of some points, each (x, y); None without any."""

    lowest: tuple[float, float] | None = None
    highest: tuple[float, float] | None = None

    def add(self, x: Array, y: Array) -> None:
        """Add further points, at least one, all of them finite."""
        low, high = int(y.argmin()), int(y.argmax())
        if self.lowest is None or y[low] < self.lowest[1]:
            self.lowest = float(x[low]), float(y[low])
        if self.highest is None or y[high] > self.highest[1]:
            self.highest = float(x[high]), float(y[high])


class Track:
    """One metric over the tables of a run.

    `read` takes new points, `curve_at` makes or continues the curve for certain limits.

    Attributes:
        metric: Its name.
        source: The source of its points.
        count: The number of points as logged, over all attempts.
        x_low, x_high: Over all points; None without points.
        positive: Whether all finite values are above 0.
        zeros: The number of zeros, over all attempts.
        bad: Its NaN and infinities, without those that a later attempt replaced.
        replaced_bad: Those that a later attempt replaced.
        attempts: Its attempts.
        version: Changes whenever anything has changed.
    """

    def __init__(self, metric: str, source: Source) -> None:
        self.metric = metric
        self.source = source
        self.version = 0
        self._reset()

    def _reset(self) -> None:
        self._gathered = GatheredPoints(self.metric, self.source)
        self._drawn = [DrawnCurve()]  # for the settings asked for last; the newest is at the end
        self._full: dict[tuple[float, bool, bool, bool], FullCurve] = {}
        self._whole: tuple[object, WholePoints] | None = None
        self._is_in_order = True
        self._orders: dict[int, StepOrder] = {}  # number of a table -> the order of its points
        self._retractions = 0
        self._all: tuple[int, AllPoints] | None = None  # the version, and its points
        self.attempts = Attempts()
        self.bad, self.replaced_bad = BadValues(), BadValues()
        self._change = RecentChange()
        self.count = self.zeros = 0
        self.positive = True
        self._last: tuple[float, float] | None = None
        self._extremes = _Extremes()
        self.x_low: float | None = None
        self.x_high: float | None = None

    def read(self, tables: Sequence[Table]) -> None:
        """Read the new points of the tables (oldest first)."""
        if not self._gathered.goes_on_in(tables):
            self._reset()
            self.version += 1
        in_order = True
        for number, x, y in self._gathered.read(tables):
            in_order &= self._take(number, x, y)
        if retractions := self._gathered.new_retractions():
            self._retractions += retractions
            self.version += 1
        if retractions or not in_order:
            self._is_in_order = False
            self._full.clear()
            for drawn in self._drawn:
                drawn.outdate()
            self.attempts = self._find_attempts()
            self._count_anew()

    def _count_anew(self) -> None:
        """Count the points that no later attempt replaced."""
        x, y, _, kept, *_ = self.points()
        finite = np.isfinite(y)
        self.bad, self.replaced_bad, self._change = BadValues(), BadValues(), RecentChange()
        self._extremes = _Extremes()
        for values, bad in ((self.bad, ~finite & kept), (self.replaced_bad, ~finite & ~kept)):
            if bad.any():
                values.add(x[bad], y[bad])
        self._take_finite(x[finite & kept], y[finite & kept])

    def _take_finite(self, x: Array, y: Array) -> None:
        """Take further finite points that count."""
        self._change.add(y)
        if len(y):
            self._extremes.add(x, y)

    @property
    def last(self) -> tuple[float, float] | None:
        """(x, y) of the newest point, or None; with several writers that of their mean."""
        mean = self._mean
        return self._last if mean is None else (float(mean[0][-1]), float(mean[1][-1]))

    @property
    def _mean(self) -> tuple[Array, Array] | None:
        return None if self.source.writers is None else self.points().mean

    def _find_attempts(self) -> Attempts:
        x, _, starts, *_ = self.points()
        restarts = starts[1:] if self.source.writers is None else starts[:0]
        late = sum(order.late for order in self._orders.values()) if self.source.writers is None else 0
        return Attempts(x[restarts[-_MOST_RESTARTS:]].tolist(), len(restarts) + self._retractions, late)

    def _take(self, number: int, places: Values, y: Array) -> bool:
        """Add points of a table; whether they continue where the earlier ones ended."""
        is_further = number not in self._orders and self.count > 0
        in_order = self._orders.setdefault(number, StepOrder()).add(places) and not is_further
        x = np.asarray(places, np.float64)
        for drawn in self._drawn:
            drawn.add(x, y)
        self.version += 1
        self.count += len(y)
        self._last = float(x[-1]), float(y[-1])
        low, high = float(x.min()), float(x.max())
        self.x_low = low if self.x_low is None else min(self.x_low, low)
        self.x_high = high if self.x_high is None else max(self.x_high, high)
        finite = np.isfinite(y)
        if not finite.all():
            self.bad.add(x[~finite], y[~finite])
            x, y = x[finite], y[finite]
        self._take_finite(x, y)
        self.zeros += int(np.count_nonzero(y == 0.0))
        self.positive = self.positive and (len(y) == 0 or bool(y.min() > 0))
        return in_order

    def curve_at(self, limits: Limits, columns: int, weight: float | None, log: bool, robust: bool = False) -> Curve:
        """The curve of all points for these settings; see `CurveSettings`. The last few curves are kept, for several
        users."""
        wanted = CurveSettings(limits, columns, weight, log, robust)
        drawn = next((curve for curve in self._drawn if curve.made_for in (wanted, None)), None)
        if drawn is None:
            drawn = DrawnCurve() if len(self._drawn) < _MOST_CURVES else self._drawn[0]
            drawn.outdate()
        self._drawn = [*(curve for curve in self._drawn if curve is not drawn), drawn]
        return drawn.at(wanted, self.points)

    def stretch_at(self, limits: Limits, columns: int) -> Curve:
        """A part of the last curve, at full resolution."""
        made_for, curve = self._drawn[-1].made_for, self.curve
        assert made_for is not None and curve is not None
        key = curve.weight, curve.log, made_for.weight is None, made_for.robust
        if key not in self._full:
            for old in list(self._full)[: 1 - _MOST_CURVES]:
                del self._full[old]
            self._full[key] = FullCurve(curve.weight, curve.log, warm_up=key[2], robust=key[3])
        self._full[key].update(self._whole_points(curve.log))
        return self._full[key].stretch(limits, columns)

    def superseded_within(self, limits: Limits, columns: int) -> list[tuple[Array, Array]]:
        """The superseded points in a range of x, thinned for it."""
        if not self._drawn[-1].superseded:
            return []
        x, y, starts, kept, *_ = self.points()
        lines = []
        for piece_x, piece_y in superseded_pieces(x, y, starts, kept):
            first, stop = np.searchsorted(piece_x, limits[0]), np.searchsorted(piece_x, limits[1], side="right")
            near = slice(max(first - 1, 0), stop + 1)
            piece = Curve(limits, columns)
            piece.extend(piece_x[near], piece_y[near])
            lines.append(piece.raw_line())
        return lines

    def bad_within(self, limits: Limits, log: bool, places: int = 120) -> list[tuple[float, float]]:
        """(x, value) of points that are not finite in a range of x: one of each kind in each of so many parts."""
        x, y = self._whole_points(log).gaps
        inside = slice(np.searchsorted(x, limits[0]), np.searchsorted(x, limits[1], side="right"))
        bad = ~np.isfinite(y[inside])
        return marks_of(x[inside][bad], y[inside][bad], limits, places)

    def replaced_bad_within(self, limits: Limits, places: int = 120) -> list[tuple[float, float]]:
        """The same for points that a later attempt replaced."""
        x, y, _, kept, *_ = self.points()
        bad = ~np.isfinite(y) & ~kept & (x >= limits[0]) & (x <= limits[1])
        return marks_of(x[bad], y[bad], limits, places)

    def _whole_points(self, log: bool) -> WholePoints:
        """All points that count, for a curve."""
        plain = self._gathered.in_place() if self._is_in_order and not self.bad.count else None
        if plain is not None and (self.positive or not log) and len(plain[1]) == self.count:
            return WholePoints(*plain, (np.empty(0), np.empty(0)))
        if self._whole is None or self._whole[0] != (self.version, log):
            x, y = self.kept_points()
            drawn = is_drawn(y, log)
            self._whole = (self.version, log), WholePoints(x[drawn], y[drawn], (x[~drawn], y[~drawn]))
        return self._whole[1]

    @property
    def curve(self) -> Curve | None:
        """The last curve."""
        return self._drawn[-1].curve

    @property
    def superseded(self) -> list[tuple[Array, Array]]:
        """The parts that later attempts replaced, thinned as for the last curve."""
        return self._drawn[-1].superseded

    def best(self, rising: bool | None) -> tuple[float, float] | None:
        """(x, y) of the first highest or first lowest finite point that was not superseded; None without one, or if the
        better direction is unknown. With several writers that of their mean."""
        if rising is None:
            return None
        if (mean := self._mean) is None:
            return self._extremes.highest if rising else self._extremes.lowest
        x, y = mean
        finite = np.flatnonzero(np.isfinite(y))
        if len(finite) == 0:
            return None
        at = finite[y[finite].argmax() if rising else y[finite].argmin()]
        return float(x[at]), float(y[at])

    def recent_change(self) -> float | None:
        """The change of the values over the last tenth of the points, in per cent, as logged: it depends on no view's
        settings (see `RecentChange`). None if the newest value is not finite."""
        if self.last is None or not math.isfinite(self.last[1]):
            return None
        return self._change.percent if self._mean is None else change_lately(self._mean[1])

    def points(self) -> AllPoints:
        """All points."""
        if self._all is None or self._all[0] != self.version:
            self._all = self.version, self._gathered.all()
        return self._all[1]

    def kept_points(self) -> tuple[Array, Array]:
        """x and y of the points that no later attempt superseded, x not decreasing."""
        x, y, _, kept, *_ = self.points()
        return (x, y) if kept.all() else (x[kept], y[kept])
