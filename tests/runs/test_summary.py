"""A run in numbers."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from livemon.runs.folder import RunFolder
from livemon.runs.series import RunColumns
from livemon.runs.summary import highest, numbers_of, training_seconds


def test_numbers(tmp_path: Path) -> None:
    """A metric's numbers are over its finite values; the times are in seconds, whatever the column's unit."""
    (tmp_path / "metrics.csv").write_text("step,loss,time\n1,4,1700000000000\n2,nan,1700000001000\n3,1,1700000002500\n")
    folder = RunFolder(tmp_path, time.time)
    folder.refresh()
    columns = RunColumns([folder])
    loss = numbers_of(columns)["loss"]
    assert (loss["initial"], loss["final"], loss["best"], loss["best_step"], loss["nan_count"]) == (4, 1, 1, 3, 1)
    assert (loss["mean"], loss["count"]) == (2.5, 3)
    assert (highest(columns, "step"), highest(columns, "epoch")) == (3, 0)
    assert training_seconds(folder.choice.own) == pytest.approx(2.5)


def test_no_time(tmp_path: Path) -> None:
    """Without a time column the duration is not known."""
    (tmp_path / "metrics.csv").write_text("step,loss\n1,4\n")
    folder = RunFolder(tmp_path, time.time)
    folder.refresh()
    assert training_seconds(folder.choice.own) is None
