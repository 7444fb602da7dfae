"""A dense curve as one vertical stroke in each pixel column: it covers the same pixels as the zigzag, at a fraction of
the cost."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.path import Path
from matplotlib.transforms import Bbox, IdentityTransform
from numpy.typing import NDArray

from livemon.views.mpl.kept import Extent, Kept, extent_of_axes

__all__ = ["FastLine", "Strokes", "strokes"]

Array = NDArray[np.float64]

_LONG, _PIECE = 800, 200  # points of a curve that is drawn in pieces, and of each piece


@dataclass(frozen=True, slots=True, eq=False)
class Strokes:
    """Vertical strokes: their x, lower and upper ends, each shape (n,). Gaps are NaN."""

    at: Array
    low: Array
    high: Array

    def polyline(self) -> tuple[Array, Array]:
        """The strokes as the points of one line with gaps."""
        gap = np.full(len(self.at), np.nan)
        return np.column_stack([self.at, self.at, gap]).ravel(), np.column_stack([self.low, self.high, gap]).ravel()


def strokes(x: Array, y: Array, low: float, high: float, columns: int) -> Strokes | None:
    """The curve (x not decreasing; gaps are NaN in y) as at most one stroke in each column between `low` and `high`.

    Each stroke reaches from the lowest to the highest point of its column, and to the column before, so that steep
    parts stay connected: no extreme is lost and no gap appears. None if there are too few points to be worth it."""
    if not high > low or len(x) == 0:
        return None
    column = np.floor((x - low) / (high - low) * columns)
    starts = np.flatnonzero(np.diff(column, prepend=np.nan))
    if len(x) < 1.5 * len(starts):
        return None
    bottom, top = np.fmin.reduceat(y, starts), np.fmax.reduceat(y, starts)
    last, first = y[np.append(starts[1:], len(y)) - 1], y[starts]
    touches = np.isfinite(last[:-1]) & np.isfinite(first[1:])
    reach_down, reach_up = np.fmin(bottom[1:], top[:-1]), np.fmax(top[1:], bottom[:-1])
    bottom[1:] = np.where(touches, reach_down, bottom[1:])
    top[1:] = np.where(touches, reach_up, top[1:])
    return Strokes(low + (column[starts] + 0.5) * (high - low) / columns, bottom, top)


class FastLine(Line2D, Kept):
    """A line that can be drawn as strokes; on a pixel canvas these are drawn at once instead of one by one."""

    strokes: Strokes | None = None

    def extent(self, renderer: Any) -> Extent:
        """See `Kept`. Shapes may extend over the edge."""
        shape = 0.0 if self.get_marker() == "None" else float(renderer.points_to_pixels(self.get_markersize()))
        if self.axes is not None:
            return extent_of_axes(self, 1 + shape)
        pixels = self.get_transform().transform(self.get_xydata())
        (left, bottom), (right, top) = pixels.min(axis=0) - 1 - shape, pixels.max(axis=0) + 1 + shape
        return float(left), float(bottom), float(right), float(top)

    def draw(self, renderer: RendererBase) -> None:
        """Draw the line; see `Line2D.draw`."""
        if not isinstance(renderer, RendererAgg) or not self.get_visible():
            super().draw(renderer)
        elif self.strokes is not None:
            self._lay_on(self.strokes, renderer)
        elif np.size(self.get_xdata()) > _LONG and to_rgba(self.get_color())[3] < 1 and self.get_marker() == "None":
            self._draw_in_pieces(renderer)
        else:
            super().draw(renderer)

    def _draw_in_pieces(self, renderer: Any) -> None:
        """Draw some columns of pixels after the other. The picture is the same; with noise it takes half as long,
        because each row of pixels is crossed by fewer strokes at a time."""
        points, box = self.get_transform().transform(self.get_xydata()), self.get_clip_box()
        x = points[:, 0]
        if box is None or not (np.diff(x) >= 0).all():  # also if one is not finite
            super().draw(renderer)
            return
        gc = renderer.new_gc()
        gc.set_foreground(to_rgba(self.get_color()), isRGBA=True)
        gc.set_linewidth(self.get_linewidth())
        gc.set_joinstyle(self.get_solid_joinstyle())
        gc.set_capstyle(self.get_solid_capstyle())
        beside = renderer.points_to_pixels(self.get_linewidth()) + 2.0
        edges = np.unique([np.floor(box.x0), *np.floor(x[_PIECE:-_PIECE:_PIECE]), np.ceil(box.x1)])
        edges = edges[(box.x0 <= edges) & (edges <= box.x1)]
        edges[[0, -1]] = box.x0, box.x1
        for left, right in itertools.pairwise(edges):
            first, last = np.searchsorted(x, (left - beside, right + beside))
            gc.set_clip_rectangle(Bbox.from_extents(left, box.y0, right, box.y1))
            renderer.draw_path(gc, Path(points[max(first - 1, 0) : last + 1]), IdentityTransform())
        gc.restore()
        self.stale = False

    def _lay_on(self, strokes: Strokes, renderer: Any) -> None:  # RendererAgg's methods have no types
        canvas = np.asarray(renderer.buffer_rgba()).view(np.uint32)[:, :, 0]
        height = canvas.shape[0]
        count = len(strokes.at)
        ends = np.empty((2 * count, 2))
        ends[:count, 0] = ends[count:, 0] = strokes.at
        ends[:count, 1], ends[count:, 1] = strokes.low, strokes.high
        ends = self.get_transform().transform(ends)
        kept = np.isfinite(ends[:count, 1]) & np.isfinite(ends[count:, 1])
        if self.axes is None or not kept.any():
            return
        left, bottom, right, top = (round(float(edge)) for edge in self.axes.bbox.extents)
        column = np.floor(ends[:count, 0][kept]).astype(np.int64)
        # Rows count from the top, and a flat part is one pixel high.
        first = np.clip(np.round(height - ends[count:, 1][kept]), height - top, height - bottom).astype(np.int64)
        last = np.clip(np.round(height - ends[:count, 1][kept]), height - top, height - bottom).astype(np.int64)
        last = np.maximum(last, first + 1)
        inside = (left <= column) & (column < right)
        if not inside.any():
            return
        _lay_columns(canvas, column[inside], first[inside], last[inside], to_rgba(self.get_color()))


def _lay_columns(
    canvas: NDArray[np.uint32],
    column: NDArray[np.int64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    colour: tuple[float, float, float, float],
) -> None:
    """Blend a colour into rows first..last (excluded) of some columns of an opaque RGBA canvas (height, width)."""
    top, bottom = int(first.min()), min(int(last.max()), canvas.shape[0])
    rows = np.arange(top, bottom)[:, None]
    covered = np.zeros((bottom - top, int(column.max() - column.min()) + 1), np.bool_)
    covered[:, column - column.min()] = (first <= rows) & (rows < last)
    part = canvas[top:bottom, column.min() : column.max() + 1]
    pixels = part[covered].view(np.uint8).reshape(-1, 4)
    ink = np.array((*colour[:3], 1.0), np.float32) * np.float32(255 * colour[3])
    mixed = pixels * np.float32(1 - colour[3]) + (ink + np.float32(0.5))
    part[covered] = mixed.astype(np.uint8).view(np.uint32)[:, 0]
