"""One panel of a board as artists."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from livemon.boards.model import Board, Box, Line, Mark, Panel
from livemon.views import style
from livemon.views.mpl.picture import render

MakeBoard = Callable[..., Board]
MakePanel = Callable[..., Panel]


def test_curves_are_drawn_as_they_are(
    axes_of: Callable[[Figure, str], Axes], board_of: MakeBoard, panel_of: MakePanel
) -> None:
    """Each line gets its points and its look: raw pale, thin and behind; main in its colour; points with dots;
    superseded dimmed."""
    x = np.arange(5.0)
    kinds = [
        Line(kind, kind, x, x * (place + 1), "orange")
        for place, kind in enumerate(("superseded", "raw", "main", "points"))
    ]
    figure = render(board_of(panel_of("loss", lines=tuple(kinds), x_limits=(0, 5), y_limits=(0, 20))))
    superseded, raw, main, points = axes_of(figure, "loss").get_lines()[:4]
    for place, artist in enumerate((superseded, raw, main, points), 1):
        np.testing.assert_array_equal(artist.get_ydata(), x * place)
    assert main.get_color() == style.palette("light")["orange"]
    assert raw.get_linewidth() < main.get_linewidth()
    assert raw.get_zorder() < main.get_zorder()
    assert raw.get_color()[3] < 0.5
    assert superseded.get_color()[3] < 0.5
    assert (main.get_marker(), points.get_marker()) == ("None", "o")


def test_a_lonely_point_gets_a_dot(
    axes_of: Callable[[Figure, str], Axes], board_of: MakeBoard, panel_of: MakePanel
) -> None:
    """A finite point between two gaps is visible, though it is no line."""
    line = Line("m", "main", np.arange(5.0), np.array([1.0, 1.0, np.nan, 1.0, np.nan]), "blue")
    artist = axes_of(render(board_of(panel_of("loss", lines=(line,)))), "loss").get_lines()[0]
    assert (artist.get_marker(), artist.get_markevery()) == ("o", [3])


def test_labels_stand_at_the_curves(
    axes_of: Callable[[Figure, str], Axes],
    texts_of: Callable[[Figure], list[Text]],
    board_of: MakeBoard,
    panel_of: MakePanel,
) -> None:
    """The labels of curves that end at one place stand behind their ends, apart, in the curves' order, in a margin
    beside axes that end where the data does."""
    x = np.linspace(0, 1000, 50)
    lines = tuple(Line(f"m{i}", "main", x, np.full(50, 1 + i / 1000), "blue", f"m{i} 1.00") for i in (2, 0, 1))
    figure = render(board_of(panel_of("loss", lines=lines, note="to here")))
    figure.canvas.draw()
    axes = axes_of(figure, "loss")
    right = next(text for text in texts_of(figure) if text.get_text() == "to here").get_window_extent().x1
    labels = {
        text.get_text(): text.get_window_extent() for text in texts_of(figure) if text.get_text().endswith(" 1.00")
    }
    end = axes.transData.transform((1000, 1))[0]
    assert axes.get_xlim() == (0, 1000) and abs(end - axes.bbox.x1) < 1
    assert all(end < box.x0 and box.x1 < right + 1 for box in labels.values())
    assert labels["m0 1.00"].y1 <= labels["m1 1.00"].y0 + 1
    assert labels["m1 1.00"].y1 <= labels["m2 1.00"].y0 + 1


def test_a_curve_that_ends_early_is_led_to_its_label(
    axes_of: Callable[[Figure, str], Axes],
    texts_of: Callable[[Figure], list[Text]],
    board_of: MakeBoard,
    panel_of: MakePanel,
) -> None:
    """From a curve that ends early a thin line in its colour leads to its label; none from one that ends beside it. NaN
    behind its last number is no end."""
    x = np.arange(101.0)
    short = np.where(x <= 40, 1.0, np.nan)
    lines = (Line("a", "main", x, np.full(101, 2.0), "blue", "a 2"), Line("b", "main", x, short, "orange", "b 1"))
    figure = render(board_of(panel_of("loss", lines=lines, x_limits=(0, 100), y_limits=(0, 3))))
    figure.canvas.draw()
    (leaders,) = [artist for artist in figure.artists if isinstance(artist, LineCollection)]
    (path,) = leaders.get_segments()
    axes, label = axes_of(figure, "loss"), next(text for text in texts_of(figure) if text.get_text() == "b 1")
    start = axes.transData.transform((40, 1)) / figure.dpi * 72
    assert abs(path[0][0] - start[0]) < 6 and abs(path[0][1] - start[1]) < 1
    assert 0 < label.get_position()[0] - path[-1][0] < 6
    assert to_hex(leaders.get_color()[0]) == style.palette("light")["orange"]


def test_labels_keep_off_the_marks_at_the_edge(
    axes_of: Callable[[Figure, str], Axes],
    texts_of: Callable[[Figure], list[Text]],
    board_of: MakeBoard,
    panel_of: MakePanel,
) -> None:
    """The label of a curve that ends at the top edge stands below the marks of what came after it."""
    x = np.arange(101.0)
    line = Line("a", "main", x, np.where(x <= 60, 0.03 * x, np.nan), "blue", "a 1.8")
    marks = tuple(Mark("nan", at, None, "blue") for at in (70.0, 80.0, 90.0))
    figure = render(board_of(panel_of("loss", lines=(line,), marks=marks, x_limits=(0, 100), y_limits=(0, 1.8))))
    figure.canvas.draw()
    axes = axes_of(figure, "loss")
    label = next(text for text in texts_of(figure) if text.get_text() == "a 1.8").get_window_extent()
    mark = next(one for one in axes.get_lines() if one.get_marker() == "x").get_window_extent()
    assert label.x1 > mark.x0 and label.y1 < mark.y0


def test_epochs_without_a_number_keep_their_place(
    axes_of: Callable[[Figure, str], Axes], texts_of: Callable[[Figure], list[Text]], board_of: MakeBoard
) -> None:
    """Where no value of an epoch is finite a red NaN stands in the box's place."""
    nan = math.nan
    boxes = (Box("1", 1.0, 2.0, 2.5, 3.0, 4.0, 10), Box("2", nan, nan, nan, nan, nan, 10))
    figure = render(board_of(Panel("boxes", "loss by epoch", (0.5, 2.5), (0.0, 5.0), boxes=boxes)))
    figure.canvas.draw()
    (word,) = [text for text in texts_of(figure) if text.get_text() == "NaN"]
    centre = axes_of(figure, "loss by epoch").transData.transform((2, 1))[0]
    assert abs((word.get_window_extent().x0 + word.get_window_extent().x1) / 2 - centre) < 3
    assert word.get_color() == style.colours("light")["warning"]


def test_marks_are_at_their_places(
    axes_of: Callable[[Figure, str], Axes], words: Callable[[Figure], list[str]], usual: MakeBoard
) -> None:
    """NaN, inf and what is beyond stand at their edge, the best on its point, restarts and epochs as upright lines."""
    figure = render(usual(), "light", (16, 9))
    axes, blue = axes_of(figure, "loss"), style.palette("light")["blue"]
    marks = {line.get_marker(): line for line in axes.get_lines() if line.get_marker() in ("x", "D", "^", "*")}
    assert {line.get_color() for line in marks.values()} == {blue}
    top, bottom, beyond, best = marks["x"], marks["D"], marks["^"], marks["*"]
    assert (list(top.get_xdata()), list(bottom.get_xdata()), list(beyond.get_xdata())) == ([410], [420], [10])
    assert 0.9 < top.get_ydata()[0] <= 1
    assert 0 <= bottom.get_ydata()[0] < 0.1
    assert (list(best.get_xdata()), list(best.get_ydata())) == ([800], [1.1])
    upright = [line for line in axes.get_lines() if len(line.get_xdata()) == 3]
    assert sorted(line.get_xdata()[0] for line in upright) == [300, 500]
    assert {"33.1 at step 10", "epoch 2"} <= set(words(figure))


def test_marks_outside_the_axes_are_not_drawn(
    axes_of: Callable[[Figure, str], Axes], board_of: MakeBoard, panel_of: MakePanel
) -> None:
    """A mark beyond the limits of x does not stand beside the axes."""
    panel = panel_of("loss", marks=(Mark("nan", 5000.0, None, "blue"),))
    assert [line for line in axes_of(render(board_of(panel)), "loss").get_lines() if line.get_marker() == "x"] == []


def test_boxes_and_bars(axes_of: Callable[[Figure, str], Axes], usual: MakeBoard) -> None:
    """A box plot has a box, a median and two whiskers for each box, named below; a histogram has its counts and
    edges."""
    figure = render(usual())
    axes = axes_of(figure, "training loss by epoch")
    assert len(axes.collections[0].get_paths()) == 20
    whiskers, medians = axes.get_lines()
    assert len(whiskers.get_xdata()) == 20 * 2 * 3
    np.testing.assert_array_equal(medians.get_ydata()[:2], [2.5, 2.5])
    assert axes.get_xticklabels()[0].get_text() == "1"
    bars = axes_of(figure, "gradient norm, distribution").patches[0]
    np.testing.assert_array_equal(bars.get_data().values, [1, 8, 4, 2])  # type: ignore[attr-defined]


def test_warning_replaces_the_note(
    texts_of: Callable[[Figure], list[Text]], board_of: MakeBoard, panel_of: MakePanel
) -> None:
    """A panel's warning is shown instead of its note, in the warning colour."""
    figure = render(board_of(panel_of("loss", note="100 points", warning="1 inf, first at step 31")))
    colours = {text.get_text(): text.get_color() for text in texts_of(figure)}
    assert colours["1 inf, first at step 31"] == style.colours("light")["warning"]
    assert "100 points" not in colours
