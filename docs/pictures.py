"""The pictures and tables on the pages: livemon's own, of small trainings that are run for them.

mkdocs calls `on_startup`, as mkdocs.yml says. They lie in docs/pictures and are made anew each time, in a few seconds.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")

import numpy as np
from matplotlib.figure import Figure
from screens import as_svg, printed_on_terminal

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
        draw_screens(Path(folder))


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


def draw_screens(folder: Path) -> None:
    """Save each screen of a terminal, light and dark; those of other tools are as they printed them."""
    broken = folder / "lightning_logs" / "version_0" / "metrics.csv"
    write_rows(broken, rows_until_nan())
    write_rows(spiky := folder / "run7" / "metrics.csv", rows_with_a_spike())
    for theme in THEMES:
        for path, age in ((broken, 4200), (spiky, 130)):
            os.utime(path, (time.time() - age,) * 2)
        for name, run, rows in (("once", "lightning_logs/version_0", 24), ("run7", "run7", 28)):
            command = [sys.executable, "-m", "livemon", "watch", run, "--once", "--style", theme]
            keep_screen(printed_on_terminal(command, folder, 80, rows + 1), name, theme)
        for name in ("ltui", "terminalboard"):
            keep_screen((HERE / f"screen-{name}.txt").read_text(encoding="utf-8"), name, theme)


def keep_screen(text: str, name: str, theme: str) -> None:
    """Save a screen as a picture."""
    (PICTURES / f"{name}-{theme}.svg").write_text(as_svg(text, theme), encoding="utf-8")


def write_rows(path: Path, rows: list[dict[str, float]]) -> None:
    """Write rows as a framework would: a column for each name, blank where a row has none."""
    path.parent.mkdir(parents=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)


def rows_until_nan() -> list[dict[str, float]]:
    """120 steps that diverge at step 64, as Lightning's CSVLogger writes them."""
    random = np.random.default_rng(3)
    rows: list[dict[str, float]] = []
    for step in range(4, 120, 5):
        loss = float("nan") if step >= 64 else 0.05 + 0.7 * np.exp(-step / 12) + 0.02 * random.standard_normal()
        rows.append({"epoch": step // 40, "step": step, "train_loss_step": loss, "lr-SGD": 0.1 * 0.8 ** (step // 20),
                     "grad_norm": loss * (3 + random.standard_normal() / 3)})
        if step % 40 == 39:
            rows.append({"epoch": step // 40, "step": step, "val_loss": loss + 0.03})
    return rows


def rows_with_a_spike() -> list[dict[str, float]]:
    """2,000 steps with a NaN at step 600, a spike at step 1,200, and a restart from step 1,400."""
    random = np.random.default_rng(7)
    rows: list[dict[str, float]] = []
    for step in [*range(1500), *range(1400, 2000)]:
        loss = 0.3 + 3 * np.exp(-step / 400) + 0.04 * random.standard_normal()
        rows.append({"step": step, "loss": {600: float("nan"), 1200: 80.0}.get(step, loss)})
    return rows


if __name__ == "__main__":
    warnings.simplefilter("error")
    on_startup()
