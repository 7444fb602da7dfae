"""Cells -> columns, append-only.

A table holds the logged values as *points*: for each column the rows that have a value, and the values. A blank cell is
not a point; a logged NaN is. Sparse files (one metric in each row) and dense files (every metric in every row) cost
what they contain.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livemon.tables import known_words, names
from livemon.tables.meaning import words_of
from livemon.tables.time_texts import ClockTimes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Block", "Cells", "Column", "Table", "points_in_order", "x_at"]

_BOOLEANS = frozenset(("True", "TRUE", "true", "False", "FALSE", "false"))
_AS_THEY_ARE = (np.dtype(np.int64), np.dtype(np.float64))
MOST_PIECES = 256  # waiting pieces of a column

Rows = NDArray[np.int64]
Values = NDArray[np.float64] | NDArray[np.int64]


class _Growing:
    """A 1-d array to which elements are appended in amortised constant time.

    `view()` is not a copy, and later elements do not change it.

    Attributes:
        filled: The number of elements; the same as `len`, but without a call.
    """

    def __init__(self, dtype: type[np.generic]) -> None:
        self._data: NDArray[Any] = np.empty(0, dtype)
        self.filled = 0

    def __len__(self) -> int:
        return self.filled

    def view(self) -> NDArray[Any]:
        return self._data[: self.filled]

    def extend(self, parts: Sequence[NDArray[Any]]) -> None:
        if self.filled == 0 and len(parts) == 1 and parts[0].dtype in _AS_THEY_ARE and parts[0].base is None:
            self._data, self.filled = parts[0], len(parts[0])
            return
        count = self.filled + sum(len(part) for part in parts)
        room = len(self._data)
        if count > room:
            room = count if self.filled == 0 else max(count, 2 * room)
        dtype = np.result_type(self._data, *{part.dtype for part in parts})
        if room > len(self._data) or dtype != self._data.dtype:
            grown = np.empty(room, dtype)
            grown[: self.filled] = self.view()
            self._data = grown
        np.concatenate(parts, out=self._data[self.filled : count])
        self.filled = count


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one column in one block of rows.

    Attributes:
        values: float64 or int64: a value for each row of the block, or for each of `rows`.
        logged: If there is a value for each row: which of them were logged, bool; None for all of them.
        rows: The rows that have a value, counted from the start of the block, increasing; None if each row has a value.
        text_rows, texts: The cells that are not numbers.
    """

    values: Values
    logged: NDArray[np.bool_] | None = None
    rows: Rows | None = None
    text_rows: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    texts: tuple[str, ...] = ()

    def points(self) -> tuple[Rows | None, Values]:
        """The rows (None: 0, 1, 2 ...) and values of the logged points."""
        if self.logged is None:
            return self.rows, self.values
        return np.flatnonzero(self.logged), self.values[self.logged]

    def write_into(self, column: NDArray[np.float64]) -> None:
        """Put the values into an array of NaN with an element for each row of the block."""
        if self.rows is None:
            column[: len(self.values)] = self.values
        else:
            column[self.rows] = self.values


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows: their number, and the cells of each column that has values."""

    n_rows: int
    cells: Mapping[str, Cells]


class Column:
    """One named column: its numeric points and its texts.

    Appended cells wait unchanged until somebody reads the column: columns that nobody needs cost no work. But many
    small pieces do not wait, because each is an object: following a file for days must keep its numbers and no more.

    Attributes:
        name: The name as the file spells it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._rows: _Growing | None = None  # None while each row from the first on has a point: row i is point i
        self._values = _Growing(np.int64)
        self._waiting: list[tuple[int, Cells]] = []
        self._text_rows = _Growing(np.int64)
        self._texts: list[str] = []

    def __len__(self) -> int:
        """The number of numeric points."""
        if self._waiting:
            self._settle()
        return self._values.filled

    @property
    def values(self) -> Values:
        """The points' values, shape (points,), float64, or int64 while all of them are whole numbers. A view."""
        if self._waiting:
            self._settle()
        return self._values.view()

    @property
    def rows(self) -> Rows:
        """The row of each point, shape (points,), int64, increasing."""
        return self.rows_from(0)

    def rows_from(self, start: int) -> Rows:
        """`rows[start:]`, without computing the other rows."""
        if self._waiting:
            self._settle()
        if self._rows is None:
            return np.arange(start, len(self._values), dtype=np.int64)
        return self._rows.view()[start:]

    @property
    def last_row(self) -> int:
        """The row of the newest point, -1 if there is none."""
        return int(self.rows_from(len(self) - 1)[0]) if len(self) else -1

    @property
    def gapless(self) -> bool:
        """Whether point i is row i, for every point."""
        if self._waiting:
            self._settle()
        return self._rows is None

    @property
    def text_rows(self) -> Rows:
        """The row of each text, shape (texts,), int64."""
        return self._text_rows.view()

    @property
    def texts(self) -> list[str]:
        """The cells that are not numbers, in the order of rows."""
        return self._texts

    @property
    def numeric(self) -> bool:
        """Whether the column is a metric: it has numbers, and no more texts than numbers."""
        return 0 < len(self) >= len(self._texts)

    def append(self, cells: Cells, first_row: int) -> None:
        """Add a block's cells; `first_row` is the table's row of the block's row 0."""
        if len(cells.values):
            self._waiting.append((first_row, cells))
            if len(self._waiting) > max(MOST_PIECES, len(cells.values)):
                self._settle()
        if cells.texts:
            self._text_rows.extend([cells.text_rows + first_row])
            self._texts.extend(cells.texts)

    def dense(self, n_rows: int) -> Values:
        """A new array, shape (n_rows,): float64 with NaN where there is no point; int64 if all are whole numbers."""
        settled = len(self._values)
        if self._rows is None and settled + sum(_full_rows(cells) for _, cells in self._waiting) == n_rows:
            return np.concatenate([self._values.view(), *(cells.values for _, cells in self._waiting)])
        column = np.full(n_rows, np.nan)
        if settled:
            column[slice(settled) if self._rows is None else self._rows.view()] = self._values.view()
        for first_row, cells in self._waiting:
            cells.write_into(column[first_row:])
        return column

    def _settle(self) -> None:
        """Turn the waiting cells into points."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        new_rows, new_values = [], []
        start = gapless = len(self._values)
        for first_row, cells in waiting:
            rows, values = cells.points()
            if rows is None and first_row == gapless:
                gapless += len(values)
            new_rows.append((first_row, rows, len(values)))
            new_values.append(values)
        self._values.extend(new_values)
        if self._rows is None and gapless == len(self._values):
            return
        if self._rows is None:
            self._rows = _Growing(np.int64)
            self._rows.extend([np.arange(start, dtype=np.int64)])
        self._rows.extend([first + (np.arange(count) if rows is None else rows) for first, rows, count in new_rows])


@functools.lru_cache(maxsize=256)
def _called_like(kind: str, columns: tuple[str, ...]) -> list[tuple[float, str]]:
    """See `Table.called_like`. The runs of a study usually have the same columns."""
    ranks = ((names.rank_of_x(kind, name), name) for name in columns)
    return sorted((rank, name) for rank, name in ranks if rank is not None)


def _full_rows(cells: Cells) -> int:
    """The number of rows that the cells fill without a gap; 0 if there is a gap."""
    return len(cells.values) if cells.rows is None and cells.logged is None else 0


class Table:
    """Named columns of one file, in the order in which the file has them, and the number of rows.

    Attributes:
        columns: name -> Column. A column in the header exists from the start, with or without points.
        n_rows: The number of complete rows so far.
        retracted: The rows that the run itself took back, as pairs (row, step): earlier rows than `row` with this or a
            higher step no longer count.
        is_supplement: Whether it has what further files of a run add to its own rows.
    """

    retracted: tuple[tuple[int, int], ...] = ()

    def __init__(self, *, is_supplement: bool = False) -> None:
        self.is_supplement = is_supplement
        self.columns: dict[str, Column] = {}
        self.n_rows = 0
        self._called_like: tuple[dict[str, Column], int, dict[str, list[tuple[float, str]]]] = {}, -1, {}
        self._axes: tuple[dict[str, Column], int, int, dict[str, str | None]] = {}, 0, 0, {}
        self._times: dict[str, tuple[Column, int, ClockTimes]] = {}  # times written as text: seconds, number of texts

    def not_retracted(self, rows: Rows) -> NDArray[np.bool_]:
        """Which of these rows are not retracted, shape of `rows`."""
        kept = np.ones(len(rows), np.bool_)
        stepping = names.find_x("step", self.columns) if self.retracted else None
        if stepping is not None:
            steps = self.at_rows(stepping, rows)
            for row, step in self.retracted:
                kept &= (rows >= row) | ~(steps >= step)
        return kept

    def numbers_of(self, name: str) -> Column | None:
        """The column's numbers; times in text are converted to seconds. None if there is no such column."""
        column = self.columns.get(name)
        if column is None or len(column) or not column.texts or names.rank_of_x("time", name) is None:
            return column
        is_stamp = not known_words.STAMPS.isdisjoint(words_of(name))
        times, read, clock = self._times.get(name, (Column(name), 0, ClockTimes(is_stamp=is_stamp)))
        if read < len(column.texts):
            seconds = np.array([clock.seconds_of(text) for text in column.texts[read:]])
            known = np.isfinite(seconds)
            times.append(Cells(seconds[known], None, column.text_rows[read:][known]), 0)
        self._times[name] = times, len(column.texts), clock
        return times

    def called_like(self, kind: str) -> list[tuple[float, str]]:
        """The columns whose names may stand for a "step", "epoch" or "time": how well each fits, and its name."""
        seen, count, ranked = self._called_like
        if seen is not self.columns or count != len(self.columns):
            ranked = {}
            self._called_like = self.columns, len(self.columns), ranked
        if kind not in ranked:
            ranked[kind] = _called_like(kind, tuple(self.columns))
        return ranked[kind]

    def known_axes(self) -> dict[str, str | None]:
        """The cache of `x_axis.find_axis`: the columns that are this table's axes. New rows or columns empty it."""
        columns, *size, _ = self._axes
        if columns is not self.columns or size != [len(self.columns), self.n_rows]:
            self._axes = self.columns, len(self.columns), self.n_rows, {}
        return self._axes[3]

    def declare(self, names: list[str]) -> None:
        """Create the named columns that do not exist yet, and put all named columns first, in this order."""
        known = self.columns
        self.columns = {name: known[name] if name in known else Column(name) for name in names}
        self.columns.update({name: column for name, column in known.items() if name not in self.columns})

    def append(self, block: Block) -> None:
        """Add a block of rows after the existing rows."""
        for name, cells in block.cells.items():
            if name not in self.columns:
                self.columns[name] = Column(name)
            self.columns[name].append(cells, self.n_rows)
        self.n_rows += block.n_rows

    def x_column(self, name: str) -> Column | None:
        """The column of this name; for a step, an epoch or a time that is missing, this table's column of that kind."""
        kind = names.kind_of_x(name) if name not in self.columns else None
        own = next((own for _, own in self.called_like(kind)), name) if kind else name
        return self.numbers_of(own)

    def at_rows(self, name: str, rows: Rows) -> NDArray[Any]:
        """The column's values at these rows, which increase, shape of `rows`: float64 with NaN where the column has no
        point; int64 if each row has a point and the whole column is of whole numbers. It may be a view."""
        column = self.numbers_of(name)
        assert column is not None, f"the table has no column {name!r}"
        if column.gapless and (len(rows) == 0 or rows[-1] < len(column)):
            follow_each_other = len(rows) > 0 and rows[-1] - rows[0] == len(rows) - 1
            return column.values[rows[0] : rows[-1] + 1] if follow_each_other else column.values[rows]
        own_rows = column.rows
        indices = np.searchsorted(own_rows, rows)
        indices[indices == len(own_rows)] = 0
        values = np.full(len(rows), np.nan)
        if len(own_rows):
            hit = own_rows[indices] == rows
            if hit.all():
                return column.values[indices]
            values[hit] = column.values[indices[hit]]
        return values

    def rows_below(self, start: int) -> Table:
        """A new table with the rows from `start` on."""
        return self.rows_between(start, self.n_rows)

    def rows_between(self, start: int, stop: int) -> Table:
        """A new table with the rows from `start` to before `stop`, at most to the last row."""
        part = Table()
        part.declare(list(self.columns))
        part.append(self.block_between(start, stop))
        return part

    def block_between(self, start: int, stop: int) -> Block:
        """The rows from `start` to before `stop`, at most to the last row."""
        stop = min(stop, self.n_rows)
        cells = {}
        for name, column in self.columns.items():
            (rows, values), (text_rows, texts) = points_between(column, start, stop)
            cells[name] = Cells(values, None, rows - start, text_rows - start, tuple(texts.tolist()))
        return Block(max(stop - start, 0), cells)

    def to_frame(self) -> pd.DataFrame:
        """Every row as logged: the columns in file order, index 0..n_rows-1.

        Whole numbers without gaps are int64, other numbers float64, only `True`/`False` bool; a column with any other
        text has pandas' string type (object if it also has numbers). Blank cells are missing values.
        """
        import pandas as pd

        columns = {name: self._for_frame(column) for name, column in self.columns.items()}
        return pd.DataFrame(columns, index=pd.RangeIndex(self.n_rows), copy=False)

    def _for_frame(self, column: Column) -> Values | pd.Series:
        import pandas as pd

        if not self.n_rows:  # the same as in pandas: the type is not known
            return pd.Series([], dtype=object)
        if not column.texts:
            return column.dense(self.n_rows)
        if len(column):
            cells = column.dense(self.n_rows).astype(object)
            cells[column.text_rows] = column.texts
            return pd.Series(cells, dtype=object)
        if set(column.texts) <= _BOOLEANS and len(column.texts) == self.n_rows:
            return pd.Series([text.lower() == "true" for text in column.texts])
        texts = np.full(self.n_rows, None, dtype=object)
        texts[column.text_rows] = column.texts
        return pd.Series(texts, dtype="str")


def x_at(table: Table, rows: Rows, x_name: str | None) -> Values:
    """The positions of these rows on an axis, shape of `rows`: int64 if all of them are whole numbers, else float64.

    If a table has no column of this name, and it is a step, an epoch or a time, the table's own column of that kind
    counts: runs that continued in another folder may spell it differently. A row without an epoch or a time
    (Lightning's learning-rate rows have no epoch) takes that of the next row with one; the last rows take that of the
    last such row. On any other axis a row has its own value, or no position (NaN).
    """
    if x_name is None:
        return rows
    column = table.x_column(x_name)
    if column is None:
        return np.full(len(rows), np.nan)
    values = table.at_rows(column.name, rows)
    if values.dtype == np.int64:
        return values
    unknown = ~np.isfinite(values)
    if names.kind_of_x(column.name) not in ("epoch", "time"):
        return np.where(unknown, np.nan, values)
    if unknown.any() and (known := np.isfinite(column.values)).any():
        said_at, known_values = column.rows[known], column.values[known]
        values = values.copy()  # it may be the column itself
        values[unknown] = known_values[np.minimum(np.searchsorted(said_at, rows[unknown]), len(known_values) - 1)]
    return values


def points_in_order(blocks: Sequence[Block], by: str) -> Block:
    """The rows of several blocks, in the order of one of their columns; a row without a number in that column stays
    after the row before it."""
    table = Table()
    for block in blocks:
        table.append(block)
    keys = table.columns[by].dense(table.n_rows).astype(np.float64) if by in table.columns else np.zeros(table.n_rows)
    for row in np.flatnonzero(np.isnan(keys)).tolist():
        keys[row] = keys[row - 1] if row else -np.inf
    place_of = np.empty(table.n_rows, np.int64)
    place_of[np.argsort(keys, kind="stable")] = np.arange(table.n_rows)
    cells = {}
    for name, column in table.columns.items():
        rows, text_rows = place_of[column.rows], place_of[column.text_rows]
        order, text_order = np.argsort(rows), np.argsort(text_rows)
        texts = tuple(column.texts[index] for index in text_order.tolist())
        cells[name] = Cells(column.values[order], None, rows[order], text_rows[text_order], texts)
    return Block(table.n_rows, cells)


Points = tuple[Rows, NDArray[Any]]


def points_between(column: Column | None, start: int, stop: int) -> tuple[Points, Points]:
    """The numeric points and the texts of the rows from `start` to before `stop`: two pairs (rows, values)."""
    if column is None:
        nothing = np.empty(0, np.int64)
        return (nothing, nothing), (nothing, nothing)
    first, last = count_above(column, start), count_above(column, stop)
    numbers = column.rows_from(first)[: last - first], column.values[first:last]
    text_first, text_last = np.searchsorted(column.text_rows, [start, stop])
    texts = np.array(column.texts[text_first:text_last], dtype=object)
    return numbers, (column.text_rows[text_first:text_last], texts)


def count_above(column: Column, row: int) -> int:
    """The number of points in the rows before this row."""
    return min(row, len(column)) if column.gapless else int(np.searchsorted(column.rows, row))
