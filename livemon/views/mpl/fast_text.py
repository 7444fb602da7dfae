"""A Text that is fast to draw repeatedly, for windows.

matplotlib lays out and renders a text glyph by glyph at every draw; for dozens of numbers that costs more than all
curves of a dashboard. Here the rendered text is kept, and only blended into the canvas."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from matplotlib.typing import ColorType
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from livemon.views.mpl.kept import Kept

__all__ = ["FastText", "draw_text"]

_KEPT_UP_TO = 32.0  # pixels: larger texts are for print, and drawn once
_ANCHORS = {"left": "ls", "center": "ms", "right": "rs"}


class FastText(Text, Kept):
    """One line of text on its baseline. Uses matplotlib's own drawing on anything but a pixel canvas, and for texts
    that need more than one font."""

    halo: tuple[float, str] = (0.0, "")  # width in points and colour of the stroke around the letters
    font_path: str = ""  # the font's file, found by whoever sets the font; "" leaves the text to matplotlib

    @property
    def is_plain(self) -> bool:
        """Whether it only adds ink to what is below."""
        return bool(self.font_path) and not self.halo[0] and self.get_verticalalignment() == "baseline"

    def pixels(self, renderer: Any) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.float32]]:
        """For a plain text: the pixels of the renderer's canvas that it changes, numbered row by row, the factor for
        each, and the colour to add."""
        canvas = np.asarray(renderer.buffer_rgba())
        x, y = self.get_transform().transform(self.get_position())
        size = float(renderer.points_to_pixels(float(self.get_fontsize())))
        make = _rendered if size <= _KEPT_UP_TO else _rendered.__wrapped__
        ink = make(self.get_text(), self.font_path, size, _ANCHORS[self.get_horizontalalignment()],
                   to_rgb(self.get_color()), 0)
        return ink.pixels(canvas.shape, round(float(x)), canvas.shape[0] - round(float(y)))

    def draw(self, renderer: RendererBase) -> None:
        """Draw the text; see `Text.draw`."""
        text = self.get_text()
        if not self.get_visible() or not text:
            return
        if not (isinstance(renderer, RendererAgg) and self.font_path and self.get_verticalalignment() == "baseline"):
            super().draw(renderer)
        else:
            self._draw_fast(text, renderer)

    def _draw_fast(self, text: str, renderer: RendererAgg) -> None:
        x, y = self.get_transform().transform(self.get_position())
        draw_text(renderer, text, x, y, self.font_path, float(self.get_fontsize()), self.get_horizontalalignment(),
                  self.get_color(), self.halo)
        self.stale = False


def draw_text(renderer: Any, text: str, x: float, y: float, font_path: str, size: float, align: str,
              colour: ColorType, halo: tuple[float, str] = (0.0, "")) -> None:
    """Draw one line of text into an opaque canvas.

    Args:
        renderer: RendererAgg, whose methods have no types.
        x, y: The beginning, middle or end of its baseline, by `align`; in pixels from the lower left corner.
        font_path, size: Its font, and its size in points.
        colour: Its colour.
        halo: Width in points and colour of the stroke around the letters.
    """
    canvas = np.asarray(renderer.buffer_rgba())
    pixels = float(renderer.points_to_pixels(size))
    make = _rendered if pixels <= _KEPT_UP_TO else _rendered.__wrapped__
    look = (text, font_path, pixels, _ANCHORS[align])
    column, row = round(float(x)), canvas.shape[0] - round(float(y))
    stroke = round(renderer.points_to_pixels(halo[0] / 2))
    if stroke:
        make(*look, to_rgb(halo[1]), stroke).lay_on(canvas, column, row)
    make(*look, to_rgb(colour), 0).lay_on(canvas, column, row)


@dataclass(frozen=True, slots=True)
class _Ink:
    """A rendered text: what it adds to each pixel and the factor for what is below, both shape (height, width, 4), and
    its upper left corner relative to the anchor. Four channels, like the canvas: this is fastest in numpy."""

    adds: NDArray[np.float32]
    leaves: NDArray[np.float32]
    left: int
    top: int

    def lay_on(self, canvas: NDArray[np.uint8], column: int, row: int) -> None:
        """Blend with an opaque canvas (height, width, 4), with the anchor at (column, row); parts outside are cut
        off."""
        (x0, y0), (x1, y1), part = self._inside(canvas.shape, column, row)
        if x0 < x1 and y0 < y1:
            region = canvas[y0:y1, x0:x1]
            region[...] = region * self.leaves[part] + self.adds[part]

    def pixels(self, shape: tuple[int, ...], column: int, row: int
               ) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.float32]]:
        """The pixels that it changes on a canvas of that shape, with the anchor at (column, row); see
        `FastText.pixels`."""
        (x0, y0), (x1, y1), part = self._inside(shape, column, row)
        if not (x0 < x1 and y0 < y1):
            return np.empty(0, np.intp), np.empty((0, 4), np.float32), np.empty((0, 4), np.float32)
        leaves, adds = self.leaves[part], self.adds[part]
        rows, columns = np.nonzero(leaves[:, :, 0] < 1)
        return (rows + y0) * shape[1] + columns + x0, leaves[rows, columns], adds[rows, columns]

    def _inside(self, shape: tuple[int, ...], column: int, row: int
                ) -> tuple[tuple[int, int], tuple[int, int], tuple[slice, slice]]:
        """The first column and row on a canvas of that shape, the ones after the last, and the part within."""
        left, top = column + self.left, row + self.top
        height, width = self.adds.shape[:2]
        x0, y0 = max(left, 0), max(top, 0)
        x1, y1 = min(left + width, shape[1]), min(top + height, shape[0])
        return (x0, y0), (x1, y1), (slice(y0 - top, max(y1 - top, 0)), slice(x0 - left, max(x1 - left, 0)))


@functools.lru_cache(maxsize=64)
def _font(path: str, size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


@functools.lru_cache(maxsize=1024)
def _rendered(text: str, path: str, size: float, anchor: str, colour: tuple[float, float, float], stroke: int) -> _Ink:
    font = _font(path, size)
    left, top, right, bottom = (int(edge) for edge in font.getbbox(text, anchor=anchor, stroke_width=stroke))
    left, top = left - 1, top - 1
    image = Image.new("L", (right - left + 2, bottom - top + 2))
    ImageDraw.Draw(image).text((-left, -top), text, fill=255, font=font, anchor=anchor, stroke_width=stroke)
    cover = np.repeat((np.asarray(image, np.float32) / np.float32(255))[:, :, None], 4, axis=2)
    ink = np.array((*colour, 1.0), np.float32) * np.float32(255)
    return _Ink(cover * ink + np.float32(0.5), np.float32(1) - cover, left, top)
