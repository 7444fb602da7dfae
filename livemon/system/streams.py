"""Lines for people and programs on the standard streams; on a terminal nothing in them moves the cursor."""

from __future__ import annotations

import codecs
import sys
import unicodedata
from typing import TextIO

__all__ = ["encodable", "put_message", "put_result", "visible"]


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
    """A result: on a terminal as `visible` spells it, for a program as it is; what the stream's encoding lacks is
    escaped. Raises as `put_message` does."""
    text = visible(text) if stream.isatty() else text
    try:
        text.encode(stream.encoding or "utf-8", stream.errors or "strict")
    except UnicodeEncodeError:
        text = encodable(text, stream.encoding or "utf-8")
    print(text, file=stream, flush=True)


def encodable(text: str, encoding: str) -> str:
    """The text with escapes for what an encoding lacks, as a JSON text may hold them too: "\\u540d". Of a name that is
    no UTF-8, each wrong byte is such an escape: "\\udcff"."""
    return text.encode(encoding, _ESCAPED).decode(encoding)


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place:place + 4]}" for place in range(0, len(units), 4)), error.end


_ESCAPED = "livemon_escaped"
codecs.register_error(_ESCAPED, _escape)
