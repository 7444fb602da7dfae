"""Artists that know whether their content has changed, so that unchanged ones need not be set, laid out and drawn
again."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import LineCollection

__all__ = ["Extent", "Kept", "KeptStrokes", "extent_of_axes", "shows_already"]

Extent = tuple[float, float, float, float]  # left, bottom, right and top, in pixels from the lower left corner


class Kept:
    """The attributes of an artist that may be kept.

    Attributes:
        version: Changes whenever it shows something else.
        shown: Its content, as last passed to `shows_already`.
    """

    version = 0
    shown: object = None

    def extent(self, renderer: Any) -> Extent:  # RendererAgg, whose methods have no types
        """The area of what it draws."""
        raise NotImplementedError


def shows_already(artist: Kept, what: object) -> bool:
    """Whether an artist shows this. If not, the caller updates it: it has another version from now on."""
    if artist.shown == what:
        return True
    artist.shown = what
    artist.version += 1
    return False


def extent_of_axes(artist: Artist, beside: float = 1.0) -> Extent:
    """The area of the axes that clip an artist, plus some pixels beside them."""
    left, bottom, right, top = (float(edge) for edge in artist.axes.bbox.extents)  # type: ignore[union-attr]
    return left - beside, bottom - beside, right + beside, top + beside


class KeptStrokes(LineCollection, Kept):
    """Short straight lines that may be kept from frame to frame."""

    def extent(self, renderer: Any) -> Extent:
        """See `Kept`."""
        points: list[Any] = [path.vertices for path in self.get_paths()]
        if not points:
            return 0.0, 0.0, 0.0, 0.0
        pixels = self.get_transform().transform(np.concatenate(points))
        width = 1 + float(renderer.points_to_pixels(float(np.max(self.get_linewidth()))))
        (left, bottom), (right, top) = pixels.min(axis=0) - width, pixels.max(axis=0) + width
        return float(left), float(bottom), float(right), float(top)
