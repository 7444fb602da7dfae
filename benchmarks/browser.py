"""The cost of the page of `--view browser`, in a real Chromium: each figure beside its goal.

    python benchmarks/browser.py [NAME ...] [--rows 40]

    append    from a row that is written to its pixel
    first     from the start of the command to the picture of a run of 1,000,000 values; TensorBoard beside it
    runs      500 runs of 2,000 points over each other: from the line that says that all are read to a page that can be
              used, which a browser opens as soon as the command prints its address; the page opened again; and a new
              point beside that of 5 runs
    update    12 panels of 4 curves: the page's own time for a board in which each has a new point
    cursor    the cursor that 200 panels share
    memory    of the process at 10,000,000 values, above that at 200,000
    weight    of the page, as it goes over the wire
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from livemon.boards.lens.value import Lens
from livemon.boards.model import Board, Header, Line, Panel
from livemon.boards.runs_maker import RunsMaker
from livemon.live.pace import JUDGING_SECONDS
from livemon.runs.experiment import ExperimentLoader
from livemon.testing import ScriptedWriter
from livemon.views.browser.view import BrowserView
from tests import chromium
from tests.chromium import Chromium, Tab
from tests.page import Proxy, watched

NOTES_ROWS = """window.drawn = {}; const take = livemon.update.bind(livemon);
livemon.update = (message) => { take(message); const step = livemon.board.panels.get('loss').lines.at(-1).x.at(-1);
requestAnimationFrame(() => requestAnimationFrame(() => { window.drawn[step] ??= Date.now(); })); }"""
PAINTED = "window.livemon && livemon.frames > 0 && document.querySelectorAll('canvas').length > 0"
NEXT_FRAME = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
FIRST = 200
PAUSE_SECONDS = 0.35
ROUNDS = 15


def share_of(times: list[float], share: float) -> float:
    """The time that this share of all times does not exceed."""
    return sorted(times)[int(share * (len(times) - 1))]


def verdict(is_met: bool) -> str:
    """A word for the end of a line."""
    return "met" if is_met else "NOT met"


# From the row to the pixel --------------------------------------------------------------------------------------------


def append(browser: Chromium, folder: Path, rows: int) -> None:
    """From a written row to its pixel."""
    writer = ScriptedWriter(folder / "run" / "metrics.csv", ["step", "train_loss", "val_loss"])
    for step in range(FIRST):
        writer.append(step=step, train_loss=1 / (step + 1))
    with watched(folder / "run") as view:
        tab = browser.tab(view.address)
        tab.wait(PAINTED)
        tab.do(NOTES_ROWS)
        written = {}
        for step in range(FIRST, FIRST + rows):
            time.sleep(PAUSE_SECONDS)
            written[step] = 1000 * time.time()
            writer.append(step=step, train_loss=1 / (step + 1))
        tab.wait(f"window.drawn[{FIRST + rows - 1}]")
        drawn = tab.do("window.drawn")
        tab.close()
    times = [drawn[str(step)] - at for step, at in written.items() if str(step) in drawn]
    late = share_of(times, 0.95)
    print(f"append to pixel: median {share_of(times, 0.5):.0f} ms, 95 % {late:.0f} ms (at most 150), "
          f"{len(times)} of {rows} rows in a frame of their own; {verdict(late <= 150)}")


# The first picture ----------------------------------------------------------------------------------------------------


class Command:
    """A watch in a separate process, which is followed as it prints.

    Attributes:
        began: When it was started, by `time.perf_counter`.
        printed: Its lines, and when each came.
        process: The process.
    """

    def __init__(self, *words: str | Path) -> None:
        self.began = time.perf_counter()
        self.printed: list[tuple[str, float]] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "livemon", "watch", *map(str, words), "--view", "browser", "--port", "0"], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONUNBUFFERED": "1"})
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed.append((line, time.perf_counter()))

    def wait(self, pattern: str) -> tuple[str, float]:
        """What it prints that matches, and when."""
        while self.process.poll() is None or self.printed:
            for line, at in list(self.printed):
                if match := re.search(pattern, line):
                    return match.group(), at
            if self.process.poll() is not None:
                break
            time.sleep(0.002)
        raise RuntimeError(f"livemon ended and never said {pattern}: {self.printed}")

    def end(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait()


@contextlib.contextmanager
def command(*words: str | Path) -> Iterator[tuple[Command, str]]:
    """A watch in a separate process; gives it, and its page's address."""
    made = Command(*words)
    try:
        yield made, made.wait(r"http://\S+")[0]
    finally:
        made.end()


def write_values(path: Path, rows: int, columns: int) -> None:
    """A run with that many values, written in blocks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(0)
    with path.open("w") as file:
        file.write(",".join(["step", "train_loss", *(f"metric_{i}" for i in range(1, columns))]) + "\n")
        for first in range(0, rows, 50_000):
            steps = np.arange(first, min(first + 50_000, rows))
            values = 2 / np.sqrt(steps[:, None] + 1.0) + 0.01 * generator.standard_normal((len(steps), columns))
            np.savetxt(file, np.column_stack([steps, values]), fmt=["%d"] + ["%.5g"] * columns, delimiter=",")


def first(browser: Chromium, folder: Path, rows: int) -> None:
    """From the start of the command to the picture; TensorBoard with its loader in Rust, until it returns a curve."""
    write_values(folder / "million" / "metrics.csv", 1_000_000, 1)
    times = []
    for _ in range(3):
        with command(folder / "million") as (watch, address):
            tab = browser.tab(address)
            tab.wait(f"{PAINTED} && livemon.board.panels.get('loss')?.points >= 1000000")
            tab.do(NEXT_FRAME)
            times.append(time.perf_counter() - watch.began)
            tab.close()
    print(f"first paint of 1,000,000 values: {statistics.median(times):.2f} s (at most 2), {times[0]:.2f} s the first "
          f"time; {verdict(statistics.median(times) <= 2)}")
    peer = tensorboard(folder)
    print("  TensorBoard until it hands out the curve, not yet drawn: " + (f"{peer:.2f} s" if peer else "not here"))


def tensorboard(folder: Path) -> float | None:
    """Seconds from the start of TensorBoard until it returns the curve of 1,000,000 values; None if it is not
    installed."""
    program = shutil.which("tensorboard", path=str(Path(sys.executable).parent)) or shutil.which("tensorboard")
    try:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.record_writer import RecordWriter
    except ImportError:
        return None
    if program is None:
        return None
    logs = folder / "events"
    logs.mkdir()
    with (logs / "events.out.tfevents.1.here").open("wb") as file:
        records = RecordWriter(file)
        for step in range(1_000_000):
            value = Summary.Value(tag="train_loss", simple_value=2 / (step + 1) ** 0.5)
            records.write(Event(wall_time=1.7e9 + step, step=step, summary=Summary(value=[value])).SerializeToString())
    began = time.perf_counter()
    process = subprocess.Popen([program, "--logdir", str(logs), "--port", "0", "--load_fast", "true"],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        address = next((match.group() for line in process.stdout if (match := re.search(r"http://\S+", line))), None)
        while address is not None and time.perf_counter() - began < 120:
            with contextlib.suppress(OSError, ValueError):
                url = f"{address}data/plugin/scalars/scalars?tag=train_loss&run=."
                points = json.loads(urllib.request.urlopen(url, timeout=20).read())
                if points and points[-1][1] == 999_999:
                    return time.perf_counter() - began
            time.sleep(0.05)
        return None
    finally:
        process.terminate()
        process.wait()


# Several runs ---------------------------------------------------------------------------------------------------------


class Runs:
    """Runs for a `RunsMaker`, read only when asked."""

    are_over = False
    are_all_read = True
    standings: object = None

    def __init__(self, folders: list[Path]) -> None:
        self.loaders = {folder.name: ExperimentLoader(folder) for folder in folders}

    def given(self) -> list[str]:
        """All runs."""
        return list(self.loaders)

    def runs(self, lens: Lens) -> Mapping[str, ExperimentLoader]:
        """All runs."""
        return self.loaders


def runs(browser: Chromium, folder: Path, rows: int) -> None:
    """500 runs over each other, and 5."""
    folders = []
    generator = np.random.default_rng(0)
    for number in range(500):
        path = folder / "many" / f"run{number:03d}"
        path.mkdir(parents=True)
        (path / "config.json").write_text(json.dumps({"lr": 10.0 ** -(number % 5), "seed": number // 5}))
        values = 2 / np.sqrt(np.arange(2000) + 1.0) + 0.01 * generator.standard_normal(2000)
        (path / "metrics.csv").write_text("step,loss\n" + "".join(f"{i},{v:.5g}\n" for i, v in enumerate(values)))
        folders.append(path)
    times = []
    for _ in range(3):
        with command(folder / "many" / "run*") as (watch, address):
            tab = opened(browser, address)
            usable = time.perf_counter()
            read = watch.wait("watching 500 runs")[1]
            times.append((usable - read, read - watch.began))
            tab.close()
    usable, read = (statistics.median(column) for column in zip(*times, strict=True))
    points: dict[int, list[float]] = {}
    for many in (5, 500, 5, 500):
        later, point = overlaid(browser, folders[:many])
        points.setdefault(many, []).append(point)
        if many == 500:
            second = later
    few, all_of_them = min(points[5]), min(points[500])
    print(f"500 runs x 2,000 points: a page that can be used {usable:.2f} s after reading (at most 2; each "
          f"{', '.join(f'{time:.2f}' for time, _ in times)}), {usable + read:.2f} s after the start; "
          f"{verdict(usable <= 2)}; opened again {second:.2f} s")
    print(f"  a new point of one of 500 runs: {1000 * all_of_them:.0f} ms until it is drawn, of one of 5: "
          f"{1000 * few:.0f} ms ({all_of_them / few:.2f} times; at most 1)")


def overlaid(browser: Chromium, folders: list[Path]) -> tuple[float, float]:
    """Seconds from opening a page again to one that can be used, and from a new row to its pixel (median)."""
    source = Runs(folders)
    for loader in source.loaders.values():
        loader.refresh()
    maker = RunsMaker(source)
    maker.judging_seconds = JUDGING_SECONDS  # as a watch does
    view = BrowserView(lambda words: None, port=0)
    view.open()
    view.maker = maker
    asked, ends = threading.Event(), threading.Event()
    view.ask = lambda lens: asked.set()
    asked.set()  # a watch makes the first board without being asked

    def answer() -> None:
        while not ends.is_set():
            if asked.wait(0.01):
                asked.clear()
                view.draw(maker.dashboard(time.time()))

    thread = threading.Thread(target=answer)
    thread.start()
    tab = opened(browser, view.address)
    ends.set()
    thread.join()
    while not (board := maker.dashboard(time.time())).is_complete:  # until all are judged
        view.draw(board)
        time.sleep(1)
    # One that is in colour: those behind are drawn anew once a second.
    name = tab.do("livemon.board.panels.get('loss').lines.find((line) => line.kind === 'main').run")
    path = source.loaders[name].exp_dir / "metrics.csv"
    before, times = path.read_text(), []
    for step in range(2000, 2000 + ROUNDS):
        with path.open("a") as file:
            file.write(f"{step},0.5\n")
        started = time.perf_counter()
        source.loaders[name].refresh()
        view.draw(maker.dashboard(time.time()))
        tab.wait(f"livemon.board.panels.get('loss').lines.some((line) => line.x.at(-1) === {step})")
        tab.do(NEXT_FRAME)
        times.append(time.perf_counter() - started)
        time.sleep(0.05)
    path.write_text(before)
    tab.close()
    began = time.perf_counter()
    tab = opened(browser, view.address)
    later = time.perf_counter() - began
    tab.close()
    view.close()
    return later, statistics.median(times)


def opened(browser: Chromium, address: str) -> Tab:
    """A page that is drawn."""
    tab = browser.tab(address)
    tab.wait(PAINTED)
    tab.do(NEXT_FRAME)
    return tab


# In the page ----------------------------------------------------------------------------------------------------------


def board_of(panels: int, points: int) -> Board:
    """Panels of four curves with two points per pixel."""
    x = np.arange(points, dtype=np.float64)
    made = []
    for number in range(panels):
        lines = tuple(Line(f"metric_{number}_{i}", "main", x, np.sin(x / (40 + number + 5 * i)) + i, colour)
                      for i, colour in enumerate(("blue", "orange", "green", "purple")))
        made.append(Panel(f"panel{number}", f"panel {number}", (0.0, 2000.0), (-1.0, 5.0), lines=lines,
                          points=4 * points, metrics=tuple(line.metric for line in lines), x_label="step"))
    return Board("run", Header("run", "running"), tuple(made), lens=Lens(max_panels=1000), axes=("step",),
                 x_kind="step")


@contextlib.contextmanager
def shown(browser: Chromium, board: Board) -> Iterator[tuple[BrowserView, Tab]]:
    """A page that shows a board."""
    view = BrowserView(lambda words: None, port=0)
    view.open()
    view.draw(board)
    view.ask = lambda lens: view.draw(board)
    tab = browser.tab(view.address, height=1300)
    tab.wait(PAINTED)
    try:
        yield view, tab
    finally:
        tab.close()
        view.close()


# From a message to pixels: the page's own time, uPlot's drawing, which waits for the end of the task, and the layout.
TIMES_DRAWING = """window.took = []; const take = livemon.update.bind(livemon); livemon.update = (message) => {
    const began = performance.now(); take(message);
    Promise.resolve().then(() => Promise.resolve()).then(() => { document.body.offsetHeight;
        for (const canvas of document.querySelectorAll('canvas')) canvas.getContext('2d').getImageData(0, 0, 1, 1);
        window.took.push(performance.now() - began); }); }; undefined"""


def update(browser: Chromium, folder: Path, rows: int) -> None:
    """12 panels of 4 curves: from the message to pixels, which are read back to make sure that they are there."""
    with shown(browser, board_of(12, 1800)) as (view, tab):
        tab.do(TIMES_DRAWING)
        for number in range(ROUNDS):
            view.draw(board_of(12, 1801 + number))
            tab.wait(f"window.took.length === {number + 1}")
        times = tab.do("window.took")
        canvases = tab.do("document.querySelectorAll('canvas').length")
    late = share_of(times, 0.95)
    print(f"12 panels x 4 curves, a new point each: {share_of(times, 0.5):.1f} ms to their pixels, 95 % {late:.1f} ms "
          f"(at most 50), {canvases} of them drawn; {verdict(late <= 50)}")


# Moves of a real mouse: the time of the page's handlers and of the frame in which the panels follow, with its layout.
TIMES_CURSOR = """window.took = []; const follow = livemon.follow.bind(livemon); livemon.follow = () => {
    const began = performance.now(); follow(); document.body.offsetHeight;
    window.took.push(performance.now() - began + (window.handled || 0)); window.handled = 0; };
    const at = livemon.pointAt.bind(livemon); livemon.pointAt = (x) => { const began = performance.now(); at(x);
    window.handled = (window.handled || 0) + performance.now() - began; }; undefined"""


def cursor(browser: Chromium, folder: Path, rows: int) -> None:
    """The cursor that 200 panels share: the page's own time from a move of the mouse to a frame with its layout."""
    with shown(browser, board_of(200, 1800)) as (_, tab):
        tab.wait("[...livemon.views.values()].some((one) => one.isSeen && one.plot)")
        x, y = tab.do("(() => { const box = [...livemon.views.values()].find((one) => one.isSeen && one.plot).plot.over"
                      ".getBoundingClientRect(); return [box.x, box.y + box.height / 2]; })()")
        tab.do(TIMES_CURSOR)
        for place in range(60):
            tab.mouse("mouseMoved", x + 5 * place, y)
            tab.do(NEXT_FRAME)
        times = tab.do("window.took")
        views = tab.do("[livemon.views.size, [...livemon.views.values()].filter((one) => one.isSeen).length]")
    late = share_of(times, 0.95)
    print(f"cursor over {views[0]} panels, {views[1]} of them on the screen: {share_of(times, 0.5):.1f} ms, 95 % "
          f"{late:.1f} ms (at most 16.7) in {len(times)} frames; {verdict(late <= 16.7)}")


# The process ----------------------------------------------------------------------------------------------------------


def megabytes(process: int, what: str) -> float:
    """VmRSS or VmHWM of a process."""
    match = re.search(rf"{what}:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert match is not None
    return int(match.group(1)) / 1024


def memory(browser: Chromium, folder: Path, rows: int) -> None:
    """The process with 10,000,000 values, above that with 200,000, which are enough for an import of pandas."""
    write_values(folder / "few" / "metrics.csv", 20_000, 10)
    write_values(folder / "ten million" / "metrics.csv", 1_000_000, 10)
    used: dict[str, tuple[float, float]] = {}
    for name in ("few", "ten million"):
        with command(folder / name) as (watch, address):
            tab = browser.tab(address)
            tab.wait(PAINTED)
            time.sleep(3)
            used[name] = megabytes(watch.process.pid, "VmRSS"), megabytes(watch.process.pid, "VmHWM")
            tab.close()
    above = (used["ten million"][0] - used["few"][0]) / 0.98
    print(f"memory per 10,000,000 values: {above:.0f} MB, {used['few'][0]:.0f} MB at 200,000 (at most 200), "
          f"{used['ten million'][1] - used['few'][1]:.0f} MB at the most; {verdict(above <= 200)}")


def weight(browser: Chromium, folder: Path, rows: int) -> None:
    """All that a first visit loads, as it goes over the wire: compressed."""
    write_values(folder / "run" / "metrics.csv", 1000, 3)
    with watched(folder / "run") as view, Proxy(view.address) as proxy:
        tab = browser.tab(proxy.address)
        tab.wait(PAINTED)
        loaded = {path: length for path, length in proxy.sent.items() if not path.startswith("stream")}
        tab.close()
    weighs = sum(loaded.values())
    print(f"page: {weighs:,} bytes over the wire, {len(loaded)} files (at most 150,000); {verdict(weighs <= 150_000)}")


PARTS: dict[str, Callable[[Chromium, Path, int], None]] = {
    "append": append, "first": first, "runs": runs, "update": update, "cursor": cursor, "memory": memory,
    "weight": weight,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", choices=[*PARTS, []])
    parser.add_argument("--rows", type=int, default=40)
    words = parser.parse_args()
    program = chromium.find()
    if program is None:
        sys.exit("no Chromium here (Debian: apt-get install chromium)")
    for name in words.names or PARTS:
        browser = Chromium(program)
        with tempfile.TemporaryDirectory() as folder:
            os.environ["LIVEMON_STATE"], os.environ["LIVEMON_CACHE"] = f"{folder}/state", f"{folder}/cache"
            PARTS[name](browser, Path(folder), words.rows)
        browser.close()
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
