"""Single records become the rows of the calls that logged them."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np

from livemon import ExperimentLoader
from livemon.tables.records import in_calls
from livemon.tables.table import Block, Cells, Table

Record = tuple[float, float, str, float]  # step, timestamp, name, value


def of(*records: Record) -> Table:
    table = Table()
    for step, timestamp, name, value in records:
        cells = {"step": step, "timestamp": timestamp, name: value}
        table.append(Block(1, {name: Cells(np.array([said])) for name, said in cells.items()}))
    return table


def shown(table: Table) -> list[dict[str, float]]:
    return [{name: float(value) for name, value in row.items() if not math.isnan(value)}
            for row in table.to_frame().to_dict("records")]


def test_records_of_one_call_are_one_row() -> None:
    """Consecutive records of one step and time are a row, and every value is still there."""
    table = of((0, 10, "a", 1), (0, 10, "b", 2), (1, 11, "a", 3), (1, 11, "b", 4), (1, 12, "b", 5))
    assert shown(in_calls(table)) == [
        {"step": 0, "timestamp": 10, "a": 1, "b": 2}, {"step": 1, "timestamp": 11, "a": 3, "b": 4},
        {"step": 1, "timestamp": 12, "b": 5}]
    assert table.n_rows == 5


def test_records_that_stay_apart() -> None:
    """A metric that was logged twice at one time keeps its rows, and so do records whose call comes up again."""
    twice = of((0, 10, "a", 1), (0, 10, "b", 2), (0, 10, "a", 3), (1, 10, "b", 4), (0, 10, "b", 5))
    assert shown(in_calls(twice)) == shown(twice)
    for same in (Table(), of((0, 10, "a", 1))):
        assert in_calls(same) is same


def test_the_frame_of_a_run_of_mlflow(tmp_path: Path) -> None:
    """Twenty metrics that were logged by one call a step are a frame of one row a step."""
    (tmp_path / "metrics").mkdir()
    (tmp_path / "meta.yaml").write_text("experiment_id: '1'\nrun_id: a\n")
    for number in range(20):
        path = tmp_path / "metrics" / f"m{number:02}"
        path.write_text("".join(f"{1000 + step} {number + step} {step}\n" for step in range(50)))
        os.utime(path, (1e9, 1e9))
    loader = ExperimentLoader(tmp_path)
    frame = loader.load_metrics()
    assert len(frame) == 50
    assert frame["step"].tolist() == list(range(50))
    assert frame["m07"].tolist() == [7 + step for step in range(50)]
    assert sum(table.n_rows for table in loader.tables) == 1000
