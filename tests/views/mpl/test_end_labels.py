"""The labels at the ends of a panel's curves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from livemon.boards.model import Line, Panel
from livemon.views.mpl.end_labels import EndLabels, labels_of
from livemon.views.mpl.layout import Rect
from livemon.views.mpl.panel_space import Space, space_of

RECT = Rect(50.0, 50.0, 400.0, 100.0)
MakePanel = Callable[..., Panel]


def line(label: str, end: float = 1000.0) -> Line:
    x = np.linspace(0.0, end, 50)
    return Line("m", "main", x, np.full(50, 1.5), "blue", label)


def axes_width(labels: EndLabels, panel: Panel, rect: Rect = RECT) -> float:
    space: Space = labels.make_room(labels_of(panel.lines, rect, 1.0), panel, space_of(panel, rect, 1.0))
    return space.axes.width


def made() -> EndLabels:
    figure = Figure()
    FigureCanvasAgg(figure)
    return EndLabels(figure, "light", animated=False)


def test_as_many_labels_as_the_height_holds() -> None:
    """A panel shows as many labels as fit above each other; lines without a label or a number have none."""
    lines = [line("a 1"), line(""), Line("m", "main", np.arange(2.0), np.full(2, np.nan), "blue", "b NaN")]
    assert [label.text for label in labels_of(lines, RECT, 1.0)] == ["a 1"]
    assert len(labels_of([line(f"m{i} 1") for i in range(40)], RECT, 1.0)) == int(100 // (1.35 * 9))


def test_room_for_labels_only_where_they_need_it(panel_of: MakePanel) -> None:
    """The axes give way to labels at their right end; a curve that has just begun has room within them."""
    early, late = (panel_of("p", lines=(line("train 1.234", end),)) for end in (100.0, 1000.0))
    assert axes_width(made(), early) == RECT.width
    assert axes_width(made(), late) < RECT.width


def test_the_room_only_grows(panel_of: MakePanel) -> None:
    """A label that gets shorter does not move the axes; with other limits of x, or at another place, the room is
    chosen anew."""
    labels = made()
    wide, short = (panel_of("p", lines=(line(text),)) for text in ("train 1.234567e-05", "train 1"))
    narrow = axes_width(labels, wide)
    assert axes_width(labels, short) == narrow
    assert axes_width(labels, panel_of("p", lines=(line("train 1"),), x_limits=(0.0, 1001.0))) > narrow
    axes_width(labels, wide)
    assert axes_width(labels, short, Rect(50.0, 50.0, 401.0, 100.0)) > narrow
