"""What a run on a terminal's screen costs: a panel, a frame of a long run, what is sent for a new point, the start.

    python benchmarks/terminal.py

Prints a table. Times are CPU time of this machine; ratios are between two things in the same run.
"""

from __future__ import annotations

import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from livemon.boards.model import Board, Header, Line, Panel, SummaryRow
from livemon.curves.thinning import Thinner
from livemon.views.terminal.ansi import as_text
from livemon.views.terminal.cells import Cells
from livemon.views.terminal.first_screen import first_screen
from livemon.views.terminal.plot import Pen, Rect, draw_panel

LOOKS = 200
COLUMNS = 900


def panel_of(points: int, key: str = "loss") -> Panel:
    """A panel of a raw and a smoothed curve, thinned as a board has them."""
    x = np.arange(points, dtype=np.float64)
    y = 3 * np.exp(-x / points * 5) + 0.3 * np.random.default_rng(0).standard_normal(points)
    smooth = 3 * np.exp(-x / points * 5)
    limits = (0.0, float(points))
    lines = tuple(Line(key, kind, *thinned(x, values, limits), "blue", f"train {values[-1]:.3f}", "train")
                  for kind, values in (("raw", y), ("main", smooth)))
    return Panel(key, key, limits, (-0.5, 4.0), lines=lines, x_label="step", metrics=(key,))


def thinned(x: np.ndarray, y: np.ndarray, limits: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """The points that a board would have of these."""
    if len(x) <= 4 * COLUMNS:
        return x, y
    thinner = Thinner(limits, COLUMNS)
    thinner.add(x, y)
    return thinner.polyline()


def board_of(points: int, panels: int = 6) -> Board:
    """A board of so many panels."""
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
    """What the stretches that differ take, each with a move of the cursor."""
    size = 0
    for row, first, end in after.changed(before):
        part = Cells(end - first, 1)
        part.text[0], part.ink[0] = after.text[row, first:end], after.ink[row, first:end]
        size += 8 + len(as_text(part, "256").encode())
    return size


def starts(folder: Path) -> tuple[float, float]:
    """CPU seconds up to the first screen of a run, and of importing Textual and pandas."""
    return start_of(folder), cpu_of([sys.executable, "-c", "import textual.app, pandas"])


def cpu_of(words: list[str]) -> float:
    """CPU seconds of a process."""
    before = os.times()
    subprocess.run(words, check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def start_of(folder: Path) -> float:
    """CPU seconds of a watch up to its first screen, and of ending it."""
    ours, theirs = pty.openpty()
    import fcntl
    import termios

    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen([sys.executable, "-m", "livemon", "watch", str(folder), "--view", "terminal"],
                               stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm-256color"})
    os.close(theirs)
    shown = b""
    while b"train_loss" not in shown:
        if select.select([ours], [], [], 60)[0]:
            shown += os.read(ours, 65536)
    ticks = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    process.kill()
    process.wait()
    os.close(ours)
    return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        (folder / "logs").mkdir(parents=True)
        rows = "".join(f"{step},{1 / (step + 1)}\n" for step in range(1000))
        (folder / "logs" / "metrics.csv").write_text("step,train_loss\n" + rows)
        start, imports = starts(folder)
    short, long = frames()
    screen, panel = sent_for_a_point()
    print("| what | measured | at most |\n| --- | --- | --- |")
    print(f"| a panel of 100 x 16 cells, CPU | {a_panel():.2f} ms | 2 ms |")
    print(f"| a frame of 120 x 40 at 10,000 points a curve, CPU | {short:.2f} ms | |")
    print(f"| the same at 10,000,000, times as much | {long / short:.2f} | 1.2 |")
    print(f"| sent for a new point, a panel | {panel:,} bytes | 2,048 bytes |")
    print(f"| sent for a new point, a screen whose axes move | {screen:,} bytes | 8,192 bytes |")
    print(f"| CPU up to the first screen, times that of importing Textual and pandas | {start / imports:.2f} | 2 |")


if __name__ == "__main__":
    main()
