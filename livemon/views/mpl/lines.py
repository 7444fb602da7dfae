"""The curves of a panel and the bands between them."""

from __future__ import annotations

import math
import operator
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgba
from numpy.typing import NDArray

from livemon.boards.model import Band, Dash, Line
from livemon.views import style
from livemon.views.looks import SCREEN
from livemon.views.mpl.crowd import Crowd
from livemon.views.mpl.panel_space import Space
from livemon.views.mpl.strokes import FastLine, Strokes, strokes

__all__ = ["DASHES", "BandArtists", "LineArtists"]

Array = NDArray[np.float64]

# In line widths: short enough that a noisy curve looks different, too.
DASHES: Mapping[Dash, Any] = {
    "solid": "-", "dashed": (0, (5, 1.5)), "dotted": (0, (1.2, 1.2)), "dashdot": (0, (6, 1.5, 1.2, 1.5)),
}
_DOT = SCREEN.lines["points"].dot
_DOT_ROOM = 4.0  # points between dots; denser lines have no dots
_CROWD_FROM = 5  # raw lines of one colour: in comparisons, those behind the best runs


class LineArtists:
    """Draws curves; the artists are reused for other curves at the same position in the panel."""

    def __init__(self, axes: Axes, theme: style.Theme, *, animated: bool) -> None:
        self._axes = axes
        self._animated = animated
        self._palette = style.palette(theme)
        self._lines: list[FastLine] = []
        self._shown: list[tuple[Line, Space] | None] = []  # the content of each artist
        self._crowd: Crowd | None = None
        self._crowd_points: list[Array] = []  # the points of its lines
        self._crowd_look: tuple[Any, Any] | None = None  # its colour and width

    def artists(self) -> list[Artist]:
        """The visible artists."""
        lines: list[Artist] = [line for line in self._lines if line.get_visible()]
        return lines if self._crowd is None else [self._crowd, *lines]

    def update(self, lines: Sequence[Line], space: Space) -> None:
        """Show these curves."""
        crowd, lines = _crowd_of(lines)
        self._show_crowd(crowd, space)
        while len(self._lines) < len(lines):
            artist = FastLine([], [], animated=self._animated, solid_joinstyle="round", solid_capstyle="round")
            self._axes.add_line(artist)
            self._lines.append(artist)
            self._shown.append(None)
        for index, artist in enumerate(self._lines[len(lines) :], len(lines)):
            artist.set_visible(False)
            self._shown[index] = None
        for index, (artist, line) in enumerate(zip(self._lines, lines, strict=False)):
            shown = self._shown[index]
            if shown is not None and shown[0] is line and shown[1] == space:
                continue
            self._shown[index] = line, space
            artist.version += 1
            artist.strokes = self._strokes(line, space)
            artist.set_data(*(artist.strokes.polyline() if artist.strokes is not None else (line.x, line.y)))
            artist.set(visible=True, **self._look(line, space))

    def _show_crowd(self, lines: Sequence[Line], space: Space) -> None:
        if self._crowd is not None and not lines:
            self._crowd.remove()
            self._crowd = None
            self._crowd_points, self._crowd_look = [], None
        if not lines:
            return
        if self._crowd is None:
            self._crowd = Crowd([], animated=self._animated, zorder=SCREEN.lines["raw"].order, capstyle="round",
                                joinstyle="round")
            self._axes.add_collection(self._crowd, autolim=False)
        look = self._look(lines[0], space)
        points = [array for line in lines for array in (line.x, line.y)]
        if len(points) != len(self._crowd_points) or any(map(operator.is_not, points, self._crowd_points)):
            self._crowd_points = points
            self._crowd.set_segments([np.column_stack((line.x, line.y)) for line in lines])
            self._crowd.version += 1
        if (look["color"], look["linewidth"]) != self._crowd_look:
            self._crowd_look = look["color"], look["linewidth"]
            self._crowd.set(color=look["color"], linewidth=look["linewidth"])
            self._crowd.version += 1

    def _strokes(self, line: Line, space: Space) -> Strokes | None:
        """In a window: the strokes of a raw curve with many points in every pixel column. A picture may be saved at any
        resolution, so it gets the curve."""
        if not self._animated or space.log_x or line.kind not in ("raw", "superseded"):
            return None
        dpi = self._axes.get_figure(root=True).dpi  # type: ignore[union-attr]
        return strokes(line.x, line.y, *space.x, math.ceil(space.axes.width / 72 * dpi))

    def _look(self, line: Line, space: Space) -> dict[str, Any]:
        look, colour = SCREEN.lines[line.kind], self._palette[line.colour]
        marker, markevery = "None", None
        if look.dot and len(line.x) <= space.axes.width / (_DOT_ROOM * space.scale):
            marker = "o"
        elif look.alpha == 1 and len(alone := _alone(line.y)):
            marker, markevery = "o", alone.tolist()  # such a point is no line, and would be invisible
        return {
            "zorder": look.order, "linewidth": look.width * space.scale,
            "color": colour if look.alpha == 1 else to_rgba(colour, look.alpha),
            "linestyle": DASHES[line.dash],
            "marker": marker, "markevery": markevery, "markeredgewidth": 0, "markersize": _DOT * space.scale,
        }


class BandArtists:
    """Draws bands; they are few, and made again each time."""

    def __init__(self, axes: Axes, theme: style.Theme, *, animated: bool) -> None:
        self._axes = axes
        self._animated = animated
        self._palette = style.palette(theme)
        self._bands: list[PolyCollection] = []

    def artists(self) -> list[Artist]:
        """All of them."""
        return list(self._bands)

    def update(self, bands: Sequence[Band]) -> None:
        """Show these bands."""
        for artist in self._bands:
            artist.remove()
        self._bands = [self._made(band, SCREEN.alpha_of_bands(len(bands))) for band in bands]

    def _made(self, band: Band, alpha: float) -> PolyCollection:
        known = np.isfinite(band.low) & np.isfinite(band.high)
        colour = to_rgba(self._palette[band.colour], alpha)
        return self._axes.fill_between(band.x, band.low, band.high, where=known.tolist(), linewidth=0,
                                       zorder=SCREEN.band_order, facecolor=colour, animated=self._animated)


def _crowd_of(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """The raw lines of one colour, if there are many, and the other lines."""
    colours = Counter(line.colour for line in lines if line.kind == "raw")
    many = {colour for colour, count in colours.most_common(1) if count >= _CROWD_FROM}
    crowd = [line for line in lines if line.kind == "raw" and line.colour in many]
    return crowd, [line for line in lines if line.kind != "raw" or line.colour not in many]


def _alone(y: Array) -> NDArray[np.intp]:
    """The indices of finite points without a finite neighbour."""
    finite = np.isfinite(y)
    beside = np.zeros(len(y), bool)
    beside[1:] |= finite[:-1]
    beside[:-1] |= finite[1:]
    return np.flatnonzero(finite & ~beside)
