"""The input of a terminal as keys, pastes and mouse actions: Textual's parser, made robust."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator

from textual._xterm_parser import XTermParser
from textual.message import Message

__all__ = ["TypedInput"]

PASTE_SECONDS = 0.8  # a paste without new bytes for so long has lost its end
_PASTE_BEGINS, _PASTE_ENDS = "\x1b[200~", "\x1b[201~"
_CTRL_C = "\x03"
# A terminal's answers to another program, before us or beside us: these are not keys.
_ANSWER = re.compile(r"\x1b[PX\]^_][^\x07\x1b]*(?:\x1b\\|\x07)")


class TypedInput:
    """Turns input into messages.

    A sequence on which Textual's parser fails is dropped; an answer of the terminal is not a key; and a paste that has
    lost its end, because a connection was cut, does not swallow what is typed after it.

    Args:
        debug: Textual's.
        timer: Monotonic seconds.
    """

    def __init__(self, debug: bool = False, timer: Callable[[], float] = time.monotonic) -> None:
        self._debug = debug
        self._timer = timer
        self._parser = XTermParser(debug)
        self._is_pasting = False
        self._came_at = 0.0

    def feed(self, text: str) -> Iterator[Message]:
        """The messages of a text."""
        self._came_at = self._timer()
        text = _ANSWER.sub("", text)
        if self._is_pasting and _CTRL_C in text:
            text = text.replace(_CTRL_C, _PASTE_ENDS + _CTRL_C, 1)
        begins, ends = text.rfind(_PASTE_BEGINS), text.rfind(_PASTE_ENDS)
        if begins != ends:  # exactly one of them is present
            self._is_pasting = begins > ends
        if text:  # an empty text would mean the end of the input
            yield from self._whole(self._parser.feed(text))

    def tick(self) -> Iterator[Message]:
        """What time alone decides: that an escape was a key, that a paste has lost its end."""
        if self._is_pasting and self._timer() - self._came_at >= PASTE_SECONDS:
            self._is_pasting = False
            yield from self._whole(self._parser.feed(_PASTE_ENDS))
        yield from self._whole(self._parser.tick())

    def _whole(self, messages: Iterable[Message]) -> Iterator[Message]:
        try:
            yield from messages
        except (ValueError, OverflowError, LookupError, StopIteration, RuntimeError):  # such as a key beyond Unicode
            self._parser = XTermParser(self._debug)
            self._is_pasting = False
