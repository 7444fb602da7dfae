from __future__ import annotations

from dataclasses import replace

import numpy as np

from livemon.boards.lens.value import Lens
from livemon.boards.model import Board
from livemon.views.lens_control import LensControl
from livemon.views.terminal.first_screen import first_screen
from livemon.views.terminal.plot import Rect
from livemon.views.terminal.pointer import Pointer, is_in

from .conftest import board_of, line_of, panel_of


def pointer_at(board: Board) -> tuple[Pointer, list[Lens]]:
    asked: list[Lens] = []
    lens_control = LensControl(asked.append, lambda: board)
    lens_control.begin(board)
    pointer = Pointer(lens_control)
    pointer.take(board)
    pointer.shown = first_screen(board, 120, 40)
    return pointer, asked


def test_panels_are_chosen_around_the_end() -> None:
    """The next panel is chosen; behind the last one comes the first, which is told."""
    line = line_of(np.arange(9.0))
    pointer, _ = pointer_at(board_of(panel_of(line, key="a"), panel_of(line, key="b"), lens=Lens()))
    assert [(pointer.choose(1), pointer.chosen) for _ in range(3)] == [(False, "a"), (False, "b"), (True, "a")]
    assert pointer.choose(-1) and pointer.chosen == "b" and pointer.panel is not None and pointer.panel.key == "b"


def test_a_stretch_in_the_units_of_the_lens() -> None:
    """Of an axis in hours a lens gets seconds."""
    pointer, asked = pointer_at(board_of(panel_of(line_of(np.arange(9.0))), lens=Lens(), x_kind="time", x_unit=3600.0))
    pointer.zoom(0.5)
    assert str(asked[-1].zoom) == f"{4 * 3600}:{8 * 3600}"


def test_without_a_curve_nothing_happens() -> None:
    """A board without curves has no cursor and no stretch."""
    pointer, asked = pointer_at(board_of(lens=Lens()))
    pointer.move(1)
    pointer.zoom(0.5)
    pointer.wheel(3, 3, 1)
    assert pointer.cursor is None and not asked and pointer.choose(1)
    assert is_in(Rect(1, 1, 2, 2), 2, 2) and not is_in(Rect(1, 1, 2, 2), 3, 2)


def test_the_cursor_where_boards_change() -> None:
    """The cursor stays at its x while it is in sight, also in another run; it moves with the stretch, goes to the edge
    of one that moved on, and goes away where its x means nothing: beyond another run's end, or on another axis."""
    line = line_of(np.arange(101.0))
    board = board_of(panel_of(line), lens=Lens())
    pointer, _ = pointer_at(board)
    pointer.cursor = 60.0
    pointer.take(replace(board, title="exp8"))
    assert pointer.cursor == 60.0
    pointer.shift(0.2)
    assert pointer.cursor == 80.0
    follows = replace(board, title="exp8", panels=(panel_of(line, x_limits=(90.0, 100.0)),))
    pointer.take(follows)
    assert pointer.cursor == 90.0
    pointer.take(board_of(panel_of(line_of(np.arange(9.0))), title="short", lens=Lens()))
    assert pointer.cursor is None
    pointer.cursor = 5.0
    pointer.take(board_of(panel_of(line_of(np.arange(9.0))), title="short", x_kind="time", lens=Lens()))
    assert pointer.cursor is None
