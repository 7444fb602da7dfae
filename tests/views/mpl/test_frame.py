"""The background of a panel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from livemon.boards.model import Panel, Row
from livemon.views.mpl.frame import Frame, content_of
from livemon.views.mpl.layout import Rect
from livemon.views.mpl.panel_space import space_of

MakePanel = Callable[..., Panel]
RECT = Rect(60.0, 60.0, 400.0, 200.0)


def frame() -> Frame:
    figure = Figure(figsize=(8, 5))
    FigureCanvasAgg(figure)
    return Frame(figure, "light")


def show(one: Frame, panel: Panel, rect: Rect = RECT) -> bool:
    return one.update(content_of(panel, space_of(panel, rect, 1.0), panel.title))


def test_only_what_changed_is_drawn_anew(panel_of: MakePanel) -> None:
    """The same content changes nothing, whatever the curves are; another title, limits, x axis or place does."""
    one, panel = frame(), panel_of("loss")
    assert show(one, panel)
    assert not show(one, panel)
    assert not show(one, replace(panel, lines=panel.lines[:1]))
    for changed in ({"title": "other"}, {"y_limits": (0.0, 9.0)}, {"x_label": "epoch"}, {"y_scale": "log"}):
        assert show(one, replace(panel, **changed)), changed
    assert show(one, replace(panel, y_scale="log"), replace(RECT, width=300.0))


def test_a_larger_figure_has_the_axes_where_they_were(panel_of: MakePanel) -> None:
    """When the figure's size changes the axes are placed anew, though their place in points stays the same."""
    one, panel = frame(), panel_of("loss")
    show(one, panel)
    figure = one.axes.get_figure(root=True)
    assert figure is not None
    figure.set_size_inches(16, 10)
    assert show(one, panel)
    assert one.axes.get_position().x0 * 16 * 72 == pytest.approx(RECT.left)


def test_a_panel_that_is_blank_has_no_ticks(panel_of: MakePanel) -> None:
    """A panel with a message alone has no ticks, as its limits mean nothing; with curves it gets some, though the
    message and the limits stay."""
    one, panel = frame(), panel_of("loss", message="no finite value yet")
    show(one, replace(panel, lines=()))
    assert len(one.axes.get_xticks()) == len(one.axes.get_yticks()) == 0
    assert show(one, panel)
    assert len(one.axes.get_xticks()) > 2 < len(one.axes.get_yticks())


def test_the_name_of_the_x_axis_is_free(panel_of: MakePanel) -> None:
    """The name of the x axis stands on the row of the tick texts, before the last; those that it would cover are left
    out, and it is cut where it would take all of the row."""
    one = frame()
    show(one, panel_of("loss", x_label=""))
    alone = [text.get_text() for text in one.axes.get_xticklabels() if text.get_text()]
    show(one, panel_of("loss", x_label="seconds since the beginning"))
    *beside, end = [text.get_text() for text in one.axes.get_xticklabels() if text.get_text()]
    assert beside == alone[: len(beside)] and 0 < len(beside) < len(alone) and end == "1.0k"
    show(one, panel_of("loss", x_label="seconds since the beginning " * 9))
    assert "…" in one.axes.get_xlabel() and one.axes.get_xticklabels()[0].get_text() == "0"


def test_the_last_tick_says_where_the_axis_ends(panel_of: MakePanel) -> None:
    """The last tick is the axis' end, round or not, and closes the panel with no line; boxes and messages have none."""
    one = frame()
    for end, text in ((119.0, "119"), (1024.0, "1,024"), (1_048_576.0, "1.049M"), (5.0, "5")):
        show(one, panel_of("loss", x_limits=(0.0, end), x_label="step"))
        *others, last = one.axes.xaxis.get_major_ticks()
        assert (last.get_loc(), last.label1.get_text()) == (end, text)
        assert not last.gridline.get_visible() and all(tick.gridline.get_visible() for tick in others)
        assert all(tick.get_loc() < end for tick in others)


@pytest.mark.parametrize("width", [60.0, 85.0, 300.0])
def test_values_below_rows_do_not_touch(width: float, panel_of: MakePanel) -> None:
    """Below the dots of rows no number of the axis stands on another; one that would is left out."""
    rows = tuple(Row(f"run {number}", 0.781 + 0.006 * number, f"{0.781 + 0.006 * number:.3f}", "blue")
                 for number in range(15))
    one = frame()
    show(one, replace(panel_of("loss"), lines=(), rows=rows, x_limits=(0.781, 0.866)), replace(RECT, width=width))
    figure = one.axes.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in one.axes.get_xticklabels() if label.get_text()]
    assert boxes and all(left.x1 < right.x0 for left, right in pairwise(boxes))
