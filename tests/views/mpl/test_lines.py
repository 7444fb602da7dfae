"""The curves of a panel and the bands between them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from livemon.boards.model import Band, Line, Panel
from livemon.views.looks import SCREEN
from livemon.views.mpl.layout import Rect
from livemon.views.mpl.lines import BandArtists, LineArtists
from livemon.views.mpl.panel_space import Space, space_of

MakePanel = Callable[..., Panel]


def space_like(panel: Panel, width: float = 400.0) -> Space:
    return space_of(panel, Rect(0.0, 0.0, width, 100.0), 1.0)


def test_lines_that_are_gone_are_not_drawn(panel_of: MakePanel) -> None:
    """An artist without a line is hidden, and used again for the next one."""
    panel, axes = panel_of("p"), Figure().add_subplot()
    lines = LineArtists(axes, "light", animated=False)
    lines.update(panel.lines, space_like(panel))
    both = lines.artists()
    lines.update(panel.lines[:1], space_like(panel))
    assert lines.artists() == both[:1]
    lines.update(panel.lines, space_like(panel))
    assert lines.artists() == both == list(axes.get_lines())


@pytest.mark.parametrize(("points", "marker"), [(50, "o"), (200, "None")])
def test_dots_have_room(points: int, marker: str, panel_of: MakePanel) -> None:
    """A line with few points has a dot at each; where the dots would touch it has none."""
    x = np.linspace(0.0, 1000.0, points)
    panel = panel_of("p", lines=(Line("m", "points", x, x, "blue"),))
    axes = Figure().add_subplot()
    LineArtists(axes, "light", animated=False).update(panel.lines, space_like(panel))
    assert axes.get_lines()[0].get_marker() == marker


@pytest.mark.parametrize("animated", [True, False])
def test_a_dense_curve_is_strokes_in_a_window_alone(animated: bool, panel_of: MakePanel) -> None:
    """In a window a raw curve with many points a pixel column is drawn as strokes; a picture, which may be saved at
    any resolution, gets the curve."""
    panel = panel_of("p", points=20_000)
    axes = Figure().add_subplot()
    LineArtists(axes, "light", animated=animated).update(panel.lines, space_like(panel))
    raw, main = axes.get_lines()
    assert (len(raw.get_xdata()) < 20_000) == animated
    assert len(main.get_xdata()) == 20_000


def test_bands_are_those_of_now(panel_of: MakePanel) -> None:
    """There are as many bands as were shown last."""
    axes = Figure().add_subplot()
    bands = BandArtists(axes, "light", animated=False)
    x = np.arange(3.0)
    bands.update([Band(x, x, x + 1, "blue"), Band(x, x, x + 2, "red")])
    assert len(bands.artists()) == len(axes.collections) == 2
    bands.update([])
    assert bands.artists() == [] == list(axes.collections)


def test_several_bands_are_paler() -> None:
    """The more bands overlap the paler each is, so that together they do not cover the curves, which lie above them."""
    axes = Figure().add_subplot()
    bands, x = BandArtists(axes, "light", animated=False), np.arange(3.0)
    alphas = []
    for count in (1, 2, 3, 9):
        bands.update([Band(x, x, x + 1, "blue")] * count)
        alphas.append(float(np.asarray(axes.collections[0].get_facecolor())[0, 3]))
    assert alphas == sorted(alphas, reverse=True) and alphas[0] > 1.9 * alphas[2] == 1.9 * alphas[3]
    assert axes.collections[0].get_zorder() < SCREEN.lines["main"].order
