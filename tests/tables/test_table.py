"""The table: points, texts and blanks, and the frame that users get of them."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livemon.readers.csv import CsvReader
from livemon.tables.table import Block, Cells, Column, Table, x_at

DATA = Path(__file__).parents[1] / "data"
# monitor.csv begins with a line of JSON, and has a reader of its own.
RUNS = sorted(path for path in DATA.glob("runs/**/*.csv") if not path.name.endswith("monitor.csv"))


def read(path: Path) -> Table:
    """The table of a file."""
    reader, table = CsvReader(path), Table()
    while True:
        update = reader.read()
        if update.columns is not None:
            table.declare(update.columns)
        if update.block is not None:
            table.append(update.block)
        if not update.more:
            return table


def cells(values: list[float | None]) -> Cells:
    """A column of a block; None where there is no point."""
    rows = [row for row, value in enumerate(values) if value is not None]
    logged = [value for value in values if value is not None]
    whole = all(isinstance(value, int) for value in logged)
    return Cells(np.array(logged, np.int64 if whole else np.float64), None, np.array(rows, np.int64))


def words(values: list[str | None]) -> Cells:
    """A column of a block that holds words."""
    rows = [row for row, value in enumerate(values) if value is not None]
    texts = tuple(value for value in values if value is not None)
    return Cells(np.empty(0, np.int64), text_rows=np.array(rows, np.int64), texts=texts)


# -- the frame


@pytest.mark.parametrize("path", RUNS, ids=lambda path: str(path.relative_to(DATA)))
def test_the_frame_is_that_of_pandas(path: Path) -> None:
    """On each real run the frame has the columns, types and values that `pandas.read_csv` gives."""
    pd.testing.assert_frame_equal(read(path).to_frame(), pd.read_csv(path), check_exact=True)


CLEAN = {
    "whole numbers": "step,n\n1,2\n2,3\n",
    "whole numbers with a gap": "step,n\n1,2\n2,\n3,5\n",
    "numbers": "step,x\n1,0.1\n2,1e-7\n3,123456789.123456789\n",
    "whole and other numbers": "step,x\n1,1\n2,0.5\n",
    "words": "step,word\n1,a\n2,b\n",
    "words with a gap": "step,word\n1,a\n2,\n3,c\n",
    "booleans": "step,flag\n1,True\n2,False\n3,TRUE\n4,false\n",
    "all blank": "step,x\n1,\n2,\n",
    "nan and infinity": "step,x\n1,nan\n2,inf\n3,-inf\n4,0.5\n",
    "one row": "step,x\n1,0.5\n",
    "large whole numbers": "step,n\n9007199254740993,9223372036854775807\n2,-9223372036854775808\n",
    "negative": "step,x\n-1,-0.5\n-2,-1.5\n",
}


@pytest.mark.parametrize("name", CLEAN)
@pytest.mark.parametrize("repeat", [1, 4000])
def test_the_rules_of_types_are_those_of_pandas(tmp_path: Path, name: str, repeat: int) -> None:
    """For each kind of clean column, in a small file and in a large one, type and values are those of
    `pandas.read_csv`."""
    header, _, rows = CLEAN[name].partition("\n")
    path = tmp_path / "metrics.csv"
    path.write_text(f"{header}\n{rows * repeat}")
    pd.testing.assert_frame_equal(read(path).to_frame(), pd.read_csv(path), check_exact=True)


def test_a_header_alone_is_an_empty_frame(tmp_path: Path) -> None:
    """A header without rows gives its columns and no row, as `pandas.read_csv` does."""
    path = tmp_path / "metrics.csv"
    path.write_text("step,loss\n")
    pd.testing.assert_frame_equal(read(path).to_frame(), pd.read_csv(path), check_index_type=False)


def test_words_among_numbers_stand_as_they_are() -> None:
    """A column of numbers and words keeps both, and its blanks are missing."""
    table = Table()
    mixed = Cells(np.array([1.5]), None, np.array([0]), np.array([2]), ("oops",))
    table.append(Block(3, {"x": mixed}))
    frame = table.to_frame()
    assert frame["x"].dtype == object
    assert frame["x"].tolist()[::2] == [1.5, "oops"]
    assert pd.isna(frame["x"][1])


def test_the_frame_does_not_change_later() -> None:
    """A frame that was given out stays as it is when rows are added to the table, and the table when the frame is
    changed."""
    table = Table()
    table.append(Block(2, {"step": cells([1, 2])}))
    frame = table.to_frame()
    table.append(Block(1, {"step": cells([3])}))
    assert frame["step"].tolist() == [1, 2]
    frame.loc[0, "step"] = 99
    assert table.columns["step"].values.tolist() == [1, 2, 3]


# -- what is appended


_values = st.one_of(st.none(), st.integers(-100, 100), st.floats(allow_nan=False, width=32))


@given(blocks=st.lists(st.lists(st.tuples(_values, _values), max_size=5), max_size=6), look=st.sets(st.integers(0, 6)))
@settings(max_examples=200, derandomize=True, database=None)
def test_blocks_add_up(blocks: list[list[tuple[Any, Any]]], look: set[int]) -> None:
    """However rows are put into blocks and whenever somebody looks, the points are those of all rows, and so is
    the frame."""
    table, rows = Table(), []
    table.declare(["a", "b"])
    for count, block in enumerate(blocks):
        columns = {name: cells([row[place] for row in block]) for place, name in enumerate("ab")}
        table.append(Block(len(block), columns))
        rows += block
        if count in look:
            len(table.columns["a"])
    frame = table.to_frame()
    for place, name in enumerate("ab"):
        column = table.columns[name]
        expected = [(row, values[place]) for row, values in enumerate(rows) if values[place] is not None]
        assert list(zip(column.rows.tolist(), column.values.tolist(), strict=True)) == expected
        assert not column.gapless or column.rows.tolist() == list(range(len(column)))
        dense = [math.nan if values[place] is None else float(values[place]) for values in rows]
        if rows:
            np.testing.assert_array_equal(frame[name].to_numpy(dtype=float), dense)
            np.testing.assert_array_equal(table.at_rows(name, np.arange(len(rows))), dense)


@given(values=st.lists(_values, min_size=1, max_size=8), full=st.lists(st.booleans(), min_size=1, max_size=8))
@settings(max_examples=100, derandomize=True, database=None)
def test_the_three_forms_of_cells_say_the_same(values: list[Any], full: list[bool]) -> None:
    """Cells with rows, with `logged`, or with a value for each row give the same points."""
    numbers = np.array([0.0 if value is None else float(value) for value in values])
    logged = np.array([value is not None for value in values])
    forms = [Cells(numbers, logged), Cells(numbers[logged], None, np.flatnonzero(logged))]
    if logged.all():
        forms.append(Cells(numbers))
    found = []
    for form in forms:
        column = Column("x")
        column.append(form, 3)
        found.append((column.rows.tolist(), column.values.tolist(), column.dense(3 + len(values))[3:].tolist()))
    assert all(repr(one[:2]) == repr(found[0][:2]) for one in found)


def test_a_view_is_not_changed_by_what_comes_later() -> None:
    """Values that were handed out stay as they are while the column grows, and becomes a float column."""
    column = Column("x")
    column.append(Cells(np.arange(4)), 0)
    before = column.values
    for start in range(4, 400, 4):
        column.append(Cells(np.arange(4)), start)
        assert len(column) == start + 4
    column.append(Cells(np.array([0.5])), 400)
    assert before.tolist() == [0, 1, 2, 3]
    assert before.dtype == np.int64
    assert column.values.dtype == np.float64
    assert column.values[-1] == 0.5


def test_missing_is_not_nan() -> None:
    """A blank cell is no point, a NaN that was logged is one; a frame has NaN for both."""
    table = Table()
    table.append(Block(3, {"x": Cells(np.array([math.nan, 0.5]), None, np.array([0, 2]))}))
    assert table.columns["x"].rows.tolist() == [0, 2]
    assert math.isnan(table.columns["x"].values[0])
    assert np.isnan(table.to_frame()["x"]).tolist() == [True, True, False]


def test_a_new_header_keeps_what_is_there() -> None:
    """Declaring names anew puts them in front and loses no column, neither one of numbers nor one of words alone."""
    table = Table()
    table.declare(["step", "word", "old"])
    table.append(Block(2, {"step": cells([1, 2]), "word": words(["a", None]), "old": cells([0.5, None])}))
    table.declare(["new", "word", "step"])
    assert list(table.columns) == ["new", "word", "step", "old"]
    assert table.columns["word"].texts == ["a"]
    assert table.columns["old"].values.tolist() == [0.5]


@pytest.mark.parametrize(
    ("numbers", "texts", "numeric"), [(0, 0, False), (1, 0, True), (1, 1, True), (1, 2, False), (0, 1, False)]
)
def test_what_a_metric_is(numbers: int, texts: int, numeric: bool) -> None:
    """A column is a metric where it has numbers, and no more words than numbers."""
    column = Column("x")
    column.append(Cells(np.arange(numbers), text_rows=np.arange(texts), texts=("a",) * texts), 0)
    assert column.numeric == numeric


# -- the rows from one on


_row = st.dictionaries(st.sampled_from("abc"), st.sampled_from([0.0, 1.0, math.nan, math.inf, "x", "y"]), max_size=3)


@given(rows=st.lists(_row, max_size=6), start=st.integers(0, 6))
@settings(max_examples=100, derandomize=True, database=None)
def test_the_rows_below(table_of_rows: Callable[..., Table], rows: list[Any], start: int) -> None:
    """The table of the rows from one on is the table of these rows."""
    start = min(start, len(rows))
    part, expected = table_of_rows(rows).rows_below(start), table_of_rows(rows[start:])
    assert part.n_rows == expected.n_rows
    for name in expected.columns:
        mine, theirs = part.columns[name], expected.columns[name]
        assert (mine.rows.tolist(), repr(mine.values.tolist())) == (theirs.rows.tolist(), repr(theirs.values.tolist()))
        assert (mine.text_rows.tolist(), mine.texts) == (theirs.text_rows.tolist(), theirs.texts)


# -- where rows stand on an axis


def test_rows_without_a_place_stand_with_the_next_that_has_one() -> None:
    """A row that does not say its epoch takes that of the next row that does; the last rows take the last one."""
    table = Table()
    table.append(Block(6, {"epoch": cells([None, 0, None, 1, None, None])}))
    assert x_at(table, np.arange(6), "epoch").tolist() == [0, 0, 1, 1, 1, 1]
    assert x_at(table, np.arange(6), None).tolist() == [0, 1, 2, 3, 4, 5]
    assert np.isnan(x_at(table, np.arange(6), "step")).all()
    assert np.isnan(table.at_rows("epoch", np.array([0, 2]))).all()


def test_large_files_and_small_pieces_say_the_same(tmp_path: Path) -> None:
    """A file of 20,000 rows read while it grows gives the frame that one read gives."""
    rng = np.random.default_rng(0)
    text = io.StringIO()
    frame = pd.DataFrame({"step": np.arange(20_000), "loss": rng.normal(size=20_000), "val": rng.normal(size=20_000)})
    frame.loc[frame.index % 50 != 0, "val"] = np.nan
    frame.to_csv(text, index=False)
    data = text.getvalue().encode()
    path = tmp_path / "metrics.csv"
    path.touch()
    reader, table = CsvReader(path), Table()
    with path.open("ab", buffering=0) as file:
        for start in range(0, len(data), 33_333):
            file.write(data[start : start + 33_333])
            update = reader.read()
            if update.columns is not None:
                table.declare(update.columns)
            assert update.block is not None
            table.append(update.block)
    pd.testing.assert_frame_equal(table.to_frame(), frame, check_exact=True)
