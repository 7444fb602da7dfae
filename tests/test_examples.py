"""examples/: each one runs, and leaves what it promises."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


def run_example(name: str, *args: str) -> None:
    done = subprocess.run([sys.executable, str(EXAMPLES / name), *args], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_each_example_is_tested() -> None:
    """A new example gets a test here."""
    assert {path.name for path in EXAMPLES.glob("*.py")} == {"lightning_live.py", "plain_loop.py"}


def test_plain_loop(tmp_path: Path) -> None:
    """The plain loop records every step and its validation, and learns something."""
    run = tmp_path / "run"
    run_example("plain_loop.py", "--steps", "400", "--pause", "0", "--dir", str(run))
    rows = (run / "logs" / "metrics.csv").read_text().splitlines()
    assert rows[0] == "step,train_loss,learning_rate,grad_norm,time_elapsed_seconds,val_loss"
    assert len(rows) == 1 + 400 + 4
    losses = [float(row.split(",")[1]) for row in rows[1:] if row.split(",")[1]]
    assert sum(losses[-50:]) < sum(losses[:50])
    assert json.loads((run / "livemon.json").read_text())["state"] == "finished"


def test_lightning_live(tmp_path: Path) -> None:
    """The Lightning example trains, says how it ended, and leaves the final plots."""
    pytest.importorskip("lightning")
    run_example("lightning_live.py", "--epochs", "1", "--view", "none", "--dir", str(tmp_path))
    run = tmp_path / "spirals" / "version_0"
    assert json.loads((run / "livemon.json").read_text())["state"] == "finished"
    columns = (run / "metrics.csv").read_text().splitlines()[0].split(",")
    assert {"train_loss", "grad_norm", "lr-AdamW", "val_loss", "val_acc"} <= set(columns)
    plots = {path.name for path in (run / "plots").glob("*.png")}
    assert plots >= {f"{kind}_{run.name}.png" for kind in ("dashboard", "training_curves", "loss_landscape")}
