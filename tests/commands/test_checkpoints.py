from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]
SEED_LAYOUT = Path(__file__).parents[1] / "data" / "runs" / "seed_layout" / "experiments"



def test_checkpoints(tmp_path: Path, livemon: Command) -> None:
    """`checkpoints` lists them and says which is the last before the first NaN; --weights reads one."""
    done = livemon("checkpoints", SEED_LAYOUT / "diverged_nan", cwd=tmp_path)
    assert "the last checkpoint before it is checkpoint_step_100.pt" in done.stderr
    assert len(done.stdout.splitlines()) == 7
    pytest.importorskip("torch")
    done = livemon("checkpoints", SEED_LAYOUT / "lr0.1", "--weights", "checkpoint_step_100.pt", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)[0]["change"] > 0
    done = livemon("checkpoints", SEED_LAYOUT / "lr0.1", "--weights", "step_10", cwd=tmp_path)
    assert done.returncode == 2 and "no checkpoint 'step_10'" in done.stderr
    done = livemon("checkpoints", SEED_LAYOUT / "lr0.1", "--weights", "step_100", cwd=tmp_path)
    assert done.returncode == 0 and "checkpoint_step_100.pt, changes since checkpoint_step_50.pt" in done.stderr
    done = livemon("checkpoints", SEED_LAYOUT / "lr0.1", "--weights", "model", cwd=tmp_path)
    assert "'model' can be best_model.pt, final_model.pt: name one" in done.stderr


def test_the_newest_checkpoint_of_a_healthy_run_is_the_last_good_one(tmp_path: Path, livemon: Command) -> None:
    """Issue 19: of a run without a NaN the newest checkpoint is the last good one, and no older one is called bad."""
    done = livemon("checkpoints", SEED_LAYOUT / "lr0.1", cwd=tmp_path)
    _, *rows = (line.split() for line in done.stdout.splitlines())
    assert [row[0] for row in rows if row[-1] == "yes"] == ["checkpoint_step_200.pt"]
    assert not any("no" in row for row in rows)
    listed = json.loads(livemon("checkpoints", SEED_LAYOUT / "lr0.1", "--json", cwd=tmp_path).stdout)
    assert [one["checkpoint"] for one in listed if one["last_good"]] == ["checkpoint_step_200.pt"]


def test_a_name_without_a_step_is_no_nan(tmp_path: Path, livemon: Command) -> None:
    """Beside `last.ckpt` epochs stay whole numbers, what its name does not say is "-", and the value's heading is the
    metric."""
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "metrics.csv").write_text("step,val_loss\n10,0.5\n20,0.4\n")
    for name in ("epoch=9-step=10.ckpt", "last.ckpt"):
        (tmp_path / "checkpoints" / name).write_bytes(b"x")
    head, first, last = (line.split() for line in livemon("checkpoints", ".", cwd=tmp_path).stdout.splitlines())
    assert "val_loss" in head and "value" not in head
    assert first[1:3] == ["10", "9"] and last[1:3] == ["-", "-"]
