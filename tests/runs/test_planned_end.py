"""A training that has come to the end that its settings say has finished."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from livemon.runs.experiment import ExperimentLoader
from livemon.runs.planned_end import Planned, epochs_in, reached
from livemon.tables.table import Block, Cells, Table
from livemon.testing import HandClock


def table_of(**columns: Sequence[float]) -> Table:
    table = Table()
    cells = {name: Cells(np.array(values)) for name, values in columns.items()}
    table.append(Block(len(next(iter(columns.values()))), cells))
    return table


@pytest.mark.parametrize(("steps", "is_last"), [
    (range(100), True), (range(1, 101), True), (range(1, 100), False), (range(99), False),
    (range(4, 100, 5), True), (range(5, 100, 5), False), (range(5, 101, 5), True), (range(0, 100, 10), False),
    (range(50, 150, 7), True), ([99], False), ([0], False), ([100], True),
])
def test_steps_are_counted_from_0_or_from_1(steps: Sequence[int], is_last: bool) -> None:
    """The last of 100 steps is 100, or 99 where the first rows show that they are counted from 0."""
    table = table_of(step=list(steps), loss=list(steps))
    assert bool(reached([table], Planned(steps=100))) == is_last
    assert reached([table], Planned(epochs=100)) == "" == reached([table], Planned())


def test_epochs_end_a_run_whose_rows_are_epochs() -> None:
    """A row of a step may be any of the last epoch's; a row of an epoch is all of it."""
    epochs = table_of(epoch=range(1, 11), loss=range(10))
    assert reached([epochs], Planned(epochs=10)) == "all 10 epochs are there"
    assert reached([epochs], Planned(epochs=11)) == ""
    assert reached([table_of(epoch=[1, 1, 2, 2], loss=range(4))], Planned(epochs=2)) == ""
    assert reached([table_of(step=range(4), epoch=[1, 1, 2, 2], loss=range(4))], Planned(epochs=2)) == ""


def test_settings_that_say_the_number_of_epochs() -> None:
    """Whole positive numbers under the names that people use."""
    assert [epochs_in(settings) for settings in (
        {"epochs": 3}, {"num_train_epochs": 3.0}, {"epochs": True}, {"max_epochs": -1}, {"epochs": "3"},
        {"epochs": 2.5}, {"max_epochs": float("inf")}, {})] == [3, 3, None, None, None, None, None, None]


def test_ultralytics(tmp_path: Path) -> None:
    """All epochs that args.yaml says are in results.csv: finished; before that the run is what its rows say."""
    (tmp_path / "args.yaml").write_text("task: detect\nepochs: 3\n")
    path = tmp_path / "results.csv"
    path.write_text("epoch,time,train/box_loss\n1,9.1,2\n2,18.3,1.5\n")
    os.utime(path, (1e9, 1e9))
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert run.state != "finished" and not run.ended
    with path.open("a") as rows:
        rows.write("3,27.2,1.2\n")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert (run.state, run.state_evidence, run.ended) == ("finished", "all 3 epochs are there", True)


def test_a_watcher_waits_for_what_a_last_validation_logs(tmp_path: Path) -> None:
    """The last step's row was seen to come: further rows may follow it, and are waited for for a minute."""
    (tmp_path / "config.json").write_text(json.dumps({"total_steps": 10}))
    path, clock = tmp_path / "metrics.csv", HandClock()
    path.write_text("step,loss\n" + "".join(f"{step},1\n" for step in range(1, 10)))
    run = ExperimentLoader(tmp_path, clock=clock)
    run.refresh()
    with path.open("a") as rows:
        rows.write("10,1\n")
    run.refresh()
    assert run.state == "running"
    clock.advance(61)
    assert (run.state, run.state_evidence) == ("finished", "step 10 of 10 was reached")
    frozen = ExperimentLoader(tmp_path)
    frozen.refresh()
    frozen.freeze()
    assert frozen.state == "finished"
