from __future__ import annotations

from dataclasses import replace

import numpy as np

from livemon.boards.lens.value import Lens
from livemon.views.terminal.cells import Cells
from livemon.views.terminal.footer import Footer, hints_of, left_out_text, put_footer
from livemon.views.terminal.plot import Pen

from .conftest import board_of, line_of, panel_of


def last_line(footer: Footer, panels: str = "", width: int = 80) -> str:
    cells = Cells(width, 4)
    put_footer(cells, footer, panels, Pen())
    return cells.lines()[-1]


def test_what_was_filtered_is_named() -> None:
    """Filters of metrics and of runs, hidden metrics and a screen that is held are named, each in few words."""
    lens = Lens(select="acc|" + "x" * 100, where=("lr>=1e-3", "state:running"), hidden=("a", "b"))
    words = left_out_text(lens, holds=True)
    assert words[0].startswith("/acc|x") and len(words[0]) < 25 and words[1] == "runs lr>=1e-3 state:runn…"
    assert words[2:] == ("2 hidden", "held") and left_out_text(Lens(), holds=False) == ()


def test_what_is_left_out_stays_beside_any_text() -> None:
    """What is left out stands at the right, beside hints and beside what is said; where it has no room, its end goes
    first."""
    for footer in (Footer(hints=("? help", "q quit")), Footer("step 12")):
        line = last_line(replace(footer, left_out=("/acc",)), "3 more panels")
        assert line.endswith("/acc   3 more panels") and line.startswith(("? help   q quit", "step 12"))
    assert last_line(Footer("a", left_out=("/acc", "x" * 70)), "3 more panels").endswith("/acc   3 more panels")


def test_several_runs_have_hints_of_their_own() -> None:
    """Where several runs are drawn, the list of runs and their groups are named among the first, so that 80 columns
    show them; of a panel alone, how the others come back."""
    board = board_of(panel_of(line_of(np.arange(9.0))))
    shown = last_line(Footer(hints=hints_of(replace(board, paths=("a", "b")), Lens())), "12 more panels")
    assert "esc runs" in shown and "g seeds" in shown
    assert "esc runs" in last_line(Footer(hints=hints_of(board, Lens())), "12 more panels")
    assert "g each run" in hints_of(replace(board, paths=("a", "b")), Lens(group_by=""))
    assert "enter all panels" in hints_of(board, Lens(large="loss"))
