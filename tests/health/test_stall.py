from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from livemon.health.finding import Severity
from livemon.health.stall import find_stall
from livemon.runs.experiment import ExperimentLoader
from livemon.system.processes import started

NOW = 1_800_000_000.0


def run_of(folder: Path, *, lives: bool) -> ExperimentLoader:
    """A run whose rows came each second until NOW, and whose process lives, or of which nothing is known."""
    rows = "".join(f"{step},{NOW - 100 + step},0.5\n" for step in range(100))
    (folder / "metrics.csv").write_text(f"step,timestamp,loss\n{rows}")
    os.utime(folder / "metrics.csv", (NOW, NOW))
    if lives:
        (folder / "livemon.json").write_text(json.dumps({
            "livemon": 1, "state": "running", "pid": os.getpid(), "host": socket.gethostname(),
            "process_started": started(os.getpid())}))  # fmt: skip
    run = ExperimentLoader(folder, clock=lambda: NOW)
    run.refresh()
    return run


@pytest.mark.parametrize(("lives", "severity"), [(True, Severity.WARNING), (False, Severity.INFO)])
def test_rows_that_come_no_more(tmp_path: Path, lives: bool, severity: Severity) -> None:
    """No row for ten minutes, usually each second, is a warning where the process is known to run; else the training
    may just have ended."""
    run = run_of(tmp_path, lives=lives)
    assert find_stall(run, NOW + 30) is None
    found = find_stall(run, NOW + 600)
    assert found is not None and found.severity is severity
    assert "no new row for 10 min, usually every 1 s" in found.message


def test_a_run_that_has_ended_does_not_stall(tmp_path: Path) -> None:
    """A run that has ended has no more rows to write."""
    run = run_of(tmp_path, lives=False)
    (tmp_path / "livemon.json").write_text(json.dumps({"livemon": 1, "state": "finished"}))
    assert find_stall(run, NOW + 600) is None
