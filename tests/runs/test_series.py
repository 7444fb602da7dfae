"""The columns of a run, and the points of a metric."""

from __future__ import annotations

import time
from pathlib import Path
from unittest.mock import patch

import pytest

from livemon.runs.experiment import ExperimentLoader
from livemon.runs.folder import RunFolder
from livemon.runs.series import RunColumns


def columns_of(*folders: Path) -> RunColumns:
    opened = [RunFolder(folder, time.time) for folder in folders]
    for folder in opened:
        folder.refresh()
    return RunColumns(opened)


def test_over_several_folders(tmp_path: Path) -> None:
    """The points of a metric are those of all folders, the oldest first; where a later one begins again, it wins."""
    for name, rows in {"a": "1,4\n2,3\n3,2\n", "b": "3,1\n4,0\n"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.csv").write_text("step,loss\n" + rows)
    columns = columns_of(tmp_path / "a", tmp_path / "b")
    assert (columns.metric_names, columns.x_column(), columns.x_column("epoch")) == (["loss"], "step", None)
    assert columns.series("loss", None, "all").tolist() == [4, 3, 2, 1, 0]
    assert columns.series("loss", None, "latest").to_dict() == {1: 4, 2: 3, 3: 1, 4: 0}
    assert [name for name, _ in columns.all_points()] == ["loss"]


def test_the_axis_follows_the_rows(tmp_path: Path) -> None:
    """Which column is the axis is looked up once for what was read, and again when more was."""
    file = tmp_path / "metrics.csv"
    file.write_text("epoch,step,loss\n1,7,4\n2,7,3\n")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert run.x_column() == "epoch"  # The step is stuck.
    with patch("livemon.tables.x_axis.is_constant", side_effect=AssertionError("looked up again")):
        assert (run.x_column(), run.metric_names, run.series_so_far("loss").index.name) == ("epoch", ["loss"], "epoch")
    with file.open("a") as rows:
        rows.write("3,8,2\n4,9,1\n")
    run.refresh()
    assert run.x_column() == "step"


def test_names_that_are_not_there(tmp_path: Path) -> None:
    """The message names the run and what it has."""
    (tmp_path / "metrics.csv").write_text("step,loss\n1,4\n")
    columns = columns_of(tmp_path)
    with pytest.raises(KeyError, match=rf"{tmp_path.name} has no metric 'accuracy'; it has loss"):
        columns.find_metric("accuracy")
    with pytest.raises(KeyError, match=rf"{tmp_path.name} has no x 'epoch'; it has step, row"):
        columns.find_x("epoch")
    assert columns.find_x("row") is None


def test_a_column_with_the_total_gives_it(tmp_path: Path) -> None:
    """LLaMA-Factory writes `total_steps` into each row: it is the total; one that grows is none."""
    (tmp_path / "config.json").write_text("{}")
    rows = [f'{{"current_steps": {step}, "total_steps": 90, "loss": 1.5, "elapsed_time": "0:00:{step}"}}'
            for step in (10, 20, 30)]
    (tmp_path / "trainer_log.jsonl").write_text("\n".join(rows) + "\n")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert (run.x_column(), run.total_steps, run.x_column("time")) == ("current_steps", 90, "elapsed_time")
    (tmp_path / "trainer_log.jsonl").write_text("\n".join(rows).replace("90", "9", 1) + "\n")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert run.total_steps is None


def test_a_series_is_a_copy(tmp_path: Path) -> None:
    """What somebody writes into a series changes nothing of the run."""
    (tmp_path / "metrics.csv").write_text("step,loss\n0,3\n1,2\n")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    for attempts in ("all", "latest"):
        series = run.series("loss", attempts=attempts)
        series.iloc[:] = 0.0
        assert run.series("loss", attempts=attempts).tolist() == [3.0, 2.0]
