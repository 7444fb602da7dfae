"""The boxes of a box plot, and the bars of a histogram."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch
from numpy.typing import NDArray

from livemon.boards.model import Bars, Box, Colour
from livemon.views import style
from livemon.views.mpl.panel_space import Space
from livemon.views.mpl.text_pool import TextPool

__all__ = ["BarArtists", "BoxArtists"]

Array = NDArray[np.float64]

_WHISKER_ORDER, _FILL_ORDER, _MEDIAN_ORDER = 2.1, 2.2, 2.3
_BOX_ALPHA, _BAR_ALPHA = 0.6, 0.55


class BoxArtists:
    """Draws boxes: one artist for all boxes, one for their whiskers and one for their medians, made when first
    needed."""

    def __init__(self, axes: Axes, theme: style.Theme, *, animated: bool) -> None:
        self._axes = axes
        self._animated = animated
        self._palette, self._colours = style.palette(theme), style.colours(theme)
        self._made: tuple[PolyCollection, Line2D, Line2D] | None = None

    def artists(self) -> list[Artist]:
        """Boxes, whiskers, medians."""
        return list(self._made or ())

    def update(self, boxes: Sequence[Box], colour: Colour, space: Space, texts: TextPool) -> None:
        """Show these boxes side by side; an empty one, whose values are not finite, is replaced by a word."""
        if not boxes and self._made is None:
            return
        self._made = shapes, whiskers, medians = self._made or self._make()
        sizes, numbered = style.sizes(space.scale), list(enumerate(boxes, 1))
        half = min(0.3, 0.02 + 0.06 * len(boxes))
        shapes.set(facecolor=to_rgba(self._palette[colour], _BOX_ALPHA), edgecolor="none")
        shapes.set_verts([[(at - half, box.q1), (at + half, box.q1), (at + half, box.q3), (at - half, box.q3)]
                          for at, box in numbered])
        whiskers.set_linewidth(sizes["thin"])
        whiskers.set_data(*_segments((at, at, low, high) for at, box in numbered
                                     for low, high in ((box.low, box.q1), (box.q3, box.high))))
        medians.set_linewidth(sizes["median"])
        medians.set_data(*_segments((at - half, at + half, box.median, box.median) for at, box in numbered))
        for at, box in numbered:
            if math.isnan(box.median) and box.count:
                texts.put("NaN", space.x_at(at), space.axes.top - sizes["note"], size=sizes["note"], align="center",
                          middle=True, colour=self._colours["warning"], bold=True)

    def _make(self) -> tuple[PolyCollection, Line2D, Line2D]:
        shapes = PolyCollection([], animated=self._animated, zorder=_FILL_ORDER)
        whiskers = Line2D([], [], animated=self._animated, zorder=_WHISKER_ORDER, color=self._colours["muted"],
                          solid_capstyle="round", solid_joinstyle="round")
        medians = Line2D([], [], animated=self._animated, zorder=_MEDIAN_ORDER, color=self._colours["text"],
                         solid_capstyle="butt", solid_joinstyle="round")
        self._axes.add_collection(shapes, autolim=False)
        self._axes.add_line(whiskers)
        self._axes.add_line(medians)
        return shapes, whiskers, medians


class BarArtists:
    """Draws a histogram as one stepped outline, made when first needed."""

    def __init__(self, axes: Axes, theme: style.Theme, *, animated: bool) -> None:
        self._axes = axes
        self._animated = animated
        self._palette = style.palette(theme)
        self._bars: StepPatch | None = None

    def artists(self) -> list[Artist]:
        """The outline, if it is visible."""
        return [self._bars] if self._bars is not None and self._bars.get_visible() else []

    def update(self, bars: Bars | None, space: Space) -> None:
        """Show these bars, or none."""
        if bars is None:
            if self._bars is not None:
                self._bars.set_visible(False)
            return
        if self._bars is None:
            self._bars = StepPatch([0.0], [0.0, 1.0], fill=True, animated=self._animated, zorder=_FILL_ORDER)
            self._axes.add_patch(self._bars)
        colour = self._palette[bars.colour]
        self._bars.set_data(bars.counts, bars.edges, space.y[0] if space.log_y else 0.0)
        self._bars.set(visible=True, facecolor=to_rgba(colour, _BAR_ALPHA), edgecolor=colour,
                       linewidth=style.sizes(space.scale)["thin"])


def _segments(ends: Iterator[tuple[float, float, float, float]]) -> tuple[Array, Array]:
    """Separate line segments (x0, x1, y0, y1) as one line with gaps."""
    table = np.array(list(ends), np.float64).reshape(-1, 4)
    gap = np.full(len(table), np.nan)
    return (np.column_stack([table[:, 0], table[:, 1], gap]).ravel(),
            np.column_stack([table[:, 2], table[:, 3], gap]).ravel())
