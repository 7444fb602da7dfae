"""Unchanged artists are drawn only once: if one of sixty runs has a new point, the curves and names of the others are
not drawn again.

The artists of a panel are drawn in order. Leading artists that have not changed for a while are kept together with the
background. Later ones, above something that moves, are kept as a sheet: for each pixel, the share of what is below that
shows through, and the colour to add."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from livemon.views.mpl.fast_text import FastText
from livemon.views.mpl.kept import Kept

__all__ = ["Sheets"]

_PATIENCE = 4  # frames without a change, before an artist is kept
_MOST_PATIENCE = 256  # doubled each time a kept artist changes after all: making a sheet costs two draws


@dataclass(slots=True)
class _StillFrames:
    """How many frames an artist has not changed, and after how many it is kept."""

    version: int
    frames: int = 0
    patience: int = _PATIENCE


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Artists on glass: the pixels of the canvas that they cover, numbered row by row, the share of what is below that
    shows through each, and the colour to add, both of shape (n, 4). Four channels, like the canvas: this is fastest in
    numpy."""

    pixels: NDArray[np.intp]
    through: NDArray[np.float32]
    colour: NDArray[np.float32]

    def lay_on(self, canvas: NDArray[np.uint8]) -> None:
        """Blend it into RGBA pixels."""
        flat = canvas.reshape(-1, 4).view(np.uint32)[:, 0]
        below = flat[self.pixels].view(np.uint8).reshape(-1, 4)
        flat[self.pixels] = (below * self.through + self.colour).astype(np.uint8).view(np.uint32)[:, 0]


class Sheets:
    """Draws the moving artists of a figure over its background.

    Args:
        figure: A figure with an Agg canvas.
    """

    def __init__(self, figure: Figure) -> None:
        self._figure = figure
        self._canvas: Any = figure.canvas
        self._still_frames: dict[Artist, _StillFrames] = {}
        self._base: tuple[object, Any] | None = None  # the artists kept with the background, and the picture of both
        self._sheets: dict[tuple[object, ...], _Sheet] = {}
        self._of_texts: dict[Artist, tuple[int, _Sheet]] = {}  # the version and sheet of each unchanged text
        self._renderer: Any = None  # a renderer for making sheets

    def forget(self) -> None:
        """The background has changed: what was kept has another position or scale."""
        self._base, self._renderer = None, None
        self._sheets.clear()
        self._of_texts.clear()

    def draw(self, panels: Sequence[Sequence[Artist]]) -> None:
        """Draw the artists on the canvas, which shows the background: each panel's in their order, with texts last."""
        still = {artist for artists in panels for artist in artists if self._is_still(artist)}
        self._still_frames = {artist: self._still_frames[artist] for artists in panels for artist in artists
                              if artist in self._still_frames}
        shapes = [[artist for artist in artists if not isinstance(artist, FastText)] for artists in panels]
        texts = [[artist for artist in artists if isinstance(artist, FastText)] for artists in panels]
        first = [_leading(artists, still) for artists in shapes]
        self._draw_base([artist for artists in first for artist in artists])
        used: dict[tuple[object, ...], _Sheet] = {}
        for of_panel, kept, names in zip(shapes, first, texts, strict=True):
            kept_names: list[Artist] = [text for text in names if text in still]
            for part in [*_parts(of_panel[len(kept) :], still), *([kept_names] if kept_names else [])]:
                if part[0] not in still:
                    self._draw_each(part)
                    continue
                key = self._key(part)
                used[key] = sheet = self._sheets.get(key) or self._sheet_of(part)
                sheet.lay_on(np.asarray(self._canvas.buffer_rgba()))
            self._draw_each([text for text in names if text not in still])
        self._sheets = used
        self._of_texts = {text: self._of_texts[text] for text in still if text in self._of_texts}

    def _draw_each(self, artists: Sequence[Artist]) -> None:
        for artist in artists:
            self._figure.draw_artist(artist)

    def _sheet_of(self, artists: Sequence[Artist]) -> _Sheet:
        """The sheet of these artists. The sheet of texts, which do not overlap, is combined from one for each, so that
        a changed text costs only itself."""
        if not isinstance(artists[0], FastText):
            return self._made(artists)
        for text in artists:
            known, version = self._of_texts.get(text), self._still_frames[text].version
            if isinstance(text, FastText) and (known is None or known[0] != version):
                self._of_texts[text] = version, _Sheet(*text.pixels(self._canvas.get_renderer()))
        sheets = [self._of_texts[text][1] for text in artists]
        return _Sheet(np.concatenate([sheet.pixels for sheet in sheets]),
                      np.concatenate([sheet.through for sheet in sheets]),
                      np.concatenate([sheet.colour for sheet in sheets]))

    def _is_still(self, artist: Artist) -> bool:
        """Whether an artist has not changed for long enough to be kept."""
        if isinstance(artist, FastText) and not artist.is_plain:
            return False
        if not isinstance(artist, Kept):
            return False
        still = self._still_frames.setdefault(artist, _StillFrames(artist.version))
        if still.version != artist.version:
            patience = min(2 * still.patience, _MOST_PATIENCE) if still.frames >= still.patience else still.patience
            self._still_frames[artist] = _StillFrames(artist.version, 0, patience)
            return False
        still.frames += 1
        return still.frames >= still.patience

    def _key(self, artists: Sequence[Artist]) -> tuple[object, ...]:
        return tuple((artist, self._still_frames[artist].version) for artist in artists)

    def _draw_base(self, artists: Sequence[Artist]) -> None:
        if not artists:
            return
        key = self._key(artists)
        if self._base is None or self._base[0] != key:
            for artist in artists:
                self._figure.draw_artist(artist)
            self._base = key, self._canvas.copy_from_bbox(self._figure.bbox)
        else:
            self._canvas.restore_region(self._base[1])

    def _made(self, artists: Sequence[Artist]) -> _Sheet:
        """Make a sheet of artists: drawn on black they give the colour to add, and on white also what shows through."""
        width, height = self._canvas.get_width_height(physical=True)
        if self._renderer is None or (self._renderer.width, self._renderer.height) != (width, height):
            self._renderer = RendererAgg(width, height, self._figure.dpi)  # type: ignore[no-untyped-call]
        pixels: NDArray[np.uint8] = np.asarray(self._renderer.buffer_rgba())
        extents = np.array([artist.extent(self._renderer) for artist in artists if isinstance(artist, Kept)])
        left, bottom = (max(math.floor(edge), 0) for edge in extents[:, :2].min(axis=0))
        right, top = (max(math.ceil(edge), 0) for edge in extents[:, 2:].max(axis=0))
        first = max(height - top, 0)
        part = pixels[first : max(height - bottom, 0), left:right]
        drawn = []
        for ground in (0, 255):
            part[...] = ground
            part[..., 3] = 255
            for artist in artists:
                artist.draw(self._renderer)
            drawn.append(part.astype(np.float32))
        black, white = drawn
        through = 1 - (white - black)[..., :3].mean(axis=2) / np.float32(255)
        rows, columns = np.nonzero(through > 1 / 256)
        let = (1 - through[rows, columns])[:, None]
        colour = black[rows, columns]
        colour[:, 3] = 255 * (1 - let[:, 0])
        return _Sheet((rows + first) * width + columns + left, np.repeat(let, 4, axis=1), colour + np.float32(0.5))


def _leading(artists: Sequence[Artist], still: set[Artist]) -> list[Artist]:
    count = next((index for index, artist in enumerate(artists) if artist not in still), len(artists))
    return list(artists[:count])


def _parts(artists: Sequence[Artist], still: set[Artist]) -> list[list[Artist]]:
    """The artists in order, split into alternating unchanged and moving parts."""
    parts: list[list[Artist]] = []
    for artist in artists:
        if parts and (parts[-1][-1] in still) == (artist in still):
            parts[-1].append(artist)
        else:
            parts.append([artist])
    return parts
