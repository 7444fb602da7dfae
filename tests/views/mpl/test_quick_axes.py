"""Axes whose ticks are drawn all at once."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from livemon.views.mpl.quick_axes import QuickAxes

VALUES, TEXTS = [0.0, 0.5, 1.0, 2.0], ["0", "half", "1", "two"]


def figure_with(kind: type[Axes], log: bool = False, **looks: Any) -> tuple[Figure, Any]:
    """A figure with one axes of this kind, whose ticks look the same for each kind."""
    figure = Figure((4, 3), dpi=150)
    FigureCanvasAgg(figure)
    axes = kind(figure, (0.15, 0.15, 0.8, 0.8))
    figure.add_axes(axes)
    axes.set(xlim=(-0.25, 2.5), ylim=(-0.5, 2.25))
    if log:
        axes.set_xscale("log")
        axes.set_xlim(0.1, 3.0)
    axes.tick_params(**{"length": 0, "labelsize": 9, "labelcolor": "black", "labelfontfamily": "DejaVu Sans",
                        "grid_color": "#999999", "grid_linewidth": 1.0, **looks})
    for axis in (axes.xaxis, axes.yaxis):
        if isinstance(axes, QuickAxes):
            axis.show_ticks(VALUES[log:], TEXTS[log:])
        else:
            axis.set_ticks(VALUES[log:], TEXTS[log:])
    if not isinstance(axes, QuickAxes):
        axes.minorticks_off()
    axes.grid(True)
    return figure, axes


def pixels(figure: Figure) -> NDArray[np.int64]:
    """The figure as it is drawn: shape (rows, columns), from black to white."""
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[:, :, :3].astype(np.int64).sum(axis=2)  # type: ignore[attr-defined]


@pytest.mark.parametrize("log", [False, True])
def test_the_picture_is_matplotlibs(log: bool) -> None:
    """Grid lines are where matplotlib draws them, to the pixel; texts begin and end within a pixel of its own."""
    mine, its = (pixels(figure_with(kind, log)[0]) for kind in (QuickAxes, Axes))
    grid = slice(20, 370), slice(100, 560)
    assert (mine[grid] == its[grid]).all() and (mine[grid] < 765).any()
    for part in (np.s_[385:, :], np.s_[:, :85]):  # below and left of the axes
        for axis in (0, 1):
            inked, wanted = (np.flatnonzero((shown[part] < 400).any(axis=axis)) for shown in (mine, its))
            assert len(wanted) and abs(inked[0] - wanted[0]) <= 1 and abs(inked[-1] - wanted[-1]) <= 1


def test_no_tick_is_made_until_somebody_asks() -> None:
    """A picture makes no list of ticks; those that somebody asks for have their values and texts, and are drawn."""
    figure, axes = figure_with(QuickAxes)
    before = pixels(figure)
    assert axes.xaxis.majorTicks == axes.xaxis.minorTicks == axes.yaxis.majorTicks == []
    assert [tick.get_loc() for tick in axes.xaxis.get_major_ticks()] == VALUES
    assert [text.get_text() for text in axes.get_yticklabels()] == TEXTS
    axes.xaxis.get_major_ticks()[1].label1.set_color("white")
    after = pixels(figure)
    assert (after[385:, :] != before[385:, :]).any() and (before == pixels(figure_with(QuickAxes)[0])).all()


@pytest.mark.parametrize("looks", [{"length": 8}, {"labelrotation": 40}, {"labelright": True}, {"labelsize": 15},
                                   {"grid_linestyle": ":"}, {"labelleft": False}])
def test_another_look_is_drawn(looks: dict[str, Any]) -> None:
    """What somebody changes of the ticks of a figure is drawn as matplotlib does it."""
    mine, its = (pixels(figure_with(kind, **looks)[0]) for kind in (QuickAxes, Axes))
    assert np.mean(np.abs(mine - its) > 150) < 0.006  # the edges of letters
    usual = pixels(figure_with(QuickAxes)[0])
    assert np.mean(np.abs(mine - usual) > 150) > 0.0005


def test_the_last_grid_line_can_be_left_out() -> None:
    """An open axis has no grid line at its last tick, drawn at once or tick by tick."""
    closed = pixels(figure_with(QuickAxes)[0])
    for asked in (False, True):
        figure, axes = figure_with(QuickAxes)
        axes.xaxis.is_open = True
        lines = [tick.gridline.get_visible() for tick in axes.xaxis.get_major_ticks()] if asked else []
        assert lines == ([True, True, True, False] if asked else [])
        changed = np.flatnonzero((pixels(figure) != closed)[100:300, 100:].any(axis=0)) + 100
        assert len(changed) and np.ptp(changed) <= 4
        assert abs(changed.mean() - axes.transData.transform((2.0, 0.0))[0]) < 2


@pytest.mark.parametrize("form", ["pdf", "svg"])
def test_texts_stay_texts(form: str) -> None:
    """A vector picture has the texts of the ticks."""
    from matplotlib import rc_context

    content = io.BytesIO()
    with rc_context({"svg.fonttype": "none"}):
        figure_with(QuickAxes)[0].savefig(content, format=form)
    assert form == "pdf" or all(f">{text}<" in content.getvalue().decode() for text in TEXTS)
    assert len(content.getvalue()) > 2000


def test_a_tight_picture_holds_all_texts() -> None:
    """`bbox_inches="tight"`, which notebooks use, knows how far the texts reach."""
    figure, _ = figure_with(QuickAxes)
    assert figure.get_tightbbox().x0 < 0.15 * 4 - 0.2
