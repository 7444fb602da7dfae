"""How a run of Lightning without a callback of ours stands once no row comes any more."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from livemon.runs.closing_checkpoint import closing_checkpoint
from livemon.runs.experiment import ExperimentLoader
from livemon.states import State
from livemon.testing import HandClock


def _run_of_lightning(folder: Path, epochs: int = 2, length: int = 40, hparams: str = "lr: 0.1\n") -> Path:
    """As Lightning leaves it: every 10th step, from step 9, and a validation at the end of each epoch."""
    rows = ["epoch,step,train_loss,val_loss"]
    for epoch in range(epochs):
        for step in range(epoch * length + 9, (epoch + 1) * length, 10):
            rows.append(f"{epoch},{step},{1 / (step + 1)},")
        rows.append(f"{epoch},{(epoch + 1) * length - 1},,0.5")
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "metrics.csv").write_text("\n".join(rows) + "\n")
    (folder / "hparams.yaml").write_text(hparams)
    os.utime(folder / "metrics.csv", (1e9, 1e9))
    return folder


def _loader(folder: Path, seconds: float = 3600.0) -> ExperimentLoader:
    run = ExperimentLoader(folder, clock=HandClock(1e9 + seconds))
    run.refresh()
    return run


@pytest.mark.parametrize(("name", "closes"), [
    ("epoch=1-step=80.ckpt", True), ("epoch=1-step=80-v1.ckpt", True), ("epoch=1-val_loss=0.50-step=80.ckpt", True),
    ("best-epoch=1-step=80.ckpt", True), ("epoch=0-step=40.ckpt", False), ("last.ckpt", False),
    ("epoch=1-step=79.ckpt", False), ("step=80.ckpt", False),
])
def test_a_checkpoint_behind_which_no_row_is(tmp_path: Path, name: str, closes: bool) -> None:
    """Lightning's checkpoint says how many steps it holds: 80, where the last row is of step 79, that is all."""
    run = _run_of_lightning(tmp_path / "version_0")
    (run / "checkpoints" / name).touch()
    closing = closing_checkpoint(run, _loader(run).tables)
    assert closing == ((name, 1, 80) if closes else None)


def test_a_normal_end_is_not_stalled_for_ever(tmp_path: Path) -> None:
    """A run whose last checkpoint holds all steps is unknown, with the checkpoint as evidence; one that was killed
    between two checkpoints is what its rows say; one that writes runs."""
    run = _run_of_lightning(tmp_path / "version_0")
    (run / "checkpoints" / "epoch=1-step=80.ckpt").touch()
    loader = _loader(run)
    assert loader.state == State.UNKNOWN and "epoch=1-step=80.ckpt holds all steps" in loader.state_evidence
    assert _loader(run, seconds=5.0).state == State.RUNNING
    (run / "checkpoints" / "epoch=1-step=80.ckpt").rename(run / "checkpoints" / "epoch=0-step=40.ckpt")
    assert "ckpt" not in _loader(run).state_evidence


def test_the_last_planned_epoch_is_the_end(tmp_path: Path) -> None:
    """Where hparams.yaml says how many epochs there are, the checkpoint of the last of them is the end of the run."""
    run = _run_of_lightning(tmp_path / "version_0", hparams="max_epochs: 2\n")
    assert _loader(run).state == State.UNKNOWN
    (run / "checkpoints" / "epoch=1-step=80.ckpt").touch()
    loader = _loader(run)
    assert (loader.state, loader.state_evidence) == (State.FINISHED, "epoch=1-step=80.ckpt is of the last of 2 epochs")
    assert loader.made() == (80, 2)


def test_epochs_of_one_length_show_that_the_last_is_whole(tmp_path: Path) -> None:
    """Without a checkpoint the rows say it: each epoch ended 40 steps after the one before, and the last one did. A
    further epoch that is planned, or one cut short, is no end."""
    run = _run_of_lightning(tmp_path / "a" / "version_0", epochs=4, hparams="max_epochs: 4\n")
    loader = _loader(run)
    assert (loader.state, loader.state_evidence) == (State.FINISHED, "all 4 epochs are there")
    run = _run_of_lightning(tmp_path / "b" / "version_0", epochs=4, hparams="max_epochs: 5\n")
    assert _loader(run).state == State.UNKNOWN
    run = _run_of_lightning(tmp_path / "c" / "version_0", epochs=4, hparams="max_epochs: 4\n")
    lines = (run / "metrics.csv").read_text().splitlines(keepends=True)
    (run / "metrics.csv").write_text("".join(lines[:-2]))
    os.utime(run / "metrics.csv", (1e9, 1e9))
    assert _loader(run).state == State.UNKNOWN
