"""The curve of a metric as drawn: made for certain limits and settings, and continued while these stay the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from livemon.boards.point_sources import AllPoints
from livemon.curves.arrays import Array
from livemon.curves.attempts import superseded_pieces
from livemon.curves.curve import Curve
from livemon.curves.limits import Limits
from livemon.curves.smoothing import SMOOTHED_FROM, smoothing_weight

__all__ = ["CurveSettings", "DrawnCurve", "is_drawn"]

_MOST_WAITING = 100_000  # points: making such a curve again costs a few milliseconds


class CurveSettings(NamedTuple):
    """The settings for which a curve is made.

    Attributes:
        limits: The limits of x.
        columns: Pixel columns of the panel.
        weight: The weight of the smoothing; None: by the noise, see `smoothing_weight`.
        log: Whether the y axis is logarithmic.
        robust: Whether spikes leave the smoothed line alone; see `Ema`.
    """

    limits: Limits
    columns: int
    weight: float | None
    log: bool
    robust: bool = False


class DrawnCurve:
    """The curve of a metric, continued by new points. It is made again only if that is unavoidable: an attempt began,
    the x limits changed, the smoothing changed its weight.

    Attributes:
        curve: The last one made, or None.
        made_for: Its settings; None if it is no longer valid.
        superseded: The parts that later attempts replaced, thinned.
    """

    def __init__(self) -> None:
        self.curve: Curve | None = None
        self.superseded: list[tuple[Array, Array]] = []
        self.made_for: CurveSettings | None = None
        self._pending: list[tuple[Array, Array]] = []  # points not yet in the curve
        self._waiting = 0  # points of a curve
        self._are_all_pending = True  # the pending points are all there are, of one attempt
        self._next_weight_at = 0  # points of the curve

    def add(self, x: Array, y: Array) -> None:
        """Add points that follow the earlier ones, unless `outdate` is called as well. Pending points are dropped if
        nobody looks at the curve for long: it is then made again."""
        if self._are_all_pending:
            self._pending.append((x, y))
        elif self.made_for is not None:
            self._pending.append((x, y))
            self._waiting += len(x)
            if self._waiting > _MOST_WAITING:
                self.outdate()

    def outdate(self) -> None:
        """Earlier points are no longer valid: the next curve is made again."""
        self.made_for = None
        self._are_all_pending = False
        self._pending.clear()
        self._waiting = 0

    def at(self, wanted: CurveSettings, all_points: Callable[[], AllPoints]) -> Curve:
        """The curve of all points for these settings. `all_points` is called only to make it again."""
        if self.curve is None or self.made_for != wanted or (wanted.weight is None and self._weight_is_due()):
            points = self._all_pending() if self._are_all_pending and self._pending else all_points()
            self.curve = self._make(wanted, points)
            self.made_for = wanted
        else:
            for x, y in self._pending:
                self.curve.extend(x, y)
        self._pending.clear()
        self._waiting = 0
        self._are_all_pending = False
        return self.curve

    def _all_pending(self) -> AllPoints:
        x, y = (parts[0] if len(parts) == 1 else np.concatenate(parts) for parts in zip(*self._pending, strict=True))
        return AllPoints(x, y, np.zeros(1, np.int64), np.ones(len(x), np.bool_), None)

    def _weight_is_due(self) -> bool:
        """Whether there are enough new points to measure the noise again."""
        if self.curve is None:
            return True
        log = self.curve.log
        new = sum(int(np.count_nonzero(is_drawn(y, log))) for _, y in self._pending)
        return self.curve.sample.seen + new >= self._next_weight_at

    def _make(self, wanted: CurveSettings, points: AllPoints) -> Curve:
        limits, columns, weight, log, robust = wanted
        x, y, starts, kept, *_ = points
        self.superseded = []
        for piece_x, piece_y in superseded_pieces(x, y, starts, kept):
            piece = Curve(limits, columns, log=log)
            piece.extend(piece_x, piece_y)
            self.superseded.append(piece.raw_line())
        if not kept.all():
            x, y = x[kept], y[kept]
        if weight is None:
            drawn = y[is_drawn(y, log)]
            weight = smoothing_weight(drawn, log)
            self._next_weight_at = max(2 ** len(drawn).bit_length(), SMOOTHED_FROM)
        curve = Curve(limits, columns, weight, log, warm_up=wanted.weight is None, robust=robust)
        curve.extend(x, y)
        return curve


def is_drawn(y: Array, log: bool) -> NDArray[np.bool_]:
    """Which of the values are vertices of a curve."""
    finite = np.isfinite(y)
    return finite & (y > 0) if log else finite
