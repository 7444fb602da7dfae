"""Which columns say where a row stands."""

from __future__ import annotations

import numpy as np
import pytest

from livemon.tables.table import Block, Cells, Table
from livemon.tables.x_axis import find_axis, is_axis


def table_of(**columns: list[float]) -> Table:
    table = Table()
    n_rows = len(next(iter(columns.values())))
    table.append(Block(n_rows, {name: Cells(np.array(values)) for name, values in columns.items()}))
    return table


@pytest.mark.parametrize(("times", "expected"), [
    ([1.0, 2.5, 4.0, 5.5], "time"),  # Ultralytics: seconds since the start
    ([1.0, 2.5, 4.0, 5.5, 0.5, 1.0, 2.0], "time"),  # resumed
    ([0.0062, 0.0055, 0.0064, 0.0058, 0.0061], None),  # MMEngine: seconds of an iteration
    ([9.0, 9.0, 9.0, 9.0], None),  # fastai: seconds of an epoch
    ([3.0], "time"),
])
def test_a_time_that_does_not_grow_is_a_metric(times: list[float], expected: str | None) -> None:
    """`time` is an axis where its values go up, but for a restart; else it was measured."""
    assert find_axis("time", [table_of(step=list(range(len(times))), time=times)]) == expected


def test_the_next_name_is_taken_where_the_first_is_no_axis() -> None:
    """A duration called `time` does not hide the time stamps beside it."""
    table = table_of(time=[2.0, 1.0, 2.0, 1.0], timestamp=[1e9, 1e9 + 2, 1e9 + 3, 1e9 + 5])
    assert find_axis("time", [table]) == "timestamp"
    assert not is_axis("time", [table]) and is_axis("timestamp", [table])


def test_a_step_may_go_back() -> None:
    """Only names that mean two things are judged by their values."""
    assert find_axis("step", [table_of(step=[5.0, 4.0, 3.0, 2.0, 1.0])]) == "step"
