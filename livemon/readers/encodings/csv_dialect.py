"""The dialect of a CSV file: the delimiter between cells, the names in its header, the decimal mark of its numbers."""

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
_UNUSUAL: tuple[_Delimiter, ...] = (" ", ":")  # names may contain them

_LONGEST_KEPT = 4096  # characters of a header

COMMA_NUMBER = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?", re.ASCII)
GROUPED_NUMBER = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_MAY_BE_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
_MARKS = {",": "comma", ".": "point"}


def decode(data: bytes) -> str:
    """The text of some bytes: as UTF-8, or else as Latin-1, which accepts any bytes."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def delimiter_of(header: str) -> str:
    """The delimiter between the names of a header: the most frequent of the usual ones. A blank or a colon counts only
    if the first name then is a step, an epoch or a time."""
    bare = re.sub(r'"[^"]*"', "", header)
    most_often = max(_USUAL, key=bare.count)
    if most_often in bare:
        return most_often
    names = {mark: [name.strip() for name in bare.split(mark)] for mark in _UNUSUAL}
    return next((mark for mark in _UNUSUAL if len(names[mark]) > 1 and is_x(names[mark][0])), most_often)


def header_in(line: str) -> tuple[str, tuple[str, ...]]:
    """The delimiter of a header, and its names; cached, because the runs of a study usually have the same header."""
    return _known_header(line) if len(line) <= _LONGEST_KEPT else _header_in(line)


def _header_in(line: str) -> tuple[str, tuple[str, ...]]:
    delimiter = delimiter_of(line)
    return delimiter, tuple(names_in(line, delimiter))


_known_header = functools.lru_cache(maxsize=256)(_header_in)


def names_in(header: str, delimiter: str) -> list[str]:
    """The names in a header, or the cells in another line, without the blanks around them."""
    header = header.lstrip("\ufeff")
    try:
        row = next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:
        row = header.split(delimiter)
    return [name.strip() for name in row]


def is_number_between(cell: str, delimiter: str) -> bool:
    """Whether a cell is a number; with a usual delimiter, a decimal comma, thousands separators or % are allowed."""
    return is_number_of_a_table(cell) if delimiter in _USUAL else is_number(cell)


def is_number_of_a_table(cell: str) -> bool:
    """Whether a cell is a number in a form of programs or spreadsheets: `0.5`, `0,5`, `1,000`, `53 %`."""
    bare = cell.removesuffix("%").rstrip()
    return is_number(bare) or ("," in bare and any(form.fullmatch(bare) for form in (COMMA_NUMBER, GROUPED_NUMBER)))


class Header:
    """The names above the columns.

    Args:
        written: The names in the file, without the blanks around them; none before the header is complete.

    Attributes:
        written: The same.
        names: The column names. Blank names become "column N", duplicate names get ".1".
        doubled: The names that occur more than once in the header.
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
        """Whether a row is another header: it has only names, one of them an axis, and half of them known already."""
        if row == self.written or len(row) < 2 or not all(map(_is_text, row)) or len(set(row)) < len(row):
            return False
        shared = len(set(row) & set(self.names))
        return any(is_x(name) for name in row) and 2 * shared >= min(len(row), len(self.names))


class WrongMarkError(ValueError):
    """The form of a number differs, or may differ, from that of its file or column. The message says how."""


class DecimalMark:
    """The decimal mark of a file: that of the first number which shows it. A comma before three digits does not.

    Attributes:
        mark: "," or "."; "" as long as no number has shown it.
    """

    def __init__(self) -> None:
        self.mark = ""

    def with_point(self, cell: str) -> str:
        """A cell, with a point instead of the decimal comma if it is a number.

        Raises:
            WrongMarkError: It is a number whose mark is, or may be, different from that of the file.
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
