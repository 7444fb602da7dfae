"""The forms that a file's numbers have: a decimal comma, thousands apart, per cent."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from livemon.readers.encodings.csv_dialect import COMMA_NUMBER, GROUPED_NUMBER, DecimalMark, WrongMarkError
from livemon.readers.encodings.numbers import is_number
from livemon.tables.names import kind_of_x

__all__ = ["NumberForms"]


class NumberForms:
    """Turns the cells of one file into numbers as programs write them.

    A comma is a decimal one, or stands between thousands: the file's first number that shows its mark decides. Steps
    and epochs are counts, whose commas stand between thousands unless the file's decimal mark is a comma. A column of
    percentages is one of numbers (53 % is 53); a number of the other form in it is rejected.

    Args:
        delimiter: What stands between two cells.
    """

    def __init__(self, delimiter: str = ",") -> None:
        self._strict = delimiter == ";"
        self._decimal = DecimalMark()
        self._percent: dict[str, bool] = {}

    @property
    def mark(self) -> str:
        """The decimal mark; "" before a number has shown it."""
        return self._decimal.mark

    def copy(self) -> NumberForms:
        """Another one that has learnt the same."""
        other = copy(self)
        other._decimal, other._percent = copy(self._decimal), dict(self._percent)
        return other

    def look_at(self, row: Sequence[str]) -> None:
        """Learn the file's decimal mark from a row with a decimal point."""
        if not self._strict and not self._decimal.mark and any("." in cell and is_number(cell.strip()) for cell in row):
            self._decimal.mark = "."

    def have_numbers(self, name: str) -> None:
        """Learn that a column has had numbers that are no percentages."""
        self._percent.setdefault(name, False)

    def plain(self, name: str, cell: str) -> str:
        """A cell of this column as programs write a number; as it is where it is none.

        Raises:
            WrongMarkError: It is a number whose form is not that of its file or its column, or may not be.
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
