"""Rows that further sources add stand among the preferred ones."""

from __future__ import annotations

import numpy as np

from livemon.runs.filling import Position, Rows
from livemon.runs.merged_rows import MergedRows
from livemon.tables.table import Block, Cells, Table


def block(steps: list[int], losses: list[float]) -> Block:
    return Block(len(steps), {"step": Cells(np.array(steps)), "loss": Cells(np.array(losses, np.float64))})


def table_of(steps: list[int]) -> Table:
    table = Table()
    table.append(block(steps, [float(step) for step in steps]))
    return table


def rows_of(steps: list[int], position: Position = Position.BETWEEN) -> Rows:
    return Rows(block(steps, [-float(step) for step in steps]), np.array(steps, np.float64), position)


def losses(tables: list[Table]) -> list[list[float]]:
    return [table.columns["loss"].values.tolist() for table in tables]


def test_rows_stand_where_their_steps_are() -> None:
    """In front of all, between two rows, behind the newest attempt's; a table without added rows stays as it is."""
    first, second = table_of([1, 2, 5, 6]), table_of([5, 8])
    shown = MergedRows().update([first, second], [rows_of([0, 3, 7, 9])])
    assert losses(shown) == [[-0.0, 1, 2, -3, 5, 6], [5, -7, 8, -9]]
    assert shown[0].columns["step"].values.tolist() == [0, 1, 2, 3, 5, 6]
    assert MergedRows().update([first, second], [rows_of([9])])[0] is first


def test_other_attempts_stand_in_front_or_behind() -> None:
    """Rows of an earlier or a later attempt are not mixed with those of the same steps."""
    table = table_of([3, 4])
    assert losses(MergedRows().update([table], [rows_of([1, 3], Position.IN_FRONT)])) == [[-1, -3, 3, 4]]
    assert losses(MergedRows().update([table], [rows_of([4, 5], Position.BEHIND)])) == [[3, 4, -4, -5]]


def test_what_comes_at_the_end_is_appended() -> None:
    """The table stays the same object while it only grows, and is another one where rows come in between."""
    table, merged = table_of([1, 2]), MergedRows()
    [shown] = merged.update([table], [rows_of([0])])
    table.append(block([3], [3.0]))
    assert merged.update([table], [rows_of([0])])[0] is shown and losses([shown]) == [[-0.0, 1, 2, 3]]
    assert merged.update([table], [rows_of([0, 4])])[0] is shown
    assert merged.update([table], [rows_of([0, 4, 5])])[0] is shown
    assert losses([shown]) == [[-0.0, 1, 2, 3, -4, -5]]
    table.append(block([4], [4.0]))
    again = merged.update([table], [rows_of([0, 5])])
    assert again[0] is not shown and losses(again) == [[-0.0, 1, 2, 3, 4, -5]]
    assert merged.update([table], []) == [table]


def test_what_was_taken_back_is_counted_with_the_added_rows() -> None:
    """A restart that took back the rows above it means the same rows when others stand among them."""
    table = table_of([1, 2, 5, 6, 5])
    table.retracted = ((4, 5),)
    [shown] = MergedRows().update([table], [rows_of([0, 3])])
    assert shown.retracted == ((6, 5),)
    assert shown.not_retracted(np.arange(7)).tolist() == [True, True, True, True, False, False, True]
