"""The axes that a user chose for a panel of several curves: limits of x and y, and a logarithmic x axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from livemon.boards.model import Band, Line, Mark, Panel
from livemon.boards.traces import Trace
from livemon.curves.limits import Limits, robust_range, tight_limits

__all__ = ["AxisChoice", "log_traces", "with_axes"]

Array = NDArray[np.float64]
Open = tuple[float | None, float | None]  # low and high; None: as far as the data goes

_MOST_COLUMNS = 400_000  # of the whole curve, so that a part of it has its full number of columns


@dataclass(frozen=True, slots=True)
class AxisChoice:
    """Limits of the axes, in the panel's units; None at an end: as far as the data goes.

    Attributes:
        x, y: Low and high.
        log_x: Whether x is logarithmic; such an axis has no points at 0 or below.
    """

    x: Open = (None, None)
    y: Open = (None, None)
    log_x: bool = False

    @property
    def is_usual(self) -> bool:
        """Whether nothing was chosen."""
        return self == AxisChoice()

    def columns(self, traces: Sequence[Trace], pixels: int) -> int:
        """The number of columns that whole curves need so that the visible part has `pixels`. `traces`: as drawn, so
        for a logarithmic x with its logarithm."""
        ends = [end for trace in traces if len(trace.x) for end in (float(trace.x[0]), float(trace.x[-1]))]
        if not ends or self.x == (None, None):
            return pixels
        low, high = min(ends), max(ends)
        stretch = self._within(low, high)
        share = (stretch[1] - stretch[0]) / (high - low) if high > low else 1.0
        return min(math.ceil(pixels / max(share, 1e-9)), _MOST_COLUMNS)

    def _within(self, low: float, high: float) -> Limits:
        """The chosen limits in the x of the traces; open ends go as far as the data."""
        ends = [None if end is None else (math.log10(end) if end > 0 else None) if self.log_x else end
                for end in self.x]
        first, last = low if ends[0] is None else ends[0], high if ends[1] is None else ends[1]
        return (first, last) if last > first else (low, high)

    def x_limits(self, panel: Panel) -> Limits:
        """The limits of x of a panel, in the x of the traces."""
        return self._within(*panel.x_limits) if self.x != (None, None) else panel.x_limits


def log_traces(traces: Sequence[Trace]) -> list[Trace]:
    """The traces over the logarithm of x, without points at 0 and below."""
    return [_log_trace(trace) for trace in traces]


def _log_trace(trace: Trace) -> Trace:
    kept = trace.x > 0
    group = trace.group
    if group is not None:
        above = group.x > 0
        events = tuple(replace(event, x=np.log10(np.where(event.x > 0, event.x, np.nan))) for event in group.events)
        group = replace(group, x=np.log10(group.x[above]), middle=group.middle[above], low=group.low[above],
                        high=group.high[above], counts=group.counts[above], events=events)
    runs = tuple((np.log10(x[x > 0]), y[x > 0]) for x, y in trace.runs)
    return replace(trace, x=np.log10(trace.x[kept]), y=trace.y[kept], group=group, runs=runs)


def with_axes(panel: Panel, choice: AxisChoice) -> Panel:
    """The panel cut off at the chosen limits; the y limits fit what is left unless they were chosen, too. `panel`: made
    of the traces as drawn, so for a logarithmic x with its logarithm."""
    if choice.is_usual or not panel.lines:
        return panel
    limits = choice.x_limits(panel)
    if choice.x != (None, None):
        lines, bands = [_cut_line(line, limits) for line in panel.lines], [_cut_band(band, limits) for band in
                                                                           panel.bands]
        panel = replace(panel, lines=tuple(line for line in lines if len(line.x)),
                        bands=tuple(band for band in bands if len(band.x)),
                        marks=tuple(mark for mark in panel.marks if limits[0] <= mark.x <= limits[1]))
        panel = replace(panel, x_limits=limits, y_limits=_y_limits(panel))
    if not panel.lines:
        return replace(panel, x_limits=(0.0, 1.0), y_limits=(0.0, 1.0), y_scale="linear", bands=(), marks=(),
                       message="no point between these limits of x")
    low, high = choice.y
    wanted = panel.y_limits[0] if low is None else low, panel.y_limits[1] if high is None else high
    if wanted[1] > wanted[0]:
        panel = replace(panel, y_limits=wanted, marks=tuple(
            mark for mark in panel.marks if mark.y is None or wanted[0] <= mark.y <= wanted[1]),
            y_scale="linear" if wanted[0] <= 0 else panel.y_scale)
    return _with_powers(panel) if choice.log_x else panel


def _y_limits(panel: Panel) -> Limits:
    """Limits that contain the remaining lines and bands."""
    log = panel.y_scale == "log"
    shown = [line.y for line in panel.lines if line.kind != "raw"] or [line.y for line in panel.lines]
    shown += [end for band in panel.bands for end in (band.low, band.high)]
    ranges = []
    for values in shown:
        values = np.log10(values[values > 0]) if log else values
        if (span := robust_range(values)) is not None:
            ranges.append(span)
    if not ranges:
        return panel.y_limits
    low, high = min(span[0] for span in ranges), max(span[1] for span in ranges)
    return tight_limits(10.0**low, 10.0**high, log) if log else tight_limits(low, high, log)


def _cut_line(line: Line, limits: Limits) -> Line:
    x, (y,) = _cut(line.x, (line.y,), limits)
    return replace(line, x=x, y=y)


def _cut_band(band: Band, limits: Limits) -> Band:
    x, (low, high) = _cut(band.x, (band.low, band.high), limits)
    return replace(band, x=x, low=low, high=high)


def _cut(x: Array, ys: Sequence[Array], limits: Limits) -> tuple[Array, list[Array]]:
    """The part within the limits, with a point where the curve crosses a limit."""
    inside = (x >= limits[0]) & (x <= limits[1])
    ends = [end for end in limits if len(x) and x[0] < end < x[-1] and not bool((x == end).any())]
    places = np.concatenate([ends[:1] if ends and ends[0] == limits[0] else [], x[inside],
                             ends[-1:] if ends and ends[-1] == limits[1] else []])
    cut = []
    for y in ys:
        before = [np.interp(limits[0], x, y)] if ends and ends[0] == limits[0] else []
        behind = [np.interp(limits[1], x, y)] if ends and ends[-1] == limits[1] else []
        cut.append(np.concatenate([before, y[inside], behind]))
    return np.asarray(places, np.float64), cut


def _with_powers(panel: Panel) -> Panel:
    """The panel on a logarithmic x axis, made from one over the logarithm of x."""

    def power(mark: Mark) -> Mark:
        return replace(mark, x=10.0**mark.x)

    return replace(
        panel, x_scale="log", x_limits=(10.0 ** panel.x_limits[0], 10.0 ** panel.x_limits[1]),
        lines=tuple(replace(line, x=10.0**line.x) for line in panel.lines),
        bands=tuple(replace(band, x=10.0**band.x) for band in panel.bands), marks=tuple(map(power, panel.marks)))
