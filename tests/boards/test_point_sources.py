"""Points gathered from the tables of a run."""

from __future__ import annotations

import numpy as np

from livemon.boards.point_sources import Axis, GatheredPoints, MetricSource
from livemon.tables.table import Block, Cells, Table


def add(table: Table, steps: list[float], values: list[float]) -> Table:
    table.append(Block(len(steps), {"step": Cells(np.array(steps)), "loss": Cells(np.array(values))}))
    return table


def test_each_point_is_read_once() -> None:
    """A reading gives what is new in each table, and says which table it is."""
    gathered = GatheredPoints("loss", MetricSource("loss", Axis("step", "step")))
    old, new = add(Table(), [1.0, 2.0], [5.0, 4.0]), Table()
    assert [(number, x.tolist()) for number, x, _ in gathered.read([old])] == [(0, [1, 2])]
    add(old, [3.0], [3.0])
    add(new, [2.0], [2.0])
    assert gathered.goes_on_in([old, new]) and not gathered.goes_on_in([new])
    assert [(number, x.tolist()) for number, x, _ in gathered.read([old, new])] == [(0, [3]), (1, [2])]
    assert list(gathered.read([old, new])) == []
    every = gathered.all()
    assert (every.x.tolist(), every.starts.tolist()) == ([1, 2, 3, 2], [0, 3])
    assert every.kept.tolist() == [True, False, False, True] and every.order is None and every.mean is None
