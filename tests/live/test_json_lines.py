from __future__ import annotations

import io
import json
import math
from pathlib import Path

import pytest

from livemon.boards.dashboard import BoardMaker
from livemon.boards.model import Board
from livemon.live.json_lines import JsonView
from livemon.live.monitor import Monitor
from livemon.live.recorded_boards import RecordedBoards
from livemon.live.screens import Screen
from livemon.runs.experiment import ExperimentLoader
from livemon.testing import HandClock, ScriptedWakeups


def write(folder: Path, rows: str = "1,0.5\n", columns: str = "step,train_loss") -> Path:
    """A run's folder."""
    folder.mkdir(exist_ok=True)
    (folder / "metrics.csv").write_text(f"{columns}\n{rows}")
    return folder


def test_a_line_is_strict_json(tmp_path: Path) -> None:
    """Each board is one line of strict JSON, the run object with the summary; what is not finite is a text."""
    run = ExperimentLoader(write(tmp_path / "run", "1,0.5\n2,nan\n3,inf\n"))
    run.refresh()
    boards = RecordedBoards(run, BoardMaker(run))
    stream = io.StringIO()
    JsonView(stream, boards=boards).draw(boards.dashboard(0.0))
    line = json.loads(stream.getvalue(), parse_constant=lambda constant: pytest.fail(f"{constant} is no JSON"))
    assert line["summary"]["metrics"]["train_loss"]["final"] == "Infinity"
    assert (line["schema"], line["rows"], line["format"]) == (1, 3, "CSV")
    assert (line["verdict"], line["findings"][0]["kind"]) == ("critical", "nan")
    assert stream.getvalue().count("\n") == 1


def test_a_line_shows_one_moment_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the board cannot be made of new rows, the line has the numbers of the board that it shows, and says so; when
    it can be made again, the next line has the new ones."""
    path = write(tmp_path / "run") / "metrics.csv"
    run = ExperimentLoader(tmp_path / "run")
    maker, stream, clock = BoardMaker(run), io.StringIO(), HandClock()
    make = maker.dashboard

    def fail(now: float | None = None) -> Board:
        raise ZeroDivisionError("division by zero")

    def append() -> None:
        monkeypatch.setattr(maker, "dashboard", fail)
        with path.open("a") as file:
            file.write("2,0.25\n")

    def heal() -> None:
        monkeypatch.setattr(maker, "dashboard", make)

    boards = RecordedBoards(run, maker)
    wakeups = ScriptedWakeups([append, heal, lambda: None], clock)
    screen = Screen(JsonView(stream, boards=boards), idle_seconds=math.inf)
    monitor = Monitor(run, [screen], boards, wakeups, timer=clock, notify=lambda text: None)
    wakeups.on_end = monitor.stop
    monitor.run()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["rows"] for line in lines] == [1, 1, 2]
    assert [line["summary"]["metrics"]["train_loss"]["final"] for line in lines] == [0.5, 0.5, 0.25]
    assert ["not up to date" in line["header"] for line in lines] == [False, True, False]
