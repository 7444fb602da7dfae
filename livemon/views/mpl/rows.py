"""Rows of a panel: a name on the left, a dot with its interval on a common axis, and the value on the right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from livemon.boards.model import Row
from livemon.views import style
from livemon.views.looks import SCREEN
from livemon.views.mpl.kept import KeptStrokes, shows_already
from livemon.views.mpl.layout import Rect
from livemon.views.mpl.short_names import fit_names
from livemon.views.mpl.strokes import FastLine
from livemon.views.mpl.text import printable, shorten, text_width
from livemon.views.mpl.text_pool import TextPool
from livemon.views.rest_of_rows import rest_as_row

__all__ = ["RowArtists", "RowLayout", "arrange_rows", "dot_of", "interval_of", "rest_of", "row_limits"]

Limits = tuple[float, float]
Shape = Literal["o", "<", ">"]
Strokes = list[list[tuple[float, float]]]

_LOWEST, _HIGHEST = 1.3, 3.0  # the height of a row, in font sizes
_NAME_SHARE = 0.5  # of the width, for names
_FROM_ZERO = 0.5  # the axis begins at 0 if the lowest value is below this share of the highest
_LOG_FROM = 30.0  # the ratio of the highest to the lowest value
_OUTLIER = 3.0  # a value that would widen the axis by more is marked at its edge
_ROOM = 0.04  # of the axis, on both sides
_GUIDE_ORDER, _INTERVAL_ORDER, _DOT_ORDER = 1.8, 2.0, 2.4


@dataclass(frozen=True, slots=True)
class RowLayout:
    """The layout of rows.

    Attributes:
        axes: The rectangle between names and values, from the top to the last row (points).
        limits: The limits of x, and of y: 1 for each row, 0 at the bottom.
        log: Whether x is logarithmic.
        names: The fitted names of the visible rows.
        rest: The name and value of a last line that counts the other rows; "" without it.
    """

    axes: Rect
    limits: tuple[Limits, Limits]
    log: bool
    names: tuple[str, ...]
    rest: tuple[str, str] = "", ""


def row_limits(rows: Sequence[Row], fixed: Limits | None = None) -> tuple[float, float, bool]:
    """The x limits, and whether the axis is logarithmic: those that the panel asks for, or those that contain the rows'
    values and intervals. An outlier that would flatten all others is left out; 0 is included if the values come close
    to it."""
    if fixed is not None:
        return *fixed, False
    values = [row.value for row in rows if math.isfinite(row.value)]
    ends = [end for row in rows for end in (row.low, row.high) if end is not None and math.isfinite(end)] + values
    if not ends:
        return 0.0, 1.0, False
    low, high = min(ends), max(ends)
    if log := low > 0 and high > _LOG_FROM * low:
        room = (high / low) ** _ROOM
        return low / room, high * room, True
    if len(values) >= 4:
        usual = float(np.quantile(values, 0.85, method="lower"))
        if high - low > _OUTLIER * (usual - low) > 0:
            high = usual + 0.3 * (usual - low)
    low = 0.0 if 0 < low < _FROM_ZERO * high else low
    high = 0.0 if low < 0 and high < 0 and high > _FROM_ZERO * low else high
    room = _ROOM * (high - low) or 0.5 * abs(low) or 0.5
    return low - (room if low else 0.0), high + (room if high else 0.0), log


def arrange_rows(rows: Sequence[Row], rect: Rect, scale: float, fixed: Limits | None = None) -> RowLayout:
    """Lay out as many rows as fit into the rectangle; if there are more, the last line counts the others."""
    size = _size(scale)
    most = max(int(rect.height / (_LOWEST * size)), 1)
    shown = rows if len(rows) <= most else rows[: max(most - 1, 1)]
    names = fit_names(tuple(printable(row.label) for row in shown), _NAME_SHARE * rect.width, size)
    lines = min(len(rows), most)
    rest = _fit_rest(rows[len(shown) :], _NAME_SHARE * rect.width, size) if lines > len(shown) else ("", "")
    taken = max(text_width(name, size) for name in (*names, rest[0])) + 8 * scale
    values = max(text_width(rest[1], size), *(text_width(printable(row.text), size, bold=True) for row in shown), 0.0)
    values += 8 * scale
    low, high, log = row_limits(shown, fixed)
    height = min(rect.height, lines * _HIGHEST * size)
    axes = Rect(rect.left + taken, rect.top - height, max(rect.width - taken - values, 1.0), height)
    return RowLayout(axes, ((low, high), (0.0, float(lines))), log, names, rest)


def dot_of(row: Row, limits: Limits) -> tuple[float, Shape] | None:
    """The position of a value's dot on an axis, and its shape: an arrow at the edge for a value outside the limits.
    None for a value that is not finite."""
    low, high = limits
    if not math.isfinite(row.value):
        return None
    return min(max(row.value, low), high), ">" if row.value > high else "<" if row.value < low else "o"


def interval_of(row: Row) -> tuple[float, float] | None:
    """The interval around the value; None without a finite one."""
    if row.low is None or row.high is None or not (math.isfinite(row.low) and math.isfinite(row.high)):
        return None
    return row.low, row.high


class RowArtists:
    """Draws the rows of one panel, the first at the top. Its artists are made when first needed."""

    def __init__(self, axes: Axes, theme: style.Theme, *, animated: bool) -> None:
        self._axes = axes
        self._animated = animated
        self._palette, self._colours = style.palette(theme), style.colours(theme)
        self._strokes: tuple[KeptStrokes, KeptStrokes] | None = None  # guides, intervals
        self._dots: dict[tuple[str, Shape], FastLine] = {}

    def artists(self) -> list[Artist]:
        """Guides, intervals, then dots."""
        return [artist for artist in (*(self._strokes or ()), *self._dots.values()) if artist.get_visible()]

    def update(self, rows: Sequence[Row], layout: RowLayout, rect: Rect, scale: float, texts: TextPool,
               rule: float | None = None) -> None:
        """Show the rows that fit into the layout, in `rect`; the last line counts the others. `rule`: the position of a
        reference line on their axis."""
        if not rows and self._strokes is None:
            return
        (low, high), (_, lines) = layout.limits
        shown = rows[: len(layout.names)]
        height = layout.axes.height / lines if lines else 0.0
        dots: dict[tuple[str, Shape], list[tuple[float, float]]] = {}
        guides, intervals, colours = [], [], []
        for index, (row, name) in enumerate(zip(shown, layout.names, strict=True)):
            middle = lines - index - 0.5
            guides.append([(low, middle), (high, middle)])
            if dot := dot_of(row, (low, high)):
                dots.setdefault((row.colour, dot[1]), []).append((dot[0], middle))
            if interval := interval_of(row):
                intervals.append([(interval[0], middle), (interval[1], middle)])
                colours.append(self._palette[row.colour])
            self._put(row, name, rect, scale, layout.axes.bottom + middle * height, texts)
        if rule is not None and rows:
            intervals.append([(rule, 0.0), (rule, lines)])
            colours.append(self._colours["muted"])
        count, last = layout.rest
        if count:
            y, size, colour = layout.axes.bottom + 0.5 * height, _size(scale), self._colours["muted"]
            texts.put(count, rect.left, y, size=size, colour=colour, middle=True)
            texts.put(last, rect.right, y, size=size, colour=colour, align="right", middle=True)
        self._put_strokes(guides, intervals, colours, scale)
        self._put_dots(dots, scale)

    def _put_strokes(self, guides: Strokes, intervals: Strokes, colours: list[str], scale: float) -> None:
        if self._strokes is None:
            self._strokes = (KeptStrokes([], animated=self._animated, zorder=_GUIDE_ORDER),
                             KeptStrokes([], animated=self._animated, zorder=_INTERVAL_ORDER))
            for artist in self._strokes:
                self._axes.add_collection(artist, autolim=False)
        lines, bars = self._strokes
        if not shows_already(lines, (guides, scale)):
            lines.set_segments(guides)
            lines.set(color=self._colours["grid"], linewidth=style.sizes(scale)["grid"])
        if not shows_already(bars, (intervals, colours, scale)):
            bars.set_segments(intervals)
            bars.set(color=colours or "none", linewidth=SCREEN.rows.interval * scale, alpha=SCREEN.rows.alpha)
            bars.set_visible(bool(intervals))

    def _put_dots(self, groups: dict[tuple[str, Shape], list[tuple[float, float]]], scale: float) -> None:
        for key, artist in self._dots.items():
            artist.set_visible(key in groups)
        for key, points in groups.items():
            if key not in self._dots:
                self._dots[key] = FastLine([], [], linestyle="None", animated=self._animated, zorder=_DOT_ORDER,
                                           clip_on=False, markeredgewidth=0)
                self._axes.add_line(self._dots[key])
            colour, marker = key
            if not shows_already(self._dots[key], (points, scale)):
                self._dots[key].set_data(*zip(*points, strict=True))
                self._dots[key].set(marker=marker, markersize=SCREEN.rows.dot * scale, color=self._palette[colour])

    def _put(self, row: Row, name: str, rect: Rect, scale: float, y: float, texts: TextPool) -> None:
        size = _size(scale)
        texts.put(name, rect.left, y, size=size, colour=self._colours["text"], middle=True)
        colour = self._colours["text" if math.isfinite(row.value) else "warning"]
        texts.put(printable(row.text), rect.right, y, size=size, colour=colour, align="right", middle=True, bold=True)


def rest_of(rows: Sequence[Row]) -> str:
    """The rows that are left out, in words: their number, their range, and how many have no value."""
    finite = [row for row in rows if math.isfinite(row.value)]
    words = f"… and {len(rows):,} more" + (f", the last {printable(finite[-1].text)}" if finite else "")
    bad = len(rows) - len(finite)
    return words + (f"; {bad:,} not finite" if bad else "")


def _fit_rest(rows: Sequence[Row], room: float, size: float) -> tuple[str, str]:
    """The words of a last line; the first part fits into the column of names."""
    count, last = rest_as_row(rows)
    if text_width(count, size) > room:
        count = shorten(count.partition(", ")[0], room, size)
    return count, printable(last)


def _size(scale: float) -> float:
    return style.sizes(scale)["table"]
