from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from livemon.boards.lens.value import Lens
from livemon.boards.model import Board, Header, Line, Mark, Panel, Row, Ruler, SummaryRow
from livemon.views.browser.plain import PlainPanel, named_lines, plain_panel, plain_parts


def test_a_board_is_plain_json() -> None:
    """All of a board but the points of its lines is JSON, in which no number is NaN or infinite."""
    mark = Mark("nan", 3.0, None, "blue", "")
    panel = Panel("loss", "loss", (0.0, 1.0), (0.0, float("inf")), marks=(mark,), metrics=("loss",))
    board = Board("run", Header("run", "running"), (panel,), lens=Lens(smooth=0.9),
                  summary=(SummaryRow("loss", float("nan"), None, None, ("NaN", "-", "-")),),
                  rulers=(Ruler("epoch", np.zeros(2), np.ones(2)),))
    text = json.dumps({"parts": plain_parts(board), "panel": plain_panel(panel)}, allow_nan=False)
    parts = json.loads(text)["parts"]
    assert parts["lens"] == {"smooth": 0.9} and parts["summary"][0]["last"] is None
    assert parts["header"]["line"] == board.header.line() and "lines" not in plain_panel(panel)


def test_a_value_that_stays_is_made_plain_once() -> None:
    """Of the rows of a panel those that are the same objects as before have the same plain data; a row that is equal to
    one that has gone is made anew, and right."""
    rows = [Row(f"run {number}", number, str(number), "blue") for number in range(3)]
    plain, panel = PlainPanel(), Panel("best", "best", (0.0, 1.0), (0.0, 1.0), rows=tuple(rows))
    before = plain.of(panel)["rows"]
    other = Row("run 1", 7.0, "7", "grey")
    after = plain.of(replace(panel, rows=(rows[2], other, rows[0])))["rows"]
    assert (after[0] is before[2], after[2] is before[0]) == (True, True)
    assert after == plain_panel(replace(panel, rows=(rows[2], other, rows[0])))["rows"]


def test_lines_have_names_of_their_own() -> None:
    """Two lines of one metric and one kind, as earlier attempts have them, are told apart."""
    x = np.zeros(1)
    lines = tuple(Line("loss", kind, x, x, "blue") for kind in ("superseded", "superseded", "main"))
    named = named_lines(Panel("p", "p", (0.0, 1.0), (0.0, 1.0), lines=lines))
    assert tuple(named.values()) == lines
