"""A run as a DataFrame."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from livemon.runs.discovery import NoMetricsError
from livemon.runs.folder import RunFolder
from livemon.runs.frames import frame_of, frame_of_file


def test_rows_of_all_folders(tmp_path: Path) -> None:
    """The rows of all folders in order, then the derived columns; the index counts them."""
    for name, rows in {"a": "1,4,0\n2,3,3600\n", "b": "2,2,7200\n"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.csv").write_text("step,train_loss,time_elapsed_seconds\n" + rows)
    folders = [RunFolder(tmp_path / name, time.time) for name in ("a", "b")]
    for folder in folders:
        folder.refresh()
    frame = frame_of(folders)
    assert frame["step"].tolist() == [1, 2, 2] and frame.index.tolist() == [0, 1, 2]
    assert frame["time_elapsed_hours"].tolist() == [0, 1, 2]
    assert frame["train_loss_improvement"].tolist() == [0, 1, 2]


def test_another_file(tmp_path: Path) -> None:
    """A file is read for itself; one that is not there is an error that names it."""
    (tmp_path / "eval.csv").write_text("step,val_loss\n1,4\n")
    assert frame_of_file(tmp_path / "eval.csv")["val_loss"].tolist() == [4]
    with pytest.raises(NoMetricsError, match=r"no\.csv"):
        frame_of_file(tmp_path / "no.csv")
