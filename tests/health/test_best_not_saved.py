from __future__ import annotations

from pathlib import Path

import pytest

from livemon.analysis.checkpoints.listing import paths_of_checkpoints
from livemon.health.best_not_saved import find_unsaved_best
from livemon.runs.experiment import ExperimentLoader


def run_of(folder: Path, *checkpoints: str) -> ExperimentLoader:
    """A run whose validation is best at step 50."""
    rows = "".join(f"{step},{abs(step - 50) / 50 + 0.3}\n" for step in range(0, 101, 5))
    (folder / "metrics.csv").write_text(f"step,val_loss\n{rows}")
    (folder / "checkpoints").mkdir()
    for name in checkpoints:
        (folder / "checkpoints" / name).write_text("weights")
    run = ExperimentLoader(folder)
    run.refresh()
    return run


def test_the_best_step_was_not_saved(tmp_path: Path) -> None:
    """Checkpoints of steps 20, 60 and 100 miss the best at 50; that of 60 is the best that is kept."""
    run = run_of(tmp_path, *(f"checkpoint_step_{step}.pt" for step in (20, 60, 100)))
    found = find_unsaved_best(run, "val_loss", paths_of_checkpoints(run))
    assert found is not None and (found.since, found.value) == (50, pytest.approx(0.3))
    assert found.advice == "the best checkpoint on disk is of step 60: keep checkpoint_step_60.pt"
    assert found.evidence["keep_step"] == 60


@pytest.mark.parametrize("checkpoints", [
    [], ["checkpoint_step_50.pt", "checkpoint_step_100.pt"], ["checkpoint_step_55.pt"],
    ["best_model.pt", "checkpoint_step_100.pt"]])
def test_it_was_saved_or_nothing_is(tmp_path: Path, checkpoints: list[str]) -> None:
    """A checkpoint at the best step or beside it, one that is called best, or none at all: nothing is said."""
    run = run_of(tmp_path, *checkpoints)
    assert find_unsaved_best(run, "val_loss", paths_of_checkpoints(run)) is None


def test_without_a_direction_nothing_is_best(tmp_path: Path) -> None:
    """Of a metric without a direction, and of none, no step is best."""
    run = run_of(tmp_path, "checkpoint_step_100.pt")
    assert find_unsaved_best(run, None, paths_of_checkpoints(run)) is None
