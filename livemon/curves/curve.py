"""A curve: one metric made ready to draw. It is extended with new points, so that a frame costs only these."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from livemon.curves.arrays import Array
from livemon.curves.limits import Limits, robust_range
from livemon.curves.smoothing import Ema
from livemon.curves.thinning import Sample, Thinner

__all__ = ["Curve"]

_Answer = TypeVar("_Answer")


class Curve:
    """One metric made ready to draw at fixed limits of x: thinned and smoothed, with the facts for limits and marks.

    Args:
        limits: The limits of x. columns: pixel columns of the panel. weight: the smoothing weight, 0 for none.
        warm_up, robust: See `Ema`.
        log: The axis of y is logarithmic: values that are not above 0 are left out, and the logarithm is smoothed.
        both: Whether the points as logged are drawn even beside a smoothed line; if not, they are not thinned.
    Attributes:
        smooth: The thinned points, smoothed; None without smoothing.
        sample: A sample of the finite values.
        lowest, highest: (x, y) of the first lowest and first highest finite value, or None.
        inside: The number of points in a stretch (see `FullCurve.stretch`).
    """

    def __init__(
        self, limits: Limits, columns: int, weight: float = 0.0, log: bool = False, *, warm_up: bool = False,
        robust: bool = False, both: bool = True,
    ) -> None:
        self.log = log
        self._raw = Thinner(limits, columns)
        self.smooth = Thinner(limits, columns) if weight > 0 else None
        self._thins_raw = both or self.smooth is None
        self._raw_waits = self.smooth is not None  # for somebody who asks: the points as logged are in the sample
        self.sample = Sample()
        self.lowest: tuple[float, float] | None = None
        self.highest: tuple[float, float] | None = None
        self.inside = 0
        self._ema = Ema(weight, warm_up=warm_up, robust=robust)
        self._around: list[tuple[Array, Array]] = []  # the points next to the limits, of the raw and the smoothed line
        self._gaps: dict[int, float] = {}  # pixel column -> x of its first point that cannot be drawn
        self._not_positive: dict[int, tuple[float, float]] = {}  # the same for points that only a log axis cannot show
        self._lines: dict[int, tuple[Array, Array]] = {}  # the lines computed since the last point came
        self._answers: dict[object, Any] = {}  # the same for what was asked about the curve

    def extend(self, x: Array, y: Array) -> None:
        """Add points. x must not decrease, nor go below earlier points; y may contain NaN and infinity."""
        self._lines.clear()
        self._answers.clear()
        finite = np.isfinite(y)
        drawn = finite & (y > 0) if self.log else finite
        if not drawn.all():
            self._add_gaps(x[~drawn])
            if self.log and not np.array_equal(drawn, finite):
                self._add_best(x[finite], y[finite])
                self._add_not_positive(x[finite & ~drawn], y[finite & ~drawn])
            x, y = x[drawn], y[drawn]
        if len(y) == 0:
            return
        self._add_best(x, y)
        if self._thins_raw:
            if self._raw_waits and self.sample.seen + len(y) > self.sample.capacity:
                self._thin_raw()
            if not self._raw_waits:
                self._raw.add(x, y)
        self.sample.add(x, y)
        if self.smooth is not None:
            self.smooth.add(x, np.exp(self._ema.add(np.log(y))) if self.log else self._ema.add(y))

    @property
    def raw(self) -> Thinner:
        """The thinned points as logged. Beside a smoothed line they are thinned when they are asked for: of hundreds of
        curves only a few are drawn as logged."""
        if self._raw_waits and self._thins_raw:
            self._thin_raw()
        return self._raw

    def _thin_raw(self) -> None:
        self._raw_waits = False
        self._raw.add(self.sample.x, self.sample.y)

    def _add_gaps(self, x: Array) -> None:
        columns, first = np.unique(self._raw.column_of(x), return_index=True)
        for column, index in zip(columns.tolist(), first.tolist(), strict=True):
            self._gaps.setdefault(column, float(x[index]))

    def _add_not_positive(self, x: Array, y: Array) -> None:
        columns, first = np.unique(self._raw.column_of(x), return_index=True)
        for column, index in zip(columns.tolist(), first.tolist(), strict=True):
            self._not_positive.setdefault(column, (float(x[index]), float(y[index])))

    def go_beyond(self, around: list[tuple[Array, Array]], gaps: tuple[Array, Array]) -> None:
        """Continue the lines beyond the limits.

        Args:
            around: x and y of the points next to the limits, at most one on each side, for the raw and the smoothed
                line.
            gaps: x and y of all points that cannot be drawn.
        """
        self._around = around
        self._lines.clear()
        self._answers.clear()
        ends = np.concatenate((around[0][0], self.raw.polyline()[0]))
        if not len(ends):
            return
        inside = slice(np.searchsorted(gaps[0], ends.min()), np.searchsorted(gaps[0], ends.max(), side="right"))
        x, y = gaps[0][inside], gaps[1][inside]
        if len(x):
            self._add_gaps(x)
        if self.log and (hidden := np.isfinite(y)).any():
            self._add_not_positive(x[hidden], y[hidden])

    @property
    def weight(self) -> float:
        """The smoothing weight; 0 without smoothing."""
        return self._ema.weight_asked

    @property
    def not_positive(self) -> list[tuple[float, float]]:
        """(x, y) of finite points that a log axis cannot show, at most one per pixel column."""
        return list(self._not_positive.values())

    def _add_best(self, x: Array, y: Array) -> None:
        low, high = int(y.argmin()), int(y.argmax())
        if self.lowest is None or y[low] < self.lowest[1]:
            self.lowest = float(x[low]), float(y[low])
        if self.highest is None or y[high] > self.highest[1]:
            self.highest = float(x[high]), float(y[high])

    def answer(self, question: Callable[..., _Answer], *words: object) -> _Answer:
        """The answer of a function about this curve, which is kept until further points come: of hundreds of curves
        that share an axis, only the one with a new point is asked again.

        Args:
            question: The function of the curve, and of `words`.
        """
        key = question, *words
        if key not in self._answers:
            self._answers[key] = question(self, *words)
        answer: _Answer = self._answers[key]
        return answer

    def raw_line(self) -> tuple[Array, Array]:
        """x and y of the line as logged; NaN in y where points in between cannot be drawn. Without new points, these
        are the same arrays as before."""
        return self._line(0, self.raw)

    def main_line(self) -> tuple[Array, Array]:
        """x and y of the main line: the smoothed line, or the raw line if there is no smoothing. Without new points,
        these are the same arrays as before."""
        return self._line(-1, self._raw if self.smooth is None else self.smooth)

    def _line(self, which: int, thinned: Thinner) -> tuple[Array, Array]:
        if which not in self._lines:
            self._lines[which] = self._with_gaps(*self._with_points_around(which, *thinned.polyline()))
        return self._lines[which]

    def _with_points_around(self, which: int, x: Array, y: Array) -> tuple[Array, Array]:
        if not self._around:
            return x, y
        more_x, more_y = self._around[which]
        before = more_x < self._raw.left
        return (np.concatenate((more_x[before], x, more_x[~before])),
                np.concatenate((more_y[before], y, more_y[~before])))

    def _with_gaps(self, x: Array, y: Array) -> tuple[Array, Array]:
        if not self._gaps or len(x) == 0:
            return x, y
        gaps = np.array(sorted(self._gaps.values()))
        indices = np.searchsorted(x, gaps, side="right")
        inside = (indices > 0) & (indices < len(x))
        indices, which = np.unique(indices[inside], return_index=True)
        return np.insert(x, indices, gaps[inside][which]), np.insert(y, indices, np.nan)

    @property
    def last(self) -> tuple[float, float] | None:
        """The newest point of the main line. If the line has no point within the limits and only passes through, this
        is the point before them."""
        last = (self._raw if self.smooth is None else self.smooth).last
        if last is None and self._around and len(self._around[-1][0]) == 2:
            x, y = self._around[-1]
            return float(x[0]), float(y[0])
        return last

    def at_ends(self, limits: Limits) -> list[float]:
        """The values of the main line where it crosses these limits of x, interpolated between the nearest points."""
        x, y = self.main_line()
        crossed = []
        for end in limits:
            behind = int(np.searchsorted(x, end))
            if 0 < behind < len(x) and np.isfinite(y[behind - 1 : behind + 1]).all():
                pair = np.log(y[behind - 1 : behind + 1]) if self.log else y[behind - 1 : behind + 1]
                value = float(np.interp(end, x[behind - 1 : behind + 1], pair))
                crossed.append(math.exp(value) if self.log else value)
        return crossed

    def wanted_range(self, share: float = 0.005) -> Limits | None:
        """The range of y that the panel should show: the robust range of the points, and the smoothed line without its
        first fiftieth, which a bad start still distorts. The line can widen the range at each end by its size at most.
        """
        values = np.log10(self.sample.y) if self.log else self.sample.y
        wanted = robust_range(values, share)
        if wanted is None:
            return None
        low, high = wanted
        if self.smooth is not None:
            start = self.sample.x[min(max(len(self.sample) // 50, 3), len(self.sample) - 1)]
            bounds = self.smooth.bounds(float(start))
            if bounds is not None:
                lower, upper = (math.log10(bounds[0]), math.log10(bounds[1])) if self.log else bounds
                room = high - low
                low, high = min(low, max(lower, low - room)), max(high, min(upper, high + room))
        return (10.0**low, 10.0**high) if self.log else (low, high)
