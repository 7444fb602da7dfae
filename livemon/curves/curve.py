"""Columns -> curves: attempts, smoothing, thinning, limits. Arrays in, arrays out, and small classes that go on where
they stopped, so that a frame costs what is new and what is drawn, never the length of the run.
"""

from __future__ import annotations

import math
import sys

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["Curve", "Ema", "Sample", "Thinner", "attempt_starts", "grown_limits", "overtaken_pieces", "robust_range",
           "smoothing_weight", "stitch", "tight_limits", "weight_of_span", "x_limits"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Limits = tuple[float, float]

_SHORT = 48  # below this many values a plain loop is faster than pandas
SMOOTHED_FROM = 128  # points
_WIDENING = 16  # a smoothing that widens goes over at most one of so many parts of the points so far
_BLOCKS = 32  # a power of two; a curve is smoothed over at most one of so many parts of it
_MAX_PIECES = 8  # overtaken attempts drawn one by one; older ones are drawn as one line
_FINEST = 1e-12  # the narrowest axis, as a share of where it lies
_FURTHEST = 1e300
_STEPS = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0)  # upper limits of x, per decade


# Attempts -------------------------------------------------------------------------------------------------------------


def attempt_starts(x: Array | Ints, borders: Ints | None = None) -> Ints:
    """Where attempts start: index 0, and each point whose x is below the x of the point before it.

    Args:
        x: shape (n,), in the order of logging.
        borders: further indices where an attempt starts whatever its x (another file begins).
    Returns:
        shape (attempts,), int64, increasing; empty where `x` is.
    """
    if len(x) == 0:
        return np.empty(0, np.int64)
    falls = np.flatnonzero(x[1:] < x[:-1]) + 1
    if borders is None or len(borders) == 0:
        return np.concatenate(([0], falls)).astype(np.int64)
    inside = borders[(borders > 0) & (borders < len(x))]
    return np.unique(np.concatenate(([0], falls, inside))).astype(np.int64)


def stitch(x: Array | Ints, starts: Ints) -> NDArray[np.bool_]:
    """Which points are kept when the newest attempt wins.

    A point is overtaken where a later attempt starts at or before its x. What is kept has x in increasing order.

    Args:
        x: shape (n,). starts: as `attempt_starts` gives.
    Returns:
        shape (n,), bool.
    """
    if len(starts) < 2:
        return np.ones(len(x), np.bool_)
    later = np.minimum.accumulate(x[starts][::-1])[::-1]  # lowest start of this attempt or any after it
    kept = np.ones(len(x), np.bool_)
    kept[: starts[-1]] = x[: starts[-1]] < np.repeat(later[1:], np.diff(starts))  # Whole numbers stay exact.
    return kept


def overtaken_pieces(x: Array, y: Array, starts: Ints, kept: NDArray[np.bool_]) -> list[tuple[Array, Array]]:
    """The overtaken stretch of each attempt, oldest first, x increasing in each; at most `_MAX_PIECES` + 1 of them.

    Where there are more (two writers in one file make one of each row), all but the longest are put together into one,
    ordered by x.
    """
    if len(starts) < 2 or kept.all():
        return []
    ends = np.append(starts[1:], len(x))
    lost = np.concatenate(([0], np.cumsum(~kept)))
    sizes = lost[ends] - lost[starts]
    longest = np.sort(np.argsort(-sizes, kind="stable")[:_MAX_PIECES])
    rest = ~kept
    pieces = []
    for attempt in longest[sizes[longest] > 0].tolist():
        at = np.arange(starts[attempt], ends[attempt])[~kept[starts[attempt] : ends[attempt]]]
        rest[at] = False
        pieces.append((x[at], y[at]))
    others = np.flatnonzero(rest)
    if len(others):
        others = others[np.argsort(x[others], kind="stable")]
        pieces.insert(0, (x[others], y[others]))
    return pieces


# Smoothing ------------------------------------------------------------------------------------------------------------


class Ema:
    """Debiased exponential moving average, as TensorBoard's scalar charts compute it.

    With weight w: last = w * last + (1 - w) * y, drawn as last / (1 - w ** count)
    (tensorboard/webapp/widgets/line_chart_v2, `classicSmoothing`; Kingma and Ba 2015 for the correction).
    It is kept here as the two sums, total = sum of w^age * y and norm = sum of w^age, so that it can go on exactly.

    Args:
        weight: 0 (none) to 1.
        widens: Begin with a span of one point, and let it widen to that of the weight as points come, to a 16th of them
            at most: then a first loss of 33 is not trailed along where a curve falls steeply. Not as TensorBoard does.
    """

    def __init__(self, weight: float, *, widens: bool = False) -> None:
        self.weight = self._widest = min(max(weight, 0.0), 0.99999)
        self._widens = widens
        self._count = 0
        self._total = 0.0
        self._norm = 0.0

    def add(self, y: Array) -> Array:
        """The smoothed values of the next points; `y` is finite, shape (n,)."""
        if self._widest == 0.0 or len(y) == 0:
            return y
        if not self._widens:
            return self._add(y)
        parts = []
        while len(y):
            widest, end = self._weight_after(self._count)
            self.weight = widest
            parts.append(self._add(y[: end - self._count]))
            y = y[len(parts[-1]) :]
            self._count += len(parts[-1])
        return np.concatenate(parts)

    def _weight_after(self, count: int) -> tuple[float, int]:
        """The weight for the points behind the first `count`, and up to which number of points."""
        doubled = 2 * _WIDENING
        if count < doubled:
            return 0.0, doubled
        span = 2 ** (count // _WIDENING).bit_length() // 2
        weight = weight_of_span(span)
        return (self._widest, sys.maxsize) if weight >= self._widest else (weight, 2 * span * _WIDENING)

    def _add(self, y: Array) -> Array:
        return self._add_few(y) if len(y) < _SHORT else self._add_many(y)

    def _add_few(self, y: Array) -> Array:
        out = np.empty(len(y))
        for i, value in enumerate(y.tolist()):
            self._total = value + self.weight * self._total
            self._norm = 1.0 + self.weight * self._norm
            out[i] = self._total / self._norm
        return out

    def _add_many(self, y: Array) -> Array:
        # pandas averages the block as if nothing were before it; the sums of before are added with their faded weight.
        own_mean = pd.Series(y).ewm(alpha=1.0 - self.weight, adjust=True).mean().to_numpy()
        faded = self.weight ** np.arange(1.0, len(y) + 1.0)
        own_norm = (1.0 - faded) / (1.0 - self.weight)
        total = own_mean * own_norm + faded * self._total
        norm = own_norm + faded * self._norm
        self._total, self._norm = float(total[-1]), float(norm[-1])
        return np.asarray(total / norm, dtype=np.float64)


def smoothing_weight(y: Array, log: bool = False) -> float:
    """The weight that suits a curve, by its noise: none for a curve that has none, a wide one where noise hides how the
    curve runs.

    An average over a span of s points leaves 1 / sqrt(s) of independent noise, and trails a curve that crosses its
    range R in n points by R s / 2n: the span is the one at which both are the same, (2 n noise / R) ** (2/3), and at
    most a 32nd of the points. Weight and span: w = (s - 1) / (s + 1), as in pandas.

    Args:
        y: shape (n,), finite, in the order of x. The first 2**k points are looked at, as many as there are: so the
            weight changes only where n doubles, and is the same however the points came.
        log: The logarithm is drawn, and y is above 0.

    Returns:
        0 = no smoothing: also where there are fewer than 128 points, which can be seen by themselves.
    """
    if len(y) < SMOOTHED_FROM:
        return 0.0
    y = y[: 2 ** int(math.log2(len(y)))]
    y = np.log(y) if log else y
    highest = np.abs(y).max()
    if highest == 0.0:
        return 0.0
    y = y / highest  # no difference is too large for a float64
    noise = _noise(y)
    if noise == 0.0:
        return 0.0
    middles = np.median(y.reshape(_BLOCKS, -1), axis=1)
    low, high = np.quantile(middles, (0.05, 0.95))
    widest = len(y) / _BLOCKS
    span = min((2 * len(y) * noise / (high - low)) ** (2 / 3), widest) if high > low else widest
    return weight_of_span(2.0 ** int(math.log2(span))) if span >= 2 else 0.0


def _noise(y: Array) -> float:
    """The standard deviation of the noise, from second differences, in which a smooth curve vanishes. The largest
    twentieth of them is left out, as jumps and spikes are no noise; 0.717 is what the mean of the others is of the
    standard deviation where the noise is normal, and the square root of 6 what the difference makes of it."""
    differences = np.abs(np.diff(y, 2))
    usual = int(0.95 * len(differences))
    return float(np.partition(differences, usual)[:usual].mean()) / 0.717 / math.sqrt(6)


def weight_of_span(span: float) -> float:
    """The weight of an average over so many points, 0 for a single one."""
    return (span - 1.0) / (span + 1.0) if span > 1 else 0.0


# Thinning -------------------------------------------------------------------------------------------------------------


class Thinner:
    """M4: of every pixel column the first, the last, the lowest and the highest point.

    Drawn at that many pixel columns, the polyline colours the same pixels as all points would (Jugel, Jerzak,
    Hackenbroich, Markl: "M4: A Visualization-Oriented Time Series Data Aggregation", VLDB 2014). Points come in the
    order of x, so new ones touch the last column and those behind it only.
    """

    def __init__(self, x_limits: Limits, columns: int) -> None:
        self.columns = columns
        self._left = x_limits[0]
        self._scale = columns / (x_limits[1] - x_limits[0])
        self._points = np.zeros((columns, 4, 2))  # in the order of logging: first, lowest and highest, last
        self._places = np.full((columns, 4), -1, np.int64)  # which point each is, to drop repeats
        self._low = np.full(columns, np.inf)
        self._high = np.full(columns, -np.inf)
        self._last_column = -1
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def column_of(self, x: Array) -> Ints:
        """The pixel column of each x; what lies outside the limits counts to the column at the edge."""
        return np.clip((x - self._left) * self._scale, 0, self.columns - 1).astype(np.int64)

    def add(self, x: Array, y: Array) -> None:
        """Add finite points, x not decreasing and not below what was added before."""
        if len(x) == 0:
            return
        column = self.column_of(x)
        starts = np.concatenate(([0], np.flatnonzero(np.diff(column)) + 1))
        ends = np.append(starts[1:], len(x))
        lows = np.empty(len(starts), np.int64)
        highs = np.empty(len(starts), np.int64)
        for i, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
            part = y[start:end]
            lows[i] = start + part.argmin()
            highs[i] = start + part.argmax()
        chosen = np.stack([starts, np.minimum(lows, highs), np.maximum(lows, highs), ends - 1], axis=1)
        points = np.stack([x[chosen], y[chosen]], axis=2)
        places = chosen + self._count
        low, high = y[lows], y[highs]
        columns = column[starts]
        if columns[0] == self._last_column:
            self._merge(int(columns[0]), points[0], places[0], float(low[0]), float(high[0]))
            points, places, low, high, columns = points[1:], places[1:], low[1:], high[1:], columns[1:]
        self._points[columns] = points
        self._places[columns] = places
        self._low[columns] = low
        self._high[columns] = high
        self._last_column = int(column[-1])
        self._count += len(x)

    def _merge(self, column: int, points: Array, places: Ints, low: float, high: float) -> None:
        both = np.concatenate((self._points[column], points))
        at = np.concatenate((self._places[column], places))
        inner = sorted((int(both[:, 1].argmin()), int(both[:, 1].argmax())))
        chosen = [0, *inner, 7]
        self._points[column] = both[chosen]
        self._places[column] = at[chosen]
        self._low[column] = min(self._low[column], low)
        self._high[column] = max(self._high[column], high)

    def polyline(self) -> tuple[Array, Array]:
        """The points to draw, (x, y), at most 4 a column, in the order of logging."""
        used = self._places[: self._last_column + 1].reshape(-1)
        points = self._points[: self._last_column + 1].reshape(-1, 2)
        new = np.empty(len(used), np.bool_)
        new[:1] = True
        np.not_equal(used[1:], used[:-1], out=new[1:])
        new &= used >= 0
        chosen = points[new]
        return chosen[:, 0].copy(), chosen[:, 1].copy()

    def bounds(self, from_x: float = -math.inf) -> Limits | None:
        """The lowest and the highest value in the columns that begin at or after `from_x`'s column, or None."""
        start = 0 if from_x == -math.inf else int(self.column_of(np.array([from_x]))[0])
        low, high = self._low[start:], self._high[start:]
        if self._count == 0 or not np.isfinite(low).any():
            return None
        return float(low.min()), float(high.max())

    def extremes(self) -> tuple[Array, Array, Array, Array]:
        """x and y of the lowest point of each used column, and x and y of the highest."""
        used = np.flatnonzero(self._places[:, 0] >= 0)
        points = self._points[used]
        rows = np.arange(len(used))
        low = points[rows, points[:, :, 1].argmin(axis=1)]
        high = points[rows, points[:, :, 1].argmax(axis=1)]
        return low[:, 0], low[:, 1], high[:, 0], high[:, 1]

    @property
    def last(self) -> tuple[float, float] | None:
        """The newest point, or None."""
        if self._count == 0:
            return None
        x, y = self._points[self._last_column, 3]
        return float(x), float(y)


class Sample:
    """Every k-th point, evenly, never more than `capacity`: enough for quantiles at a cost that does not grow.

    k is 1 (so the sample is all points) until there are more than `capacity`; then it doubles.
    """

    def __init__(self, capacity: int = 4096) -> None:
        self.capacity = capacity
        self.stride = 1
        self._seen = 0
        self._x = np.empty(0)
        self._y = np.empty(0)

    def __len__(self) -> int:
        return len(self._y)

    @property
    def seen(self) -> int:
        """How many points there were."""
        return self._seen

    def add(self, x: Array, y: Array) -> None:
        """Add points, in order."""
        skip = -self._seen % self.stride
        self._seen += len(y)
        if skip >= len(y):
            return
        self._x = np.concatenate((self._x, x[skip :: self.stride]))
        self._y = np.concatenate((self._y, y[skip :: self.stride]))
        while len(self._y) > self.capacity:
            self._x, self._y, self.stride = self._x[::2].copy(), self._y[::2].copy(), self.stride * 2

    @property
    def x(self) -> Array:
        """shape (n,)."""
        return self._x

    @property
    def y(self) -> Array:
        """shape (n,)."""
        return self._y


# Limits ---------------------------------------------------------------------------------------------------------------


def robust_range(y: Array, share: float = 0.005) -> Limits | None:
    """Lowest and highest of the finite values, without the few that would flatten the rest.

    At most `share` of the values (at least one, none for 0) may be left out at each end, and only where that end then
    comes closer by more than half of the range that is left; of few values, each of which counts for much, by more than
    2 (below 200) or 30 (below 20) times of it. None where no value is finite.
    """
    finite = np.sort(y[np.isfinite(y)])
    count = len(finite)
    if count == 0:
        return None
    low, high = float(finite[0]), float(finite[-1])
    if count < 5 or share == 0.0:
        return low, high
    out = max(int(count * share), 1)
    inner_low, inner_high = float(finite[out]), float(finite[-1 - out])
    room = (30.0 if count < 20 else 2.0 if count < 200 else 0.5) * (inner_high - inner_low)
    return (inner_low if inner_low - low > room else low, inner_high if high - inner_high > room else high)


def tight_limits(low: float, high: float, log: bool, pad: float = 0.06) -> Limits:
    """Limits of y that show [low, high] with some room, also where both are the same; not below 0 for what is not."""
    if log:
        lower, upper = math.log10(low), math.log10(high)
        room = pad * (upper - lower) if upper - lower > 1e-9 else 0.3
        return 10.0 ** (lower - room), 10.0 ** (upper + room)
    room = pad * (high - low)
    if room <= 1e-9 * max(abs(low), abs(high)):
        room = 0.1 * abs(high) or 1.0
        return low - room, high + room
    return (0.0 if 0.0 <= low < room else low - room), high + room


def grown_limits(wanted: Limits, present: Limits | None, log: bool, filled: float = 0.6, pad: float = 0.08) -> Limits:
    """Limits of y for a range that moves a little with each frame.

    The present limits stay as long as they hold what is wanted and it fills at least `filled` of them. Where it has
    left them there is a quarter of its size of room, because it will go on that way.
    """
    fresh = tight_limits(*wanted, log, pad)
    if present is None or (log and present[0] <= 0):
        return fresh
    left, right = present[0] <= wanted[0], wanted[1] <= present[1]
    if left and right and _size(fresh, log) >= filled * _size(present, log):
        return present
    ahead = tight_limits(*wanted, log, max(pad, 0.25))
    return fresh[0] if left else ahead[0], fresh[1] if right else ahead[1]


def _size(limits: Limits, log: bool) -> float:
    return math.log10(limits[1] / limits[0]) if log else limits[1] - limits[0]


def x_limits(low: float, high: float, ended: bool = False) -> Limits:
    """Limits of x for points from `low` to `high`; they grow in steps of at most a quarter while the run goes on.

    The axis starts at 0 where the points start near it. It is never narrower than a float64 can divide (a step may be
    2**62), nor wider than it can hold.
    """
    low, high = max(low, -_FURTHEST), min(high, _FURTHEST)
    finest = _FINEST * max(abs(low), abs(high))
    if high - low <= finest:
        room = max(0.5, finest)
        return (low - room, high + room) if low else (0.0, 1.0)
    if 0.0 <= low <= 0.2 * high:
        left = 0.0
    else:
        unit = 10.0 ** math.floor(math.log10(high - low)) / 2.0
        left = math.floor(low / unit) * unit
    if ended:
        return left, high
    reach = 1.01 * (high - left)
    decade = 10.0 ** math.floor(math.log10(reach))
    return left, left + decade * next(step for step in _STEPS if step * decade >= reach * (1 - 1e-12))


# A curve --------------------------------------------------------------------------------------------------------------


class Curve:
    """One metric made ready to draw at fixed limits of x: thinned, smoothed, with what is needed for limits and marks.

    Args:
        limits: of x. columns: pixel columns of the panel. weight: of the smoothing, 0 = none. widens: see `Ema`.
        log: the axis of y is logarithmic: values that are not above 0 are no vertices, and the logarithm is smoothed.
    Attributes:
        raw, smooth: the thinned points as logged, and smoothed; `smooth` is None without smoothing.
        sample: of the finite values.
        lowest, highest: (x, y) of the first lowest and first highest finite value, or None.
    """

    def __init__(
        self, limits: Limits, columns: int, weight: float = 0.0, log: bool = False, *, widens: bool = False
    ) -> None:
        self.log = log
        self.raw = Thinner(limits, columns)
        self.smooth = Thinner(limits, columns) if weight > 0 else None
        self.sample = Sample()
        self.lowest: tuple[float, float] | None = None
        self.highest: tuple[float, float] | None = None
        self._ema = Ema(weight, widens=widens)
        self._gaps: dict[int, float] = {}  # pixel column -> x of its first point that cannot be drawn
        self._not_positive: dict[int, tuple[float, float]] = {}  # the same for those that only a log axis cannot show

    def extend(self, x: Array, y: Array) -> None:
        """Add points, x not decreasing and not below what was added before; y may hold NaN and infinity."""
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
        self.sample.add(x, y)
        self.raw.add(x, y)
        if self.smooth is not None:
            self.smooth.add(x, np.exp(self._ema.add(np.log(y))) if self.log else self._ema.add(y))

    def _add_gaps(self, x: Array) -> None:
        columns, first = np.unique(self.raw.column_of(x), return_index=True)
        for column, place in zip(columns.tolist(), first.tolist(), strict=True):
            self._gaps.setdefault(column, float(x[place]))

    def _add_not_positive(self, x: Array, y: Array) -> None:
        columns, first = np.unique(self.raw.column_of(x), return_index=True)
        for column, place in zip(columns.tolist(), first.tolist(), strict=True):
            self._not_positive.setdefault(column, (float(x[place]), float(y[place])))

    @property
    def not_positive(self) -> list[tuple[float, float]]:
        """(x, y) of finite points that a log axis cannot show, at most one a pixel column."""
        return list(self._not_positive.values())

    def _add_best(self, x: Array, y: Array) -> None:
        low, high = int(y.argmin()), int(y.argmax())
        if self.lowest is None or y[low] < self.lowest[1]:
            self.lowest = float(x[low]), float(y[low])
        if self.highest is None or y[high] > self.highest[1]:
            self.highest = float(x[high]), float(y[high])

    def raw_line(self) -> tuple[Array, Array]:
        """x and y of the line as logged; NaN in y where points between could not be drawn."""
        return self._with_gaps(*self.raw.polyline())

    def main_line(self) -> tuple[Array, Array]:
        """x and y of the line that people read: the smoothed one, or the raw one where nothing is smoothed."""
        return self._with_gaps(*(self.smooth or self.raw).polyline())

    def _with_gaps(self, x: Array, y: Array) -> tuple[Array, Array]:
        if not self._gaps or len(x) == 0:
            return x, y
        gaps = np.array(sorted(self._gaps.values()))
        places = np.searchsorted(x, gaps, side="right")
        inside = (places > 0) & (places < len(x))
        places, which = np.unique(places[inside], return_index=True)
        return np.insert(x, places, gaps[inside][which]), np.insert(y, places, np.nan)

    @property
    def last(self) -> tuple[float, float] | None:
        """The newest point of the line that people read."""
        return (self.smooth or self.raw).last

    def wanted_range(self, share: float = 0.005) -> Limits | None:
        """The range of y that the panel should show: the robust range of the points, and the smoothed line but for its
        first fiftieth, which a bad start still pulls; the line widens the range at most by its own size at each end."""
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
