"""What is noted of a run, and how the note is read."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from livemon import record
from livemon.runs.config import read_config
from livemon.runs.experiment import ExperimentLoader


def test_a_note_beside_what_another_logger_writes(tmp_path: Path) -> None:
    """Where our callback keeps its rows in `livemon` in a logger's folder, that folder's run is what the note says."""
    with record(tmp_path / "version_0" / "livemon", config={"lr": 1}, total_steps=2) as log:
        log({"loss": 1.0}, step=0)
    assert read_config(tmp_path / "version_0")[0] == {"lr": 1}
    run = ExperimentLoader(tmp_path / "version_0")
    run.refresh()
    assert (run.state, run.total_steps) == ("finished", 2)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_note_that_is_no_file_or_says_nonsense_is_survived(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """A FIFO in the place of livemon.json is not opened; a process number that cannot be one is a process gone."""
    run_dir = write_run(tmp_path / "a", "step,loss\n0,2\n")
    os.mkfifo(run_dir / "livemon.json")
    run = ExperimentLoader(run_dir)
    assert run.refresh() == 1 and run.state == "running"
    (run_dir / "livemon.json").unlink()
    for pid in (10**30, -1, 0, True, "x"):
        note = {"livemon": 1, "state": "running", "pid": pid, "host": socket.gethostname()}
        (run_dir / "livemon.json").write_text(json.dumps(note))
        assert run.state == "failed", pid
