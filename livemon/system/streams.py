"""Lines for people and programs on the standard streams; on a terminal nothing in them moves the cursor."""

from __future__ import annotations

import sys
import unicodedata
from typing import TextIO

__all__ = ["put_message", "put_result", "visible"]


def visible(text: str) -> str:
    """With what a terminal would obey spelt out ("\\x1b", "\\n"): a run's name must not move the cursor."""
    return "".join(_spelt(char) if unicodedata.category(char) in _OBEYED else char for char in text)


_OBEYED = ("Cc", "Cf", "Cs", "Zl", "Zp")  # controls, directions of writing, broken letters, ends of lines


def _spelt(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def put_message(text: str) -> None:
    """A message for people, on standard error. Raises OSError, or ValueError where that is closed."""
    print(f"livemon: {visible(text)}", file=sys.stderr, flush=True)


def put_result(text: str, stream: TextIO) -> None:
    """A result: on a terminal as `visible` spells it, for a program as it is. Raises as `put_message` does."""
    print(visible(text) if stream.isatty() else text, file=stream, flush=True)
