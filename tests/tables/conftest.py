"""What tests of tables share: a table of rows that are written out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from livemon.tables.table import Block, Cells, Table

Rows = list[dict[str, float | str]]


@pytest.fixture(scope="session")
def table_of_rows() -> Callable[[Rows], Table]:
    """A table of rows as dicts."""

    def table_of(rows: Rows) -> Table:
        table, names = Table(), list(dict.fromkeys(name for row in rows for name in row))
        table.declare(names)
        block: dict[str, Cells] = {}
        for name in names:
            numbers = {at: row[name] for at, row in enumerate(rows) if not isinstance(row.get(name, ""), str)}
            texts = {at: str(row[name]) for at, row in enumerate(rows) if name in row and isinstance(row[name], str)}
            values, at_rows = np.array(list(numbers.values()), np.float64), np.array(list(numbers), np.int64)
            block[name] = Cells(values, None, at_rows, np.array(list(texts), np.int64), tuple(texts.values()))
        table.append(Block(len(rows), block))
        return table

    return table_of
