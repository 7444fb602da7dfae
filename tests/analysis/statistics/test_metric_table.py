"""Runs and several metrics of each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from livemon import MultiExperimentLoader
from livemon.analysis.statistics.metric_table import metric_table


@pytest.fixture
def runs(make_run: Callable[..., Path], tmp_path: Path) -> MultiExperimentLoader:
    """Three runs, of which the last has no accuracy."""
    rows = {"one": {"val_loss": [2.0, 1.5], "acc": [0.5, 0.6]}, "two": {"val_loss": [2.0, 1.0], "acc": [0.4, 0.55]},
            "bare": {"val_loss": [3.0, 1.25]}}
    return MultiExperimentLoader([make_run(tmp_path / name, {"step": [1, 2], **columns}) for name, columns in
                                  rows.items()])


def test_a_row_a_run_and_a_column_a_metric(runs: MultiExperimentLoader) -> None:
    """The first metric ranks, each has its direction, its best is marked, and what a run lacks is a dash and said."""
    board = metric_table(runs, ["val_loss", "acc"], labels={"acc": "Accuracy"})
    assert list(board.table) == ["val_loss ↓", "Accuracy ↑"]
    assert board.table["Accuracy ↑"].to_dict() == {"two": "0.550", "bare": "-", "one": "0.600"}
    assert board.best == {(0, "val_loss ↓"), (2, "Accuracy ↑")}
    assert "bare: no acc" in board.problems and board.caption == (
        "final values, as logged; ranked by the first column; bold: the best of each column")
    assert [row["value"] for row in board.rows if row["run"] == "two"] == [1.0, 0.55]


def test_differences_to_a_baseline(runs: MultiExperimentLoader) -> None:
    """With a baseline each metric has a column of differences to that run; one that is not there is an error."""
    board = metric_table(runs, ["val_loss", "acc"], baseline="one", at="best")
    table = board.table
    assert board.caption.endswith("; Δ: the difference to one")
    assert list(table) == ["best val_loss ↓", "Δ best val_loss", "best acc ↑", "Δ best acc"]
    assert table["Δ best val_loss"].to_dict() == {"two": "-0.500", "bare": "-0.250", "one": "0.000"}
    with pytest.raises(ValueError, match="the baseline 'none' is not a run; did you mean one"):
        metric_table(runs, ["val_loss"], baseline="none")
    with pytest.raises(ValueError, match="no run has the metric 'nope'"):
        metric_table(runs, ["val_loss", "nope"])
