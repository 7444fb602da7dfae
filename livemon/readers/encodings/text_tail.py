"""A growing text -> its new lines in UTF-8, even if it is written in UTF-16, as by PowerShell's `>`."""

from __future__ import annotations

import codecs
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from livemon.readers.encodings.csv_records import split_lines
from livemon.system.listing import UTF_16_MARKS
from livemon.system.tail import BUDGET_BYTES, LONGEST_LINE, Look, Status, Tail

__all__ = ["Lines", "TextTail"]


class Lines(Protocol):
    """A source of the lines of a text; see `Tail`."""

    @property
    def pending_bytes(self) -> int:
        """The bytes after the last line end."""

    @property
    def quiet_seconds(self) -> float:
        """For how long the text had not been written at the last look."""

    def look(self) -> Look:
        """What is new."""


class TextTail:
    """Follows one text; the first bytes of each version of it tell its encoding.

    Args:
        path: The file.
        budget_bytes: The most bytes that one look reads; not less than the longest line.
    """

    def __init__(self, path: Path, budget_bytes: int = BUDGET_BYTES) -> None:
        self._path = path
        self._tail = Tail(path, budget_bytes=budget_bytes)
        self._decoder: codecs.IncrementalDecoder | None = None  # only for UTF-16
        self._at_start = True
        self._rest = b""  # only for UTF-16: the text after the last line end, in UTF-8
        self._in_long_line = False

    @property
    def pending_bytes(self) -> int:
        """The bytes after the last complete line."""
        return self._tail.pending_bytes if self._decoder is None else len(self._rest)

    @property
    def quiet_seconds(self) -> float:
        """See `Tail.quiet_seconds`."""
        return self._tail.quiet_seconds

    def look(self) -> Look:
        """What is new; see `Tail.look`."""
        look = self._tail.look()
        if look.restarted:
            self._at_start, self._rest, self._in_long_line = True, b"", False
        if look.status == Status.OK and not look.lines and self._decoder is not None:
            return replace(look, last_line=self._last_line())
        if not look.lines or look.status != Status.OK:
            return look
        if self._at_start and look.lines.startswith(UTF_16_MARKS) != (self._decoder is not None):
            return replace(self._read_anew(look.lines.startswith(UTF_16_MARKS)), restarted=look.restarted)
        if self._decoder is None:
            self._at_start = False
            return look
        return self._in_utf_8(look)

    def _read_anew(self, is_utf_16: bool) -> Look:
        """The first look at a version of the file whose encoding differs from the one before."""
        self._tail = Tail(self._path, by_lines=not is_utf_16)
        self._decoder = codecs.getincrementaldecoder("utf-16")("replace") if is_utf_16 else None
        self._at_start = True
        look = self._tail.look()
        if look.lines.startswith(UTF_16_MARKS) != is_utf_16:  # changed meanwhile; the next look handles it
            self._tail = Tail(self._path, by_lines=not is_utf_16)
            return Look(Status.REWRITING)
        self._at_start = not look.lines
        return self._in_utf_8(look) if is_utf_16 and look.lines else look

    def _in_utf_8(self, look: Look) -> Look:
        assert self._decoder is not None
        if self._at_start:
            self._decoder.reset()
            self._at_start = False
        whole = self._rest + self._decoder.decode(look.lines).encode("utf-8", "replace")
        end = whole.rfind(b"\n") + 1
        lines, self._rest = whole[:end], whole[end:]
        dropped = 0
        if self._in_long_line and lines:
            lines, self._in_long_line, dropped = lines[lines.index(b"\n") + 1 :], False, 1
        if len(self._rest) > LONGEST_LINE:
            self._rest, self._in_long_line = b"", True
        short = [line for line in split_lines(lines, b"\n") if len(line) <= LONGEST_LINE] \
            if len(lines) > LONGEST_LINE else [lines]
        dropped += lines.count(b"\n") - sum(line.count(b"\n") for line in short)
        last_line = b"" if look.more else self._last_line()
        return replace(look, lines=b"".join(short), dropped_lines=dropped, last_line=last_line)

    def _last_line(self) -> bytes:
        return b"" if self._in_long_line else self._tail.once_quiet(self._rest)
