"""The forms of numbers in a file: with a decimal comma, thousands separators, or per cent."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from livemon.readers.encodings.csv_dialect import COMMA_NUMBER, GROUPED_NUMBER, DecimalMark, WrongMarkError
from livemon.readers.encodings.numbers import is_number
from livemon.tables.names import kind_of_x

__all__ = ["NumberForms"]


class NumberForms:
    """Rewrites the numbers of one file in the form that programs use.

    A comma is a decimal mark or a thousands separator: the file's first unambiguous number decides. Steps and epochs
    are counts, so their commas separate thousands unless the file's decimal mark is a comma. Percentages are read as
    numbers (53 % is 53), but a column must not mix them with other numbers: the form that comes later is rejected.

    Args:
        delimiter: The delimiter between cells.
    """

    def __init__(self, delimiter: str = ",") -> None:
        self._strict = delimiter == ";"
        self._decimal = DecimalMark()
        self._percent: dict[str, bool] = {}

    @property
    def mark(self) -> str:
        """The decimal mark; "" as long as no number has shown it."""
        return self._decimal.mark

    def copy(self) -> NumberForms:
        """A copy that has learnt the same."""
        other = copy(self)
        other._decimal, other._percent = copy(self._decimal), dict(self._percent)
        return other

    def look_at(self, row: Sequence[str]) -> None:
        """Learn the file's decimal mark from a row with a decimal point."""
        if not self._strict and not self._decimal.mark and any("." in cell and is_number(cell.strip()) for cell in row):
            self._decimal.mark = "."

    def have_numbers(self, name: str) -> None:
        """Learn that a column has numbers that are not percentages."""
        self._percent.setdefault(name, False)

    def plain(self, name: str, cell: str) -> str:
        """A cell of this column in the form that programs use for numbers; unchanged if it is not a number.

        Raises:
            WrongMarkError: The form of the number differs, or may differ, from that of its file or its column.
        """
        bare = cell.strip()
        is_percent = bare.endswith("%")
        number = self._with_point(name, bare[:-1].rstrip() if is_percent else bare)
        if is_percent and not is_number(number):
            return cell
        is_judged = is_percent or (name in self._percent and number[-1:].isdigit() and is_number(number))
        if is_judged and self._percent.setdefault(name, is_percent) != is_percent:
            raise WrongMarkError(f"the column's numbers above it are {'no ' * is_percent}percentages")
        return number

    def _with_point(self, name: str, bare: str) -> str:
        if self._strict:
            return self._decimal.with_point(bare)
        if "," not in bare:
            return bare
        if GROUPED_NUMBER.fullmatch(bare):
            shows = "." in bare or bare.count(",") > 1
            counts = kind_of_x(name) in ("step", "epoch")
            if self._decimal.mark == "." or (self._decimal.mark != "," and (shows or counts)):
                self._decimal.mark = self._decimal.mark or ("." if shows else "")
                return bare.replace(",", "")
        if self._decimal.mark == "." or not COMMA_NUMBER.fullmatch(bare):
            return bare
        return self._decimal.with_point(bare)
