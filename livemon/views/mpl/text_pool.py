"""Pools of texts and their coordinates: artists are made once, and then only change."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from matplotlib.font_manager import findfont
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Affine2D, Transform

from livemon.views.mpl.fast_text import FastText
from livemon.views.mpl.kept import shows_already
from livemon.views.mpl.text import font_of, printable

__all__ = ["TextPool", "points_of"]

_HALF_DIGIT = 0.36  # half the height of a digit, in font sizes
_HALO = 0.3  # width of a halo's stroke, in font sizes


def points_of(figure: Figure) -> Transform:
    """Coordinates in points from the figure's lower left corner, at whatever resolution it is drawn."""
    return Affine2D().scale(1 / 72) + figure.dpi_scale_trans


class TextPool:
    """The texts of one figure, reused from frame to frame: `start`, then `put` each text, then `finish` hides the
    unused ones.

    Texts are never formulas: a `$` or `_` in a metric's name is that character."""

    def __init__(self, figure: Figure, *, animated: bool, zorder: float = 5.0) -> None:
        self._figure = figure
        self._points = points_of(figure)
        self._animated = animated
        self._zorder = zorder
        self._texts: list[FastText] = []
        self._looks: list[tuple[object, ...]] = []
        self._used = 0

    @property
    def artists(self) -> list[FastText]:
        """The texts in use."""
        return self._texts[: self._used]

    def start(self) -> None:
        """Begin a frame, with no text in use."""
        self._used = 0

    def put(
        self,
        text: str,
        x: float,
        y: float,
        *,
        size: float,
        colour: str,
        align: str = "left",
        middle: bool = False,
        bold: bool = False,
        mono: bool = False,
        halo: str = "",
    ) -> FastText:
        """Draw one text at (x, y) in points. `align`: left, center, right; `y` is its baseline, or its `middle`;
        `halo`: a colour around the letters, so that they are readable on top of curves."""
        if self._used == len(self._texts):
            self._texts.append(self._make())
            self._looks.append(())
        artist = self._texts[self._used]
        wanted = (text, size, colour, align, bold, mono, halo)
        if self._looks[self._used] != wanted:
            text = printable(text)
            families, weight = font_of(text, mono=mono, bold=bold)
            artist.set(
                text=text,
                fontsize=size,
                color=colour,
                visible=True,
                horizontalalignment=align,
                fontweight=weight,
                fontfamily=families,
                path_effects=[withStroke(linewidth=_HALO * size, foreground=halo)] if halo else [],
            )
            artist.font_path = findfont(artist.get_fontproperties()) if len(families) == 1 else ""
            artist.halo = (_HALO * size, halo) if halo else (0.0, "")
            self._looks[self._used] = wanted
        self._used += 1
        position = x, y - _HALF_DIGIT * size if middle else y
        if not shows_already(artist, (wanted, position)):
            artist.set_position(position)
        return artist

    def finish(self) -> None:
        """End a frame: hide the unused texts."""
        for index in range(self._used, len(self._texts)):
            self._texts[index].set_visible(False)
            self._looks[index] = ()

    def remove(self) -> None:
        """Remove the artists from the figure."""
        for artist in self._texts:
            artist.remove()
        self._texts.clear()
        self._looks.clear()
        self._used = 0

    def _make(self) -> FastText:
        looks: dict[str, Any] = {
            "transform": self._points,
            "zorder": self._zorder,
            "parse_math": False,
            "verticalalignment": "baseline",
        }
        artist = FastText(0, 0, "", animated=self._animated, **looks)
        self._figure.add_artist(artist)
        return artist
