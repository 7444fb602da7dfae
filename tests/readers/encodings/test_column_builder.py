"""Values that come one by one become the cells of columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livemon.readers.encodings.column_builder import ColumnBuilder, RowsBuilder
from livemon.tables.table import Table

CELLS = st.one_of(st.integers(-(2**70), 2**70), st.floats(allow_nan=False), st.text(max_size=2))


@given(st.lists(st.dictionaries(st.sampled_from("abc"), CELLS), max_size=8))
@settings(max_examples=200, derandomize=True, database=None)
def test_every_value_stands_where_it_was_put(rows: list[dict[str, Any]]) -> None:
    """Each number and each text is a cell of its row and its name, and a row in which nothing was put is a row, too."""
    builder, table = RowsBuilder(), Table()
    for row in rows:
        builder.next_row()
        for name, value in row.items():
            builder.put(name, value)
    block = builder.block()
    assert (block is None) == (not rows)
    if block is None:
        return
    table.append(block)
    assert table.n_rows == len(rows)
    found: list[dict[str, Any]] = [{} for _ in rows]
    for name, column in table.columns.items():
        for row, value in [*zip(column.rows.tolist(), column.values.tolist(), strict=True),
                           *zip(column.text_rows.tolist(), column.texts, strict=True)]:
            found[row][name] = value
    whole = {name: all(type(row[name]) is int and -(2**63) <= row[name] < 2**63
                       for row in rows if name in row and not isinstance(row[name], str)) for name in "abc"}
    assert found == [{name: value if isinstance(value, str) or whole[name] else float(value)
                      for name, value in row.items()} for row in rows]


@pytest.mark.parametrize(("values", "kind"), [
    ([1, -(2**63), 2**63 - 1], np.int64), ([1, 2**63], np.float64), ([1, 0.5], np.float64), ([True, 1], np.float64),
    ([], np.int64),
])
def test_numbers_are_whole_where_all_of_them_are(values: list[float], kind: type) -> None:
    """A column is int64 where each of its numbers is a whole one that fits, else float64; a truth is none."""
    column = ColumnBuilder()
    for row, value in enumerate(values):
        column.put(row, value)
    assert column.cells().values.dtype == kind


def test_rows_are_told_where_one_is_left_out() -> None:
    """Cells name their rows where a row has no number, or where nobody says how many rows there are."""
    column = ColumnBuilder()
    column.put(0, 0.5)
    column.put(1, "nan")
    column.put(2, 1.5)
    for n_rows in (3, None):
        cells = column.cells(n_rows)
        assert cells.rows is not None and cells.rows.tolist() == [0, 2]
        assert (cells.text_rows.tolist(), cells.texts) == ([1], ("nan",))
    full = ColumnBuilder()
    full.put(0, 1)
    full.put(1, 2)
    assert full.cells(2).rows is None
    assert full.cells(None).rows is not None and full.cells(3).rows is not None
