"""examples/: each one runs, and leaves what it promises."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
RUNS = Path(__file__).parents[1] / "data" / "runs"
SEED_LAYOUT = RUNS / "seed_layout" / "experiments"
LIGHTNING = RUNS / "lightning_csv_default" / "lightning_logs" / "version_0"
HUGGING_FACE = RUNS / "hf_plain"


def run_example(name: str, *args: str) -> str:
    """What an example prints, in a process of its own."""
    done = subprocess.run([sys.executable, str(EXAMPLES / name), *args], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def example(python: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> Callable[..., str]:
    """What an example prints, in this process and a folder of the test's own."""

    def run(name: str, *args: str) -> str:
        done = python(EXAMPLES / name, *args, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_each_example_is_tested() -> None:
    """A new example gets a test here."""
    examples = {path.name for path in EXAMPLES.iterdir() if path.suffix in (".py", ".ipynb")}
    assert {name for name in examples if f'"{name}"' not in Path(__file__).read_text()} == set()


def test_plain_loop(tmp_path: Path, example: Callable[..., str]) -> None:
    """The plain loop records every step and its validation, and learns something."""
    run = tmp_path / "run"
    example("plain_loop.py", "--steps", "400", "--pause", "0", "--dir", str(run))
    rows = (run / "logs" / "metrics.csv").read_text().splitlines()
    assert rows[0] == "step,train_loss,learning_rate,grad_norm,time_elapsed_seconds,val_loss"
    assert len(rows) == 1 + 400 + 4
    losses = [float(row.split(",")[1]) for row in rows[1:] if row.split(",")[1]]
    assert sum(losses[-50:]) < sum(losses[:50])
    assert json.loads((run / "livemon.json").read_text())["state"] == "finished"


@pytest.mark.slow  # half a minute, most of it importing; docs/callbacks.md trains with Lightning in the quick tier
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


@pytest.mark.slow  # as above
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
    """Under Run All the cell with the run changes while the training goes on, the run stays in it, and the loader's
    display has a picture."""
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    shutil.copy(EXAMPLES / "plain_loop.py", tmp_path)
    notebook = nbformat.read(EXAMPLES / "notebook.ipynb", as_version=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        client = nbclient.NotebookClient(notebook, timeout=110, resources={"metadata": {"path": str(tmp_path)}})
        process, kinds = client.process_message, []

        def count(message: dict[str, Any], *of_cell: Any) -> Any:
            kinds.append(message["msg_type"])
            return process(message, *of_cell)

        patch.setattr(client, "process_message", count)
        client.execute()
    assert kinds.count("update_display_data") >= 3
    followed, last = notebook.cells[2].outputs, notebook.cells[-1].outputs
    assert [output.output_type for output in followed] == ["display_data"]
    assert "data:image/png;base64," in last[0].data["text/html"]


@pytest.mark.parametrize("run", [SEED_LAYOUT / "lr0.1", LIGHTNING], ids=["recorder", "lightning"])
def test_visualize_single_experiment(run: Path, tmp_path: Path, example: Callable[..., str]) -> None:
    """One run: its summary is printed, its four pictures are saved; a Lightning run will do as well."""
    out = example("visualize_single_experiment.py", str(run), "--output-dir", str(tmp_path))
    assert f"{run.name}: " in out and "  final: " in out
    kinds = ("dashboard", "optimization_dynamics", "train_vs_eval", "training_curves")
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{kind}_{run.name}.png" for kind in kinds]


def test_compare_experiments(tmp_path: Path, example: Callable[..., str]) -> None:
    """Several runs: their last values are printed, their comparison is saved."""
    out = example("compare_experiments.py", *map(str, sorted(SEED_LAYOUT.iterdir())), str(LIGHTNING))
    assert "lr1.0: final train_loss 0.0092" in out and "version_0: final train_loss" in out
    assert {path.name for path in (tmp_path / "plots").iterdir()} == {
        "comparison_dashboard.png", "training_curves_comparison.png"
    }


def test_examples_take_a_hugging_face_run(tmp_path: Path, example: Callable[..., str]) -> None:
    """A run that Hugging Face wrote is shown and compared like any other."""
    example("visualize_single_experiment.py", str(HUGGING_FACE), "--output-dir", str(tmp_path))
    out = example("compare_experiments.py", str(HUGGING_FACE), str(LIGHTNING))
    assert "hf_plain: final train_loss" in out


def test_analyze_all_experiments(tmp_path: Path, example: Callable[..., str]) -> None:
    """A folder of runs: a leaderboard is printed and saved, differing settings are ranked, all are in one picture."""
    out = example("analyze_all_experiments.py", "--base-dir", str(SEED_LAYOUT), "--pattern", "*", "--output-dir",
                  str(tmp_path / "out"))
    assert "ends as NaN" in out and "learning_rate" in out
    assert "| lr1.0 | **0.00928** |" in (tmp_path / "out" / "leaderboard.md").read_text()
    assert (tmp_path / "out" / "comparison_dashboard.png").is_file()


def test_custom_plot(tmp_path: Path, example: Callable[..., str]) -> None:
    """A subclass of the plotter saves its own picture."""
    example("custom_plot.py", str(SEED_LAYOUT / "lr0.1"), str(tmp_path))
    assert (tmp_path / "loss_against_rate.png").is_file()


def test_seed_study(tmp_path: Path, example: Callable[..., str]) -> None:
    """Two methods with three seeds each: the table, both tests, the floor of so few, and the picture with bands."""
    dirs = []
    for method, level in (("base", 2.0), ("ours", 1.0)):
        for seed in range(3):
            run = tmp_path / f"{method}_s{seed}"
            (run / "logs").mkdir(parents=True)
            rows = "".join(f"{step},{level + 1 / step + seed**level / 9}\n" for step in range(1, 9))
            (run / "logs" / "metrics.csv").write_text("step,val_loss\n" + rows)
            dirs.append(str(run))
    out = example("seed_study.py", *dirs)
    counts = [line.split()[-1] for line in out.splitlines() if "[" in line and line.endswith(("n", "3"))]
    assert counts == ["3", "3"] and "paired t-test" in out and "cannot give a p below" in out
    assert (tmp_path / "plots" / "val_loss_comparison.png").is_file()


def test_paper_figure(tmp_path: Path, example: Callable[..., str]) -> None:
    """Two labelled runs make a PDF with Type 42 fonts, and panels in a figure of one's own."""
    example("paper_figure.py", "fig.pdf", f"{SEED_LAYOUT / 'lr0.1'}=Baseline", f"{SEED_LAYOUT / 'lr1.0'}=Ours")
    assert b"/Type3" not in (tmp_path / "fig.pdf").read_bytes()
    assert (tmp_path / "fig_both.pdf").is_file()
