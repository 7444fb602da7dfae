"""Reading JSON lines, beside code that only parses the lines: a finished file of 300,000 rows x 5 keys, and the same
with two kinds of rows.

    python benchmarks/jsonlines.py

CPU time of this process, the candidates in turn, median of 5; the control is json.loads against itself.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from livemon.readers.base import read_table
from livemon.readers.jsonlines import JsonLinesReader

ROUNDS = 5


def write(path: Path, rows: int, every: int) -> Path:
    """A file of training rows, with a validation row after every `every` rows (0: none)."""
    random = np.random.default_rng(0)
    with path.open("w", encoding="utf-8") as file:
        for step, (loss, rate, norm) in enumerate(random.random((rows, 3)).tolist()):
            row = {"step": step, "train_loss": loss, "lr": rate, "grad_norm": norm, "epoch": step // 1000}
            file.write(json.dumps({"step": step, "val_loss": loss} if every and step % every == 0 else row) + "\n")
    return path


def loads(path: Path) -> list[object]:
    """Each line separately, as most people do it."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    rows = parser.parse_args().rows
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        for name, every in (("rows of one kind", 0), ("rows of two kinds", 10)):
            path = write(Path(folder, "metrics.jsonl"), rows, every)
            candidates: dict[str, Callable[[Path], object]] = {
                "json.loads": loads, "json.loads again": loads,
                "pandas.read_json": lambda path: pd.read_json(path, lines=True),
                "livemon": lambda path: read_table(JsonLinesReader(path)),
                "livemon, plain way": lambda path: read_table(JsonLinesReader(path, plain=True)),
            }
            seen: dict[str, list[float]] = {candidate: [] for candidate in candidates}
            for _ in range(ROUNDS):
                for candidate, work in candidates.items():
                    start = time.process_time()
                    result = work(path)
                    seen[candidate].append(time.process_time() - start)
                    del result
            base = statistics.median(seen["json.loads"])
            print(f"{name}, {rows:,} rows:")
            for candidate, times in seen.items():
                print(f"  {candidate:20} {statistics.median(times):6.2f} s   {statistics.median(times) / base:5.2f}x")


if __name__ == "__main__":
    main()
