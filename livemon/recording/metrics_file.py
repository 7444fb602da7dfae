"""The recorder's metrics.csv, a file that is complete at every moment, and the text of its cells."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from livemon.recording.file_kind import TIME_COLUMN, first_row, open_regular
from livemon.system.atomic import encoded, replace_file

__all__ = ["PLAIN", "MetricsFile", "cell_text", "number_in", "read_value"]

PLAIN = frozenset((float, int, bool, str, type(None)))  # read without conversion


class MetricsFile:
    """A CSV file that is complete at every moment. It is opened for each write, so that it never stays open.

    Args:
        path: The file.
        beat: Called while a long write makes progress.

    Attributes:
        path: The file.
        torn: The incomplete last line that was cut off; "" if there was none.
    """

    def __init__(self, path: Path, beat: Callable[[], None] = lambda: None) -> None:
        self.path = path
        self._beat = beat
        self.torn = ""
        self._width: int | None = None  # cells of the header on disk; None: there is no file yet
        self._size = 0  # of the file, when it was last examined or written

    def resume(self) -> tuple[list[str], dict[str, str]]:
        """Read the header and the last row of the existing file. An incomplete last line is cut off, because appending
        to it would make a wrong row; a complete last line without a line end gets one. The file must be of the
        recorder's kind; see `file_kind`.

        Raises:
            OSError: The file cannot be read, or is not a regular file.
        """
        header = self._header()
        if not header:
            return [], {}
        self._end_last_line(header)
        self._width = len(header)
        last = _parse(_last_line(self.path))
        self._size = os.stat(self.path).st_size
        return header, dict(zip(header, last, strict=False)) if len(last) == len(header) else {}

    def _header(self) -> list[str]:
        """The names of the columns; [] if there is no file, or if it is empty."""
        try:
            with open_regular(self.path) as file:
                first = first_row(file)
        except FileNotFoundError:
            return []
        header = _parse(first)
        if first and not (first.endswith(b"\n") and header):
            raise OSError("its first line has no end, or no names, so livemon did not write it")
        return header

    def add(self, columns: list[str], rows: list[tuple[bytes, int]]) -> None:
        """Append rows. New columns replace the file with a wider one. Raises OSError; its attribute `rows_written` is
        then the number of rows that were written nevertheless."""
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
        """Check whether another program has removed, emptied or replaced the file since it was last written.

        Raises:
            OSError: The file has other columns, in which our rows would be wrong.
        """
        try:
            size = os.stat(self.path).st_size
        except FileNotFoundError:
            self._width = None
            return
        if self._width is not None and size == self._size:
            return
        header = self._header()
        if header and header != [_one_line(name) for name in columns[: len(header)]]:
            raise OSError("another program has replaced it with a file that has other columns")
        self._width = None
        self.resume()

    def _replace(self, columns: list[str], lines: bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        header = encoded(",".join(_quoted(name) for name in columns) + "\n")
        if self._width is None:
            replace_file(self.path, [header, lines])
            return
        more = len(columns) - self._width
        replace_file(self.path, chain([header], self._widened(more), [lines], self._come_meanwhile(more)))

    def _widened(self, more: int) -> Iterator[bytes]:
        """The rows of the file, each with `more` empty cells. An unfinished row of another program counts as not read
        yet. The file is closed after the last row: Windows cannot replace an open file."""
        with open_regular(self.path) as old:
            rows = _whole_rows(old)
            self._size = len(next(rows, b""))
            for row in rows:
                if not row.endswith(b"\n"):
                    return
                self._beat()
                self._size += len(row)
                yield _padded(row.rstrip(b"\r\n"), more)

    def _come_meanwhile(self, more: int) -> Iterator[bytes]:
        """The complete rows that another program has added since the file was read: otherwise replacing the file would
        lose them."""
        with open_regular(self.path) as old:
            old.seek(self._size)
            for row in _whole_rows(old):
                if row.endswith(b"\n"):
                    yield _padded(row.rstrip(b"\r\n"), more)

    def _end_last_line(self, header: list[str]) -> None:
        """Cut off the incomplete last line, or add a line end if it is a complete row."""
        with open(self.path, "r+b") as file:
            size = file.seek(0, os.SEEK_END)
            start = max(0, size - 1_048_576)
            file.seek(start)
            tail = file.read()
            end = tail.rfind(b"\n") + 1
            rest = tail[end:]
            if _is_whole(rest, header):
                file.write(b"\n")
            elif rest:
                self.torn = rest.decode("utf-8", "replace")[:200]
                file.truncate(start + end)


def _is_whole(line: bytes, header: list[str]) -> bool:
    """Whether a row of the recorder lacks only its line end: its last cell is the time, with all its digits."""
    return (header[-1] == TIME_COLUMN and len(_parse(line)) == len(header)
            and re.search(rb",\d+[.]\d{6}\Z", line) is not None)


def _padded(row: bytes, cells: int) -> bytes:
    return row + b"," * cells + b"\n"


def _append(path: Path, data: bytes) -> None:
    """Append whole lines with one write. If the disk takes only a part, the file still ends with a whole line."""
    flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    handle = os.open(path, flags)
    written = 0
    try:
        before = os.fstat(handle).st_size
        while written < len(data):  # usually once; a second turn finds out why the first was cut short
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
    """The rows of a CSV file; a row may have line ends inside quotes."""
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
    """The number in a NumPy scalar, a 0-d array, a tensor, or anything that float() takes. Raises for other values."""
    if isinstance(value, float | int | str):  # includes NumPy's float64 and str_
        return value
    if hasattr(value, "item"):
        value = value.item()
    return value if type(value) in PLAIN else float(value)


def cell_text(value: Any) -> str:
    """The text of a value's cell; numbers keep every digit."""
    if value is None:
        return ""
    if isinstance(value, float):  # includes NumPy's float64, which has another repr
        return float.__repr__(value)
    if isinstance(value, int):  # True becomes 1
        return int.__repr__(value)
    return _quoted(value)


def _one_line(text: Any) -> str:
    """A text with blanks instead of line ends and NULs, because these would end or spoil a row."""
    return re.sub(r"[\r\n\0]+", " ", str(text))


def _quoted(text: str) -> str:
    """A text as a CSV cell on one line."""
    text = _one_line(text)
    if not any(letter in text for letter in ',"'):
        return text
    return '"' + text.replace('"', '""') + '"'


def number_in(text: str | None, default: int) -> int | float:
    """The finite number in a cell of the file, or the default if there is none."""
    for kind in (int, float):
        try:
            number = kind(text or "")
        except ValueError:
            continue
        return number if number - number == 0 else default  # not after nan or inf
    return default
