from __future__ import annotations

import pandas as pd

from livemon.boards.model import Board, Header
from livemon.reports.content import Paragraph, Picture, Report, Section, shortened, table_of

FRAME = pd.DataFrame({"loss": [0.25, 0.5], "state": ["finished", "failed"]}, index=pd.Index(["a", "b"], name="run"))


def test_a_table_has_the_cells_that_people_read() -> None:
    """A DataFrame becomes texts, the index first; columns of numbers stand at the right, best cells are found by
    place."""
    table = table_of(FRAME, "ranked", {(0, "loss")}, "Runs")
    assert table.head == ("run", "loss", "state")
    assert table.rows == (("a", "0.250", "finished"), ("b", "0.500", "failed"))
    assert table.to_right == (False, True, False) and table.best == {(0, 1)}
    assert (table.caption, table.title) == ("ranked", "Runs")


def test_a_long_table_is_cut_and_says_so() -> None:
    """Of more rows than there is room for the first ones stay, and the caption counts them all."""
    cut = shortened(table_of(FRAME, "ranked", {(1, "loss")}), 1)
    assert cut.rows == (("a", "0.250", "finished"),) and cut.best == frozenset()
    assert cut.caption == "the first 1 of 2 rows; ranked"


def test_pictures_of_all_sections() -> None:
    """A report lists its pictures in the order in which they stand in it."""
    boards = [Board(name, Header(name, "finished"), ()) for name in "ab"]
    sections = (Section("x", "X", (Picture(boards[0], "first"), Paragraph("text"))),
                Section("y", "Y", (Picture(boards[1], "second"),)))
    assert [picture.words for picture in Report("t", (), "plain", sections, "now").pictures] == ["first", "second"]
