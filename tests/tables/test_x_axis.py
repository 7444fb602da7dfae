"""Which columns say where a row stands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from livemon.runs.experiment import ExperimentLoader
from livemon.tables.table import Block, Cells, Table
from livemon.tables.x_axis import find_axis, is_axis, time_stands_in


def table_of(**columns: Sequence[float]) -> Table:
    table = Table()
    n_rows = len(next(iter(columns.values())))
    table.append(Block(n_rows, {name: Cells(np.array(values, float)) for name, values in columns.items()}))
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


@pytest.mark.parametrize(("name", "kind"), [
    ("STEP", "step"), ("Episode", "step"), ("TotalEnvSteps", "step"), ("total timesteps", "step"),
    ("current_steps", "step"), ("Progress/kimg", "step"), ("TotalEnvInteracts", "step"), ("Global Step", "step"),
    ("EPOCH", "epoch"), ("epoch_id", "epoch"), ("Current Epoch", "epoch"), ("train/Epoch", "epoch"),
    ("Timestamp", "time"), ("Wall Time", "time"), ("elapsed-time", "time"), ("created_at", "time"),
])
def test_axes_are_found_by_the_words_of_their_names(name: str, kind: str) -> None:
    """Case, blanks and signs in the name of an axis make no difference."""
    table = table_of(**{"loss": [3.0, 2.0, 1.0], name: [1.0, 2.0, 3.0]})
    assert find_axis(kind, [table]) == name
    assert is_axis(name, [table]) and not is_axis("loss", [table])


def test_what_may_be_an_axis_is_a_metric_beside_a_better_one() -> None:
    """A counter that few frameworks step by stays a metric where the run has its usual step."""
    table = table_of(step=[10.0, 20.0], num_episodes=[1.0, 3.0], episode=[1.0, 3.0], total_steps=[99.0, 99.0])
    assert find_axis("step", [table]) == "step"
    assert not is_axis("episode", [table]) and not is_axis("total_steps", [table])


@pytest.mark.parametrize("step", [[-1.0, -1.0, -1.0], [0.0, 0.0, 0.0], [500.0, 500.0, 500.0]])
def test_a_step_that_never_changes_loses_against_the_epoch(step: list[float]) -> None:
    """sentence-transformers writes -1 into each row; the epoch then says where the rows stand."""
    assert find_axis("step", [table_of(steps=step, epoch=[0.0, 1.0, 2.0])]) is None
    assert find_axis("step", [table_of(steps=step, epoch=[0.0, 0.0, 0.0])]) == "steps"  # nor does the epoch
    assert find_axis("step", [table_of(steps=step, iteration=[1.0, 2.0, 3.0])]) == "iteration"


def test_a_count_that_restarts_in_each_epoch_is_no_step() -> None:
    """`batch` counts within an epoch; a step that goes back when a run is resumed stays the step."""
    assert find_axis("step", [table_of(epoch=[1, 1, 1, 2, 2, 2, 3, 3], batch=[1, 2, 3, 1, 2, 3, 1, 2])]) is None
    resumed = table_of(epoch=[0, 0, 1, 1, 1, 2], step=[1, 2, 3, 4, 3, 5])
    assert find_axis("step", [resumed]) == "step"
    evaluator = table_of(epoch=[0, 0, 0, 1, 1, 1], steps=[1000, 2000, -1, 1000, 2000, -1])
    assert find_axis("step", [evaluator]) is None
    assert find_axis("step", [table_of(batch=[1, 2, 3, 1, 2, 3])]) == "batch"  # nothing says where an epoch ends


def test_the_time_stands_in_where_no_step_was_logged() -> None:
    """MLflow's default step is 0: after some rows of that the time is the axis."""
    table = table_of(step=[0.0] * 6, timestamp=[1e9 + place for place in range(6)])
    assert time_stands_in([table]) and find_axis("step", [table]) is None
    assert not time_stands_in([table_of(step=[0.0, 0.0], timestamp=[1e9, 1e9 + 1])])  # two metrics of the first step


def test_times_as_text_are_an_axis() -> None:
    """ISO 8601 in text cells is seconds since 1970, and grows with the table; other texts are none."""
    table = Table()
    texts = ("2025-11-18T03:10:47Z", "2025-11-18T03:10:48.5Z")
    for text in texts:
        table.append(Block(1, {"loss": Cells(np.array([1.0])),
                               "when": Cells(np.empty(0), None, None, np.array([0]), (text,)),
                               "Timestamp": Cells(np.empty(0), None, None, np.array([0]), (text,))}))
        find_axis("time", [table])
    assert find_axis("time", [table]) == "Timestamp"
    column = table.x_column("Timestamp")
    assert column is not None and column.values.tolist() == [1763435447.0, 1763435448.5]
    assert table.at_rows("Timestamp", np.array([1])).tolist() == [1763435448.5]


def test_a_step_that_is_the_same_in_each_epoch(tmp_path: Path) -> None:
    """Issue 16: sentence-transformers' steps count within an epoch, -1 at its end: the epoch is the axis."""
    path = tmp_path / "results.csv"
    path.write_text("epoch,steps,cosine_spearman\n0,500,0.5\n0,-1,0.625\n1,500,0.75\n1,-1,0.875\n")
    run = ExperimentLoader(path)
    run.refresh()
    assert run.x_column() == "epoch"
    assert run.series("cosine_spearman", attempts="all").index.tolist() == [0, 0, 1, 1]
