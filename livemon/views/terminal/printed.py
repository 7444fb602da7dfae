"""The first screen as text, printed once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TextIO

from livemon.boards.model import Board
from livemon.system.streams import take_any_text
from livemon.views import style as styles
from livemon.views.terminal.ansi import as_text, depth_of
from livemon.views.terminal.first_screen import LOWEST, NARROWEST, first_screen
from livemon.views.terminal.glyphs import glyphs_for
from livemon.views.terminal.plot import Pen

__all__ = ["PrintedView", "size_of"]

_USUAL = (80, 24)
_LARGEST = (1000, 1000)  # a terminal that reports more does not mean it


class PrintedView:
    """Prints each board as the text of a screen: in colour on a terminal, plain elsewhere.

    Args:
        stream: The output.
        style: "light" or "dark"; None takes LIVEMON_STYLE, else dark.
        glyphs: The name of a set of characters; None: by the terminal.
        environ: The environment; None: that of this process.
    """

    def __init__(self, stream: TextIO, style: styles.Theme | None = None, glyphs: str | None = None,
                 environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self._stream = stream
        self._theme = styles.default_theme("dark") if style is None else style
        self._depth = depth_of(self._environ, is_terminal=stream.isatty())
        self._glyphs = glyphs_for(glyphs, self._term(), getattr(stream, "encoding", None))

    def _term(self) -> Mapping[str, str]:
        """The environment; a pipe has no terminal whose name would say what can be shown."""
        return self._environ if self._stream.isatty() else {**self._environ, "TERM": "xterm"}

    def open(self) -> None:
        """Nothing to do."""

    def draw(self, board: Board) -> None:
        """Print the board.

        Raises:
            OSError: The stream cannot be written to, e.g. BrokenPipeError.
        """
        width, height = size_of(self._stream, self._environ)
        is_terminal = self._stream.isatty()
        pen = Pen(self._glyphs, self._depth != "none")
        shown = first_screen(board, max(width, NARROWEST), max(height - is_terminal, LOWEST), pen)
        take_any_text(self._stream)
        self._stream.write(as_text(shown.cells, self._depth, self._theme) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Nothing to do."""


def size_of(stream: TextIO, environ: Mapping[str, str]) -> tuple[int, int]:
    """Width and height in cells: the terminal's; elsewhere those in COLUMNS and LINES, or 80 x 24."""
    try:
        size = os.get_terminal_size(stream.fileno())
        width, height = size.columns, size.lines
    except (OSError, ValueError, AttributeError):  # a pipe, or a stream without a file
        width, height = (int(text) if (text := environ.get(name, "")).isdecimal() else 0
                         for name in ("COLUMNS", "LINES"))
    return min(width or _USUAL[0], _LARGEST[0]), min(height or _USUAL[1], _LARGEST[1])
