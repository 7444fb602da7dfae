"""Texts whose pixels are kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont
from matplotlib.text import Text
from matplotlib.transforms import IdentityTransform

from livemon.views.mpl import fast_text
from livemon.views.mpl.fast_text import FastText


def drawn(kind: type[Text], words: str, x: float = 60, y: float = 40, **looks: Any) -> Any:
    """How dark each pixel of a white canvas of 120 x 80 is, from 0 to 1, with this text on it."""
    figure = Figure(figsize=(1.2, 0.8), dpi=100, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    text = kind(x, y, words, transform=IdentityTransform(), fontsize=14, verticalalignment="baseline", **looks)
    if isinstance(text, FastText):
        text.font_path = findfont(text.get_fontproperties())
    figure.add_artist(text)
    canvas.draw()
    return 1 - np.asarray(canvas.buffer_rgba())[:, :, 0] / 255


@pytest.mark.parametrize("align", ["left", "center", "right"])
def test_it_stands_where_matplotlibs_text_does(align: str) -> None:
    """Beside, around or before its place, on its baseline, a text has the ink that matplotlib gives it, to a pixel."""
    ours, wanted = (drawn(kind, "12.34 gp", horizontalalignment=align) for kind in (FastText, Text))
    assert ours.sum() == pytest.approx(wanted.sum(), rel=0.1)
    for axis in (0, 1):
        inked, other = (np.flatnonzero((one > 0.3).any(axis)) for one in (ours, wanted))
        assert abs(inked[0] - other[0]) <= 1 and abs(inked[-1] - other[-1]) <= 2


@pytest.mark.parametrize(("x", "y"), [(-20, 40), (110, 40), (60, -5), (60, 75), (-500, 40), (60, 900)])
def test_what_stands_outside_is_cut_off(x: float, y: float) -> None:
    """Of a text that reaches beyond the canvas the part inside is drawn, none of one that is outside."""
    shown = drawn(FastText, "12.34 gp", x, y, horizontalalignment="left")
    wide = drawn(Text, "12.34 gp", x, y, horizontalalignment="left")
    assert (shown.sum() > 1) == (wide.sum() > 1)


def test_a_text_is_rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The letters of a text are rendered when it is first seen; another look is rendered anew."""
    made: list[str] = []
    font = fast_text._font

    def counted(path: str, size: float) -> Any:
        made.append(path)
        return font(path, size)

    monkeypatch.setattr(fast_text, "_font", counted)
    fast_text._rendered.cache_clear()
    for _ in range(3):
        drawn(FastText, "0.123")
    assert len(made) == 1
    drawn(FastText, "0.123", color="red")
    assert len(made) == 2


def test_a_halo_stands_around_the_letters() -> None:
    """A halo in the colour of the panel separates the letters from a curve beneath them."""
    figure = Figure(figsize=(1.2, 0.8), dpi=100, facecolor="black")
    canvas = FigureCanvasAgg(figure)
    looks = {"fontsize": 30, "color": "black", "verticalalignment": "baseline"}
    text = FastText(60, 40, "I", transform=IdentityTransform(), **looks)
    text.font_path, text.halo = findfont(text.get_fontproperties()), (8.0, "white")
    figure.add_artist(text)
    canvas.draw()
    row = np.asarray(canvas.buffer_rgba())[30, :, 0] > 128
    edges = np.flatnonzero(np.diff(row.astype(int)))
    assert len(edges) == 4  # black, halo, letter, halo, black


def test_what_one_font_cannot_show_is_matplotlibs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a font of its own, as where a text needs several, matplotlib draws the text."""
    asked: list[str] = []
    monkeypatch.setattr(Text, "draw", lambda self, renderer: asked.append(self.get_text()))
    drawn(FastText, "one font")
    assert asked == []
    figure = Figure()
    canvas = FigureCanvasAgg(figure)
    figure.add_artist(FastText(0, 0, "two fonts"))
    canvas.draw()
    assert "two fonts" in asked
