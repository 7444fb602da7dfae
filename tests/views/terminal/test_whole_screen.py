from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from livemon.boards.lens.value import Lens
from livemon.boards.model import Board
from livemon.boards.run_row import RunRow
from livemon.views.terminal.first_screen import first_screen
from livemon.views.terminal.footer import Footer
from livemon.views.terminal.output_pane import OutputPane
from livemon.views.terminal.plot import Pen
from livemon.views.terminal.run_list_pane import RunListPane
from livemon.views.terminal.whole_screen import Panels, Parts, draw_screen

from .conftest import board_of, line_of, panel_of
from .test_output_pane import Printed


def board(**known: Any) -> Board:
    return board_of(panel_of(line_of(np.arange(9.0))), lens=Lens(), **known)


RUNS = (RunRow("exp7", "runs/exp7", "running", is_shown=True), RunRow("exp8", "runs/exp8", "failed"))


def drawn(made: Board, width: int, height: int, output: OutputPane | None = None) -> tuple[list[str], Parts]:
    cells, parts = draw_screen(made, width, height, Pen(), panels=Panels(), cursor=None, chosen="", pane="panels",
                               runs=RunListPane(), output=output, footer=Footer("the last line"), overlay=None)
    return cells.lines(), parts


def test_the_list_beside_or_instead_of_the_panels() -> None:
    """From 120 columns on the list of runs stands beside the panels, else in their place, below the header."""
    lines, parts = drawn(board(runs=RUNS), 120, 30)
    assert parts.left == 50 and parts.panels is not None and "exp8" in lines[2] and lines[0][50:].startswith("exp7 ●")
    lines, parts = drawn(board(runs=RUNS), 119, 30)
    assert parts.panels is None and lines[0].startswith("exp7 ●") and "exp8" in lines[3]


def test_what_is_printed_below_all() -> None:
    """What the training prints stands in the lowest rows but for the last line; a small terminal has none of it."""
    lines, parts = drawn(board(), 80, 24, OutputPane(Printed()))
    assert parts.output is not None and lines[-2:] == ["line 99", "the last line"] and parts.output.height == 4
    assert drawn(board(), 39, 24, OutputPane(Printed()))[1].output is None


def test_any_size() -> None:
    """A screen of any size can be drawn, with the list and what is printed."""
    for width in (1, 20, 40, 80, 120, 200):
        for height in (1, 5, 10, 11, 24, 60):
            lines, _ = drawn(board(runs=RUNS), width, height, OutputPane(Printed()))
            assert len(lines) == height and all(len(line) <= width for line in lines)


def test_only_the_header_is_drawn_where_only_that_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a board that differs from the one before in its header alone the panels are not drawn again; what is shown is
    what a whole drawing shows, also where the header needs another row."""
    drawn_anew: list[Board] = []
    monkeypatch.setattr("livemon.views.terminal.whole_screen.first_screen",
                        lambda made, *rest, **known: (drawn_anew.append(made), first_screen(made, *rest, **known))[1])
    panels, first = Panels(), board()
    short = replace(first.header, metric="")
    long = replace(short, problems=("a problem of many words, " * 2,) * 2)
    for number, header in enumerate((short, replace(short, age="row 9 s ago"), long)):
        made = replace(first, header=header)
        shown = panels.of(made, 80, 24, Pen(), None, "")
        assert shown.cells.lines() == first_screen(made, 80, 24, Pen()).cells.lines()
        assert len(drawn_anew) == (1, 1, 2)[number]


def test_a_panel_without_room_is_turned_to() -> None:
    """A panel that is chosen and has no room is shown with those of its page, and the last line says which these are;
    the first page is that of the board."""
    line = line_of(np.arange(9.0))
    made = board_of(*(panel_of(line, key=f"p{at}", title=f"panel {at}") for at in range(5)), lens=Lens())
    for chosen, title, words in (("", "panel 0", "4 more panels"), ("p3", "panel 3", "panel 4 of 5"),
                                 ("gone", "panel 0", "4 more panels")):
        cells, parts = draw_screen(made, 80, 24, Pen(), panels=Panels(), cursor=None, chosen=chosen, pane="panels",
                                   runs=RunListPane(), output=None, footer=Footer(), overlay=None)
        assert any(line.startswith(f"{title} ") for line in cells.lines()) and cells.lines()[-1].endswith(words)
        assert parts.panels is not None and [panel.title for panel, _, _ in parts.panels.spaces] == [title]
    seen = []
    for chosen in ("p0", "p1", "p2", "p3", "p4"):
        shown = first_screen(made, 120, 40, chosen=chosen)
        assert chosen in [panel.key for panel, _, _ in shown.spaces] and shown.cells.height == 40
        seen += [panel.key for panel, _, _ in shown.spaces]
    assert set(seen) == set(shown.keys)
