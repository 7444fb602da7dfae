from __future__ import annotations

import json
import math
import os
from pathlib import Path

import pandas as pd
import pytest

from livemon import ExperimentLoader
from livemon.analysis.checkpoints.listing import checkpoint_table, step_in_name
from livemon.testing import ScriptedWriter

RUNS = Path(__file__).parents[2] / "data" / "runs" / "seed_layout" / "experiments"


def test_the_last_good_one_before_the_nan() -> None:
    """A run that diverged at step 120: the checkpoint of step 100 is the last good one; none is opened."""
    table = checkpoint_table(ExperimentLoader(RUNS / "diverged_nan"))
    assert table.attrs["first_bad"] == 120
    assert table.index[table["last_good"]].tolist() == ["checkpoint_step_100.pt"]
    assert table.loc["checkpoint_step_50.pt", "step"] == 50
    assert table["kind"].tolist() == ["", "", "", "", "best", "final"]
    assert (table["bytes"] > 0).all()


def test_of_a_run_that_went_well_the_newest_is_the_last_good() -> None:
    """Without a NaN the newest checkpoint is the last good one; each has the metric's value at its step."""
    table = checkpoint_table(ExperimentLoader(RUNS / "lr0.1"))
    assert list(table.index[table["last_good"]]) == ["checkpoint_step_200.pt"] and table.attrs["first_bad"] is None
    frame = pd.read_csv(RUNS / "lr0.1" / "logs" / "metrics.csv").set_index("step")["val_loss"]
    assert table.loc["checkpoint_step_100.pt", "value"] == frame[100]
    with pytest.raises(ValueError, match="no metric 'nope'"):
        checkpoint_table(ExperimentLoader(RUNS / "lr0.1"), "nope")


@pytest.mark.parametrize(("state", "kind"), [("running", "last"), ("failed", "last"), ("finished", "final")])
def test_the_last_checkpoint_is_final_once_the_run_has_finished(tmp_path: Path, state: str, kind: str) -> None:
    """`last.ckpt` is rewritten while a run trains: only of a run that has finished is it the final one."""
    (tmp_path / "metrics.csv").write_text("step,loss\n0,2\n1,1\n")
    (tmp_path / "livemon.json").write_text(json.dumps({"livemon": 1, "state": state, "pid": os.getpid()}))
    (tmp_path / "checkpoints").mkdir()
    for name in ("last.ckpt", "final_model.pt"):
        (tmp_path / "checkpoints" / name).write_bytes(b"0")
    kinds = checkpoint_table(ExperimentLoader(tmp_path))["kind"].to_dict()
    assert kinds == {"last.ckpt": kind, "final_model.pt": "final"}


def test_checkpoints_of_all_folders(tmp_path: Path) -> None:
    """A run that went on in another folder has the checkpoints of both, under names of their own; the last good one may
    lie in the first. A folder counts where it holds the parts of one; a FIFO or another folder does not."""
    folders = [tmp_path / "exp", tmp_path / "exp_20250101_000000"]
    for folder, steps, names in ((folders[0], range(0, 100, 10), ("step_50.pt", "step_90.pt", "best_model.pt")),
                                 (folders[1], range(95, 150, 10), ("step_120.pt", "best_model.pt"))):
        writer = ScriptedWriter(folder / "metrics.csv", ["step", "train_loss"])
        for step in steps:
            writer.append(step=step, train_loss=1.0 if step < 110 else math.nan)
        (folder / "checkpoints").mkdir()
        for name in names:
            (folder / "checkpoints" / name).write_bytes(b"x" * 7)
    (folders[1] / "checkpoints" / "d.pt").mkdir()
    (folders[1] / "checkpoints" / "step_130.ckpt").mkdir()
    (folders[1] / "checkpoints" / "step_130.ckpt" / ".metadata").write_bytes(b"x" * 9)
    if hasattr(os, "mkfifo"):
        os.mkfifo(folders[1] / "checkpoints" / "f.pt")
    run = ExperimentLoader(folders)
    table = checkpoint_table(run)
    assert table.index.tolist() == ["step_50.pt", "step_90.pt", "step_120.pt", "step_130.ckpt", "exp/best_model.pt",
                                    "exp_20250101_000000/best_model.pt"]
    assert table.index[table["last_good"]].tolist() == ["step_90.pt"] and table["bytes"].tolist()[2:4] == [7, 9]
    assert run.list_checkpoints() == sorted(run.list_checkpoints()) and len(run.list_checkpoints()) == len(table)


@pytest.mark.parametrize(("name", "step"), [
    ("checkpoint_step_1000.pt", 1000), ("epoch=3-step=40.ckpt", 40), ("checkpoint-500", 500), ("iter_20.pth", 20),
    ("best_model.pt", math.nan), ("model_v2.pt", math.nan),
])
def test_steps_in_names(name: str, step: float) -> None:
    """The step is read from the names that frameworks give."""
    assert step_in_name(name) == pytest.approx(step, nan_ok=True)


def test_hugging_faces_folders(tmp_path: Path) -> None:
    """Folders `checkpoint-12` with weights in them are checkpoints, by step; without weights they are none."""
    rows = [{"step": 6, "loss": 2.0}, {"step": 12, "loss": 1.0}]
    (tmp_path / "trainer_state.json").write_text(json.dumps({"log_history": rows}))
    for step, names in ((12, ["model.safetensors"]), (6, ["model-1-of-2.safetensors", "model-2-of-2.safetensors"]),
                        (18, ["trainer_state.json"])):
        (tmp_path / f"checkpoint-{step}").mkdir()
        for name in names:
            (tmp_path / f"checkpoint-{step}" / name).write_bytes(b"0123456789")
    run = ExperimentLoader(tmp_path)
    table = checkpoint_table(run)
    assert list(table.index) == ["checkpoint-6", "checkpoint-12"] and table["step"].tolist() == [6, 12]
    assert table["bytes"].tolist() == [20, 10] and table["value"].tolist() == [2.0, 1.0]
    assert Path(table.loc["checkpoint-12", "path"]) == tmp_path / "checkpoint-12" / "model.safetensors"
    assert run.list_checkpoints() == []


