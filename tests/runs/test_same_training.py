"""Whether rows are of one training."""

from __future__ import annotations

import numpy as np

from livemon.runs.same_training import Training, same_training
from livemon.tables.table import Block, Cells, Table


def table_from(first: int) -> Table:
    table = Table()
    steps = np.arange(first, first + 400, 20)
    table.append(Block(len(steps), {"step": Cells(steps), "loss": Cells(1.0 / steps)}))
    return table


def test_steps_that_go_on_by_chance() -> None:
    """In a folder that was made anew they are no evidence, unless settings are known and the same."""
    old, new = table_from(20), table_from(30)
    settings = {"lr": 0.1}
    assert same_training(old, new, Training(None, 1000.0), Training(None, 1000.0))
    assert not same_training(old, new, Training(None, 1000.0), Training(None, 2000.0))
    assert same_training(old, new, Training(settings, 1000.0), Training(settings, 2000.0))
    assert not same_training(old, new, Training(settings, 1000.0), Training({"lr": 0.2}, 2000.0))
