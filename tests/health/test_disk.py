from __future__ import annotations

from pathlib import Path

import pytest

from livemon.health.disk import find_full_disk
from livemon.health.finding import Severity
from livemon.runs.experiment import ExperimentLoader


@pytest.mark.parametrize(("free", "severity"), [
    (50 << 30, None), (3 << 30, None), (500 << 20, Severity.WARNING), (10 << 20, Severity.CRITICAL)])
def test_a_disk_that_is_nearly_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int,
                                    severity: Severity | None) -> None:  # fmt: skip
    """Below 1 GiB and 2 % it is a warning while the run goes on, below 100 MiB critical."""
    monkeypatch.setattr("livemon.health.disk.free_bytes", lambda folder: (free, 1 << 40))
    (tmp_path / "metrics.csv").write_text("step,loss\n1,0.5\n")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert run.state == "running"
    found = find_full_disk(run)
    assert (found and found.severity) == severity


def test_a_run_that_has_ended_needs_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below a run that has ended the disk may be full."""
    monkeypatch.setattr("livemon.health.disk.free_bytes", lambda folder: (0, 1 << 40))
    (tmp_path / "metrics.csv").write_text("step,loss\n1,0.5\n")
    (tmp_path / "livemon.json").write_text('{"livemon": 1, "state": "finished"}')
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert find_full_disk(run) is None
