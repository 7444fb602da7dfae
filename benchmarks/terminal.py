"""The cost of a run on a terminal's screen: a panel, a frame of a long run, the bytes for a new point, the start.

    python benchmarks/terminal.py

Prints a table, and exits with 1 if anything exceeds its limit. Times are CPU time of this machine; ratios compare two
things in the same run. Below are the peers on the PATH (`pip install wandb terminalboard ltui 'plotext<6'` into a
separate environment), each with the same values in its own file format; a missing one is named.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
from codecs import getincrementaldecoder
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from livemon.boards.model import Board, Header, Line, Panel, SummaryRow
from livemon.curves.thinning import Thinner
from livemon.views.terminal.ansi import as_text
from livemon.views.terminal.cells import Cells
from livemon.views.terminal.first_screen import first_screen
from livemon.views.terminal.plot import Pen, Rect, draw_panel

LOOKS = 200
COLUMNS = 900


def panel_of(points: int, key: str = "loss") -> Panel:
    """A panel of a raw and a smoothed curve, thinned as on a board."""
    x = np.arange(points, dtype=np.float64)
    y = 3 * np.exp(-x / points * 5) + 0.3 * np.random.default_rng(0).standard_normal(points)
    smooth = 3 * np.exp(-x / points * 5)
    limits = (0.0, float(points))
    lines = tuple(Line(key, kind, *thinned(x, values, limits), "blue", f"train {values[-1]:.3f}", "train")
                  for kind, values in (("raw", y), ("main", smooth)))
    return Panel(key, key, limits, (-0.5, 4.0), lines=lines, x_label="step", metrics=(key,))


def thinned(x: np.ndarray, y: np.ndarray, limits: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """The points that a board would show."""
    if len(x) <= 4 * COLUMNS:
        return x, y
    thinner = Thinner(limits, COLUMNS)
    thinner.add(x, y)
    return thinner.polyline()


def board_of(points: int, panels: int = 6) -> Board:
    """A board with so many panels."""
    made = tuple(panel_of(points, f"metric{number}") for number in range(panels))
    rows = tuple(SummaryRow(panel.key, 0.5, 0.4, -1.0, ("0.500", "0.400", "-1.0 %"), "90") for panel in made)
    return Board("exp", Header("exp", "running", progress=(f"step {points:,}",)), made, summary=rows)


def cpu(call: object) -> float:
    """CPU milliseconds of a call, the best of three rounds."""
    rounds = []
    for _ in range(3):
        began = time.process_time()
        for _ in range(LOOKS):
            call()  # type: ignore[operator]
        rounds.append((time.process_time() - began) / LOOKS * 1e3)
    return min(rounds)


def a_panel() -> float:
    """A panel of 100 x 16 cells."""
    panel = panel_of(10_000)
    return cpu(lambda: draw_panel(Cells(100, 16), Rect(0, 0, 100, 16), panel, Pen()))


def frames() -> tuple[float, float]:
    """A frame of 120 x 40 cells at 10,000 and at 10,000,000 points a curve."""
    short, long = board_of(10_000), board_of(10_000_000)
    return cpu(lambda: first_screen(short, 120, 40)), cpu(lambda: first_screen(long, 120, 40))


def sent_for_a_point() -> tuple[int, int]:
    """Bytes for one new point: changed cells of a screen of 120 x 40, and of one panel."""
    screens = [first_screen(board_of(points), 120, 40).cells for points in (1000, 1001)]
    panels = []
    for points in (1000, 1001):
        cells = Cells(110, 16)
        panel = panel_of(points)
        draw_panel(cells, Rect(0, 0, 110, 16), Panel(**{name: getattr(panel, name) for name in (
            "key", "title", "y_limits", "lines", "x_label", "metrics")}, x_limits=(0.0, 1200.0)), Pen())
        panels.append(cells)
    return bytes_of(*screens), bytes_of(*panels)


def bytes_of(before: Cells, after: Cells) -> int:
    """The bytes of the changed parts, each with a cursor movement."""
    size = 0
    for row, first, end in after.changed(before):
        part = Cells(end - first, 1)
        part.text[0], part.ink[0] = after.text[row, first:end], after.ink[row, first:end]
        size += 8 + len(as_text(part, "256").encode())
    return size


class FirstRow:
    """The first row of a terminal, as our watch writes it: only changed cells are sent."""

    _PIECE = re.compile(r"\x1b\[(?P<codes>[?>\d;]*)(?P<what>[a-zA-Z$])"
                        r"|\x1b[\]P][^\x07\x1b]*(?:\x07|\x1b\\)|(?P<char>[^\x1b])")

    def __init__(self, width: int) -> None:
        self._cells = [" "] * width
        self._at = (0, 0)
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._rest = ""

    def take(self, data: bytes) -> None:
        """Process received bytes."""
        text, end = self._rest + self._decode(data), 0
        for piece in self._PIECE.finditer(text):
            row, column = self._at
            end = piece.end()
            if piece["what"] == "H":
                below, _, right = (piece["codes"] or "1;1").partition(";")
                self._at = int(below) - 1, int(right or 1) - 1
            elif piece["what"] == "K" and row == 0:
                self._cells[column:] = [" "] * (len(self._cells) - column)
            elif piece["char"]:
                if row == 0 and column < len(self._cells):
                    self._cells[column] = piece["char"]
                self._at = row, column + 1
        self._rest = text[end:][-100:]

    @property
    def text(self) -> str:
        """The text of the row."""
        return "".join(self._cells)


class Watch:
    """A program in its own terminal, 120 x 40 cells.

    Args:
        path: The run that livemon watches.
        state: A folder for livemon's cache.
        size: Columns and rows of the terminal.
        words: Another program's command; None: livemon's.
    """

    def __init__(self, path: Path, state: Path, size: tuple[int, int] = (120, 40), words: list[str] | None = None
                 ) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        environ = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
        self.process = subprocess.Popen(
            words or [sys.executable, "-m", "livemon", "watch", str(path)], cwd=path, stdin=theirs, stdout=theirs,
            stderr=theirs, start_new_session=True,
            env={**environ, "TERM": "xterm-256color", "LIVEMON_CACHE": str(state), "LIVEMON_STATE": str(state)})
        os.close(theirs)
        self.sent = 0
        self.first_row = FirstRow(size[0])
        self._seen = b""

    def read(self, seconds: float) -> None:
        """Receive output for so long."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            if select.select([self._ours], [], [], left)[0]:
                self._take()

    def until(self, text: bytes, seconds: float = 60.0) -> float:
        """Receive output until it contains this text; returns the seconds until then, NaN if it does not come."""
        began = time.monotonic()
        while text not in self._seen:
            if time.monotonic() - began > seconds:
                return float("nan")
            if select.select([self._ours], [], [], 1.0)[0]:
                self._take()
        return time.monotonic() - began

    def until_row_has(self, text: str, seconds: float) -> float:
        """Receive output until this text is in the first row; returns the seconds until then, NaN if it does not
        come."""
        began = time.monotonic()
        while text not in self.first_row.text:
            if time.monotonic() - began > seconds:
                return float("nan")
            if select.select([self._ours], [], [], 0.1)[0]:
                self._take()
        return time.monotonic() - began

    def forget(self) -> None:
        """Ignore the output so far."""
        self._seen, self.sent = b"", 0

    def _take(self) -> None:
        data = os.read(self._ours, 65536)
        self.sent += len(data)
        self.first_row.take(data)
        self._seen = (self._seen + data)[-200_000:]

    @property
    def cpu(self) -> float:
        """CPU seconds of the process so far, including its threads and children."""
        process = psutil.Process(self.process.pid)
        times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
        return sum(time.user + time.system + time.children_user + time.children_system for time in times)

    @property
    def memory(self) -> float:
        """Resident MB, including its children."""
        process = psutil.Process(self.process.pid)
        return sum(one.memory_info().rss for one in (process, *process.children(recursive=True))) / 1e6

    def close(self) -> None:
        """End it and its children."""
        for process in psutil.Process(self.process.pid).children(recursive=True):
            process.kill()
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


def run_of(folder: Path, rows: int, metrics: int = 6) -> Path:
    """A running run with so many rows of metrics."""
    (folder / "logs").mkdir(parents=True)
    names = ["train_loss", "val_loss", "learning_rate", "grad_norm", *(f"m{number}" for number in range(96))][:metrics]
    values = np.abs(np.random.default_rng(0).standard_normal((rows, metrics))) + 3 * np.exp(
        -np.arange(rows) / rows * 5)[:, None]
    frame = pd.DataFrame(values, columns=names)
    frame.insert(0, "step", np.arange(rows))
    frame.to_csv(folder / "logs" / "metrics.csv", index=False, float_format="%.5f")
    (folder / "livemon.json").write_text(json.dumps({"state": "running", "pid": os.getpid()}))
    return folder


def cpu_of(words: list[str]) -> float:
    """CPU seconds of a process, the least of three."""
    rounds = []
    for _ in range(3):
        before = os.times()
        subprocess.run(words, check=True)
        after = os.times()
        rounds.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return min(rounds)


def starts(folder: Path, state: Path) -> tuple[float, float]:
    """CPU seconds up to the first screen of a run, and of importing Textual and pandas; each the least of three."""
    ours = []
    for _ in range(3):
        watch = Watch(folder, state, (80, 24))
        watch.until(b"train_loss")
        ours.append(watch.cpu)
        watch.close()
    return min(ours), cpu_of([sys.executable, "-c", "import textual.app, pandas"])


def appends(folder: Path, state: Path, count: int = 40) -> tuple[float, float]:
    """Seconds from an appended row to its step on the screen (95th percentile); bytes sent for a row."""
    watch = Watch(folder, state)
    watch.until(b"train_loss")
    watch.read(4.0)
    delays, sent = [], []
    path = folder / "logs" / "metrics.csv"
    step = sum(1 for _ in open(path)) + 100_000  # noqa: SIM115 - a text of its own, that no axis has
    for number in range(count):
        step += 1
        watch.forget()
        with open(path, "a") as file:
            file.write(f"{step},{','.join(['0.5'] * 6)}\n")
        delays.append(watch.until_row_has(f"step {step:,}", 5.0))
        watch.read(0.3)
        if number:  # the first one moves the axes
            sent.append(watch.sent)
    watch.close()
    return float(np.nanpercentile([5.0 if np.isnan(one) else one for one in delays], 95)), float(np.mean(sent))


def idle(folder: Path, state: Path, seconds: float = 30.0) -> tuple[float, float]:
    """The share of a core that a watch takes after two minutes without rows, and bytes per second."""
    long_ago = time.time() - 120
    os.utime(folder / "logs" / "metrics.csv", (long_ago, long_ago))
    watch = Watch(folder, state)
    watch.until(b"train_loss")
    watch.read(8.0)
    before = watch.cpu
    watch.forget()
    watch.read(seconds)
    taken, sent = watch.cpu - before, watch.sent
    watch.close()
    return taken / seconds, sent / seconds


# The peers ------------------------------------------------------------------------------------------------------------


PEERS = ("wandb", "terminalboard", "ltui")
WANDB = """
import csv, sys, wandb
run = wandb.init(project="p", name="run7", dir=sys.argv[2], mode="offline")
for row in csv.DictReader(open(sys.argv[1])):
    run.log({"train_loss": float(row["train_loss"])})
run.finish()
"""


def peers(run: Path, folder: Path) -> Iterator[str]:
    """Rows of a table for livemon and each peer on the same values: CPU seconds up to a screen with the metric, the
    share of a core and the bytes per second without new rows, MB."""
    yield "| program | CPU up to the first screen | idle, of a core | idle, sent a second | memory |"
    yield "| --- | --- | --- | --- | --- |"
    long_ago = time.time() - 120  # as in `idle`
    os.utime(run / "logs" / "metrics.csv", (long_ago, long_ago))
    yield row_of_peer("livemon", Watch(run, folder / "state", (80, 24)))
    for name in PEERS:
        program = shutil.which(name)
        if program is None:
            yield f"| {name} | not on the PATH | | | |"
            continue
        home = folder / name
        home.mkdir()
        yield row_of_peer(name, Watch(home, home, (80, 24), command_of_peer(name, program, run, home)))


def command_of_peer(name: str, program: str, run: Path, home: Path) -> list[str]:
    """Write the run in the peer's own format; returns the command that shows it."""
    metrics = run / "logs" / "metrics.csv"
    if name == "wandb":
        subprocess.run([str(Path(program).with_name("python")), "-c", WANDB, str(metrics), str(home)], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return [program, "leet", str(next((home / "wandb").glob("offline-run-*")))]
    if name == "terminalboard":
        from tensorboardX import SummaryWriter

        with SummaryWriter(str(home / "run7")) as writer:
            for step, value in enumerate(pd.read_csv(metrics)["train_loss"]):
                writer.add_scalar("train_loss", value, step)
        return [program, str(home)]
    version = home / "lightning_logs" / "version_0"
    version.mkdir(parents=True)
    shutil.copy(metrics, version / "metrics.csv")
    return [program, str(home)]


def row_of_peer(name: str, watch: Watch) -> str:
    """The cost of a program that was just started."""
    found = watch.until(b"train_loss", 40.0)
    start = watch.cpu
    watch.read(10.0)
    before = watch.cpu
    watch.forget()
    watch.read(20.0)
    share, sent, size = (watch.cpu - before) / 20, watch.sent / 20, watch.memory
    watch.close()
    shown = f"{start:.2f} s" if found == found else f"{start:.2f} s (the metric's name is not on its first screen)"
    return f"| {name} | {shown} | {100 * share:.2f} % | {sent:,.0f} bytes | {size:,.0f} MB |"


def memory(folder: Path, state: Path) -> tuple[float, float]:
    """MB of a watch of a run, and of importing Textual and pandas."""
    watch = Watch(folder, state)
    watch.until(b"train_loss", 120.0)
    watch.read(5.0)
    ours = watch.memory
    watch.close()
    code = "import textual.app, pandas, psutil; print(psutil.Process().memory_info().rss / 1e6)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return ours, float(done.stdout)


def rows_of_table() -> Iterator[tuple[str, float, str, float | None]]:
    """The measured numbers with their units, and their limits."""
    short, long = frames()
    screen, panel = sent_for_a_point()
    yield "a panel of 100 x 16 cells, CPU", a_panel(), "ms", 2.0
    yield "a frame of 120 x 40 at 10,000 points a curve, CPU", short, "ms", None
    yield "the same at 10,000,000, times as much", long / short, "", 1.2
    yield "cells changed by a new point, a panel", panel, "bytes", 2048
    yield "the same, a screen whose axes move", screen, "bytes", 8192
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, large = run_of(folder / "run", 1000), run_of(folder / "large", 100_000, 10)
        start, imports = starts(small, folder / "state")
        yield "CPU up to the first screen, times that of importing Textual and pandas", start / imports, "", 2.0
        share, sent = idle(small, folder / "state")
        yield "idle: of a core", 100 * share, "%", 0.2
        yield "idle: sent a second (the age)", sent, "bytes", 8.0
        delay, sent = appends(small, folder / "state")
        yield "from an appended row to the screen, p95", 1000 * delay, "ms", 100.0
        yield "sent for a row, six panels and the table", sent, "bytes", 8192
        ours, theirs = memory(large, folder / "state")
        yield "1,000,000 values: memory above that of importing Textual and pandas", ours - theirs, "MB", 60.0


def main() -> int:
    """Print the table; 1 if anything exceeds its limit."""
    print("| what | measured | at most |\n| --- | --- | --- |")
    missed = []
    for what, value, unit, most in rows_of_table():
        bound = "" if most is None else f"{most:,g} {unit}".strip()
        print(f"| {what} | {value:,.2f} {unit}".rstrip() + f" | {bound} |", flush=True)
        if most is not None and not value <= most:
            missed.append(what)
    print()
    with tempfile.TemporaryDirectory() as name:
        for line in peers(run_of(Path(name) / "run", 1000), Path(name)):
            print(line, flush=True)
    for what in missed:
        print(f"missed: {what}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
