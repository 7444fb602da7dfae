"""Tables compared cell by cell."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livemon.readers.base import read_table
from livemon.readers.csv import CsvReader
from livemon.tables.differences import count_same, different_rows, rows_of_different_points
from livemon.tables.table import Block, Cells, Table

_row = st.dictionaries(st.sampled_from("abc"), st.sampled_from([0.0, 1.0, math.nan, math.inf, "x", "y"]), max_size=3)
_rows = st.lists(_row, max_size=6)


@given(left=_rows, right=_rows, same=st.integers(0, 6), start=st.integers(0, 4))
@settings(max_examples=300, derandomize=True, database=None)
def test_how_many_rows_are_the_same(
    table_of_rows: Callable[..., Table], left: list[Any], right: list[Any], same: int, start: int
) -> None:
    """Rows are compared cell by cell: numbers, NaN with NaN, infinities, words and blanks; from `start` to the
    first difference, in the columns that the other table has."""
    right = left[:same] + right
    stop = min(len(left), len(right))
    start = min(start, stop)
    known = {name for row in right for name in row}
    shown = [{name: cell for name, cell in row.items() if name in known} for row in left]
    expected = start
    while expected < stop and repr(sorted(shown[expected].items())) == repr(sorted(right[expected].items())):
        expected += 1
    assert count_same(table_of_rows(left), table_of_rows(right), start, stop) == expected - start


@pytest.mark.parametrize("seed", range(20))
def test_the_rows_that_differ(seed: int) -> None:
    """`different_rows` names the rows that a comparison cell by cell finds, blanks, NaN and texts too."""
    dice = random.Random(seed)
    words = ["", "nan", "1", "2.5", "abc"]
    columns = [["a", "b", "c"], ["a", "c", "d"]]

    def cells(n_rows: int) -> list[dict[str, str]]:
        return [{name: dice.choice(words[:2] if dice.random() < 0.7 else words) for name in "abcd"}
                for _ in range(n_rows)]

    left = cells(dice.randrange(12))
    right = [row if dice.random() < 0.6 else cells(1)[0] for row in left] + cells(dice.randrange(3))

    def table(rows: list[dict[str, str]], names: list[str]) -> Table:
        lines = [",".join(names), *(",".join([*(row[name] for name in names)]) for row in rows)]
        return read_table(CsvReader(Path("metrics.csv"), _Lines("\n".join(lines) + "\n")))  # type: ignore[arg-type]

    stop = dice.randrange(14)
    expected = []
    for row in range(min(stop, max(len(left), len(right)))):
        one = {name: left[row][name] for name in columns[0] if left[row][name]} if row < len(left) else None
        other = {name: right[row][name] for name in columns[1] if right[row][name]} if row < len(right) else None
        if one != other:
            expected.append(row)
    assert different_rows(table(left, columns[0]), table(right, columns[1]), stop).tolist() == expected


class _Lines:
    """A tail that hands out these lines once."""

    pending_bytes = 0
    quiet_seconds = 0.0

    def __init__(self, text: str) -> None:
        self._text = text

    def look(self):  # type: ignore[no-untyped-def]
        from livemon.system.tail import Look

        text, self._text = self._text, ""
        return Look(lines=text.encode())


def test_a_number_that_was_rounded() -> None:
    """A whole number beyond 2**53 that is on show rounded differs; where the column has other numbers, too, none of it
    is exact, and what is rounded alike does not."""
    exact, rounded, mixed = Table(), Table(), Table()
    whole = np.array([2**53 + 1, 7])
    exact.append(Block(2, {"tokens": Cells(whole)}))
    rounded.append(Block(2, {"tokens": Cells(whole.astype(np.float64))}))
    mixed.append(Block(3, {"tokens": Cells(np.array([2.0**53 + 1, 7.0, 0.5]))}))
    assert different_rows(exact, rounded, 2).tolist() == different_rows(rounded, exact, 2).tolist() == [0]
    assert different_rows(exact, mixed, 2).tolist() == different_rows(exact, exact, 2).tolist() == []


def test_rows_whose_order_may_change_are_told_by_their_points(table_of_rows: Callable[..., Table]) -> None:
    """Of sources without an order of rows, a row differs where a metric's point has another value, another step, or
    none to stand for it; rows above that are merged otherwise, and rows of no metric, do not."""
    shown = table_of_rows([{"step": 0.0, "a": 1.0}, {"step": 0.0, "b": 2.0}, {"step": 1.0, "a": 3.0}])
    merged = table_of_rows([{"step": 0.0, "a": 1.0, "b": 2.0}, {"step": 1.0, "a": 3.0}, {"step": 9.0}])
    assert rows_of_different_points(shown, merged, 3).tolist() == []
    value = table_of_rows([{"step": 0.0, "a": 1.0}, {"step": 1.0, "a": 3.5}])
    step = table_of_rows([{"step": 0.0, "a": 1.0}, {"step": 2.0, "a": 3.0}])
    more = table_of_rows([{"step": 0.0, "a": 1.0}, {"step": 1.0, "a": 3.0}, {"step": 2.0, "a": 4.0}])
    name = table_of_rows([{"step": 0.0, "a": 1.0}, {"step": 0.0, "c": 1.0}])
    assert [rows_of_different_points(shown, other, 3).tolist() for other in (value, step, more, name)] == [
        [1], [1], [2], [1]]
    assert rows_of_different_points(shown, more, 2).tolist() == []
