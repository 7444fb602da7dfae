"""The output of the training, in the lowest rows of a terminal's screen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from livemon.views.terminal.cells import Cells, clipped, ink
from livemon.views.terminal.plot import Pen, Rect

__all__ = ["Output", "OutputPane", "PrintedText"]

_SHARE, _LEAST, _MOST = 5, 4, 16  # of the rows of a screen: a fifth; at least, at most


class PrintedText(Protocol):
    """A printed line."""

    @property
    def text(self) -> str:
        """The text without control characters."""


class Output(Protocol):
    """The last lines that a training has printed."""

    path: Path
    problem: str

    @property
    def lines(self) -> Sequence[PrintedText]:
        """The lines, the oldest first."""

    def refresh(self) -> bool:
        """Read what is new; whether anything is new."""

    def line_at(self, when: float) -> int | None:
        """The number of the last line that had been printed at a time; None if unknown."""


class OutputPane:
    """Shows the end of the output, or another part of it.

    Args:
        output: The output.

    Attributes:
        output: As above.
        is_open: Whether the pane is open.
    """

    def __init__(self, output: Output) -> None:
        self.output = output
        self.is_open = True
        self._last: int | None = None  # the line in the lowest row; None: the newest
        self._marked: int | None = None  # the line at the cursor's time
        self._rows = 1

    def rows_of(self, height: int) -> int:
        """The number of rows that it takes from a screen."""
        if not self.is_open or height < 4 * _LEAST:
            return 0
        return min(max(height // _SHARE, _LEAST), _MOST, max(len(self.output.lines), 1) + 1)

    def scroll(self, lines: int) -> None:
        """Scroll down by a number of lines; at the end new lines are followed again."""
        count = len(self.output.lines)
        last = min(max((count - 1 if self._last is None else self._last) + lines, self._rows - 1), count - 1)
        self._last = None if last >= count - 1 else last

    def page(self, direction: int) -> None:
        """Scroll down by a page."""
        self.scroll(direction * max(self._rows - 1, 1))

    def go_to(self, when: float | None) -> bool:
        """Scroll to the lines printed at a time, and mark the last one; None: the newest lines. Returns whether such a
        line is known."""
        self._marked = None if when is None else self.output.line_at(when)
        self._last = None
        if self._marked is not None:
            last = self._marked + self._rows // 2
            self._last = last if last < len(self.output.lines) - 1 else None
        return self._marked is not None

    def put(self, cells: Cells, rect: Rect, pen: Pen, *, is_chosen: bool) -> None:
        """Draw the pane."""
        output, glyphs = self.output, pen.glyphs
        self._rows = max(rect.height - 1, 1)
        end = len(output.lines) if self._last is None else self._last + 1
        first = max(end - self._rows, 0)
        title = clipped(glyphs.plain(f" {output.path.name} "), rect.width, glyphs.ellipsis)
        column = cells.put(rect.row, rect.column, title, ink("text", bold=True, reverse=is_chosen), room=rect.width)
        below = len(output.lines) - end
        note = output.problem or (f"{below:,} more lines below" if below else "" if output.lines else "nothing yet")
        cells.put(rect.row, column + 1, clipped(note, rect.width - column - 1, glyphs.ellipsis),
                  ink("warning" if output.problem else "faint"))
        for row, line in enumerate(output.lines[first:end], start=rect.row + 1):
            is_marked = first + row - rect.row - 1 == self._marked
            text = clipped(glyphs.plain(line.text), rect.width, glyphs.ellipsis)
            cells.put(row, rect.column, text, ink("text", reverse=is_marked) if is_marked else ink("muted"))
