"""The boxes of a box plot, and the bars of a histogram."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from livemon.boards.model import Bars, Box, Panel
from livemon.views.mpl.boxes import BarArtists, BoxArtists
from livemon.views.mpl.layout import Rect
from livemon.views.mpl.panel_space import space_of
from livemon.views.mpl.text_pool import TextPool

MakePanel = Callable[..., Panel]
RECT = Rect(50.0, 50.0, 400.0, 200.0)


def test_boxes_come_and_go(panel_of: MakePanel) -> None:
    """A panel that never had a box has no artist for them; when the boxes are gone nothing of them is drawn."""
    figure = Figure()
    FigureCanvasAgg(figure)
    axes, texts = figure.add_subplot(), TextPool(figure, animated=False)
    boxes, space = BoxArtists(axes, "light", animated=False), space_of(panel_of("p"), RECT, 1.0)
    boxes.update((), "blue", space, texts)
    assert boxes.artists() == [] == list(axes.collections)
    boxes.update((Box("1", 1.0, 2.0, 2.5, 3.0, 4.0, 10),), "blue", space, texts)
    shapes, whiskers, medians = boxes.artists()
    assert len(shapes.get_paths()) == 1 and len(medians.get_xdata()) == 3
    boxes.update((), "blue", space, texts)
    assert shapes.get_paths() == [] and len(whiskers.get_xdata()) == 0


def test_bars_come_and_go(panel_of: MakePanel) -> None:
    """A histogram is drawn while there is one; on a logarithmic axis its bars begin at the lower limit."""
    axes, panel = Figure().add_subplot(), panel_of("p", y_scale="log", y_limits=(0.5, 9.0))
    bars = BarArtists(axes, "light", animated=False)
    space = space_of(panel, RECT, 1.0)
    bars.update(None, space)
    assert bars.artists() == [] == list(axes.patches)
    bars.update(Bars(np.arange(3.0), np.array([1.0, 8.0]), "green"), space)
    (artist,) = bars.artists()
    assert artist.get_data().baseline == 0.5
    bars.update(None, space)
    assert bars.artists() == []
