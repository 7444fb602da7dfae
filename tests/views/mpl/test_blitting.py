"""Frames at the cost of what moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from livemon.boards.model import Board, Panel
from livemon.views import style
from livemon.views.mpl.blitting import Blitter

MakeBoard = Callable[..., Board]
MakePanel = Callable[..., Panel]


class Canvas(FigureCanvasAgg):
    """A canvas of pixels that notes when it is asked to show them."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(figure)
        self.blits = 0

    def blit(self, bbox: Any = None) -> None:
        """Note it."""
        self.blits += 1


@pytest.fixture
def blitter() -> Blitter:
    """On a dark figure that no toolkit shows."""
    with style.context("dark"):
        figure = Figure(figsize=(10, 6))
        Canvas(figure)
        return Blitter(figure, "dark")


def pixels(blitter: Blitter) -> Any:
    return np.asarray(blitter._canvas.buffer_rgba()).copy()


def lower(panel: Panel) -> Panel:
    """The panel with other numbers and the same axes."""
    return replace(panel, lines=tuple(replace(line, y=line.y * 0.9) for line in panel.lines))


def test_the_whole_figure_is_drawn_for_a_new_background_only(
    blitter: Blitter, board_of: MakeBoard, panel_of: MakePanel
) -> None:
    """The first board and one with other limits are drawn as a whole; one with other numbers in the same axes is laid
    on the kept background; the same board once more is nothing."""
    panel = panel_of("loss")
    boards = [board_of(panel), board_of(lower(panel)), board_of(replace(panel, y_limits=(0.0, 9.0)))]
    seen = []
    for board in (boards[0], boards[1], boards[1], boards[2]):
        blitter.show(board)
        seen.append((blitter.frames, blitter.full_draws, blitter._canvas.blits))
    assert seen == [(1, 1, 0), (2, 1, 1), (2, 1, 1), (3, 2, 1)]


def test_a_blit_leaves_nothing_of_the_last_frame(
    blitter: Blitter, board_of: MakeBoard, panel_of: MakePanel
) -> None:
    """After other numbers and back the pixels are those of the first draw."""
    panel = panel_of("loss")
    blitter.show(board_of(panel))
    first = pixels(blitter)
    blitter.show(board_of(lower(panel)))
    assert (pixels(blitter) != first).any()
    blitter.show(board_of(panel))
    np.testing.assert_array_equal(pixels(blitter), first)
    assert blitter.full_draws == 1


def test_a_picture_that_is_saved_is_no_background(
    blitter: Blitter, board_of: MakeBoard, panel_of: MakePanel, tmp_path: Any
) -> None:
    """Saving the window's figure, in another resolution perhaps, counts as no draw and replaces no background."""
    blitter.show(board_of(panel_of("loss")))
    background = blitter._background
    blitter._figure.savefig(tmp_path / "saved.png", dpi=37)
    assert blitter.full_draws == 1 and blitter._background is background


def test_a_new_theme_shows_the_same_board(blitter: Blitter, usual: MakeBoard) -> None:
    """Where the theme changes the board that was shown is there at once, in the other colours, and changes back."""
    board = usual()
    blitter.show(board)
    blitter._canvas.draw()
    dark = pixels(blitter)
    blitter.change_theme()
    blitter._canvas.draw()
    assert list(blitter.painter.panels) == [panel.key for panel in board.panels][: len(blitter.painter.panels)]
    assert pixels(blitter)[0, 0, :3].tolist() != dark[0, 0, :3].tolist()
    blitter.change_theme()
    blitter._canvas.draw()
    np.testing.assert_array_equal(pixels(blitter), dark)
