"""Columns of numbers without a header, in CSV files or separated by blanks, with names given by the user.

livemon does not search for such files by itself: nothing in such a file says what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from livemon.readers.base import Format, Reader
from livemon.readers.blank_columns import BlankColumnsReader, with_tabs
from livemon.readers.csv import CsvReader
from livemon.readers.encodings.bare_numbers import first_row_of
from livemon.system.listing import Listing, oldest_first, read_head

__all__ = ["Headerless"]

_ENDINGS = (".csv", ".tsv", ".txt", ".dat", ".log", ".out")


class Headerless(Format):
    """Numbers in columns with these names.

    Args:
        header: The names.
    """

    name = "numbers without names"
    generic = True

    def __init__(self, header: Sequence[str]) -> None:
        self.header = tuple(header)

    def find(self, folder: Listing) -> list[Path]:
        """The files in the folder, or in its `logs`, whose first row has as many numbers as there are names."""
        return oldest_first(
            candidate.path / name for candidate in (folder, folder.below("logs")) for name in candidate.files
            if name.lower().endswith(_ENDINGS) and self._fits(candidate.head(name)))

    def _fits(self, head: bytes) -> bool:
        row = first_row_of(head)
        return row.is_of_numbers and len(row.cells) == len(self.header)

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the file has no header: it begins with numbers, perhaps with texts among them, or is still empty."""
        return not head or first_row_of(head).may_be_of_numbers

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for one file."""
        if first_row_of(read_head(path)).delimiter:
            return CsvReader(path, header=self.header, plain=plain)
        return BlankColumnsReader(path, _with_marks, header=self.header, plain=plain)

    def check(self, path: Path) -> None:
        """Raise ValueError if a file does not have as many columns as there are names."""
        head = read_head(path)
        row = first_row_of(head)
        if b"\n" in head and self.recognises(path, head) and len(row.cells) != len(self.header):
            names = "1 name" if len(self.header) == 1 else f"{len(self.header)} names"
            columns = "1 column" if len(row.cells) == 1 else f"{len(row.cells)} columns"
            raise ValueError(f"header {','.join(self.header)}: these are {names}, and {path} has {columns}")


def _with_marks(line: bytes) -> bytes:
    """A line with marks between its cells: tabs if it had only blanks. A file that was empty when it was opened may
    have either."""
    return line if any(mark in line for mark in (b",", b";", b"\t", b"|")) else with_tabs(line)
