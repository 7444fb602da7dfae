from __future__ import annotations

from pathlib import Path

import numpy as np

from livemon.readers.base import Facts, Update
from livemon.readers.wrapped_reader import WrappedReader
from livemon.tables.table import Block, Cells


class Rows:
    """A reader that says the same each time."""

    path = Path("runs/a/rows.log")
    facts = Facts(name="a")
    files = (Path("runs/a/rows.log"), Path("runs/a/more.log"))
    unfinished = 7
    update = Update(block=Block(1, {"loss": Cells(np.array([0.5]))}))

    def read(self) -> Update:
        return self.update


class RowsWithoutEnd(Rows):
    """A reader whose writers never stop in the middle of a row."""

    unfinished = property()  # type: ignore[assignment]


def test_what_is_not_changed_is_handed_on() -> None:
    """A reader around another one is at the same path and has the same updates, facts, files and unfinished bytes."""
    rows = Rows()
    wrapped = WrappedReader(rows)
    assert wrapped.path == rows.path
    assert wrapped.read() is rows.update
    assert (wrapped.facts, wrapped.files, wrapped.unfinished) == (rows.facts, rows.files, 7)


def test_unfinished_may_be_missing() -> None:
    """Around a reader that has no `unfinished`, nothing is unfinished."""
    assert WrappedReader(RowsWithoutEnd()).unfinished == 0
