"""Text output: the header line (rewritten in place on a terminal, else one line per update), messages, results."""

from __future__ import annotations

import dataclasses
from typing import TextIO

from livemon.boards.model import Board, Header
from livemon.system.streams import cells_of, hanging_lines, obeys_escapes, terminal_width, visible

__all__ = ["HeaderView"]


class HeaderView:
    """Writes `Header.line` of each board to a text stream.

    On a terminal the line is rewritten in place, cut to the terminal's width. Elsewhere it is a new line, written only
    when something happened: a growing age of the last row alone does not count. Each finding that is a warning or worse
    gets a line of its own, once."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._in_place = stream.isatty()
        self._erases = self._in_place and obeys_escapes(stream)
        self._last: Header | None = None
        self._line_open = False
        self._listed: set[tuple[str, str, str, str]] = set()

    def open(self) -> None:
        """Nothing to do."""

    def draw(self, board: Board) -> None:
        """Show the board's header.

        Raises:
            OSError: The stream cannot be written to, e.g. BrokenPipeError.
        """
        width = (terminal_width(self._stream) or 80) - 1 if self._in_place else None
        news = self._news(board, width)
        if width is not None:
            for notice in news:
                self._write(f"\r\x1b[K{notice}\n" if self._erases else f"\r{_padded(notice, width)}\n")
            line = _fit(visible(board.header.line(width)), width)
            self._write(f"\r{line}\x1b[K" if self._erases else f"\r{_padded(line, width)}")
            self._line_open = True
            return
        ageless = dataclasses.replace(board.header, age="")
        if ageless != self._last:
            self._last = ageless
            self._write(visible(board.header.line()) + "\n")
        for notice in news:
            self._write(notice + "\n")

    def _news(self, board: Board, width: int | None) -> list[str]:
        """The lines of new findings, wrapped between words to the width of a terminal."""
        lines = []
        for notice in board.warnings:
            key = board.header.run, notice.kind, notice.severity, notice.metric
            if key not in self._listed:
                self._listed.add(key)
                text = visible(f"{notice.severity} {notice.kind}: {notice.text} -> {notice.advice}")
                lines += hanging_lines("  ", text, width)
        return lines

    def close(self) -> None:
        """End the line, so that later output starts on a new one."""
        if self._line_open:
            self._line_open = False
            self._write("\n")

    def _write(self, text: str) -> None:
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        if not _can(encoding, "●"):
            text = text.replace("●", "*").replace("·", "-").replace("…", "~")
        self._stream.write(text.encode(encoding, "replace").decode(encoding))
        self._stream.flush()


def _can(encoding: str, char: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cells_of(text))


def _fit(text: str, width: int) -> str:
    """Cut to a width in terminal cells: a Chinese character takes two, a combining one none."""
    cells = 0
    for index, char in enumerate(text):
        cells += cells_of(char)
        if cells > width:
            return text[:index]
    return text
