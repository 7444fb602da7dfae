from __future__ import annotations

from livemon.system.streams import cells_of
from livemon.views.terminal.cells import Cells, clipped, ink


def test_a_wide_character_takes_two_cells() -> None:
    """A Chinese character takes two cells, so that what stands behind it stands where it should."""
    cells = Cells(10, 1)
    assert cells.put(0, 0, "损失x") == 5
    assert cells.lines() == ["损失x"]
    assert cells_of("损失x") == 5


def test_a_wide_character_at_the_edge() -> None:
    """A wide character of which only a half has room is left out, and a row is never longer than the grid."""
    cells = Cells(3, 1)
    cells.put(0, 0, "损失")
    assert cells_of(cells.lines()[0]) <= 3


def test_half_of_a_wide_character_is_written_over() -> None:
    """Where the second half of a wide character is written over, the first one goes, too: no row gets wider."""
    cells = Cells(4, 1)
    cells.put(0, 0, "损失")
    cells.put(0, 1, "x")
    assert cells.lines() == [" x失"]


def test_a_combining_character_takes_no_cell() -> None:
    """What combines with a character stands in its cell."""
    cells = Cells(4, 1)
    assert cells.put(0, 0, "e\u0301x") == 2
    assert cells.lines() == ["e\u0301x"]


def test_control_characters_are_shown() -> None:
    """A name cannot move the cursor: what a terminal would obey is spelt out."""
    cells = Cells(40, 1)
    cells.put(0, 0, "a\x1b[2Jb\u202e")
    assert cells.lines() == ["a\\x1b[2Jb\\u202e"]


def test_a_long_name_is_cut() -> None:
    """Of a name of 10,000 characters there stands the beginning."""
    assert clipped("x" * 10_000, 10) == "xxxxxxxxx…"
    assert clipped("损" * 10_000, 6) == "损损…"


def test_changed_stretches() -> None:
    """Only what differs is drawn anew: each stretch with its row, its first column and its end."""
    before, after = Cells(40, 3), Cells(40, 3)
    after.put(1, 5, "abc")
    after.put(1, 30, "d")
    after.put(2, 0, " ", ink("blue"))
    assert after.changed(before) == [(1, 5, 8), (1, 30, 31), (2, 0, 1)]


def test_runs_of_one_ink() -> None:
    """A row is given as texts with one ink each."""
    cells = Cells(6, 1)
    cells.put(0, 0, "ab", ink("red"))
    assert cells.row_runs(0) == [("ab", ink("red")), ("    ", 0)]
