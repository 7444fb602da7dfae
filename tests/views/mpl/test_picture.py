"""Boards as pictures: what is drawn, that texts keep apart, and that a picture is whole or not there."""

from __future__ import annotations

import errno
import gc
import itertools
import math
import os
import warnings
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import matplotlib.figure
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from livemon.boards.model import Board, Box, Line, Mark, Panel
from livemon.views import View, style
from livemon.views.mpl.figure import Painter
from livemon.views.mpl.label_places import overlap
from livemon.views.mpl.picture import FileView, natural_size, render, save

SIZES = [(16, 9), (12, 8), (8, 6), (38.4, 21.6), None]
MakeBoard = Callable[..., Board]
MakePanel = Callable[..., Panel]


def axes_of(figure: Figure, title: str) -> Axes:
    return next(axes for axes in figure.axes if axes.get_title(loc="left") == title)


def texts_of(figure: Figure) -> list[Text]:
    """Every text that is seen."""
    found = [
        text
        for text in figure.findobj(Text)
        if isinstance(text, Text) and text.get_visible() and text.get_text().strip()
    ]
    hidden = {id(part) for axes in figure.axes for part in axes.findobj(Text) if not _seen(axes, part)}
    return [text for text in found if id(text) not in hidden]


def _seen(axes: Axes, text: Any) -> bool:
    ticks = [*axes.xaxis.get_ticklabels(), *axes.yaxis.get_ticklabels()]
    shown = [*ticks, axes.xaxis.label, axes.title, axes._left_title]  # type: ignore[attr-defined]
    return any(text is other for other in shown)


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in texts_of(figure)]


def collisions(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of texts that cover each other, and texts that leave the figure (paired with "")."""
    figure.canvas.draw()
    boxes = []
    for text in texts_of(figure):
        box = text.get_window_extent()
        boxes.append((text.get_text(), (box.x0 + 1, box.y0 + 1, box.x1 - 1, box.y1 - 1)))
    width, height = figure.bbox.width, figure.bbox.height
    outside = [
        (text, "") for text, box in boxes if box[0] < -2 or box[1] < -2 or box[2] > width + 2 or box[3] > height + 2
    ]
    pairs = itertools.combinations(boxes, 2)
    return outside + [(one, other) for (one, box), (other, other_box) in pairs if overlap(box, other_box)]


# -- what is drawn


@pytest.mark.parametrize("theme", get_args(style.Theme))
@pytest.mark.parametrize("size", SIZES)
def test_texts_keep_apart(size: tuple[float, float] | None, theme: style.Theme, usual: MakeBoard) -> None:
    """At every size, light and dark, no text covers another or leaves the figure."""
    assert collisions(render(usual(hint="3 more: --select REGEX"), theme, size)) == []


@pytest.mark.parametrize("size", [(16, 9), (8, 6), None])
def test_awkward_boards_are_drawn(size: tuple[float, float] | None, awkward: Board) -> None:
    """A board with something odd about it is drawn without a warning, and its texts keep apart."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert collisions(render(awkward, "light", size)) == []


def test_names_are_never_mathematics(board_of: MakeBoard, panel_of: MakePanel) -> None:
    """`$` and `_` in names are these characters, in titles, labels, notes, ticks and tables."""
    name = r"$\alpha_1^2$"
    figure = render(board_of(panel_of(name, label=f"{name} 1.2", x_label=name), title=name))
    figure.canvas.draw()
    assert words(figure).count(name) == 3
    assert f"{name} 1.2" in words(figure)
    assert not any(text.get_parse_math() for text in texts_of(figure) if "$" in text.get_text())


def test_curves_are_drawn_as_they_are(board_of: MakeBoard, panel_of: MakePanel) -> None:
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


def test_a_lonely_point_gets_a_dot(board_of: MakeBoard, panel_of: MakePanel) -> None:
    """A finite point between two gaps is visible, though it is no line."""
    line = Line("m", "main", np.arange(5.0), np.array([1.0, 1.0, np.nan, 1.0, np.nan]), "blue")
    artist = axes_of(render(board_of(panel_of("loss", lines=(line,)))), "loss").get_lines()[0]
    assert (artist.get_marker(), artist.get_markevery()) == ("o", [3])


def test_labels_stand_at_the_curves(board_of: MakeBoard, panel_of: MakePanel) -> None:
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


def test_a_curve_that_ends_early_is_led_to_its_label(board_of: MakeBoard, panel_of: MakePanel) -> None:
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


def test_labels_keep_off_the_marks_at_the_edge(board_of: MakeBoard, panel_of: MakePanel) -> None:
    """The label of a curve that ends at the top edge stands below the red marks of what came after it."""
    x = np.arange(101.0)
    line = Line("a", "main", x, np.where(x <= 60, 0.03 * x, np.nan), "blue", "a 1.8")
    marks = tuple(Mark("nan", at, None, "blue") for at in (70.0, 80.0, 90.0))
    figure = render(board_of(panel_of("loss", lines=(line,), marks=marks, x_limits=(0, 100), y_limits=(0, 1.8))))
    figure.canvas.draw()
    axes = axes_of(figure, "loss")
    label = next(text for text in texts_of(figure) if text.get_text() == "a 1.8").get_window_extent()
    mark = next(one for one in axes.get_lines() if one.get_marker() == "^").get_window_extent()
    assert label.x1 > mark.x0 and label.y1 < mark.y0


def test_epochs_without_a_number_keep_their_place(board_of: MakeBoard) -> None:
    """Where no value of an epoch is finite a red NaN stands in the box's place."""
    nan = math.nan
    boxes = (Box("1", 1.0, 2.0, 2.5, 3.0, 4.0, 10), Box("2", nan, nan, nan, nan, nan, 10))
    figure = render(board_of(Panel("boxes", "loss by epoch", (0.5, 2.5), (0.0, 5.0), boxes=boxes)))
    figure.canvas.draw()
    (word,) = [text for text in texts_of(figure) if text.get_text() == "NaN"]
    centre = axes_of(figure, "loss by epoch").transData.transform((2, 1))[0]
    assert abs((word.get_window_extent().x0 + word.get_window_extent().x1) / 2 - centre) < 3
    assert word.get_color() == style.colours("light")["warning"]


def test_marks_are_at_their_places(usual: MakeBoard) -> None:
    """NaN, inf and what is beyond stand at their edge, the best on its point, restarts and epochs as upright lines."""
    figure = render(usual(), "light", (16, 9))
    axes, warning = axes_of(figure, "loss"), style.colours("light")["warning"]
    triangles = {(line.get_marker(), line.get_color()): line for line in axes.get_lines() if line.get_marker() in "^v*"}
    top, bottom, beyond, best = (
        triangles["^", warning],
        triangles["v", warning],
        triangles["^", style.palette("light")["blue"]],
        triangles["*", style.palette("light")["blue"]],
    )
    assert (list(top.get_xdata()), list(bottom.get_xdata()), list(beyond.get_xdata())) == ([410], [420], [10])
    assert 0.9 < top.get_ydata()[0] <= 1
    assert 0 <= bottom.get_ydata()[0] < 0.1
    assert (list(best.get_xdata()), list(best.get_ydata())) == ([800], [1.1])
    upright = [line for line in axes.get_lines() if len(line.get_xdata()) == 3]
    assert sorted(line.get_xdata()[0] for line in upright) == [300, 500]
    assert {"33.1 at step 10", "epoch 2"} <= set(words(figure))


def test_marks_outside_the_axes_are_not_drawn(board_of: MakeBoard, panel_of: MakePanel) -> None:
    """A mark beyond the limits of x does not stand beside the axes."""
    panel = panel_of("loss", marks=(Mark("nan", 5000.0, None, "blue"),))
    assert [line for line in axes_of(render(board_of(panel)), "loss").get_lines() if line.get_marker() == "^"] == []


def test_boxes_and_bars(usual: MakeBoard) -> None:
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


def test_header_says_all(usual: MakeBoard) -> None:
    """Title, state, progress, age, problems (in the warning colour), headline and hint are there."""
    figure = render(usual(hint="3 more: --select REGEX"), "light", (16, 9))
    colours = {text.get_text(): text.get_color() for text in texts_of(figure)}
    wanted = {
        "exp7",
        "running",
        "step 990/2,000",
        "epoch 3",
        "row 4 s ago (usually 5 s)",
        "val_loss 1.2 ↓",
        "3 more: --select REGEX",
    }
    assert wanted <= set(colours)
    assert colours["3 NaN since 410"] == style.colours("light")["warning"]


def test_problems_come_first_when_it_is_narrow(usual: MakeBoard) -> None:
    """In a narrow figure problems stay; age and progress go."""
    shown = words(render(usual(), "light", (4.2, 5)))
    assert "3 NaN since 410" in shown
    assert "row 4 s ago (usually 5 s)" not in shown


def test_a_stopped_run_says_why(usual: MakeBoard) -> None:
    """A failed or stalled run shows the evidence instead of the age."""
    board = usual()
    board = replace(board, header=replace(board.header, state="failed", evidence="process 12 is gone"))
    shown = words(render(board, "light", (16, 9)))
    assert "process 12 is gone" in shown
    assert "row 4 s ago (usually 5 s)" not in shown


def test_panels_that_do_not_fit_are_counted(board_of: MakeBoard, panel_of: MakePanel) -> None:
    """A small figure shows fewer panels, and says how many more there are; a picture of natural size shows all."""
    board = board_of(*[panel_of(f"m{i}") for i in range(12)])
    small = render(board, "light", (6, 4))
    assert f"{12 - len(small.axes)} more panels do not fit here" in words(small)
    assert len(render(board).axes) == 12


def test_warning_replaces_the_note(board_of: MakeBoard, panel_of: MakePanel) -> None:
    """A panel's warning is shown instead of its note, in the warning colour."""
    figure = render(board_of(panel_of("loss", note="100 points", warning="1 inf, first at step 31")))
    colours = {text.get_text(): text.get_color() for text in texts_of(figure)}
    assert colours["1 inf, first at step 31"] == style.colours("light")["warning"]
    assert "100 points" not in colours


def test_artists_are_made_once(usual: MakeBoard) -> None:
    """A second board with the same panels changes data only: no new artist, and no new background."""
    with style.context("light"):
        figure = Figure(figsize=(16, 9))
        FigureCanvasAgg(figure)
        painter = Painter(figure, "light", animated=True)
        assert painter.update(usual())
        before = {id(artist) for artist in figure.findobj()}
        board = usual()
        more = replace(board.panels[0].lines[1], y=board.panels[0].lines[1].y * 0.99, label="train 1.222")
        panel = replace(board.panels[0], lines=(board.panels[0].lines[0], more))
        assert not painter.update(replace(board, panels=(panel, *board.panels[1:])))
    assert {id(artist) for artist in figure.findobj()} == before
    np.testing.assert_array_equal(painter.panels["loss"].axes.get_lines()[1].get_ydata(), more.y)


def test_a_panel_that_goes_takes_its_artists_along(usual: MakeBoard) -> None:
    """Axes and texts of a panel that is no longer on the board are gone."""
    figure = Figure(figsize=(16, 9))
    FigureCanvasAgg(figure)
    painter = Painter(figure, "light")
    board = usual()
    painter.update(board)
    assert painter.update(replace(board, panels=board.panels[:2]))
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["loss", "metric 0"]
    painter.remove()
    assert figure.axes == []
    assert figure.texts == []


# -- files


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_suffix_is_the_format(suffix: str, start: bytes, tmp_path: Path, usual: MakeBoard) -> None:
    """PNG, PDF and SVG are written by the name's suffix; nothing else is left in the folder."""
    path = save(usual(), tmp_path / f"board.{suffix}", dpi=50)
    assert path.read_bytes().startswith(start)
    assert os.listdir(tmp_path) == [f"board.{suffix}"]


def test_pdf_has_type_42_fonts(tmp_path: Path, usual: MakeBoard) -> None:
    """Texts in a PDF are text in TrueType fonts, as journals ask for, not Type 3."""
    content = save(usual(), tmp_path / "board.pdf").read_bytes()
    assert b"/CIDFontType2" in content or b"/TrueType" in content
    assert b"/Type3" not in content


def test_size_and_resolution(tmp_path: Path, usual: MakeBoard) -> None:
    """A picture has the size and resolution asked for; by default its natural size at 300 dots an inch."""
    with Image.open(save(usual(), tmp_path / "a.png", size=(8, 6), dpi=100)) as image:
        assert image.size == (800, 600)
    with Image.open(save(usual(), tmp_path / "b.png")) as image:
        wanted = natural_size(usual())
        assert image.size[0] == round(300 * wanted[0])
        assert abs(image.size[1] - 300 * wanted[1]) <= 1


def test_unknown_format_is_said(tmp_path: Path, usual: MakeBoard) -> None:
    """A name with another suffix is an error that names the formats."""
    for name in ("board.gif", "board"):
        with pytest.raises(ValueError, match=r"\.png, \.pdf or \.svg"):
            save(usual(), tmp_path / name)
        with pytest.raises(ValueError, match=r"\.png, \.pdf or \.svg"):
            FileView(tmp_path / name).open()


def test_a_failed_write_leaves_the_old_picture(
    tmp_path: Path, usual: MakeBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the disk is full in the middle, the error names the picture, the old one stays and no part is left."""
    path = tmp_path / "board.png"
    path.write_bytes(b"old")

    def fail(figure: Figure, handle: Any, **options: Any) -> None:
        handle.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(matplotlib.figure.Figure, "savefig", fail)
    with pytest.raises(OSError, match=r"cannot write the picture .*board\.png: No space left") as caught:
        save(usual(), path)
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["board.png"]


def test_a_missing_folder_is_said(tmp_path: Path, usual: MakeBoard) -> None:
    """A folder that is not there is an error that names picture and folder, when the view opens and when it draws."""
    path = tmp_path / "none" / "board.png"
    with pytest.raises(OSError, match=r"board\.png.*none is not there"):
        FileView(path).open()
    with pytest.raises(OSError, match=r"board\.png"):
        save(usual(), path)


def test_file_view_rewrites_one_picture(tmp_path: Path, usual: MakeBoard) -> None:
    """Each board replaces the picture as a whole; closing leaves it."""
    view = FileView(tmp_path / "board.png", style="dark", size=(8, 6), dpi=50)
    assert isinstance(view, View)
    view.open()
    view.draw(usual())
    first = (tmp_path / "board.png").read_bytes()
    view.draw(usual(title="other"))
    view.close()
    assert (tmp_path / "board.png").read_bytes() != first
    with Image.open(tmp_path / "board.png") as image:
        assert image.size == (400, 300)
        assert image.convert("RGB").getpixel((2, 2)) == (15, 18, 22)


def test_permissions_are_those_of_any_file(tmp_path: Path, usual: MakeBoard) -> None:
    """The picture has the permissions that any new file has, so that others can see it."""
    (tmp_path / "plain").touch()
    path = save(usual(), tmp_path / "board.png", dpi=30)
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_figures_are_not_leaked(usual: MakeBoard) -> None:
    """A rendered figure that nobody holds is gone."""
    figure = weakref.ref(render(usual()))
    gc.collect()
    assert figure() is None
