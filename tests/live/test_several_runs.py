"""The loop that follows several runs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from livemon.boards import Lens
from livemon.boards.model import Board
from livemon.boards.runs_maker import RunsMaker
from livemon.live.messages import Messages
from livemon.live.pace import LoopPace
from livemon.live.screens import Screen
from livemon.live.several_runs import SeveralMonitor, ShownRuns
from livemon.live.shown_run import RESTS_SECONDS
from livemon.runs.run_selection import select_runs
from livemon.runs.watched_runs import WatchedRuns

pytestmark = pytest.mark.filterwarnings("ignore:.*config")


def begin(folder: Path, state: str = "", rows: int = 30) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "metrics.csv").write_text("step,loss\n" + "".join(f"{step},{1 / (1 + step)}\n" for step in range(rows)))
    if state:
        (folder / "livemon.json").write_text(json.dumps({"livemon": 1, "state": state}))


class Watch:
    """A watch of `ours_*` in a folder, turned by hand; a second passes from turn to turn."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.boards: list[Board] = []
        self.lines: list[str] = []
        self.saved = 0
        self.now = 1e9
        view: Any = SimpleNamespace(open=lambda: None, draw=self.boards.append, close=lambda: None)
        pace = LoopPace(self.time, lambda: 0.0)
        messages = Messages(self.lines.append)
        pattern = str(folder / "ours_*")
        self.shown = ShownRuns(WatchedRuns(lambda: select_runs([pattern]).dirs), messages, pace, [pattern], self.time)
        wakeups: Any = SimpleNamespace(interrupt=lambda: None, wake_now=lambda: None, follow=lambda files: None,
                                       wait=self.pass_time, degraded=None, is_idle=False)
        self.monitor = SeveralMonitor(self.shown, [Screen(view)], RunsMaker(self.shown), wakeups, pace,
                                      messages=messages, save=self.save, show=self.lines.append, clock=self.time,
                                      timer=self.time, **options)

    def time(self) -> float:
        return self.now

    def pass_time(self, timeout: float | None = None, *, rest: float = 0.0) -> None:
        self.now += 1.0

    def save(self) -> list[Path]:
        self.saved += 1
        return [Path("comparison.png")]

    def run_once(self) -> Board:
        self.now += 1.5
        self.monitor.run_once()
        return self.boards[-1]


def test_a_run_that_begins_joins_and_is_said(tmp_path: Path) -> None:
    """It is drawn with the others from the next look on, and a line says so."""
    begin(tmp_path / "ours_1")
    watch = Watch(tmp_path)
    assert watch.run_once().title == "ours_1"
    begin(tmp_path / "ours_2")
    board = watch.run_once()
    assert board.title == "2 runs" and board.header.progress == ("over step",)  # both run, as the header says
    assert watch.lines == ["ours_2 has begun, and is shown too"]


def test_the_watch_ends_with_the_last_run(tmp_path: Path) -> None:
    """Runs that have ended stay on show while others train; when all have, the plots are saved once, and it ends."""
    begin(tmp_path / "ours_1", "finished")
    begin(tmp_path / "ours_2")
    watch = Watch(tmp_path)
    board = watch.run_once()
    assert board.header.state == "running" and board.header.progress[0] in (
        "1 finished, 1 running", "1 running, 1 finished")
    assert {line.run for line in board.panels[0].lines} == {"ours_1", "ours_2"} and watch.saved == 0
    begin(tmp_path / "ours_2", "failed", 40)
    watch.monitor.run()
    assert watch.saved == 1 and watch.lines[-1] == "comparison.png" and watch.shown.have_failed
    assert watch.boards[-1].header.state == "failed"


def test_a_window_stays_open(tmp_path: Path) -> None:
    """With `keep_open` it goes on after the end: what is logged later is shown, and plots are saved once for it."""
    begin(tmp_path / "ours_1", "finished")
    watch = Watch(tmp_path, keep_open=True)
    watch.run_once()
    watch.run_once()
    assert watch.saved == 1


def test_another_lens_is_shown_at_once(tmp_path: Path) -> None:
    """The next board is made through the lens that was asked for."""
    begin(tmp_path / "ours_1")
    begin(tmp_path / "ours_2")
    watch = Watch(tmp_path)
    watch.run_once()
    watch.monitor.set_lens(Lens(hidden_runs=("ours_1",), run_list=True))
    board = watch.run_once()
    assert {line.run for line in board.panels[0].lines} == {"ours_2"} and len(board.runs) == 2


def test_a_run_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """The others go on, the header says which it is, and it is tried again."""
    begin(tmp_path / "ours_1")
    begin(tmp_path / "ours_2")
    watch = Watch(tmp_path)
    watch.run_once()
    run = watch.shown.runs(Lens())["ours_1"]
    refresh = run.refresh

    def fail() -> int:
        raise OSError("the disk is gone")

    run.refresh = fail  # type: ignore[method-assign]
    assert watch.run_once().header.problems[0].startswith("cannot read ours_1")
    run.refresh = refresh  # type: ignore[method-assign]
    assert watch.run_once().header.problems == ()


def test_a_run_of_which_nobody_knows_how_it_goes_rests_too(tmp_path: Path) -> None:
    """With `until` stalled a run without a rhythm is waited for as long as a watch of that run alone waits."""
    folder = tmp_path / "ours_1"
    folder.mkdir()
    (folder / "metrics.csv").write_text("step,loss\n1,2\n")
    os.utime(folder / "metrics.csv", (0, 1e9))
    now = [1e9 + RESTS_SECONDS - 60]
    pattern = str(tmp_path / "ours_*")
    watched, pace = WatchedRuns(lambda: select_runs([pattern]).dirs), LoopPace(lambda: 0.0, lambda: 0.0)
    shown = ShownRuns(watched, Messages(print), pace, [pattern], clock=lambda: now[0])
    shown.refresh()
    assert not shown.are_over and not shown.rest
    now[0] += 120
    assert shown.rest
