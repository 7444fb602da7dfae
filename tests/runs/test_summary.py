"""A run in numbers."""

from __future__ import annotations

import math
import time
from pathlib import Path

import pytest

from livemon.runs.folder import RunFolder
from livemon.runs.series import RunColumns
from livemon.runs.summary import highest, numbers_of


def test_numbers(tmp_path: Path) -> None:
    """A metric's numbers are over its finite values."""
    (tmp_path / "metrics.csv").write_text("step,loss,time\n1,4,1700000000000\n2,nan,1700000001000\n3,1,1700000002500\n")
    folder = RunFolder(tmp_path, time.time)
    folder.refresh()
    columns = RunColumns([folder])
    loss = numbers_of(columns)["loss"]
    assert (loss["initial"], loss["final"], loss["best"], loss["best_step"], loss["nan_count"]) == (4, 1, 1, 3, 1)
    assert (loss["mean"], loss["count"]) == (2.5, 3)
    assert (highest(columns, "step"), highest(columns, "epoch")) == (3, 0)


def test_all_numbers_are_of_the_newest_attempt(tmp_path: Path) -> None:
    """Lowest, highest, mean and best are over the points that `series` has: what a later attempt went over again counts
    for none of them. The deviation of one point is not known."""
    (tmp_path / "metrics.csv").write_text("step,loss,acc\n1,9,\n2,0.1,\n3,8,\n1,5,\n2,4,0.5\n")
    folder = RunFolder(tmp_path, time.time)
    folder.refresh()
    numbers = numbers_of(RunColumns([folder]))
    loss, acc = numbers["loss"], numbers["acc"]
    shown = RunColumns([folder]).latest_points("loss", None)[2].tolist()
    assert (loss["min"], loss["max"], loss["best"]) == (min(shown), max(shown), min(shown)) and 0.1 not in shown
    assert loss["mean"] == pytest.approx(sum(shown) / len(shown)) and loss["count"] == 5
    assert math.isnan(acc["std"]) and (acc["min"], acc["max"]) == (0.5, 0.5)


def test_numbers_at_the_end_of_the_range(tmp_path: Path) -> None:
    """The mean and the deviation of values whose sums are beyond a float64 are numbers, without a warning."""
    rows = [*(f"{step},1e308\n" for step in range(50)), "50,9e307\n"]
    (tmp_path / "metrics.csv").write_text("step,loss\n" + "".join(rows))
    folder = RunFolder(tmp_path, time.time)
    folder.refresh()
    loss = numbers_of(RunColumns([folder]))["loss"]
    assert loss["mean"] == pytest.approx(1e308, rel=0.01) and loss["std"] == pytest.approx(1e307 / 51**0.5, rel=0.01)
