"""Many thin lines of one look in the background, such as those of 300 runs, drawn at once.

matplotlib strokes one line after the other, mostly over pixels that earlier lines have covered. Here we count how often
the lines cover each pixel, and mix its colour once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.collections import LineCollection
from numpy.typing import NDArray

from livemon.views.mpl.kept import Extent, Kept, extent_of_axes

__all__ = ["Crowd", "coverage", "reach"]

Array = NDArray[np.float64]

_LEAST_PART = 0.02  # of a column: less is not visible


class Crowd(LineCollection, Kept):
    """Lines of one colour, alpha and width. On a pixel canvas they are drawn together; elsewhere (PDF, SVG) one by
    one."""

    _covered: tuple[Any, Any, Array] | None = None  # the first line, the position of the counts, and the counts

    def extent(self, renderer: Any) -> Extent:
        """See `Kept`."""
        return extent_of_axes(self)

    def draw(self, renderer: RendererBase) -> None:
        """Draw the lines; see `LineCollection.draw`."""
        if isinstance(renderer, RendererAgg):
            if self.get_visible() and self.axes is not None:
                self._lay_on(renderer)
        else:
            super().draw(renderer)

    def _lay_on(self, renderer: Any) -> None:  # RendererAgg's methods have no types
        canvas = np.asarray(renderer.buffer_rgba())
        left, bottom, right, top = (round(float(edge)) for edge in self.axes.bbox.extents)  # type: ignore[union-attr]
        part = canvas[max(canvas.shape[0] - top, 0) : canvas.shape[0] - bottom, max(left, 0) : right][::-1]
        paths = self.get_paths()
        if not part.size or not paths:
            return
        radius = renderer.points_to_pixels(float(self.get_linewidth()[0])) / 2  # type: ignore[index]
        step = max(int(radius), 1)  # pixels: some columns across the width of the pen
        transform = self.get_transform()
        key = transform.transform([(0.0, 0.0), (1.0, 1.0), (2.0, 10.0)]).tolist(), part.shape, left, bottom, radius
        if self._covered is None or self._covered[0] is not paths[0] or self._covered[1] != key:
            lines = [np.asarray(path.vertices, np.float64) for path in paths]
            points = transform.transform(np.concatenate(lines)) - (left, bottom)
            points[:, 0] /= step
            self._covered = paths[0], key, coverage(
                np.split(points, np.cumsum([len(line) for line in lines])[:-1]), radius,
                (part.shape[0], -(-part.shape[1] // step)), step)
        covered = self._covered[2]
        ink = np.asarray(self.get_edgecolor())[0].tolist()
        for beside in range(step):
            pixels = part[:, beside::step]
            _mix(pixels, covered[:, : pixels.shape[1]], ink)


def reach(x: Array, y: Array, columns: int) -> tuple[Array, Array]:
    """The lowest and highest value of a line in each of the pixel columns 0, 1, 2 ...: two arrays, shape (columns,),
    NaN in columns without the line.

    Args:
        x, y: The line's points in pixels, x not decreasing; gaps are NaN in y.
        columns: The number of columns.
    """
    borders = np.interp(np.arange(columns + 1.0), x, y, left=np.nan, right=np.nan)
    low, high = np.fmin(borders[:-1], borders[1:]), np.fmax(borders[:-1], borders[1:])
    column = np.floor(x)
    first, last = np.searchsorted(column, (0, columns))
    if first < last:
        starts = np.flatnonzero(np.diff(column[first:last], prepend=-1))
        at, inside = column[first:last][starts].astype(np.int64), y[first:last]
        low[at] = np.fmin(low[at], np.fmin.reduceat(inside, starts))
        high[at] = np.fmax(high[at], np.fmax.reduceat(inside, starts))
    return low, high


def coverage(lines: Sequence[Array], radius: float, shape: tuple[int, int], width: float = 1.0) -> Array:
    """How often a round pen covers each cell of a grid when it draws the lines; part of a row counts for that part.

    Args:
        lines: The points of each line, shape (points, 2): x in columns and y in rows from the lower left corner; see
            `reach`.
        radius: The radius of the pen, in rows.
        shape: The numbers of rows, from the bottom, and columns.
        width: The width of a column, in rows.
    """
    rows, columns = shape
    low, high = np.empty((2, len(lines), columns))
    for number, line in enumerate(lines):
        low[number], high[number] = reach(line[:, 0], line[:, 1], columns)
    # Count where the pen begins and ends in each column; the running sum over the rows is what lies between. In a row
    # with an end, the part below the end is subtracted.
    places, signs, parts = [], [], []
    drawn = np.flatnonzero(~np.isnan(low).all(axis=0))
    first, last = (int(drawn[0]), int(drawn[-1])) if len(drawn) else (0, 0)
    beside = int(radius / width) + 2  # columns reached by the pen
    inside = slice(max(first - beside, 0), last + beside + 1)
    low, high = low[:, inside], high[:, inside]
    column = np.broadcast_to(np.arange(columns)[inside], low.shape).ravel()
    for lower, upper, share in _thickened(low, high, radius, width):
        known = np.flatnonzero(~np.isnan(lower))
        of = column[known]
        for end, sign in ((lower, share), (upper, -share)):
            at = end.ravel()[known]
            np.clip(at, 0, rows, out=at)
            row = at.astype(np.int64)
            at -= row
            at *= sign
            row *= columns
            row += of
            places.append(row)
            parts.append(at)
            signs.append(np.full(len(row), sign))
    everywhere = np.concatenate(places)
    ends = np.bincount(everywhere, np.concatenate(signs), (rows + 1) * columns).reshape(rows + 1, columns)
    covered = np.cumsum(ends, axis=0, out=ends)
    covered -= np.bincount(everywhere, np.concatenate(parts), (rows + 1) * columns).reshape(rows + 1, columns)
    return np.asarray(covered[:rows])


def _thickened(low: Array, high: Array, radius: float, width: float) -> list[tuple[Array, Array, float]]:
    """The area that a round pen covers in each column when it moves from low to high, shape (lines, columns) each:
    lower end, upper end, share of the column. Steep lines are as wide as the pen, with partly covered columns."""
    lower, upper = low - radius, high + radius
    whole, part = divmod(max(radius / width - 0.5, 0.0), 1.0)  # columns on each side of the line's own
    for beside in range(1, int(whole) + 1):
        _widen(lower, upper, low, high, beside, math.sqrt(radius**2 - (beside * width) ** 2))
    if part < _LEAST_PART:
        return [(lower, upper, 1.0)]
    wider = lower.copy(), upper.copy()
    _widen(*wider, low, high, int(whole) + 1, math.sqrt(radius**2 - ((whole + 0.5) * width) ** 2))
    return [(lower, upper, 1.0 - part), (*wider, part)]


def _widen(lower: Array, upper: Array, low: Array, high: Array, columns: int, around: float) -> None:
    """Extend each column to what the pen reaches from a number of columns further left and right, where it reaches
    `around` up and down."""
    for to, of in ((np.s_[:, columns:], np.s_[:, :-columns]), (np.s_[:, :-columns], np.s_[:, columns:])):
        np.fmin(lower[to], low[of] - around, out=lower[to])
        np.fmax(upper[to], high[of] + around, out=upper[to])


def _mix(pixels: NDArray[np.uint8], covered: Array, ink: Sequence[float]) -> None:
    """Blend an RGBA colour into RGBA pixels, shape (rows, columns, 4), as often as each is covered, shape (rows,
    columns)."""
    inked = np.flatnonzero(covered > 1 / 256)  # less is not visible
    share = (1 - np.power(np.float32(1 - ink[3]), covered.ravel()[inked].astype(np.float32)))[:, None]
    row, column = np.divmod(inked, pixels.shape[1])
    before = pixels[row, column]
    colour = np.array((*ink[:3], 1.0), np.float32) * np.float32(255)
    pixels[row, column] = (before + (colour - before) * share + np.float32(0.5)).astype(np.uint8)
