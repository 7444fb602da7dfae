"""Rows on their way to the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from livemon.recording import metrics_file
from livemon.recording.problems import Problems
from livemon.recording.row_writer import DiskState, RowWriter, WaitingRows


def test_the_states_of_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer is not open, writes, is stuck while the disk takes no rows, and then writes what waited."""
    path = tmp_path / "logs" / "metrics.csv"
    writer = RowWriter(Problems())
    states = [writer.state]
    writer.open(path, now=100.0)
    writer.write(WaitingRows([({"step": 0}, 101.0)]))
    states.append(writer.state)
    rows = WaitingRows([({"step": 1}, 102.0)])
    with monkeypatch.context() as patch:
        patch.setattr(metrics_file, "_append", lambda *_: (_ for _ in ()).throw(OSError("full")))
        with pytest.raises(OSError, match="full"):
            writer.write(rows)
    states.append(writer.state)
    assert (len(rows), writer.unwritten) == (0, 1)
    writer.write(rows)
    assert [*states, writer.state] == [DiskState.NOT_OPEN, DiskState.WRITING, DiskState.STUCK, DiskState.WRITING]
    assert path.read_text().splitlines() == ["step,time_elapsed_seconds", "0,1.000000", "1,2.000000"]


def test_a_file_is_taken_up(tmp_path: Path) -> None:
    """Step and time go on from the last row of the file."""
    path = tmp_path / "metrics.csv"
    path.write_text("step,time_elapsed_seconds\n4,2.5\n")
    writer = RowWriter(Problems())
    writer.open(path, now=100.0)
    assert (writer.next_step, writer.elapsed) == (5, 2.5)
    writer.write(WaitingRows([({"step": 5}, 101.0)]))
    assert path.read_text().splitlines()[-1] == "5,3.500000"
