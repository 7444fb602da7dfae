"""What is drawn on top of the picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from matplotlib.figure import Figure

from livemon.boards.model import Board
from livemon.views import style
from livemon.views.keys import KEYS
from livemon.views.mpl.blitting import Blitter
from livemon.views.mpl.touch.drag import Drag
from livemon.views.mpl.touch.overlay import Touched

At = Callable[[str, float, float], tuple[float, float]]


def test_a_drag_is_seen_in_all_panels_or_in_its_own(blitter: Blitter, at: At) -> None:
    """Over x a band stands in each panel of curves, over y in one; the cursor goes meanwhile."""
    artists = blitter.painter.panels["loss"]
    assert artists.panel is not None and artists.space is not None
    drag = Drag(artists.panel, artists.space, at("loss", 200.0, 1.0), at("loss", 600.0, 1.0))
    blitter.touch(Touched(600.0, "loss", drag))
    overlay = blitter._overlay
    assert overlay._shown_bands == 3
    acc = blitter.painter.panels["acc"].space
    assert acc is not None
    assert overlay._bands[1].get_x() == pytest.approx(acc.x_at(200.0))
    assert len(overlay.cursor._lines.get_segments()) == 0
    blitter.touch(Touched(600.0, "loss", replace(drag, shift=True, end=at("loss", 600.0, 2.0))))
    assert overlay._shown_bands == 1


@pytest.mark.parametrize("size", [(6.4, 4.0), (13.0, 7.4), (38.4, 21.6)])
def test_the_help_has_every_key_and_fits(size: tuple[float, float], touchable: Callable[..., Board]) -> None:
    """From a small window to a large screen each key stands within the picture, and in letters that can be read."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    class Canvas(FigureCanvasAgg):
        def blit(self, bbox: Any = None) -> None:
            """Nothing."""

    with style.context("light"):
        figure = Figure(figsize=size, dpi=100)
        Canvas(figure)
        blitter = Blitter(figure, "light")
    blitter.show(touchable())
    blitter.touch(Touched(help=True))
    texts = blitter._overlay._texts.artists
    shown = [text.get_text() for text in texts]
    assert [", ".join(key.names) for key in KEYS if ", ".join(key.names) not in shown] == []
    assert all(word in " ".join(shown).split() for key in KEYS for word in key.words.split())  # in lines, none cut off
    for text in texts:
        x, y = text.get_position()
        assert 0 <= x <= size[0] * 72 and 0 <= y <= size[1] * 72
        assert text.get_fontsize() >= 6


def test_a_message_stands_at_the_bottom(blitter: Blitter) -> None:
    """A line over what the footer says; a warning in its own colour."""
    blitter.touch(Touched(message="saved x.png"))
    (text,) = blitter._overlay._texts.artists
    assert text.get_text() == "saved x.png"
    blitter.touch(Touched(message="no expression", is_warning=True))
    (text,) = blitter._overlay._texts.artists
    assert text.get_color() == style.colours("dark")["warning"]
