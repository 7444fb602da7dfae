from __future__ import annotations

import math
from pathlib import Path

import pytest

from livemon.health.examination import Examination
from livemon.health.finding import Kind, Verdict
from livemon.runs.experiment import ExperimentLoader


@pytest.fixture
def broken(tmp_path: Path) -> ExperimentLoader:
    """A run whose loss is NaN from step 70 on, with checkpoints of steps 30, 60 and 90."""
    rows = "".join(f"{step},{math.nan if step >= 70 else 1 / (1 + step)}\n" for step in range(100))
    (tmp_path / "metrics.csv").write_text(f"step,train_loss\n{rows}")
    (tmp_path / "checkpoints").mkdir()
    for step in (30, 60, 90):
        (tmp_path / "checkpoints" / f"checkpoint_step_{step}.pt").write_text("weights")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    return run


def test_the_checkpoint_to_go_back_to(broken: ExperimentLoader) -> None:
    """The last checkpoint before the first NaN is named, and the verdict is critical."""
    examination = Examination(broken)
    findings = examination.findings()
    assert examination.verdict(findings) is Verdict.CRITICAL
    assert findings[0].kind is Kind.NAN
    assert findings[0].advice.startswith(
        f"stop, and resume from {broken.exp_dir / 'checkpoints' / 'checkpoint_step_60.pt'}, with a lower learning rate")
    assert findings[0].evidence["checkpoint_step"] == 60


def test_no_checkpoint_is_old_enough(broken: ExperimentLoader) -> None:
    """Where all checkpoints are younger, that is said."""
    for step in (30, 60):
        (broken.exp_dir / "checkpoints" / f"checkpoint_step_{step}.pt").unlink()
    assert Examination(broken).findings()[0].advice.startswith("no checkpoint is older")


def test_a_process_that_is_gone_is_found_beside_what_rows_say(broken: ExperimentLoader) -> None:
    """What the process does stands beside what the rows say, after a change of state too."""
    examination = Examination(broken)
    assert Kind.PROCESS_GONE not in {found.kind for found in examination.findings()}
    (broken.exp_dir / "livemon.json").write_text('{"livemon": 1, "state": "failed", "reason": "killed"}')
    broken.refresh()
    assert {Kind.NAN, Kind.PROCESS_GONE} <= {found.kind for found in examination.findings()}


def test_what_costs_is_looked_for_now_and_then(broken: ExperimentLoader, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is asked once a second and checkpoints are listed every five, however often frames are drawn; a new
    checkpoint is known after that, and the end of the run at once."""
    now, asked = [1000.0], []
    monkeypatch.setattr("livemon.health.examination.find_full_disk", asked.append)
    examination = Examination(broken, lambda: now[0])
    for _ in range(20):
        examination.findings()
        now[0] += 0.1
    assert len(asked) == 2
    (broken.exp_dir / "checkpoints" / "checkpoint_step_65.pt").write_text("weights")
    assert examination.findings()[0].evidence["checkpoint_step"] == 60
    now[0] += 5.0
    assert examination.findings()[0].evidence["checkpoint_step"] == 65
    (broken.exp_dir / "livemon.json").write_text('{"livemon": 1, "state": "failed", "reason": "killed"}')
    broken.refresh()
    assert Kind.PROCESS_GONE in [finding.kind for finding in examination.findings()]


def test_a_checkpoint_that_is_deleted_is_not_named(broken: ExperimentLoader) -> None:
    """A checkpoint is named only while it exists, however short ago it was listed; what it names is a path."""
    examination = Examination(broken, lambda: 1000.0)
    path = Path(str(examination.findings()[0].evidence["path"]))
    assert path.exists() and str(path) in examination.findings()[0].advice
    path.unlink()
    assert examination.findings()[0].evidence["checkpoint_step"] == 30


def test_a_run_that_has_ended_is_not_to_be_stopped(broken: ExperimentLoader) -> None:
    """Only a run that goes on can be stopped."""
    assert Examination(broken).findings()[0].advice.startswith("stop, and resume from ")
    assert Examination(broken).findings(ended=True)[0].advice.startswith("resume from ")
