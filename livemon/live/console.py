"""What a watch prints for people: messages and results."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from livemon.live.messages import MOST_MESSAGES
from livemon.system.streams import put_message, put_result

if TYPE_CHECKING:
    from livemon.views.header_line import HeaderView
    from livemon.views.terminal.app import TerminalView

__all__ = ["Console"]


class Console:
    """Lines for people on standard error, results on `results`; each below the header line if there is one.

    Attributes:
        header: The header line, or None.
        picture: The path of the picture, or None.
        aside: The terminal's screen, which receives all lines while it is shown, or None.
    """

    def __init__(self, results: TextIO) -> None:
        self.header: HeaderView | None = None
        self.picture: Path | None = None
        self.aside: TerminalView | None = None
        self._results = results
        self._said: set[str] = set()

    def notify_once(self, text: str) -> None:
        """A message, unless it was printed before."""
        if text not in self._said:
            self.notify(text)

    def notify(self, text: str) -> None:
        """A message."""
        if len(self._said) < MOST_MESSAGES:
            self._said.add(text)
        if self.aside is not None:
            self.aside.notify(text)
            return
        with contextlib.suppress(OSError, ValueError):  # nobody listens any more
            self._end_line()
            put_message(text)

    def show(self, text: str) -> None:
        """A result."""
        if self.aside is not None:
            self.aside.notify(text)
            return
        self._end_line()
        put_result(text, self._results)

    def come_back(self) -> None:
        """The terminal's screen was closed: print the messages that came meanwhile below it."""
        aside, self.aside = self.aside, None
        for text in () if aside is None else aside.said:
            self.notify(text)

    def _end_line(self) -> None:
        if self.header is not None:
            self.header.close()
