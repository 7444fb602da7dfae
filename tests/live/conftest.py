"""A monitor with everything around it faked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from livemon.boards.model import Board, Header
from livemon.live.monitor import Monitor
from livemon.live.screens import Screen
from livemon.testing import HandClock, RecordingView, ScriptedWakeups


@dataclass
class FakeRun:
    """A run whose rows come when the test says so."""

    rewriting = False
    anomalies = ()
    metric_names = ("loss",)
    moves = 0

    state: str = "running"
    rows: int = 0
    waiting_rows: int = 0
    fails: Exception | None = None
    refreshes: int = 0
    exp_dir: Path = Path("runs/exp1")
    metrics_path: Path | None = Path("runs/exp1/metrics.csv")
    files: list[Path] = field(default_factory=lambda: [Path("runs/exp1/metrics.csv")])
    reason: str | None = None
    why_no_rows: str = ""
    state_evidence: str = ""
    choice: str = ""
    pace: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(last_row_at=None))
    before_refresh: Callable[[], object] = field(default=lambda: None)
    table: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(n_rows=0))

    @property
    def ended(self) -> bool:
        return self.state in ("finished", "failed")

    @property
    def rows_version(self) -> int:
        return self.rows

    @property
    def tables(self) -> list[Any]:
        self.table.n_rows = self.rows
        return [self.table]

    def refresh(self) -> int:
        self.refreshes += 1
        self.before_refresh()
        if self.fails is not None:
            raise self.fails
        new, self.waiting_rows = self.waiting_rows, 0
        self.rows += new
        return new

    def note(self, kind: str, problem: str) -> None:
        """What the monitor itself finds odd is nothing to this run."""

    def write(self, rows: int = 1) -> None:
        self.waiting_rows += rows


class FakeMaker:
    """Boards that say how many rows the run had; the age in the header follows the clock."""

    def __init__(self, run: FakeRun, cost: Callable[[], object] = lambda: None) -> None:
        self.run = run
        self.made = 0
        self.cost = cost

    def dashboard(self, now: float) -> Board:
        self.made += 1
        self.cost()
        header = Header(run="exp1", state=self.run.state, metric=f"rows {self.run.rows}", age=f"{now:.0f}")
        return Board(title="exp1", header=header, panels=())

    def with_clock(self, board: Board, now: float) -> Board:
        return replace(board, header=replace(board.header, age=f"{now:.0f}"))


class Bench:
    """A monitor with everything around it faked."""

    def __init__(self, script: Sequence[Callable[[], object]] = (), **options: Any) -> None:
        self.clock = HandClock(1000.0)
        self.cpu = HandClock(0.0)
        self.run = FakeRun()
        self.view = RecordingView()
        self.maker = FakeMaker(self.run)
        self.said: list[str] = []
        self.shown: list[str] = []
        self.wakeups = ScriptedWakeups(script, self.clock)
        self.options = options

    def monitor(self, *screens: Screen | RecordingView) -> Monitor:
        monitor = Monitor(
            self.run, screens or [self.view], self.maker, self.wakeups,  # type: ignore[arg-type]
            clock=self.clock, timer=self.clock, cpu=self.cpu,
            notify=self.said.append, show=self.shown.append, **self.options,
        )
        self.wakeups.on_end = monitor.stop
        return monitor

    def script(self, *steps: Callable[[], object]) -> None:
        self.wakeups._script[:] = steps

    @property
    def drawn(self) -> list[str]:
        return [board.header.metric for board in self.view.boards]


@pytest.fixture
def new_bench() -> type[Bench]:
    """Makes a bench."""
    return Bench


@pytest.fixture
def fake_run() -> FakeRun:
    """A run with three rows."""
    return FakeRun(rows=3)
