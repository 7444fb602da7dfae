"""Many runs: 500 of 2,000 points compared and overlaid, 10,000 discovered and summarised, with an empty cache and a
full one; and the command itself, table and picture of 300 runs x 1,000 points and of 5,000 runs x 20 (goals: 5 s and 8
s of CPU).

    python benchmarks/comparing.py

Prints seconds of CPU and wall time, and the peak memory of the process.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

RUNS, POINTS = 500, 2000
MANY, FEW_POINTS = 10_000, 40
STUDIES = ((300, 1_000, 5.0), (5_000, 20, 8.0))  # runs, points of each, the goal in seconds of CPU


def write_runs(base: Path, count: int, points: int) -> None:
    rng = np.random.default_rng(0)
    step = np.arange(points) * 10
    rest = [f",{1e-3 * (1 - one / points / 10):.6g},{70_000 + one % 13},{one / 10}" for one in step.tolist()]
    for number in range(count):
        folder = base / f"lr{(0.1, 0.01, 0.001)[number % 3]}_seed{number // 3}" / "logs"
        folder.mkdir(parents=True)
        loss = 3 / (1 + step / 5000 * (1 + number % 3)) + 0.5 + 0.05 * rng.standard_normal(points)
        lines = [f"{at},{value:.6f}{more}" for at, value, more in zip(step.tolist(), loss.tolist(), rest, strict=True)]
        head = "step,train_loss,learning_rate,tokens_per_second,time_elapsed_seconds"
        (folder / "metrics.csv").write_text("\n".join([head, *lines, ""]))
        os.utime(folder / "metrics.csv", (time.time() - 3600,) * 2)


def timed(what: str, work: Callable[[], object]) -> None:
    cpu, clock = time.process_time(), time.perf_counter()
    work()
    cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what:<62} {cpu:6.2f} s CPU {clock:6.2f} s clock, at most {peak:4.0f} MB", flush=True)


def compare(base: str) -> None:
    from livemon import MultiExperimentLoader, discover_experiments
    from livemon.boards.comparison import Comparison
    from livemon.views.mpl.picture import save

    dirs = discover_experiments(base)

    def both() -> None:
        MultiExperimentLoader(dirs).compare_metrics("train_loss")
        save(Comparison(MultiExperimentLoader(dirs), metrics=("train_loss",)).one("train_loss"), Path(base) / "one.png",
             dpi=100)

    timed(f"{RUNS} runs x {POINTS:,} points: compare_metrics and an overlay", both)
    timed(f"{RUNS} runs x {POINTS:,} points: the comparison dashboard",
          lambda: save(Comparison(MultiExperimentLoader(dirs)).dashboard(), Path(base) / "all.png", dpi=100))


def summarise(base: str, how: str) -> None:
    from livemon import MultiExperimentLoader, discover_experiments

    timed(f"{MANY:,} runs: discover_experiments and get_all_summaries, {how}",
          lambda: MultiExperimentLoader(discover_experiments(base)).get_all_summaries())


def command(base: Path, runs: int, points: int, goal: float) -> None:
    """`livemon compare` as a separate process: only the table, and with the picture; the best of three."""
    folder = base / f"{runs}x{points}"
    write_runs(folder, runs, points)
    livemon = [sys.executable, "-m", "livemon", "compare", str(folder), "--limit", "20"]
    for what, more in (("table", []), ("table and picture", ["-o", str(base / "all.png")])):
        costs = []
        for number in range(3):
            env = os.environ | {"LIVEMON_CACHE": str(base / f"cache-{runs}-{what}-{number}")}
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([*livemon, *more], env=env, check=True, capture_output=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        print(f"livemon compare, {runs:,} runs x {points:,}, {what:<18} {min(costs):6.2f} s CPU (goal {goal:g} s)",
              flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_runs(Path(folder) / "few", RUNS, POINTS)
        write_runs(Path(folder) / "many", MANY, FEW_POINTS)
        env = os.environ | {"LIVEMON_CACHE": str(Path(folder) / "cache")}
        for words in (["compare", "few"], ["cold", "many"], ["again", "many"]):
            words_of_process = [sys.executable, __file__, words[0], str(Path(folder) / words[1])]
            subprocess.run(words_of_process, env=env, check=True)
        for runs, points, goal in STUDIES:
            command(Path(folder), runs, points, goal)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if len(sys.argv) == 1:
        main()
    elif sys.argv[1] == "compare":
        compare(sys.argv[2])
    else:
        summarise(sys.argv[2], sys.argv[1])
