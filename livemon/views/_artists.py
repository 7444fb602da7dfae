"""Pools of texts and the coordinates that they stand in: artists are made once, and only change afterwards."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Transform

from livemon.views._text import font_of, printable

__all__ = ["TextPool", "points_of"]


def points_of(figure: Figure) -> Transform:
    """Coordinates in points from the figure's lower left corner, at whatever resolution it is drawn."""
    return Affine2D().scale(1 / 72) + figure.dpi_scale_trans


class TextPool:
    """Texts of one figure, reused from frame to frame: `start`, then `put` each text, then `finish` hides those left over.

    Texts are never mathematics: a `$` or `_` in a metric's name is that character.
    """

    def __init__(self, figure: Figure, *, animated: bool, zorder: float = 5.0) -> None:
        self._figure = figure
        self._points = points_of(figure)
        self._animated = animated
        self._zorder = zorder
        self._texts: list[Text] = []
        self._looks: list[tuple[object, ...]] = []
        self._used = 0

    @property
    def artists(self) -> list[Text]:
        """The texts that are in use."""
        return self._texts[: self._used]

    def start(self) -> None:
        self._used = 0

    def put(self, text: str, x: float, y: float, *, size: float, colour: str, align: str = "left", vertical: str = "baseline",
            bold: bool = False, mono: bool = False) -> Text:
        """One text at (x, y) in points. `align`: left, center, right; `vertical`: baseline, center, top, bottom."""
        if self._used == len(self._texts):
            self._texts.append(self._make())
            self._looks.append(())
        artist = self._texts[self._used]
        wanted = (text, size, colour, align, vertical, bold, mono)
        if self._looks[self._used] != wanted:
            text = printable(text)
            families, weight = font_of(text, mono=mono, bold=bold)
            artist.set(text=text, fontsize=size, color=colour, visible=True, horizontalalignment=align, verticalalignment=vertical,
                       fontweight=weight, fontfamily=families)
            self._looks[self._used] = wanted
        self._used += 1
        artist.set_position((x, y))
        return artist

    def finish(self) -> None:
        for index in range(self._used, len(self._texts)):
            self._texts[index].set_visible(False)
            self._looks[index] = ()

    def remove(self) -> None:
        for artist in self._texts:
            artist.remove()
        self._texts.clear()
        self._looks.clear()
        self._used = 0

    def _make(self) -> Text:
        properties: dict[str, Any] = {"transform": self._points, "animated": self._animated, "zorder": self._zorder}
        return self._figure.text(0, 0, "", parse_math=False, **properties)
