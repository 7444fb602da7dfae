"""Rows of a panel: bars that lie, each with its name on it and its value at the right."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgba

from livemon import style
from livemon.board import Row
from livemon.views._artists import TextPool
from livemon.views._layout import Rect
from livemon.views._text import printable, shorten, text_width

__all__ = ["RowArtists"]

Limits = tuple[float, float]

_LOWEST, _HIGHEST = 1.3, 2.6  # of a row, in font sizes


class RowArtists:
    """Draws the rows of one panel, the first at the top."""

    def __init__(self, axes: Axes, palette: dict[str, str], colours: dict[str, str], *, animated: bool) -> None:
        self._palette = palette
        self._colours = colours
        self._bars = PolyCollection([], animated=animated, zorder=2.0)
        self._intervals = LineCollection([], animated=animated, zorder=2.2)
        for artist in (self._bars, self._intervals):
            axes.add_collection(artist, autolim=False)

    @staticmethod
    def limits(rows: Sequence[Row], rect: Rect, scale: float) -> tuple[Limits, Limits]:
        """Limits of x that hold all bars from 0 with room for the values, and of y: 1 a row, 0 at the bottom."""
        ends = [end for row in rows for end in (row.value, row.low, row.high) if end is not None and math.isfinite(end)]
        low, high = min([0.0, *ends]), max([0.0, *ends])
        high = high if high > low else low + 1.0
        taken = max(text_width(printable(row.text), _size(scale), bold=True) for row in rows) + 10 * scale
        high = low + (high - low) / max(1 - taken / rect.width, 0.4)  # no bar lies under a value
        places = min(max(float(len(rows)), rect.height / (_HIGHEST * _size(scale))), _most(rect, scale))
        return (low, high), (0.0, places)

    def artists(self) -> list[Artist]:
        """Bars, then intervals."""
        return [self._bars, self._intervals]

    def update(self, rows: Sequence[Row], rect: Rect, scale: float, limits: tuple[Limits, Limits],
               texts: TextPool) -> None:
        """Show as many rows as there is room for; the last line counts those that are left out."""
        _, (_, places) = limits
        size, most = _size(scale), _most(rect, scale)
        shown = rows if len(rows) <= most else rows[: most - 1]
        bars, faces, intervals = [], [], []
        for place, row in enumerate(shown):
            middle = places - place - 0.5
            if math.isfinite(row.value):
                bars.append([(0.0, middle - 0.42), (row.value, middle - 0.42), (row.value, middle + 0.42),
                             (0.0, middle + 0.42)])
                faces.append(to_rgba(self._palette[row.colour], 0.2 if row.colour == "grey" else 0.38))
            if row.low is not None and row.high is not None and math.isfinite(row.low) and math.isfinite(row.high):
                intervals.append([(row.low, middle), (row.high, middle)])
            self._put(row, rect, scale, rect.bottom + middle / places * rect.height, texts)
        if len(shown) < len(rows):
            rest = rows[len(shown) :]
            texts.put(printable(f"… and {len(rest):,} more, the last {rest[-1].text}"), rect.left + 4 * scale,
                      rect.bottom + 0.5 / places * rect.height, size=size, colour=self._colours["muted"], middle=True)
        self._bars.set_verts(bars)
        self._bars.set_facecolor(faces)
        self._intervals.set_segments(intervals)
        self._intervals.set(color=self._colours["text"], linewidth=1.2 * scale)

    def _put(self, row: Row, rect: Rect, scale: float, y: float, texts: TextPool) -> None:
        size = _size(scale)
        value = printable(row.text)
        width = text_width(value, size, bold=True)
        label = shorten(printable(row.label), rect.width - width - 16 * scale, size, middle=True)
        texts.put(label, rect.left + 4 * scale, y, size=size, colour=self._colours["text"], middle=True)
        colour = self._colours["text" if math.isfinite(row.value) else "warning"]
        texts.put(value, rect.right - 2 * scale, y, size=size, colour=colour, align="right", middle=True, bold=True)


def _size(scale: float) -> float:
    return style.sizes(scale)["table"]


def _most(rect: Rect, scale: float) -> int:
    """How many rows there is room for."""
    return max(int(rect.height / (_LOWEST * _size(scale))), 1)
