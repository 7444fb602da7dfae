from __future__ import annotations

import re

import numpy as np
import pytest

from livemon.views.terminal.ansi import Depth, sgr_of
from livemon.views.terminal.cells import Cells, ink
from livemon.views.terminal.sent_cells import bytes_of_cells

PIECE = re.compile(r"\x1b\[(?P<codes>[\d;]*)(?P<what>[HKm])|(?P<char>.)")


class Terminal:
    """A terminal that knows moves, colours and how to empty the rest of a row."""

    def __init__(self, width: int, height: int) -> None:
        self.rows = [[(" ", "")] * width for _ in range(height)]
        self.at, self.codes = (0, 0), ""

    def take(self, data: str) -> None:
        for piece in PIECE.finditer(data):
            row, column = self.at
            if piece["what"] == "H":
                below, right = piece["codes"].split(";")
                self.at = int(below) - 1, int(right) - 1
            elif piece["what"] == "K":
                assert not self.codes.startswith("7") and ";7" not in self.codes
                self.rows[row][column:] = [(" ", "")] * (len(self.rows[row]) - column)
            elif piece["what"] == "m":
                self.codes = re.sub(r"^(.*;)?0;|^0?$", "", piece["codes"])
            else:
                wide = piece["char"] == "名"
                self.rows[row][column] = piece["char"], self.codes
                if wide:
                    self.rows[row][column + 1] = "", self.codes
                self.at = row, column + 1 + wide


def as_seen(cells: Cells, depth: Depth) -> list[list[tuple[str, str]]]:
    """What a terminal shows: of a blank cell the ink is not seen, unless it is reversed."""
    rows = [[(str(char), sgr_of(int(look), depth, "dark")) for char, look in zip(*row, strict=True)]
            for row in zip(cells.text, cells.ink, strict=True)]
    return [[(char, codes if char != " " or "7" in codes.split(";") else "") for char, codes in row] for row in rows]


def grid(seed: int) -> Cells:
    """Cells of a few signs and inks, with wide characters, reversed stretches and blanks."""
    random = np.random.default_rng(seed)
    cells = Cells(30, 6)
    looks = [0, ink("blue"), ink("pale red"), ink("text", bold=True), ink("muted", reverse=True)]
    for row in range(6):
        for _ in range(4):
            text = ["abc", "  ", "⠛⣿", "名", "   x"][random.integers(5)]
            cells.put(row, int(random.integers(28)), text, looks[random.integers(5)], room=2)
    return cells


@pytest.mark.parametrize("depth", ["none", "16", "256", "true"])
def test_a_terminal_shows_the_cells(depth: Depth) -> None:
    """What is sent for the stretches that changed makes a terminal that showed one grid show the next, over many of
    them, and leaves it with its own ink."""
    terminal, before = Terminal(30, 6), Cells(30, 6)
    for seed in range(60):
        after = grid(seed)
        terminal.take(bytes_of_cells(after, after.changed(before), depth, "dark"))
        seen = [[(char, codes if char != " " or "7" in codes.split(";") else "") for char, codes in row]
                for row in terminal.rows]
        assert seen == as_seen(after, depth), seed
        assert terminal.codes == ""
        before = after


def test_no_more_than_the_cells() -> None:
    """A digit that changes takes ten bytes or so, an empty screen no blanks, and what is beyond the grid nothing."""
    cells = Cells(120, 40)
    cells.put(3, 100, "7")
    assert len(bytes_of_cells(cells, [(3, 100, 101)], "true", "dark")) < 12
    assert len(bytes_of_cells(Cells(120, 40), [(row, 0, 120) for row in range(40)], "true", "dark")) < 40 * 12
    assert bytes_of_cells(cells, [(99, 0, 1), (0, 130, 140)], "true", "dark") == ""
