"""Reading a metrics file, beside pandas: finished files of 1,000,000 rows x 10 columns, a file that grows to that, and
500 files of 2,000 rows.

    python benchmarks/reading.py            # all of it, some minutes
    python benchmarks/reading.py --rows 100000

CPU time of this process, pinned to one core, the candidates in turn, median of 7; the control is pandas against itself.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from livemon.runs.experiment import ExperimentLoader

ROUNDS = 7
Work = Callable[[], object]


def cpu_seconds(work: Work) -> float:
    """CPU seconds of one call; its result is freed outside of the measured time."""
    start = time.process_time()
    result = work()
    elapsed = time.process_time() - start
    del result
    return elapsed


def medians(candidates: dict[str, Work]) -> dict[str, float]:
    """Each candidate's median, measured in turn so that all meet the same noise."""
    seen: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(ROUNDS):
        for name, work in candidates.items():
            seen[name].append(cpu_seconds(work))
    return {name: statistics.median(times) for name, times in seen.items()}


def frame_of(rows: int, blanks: bool) -> pd.DataFrame:
    """Step, epoch and eight metrics; with `blanks`, three of ten values of seven of them are missing."""
    random = np.random.default_rng(0)
    columns = {f"metric_{number}": random.normal(size=rows) for number in range(8)}
    frame = pd.DataFrame({"step": np.arange(rows), "epoch": np.arange(rows) // 1000, **columns})
    if blanks:
        for number in range(1, 8):
            frame.loc[random.random(rows) < 0.3, f"metric_{number}"] = np.nan
    return frame


def write_files(folder: Path, rows: int) -> dict[str, Path]:
    """Four files: no NaN; blank cells; `nan` words; both."""
    paths = {name: folder / f"{name}.csv" for name in ("no NaN", "blank cells", "nan words", "blanks and nan")}
    frame_of(rows, blanks=False).to_csv(paths["no NaN"], index=False)
    holes = frame_of(rows, blanks=True)
    holes.to_csv(paths["blank cells"], index=False)
    holes.to_csv(paths["nan words"], index=False, na_rep="nan")
    lines = paths["nan words"].read_text().splitlines()
    mixed = [line.replace(",nan", ",") if place % 2 else line for place, line in enumerate(lines)]
    paths["blanks and nan"].write_text("\n".join(mixed) + "\n")
    return paths


def refreshed(path: Path) -> ExperimentLoader:
    """A loader that has read the file."""
    run = ExperimentLoader(path)
    run.refresh()
    return run


def bench_finished(paths: dict[str, Path]) -> None:
    """Reading a whole file, as a table (`refresh`) and as a DataFrame (`load_metrics`)."""
    print("\nreading a finished file, as a ratio to pandas.read_csv (goal 1.3, with NaN 1.6)")
    print(f"  {'':<32} {'refresh':>7} {'load_metrics':>13} {'control':>8}")
    for name, path in paths.items():
        found = medians({
            "pandas": lambda path=path: pd.read_csv(path),  # type: ignore[misc]
            "refresh": lambda path=path: refreshed(path),  # type: ignore[misc]
            "load_metrics": lambda path=path: ExperimentLoader(path).load_metrics(),  # type: ignore[misc]
            "control": lambda path=path: pd.read_csv(path),  # type: ignore[misc]
        })
        ratios = [found[key] / found["pandas"] for key in ("refresh", "load_metrics", "control")]
        print(f"  {name:<32} {ratios[0]:>7.2f} {ratios[1]:>13.2f} {ratios[2]:>8.2f}   pandas {found['pandas']:.3f} s")


def follow(source: bytes, appends: int, target: Path) -> float:
    """CPU seconds of the refreshes while a file grows in equal appends (the writing is not counted)."""
    header, body = source.split(b"\n", 1)
    lines = body.splitlines(keepends=True)
    size = len(lines) // appends
    target.write_bytes(header + b"\n")
    run = ExperimentLoader(target)
    spent = 0.0
    for start in range(0, size * appends, size):
        with target.open("ab") as file:
            file.writelines(lines[start : start + size])
        spent += cpu_seconds(run.refresh)
    assert len(run.load_metrics()) == size * appends
    return spent


def bench_following(path: Path, folder: Path) -> None:
    """A file that grows to the same rows in 1,000 appends; and 1,000 appends against 2,000 of the same size."""
    source = path.read_bytes()
    lines = source.splitlines(keepends=True)
    half = b"".join(lines[: len(lines) // 2 + 1])
    once, thousand, fewer, more = [], [], [], []
    for _ in range(ROUNDS):
        once.append(cpu_seconds(lambda: refreshed(path)))
        thousand.append(follow(source, 1000, folder / "growing.csv"))
        fewer.append(follow(half, 1000, folder / "growing.csv"))
        more.append(follow(source, 2000, folder / "growing.csv"))
    print("\nfollowing a growing file")
    ratio = statistics.median(thousand) / statistics.median(once)
    print(f"  1,000 appends / reading it once          {ratio:5.2f}   (goal 4)")
    ratio = statistics.median(more) / statistics.median(fewer)
    print(f"  2,000 appends / 1,000 of the same size   {ratio:5.2f}   (goal 2.2)")


def bench_many(folder: Path) -> None:
    """Each of many small files is a run, read by a process of its own, as a command does, which loads no pandas."""
    random = np.random.default_rng(0)
    runs = [folder / f"run{number}" for number in range(500)]
    for run in runs:
        run.mkdir()
        frame = pd.DataFrame({"step": np.arange(2000), "loss": random.normal(size=2000)})
        frame.to_csv(run / "metrics.csv", index=False)
    files = f"sorted(__import__('pathlib').Path({str(folder)!r}).glob('run*/metrics.csv'))"
    programs = {
        "livemon": "from livemon.runs.experiment import ExperimentLoader\n"
                   f"runs = [ExperimentLoader(path.parent) for path in {files}]\nfor run in runs: run.refresh()",
        "pandas": f"import pandas\nframes = [pandas.read_csv(path) for path in {files}]",
    }
    programs["control"] = programs["pandas"]
    seen: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(ROUNDS):
        for name, program in programs.items():
            before = os.times()
            subprocess.run([sys.executable, "-c", program], check=True)
            after = os.times()
            seen[name].append(after.children_user + after.children_system
                              - before.children_user - before.children_system)
    found = {name: statistics.median(times) for name, times in seen.items()}
    print(f"500 runs of 2,000 rows, each way in a process of its own: {found['livemon']:.2f} s, "
          f"{found['livemon'] / found['pandas']:.2f}x pandas (control {found['control'] / found['pandas']:.2f})")


def main() -> None:
    """Run all and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(f"{rows:,} rows x 10 columns, pandas {pd.__version__}, numpy {np.__version__}; CPU time, median of {ROUNDS}")
    with tempfile.TemporaryDirectory() as name:
        paths = write_files(Path(name), rows)
        bench_finished(paths)
        bench_following(paths["no NaN"], Path(name))
        bench_many(Path(name))


if __name__ == "__main__":
    main()
