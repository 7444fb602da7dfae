"""The metrics.csv of the recorder: a file that is whole at every instant, and the text of its cells."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from livemon.system.atomic import encoded, replace_file

__all__ = ["PLAIN", "MetricsFile", "cell_text", "number_in", "read_value"]

PLAIN = frozenset((float, int, bool, str, type(None)))  # what needs no reading


class MetricsFile:
    """A CSV file that is whole at every instant. Opened for each write, so that nobody finds it held open."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.torn = ""
        self._width: int | None = None  # cells of the header on disk; None: there is no file yet
        self._size = 0  # of the file, when it was last looked at or written

    def resume(self) -> tuple[list[str], dict[str, str]]:
        """Take up what is there: the header, and the last row by column. An incomplete last line is cut off, as it is
        no row and would be one as soon as something is appended. Raises OSError."""
        self._check_regular()
        try:
            with open(self.path, "rb") as file:
                first = next(_whole_rows(file), b"")
        except FileNotFoundError:
            return [], {}
        self._cut_torn_line()
        if not first.endswith(b"\n"):
            return [], {}
        header = _parse(first)
        self._width = len(header)
        last = _parse(_last_line(self.path))
        self._size = os.stat(self.path).st_size
        return header, dict(zip(header, last, strict=False)) if len(last) == len(header) else {}

    def add(self, columns: list[str], rows: list[tuple[bytes, int]]) -> None:
        """Append rows; columns that the file does not have yet replace it. Raises OSError, with the number of rows that
        were written all the same in its attribute `rows_written`."""
        self._look_again(columns)
        width = len(columns)
        lines = b"".join(_padded(row, width - cells) for row, cells in rows)
        if self._width == width:
            _append(self.path, lines)
        else:
            self._replace(columns, lines)
        self._width = width
        self._size = os.stat(self.path).st_size

    def _look_again(self, columns: list[str]) -> None:
        """Somebody may have removed the file, emptied it, or put another one in its place since it was last written.

        Raises:
            OSError: It has other columns, among which rows of ours would tell what is not true.
        """
        try:
            size = os.stat(self.path).st_size
        except FileNotFoundError:
            self._width = None
            return
        if self._width is None or size == self._size:
            return
        self._width = None
        header, _ = self.resume()
        if header and header != [_one_line(name) for name in columns[: len(header)]]:
            raise OSError("somebody has put a file with other columns in its place")

    def _replace(self, columns: list[str], lines: bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        header = encoded(",".join(_quoted(name) for name in columns) + "\n")
        if self._width is None:
            replace_file(self.path, [header, lines])
            return
        self._check_regular()
        replace_file(self.path, chain([header], self._widened(len(columns) - self._width), [lines]))

    def _widened(self, more: int) -> Iterator[bytes]:
        """The rows of the file with so many cells more. It is closed behind the last one: Windows replaces no file that
        is open."""
        with open(self.path, "rb") as old:
            rows = _whole_rows(old)
            next(rows, b"")
            for row in rows:
                yield _padded(row.rstrip(b"\r\n"), more)

    def _check_regular(self) -> None:
        if os.path.exists(self.path) and not os.path.isfile(self.path):  # A FIFO would block, a device never end.
            raise OSError("it is not a regular file")

    def _cut_torn_line(self) -> None:
        with open(self.path, "r+b") as file:
            size = file.seek(0, os.SEEK_END)
            start = max(0, size - 1_048_576)
            file.seek(start)
            tail = file.read()
            end = tail.rfind(b"\n") + 1
            if end < len(tail):
                self.torn = tail[end:].decode("utf-8", "replace")[:200]
                file.truncate(start + end)


def _padded(row: bytes, cells: int) -> bytes:
    return row + b"," * cells + b"\n"


def _append(path: Path, data: bytes) -> None:
    """Append whole lines with one write. A disk that takes only part of them is left with whole lines."""
    flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    handle = os.open(path, flags)
    written = 0
    try:
        before = os.fstat(handle).st_size
        while written < len(data):  # as a rule once; the second turn finds out why the first was cut short
            written += os.write(handle, data[written:])
    except OSError as error:
        kept = data.rfind(b"\n", 0, written) + 1
        if kept < written:
            os.ftruncate(handle, before + kept)
        error.rows_written = data.count(b"\n", 0, kept)  # type: ignore[attr-defined]
        raise
    finally:
        os.close(handle)


def _whole_rows(file: Iterable[bytes]) -> Iterator[bytes]:
    """The rows of a CSV file; a row goes on over a line's end inside quotes."""
    pending = b""
    for line in file:
        pending += line
        if pending.count(b'"') % 2 == 0:
            yield pending
            pending = b""
    if pending:
        yield pending


def _last_line(path: Path) -> bytes:
    with open(path, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - 1_048_576))
        return file.read().rstrip(b"\r\n").rpartition(b"\n")[2]


def _parse(line: bytes) -> list[str]:
    text = line.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    return next(csv.reader([text]), [])


def read_value(value: Any) -> float | str | None:
    """The number in a NumPy scalar, a 0-d array, a tensor, or what else float() takes. Raises for what is not one."""
    if isinstance(value, float | int | str):  # NumPy's float64 and str_ are
        return value
    if hasattr(value, "item"):
        value = value.item()
    return value if type(value) in PLAIN else float(value)


def cell_text(value: Any) -> str:
    """A value as the text of its cell; numbers keep every digit."""
    if value is None:
        return ""
    if isinstance(value, float):  # NumPy's float64 is one, with a repr of its own
        return float.__repr__(value)
    if isinstance(value, int):  # True is 1
        return int.__repr__(value)
    return _quoted(value)


def _one_line(text: Any) -> str:
    """Line ends and NULs, of which each would end a row or spoil it, as blanks."""
    return re.sub(r"[\r\n\0]+", " ", str(text))


def _quoted(text: str) -> str:
    """A text as a CSV cell on one line."""
    text = _one_line(text)
    if not any(letter in text for letter in ',"'):
        return text
    return '"' + text.replace('"', '""') + '"'


def number_in(text: str | None, default: int) -> int | float:
    """The number that a cell of the file holds, or the default where it holds none that counts."""
    for kind in (int, float):
        try:
            number = kind(text or "")
        except ValueError:
            continue
        return number if number - number == 0 else default  # not after nan or inf
    return default
