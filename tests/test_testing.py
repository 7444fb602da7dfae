"""The fakes do what they stand for."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from livemon.boards.model import Board
from livemon.runs.experiment import ExperimentLoader
from livemon.system.wakeups import Wakeups
from livemon.testing import HandClock, RecordingView, ScriptedWakeups, ScriptedWriter


def rows_in(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_writer_appends_what_it_is_told(tmp_path: Path, line_end: str) -> None:
    """Each row stands in the file, under its column, as soon as it is appended, and `rows` says the same; what a row
    does not say is blank, and a comma in a text makes no cell."""
    writer = ScriptedWriter(tmp_path / "a" / "metrics.csv", ["step", "loss", "note"], line_end=line_end)
    writer.append(step=1, loss=0.5)
    writer.append(note="a,b", step=2)
    assert writer.path.read_bytes() == f'step,loss,note{line_end}1,0.5,{line_end}2,,"a,b"{line_end}'.encode()
    assert writer.rows == [{"step": 1, "loss": 0.5}, {"note": "a,b", "step": 2}]


def test_a_writer_grows_as_lightning_does(tmp_path: Path) -> None:
    """A new name empties the same file and writes it anew, with its columns in alphabetical order and the old rows
    blank there."""
    writer = ScriptedWriter(tmp_path / "metrics.csv", ["step", "loss"])
    writer.append(step=1, loss=0.5)
    inode = writer.path.stat().st_ino
    writer.append(step=2, acc=0.9)
    assert writer.path.read_text() == "acc,loss,step\n,0.5,1\n0.9,,2\n" and writer.path.stat().st_ino == inode
    assert writer.columns == ["acc", "loss", "step"]


def test_a_writer_tears_rewrites_and_deletes(tmp_path: Path) -> None:
    """Half a line stays half; a rewrite leaves other rows below the header; after a deletion the next row starts the
    file, with a header of its own."""
    writer = ScriptedWriter(tmp_path / "metrics.csv", ["step", "loss"])
    writer.append(step=1, loss=0.5)
    writer.tear("2,0.2")
    assert writer.path.read_text().endswith("\n2,0.2") and writer.rows == [{"step": 1, "loss": 0.5}]
    writer.rewrite([{"step": 7, "loss": 0.1}])
    assert rows_in(writer.path) == [{"step": "7", "loss": "0.1"}]
    writer.delete()
    assert not writer.path.exists() and writer.rows == []
    writer.append(step=9)
    assert writer.path.read_text() == "step\n9\n"


def test_a_writer_without_columns_writes_nothing_yet(tmp_path: Path) -> None:
    """Without columns there is the folder and no file, as before the first row of a training."""
    writer = ScriptedWriter(tmp_path / "run" / "metrics.csv")
    assert list(tmp_path.rglob("*")) == [tmp_path / "run"]
    writer.append(step=1, loss=0.5)
    assert ExperimentLoader(tmp_path / "run").refresh() == 1


def test_a_clock_stands_until_it_is_turned() -> None:
    """It says one time however often it is asked, and exactly the seconds more by which it is turned."""
    clock = HandClock(100.0)
    assert [clock(), clock()] == [100.0, 100.0]
    clock.advance(2.5)
    assert clock() == 102.5


def test_a_wait_does_the_next_thing_of_the_script() -> None:
    """One thing is done a wait, in order; behind the last one `on_end` is called each time, and without it an error
    stops the loop that still waits. What was asked of each wait is remembered."""
    done: list[str] = []
    wakeups = ScriptedWakeups([lambda: done.append("first"), lambda: done.append("second")])
    wakeups.wait()
    assert done == ["first"]
    wakeups.wait(3.0, rest=0.5)
    assert done == ["first", "second"] and wakeups.waits == [(None, 0.0), (3.0, 0.5)]
    with pytest.raises(AssertionError, match="still waits"):
        wakeups.wait()
    wakeups.on_end = lambda: done.append("end")
    wakeups.wait()
    wakeups.wait()
    assert done[2:] == ["end", "end"]


@pytest.mark.parametrize(("timeout", "rest", "seconds"), [
    (None, 0.0, 1.0), (None, 5.0, 5.0), (3.0, 0.5, 3.0), (0.25, 0.5, 0.5), (0.0, 0.0, 0.0),
])
def test_a_wait_turns_the_clock(timeout: float | None, rest: float, seconds: float) -> None:
    """A scripted wait turns the clock by what a real one would have taken, before the script goes on."""
    clock, seen = HandClock(0.0), []
    ScriptedWakeups([lambda: seen.append(clock())], clock).wait(timeout, rest=rest)
    assert seen == [seconds]


def test_the_scripted_wakeups_have_what_the_real_ones_have(tmp_path: Path) -> None:
    """All that others may use of the real ones is there, so that a monitor notices no difference."""
    with Wakeups([tmp_path / "metrics.csv"]) as real:
        public = {name for name in dir(real) if not name.startswith("_")}
    fake = ScriptedWakeups()
    assert public - set(dir(fake)) == set()
    fake.follow(["a", Path("b")])
    assert fake.followed == [Path("a"), Path("b")]


def test_a_view_remembers_every_board_that_it_showed() -> None:
    """Boards and calls are there in their order; a board over which the view breaks was asked for, and not shown."""
    boards = [Board.__new__(Board) for _ in range(3)]

    def draw(board: Board) -> None:
        if board is boards[1]:
            raise RuntimeError("broken")

    view = RecordingView(draw)
    view.open()
    view.draw(boards[0])
    with pytest.raises(RuntimeError, match="broken"):
        view.draw(boards[1])
    view.draw(boards[2])
    view.close()
    assert [id(board) for board in view.boards] == [id(boards[0]), id(boards[2])]
    assert view.calls == ["open", "draw", "draw", "draw", "close"]
