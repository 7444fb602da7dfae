"""What somebody asks who cannot see the picture: answered from `livemon status` and `livemon check` alone."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROWS, TOTAL, NAN_AT, BEST_AT = 800, 1000, 700, 299


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of 1,000 steps, one each second until now: it overfits from step 299 on, its gradient explodes at 690, its
    loss is NaN from 700 on, and it has a checkpoint every 150 steps."""
    random, at = np.random.default_rng(0), np.arange(ROWS)
    loss = 2.3 * np.exp(-at / 150) * np.exp(random.normal(size=ROWS) * 0.05)
    loss[NAN_AT:] = math.nan
    norm = np.exp(random.normal(size=ROWS) * 0.1)
    norm[690:] = 60.0
    started, lines = time.time() - ROWS, []
    for step in range(ROWS):
        measured = 0.6 + abs(step - BEST_AT) / 300 if step % 20 == BEST_AT % 20 else None
        cells = [step, started + step, loss[step], "" if measured is None else measured, norm[step], 1e-3]
        lines.append(",".join(map(str, cells)))
    folder = tmp_path / "exp7"
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "metrics.csv").write_text("step,timestamp,train_loss,val_loss,grad_norm,lr\n" + "\n".join(lines) + "\n")
    (folder / "livemon.json").write_text(json.dumps({"livemon": 1, "total_steps": TOTAL}))
    for step in range(150, ROWS, 150):
        (folder / "checkpoints" / f"checkpoint_step_{step}.pt").write_text("weights")
    return folder


def test_twelve_questions(run: Path, livemon: Callable[..., Any]) -> None:
    """Twelve questions are answered right from at most 5 KB of output."""
    status = livemon("status", "exp7", "--json", cwd=run.parent)
    check = livemon("check", "exp7", "--json", cwd=run.parent)
    assert len(status.stdout) + len(check.stdout) <= 5 * 1024
    now, (judged,) = json.loads(status.stdout), json.loads(check.stdout)["runs"]
    found = {one["kind"]: one for one in judged["findings"]}
    answers = {
        "does it still run?": now["state"],
        "how far is it?": (now["step"], now["total_steps"]),
        "how long will it take?": round(now["eta"]["seconds"] / 10),
        "which metric stands for it?": now["metric"]["name"],
        "which was its best value, and where?": (now["metric"]["best"], now["metric"]["best_step"]),
        "does it get better?": now["metric"]["change_percent"] < 0,
        "is it well?": (now["verdict"], check.returncode),
        "did it break, and when?": found["nan"]["since"],
        "what moved before?": round(found["nan"]["evidence"]["moved grad_norm"] / 10),
        "from which checkpoint can it go on?": found["nan"]["evidence"]["checkpoint"],
        "does it overfit, and since when?": found["overfitting"]["since"],
        "which checkpoint is to be kept?": found["overfitting"]["evidence"]["checkpoint"],
    }
    assert answers == {
        "does it still run?": "running", "how far is it?": (799, 1000), "how long will it take?": 20,
        "which metric stands for it?": "val_loss", "which was its best value, and where?": (0.6, 299),
        "does it get better?": False, "is it well?": ("critical", 4), "did it break, and when?": 700,
        "what moved before?": 6, "from which checkpoint can it go on?": "checkpoint_step_600.pt",
        "does it overfit, and since when?": 299, "which checkpoint is to be kept?": "checkpoint_step_300.pt",
    }  # fmt: skip
