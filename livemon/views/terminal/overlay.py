"""An overlay on a terminal's screen: the keys, or all findings about the run."""

from __future__ import annotations

import textwrap
from typing import Literal

from livemon.boards.model import Board
from livemon.system.streams import cells_of, visible
from livemon.views.terminal.cells import Cells, clipped, ink
from livemon.views.terminal.keys import help_rows, short_help
from livemon.views.terminal.plot import Pen

__all__ = ["Overlay"]

Text = tuple[int, str, int]  # the first column, the text, its ink
_WIDEST = 100  # cells: longer lines are hard to read
_INKS = {"critical": "warning", "warning": "idle", "info": "muted"}


class Overlay:
    """A text in place of the panels; the arrow keys scroll it if it does not fit.

    Args:
        name: The kind of text.
    """

    def __init__(self, name: Literal["keys", "findings"]) -> None:
        self.name = name
        self._first = 0
        self._last_first = 0

    def key(self, name: str) -> bool:
        """Handle a key of the overlay; whether it is one."""
        steps = {"down": 1, "up": -1, "pagedown": 10, "pageup": -10, " ": 10, "space": 10}
        if name in steps and self._last_first:
            self._first = min(max(self._first + steps[name], 0), self._last_first)
            return True
        return False

    def put(self, cells: Cells, board: Board, pen: Pen) -> None:
        """Draw it below the first row and above the last one."""
        room = cells.height - 3
        if room < 1:
            return
        rows = _rows_of_keys(cells.width, room, pen) if self.name == "keys" else _rows_of_findings(board, cells.width,
                                                                                                   pen)
        self._last_first = max(len(rows) - room, 0)
        self._first = min(self._first, self._last_first)
        shown = rows[self._first : self._first + room]
        for row in range(1, min(len(shown) + 3, cells.height - 1)):
            cells.put(row, 0, " " * cells.width)
        column = cells.put(1, 0, f" {self.name} ", ink("text", bold=True, reverse=True))
        if self._last_first:
            cells.put(1, column + 2, f"{self._first + 1} to {self._first + len(shown)} of {len(rows)}: arrows",
                      ink("muted"))
        for line, texts in enumerate(shown, start=2):
            for at, text, look in texts:
                cells.put(line, at, clipped(text, cells.width - at, pen.glyphs.ellipsis), look)


def _rows_of_keys(width: int, room: int, pen: Pen) -> list[list[Text]]:
    """The keys in as many columns as needed to show all at once, in fewer words if necessary."""
    for rows in (help_rows(), short_help()):
        rows = [(pen.glyphs.plain(name), pen.glyphs.plain(words)) for name, words in rows]
        beside = max(cells_of(name) for name, _ in rows) + 2
        widest = beside + max(cells_of(words) for _, words in rows) + 1
        columns = -(-len(rows) // room)
        if columns * widest <= width:
            return _in_columns(rows, columns, width // columns, beside)
    return _in_columns(rows, max(width // widest, 1), width // max(width // widest, 1), beside)


def _in_columns(rows: list[tuple[str, str]], columns: int, width: int, beside: int) -> list[list[Text]]:
    high = -(-len(rows) // columns)
    made: list[list[Text]] = [[] for _ in range(high)]
    for number, (name, words) in enumerate(rows):
        left = number // high * width + 1
        made[number % high] += [(left, name, ink("text", bold=True)), (left + beside, words, ink("muted"))]
    return made


def _rows_of_findings(board: Board, width: int, pen: Pen) -> list[list[Text]]:
    """Each finding: what happened, and the advice."""
    made: list[list[Text]] = []
    room = max(min(width, _WIDEST) - 4, 10)
    for notice in board.notices:
        head = pen.glyphs.plain(visible(f"{notice.severity}: {notice.text}"))
        look = ink(_INKS[notice.severity], bold=True)
        made += [[(1 if number == 0 else 3, part, look)] for number, part in enumerate(textwrap.wrap(head, room))]
        advice = pen.glyphs.plain(visible(notice.advice))
        made += [[(3, part, ink("text"))] for part in textwrap.wrap(advice, room)]
    return made or [[(1, "nothing was found", ink("muted"))]]
