"""Values one by one -> the cells of a column, or a block of rows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from livemon.tables.table import Block, Cells, Values

__all__ = ["ColumnBuilder", "RowsBuilder"]

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


@dataclass(slots=True)
class ColumnBuilder:
    """The cells of one column in the making. Rows come in order, each at most once."""

    rows: list[int] = field(default_factory=list)
    values: list[int | float] = field(default_factory=list)
    text_rows: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def put(self, row: int, value: float | str) -> None:
        """Put a number or a text into a row."""
        if isinstance(value, str):
            self.text_rows.append(row)
            self.texts.append(value)
        else:
            self.rows.append(row)
            self.values.append(value)

    def cells(self, n_rows: int | None = None) -> Cells:
        """The cells of a block with so many rows; None: the cells always have their rows, even if none is left out.

        Numbers are int64 if all of them are whole and fit.
        """
        whole = all(type(value) is int and _SMALLEST <= value <= _LARGEST for value in self.values)
        values: Values = np.array(self.values, np.int64) if whole else np.array(self.values, np.float64)
        rows = None if len(self.rows) == n_rows else np.array(self.rows, dtype=np.int64)
        return Cells(values, None, rows, np.array(self.text_rows, dtype=np.int64), tuple(self.texts))


class RowsBuilder:
    """A block in the making.

    Attributes:
        n_rows: The number of rows.
    """

    def __init__(self) -> None:
        self.n_rows = 0
        self._columns: dict[str, ColumnBuilder] = {}

    def next_row(self) -> None:
        """Begin a row; the next values are put into it."""
        self.n_rows += 1

    def put(self, name: str, value: float | str) -> None:
        """Put a number or a text into the current row, once for each name."""
        self._columns.setdefault(name, ColumnBuilder()).put(self.n_rows - 1, value)

    def block(self) -> Block | None:
        """The rows, or None."""
        if self.n_rows == 0:
            return None
        return Block(self.n_rows, {name: column.cells(self.n_rows) for name, column in self._columns.items()})
