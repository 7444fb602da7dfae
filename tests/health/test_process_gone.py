from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from livemon.health.finding import Kind, Severity
from livemon.health.process_gone import find_failure
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.last_output import last_output


@pytest.mark.parametrize(("note", "kind", "words"), [
    ({"state": "failed", "reason": "killed"}, Kind.PROCESS_GONE, "killed"),
    ({"state": "failed", "reason": "out of memory", "evidence": "CUDA out of memory"}, Kind.FAILED, "CUDA out of"),
    ({"state": "failed", "evidence": "KeyError: 'x'"}, Kind.FAILED, "KeyError"),
    ({"state": "failed"}, Kind.FAILED, "the run failed, as livemon.json says"),
    ({"state": "stopped", "reason": "interrupted"}, None, ""),
    ({"state": "finished"}, None, ""),
    ({"state": "failed", "reason": "time limit"}, None, ""),
])  # fmt: skip
def test_a_failure_is_critical(tmp_path: Path, note: dict[str, Any], kind: Kind | None, words: str) -> None:
    """A run that failed is critical, with the reason; one that was stopped or has finished is no failure."""
    (tmp_path / "metrics.csv").write_text("step,loss\n1,0.5\n")
    (tmp_path / "livemon.json").write_text(json.dumps({"livemon": 1, **note}))
    run = ExperimentLoader(tmp_path)
    run.refresh()
    found = find_failure(run, last_output(run))
    assert (found and found.kind) == kind
    assert found is None or (found.severity is Severity.CRITICAL and words in found.message)


def test_it_says_how_the_output_ends(tmp_path: Path) -> None:
    """Where the run's output stands beside it, its last line is said, as a quoted text without control characters."""
    (tmp_path / "metrics.csv").write_text("step,loss\n1,0.5\n")
    (tmp_path / "livemon.json").write_text('{"livemon": 1, "state": "failed", "reason": "error"}')
    (tmp_path / "train.log").write_text("step 1\n\x1b[31mRuntimeError: device-side assert\x1b[0m\n\n")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    found = find_failure(run, last_output(run))
    assert found is not None and found.advice.endswith("; train.log ends with 'RuntimeError: device-side assert'")
