"""What is noted of a run, and how the note is read."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from livemon.recording.recorder import record
from livemon.runs.config import read_config
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.notes import read_note


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


def test_config_is_written_in_a_folder_of_its_own(tmp_path: Path) -> None:
    """config.json is written in a new folder, and never where another config or other files are."""
    config = {"model": {"layers": 2}}
    for name in ("new", "foreign", "used"):
        (tmp_path / name).mkdir()
    (tmp_path / "foreign" / "config.json").write_text('{"theirs": 1}')
    (tmp_path / "used" / "model.bin").write_text("")
    for name in ("new", "foreign", "used"):
        with record(tmp_path / name, config=config):
            pass
        assert read_note(tmp_path / name)["config"] == config
    assert json.loads((tmp_path / "new" / "config.json").read_text()) == config
    assert json.loads((tmp_path / "foreign" / "config.json").read_text()) == {"theirs": 1}
    assert not (tmp_path / "used" / "config.json").exists()
    with record(tmp_path / "new", config={"other": 1}):
        pass
    assert json.loads((tmp_path / "new" / "config.json").read_text()) == config
