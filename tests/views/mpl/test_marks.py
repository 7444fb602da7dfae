"""The marks of a panel, and their texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from livemon.boards.model import Line, Mark, Panel
from livemon.views import style
from livemon.views.mpl.layout import Rect
from livemon.views.mpl.marks import MarkArtists, MarkTexts
from livemon.views.mpl.panel_space import Space, space_of
from livemon.views.mpl.text_pool import TextPool

RECT = Rect(50.0, 50.0, 400.0, 200.0)
MakePanel = Callable[..., Panel]


class Texts:
    """Where the texts of marks stand."""

    def __init__(self) -> None:
        figure = Figure(figsize=(8, 5))
        FigureCanvasAgg(figure)
        self.pool = TextPool(figure, animated=False)
        self.texts = MarkTexts("light")

    def put(self, marks: list[Mark], lines: tuple[Line, ...], space: Space) -> dict[str, tuple[float, float]]:
        self.pool.start()
        self.texts.put(marks, lines, [], space, self.pool)
        self.pool.finish()
        return {text.get_text(): text.get_position() for text in self.pool.artists}


def space_like(panel: Panel, rect: Rect = RECT) -> Space:
    return space_of(panel, rect, 1.0)


def test_an_artist_is_used_again(panel_of: MakePanel) -> None:
    """Marks of one kind, edge and colour share an artist; it is hidden while there are none of them, and comes back."""
    axes, space = Figure().add_subplot(), space_like(panel_of("loss"))
    artists = MarkArtists(axes, "light", animated=False)
    marks = [*(Mark("beyond", x, None, "blue") for x in (1.0, 2.0)), Mark("beyond", 3.0, None, "blue", edge="bottom")]
    artists.update(marks, space)
    first = artists.artists()
    assert [artist.get_marker() for artist in axes.get_lines()] == ["^", "v"]
    artists.update(marks[:2], space)
    assert artists.artists() == first[:1]
    artists.update(marks, space)
    assert artists.artists() == first
    assert len(axes.get_lines()) == 2


def test_a_best_value_and_an_edge_of_its_colour(panel_of: MakePanel) -> None:
    """A star is on its value, what is beyond the limits at the edge: both in their curve's colour."""
    axes = Figure().add_subplot()
    marks = [Mark("best", 5.0, 1.5, "orange"), Mark("beyond", 6.0, None, "orange")]
    MarkArtists(axes, "dark", animated=False).update(marks, space_like(panel_of("loss")))
    star, beyond = axes.get_lines()
    assert star.get_color() == beyond.get_color() == style.palette("dark")["orange"]
    assert (star.get_ydata()[0], star.get_transform()) == (1.5, axes.transData)
    assert beyond.get_ydata()[0] > 0.9


def test_a_text_stays_where_it_stood(panel_of: MakePanel) -> None:
    """A mark's text does not jump when a curve comes to run through it; where the axes change it stands off the
    curve."""
    panel, texts = panel_of("loss", y_limits=(0.0, 2.0)), Texts()
    marks = [Mark("best", 500.0, 1.0, "blue", "best 1.0")]
    free = texts.put(marks, (), space_like(panel))
    x = np.linspace(0, 1000, 200)
    through = (Line("m", "main", x, np.full(200, 1.0), "blue"),)
    assert texts.put(marks, through, space_like(panel)) == free
    moved = texts.put(marks, through, space_like(replace(panel, y_limits=(0.0, 2.001))))
    assert abs(moved["best 1.0"][1] - free["best 1.0"][1]) > 5


def test_the_most_telling_text_comes_first(panel_of: MakePanel) -> None:
    """Where there is room for one text only, it is that of the best value; the other mark stands alone."""
    marks = [Mark("epoch", 100.0, None, "grey", "epoch 2"), Mark("best", 100.0, 1.0, "blue", "best 1.0")]
    narrow = Rect(50.0, 50.0, 80.0, 12.0)
    assert list(Texts().put(marks, (), space_like(panel_of("loss"), narrow))) == ["best 1.0"]
