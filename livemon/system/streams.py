"""Lines for people and programs on the standard streams; nothing in them can move a terminal's cursor."""

from __future__ import annotations

import codecs
import functools
import os
import stat
import sys
import textwrap
import unicodedata
from typing import TextIO

__all__ = ["cells_of", "encodable", "file_of", "hanging_lines", "obeys_escapes", "put_lines", "put_message",
           "put_result", "take_any_text", "terminal_width", "visible"]


def visible(text: str) -> str:
    """The text with escapes for control characters ("\\x1b", "\\n"): a run's name must not move the cursor."""
    return "".join(_spelt(char) if unicodedata.category(char) in _OBEYED else char for char in text)


_OBEYED = ("Cc", "Cf", "Cs", "Zl", "Zp")  # controls, writing directions, lone surrogates, line ends


def _spelt(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def put_message(text: str) -> None:
    """Print a message for people on standard error; on a terminal, lines are broken between words. Raises OSError, or
    ValueError if standard error is closed."""
    lines = hanging_lines("livemon: ", visible(text), terminal_width(sys.stderr))
    print("\n".join(lines), file=sys.stderr, flush=True)


def put_result(text: str, stream: TextIO) -> None:
    """Print a result: on a terminal as `visible` spells it, for a program as it is. Characters that the stream's
    encoding lacks are escaped. Raises the same errors as `put_message`."""
    take_any_text(stream)
    print(visible(text) if stream.isatty() else text, file=stream, flush=True)


def put_lines(text: str) -> None:
    """Print a text of several lines on standard output, each with `put_result`."""
    for line in text.split("\n"):
        put_result(line, sys.stdout)


def take_any_text(stream: TextIO) -> None:
    """From now on, escape characters that a stream's encoding lacks, instead of an error (cp1252 and cp932 of Windows
    have no "●"); see `encodable`."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None and getattr(stream, "errors", "strict") in ("strict", "surrogateescape"):
        reconfigure(errors=_ESCAPED)


def encodable(text: str, encoding: str) -> str:
    """The text with escapes for characters that an encoding lacks, in the form that JSON allows, too: "\\u540d". Each
    byte of a name that is not valid UTF-8 is such an escape: "\\udcff"."""
    return text.encode(encoding, _ESCAPED).decode(encoding)


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start:start + 4]}" for start in range(0, len(units), 4)), error.end


_ESCAPED = "livemon_escaped"
codecs.register_error(_ESCAPED, _escape)


def terminal_width(stream: TextIO) -> int | None:
    """The width in cells of the terminal behind a stream; None if there is no terminal, or its width is not known."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except (OSError, ValueError):  # no terminal, a closed stream, or one without a file
        return None


def hanging_lines(head: str, text: str, width: int | None) -> list[str]:
    """A text after its head, with a hanging indent: broken between words to fit a terminal of this width, and then as
    `visible` spells it. A path stays whole, so that it can be copied."""
    if width is None or width < 2 * len(head):
        return [head + text]
    parts = textwrap.wrap(visible(text), width - len(head), break_long_words=False, break_on_hyphens=False)
    return [(head if number == 0 else " " * len(head)) + part for number, part in enumerate(parts)] or [head.rstrip()]


def cells_of(text: str) -> int:
    """The number of terminal cells that a text takes: a Chinese character takes two, a combining character none."""
    return len(text) if text.isascii() else sum(map(_cells_of_char, text))


@functools.lru_cache(maxsize=4096)
def _cells_of_char(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def file_of(stream: TextIO, folder: str = ".") -> str | None:
    """The name of the file in a folder that a stream writes to, if its name begins with `=`; else None.

    A shell makes such a file for `lr>=0.001` without quotes: the `>` redirects the output.
    """
    try:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            return None
        with os.scandir(folder) as entries:
            named = [entry.name for entry in entries if entry.name.startswith("=")]
        return next((name for name in named if os.path.samestat(status, os.stat(os.path.join(folder, name)))), None)
    except (OSError, ValueError, AttributeError):  # a stream without a file
        return None


def obeys_escapes(stream: TextIO) -> bool:
    """Whether a terminal obeys sequences such as "erase to the end of the line". Old Windows consoles print them; in
    newer ones this function turns them on."""
    obeys = True
    if sys.platform == "win32":
        import ctypes
        import msvcrt
        from ctypes import wintypes

        mode, obey = wintypes.DWORD(), 4  # ENABLE_VIRTUAL_TERMINAL_PROCESSING
        kernel = ctypes.WinDLL("kernel32")
        kernel.GetConsoleMode.argtypes = (wintypes.HANDLE, ctypes.POINTER(wintypes.DWORD))
        kernel.SetConsoleMode.argtypes = (wintypes.HANDLE, wintypes.DWORD)
        try:
            handle = msvcrt.get_osfhandle(stream.fileno())
        except (OSError, ValueError):
            return False
        obeys = bool(kernel.GetConsoleMode(handle, ctypes.byref(mode)) and
                     kernel.SetConsoleMode(handle, mode.value | obey))
    return obeys
