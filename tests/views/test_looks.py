"""One table of looks, and the views that draw from it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from livemon.boards.model import Board, Line, Mark, Panel, Row
from livemon.views import looks, style
from livemon.views.mpl.fast_text import FastText
from livemon.views.mpl.paper import draw_into
from livemon.views.mpl.picture import render

MakeBoard = Callable[..., Board]
MakePanel = Callable[..., Panel]
MEDIA = {"screen": looks.SCREEN, "paper": looks.PAPER, "browser": looks.BROWSER}


def looks_mark(kind: looks.MarkKind, x: float) -> Mark:
    return Mark(kind, x, None, "green")


def rows_of(*rows: Row) -> Panel:
    return Panel("rows", "final loss", (0.0, 1.0), (0.0, 1.0), rows=rows)


@pytest.mark.parametrize("medium", MEDIA)
def test_every_kind_has_a_look(medium: str) -> None:
    """Each medium has a look for every kind of line; the pale kinds lie behind the others, and only they are pale."""
    lines = MEDIA[medium].lines
    assert set(lines) == set(get_args(looks.LineKind))
    pale = {kind for kind, look in lines.items() if look.alpha < 1}
    assert pale == {"raw", "superseded"}
    assert max(lines[kind].order for kind in pale) < min(look.order for kind, look in lines.items() if kind not in pale)


def test_every_medium_shows_what_is_wrong() -> None:
    """NaN and inf are marked in every medium; on screen and in a browser every kind of mark is, in one colour."""
    assert all({"nan", "inf"} <= set(medium.marks) for medium in MEDIA.values())
    assert set(looks.SCREEN.marks) == set(looks.BROWSER.marks) == set(get_args(looks.MarkKind))
    assert all(looks.SCREEN.marks[kind].colour == look.colour for kind, look in looks.BROWSER.marks.items())


@pytest.mark.parametrize("theme", get_args(style.Theme))
def test_a_marks_colour(theme: style.Theme) -> None:
    """A mark has its curve's colour, also where that is no number; upright lines are muted."""
    frame = style.colours(theme)
    colours = {kind: look.in_colour("#123456", frame) for kind, look in looks.SCREEN.marks.items()}
    assert {colours[kind] for kind in ("nan", "inf", "best", "beyond")} == {"#123456"}
    assert colours["restart"] == colours["epoch"] == frame["muted"]


@pytest.mark.parametrize("medium", MEDIA)
def test_nan_inf_and_what_is_off_the_scale_differ(medium: str) -> None:
    """NaN, infinity and a finite value off the scale have a shape each."""
    marks = MEDIA[medium].marks
    shapes = [marks[kind].shape for kind in ("nan", "inf", "beyond", "best") if kind in marks]
    assert len(set(shapes)) == len(shapes) >= 2


def test_marks_of_what_is_no_number_are_told_apart_in_every_view(board_of: MakeBoard, panel_of: MakePanel) -> None:
    """In a window, on paper and in a browser the NaN of a curve and its infinity have its colour and another symbol."""
    pytest.importorskip("plotly", reason="plotly is not installed")
    from livemon.views.plotly import to_plotly

    marks = (looks_mark("nan", 1.0), looks_mark("inf", 2.0), looks_mark("beyond", 3.0))
    panel = panel_of("loss", marks=marks)
    green = style.palette("light")["green"]
    window = [line for line in render(board_of(panel)).axes[0].get_lines() if line.get_marker() in ("x", "D", "^")]
    assert [(line.get_marker(), line.get_color()) for line in window] == [("x", green), ("D", green), ("^", green)]
    assert window[0].get_markeredgecolor() == green
    paper = draw_into(Figure().add_subplot(), panel).get_lines()[-3:]
    assert [(line.get_marker(), line.get_color()) for line in paper] == [("x", green), ("D", green), ("^", green)]
    browser = [trace for trace in to_plotly(board_of(panel)).data if trace.name in ("nan", "inf", "beyond")]
    assert len({trace.marker.symbol for trace in browser}) == 3
    assert {trace.marker.color for trace in browser} == {green}


def test_the_views_agree(board_of: MakeBoard, panel_of: MakePanel) -> None:
    """A raw curve is equally pale in a window and in a browser, and all views draw it in one colour."""
    pytest.importorskip("plotly", reason="plotly is not installed")
    from livemon.views.plotly import to_plotly

    panel = panel_of("loss")
    raw = render(board_of(panel)).axes[0].get_lines()[0]
    trace = to_plotly(board_of(panel)).data[0]
    printed = draw_into(Figure().add_subplot(), panel).get_lines()[0]
    assert trace.opacity == raw.get_color()[3]
    assert trace.line.color == to_hex(raw.get_color()) == to_hex(printed.get_color())


def test_every_view_draws_a_logarithm_that_reaches_down_to_0(board_of: MakeBoard, panel_of: MakePanel) -> None:
    """A logarithmic panel whose limits reach down to 0 is drawn on a linear axis, in every view."""
    pytest.importorskip("plotly", reason="plotly is not installed")
    from livemon.views.plotly import to_plotly

    panel = panel_of("loss", y_scale="log", y_limits=(0.0, 2.0))
    assert render(board_of(panel)).axes[0].get_yscale() == "linear"
    assert draw_into(Figure().add_subplot(), panel).get_yscale() == "linear"
    assert to_plotly(board_of(panel)).layout.yaxis.type == "linear"


def test_rows_that_are_left_out_are_counted(board_of: MakeBoard) -> None:
    """Where a figure for a paper or a browser has no room for all rows, it counts those that it leaves out, and says
    how many of them are no number."""
    pytest.importorskip("plotly", reason="plotly is not installed")
    from livemon.views.plotly import to_plotly

    panel = rows_of(*[Row(f"run {i}", float(i), str(i), "blue") for i in range(60)], Row("bad", math.nan, "NaN", "red"))
    axes = draw_into(Figure().add_subplot(), panel)
    assert len(axes.get_yticklabels()) == 40
    assert [text.get_text() for text in axes.texts] == ["… and 21 more, the last 59; 1 not finite"]
    texts = json.loads(to_plotly(board_of(replace(panel), summary=(), config=())).to_json())["layout"]["annotations"]
    assert "… and 36 more, the last 59; 1 not finite" in [text["text"] for text in texts]


def test_shapes_are_the_same_in_every_view(board_of: MakeBoard, panel_of: MakePanel) -> None:
    """A dashed curve is dashed in a picture, on paper and in a browser."""
    pytest.importorskip("plotly", reason="plotly is not installed")
    from livemon.views.plotly import to_plotly

    lines = tuple(Line("loss", "main", np.arange(3.0), np.arange(3.0) + place, colour, name, name, dash)
                  for place, (name, colour, dash) in enumerate((("a", "blue", "solid"), ("b", "orange", "dashed"))))
    panel = panel_of("loss", lines=lines)
    assert [trace.line.dash for trace in to_plotly(board_of(panel)).data[:2]] == ["solid", "dash"]
    for axes in (render(board_of(panel)).axes[0], draw_into(Figure().add_subplot(), panel, markers=True)):
        assert [line.is_dashed() for line in axes.get_lines()[:2]] == [False, True]


def test_every_view_says_that_curves_are_smoothed(board_of: MakeBoard, panel_of: MakePanel) -> None:
    """Where there is no room for a whole note, its first part stays: what was done to the curves."""
    pytest.importorskip("plotly", reason="plotly is not installed")
    from livemon.views.plotly import to_plotly

    panel = panel_of("loss", note="smoothed · " + "a long note about runs " * 20, title="a title that is long " * 8)
    texts = [text.text for text in to_plotly(board_of(panel)).layout.annotations]
    assert "smoothed" in texts
    assert "smoothed" in [text.get_text() for text in render(board_of(panel)).findobj(FastText)]
