"""Numbers without names above them: the number of their columns, and advice to users on naming them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livemon.readers.encodings.csv_dialect import BYTE_ORDER_MARK, decode, is_number_between, names_in
from livemon.readers.encodings.csv_records import is_above_header, split_lines
from livemon.readers.encodings.numbers import MISSING
from livemon.tables.names import is_x

__all__ = ["FirstRow", "first_row_of", "how_to_name", "names_given"]

_MARKS = ("\t", ";", "|", ",")  # the comma last: between the others it may be a decimal mark


@dataclass(frozen=True, slots=True)
class FirstRow:
    """The first line of a text that is neither blank nor a comment.

    Attributes:
        cells: The cells between its marks, or between blanks if it has no marks.
        delimiter: The mark; "" for blanks.
    """

    cells: Sequence[str] = ()
    delimiter: str = ""

    @property
    def is_of_numbers(self) -> bool:
        """Whether all its cells are numbers; some may be blank."""
        filled = [cell for cell in self.cells if cell not in MISSING]
        return bool(filled) and all(is_number_between(cell, self.delimiter) for cell in filled)

    @property
    def may_be_of_numbers(self) -> bool:
        """Whether it may be a row, and not a line of names: a cell is a number, and none is the name of an axis."""
        return any(is_number_between(cell, self.delimiter) for cell in self.cells) and not any(map(is_x, self.cells))


def first_row_of(head: bytes) -> FirstRow:
    """The first row of a text by its first lines."""
    head = head.removeprefix(BYTE_ORDER_MARK)
    lines = map(decode, split_lines(head, b"\n" if b"\n" in head else b"\r") if b"\0" not in head else ())
    line = next((line for line in lines if not is_above_header(line)), "").strip("\r\n")
    delimiter = next((mark for mark in _MARKS if mark in line), "")
    return FirstRow(names_in(line, delimiter) if delimiter else line.split(), delimiter)


def how_to_name(columns: int) -> str:
    """Advice on numbers in so many columns without names."""
    if columns == 1:
        return "name them: --header loss"
    return (f"name the {columns} columns, such as --header step,loss for two, or write a first line with a name for "
            "each")


def names_given(header: str | Sequence[str]) -> tuple[str, ...]:
    """The names given by a user to the columns of such numbers: "step,loss", or a list of them; () for none.

    Raises:
        ValueError: A name is empty, or occurs twice.
    """
    names = tuple(name.strip() for name in (header.split(",") if isinstance(header, str) else header))
    if not names or names == ("",):
        return ()
    if "" in names:
        raise ValueError(f"header {','.join(names)}: a name is empty; give each column one, such as step,loss")
    if double := next((name for name in names if names.count(name) > 1), ""):
        raise ValueError(f"header {','.join(names)}: two columns are called {double!r}; give each a name of its own")
    return names
