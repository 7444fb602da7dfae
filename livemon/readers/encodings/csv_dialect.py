"""How a CSV file writes its rows: what stands between two cells, the names in its header, the mark in its numbers."""

from __future__ import annotations

import csv
import functools
import re
from typing import Literal

from livemon.readers.encodings.numbers import MISSING, is_number
from livemon.tables.names import is_x

__all__ = ["BYTE_ORDER_MARK", "COMMA_NUMBER", "DecimalMark", "GROUPED_NUMBER", "Header", "WrongMarkError", "decode",
           "delimiter_of", "header_in", "is_number_between", "is_number_of_a_table", "names_in"]

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_Delimiter = Literal[",", ";", "\t", "|", " ", ":"]
_USUAL: tuple[_Delimiter, ...] = (",", ";", "\t", "|")
_UNUSUAL: tuple[_Delimiter, ...] = (" ", ":")  # Names may have them in them.

_LONGEST_KEPT = 4096  # characters of a header

COMMA_NUMBER = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?", re.ASCII)
GROUPED_NUMBER = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_MAY_BE_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
_MARKS = {",": "comma", ".": "point"}


def decode(data: bytes) -> str:
    """The text of some bytes: UTF-8, or else Latin-1, which takes any."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def delimiter_of(header: str) -> str:
    """What stands between the names of a header: the usual mark that most often does. A blank or a colon only where the
    first name then is a step, an epoch or a time."""
    bare = re.sub(r'"[^"]*"', "", header)
    most_often = max(_USUAL, key=bare.count)
    if most_often in bare:
        return most_often
    names = {mark: [name.strip() for name in bare.split(mark)] for mark in _UNUSUAL}
    return next((mark for mark in _UNUSUAL if len(names[mark]) > 1 and is_x(names[mark][0])), most_often)


def header_in(line: str) -> tuple[str, tuple[str, ...]]:
    """What stands between the names of a header, and the names. The runs of a study have the same header, as a rule."""
    return _known_header(line) if len(line) <= _LONGEST_KEPT else _header_in(line)


def _header_in(line: str) -> tuple[str, tuple[str, ...]]:
    delimiter = delimiter_of(line)
    return delimiter, tuple(names_in(line, delimiter))


_known_header = functools.lru_cache(maxsize=256)(_header_in)


def names_in(header: str, delimiter: str) -> list[str]:
    """The names in a header, or the cells of another line, without the blanks around them."""
    header = header.lstrip("\ufeff")
    try:
        row = next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:
        row = header.split(delimiter)
    return [name.strip() for name in row]


def is_number_between(cell: str, delimiter: str) -> bool:
    """Whether a cell is a number; between usual marks it may have a decimal comma, thousands apart, or per cent."""
    return is_number_of_a_table(cell) if delimiter in _USUAL else is_number(cell)


def is_number_of_a_table(cell: str) -> bool:
    """Whether a cell is a number as programs or spreadsheets write it: `0,5`, `1,000`, `53 %`."""
    bare = cell.removesuffix("%").rstrip()
    return is_number(bare) or ("," in bare and any(form.fullmatch(bare) for form in (COMMA_NUMBER, GROUPED_NUMBER)))


class Header:
    """The names above the columns.

    Args:
        written: The names as the file has them, without the blanks around them; none before the header is complete.

    Attributes:
        written: The same.
        names: What the columns are called. Blank names are "column N", doubled ones get ".1".
        doubled: Names that stand in the header more than once.
    """

    def __init__(self, written: list[str]) -> None:
        self.written = written
        self.names: list[str] = []
        self.doubled: list[str] = []
        seen: dict[str, int] = {}
        taken = set(written)
        for index, name in enumerate(written):
            name = name or f"column {index + 1}"
            count = seen[name] = seen.get(name, -1) + 1
            while count and f"{name}.{count}" in taken:
                count = seen[name] = count + 1
            self.names.append(f"{name}.{count}" if count else name)
            if count == 1:
                self.doubled.append(name)

    def is_repeated_by(self, row: list[str]) -> bool:
        """Whether a row is the header again. A row of blanks below a header of blanks is a row."""
        return row == self.written and any(map(_is_text, row))

    def is_replaced_by(self, row: list[str]) -> bool:
        """Whether a row is another header: names only, one of them a known x column, half of them known before."""
        if row == self.written or len(row) < 2 or not all(map(_is_text, row)) or len(set(row)) < len(row):
            return False
        shared = len(set(row) & set(self.names))
        return any(is_x(name) for name in row) and 2 * shared >= min(len(row), len(self.names))


class WrongMarkError(ValueError):
    """A number whose decimal mark is not that of its file, or may not be. The message says which."""


class DecimalMark:
    """The mark in the numbers of a file with semicolons between its cells: that of the first number which shows it. A
    comma in front of three digits does not.

    Attributes:
        mark: "," or ".", "" before a number has shown it.
    """

    def __init__(self) -> None:
        self.mark = ""

    def with_point(self, cell: str) -> str:
        """A cell, with a point for the decimal comma of a number.

        Raises:
            WrongMarkError: It is a number whose mark is not that of the file.
        """
        bare = cell.strip()
        mark = "," if COMMA_NUMBER.fullmatch(bare) else "." if "." in bare and is_number(bare) else ""
        if not mark:
            return cell
        if not self.mark and not _MAY_BE_THOUSANDS.fullmatch(bare):
            self.mark = mark
        if mark == self.mark:
            return bare.replace(",", ".")
        raise WrongMarkError(f"the file's numbers have a decimal {_MARKS[self.mark]}" if self.mark else
                             "its comma may be a decimal one or one of thousands")


def _is_text(cell: str) -> bool:
    return cell not in MISSING and not is_number(cell)
