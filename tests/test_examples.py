"""examples/: each one runs, and leaves what it promises."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
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
    assert {path.name for path in EXAMPLES.iterdir() if path.suffix in (".py", ".ipynb")} == {
        "huggingface_live.py", "keras_live.py", "lightning_live.py", "notebook.ipynb", "plain_loop.py", "sb3_live.py",
    }  # fmt: skip


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


def check_run(run: Path, columns: set[str]) -> None:
    assert json.loads((run / "livemon.json").read_text())["state"] == "finished"
    assert columns <= set((run / "logs" / "metrics.csv").read_text().splitlines()[0].split(","))
    assert (run / "plots" / f"dashboard_{run.name}.png").exists()


def test_huggingface_live(tmp_path: Path) -> None:
    """The Hugging Face example trains, records training and evaluation, and leaves the final plots."""
    for name in ("transformers", "accelerate"):
        pytest.importorskip(name)
    run_example("huggingface_live.py", "--steps", "20", "--view", "none", "--dir", str(tmp_path / "run"))
    check_run(tmp_path / "run", {"loss", "eval_loss", "grad_norm", "learning_rate", "epoch"})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("example", "module", "options", "columns"),
    [
        ("keras_live.py", "keras", ("--epochs", "2"), {"loss", "val_loss", "mae", "learning_rate"}),
        ("sb3_live.py", "stable_baselines3", ("--steps", "1000"), {"train/loss", "rollout/ep_rew_mean"}),
    ],
)
def test_other_frameworks(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    example: str,
    module: str,
    options: tuple[str, ...],
    columns: set[str],
) -> None:
    """The examples of frameworks outside [dev] run where these are installed, and leave the final plots."""
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed here")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    run_example(example, *options, "--view", "none", "--dir", str(tmp_path / "run"))
    check_run(tmp_path / "run", columns)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_notebook(tmp_path: Path) -> None:
    """The notebook is executed: the run is in its cell, and the loader's display has a picture."""
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    shutil.copy(EXAMPLES / "plain_loop.py", tmp_path)
    notebook = nbformat.read(EXAMPLES / "notebook.ipynb", as_version=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        nbclient.NotebookClient(notebook, timeout=110, resources={"metadata": {"path": str(tmp_path)}}).execute()
    followed, last = notebook.cells[2].outputs, notebook.cells[-1].outputs
    assert [output.output_type for output in followed] == ["display_data"]
    assert "data:image/png;base64," in last[0].data["text/html"]
