"""The cost of a frame: a steady frame against a full draw of the same figure, and with a million points per curve
against ten thousand; the cost of interaction: the frame after a zoom with ten million points against ten thousand, the
frames of the cursor and of other keys against a full draw; and a new row in one of 60 runs in one window against a
single run, read from its file.

A steady frame is a new row that needs no new axes: the board is made, the artists get their data, the background is
restored and the moving artists are drawn. CPU time, pinned to one core if the system can, median of 7 rounds; the
control is the peer against itself: the difference of two equal things is noise. Drawn on matplotlib's Agg canvas,
without a screen."""

from __future__ import annotations

import itertools
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from livemon.boards import Lens
from livemon.boards.dashboard import BoardMaker
from livemon.boards.lens.stretch import Stretch
from livemon.boards.model import Board
from livemon.boards.runs_maker import RunsMaker
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.rows_version import rows_version
from livemon.tables import meaning, names
from livemon.tables.table import Block, Cells, Table
from livemon.views.mpl.blitting import Blitter
from livemon.views.mpl.touch.overlay import Touched as OnTop
from livemon.views.style import context

ROUNDS = int(os.environ.get("ROUNDS", "7"))
FRAMES = 5  # in a round
A_SECOND = 20  # frames: once per second a watch looks at each quiet run; each round includes that


class Canvas(FigureCanvasAgg):
    """Agg without a screen: showing the picture is the toolkit's work, the same for a blit and a full draw."""

    def blit(self, bbox: Any = None) -> None:
        """Nothing to copy to."""


@dataclass
class Run:
    """A training in memory that can be continued."""

    tables: list[Table] = field(default_factory=lambda: [Table()])
    exp_dir: Path = Path("run")
    name: str = "run"
    label: str = "run"
    config: dict[str, Any] = field(default_factory=lambda: {"model": "transformer", "lr": 5e-4, "batch_size": 128})
    origin: dict[str, Any] = field(default_factory=dict)
    total_steps: int | None = None
    total_epochs: int | None = None
    state: str = "running"
    reason: str | None = None
    state_evidence: str = ""
    ended: bool = False
    pace: Any = field(default_factory=lambda: SimpleNamespace(last_row_at=1e9, usual_seconds=1.0))
    anomalies: list[Any] = field(default_factory=list)
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(7))

    @property
    def rows_version(self) -> object:
        """Another one with each row."""
        return rows_version(self)

    @property
    def metric_names(self) -> list[str]:
        """Columns that are not axes."""
        return [name for name in self.tables[-1].columns if not names.is_x(name)]

    def x_column(self, kind: Any = None) -> str | None:
        """The column of this axis."""
        return names.find_x(kind or "step", self.tables[-1].columns)

    def direction(self, metric: str) -> meaning.Direction | None:
        """The better direction."""
        return meaning.direction(metric)

    def main_metric(self, among: Iterable[str] | None = None) -> str | None:
        """The main metric."""
        return meaning.main_metric(self.metric_names if among is None else among)

    def at_one_moment(self) -> AbstractContextManager[None]:
        """A block in which the run does not change."""
        return nullcontext()

    def go_on(self, rows: int) -> None:
        """Log so many more rows."""
        done = self.tables[-1].n_rows
        step = np.arange(done, done + rows, dtype=np.float64)
        fade = np.exp(-step / 2e5)

        def noisy(values: NDArray[np.float64], share: float) -> NDArray[np.float64]:
            return values * (1 + share * self.random.standard_normal(rows))

        columns = {
            "step": step,
            "train_loss": noisy(2 + 3 * fade, 0.03),
            "val_loss": noisy(2.2 + 2.8 * fade, 0.01),
            "train_perplexity": noisy(np.exp(2 + 3 * fade), 0.05),
            "val_acc": noisy(0.9 - 0.5 * fade, 0.01),
            "grad_norm": np.abs(noisy(0.1 + fade, 0.3)),
            "learning_rate": 1e-3 * (0.1 + 0.9 * fade),
            "tokens_per_second": noisy(np.full(rows, 7e4), 0.02),
            "mae": noisy(1 + fade, 0.1),
            "entropy": noisy(3 - fade, 0.02),
        }
        self.tables[-1].append(Block(rows, {name: Cells(values) for name, values in columns.items()}))


class Watched:
    """A run watched in a window: 9 panels, 1600 x 900 pixels."""

    def __init__(self, points: int) -> None:
        self.run = Run()
        self.run.go_on(points)
        self.maker = BoardMaker(self.run)
        with context("dark"):
            figure = Figure(figsize=(16, 9), dpi=100)
            self.canvas = Canvas(figure)
            self.blitter = Blitter(figure, "dark")
        for _ in range(3):  # for caches, and limits that settle
            self.frame()

    def board(self) -> Board:
        """The board with one more row."""
        self.run.go_on(1)
        return self.maker.dashboard(1e9)

    def frame(self) -> None:
        """Show one more row."""
        self.blitter.show(self.board())

    def frames_without_full_draw(self, do: Callable[[], None]) -> float:
        """CPU seconds of one of `FRAMES` steady frames; a round in which limits grew is not steady, and is repeated."""
        while True:
            before, started = self.blitter.full_draws, time.process_time()
            for _ in range(FRAMES):
                do()
            spent = time.process_time() - started
            if self.blitter.full_draws == before:
                return spent / FRAMES


def seconds(do: Callable[[], object], frames: int = FRAMES) -> float:
    started = time.process_time()
    for _ in range(frames):
        do()
    return (time.process_time() - started) / frames


def seconds_of(do: Callable[[], object]) -> float:
    started = time.process_time()
    do()
    return time.process_time() - started


def report(name: str, ours: list[float], peer: list[float], control: list[float], goal: float) -> bool:
    ours_s, peer_s, control_s = (statistics.median(column) for column in (ours, peer, control))
    reached = ours_s / peer_s <= goal
    print(
        f"{name:56} {1000 * ours_s:6.1f} ms / {1000 * peer_s:6.1f} ms = {ours_s / peer_s:.2f}x "
        f"(control {control_s / peer_s:.2f}x, goal {goal}x) {'ok' if reached else 'MISSED'}"
    )
    return reached


def steady_against_full() -> bool:
    """Only drawing: the boards are made in advance."""
    watched = Watched(20_000)
    panels = len(watched.blitter.painter.panels)
    boards = iter([watched.board() for _ in range(2000)])
    rows = []
    for _ in range(ROUNDS):
        steady = watched.frames_without_full_draw(lambda: watched.blitter.show(next(boards)))
        rows.append((steady, seconds(watched.canvas.draw), seconds(watched.canvas.draw)))
    ours, peer, control = (list(column) for column in zip(*rows, strict=True))
    return report(f"steady frame / full canvas.draw(), {panels} panels", ours, peer, control, 0.25)


def many_against_few() -> bool:
    """The board and its drawing."""
    many, few, few_again = Watched(1_000_000), Watched(10_000), Watched(10_000)
    rows = [tuple(one.frames_without_full_draw(one.frame) for one in (many, few, few_again)) for _ in range(ROUNDS)]
    ours, peer, control = (list(column) for column in zip(*rows, strict=True))
    return report("steady frame, 1,000,000 points a curve / 10,000", ours, peer, control, 1.3)


class Touched(Watched):
    """A run seen through one lens after the other."""

    def __init__(self, points: int) -> None:
        self.points = points
        super().__init__(points)
        self.zooms = itertools.cycle([0.1, 0.25, 0.4, 0.55])
        self.zoom()  # smoothed curves are kept

    def look(self, lens: Lens) -> None:
        """The frame through a lens, with one more row."""
        self.maker.set_lens(lens)
        self.frame()

    def zoom(self) -> None:
        """The frame after a zoom to a third of the run."""
        begin = next(self.zooms) * self.points
        self.look(Lens(zoom=Stretch(begin, begin + self.points / 3)))


def zoomed_many_against_few() -> bool:
    """The board and its drawing; the whole run was smoothed before."""
    many, few, few_again = Touched(10_000_000), Touched(10_000), Touched(10_000)
    rows = [tuple(seconds(one.zoom) for one in (many, few, few_again)) for _ in range(ROUNDS)]
    ours, peer, control = (list(column) for column in zip(*rows, strict=True))
    return report("frame after a zoom, 10,000,000 points a curve / 10,000", ours, peer, control, 2.0)


def cursor_against_full(watched: Touched) -> bool:
    """The pointer moves; the board stays the same."""
    places = itertools.cycle(np.linspace(100.0, 19_000.0, 97).tolist())
    key = watched.maker.dashboard(1e9).panels[0].key

    def move() -> None:
        watched.blitter.touch(OnTop(next(places), key))

    move()
    rows = [(seconds(move), seconds(watched.canvas.draw), seconds(watched.canvas.draw)) for _ in range(ROUNDS)]
    ours, peer, control = (list(column) for column in zip(*rows, strict=True))
    return report("the cursor's frame / full canvas.draw()", ours, peer, control, 0.25)


def keys_against_full(watched: Touched) -> bool:
    """One lens after the other, as keys ask for them; the worst one counts."""
    whole = Lens()
    lenses = {
        "limits": Lens(limits="full"), "hide": Lens(hidden=("mae",)), "log": Lens(log=("val_acc",)),
        "smooth": Lens(smooth=0.9), "large": Lens(large="loss"), "pin": Lens(pinned=("entropy",)), "x": Lens(x="row"),
        "mark": Lens(mark=5_000.0), "end": Lens(zoom=Stretch(last=10, percent=True)),
    }
    for lens in lenses.values():
        watched.look(lens)
    reached = []
    for name, lens in lenses.items():
        turns = itertools.cycle([lens, whole])
        spent: list[tuple[float, float, float]] = []
        for _ in range(2 * ROUNDS):  # the frame of a picture against full draws of the same picture
            look = next(turns)
            spent.append((seconds_of(lambda look=look: watched.look(look)),  # type: ignore[misc]
                          seconds_of(watched.canvas.draw), seconds_of(watched.canvas.draw)))
        pairs = zip(spent[::2], spent[1::2], strict=True)  # there and back
        rows = [tuple((there + back) / 2 for there, back in zip(*pair, strict=True)) for pair in pairs]
        ours, peer, control = (list(column) for column in zip(*rows, strict=True))
        reached.append(report(f"frame after a key: {name}, and back / full canvas.draw()", ours, peer, control, 1.5))
    return all(reached)


class Several:
    """A number of runs in files, in one window."""

    def __init__(self, folder: Path, runs: int, rows: int = 2000) -> None:
        self.now = 2e9
        self.loaders: dict[str, ExperimentLoader] = {}
        for number in range(runs):
            path = folder / f"run{number:02d}"
            path.mkdir(parents=True)
            (path / "config.json").write_text(f'{{"lr": {10.0 ** -(number % 4)}, "seed": {number}}}')
            names = "step,train_loss,val_loss,val_acc,grad_norm,learning_rate,mae\n"
            rows_of = "".join(self.row(number, step) for step in range(rows))
            (path / "metrics.csv").write_text(names + rows_of)
            self.loaders[path.name] = ExperimentLoader(path)
        self.steps = rows
        for run in self.loaders.values():
            run.refresh()
        self.maker = RunsMaker(self, clock=lambda: self.now)
        with context("dark"):
            figure = Figure(figsize=(16, 9), dpi=100)
            self.canvas = Canvas(figure)
            self.blitter = Blitter(figure, "dark")
        for _ in range(4):
            self.frame()

    def given(self) -> list[str]:
        """All runs."""
        return list(self.loaders)

    def runs(self, lens: Lens) -> dict[str, ExperimentLoader]:
        """All runs."""
        return self.loaders

    standings, are_over, are_all_read = None, False, True

    @staticmethod
    def row(number: int, step: int) -> str:
        """A row of a run that learns."""
        fade = np.exp(-step / 500)
        noise = ((step * 7919 + number * 104729) % 1000) / 1000
        level = 1 + number / 30
        return (f"{step},{level + fade + 0.05 * noise:.5f},{level + 1.1 * fade:.5f},{0.9 - 0.5 * fade:.5f},"
                f"{0.1 + 0.3 * noise:.5f},{1e-3 * fade:.3e},{level * (1 + fade):.5f}\n")

    def frame(self) -> None:
        """Show one more row of the first run, which is the best, a twentieth of a second later."""
        self.now += 0.05
        with open(self.loaders["run00"].exp_dir / "metrics.csv", "a", encoding="utf-8") as file:
            file.write(self.row(0, self.steps))
        self.steps += 1
        for number, run in enumerate(self.loaders.values()):
            if number == 0 or number % A_SECOND == self.steps % A_SECOND:  # as a watch looks at quiet runs
                run.refresh()
        self.blitter.show(self.maker.dashboard(self.now))


def sixty_against_one() -> bool:
    """Reading, the board and its drawing, with what is done once per second for the runs without new rows. 60 runs show
    more: six coloured curves with names, the others behind them, and the best values in rows."""
    with tempfile.TemporaryDirectory() as folder:
        many, one, again = (Several(Path(folder) / name, runs) for name, runs in (("a", 60), ("b", 1), ("c", 1)))
        rows = []
        for _ in range(ROUNDS):
            rows.append(tuple(seconds(watched.frame, A_SECOND) for watched in (many, one, again)))
    ours, peer, control = (list(column) for column in zip(*rows, strict=True))
    return report("frame with a new row, 60 runs / one run", ours, peer, control, 1.25)


def main() -> int:
    if sys.platform == "linux":
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    reached = [steady_against_full(), many_against_few()]
    watched = Touched(20_000)
    reached += [cursor_against_full(watched), keys_against_full(watched), zoomed_many_against_few()]
    reached.append(sixty_against_one())
    return 0 if all(reached) else 1


if __name__ == "__main__":
    sys.exit(main())
