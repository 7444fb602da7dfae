"""What the training prints, as the lowest rows of a terminal's screen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from livemon.views.terminal.cells import Cells, clipped, ink
from livemon.views.terminal.plot import Pen, Rect

__all__ = ["Output", "OutputPane", "PrintedText"]

_SHARE, _LEAST, _MOST = 5, 4, 16  # of the rows of a screen: a fifth; at least, at most


class PrintedText(Protocol):
    """A line as it is shown."""

    @property
    def text(self) -> str:
        """Without anything that a terminal would obey."""


class Output(Protocol):
    """The last lines that a training prints."""

    path: Path
    problem: str

    @property
    def lines(self) -> Sequence[PrintedText]:
        """The oldest first."""

    def refresh(self) -> bool:
        """Read what is new; whether anything is."""

    def line_at(self, when: float) -> int | None:
        """The number of the last line that had come at a time; None where that is not known."""


class OutputPane:
    """Shows the end of what is printed, or a part of it.

    Args:
        output: What is printed.

    Attributes:
        output: As above.
        is_open: Whether it is shown.
    """

    def __init__(self, output: Output) -> None:
        self.output = output
        self.is_open = True
        self._last: int | None = None  # the line in the lowest row; None: the newest
        self._marked: int | None = None  # the line of the cursor's time
        self._rows = 1

    def rows_of(self, height: int) -> int:
        """How many rows it takes of a screen."""
        if not self.is_open or height < 4 * _LEAST:
            return 0
        return min(max(height // _SHARE, _LEAST), _MOST, max(len(self.output.lines), 1) + 1)

    def scroll(self, lines: int) -> None:
        """Show what stands so many lines below; at the end what is new is followed again."""
        count = len(self.output.lines)
        last = min(max((count - 1 if self._last is None else self._last) + lines, self._rows - 1), count - 1)
        self._last = None if last >= count - 1 else last

    def page(self, direction: int) -> None:
        """Show what stands a page below."""
        self.scroll(direction * max(self._rows - 1, 1))

    def go_to(self, when: float | None) -> bool:
        """Show what had been printed at a time, and mark it; None: the newest lines. Whether such a line is known."""
        self._marked = None if when is None else self.output.line_at(when)
        self._last = None
        if self._marked is not None:
            last = self._marked + self._rows // 2
            self._last = last if last < len(self.output.lines) - 1 else None
        return self._marked is not None

    def put(self, cells: Cells, rect: Rect, pen: Pen, *, is_chosen: bool) -> None:
        """Draw it."""
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
