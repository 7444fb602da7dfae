"""How a run stands, and the evidence."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from livemon.readers.csv import Csv
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.liveness import judge
from livemon.runs.source import Source
from livemon.testing import HandClock

DAY = 86_400.0


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_state_is_evidence(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """Rows at their usual pace: running. None for long: stalled. A note, a marker, a process that is gone: the end."""
    clock = HandClock(1000.0)
    run_dir = write_run(tmp_path / "a", "step,loss\n0,2\n")
    path = run_dir / "logs" / "metrics.csv"
    os.utime(path, (1000, 1000))
    run = ExperimentLoader(run_dir, clock=clock)
    run.refresh()
    for step in range(1, 8):
        clock.advance(10)
        with path.open("a") as file:
            file.write(f"{step},1\n")
        os.utime(path, (clock(), clock()))
        run.refresh()
    assert run.state == "running" and run.pace.usual_seconds == 10
    clock.advance(1000)
    assert (run.state, run.state_evidence) == ("stalled", "no new row for 17 min, usually every 10 s")
    (run_dir / "livemon.json").write_text(json.dumps({"livemon": 1, "state": "finished", "reason": "all epochs done"}))
    assert (run.state, run.state_evidence, run.ended) == ("finished", "all epochs done", True)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_process_that_is_gone_has_failed(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """A note that says running, of a process of this machine that no longer is, means failed."""
    import subprocess
    import sys

    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    run_dir = write_run(tmp_path / "a", "step,loss\n0,2\n")
    note = {"livemon": 1, "state": "running", "pid": gone.pid, "host": socket.gethostname()}
    (run_dir / "livemon.json").write_text(json.dumps(note))
    run = ExperimentLoader(run_dir)
    run.refresh()
    assert run.state == "failed" and str(gone.pid) in run.state_evidence


@pytest.mark.parametrize(("logged", "file", "state", "words"), [
    (30 * DAY, 0, "running", "a row came"),
    (30 * DAY, -DAY, "unknown", "no new row for 24"),
    (30 * DAY, 30 * DAY, "unknown", "no row has come since the first look"),
    (None, 30 * DAY, "unknown", "no row has come since the first look"),
    (0, 0, "running", "a row came"),
])
def test_a_clock_that_is_ahead_makes_no_dead_run_live(
    tmp_path: Path, logged: float | None, file: float, state: str, words: str
) -> None:
    """A row's own time in the future tells nothing, then the file's counts; where that lies there, too, it is unknown
    how the run stands until a row is seen to come. The evidence says that the clocks differ."""
    clock = HandClock()
    path = tmp_path / "metrics.csv"
    time_of_row = "" if logged is None else f"{clock.now + logged}"
    path.write_text(f"step,timestamp,loss\n0,{time_of_row},1\n")
    os.utime(path, (clock.now + file, clock.now + file))
    source = Source(Csv(), path, clock, folder=tmp_path)
    source.refresh()
    found, evidence = judge(tmp_path, [], source.written, source.n_rows, source.pace, clock())
    assert (found, evidence.startswith(words)) == (state, True)
    assert ("30d 0h ahead" in evidence) == (logged != 0)
    with path.open("a") as rows:
        rows.write(f"1,{time_of_row},1\n")
    source.refresh()
    clock.advance(1)
    found, evidence = judge(tmp_path, [], source.written, source.n_rows, source.pace, clock())
    assert (found, evidence.startswith("a row came 1 s ago")) == ("running", True)
