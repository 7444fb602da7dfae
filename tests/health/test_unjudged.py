from __future__ import annotations

import json
from pathlib import Path

import pytest

from livemon.health.finding import Kind
from livemon.health.unjudged import unjudged_beside_the_rows
from livemon.runs.experiment import ExperimentLoader


def reasons(folder: Path, rows: str, saved: tuple[tuple[float, Path], ...] = (), **note: object) -> dict[Kind, str]:
    """Why kinds cannot be judged of a run with these rows and this note."""
    (folder / "metrics.csv").write_text(rows)
    if note:
        (folder / "livemon.json").write_text(json.dumps({"livemon": 1, **note}))
    run = ExperimentLoader(folder)
    run.refresh()
    return {one.kind: one.why for one in unjudged_beside_the_rows(run, list(saved))}


def test_a_run_of_one_row_has_no_rhythm(tmp_path: Path) -> None:
    """Whether a run stalls cannot be judged by one row; of a run that has ended nobody asks."""
    assert "usual time between rows" in reasons(tmp_path, "step,loss\n0,1\n")[Kind.STALL]
    assert Kind.STALL not in reasons(tmp_path, "step,loss\n0,1\n", state="finished")


def test_a_time_limit_and_no_end(tmp_path: Path) -> None:
    """A job's limit is not judged where nobody knows how long the run will be; without a limit there is nothing."""
    rows = "step,loss\n0,1\n1,0.5\n"
    assert "time limit" in reasons(tmp_path, rows, state="running", host="elsewhere", job_ends=4e9)[Kind.TIME_LIMIT]
    assert Kind.TIME_LIMIT not in reasons(tmp_path, rows, state="running", host="elsewhere")


@pytest.mark.parametrize(("column", "is_judged"), [("loss", True), ("zeta", False)])
def test_the_best_step_needs_a_direction(tmp_path: Path, column: str, is_judged: bool) -> None:
    """Whether the best step is kept cannot be judged by a metric of which nobody knows which way is better; without
    checkpoints nothing is missing."""
    rows = f"step,{column}\n0,1\n1,0.5\n"
    checkpoint = (0.0, tmp_path / "checkpoints" / "step_0.pt")
    assert (Kind.BEST_NOT_SAVED not in reasons(tmp_path, rows, (checkpoint,))) is is_judged
    assert Kind.BEST_NOT_SAVED not in reasons(tmp_path, rows)
