"""A grid of terminal cells: each has a character and an ink."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from livemon.system.streams import cells_of, visible

__all__ = ["BOLD", "INKS", "REVERSE", "Cells", "clipped", "ink"]

_PALETTE = ("blue", "orange", "green", "purple", "red", "teal", "brown", "pink", "olive", "grey")
_FRAME = ("text", "muted", "faint", "edge", "warning", "good", "idle")
INKS = (*_FRAME, *_PALETTE, *(f"pale {name}" for name in _PALETTE))
BOLD, REVERSE = 64, 128


def ink(name: str, *, bold: bool = False, reverse: bool = False) -> int:
    """The number of an ink: a colour by its name, or "pale blue" for a curve in the background."""
    return _NUMBERS[name] | (BOLD if bold else 0) | (REVERSE if reverse else 0)


_NUMBERS = {name: number for number, name in enumerate(INKS)}


def clipped(text: str, width: int, ellipsis: str = "…") -> str:
    """A text cut to a number of cells, with an ellipsis if it is longer."""
    text = text[: 4 * max(width, 0) + 4]  # do not measure a name of 10,000 characters to its end
    if cells_of(text) <= width:
        return text
    room, kept = width - 1, 0
    for index, char in enumerate(text):
        kept += cells_of(char)
        if kept > room:
            return text[:index] + ellipsis if width > 0 else ""
    return text


class Cells:
    """A grid of cells.

    Args:
        width, height: The numbers of cells.

    Attributes:
        text: shape (height, width): the character of each cell, with combining ones; "" after a character that takes
            two cells.
        ink: shape (height, width): see `ink`.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width = max(width, 0)
        self.height = max(height, 0)
        self.text: NDArray[np.str_] = np.full((self.height, self.width), " ", dtype="<U2")
        self.ink: NDArray[np.int16] = np.zeros((self.height, self.width), np.int16)

    def put(self, row: int, column: int, text: str, look: int = 0, *, room: int | None = None) -> int:
        """Write a text; control characters are escaped, and what does not fit is cut.

        Args:
            room: The number of cells; None: up to the right edge.

        Returns:
            The column after it.
        """
        end = self.width if room is None else min(self.width, column + room)
        if not 0 <= row < self.height or column < 0:
            return column
        text = clipped(text, end - column) if text.isascii() and text.isprintable() else _safe(text, end - column)
        if text.isascii() or all(cells_of(char) == 1 for char in text):
            if text:
                self._cut_wide(row, column, column + len(text))
                self.text[row, column : column + len(text)] = list(text)
                self.ink[row, column : column + len(text)] = look
            return column + len(text)
        for char in text:
            cells = cells_of(char)
            if cells == 0:
                if column > 0 and len(self.text[row, column - 1]) == 1:
                    self.text[row, column - 1] += char
                continue
            self._cut_wide(row, column, column + cells)
            self.text[row, column] = char
            self.ink[row, column : column + cells] = look
            if cells == 2:
                self.text[row, column + 1] = ""
            column += cells
        return column

    def put_right(self, row: int, end: int, text: str, look: int = 0) -> int:
        """Write a text that ends before a column; returns its first column."""
        column = max(end - cells_of(text), 0)
        self.put(row, column, text, look, room=end - column)
        return column

    def is_free(self, row: int, first: int, end: int) -> bool:
        """Whether a row is empty between two columns."""
        inside = 0 <= row < self.height and first >= 0 and end <= self.width
        return inside and bool((self.text[row, first:end] == " ").all())

    def _cut_wide(self, row: int, first: int, end: int) -> None:
        """Leave no half of a wide character when other characters overwrite it."""
        if first > 0 and self.text[row, first] == "":
            self.text[row, first - 1] = " "
        if end < self.width and self.text[row, end] == "":
            self.text[row, end] = " "

    def lines(self) -> list[str]:
        """The characters, as a text for each row, without empty cells at its end."""
        return ["".join(row).rstrip() for row in self.text.tolist()]

    def row_runs(self, row: int, first: int = 0, end: int | None = None) -> list[tuple[str, int]]:
        """A row as texts with one ink each."""
        end = self.width if end is None else min(end, self.width)
        inks = self.ink[row, first:end]
        if not len(inks):
            return []
        cuts = [0, *(np.flatnonzero(np.diff(inks)) + 1).tolist(), len(inks)]
        texts = self.text[row, first:end].tolist()
        return [("".join(texts[a:b]), int(inks[a])) for a, b in itertools.pairwise(cuts)]

    def changed(self, before: Cells) -> list[tuple[int, int, int]]:
        """The parts of rows that differ from another grid of the same size: (row, first column, end column)."""
        differ = (self.text != before.text) | (self.ink != before.ink)
        stretches: list[tuple[int, int, int]] = []
        for row in np.flatnonzero(differ.any(axis=1)).tolist():
            columns = np.flatnonzero(differ[row])
            parts = np.split(columns, np.flatnonzero(np.diff(columns) > _NEAR) + 1)
            stretches.extend((row, int(part[0]), int(part[-1]) + 1) for part in parts)
        return stretches


_NEAR = 8  # cells: moving the cursor over so many costs as many bytes as writing them again


def _safe(text: str, width: int) -> str:
    return clipped(visible(text[: 4 * max(width, 0) + 4]), width)
