"""A whole board in a figure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from livemon.boards.model import Board, Notice, Panel
from livemon.views import style
from livemon.views.mpl.figure import Painter
from livemon.views.mpl.picture import render

MakeBoard = Callable[..., Board]
MakePanel = Callable[..., Panel]


def test_header_says_all(texts_of: Callable[[Figure], list[Text]], usual: MakeBoard) -> None:
    """Title, state, progress, age, problems (in the warning colour), headline and hint are there."""
    figure = render(usual(hint="3 more panels: --select REGEX"), "light", (16, 9))
    colours = {text.get_text(): text.get_color() for text in texts_of(figure)}
    wanted = {
        "exp7",
        "running",
        "step 990/2,000",
        "epoch 3",
        "row 4 s ago (usually 5 s)",
        "val_loss 1.2 ↓",
        "3 more panels: --select REGEX",
    }
    assert wanted <= set(colours)
    assert colours["3 NaN since 410"] == style.colours("light")["warning"]


def test_problems_come_first_when_it_is_narrow(words: Callable[[Figure], list[str]], usual: MakeBoard) -> None:
    """In a narrow figure problems stay; age and progress go."""
    shown = words(render(usual(), "light", (4.2, 5)))
    assert "3 NaN since 410" in shown
    assert "row 4 s ago (usually 5 s)" not in shown


def test_a_stopped_run_says_why(words: Callable[[Figure], list[str]], usual: MakeBoard) -> None:
    """A failed or stalled run shows the evidence instead of the age."""
    board = usual()
    board = replace(board, header=replace(board.header, state="failed", evidence="process 12 is gone"))
    shown = words(render(board, "light", (16, 9)))
    assert "process 12 is gone" in shown
    assert "row 4 s ago (usually 5 s)" not in shown


def test_panels_that_do_not_fit_are_counted(
    words: Callable[[Figure], list[str]], board_of: MakeBoard, panel_of: MakePanel
) -> None:
    """A small figure shows fewer panels, and says how many more there are; a picture of natural size shows all."""
    board = board_of(*[panel_of(f"m{i}") for i in range(12)])
    small = render(board, "light", (6, 4))
    assert f"{12 - len(small.axes)} more panels do not fit here" in words(small)
    assert len(render(board).axes) == 12


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


def test_what_was_found_is_listed(texts_of: Callable[[Figure], list[Text]], usual: MakeBoard) -> None:
    """Below the header stands a line for each warning, in full where there is room, with a dot as severe as it is; what
    is for information is not there, the last line counts those without room, and a healthy run has the panels where
    they were."""
    notices = (
        Notice("nan", "critical", "loss", 410.0, "loss is no finite number since step 410", "resume from step 400"),
        Notice("spike", "warning", "loss", 300.0, "loss jumped to 9", "look at the batch"),
        Notice("gradient", "warning", "norm", 300.0, "norm has exploded", "clip it"),
        Notice("disk", "warning", "", None, "the disk is full", "delete"),
        Notice("plateau", "info", "loss", 10.0, "loss does not fall", "wait"),
    )
    figure = render(usual(notices=notices), "dark", (16, 9))
    shown = [text.get_text() for text in texts_of(figure)]
    assert {"loss is no finite number since step 410", "resume from step 400", "norm has exploded"} <= set(shown)
    assert " · and 1 more" in shown and not any("full" in text or "does not fall" in text for text in shown)
    dots = [text.get_color() for text in texts_of(figure) if text.get_text() == "●"]
    frame = style.colours("dark")
    assert dots == [frame["warning"], frame["idle"], frame["idle"]]
    small = [text.get_text() for text in texts_of(render(usual(notices=notices), "light", (5, 3)))]
    assert " · and 2 more" in small and small.count("●") == 2
    healthy, informed = Figure((16, 9)), Figure((16, 9))
    Painter(healthy, "light").update(usual())
    Painter(informed, "light").update(usual(notices=notices[-1:]))
    assert [axes.get_position().bounds for axes in healthy.axes] == [
        axes.get_position().bounds for axes in informed.axes]


def test_advice_keeps_its_action_where_there_is_little_room(
    texts_of: Callable[[Figure], list[Text]], usual: MakeBoard
) -> None:
    """What to do is cut behind what happened, and behind the folders of a path: the file to resume from is read."""
    happened = "train_loss has not been finite since step 704 (364 NaN); also in val_loss"
    advice = ("stop, and resume from /home/someone/runs/long/logs/nan/version_0/checkpoints/step=693.ckpt, with a "
              "lower learning rate or clipped gradients; look at the batch of that step")
    notice = Notice("nan", "critical", "loss", 410.0, happened, advice)
    shown = [text.get_text() for text in texts_of(render(usual(notices=(notice,)), "dark", (12, 7)))]
    assert any("resume from step=693.ckpt" in text or "checkpoints/step=693.ckpt" in text for text in shown), shown
