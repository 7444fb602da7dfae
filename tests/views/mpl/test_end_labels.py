"""The labels at the ends of a panel's curves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from livemon.boards.model import HiddenCurve, Line, Panel
from livemon.views import style
from livemon.views.mpl.end_labels import EndLabels, labels_of, labels_of_hidden, labels_of_panel
from livemon.views.mpl.label_places import overlap
from livemon.views.mpl.layout import Rect
from livemon.views.mpl.panel_space import Space, space_of
from livemon.views.mpl.text_pool import TextPool

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
    """Lines without a label or a number have none; of more lines than fit above each other there is a legend of at most
    three columns."""
    lines = [line("a 1"), line(""), Line("m", "main", np.arange(2.0), np.full(2, np.nan), "blue", "b NaN")]
    assert [label.text for label in labels_of(lines, RECT, 1.0)] == ["a 1"]
    rows = int(100 // (1.35 * 9))
    assert all(label.cell is None for label in labels_of([line(f"m{i} 1") for i in range(rows)], RECT, 1.0))
    assert [label.cell for label in labels_of([line(f"m{i} 1") for i in range(40)], RECT, 1.0)] == [
        (index % rows, index // rows) for index in range(3 * rows)]


@pytest.mark.parametrize("hidden", [0, 2])
def test_a_legend_where_labels_would_collide(panel_of: MakePanel, hidden: int) -> None:
    """Twelve curves in a low panel have their names beside it in columns, each behind a piece of its curve in its
    colour and shape, the hidden ones last; none covers another, all lie within the panel and right of the axes."""
    dashes = ("solid", "dashed", "dotted", "dashdot")
    lines = tuple(replace(line(f"run {number} {number / 7:.3f}"), name=f"run {number}", dash=dashes[number % 4],
                          run=f"r{number}") for number in range(12))
    gone = tuple(HiddenCurve("", f"gone {number}", "grey", f"g{number}") for number in range(hidden))
    panel = panel_of("p", lines=lines, hidden=gone)
    figure = Figure()
    FigureCanvasAgg(figure)
    labels, texts = EndLabels(figure, "light", animated=False), TextPool(figure, animated=False)
    shown = labels_of_panel(panel, RECT, 1.0)
    space = labels.make_room(shown, panel, space_of(panel, RECT, 1.0))
    texts.start()
    boxes = labels.put(shown, panel, space, texts)
    texts.finish()
    assert [label.text for label in shown] == [f"run {number}" for number in range(12)] + [
        f"(gone {number})" for number in range(hidden)]
    assert [label.run for label in shown][:12] == [f"r{number}" for number in range(12)]
    for number, box in enumerate(boxes):
        assert space.axes.right < box[0] and box[2] <= RECT.right and RECT.bottom <= box[1] and box[3] <= RECT.top
        assert not any(overlap(box, other) for other in boxes[:number])
    (pieces,) = [artist for artist in labels.artists() if isinstance(artist, LineCollection)]
    assert len(pieces.get_segments()) == 12 and len({str(dash) for dash in pieces.get_linestyle()[:4]}) == 4


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


def ten(name: str, values: list[float]) -> tuple[Line, ...]:
    colours = ("blue", "orange", "green", "purple", "red", "teal", "brown", "pink", "olive", "grey")
    x = np.linspace(0.0, 1000.0, 50)
    return tuple(Line("m", "main", x, np.full(50, value), colour, f"{name % at} {value:.3f}", name % at)
                 for at, (value, colour) in enumerate(zip(values, colours, strict=True)))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_line_leads_to_a_label_that_had_to_move(panel_of: MakePanel, theme: style.Theme) -> None:
    """Ten curves that end close to each other have ten labels, none upon another, and to each that stands off its curve
    a line of the curve's colour; where labels stand at their curves there is none, and the axes are wider."""
    figure = Figure()
    FigureCanvasAgg(figure)
    rect, pool = Rect(50.0, 50.0, 300.0, 150.0), TextPool(figure, animated=False)

    def put(panel: Panel) -> tuple[list[tuple[float, ...]], list[np.ndarray], list[str], float]:
        labels = EndLabels(figure, theme, animated=False)
        found = labels_of(panel.lines, rect, 1.0)
        space = labels.make_room(found, panel, space_of(panel, rect, 1.0))
        pool.start()
        boxes = labels.put(found, panel, space, pool)
        drawn = [artist for artist in labels.artists() if isinstance(artist, LineCollection)]
        segments = [segment for artist in drawn for segment in artist.get_segments()]
        colours = [to_hex(colour) for artist in drawn for colour in artist.get_colors()]
        assert all(box[0] > space.axes.right and box[2] <= rect.right + 1e-6 for box in boxes)
        return list(boxes), segments, colours, space.axes.width

    close = panel_of("p", lines=ten("head %d", [1.5 + 0.001 * at for at in range(10)]))
    boxes, segments, colours, narrow = put(close)
    assert len(boxes) == 10 and len({box[1] for box in boxes}) == 10
    heights = sorted(box[1] for box in boxes)
    assert min(np.diff(heights)) >= 1.35 * 9 - 1e-6
    assert len(segments) >= 6 and set(colours) <= set(style.palette(theme).values()) and len(set(colours)) >= 6
    assert all(segment[-1][0] - segment[0][0] > 10 for segment in segments)
    apart = panel_of("p", lines=ten("head %d", list(np.linspace(1.05, 1.95, 10))))
    _, none, _, wide = put(apart)
    assert none == [] and wide > narrow


def test_names_go_before_values_and_dots() -> None:
    """Ten long names are shown whole: labels become wider, and then do without their values; of two curves the values
    stay."""
    rect = Rect(50.0, 50.0, 300.0, 150.0)
    values = [1.0 + at for at in range(10)]
    words = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett")
    lines = [replace(line, label=f"{word}norm{word[::-1]} {line.label.split()[-1]}", name=f"{word}norm{word[::-1]}")
             for word, line in zip(words, ten("%d", values), strict=True)]
    assert [label.text for label in labels_of(lines, rect, 1.0)] == [line.name for line in lines]
    two = [label.text for label in labels_of(lines[:2], rect, 1.0)]
    assert [text.split()[-1] for text in two] == ["1.000", "2.000"]
    assert all(label.width <= 0.45 * rect.width for label in labels_of(lines, rect, 1.0))


def test_in_a_window_the_right_edge_stays(panel_of: MakePanel) -> None:
    """As curves grow to the right, limits of x step, and values have three digits or seven, the axes of a window keep
    their width from the first frame on; at another place it is chosen anew."""
    figure = Figure()
    FigureCanvasAgg(figure)
    labels = EndLabels(figure, "light", animated=True)
    widths = []
    for end, text in ((10.0, "train 33"), (200.0, "train 1.23"), (900.0, "train 0.12345"), (999.0, "train 7"),
                      (1900.0, "train 2.5e-05"), (2000.0, "train 0.1")):
        limits = (0.0, 1000.0 if end < 1000 else 2000.0)
        widths.append(axes_width(labels, panel_of("p", lines=(line(text, end),), x_limits=limits)))
    assert len(set(widths)) == 1
    assert axes_width(labels, panel_of("p", lines=(line("train 1"),)), Rect(0.0, 0.0, 200.0, 100.0)) < 200.0


def test_in_a_window_labels_stand_still_beside_the_axes(panel_of: MakePanel) -> None:
    """However far a curve has come, its label is right of the axes and within the panel, at the same place of x."""
    figure = Figure()
    FigureCanvasAgg(figure)
    labels, texts = EndLabels(figure, "light", animated=True), TextPool(figure, animated=True)
    places = set()
    for end in (100.0, 700.0, 1000.0):
        panel = panel_of("p", lines=(line("train 0.716", end), line("val 0.338", end / 2)), x_limits=(0.0, 1000.0))
        shown = labels_of_panel(panel, RECT, 1.0)
        space = labels.make_room(shown, panel, space_of(panel, RECT, 1.0))
        texts.start()
        boxes = labels.put(shown, panel, space, texts)
        texts.finish()
        assert all(space.axes.right < box[0] and box[2] <= RECT.right for box in boxes)
        places.update(box[0] for box in boxes)
    assert len(places) == 1


def test_hidden_curves_leave_their_names(panel_of: MakePanel) -> None:
    """The name of a hidden curve stands in brackets at the bottom, with its metric; of many, as many as a third of the
    panel holds."""
    hidden = tuple(HiddenCurve(f"m{i}", f"name{i}", "blue") for i in range(9))
    found = labels_of_hidden(panel_of("p", hidden=hidden), RECT, 1.0)
    assert [(label.text, label.metric, label.is_hidden) for label in found] == [
        ("(name0)", "m0", True), ("(name1)", "m1", True)]
