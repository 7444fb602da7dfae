from __future__ import annotations

import json
from pathlib import Path

import pytest

from livemon.health.finding import Severity
from livemon.health.time_limit import find_time_limit
from livemon.runs.experiment import ExperimentLoader

NOW = 1_800_000_000.0


def run_of(folder: Path, **note: object) -> ExperimentLoader:
    """A run at step 99 of 1,000, a step each second: it needs 15 minutes more."""
    rows = "".join(f"{step},{NOW - 100 + step},0.5\n" for step in range(100))
    (folder / "metrics.csv").write_text(f"step,timestamp,loss\n{rows}")
    (folder / "livemon.json").write_text(json.dumps({"livemon": 1, "total_steps": 1000, **note}))
    run = ExperimentLoader(folder, clock=lambda: NOW)
    run.refresh()
    return run


@pytest.mark.parametrize(("ends", "found"), [(NOW + 3600, False), (NOW + 300, True), (NOW - 60, False), (None, False)])
def test_a_limit_before_the_end(tmp_path: Path, ends: float | None, found: bool) -> None:
    """A job that ends in 5 minutes, of a run that needs 15, is a warning; one that ends in an hour is none."""
    limit = find_time_limit(run_of(tmp_path, state="running", host="elsewhere", job_ends=ends), NOW)
    assert (limit is not None) is found
    if limit is not None:
        assert limit.severity is Severity.WARNING
        assert "the job ends in 5 min, and the run needs about 15 min" in limit.message


def test_a_limit_that_has_come(tmp_path: Path) -> None:
    """A run that its limit has ended is a warning: it can go on in another job."""
    limit = find_time_limit(run_of(tmp_path, state="failed", reason="time limit"), NOW)
    assert limit is not None and limit.severity is Severity.WARNING
