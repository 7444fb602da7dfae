"""Reports: their CPU time and size, and whether they keep a spike of a single step.

    python benchmarks/report.py

A run of 4,221 rows as page, PDF and Markdown, beside its four final plots (goal: the PDF takes at most 1.5 times as
long); one of 1,000,000 rows with a spike of one step (goal: 3 s of CPU); 60 runs of 2,000 rows (goal: 8 s). A page may
have 200 KB and 24 bytes for each drawn point. CPU is that of the command, including the start of Python.

With --tuff-bird PROGRAM the long run is also written as TensorBoard events, and drawn as a page by tuff-bird (`pip
install tuff-bird` in a separate environment). tlog 0.1 could not be installed: it has no wheel, and does not build.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

SPIKE_AT, SPIKE = 618_033, 25.0
FIXED, A_POINT = 200_000, 24  # bytes


def write_run(folder: Path, count: int, seed: int = 0, *, spike: bool = False, wide: bool = False) -> None:
    random = np.random.default_rng(seed)
    step = np.arange(count)
    loss = 1 + 0.02 * seed % 0.3 + 3 * np.exp(-step / (count / 5)) + random.normal(0, 0.05, count)
    if spike:
        loss[SPIKE_AT] = SPIKE
    columns = {"step": step, "train_loss": loss}
    if wide:
        columns |= {"learning_rate": 1e-3 * np.cos(step / count), "grad_norm": random.lognormal(0, 0.3, count),
                    "tokens_per_second": random.normal(7e4, 500, count), "train_perplexity": np.exp(loss)}
    folder.mkdir(parents=True)
    form = ",".join(["{:.0f}", *["{:.6g}"] * (len(columns) - 1)])
    rows_of_all = zip(*(values.tolist() for values in columns.values()), strict=True)
    lines = [",".join(columns), *(form.format(*row) for row in rows_of_all)]
    (folder / "metrics.csv").write_text("\n".join([*lines, ""]))
    (folder / "config.json").write_text(json.dumps({"lr": (0.1, 0.01, 0.001)[seed % 3], "seed": seed // 3}))
    os.utime(folder / "metrics.csv", (1.7e9, 1.7e9))


def cpu_of(words: Sequence[str], folder: Path) -> float:
    """CPU seconds of a livemon command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "livemon", *words], cwd=folder, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def points_of(value: Any) -> int:
    if isinstance(value, str):
        return len(base64.b64decode(value)) // 8
    if "steps" in value:
        return len(base64.b64decode(value["steps"])) // int(value["bytes"]) + 1
    return len(base64.b64decode(value.get("single") or value["whole"])) // 4


def size_of(page: Path) -> tuple[str, bool]:
    """The size of a page beside its limit, in words, and whether it keeps to it."""
    text = page.read_text("utf-8")
    data = re.search(r'id="livemon-data">(.*?)</script>', text, re.DOTALL)
    assert data is not None
    panels = json.loads(data[1])["message"]["panels"]
    counts = [points_of(line["y"]) for panel in panels for line in panel["lines"]]
    points = sum(counts) + sum(2 * points_of(band["low"]) for panel in panels for band in panel["bands"])
    size, most = len(text.encode()), FIXED + A_POINT * points
    return (f"{size:,} bytes of at most {most:,}: {points:,} points, at most {max(counts)} of a curve",
            size <= most and max(counts) <= 5000)


def keeps_spike(page: Path) -> bool:
    """Whether the spike is one of the points of the page, at its step."""
    text = page.read_text("utf-8")
    data = re.search(r'id="livemon-data">(.*?)</script>', text, re.DOTALL)
    assert data is not None
    for panel in json.loads(data[1])["message"]["panels"]:
        for line in panel["lines"]:
            if line["metric"] != "train_loss" or not isinstance(line["y"], dict) or "whole" not in line["y"]:
                continue
            y = np.frombuffer(base64.b64decode(line["y"]["whole"]), "<i4") / 10.0 ** line["y"]["decimals"]
            kind = f"<u{line['x']['bytes']}"
            x = line["x"]["from"] + np.concatenate(([0], np.cumsum(np.frombuffer(base64.b64decode(line["x"]["steps"]),
                                                                                 kind).astype(np.float64))))
            if ((x == SPIKE_AT) & (y == SPIKE)).any():
                return True
    return False


def write_events(table: Path, file: Path) -> None:
    """The losses of a metrics file as TensorBoard events."""
    from event_files import write_framed
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    steps, losses = np.loadtxt(table, delimiter=",", skiprows=1).T
    events = [Event(wall_time=1.7e9, file_version="brain.Event:2")]
    events += [Event(wall_time=1.7e9, step=step, summary=Summary(value=[Summary.Value(tag="train_loss",
                                                                                      simple_value=loss)]))
               for step, loss in zip(steps.astype(int).tolist(), losses.tolist(), strict=True)]
    file.parent.mkdir(parents=True)
    write_framed(file, [event.SerializeToString() for event in events])


def of_tuff_bird(program: str, folder: Path) -> str:
    """The size of tuff-bird's page of the long run, and whether it kept the spike."""
    write_events(folder / "long" / "metrics.csv", folder / "events" / "long" / "events.out.tfevents.1.host")
    subprocess.run([program, "plot", "events", "-t", "train_loss", "--smoothing", "0", "-o", "tuff.html"], cwd=folder,
                   check=True, capture_output=True)
    text = (folder / "tuff.html").read_text("utf-8")
    points = [(float(x), float(y)) for x, y in re.findall(r"\[(\d+),(-?[\d.]+)\]", text)]
    highest = max((y for _, y in points), default=float("nan"))
    return (f"{len(text.encode()):,} bytes: {len(points):,} points, the highest {highest:.3g}: the spike is "
            f"{'kept' if (SPIKE_AT, SPIKE) in points else 'LOST'}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tuff-bird", metavar="PROGRAM", help="tuff-bird's program")
    peer = parser.parse_args().tuff_bird
    print(f"load {os.getloadavg()[0]:.1f}", flush=True)
    good = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["LIVEMON_CACHE"] = str(folder / "cache")
        write_run(folder / "usual", 4221, wide=True)
        write_run(folder / "long", 1_000_000, spike=True)
        for number in range(60):
            write_run(folder / "sixty" / f"run{number:02d}", 2000, number)
        cpu_of(["report", "usual", "-o", "warm.html"], folder)
        plots = min(cpu_of(["plot", "usual", "-o", "plots"], folder) for _ in range(3))
        print(f"{'4,221 rows: the four final plots, 300 DPI':<44} {plots:6.2f} s CPU", flush=True)
        for form in ("html", "pdf", "md"):
            seconds = min(cpu_of(["report", "usual", "-o", f"usual.{form}"], folder) for _ in range(3))
            print(f"{f'4,221 rows: .{form}':<44} {seconds:6.2f} s CPU, {seconds / plots:.2f} of the plots", flush=True)
            good &= form != "pdf" or seconds <= 1.5 * plots
        for words, page, goal in ((["long"], "long.html", 3.0), (["sixty"], "sixty.html", 8.0)):
            seconds = min(cpu_of(["report", *words, "-o", page], folder) for _ in range(2))
            print(f"{page:<44} {seconds:6.2f} s CPU (goal {goal:g})", flush=True)
            good &= seconds <= goal
        for page in ("usual.html", "long.html", "sixty.html"):
            words_of_size, is_small = size_of(folder / page)
            print(f"{page:<44} {words_of_size}", flush=True)
            good &= is_small
        kept = keeps_spike(folder / "long.html")
        print(f"{'a spike of one step in 1,000,000':<44} {'kept' if kept else 'LOST'}", flush=True)
        print(f"{'the same by tuff-bird':<44} {of_tuff_bird(peer, folder) if peer else 'not asked for (--tuff-bird)'}")
    return 0 if good and kept else 1


if __name__ == "__main__":
    sys.exit(main())
