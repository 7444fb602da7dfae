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
