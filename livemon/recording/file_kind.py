"""Whether rows can be added to an existing file without spoiling its content.

The recorder writes lines in UTF-8, with commas between cells and a line feed after each row. Any other file belongs to
another program and is left as it is. So is a file of this kind in a folder without a `livemon.json`: its writer may
hold it open, and would lose its rows if livemon replaced it with a wider file.
"""

from __future__ import annotations

import csv
import io
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from livemon.system.shared_files import open_shared

__all__ = ["TIME_COLUMN", "first_row", "open_regular", "why_foreign"]

TIME_COLUMN = "time_elapsed_seconds"  # every file of the recorder has it
LONGEST_HEADER = 1_048_576  # bytes: some 50,000 names
_OTHER_MARKS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_LONE_RETURN = re.compile(rb"\r(?!\n|\Z)")
_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d*,\d+(?:[eE][+-]?\d+)?\s*", re.ASCII)
_MAGIC = {
    b"\x1f\x8b": "it is compressed (gzip)", b"PK\x03\x04": "it is a zip archive", b"BZh": "it is compressed (bzip2)",
    b"\xfd7zXZ": "it is compressed (xz)", b"\x28\xb5\x2f\xfd": "it is compressed (zstd)",
    b"\xff\xfe": "it is in UTF-16", b"\xfe\xff": "it is in UTF-16",
}  # fmt: skip
_FIRST_LETTERS = {"{": "it is JSON", "[": "it is JSON", "#": "it begins with a comment", "<": "it is XML or HTML"}


class _ForeignError(Exception):
    """The file is of another kind; the message says which."""


def why_foreign(path: Path, *, is_known: bool) -> str:
    """Why rows cannot be added to a file without spoiling it, in words; "" if they can, or if there is no file.

    Args:
        path: The file.
        is_known: Whether a run was recorded here before, as `livemon.json` shows. Then a file with the recorder's own
            columns belongs to the recorder, whatever a kill or a full disk did to its end. Otherwise every file belongs
            to another program.

    Raises:
        OSError: The file cannot be examined.
    """
    try:
        _check_place(path)
        with open_regular(path) as file:
            header = _header_in(file)
            if header and not (is_known and TIME_COLUMN in header):
                _check_names(header)
                file.seek(0)
                _check_rows(file)
    except FileNotFoundError:
        return ""
    except PermissionError:
        return "it cannot be read"
    except _ForeignError as error:
        return str(error)
    return "" if is_known else "no livemon.json is beside it"


def open_regular(path: Path) -> io.BufferedReader:
    """Open a file for reading. Raises OSError, even if it exists but is not a regular file: a FIFO would block, and a
    device would never end."""
    handle = open_shared(path)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError("it is not a regular file")
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def first_row(file: io.BufferedReader) -> bytes:
    """The first row of a CSV file, which may have line ends in quotes; only a part of it if it is too long for a
    header row."""
    first = file.readline(LONGEST_HEADER)
    while first.count(b'"') % 2 and len(first) < LONGEST_HEADER and (line := file.readline(LONGEST_HEADER)):
        first += line
    return first


def _check_place(path: Path) -> None:
    """Examine what is at the path, without opening it."""
    try:
        os.lstat(path)
    except NotADirectoryError:
        if path.parent.parent.is_dir():
            raise _ForeignError(f"{path.parent.name} is a file, not a folder") from None
        raise
    try:
        mode = os.stat(path).st_mode
    except OSError:
        raise _ForeignError("it is a link that leads nowhere") from None
    if not stat.S_ISREG(mode):
        raise _ForeignError("it is a folder" if stat.S_ISDIR(mode) else "it is not a regular file")
    if not os.access(path, os.W_OK):
        raise _ForeignError("it may not be written")


def _header_in(file: io.BufferedReader) -> list[str]:
    """The names of the columns; [] for an empty file."""
    first = first_row(file)
    if not first:
        return []
    for magic, kind in _MAGIC.items():
        if first.startswith(magic):
            raise _ForeignError(kind)
    if b"\0" in first:
        raise _ForeignError("it is binary")
    if _LONE_RETURN.search(first):
        raise _ForeignError("its lines end with a carriage return alone")
    if not first.endswith(b"\n"):
        raise _ForeignError("its first line has no end")
    text = first.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    if not text.strip():
        raise _ForeignError("its first line is blank")
    return next(csv.reader([text]), [])


def _check_names(header: list[str]) -> None:
    text = ",".join(header).lstrip()
    if (kind := _FIRST_LETTERS.get(text[:1])) is not None:
        raise _ForeignError(kind)
    mark = max(_OTHER_MARKS, key=text.count)
    if text.count(mark) > len(header) - 1:
        raise _ForeignError(f"its cells are separated by {_OTHER_MARKS[mark]}")
    if all(_is_number(name) for name in header):
        raise _ForeignError("it has no names above its columns")


def _check_rows(file: io.BufferedReader) -> None:
    """Check every row: a number anywhere distinguishes a table from a text."""
    lines = csv.reader(_lines_of(file), strict=True)
    rows, numbers = 0, False
    try:
        width = len(next(lines))
        for row in lines:
            if len(row) > width:
                raise _ForeignError(f"line {lines.line_num} has more cells than there are names")
            rows += 1
            for cell in row:
                numbers = numbers or _is_number(cell)
                if "," in cell and _DECIMAL_COMMA.fullmatch(cell):
                    raise _ForeignError("its numbers have decimal commas")
    except UnicodeDecodeError:
        raise _ForeignError("it is not in UTF-8") from None
    except csv.Error as error:
        raise _ForeignError(f"it is not a table ({error})") from None
    if not numbers and (rows or width == 1):
        raise _ForeignError("it holds no numbers")


def _lines_of(file: io.BufferedReader) -> Iterator[str]:
    for line in iter(lambda: file.readline(LONGEST_HEADER), b""):
        if b"\0" in line:
            raise _ForeignError("it is binary")
        if _LONE_RETURN.search(line):
            raise _ForeignError("some of its lines end with a carriage return alone")
        if not line.endswith(b"\n"):
            raise _ForeignError("its last row has no end")
        yield line.decode("utf-8")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
