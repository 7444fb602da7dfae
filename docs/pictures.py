"""The pictures and tables on the pages: livemon's own, of small trainings that are run for them.

mkdocs calls `on_startup`, as mkdocs.yml says. They lie in docs/pictures and are made anew each time, in a few seconds.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")

import numpy as np
from matplotlib.figure import Figure

from livemon import ExperimentLoader, ExperimentPlotter, MultiExperimentLoader, record
from livemon.analysis import ComparisonOptions
from livemon.boards import Options

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"
EXPERIMENTS = HERE.parent / "tests" / "data" / "runs" / "seed_layout" / "experiments"
THEMES = ("light", "dark")


def on_startup(**_: Any) -> None:
    """mkdocs begins: make what the pages show."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LIVEMON_CACHE"] = str(Path(folder) / "cache")
        runs = Path(folder) / "runs"
        for method, momentum in (("base", 0.0), ("ours", 0.8)):
            for seed in range(5):
                train(runs / f"{method}_s{seed}", method=method, momentum=momentum, seed=seed)
        for rate in (0.001, 0.003, 0.01, 0.03):
            for width in (8, 32, 128):
                train(Path(folder) / "sweep" / f"lr{rate}_width{width}", learning_rate=rate, width=width)
        shutil.copytree(EXPERIMENTS, Path(folder) / "experiments")
        draw(Path(folder))
        write_tables(Path(folder))


def train(folder: Path, *, method: str = "", learning_rate: float = 0.02, momentum: float = 0.8, width: int = 32,
          seed: int = 0, steps: int = 600) -> None:
    """Fit a noisy wave with a small network, and record it."""
    random = np.random.default_rng(seed)
    weights = [random.normal(0, 1.5, (1, width)), random.normal(0, 1.5, width), random.normal(0, 0.2, (width, 1)),
               np.zeros(1)]
    speeds = [np.zeros_like(weight) for weight in weights]
    config = {"learning_rate": learning_rate, "momentum": momentum, "width": width, "seed": seed, "batch_size": 64}
    with record(folder, config=({"method": method} if method else {}) | config, total_steps=steps) as log:
        for step in range(steps):
            loss, gradients = loss_and_gradients(weights, random, 64)
            rate = learning_rate * 0.5 * (1 + np.cos(np.pi * step / steps))
            for weight, speed, gradient in zip(weights, speeds, gradients, strict=True):
                speed *= momentum
                speed -= rate * gradient
                weight += speed
            norm = float(np.sqrt(sum((gradient**2).sum() for gradient in gradients)))
            log({"train_loss": loss, "learning_rate": rate, "grad_norm": norm, "epoch": step // 150}, step=step)
            if step % 50 == 49:
                log({"val_loss": loss_and_gradients(weights, random, 2000)[0]}, step=step)


def loss_and_gradients(weights: list[Any], random: np.random.Generator, count: int) -> tuple[float, list[Any]]:
    """Mean squared error on so many new points, and its gradient for each weight."""
    w1, b1, w2, b2 = weights
    x = random.uniform(-3, 3, (count, 1))
    y = np.sin(2 * x) + random.normal(0, 0.1, x.shape)
    hidden = np.tanh(x @ w1 + b1)
    error = hidden @ w2 + b2 - y
    back = 2 * error / count
    inner = back @ w2.T * (1 - hidden**2)
    return float((error**2).mean()), [x.T @ inner, inner.sum(0), hidden.T @ back, back.sum(0)]


def draw(folder: Path) -> None:
    """Save each picture, light and dark: `<name>-light.png`."""
    one = ExperimentLoader(folder / "runs" / "ours_s0")
    sweep = MultiExperimentLoader(sorted((folder / "sweep").iterdir()))
    seeds = MultiExperimentLoader(sorted((folder / "runs").iterdir()))
    groups = ComparisonOptions(metric="val_loss", group_by="method", log=("val_loss",))
    for theme in THEMES:
        several = ExperimentPlotter(sweep, folder / "plots", style=theme)
        grouped = ExperimentPlotter(seeds, folder / "plots", style=theme, options=groups)
        alone = ExperimentPlotter(one, folder / "plots", style=theme, options=Options(select="loss|rate|norm"))
        keep(alone.plot_summary_dashboard(save=False), "dashboard", theme)
        keep(several.plot_summary_dashboard(save=False), "compared", theme)
        keep(several.plot_importance("val_loss", save=False), "importance", theme)
        keep(several.plot_parallel_coordinates("val_loss", save=False), "parallel", theme)
        keep(grouped.plot_metric("val_loss", save=False), "seeds", theme)
    with contextlib.redirect_stdout(io.StringIO()):  # it says where the figure is
        ExperimentPlotter(seeds, folder / "plots", options=groups).paper_figure(["val_loss"], PICTURES / "paper.png")
    loss = one.series("train_loss")
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.add_subplot()
    axes.scatter(one.series("grad_norm").reindex(loss.index), loss, c=loss.index, s=8)
    axes.set(xlabel="gradient norm", ylabel="training loss", xscale="log", yscale="log")
    figure.savefig(PICTURES / "custom.png", dpi=110)


def keep(figure: Figure, name: str, theme: str) -> None:
    """Save a figure, small enough for a page."""
    figure.savefig(PICTURES / f"{name}-{theme}.png", dpi=110)


def write_tables(folder: Path) -> None:
    """What the commands on the pages print."""
    print_of(folder, "compare.txt", "compare", "experiments")
    print_of(folder, "groups.txt", "compare", "runs/base_s*", "runs/ours_s*", "--metric", "val_loss")
    print_of(folder, "importance.txt", "compare", "sweep", "--metric", "val_loss", "--importance")
    print_of(folder, "ls.txt", "ls", "experiments", "learning_rate>=0.5", "--sort", "val_loss")
    print_of(folder, "checkpoints.txt", "checkpoints", "experiments/diverged_nan")


def print_of(folder: Path, name: str, *words: str) -> None:
    """Keep what `livemon` prints, its messages first, as they come first."""
    command = [sys.executable, "-m", "livemon", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    (PICTURES / name).write_text(done.stderr + done.stdout, encoding="utf-8")


if __name__ == "__main__":
    warnings.simplefilter("error")
    on_startup()
