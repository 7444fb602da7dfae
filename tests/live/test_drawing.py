from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from livemon.boards import Lens, OptionError
from livemon.boards.model import Board
from livemon.live.errors import CannotShowError
from livemon.live.screens import Screen
from livemon.system.atomic import HeldOpenError
from livemon.testing import RecordingView


def test_no_rows_only_the_clock_moves(new_bench: Any) -> None:
    """Without new rows a board is made once a second, however often files change; nothing is drawn twice."""
    bench = new_bench()
    bench.wakeups.heartbeat_seconds = 0.1
    bench.script(*[lambda: None] * 30)
    bench.monitor().run()
    assert 3 <= bench.maker.made <= 5
    assert len(bench.drawn) == len({board.header.age for board in bench.view.boards})


def test_a_slow_screen_keeps_its_own_pace(new_bench: Any) -> None:
    """A picture is rewritten at most every least_seconds while rows come, every idle_seconds while none do, and a quick
    view beside it is not held up."""
    bench = new_bench()
    quick, slow = RecordingView(), RecordingView()
    bench.wakeups.heartbeat_seconds = 0.1
    bench.script(*[bench.run.write] * 50, *[lambda: None] * 500)
    bench.monitor(Screen(quick), Screen(slow, least_seconds=2.0, idle_seconds=10.0)).run()
    rows_while_written = [board for board in slow.boards if board.header.metric != "rows 50"]
    assert len(rows_while_written) <= 3
    assert slow.boards[-1].header.metric == "rows 50"
    assert len(slow.boards) - len(rows_while_written) in (5, 6)
    assert len(quick.boards) > 90


def test_the_last_board_comes_at_any_pace(new_bench: Any) -> None:
    """The final board is drawn although the view's pace would not allow it yet."""
    bench = new_bench()

    def finish() -> None:
        bench.run.state = "finished"

    bench.script(bench.run.write, finish)
    bench.monitor(Screen(bench.view, least_seconds=1e9, idle_seconds=1e9)).run()
    assert [board.header.state for board in bench.view.boards] == ["running", "finished"]


def test_a_board_that_cannot_be_made(new_bench: Any) -> None:
    """When making a board fails, the last one stays up with the reason, and the watch goes on."""
    bench = new_bench()

    def fail_once() -> None:
        bench.maker.cost = lambda: None
        raise ZeroDivisionError("division by zero")

    def break_maker() -> None:
        bench.maker.cost = fail_once
        bench.run.write()

    bench.script(break_maker, bench.run.write)
    bench.monitor().run()
    assert bench.drawn == ["rows 0", "rows 0", "rows 2"]
    assert "division by zero" in bench.view.boards[1].header.problems[0]
    assert any("division by zero" in line for line in bench.said)


def test_a_first_board_with_a_meaningless_option(new_bench: Any) -> None:
    """An option that means nothing for this run ends the watch with its message."""
    bench = new_bench()

    def refuse() -> None:
        raise OptionError("no column 'wall'; there are step, epoch")

    bench.maker.cost = refuse
    with pytest.raises(CannotShowError, match="there are step, epoch"):
        bench.monitor().run()


def test_a_view_that_breaks(new_bench: Any) -> None:
    """A view that breaks is closed, and the watch ends with the reason."""
    bench = new_bench()

    def explode(board: Board) -> None:
        raise RuntimeError("no more colours")

    bench.view = RecordingView(explode)
    with pytest.raises(CannotShowError, match="no more colours"):
        bench.monitor().run()
    assert bench.view.calls[-1] == "close"


def test_a_full_disk_is_no_end(new_bench: Any) -> None:
    """A picture that could not be written is said once and tried again."""
    bench = new_bench()

    def write(board: Board) -> None:
        if bench.run.rows in (1, 2):
            raise OSError(28, "No space left on device")

    bench.view = RecordingView(write)
    bench.script(*[bench.run.write] * 3)
    bench.monitor().run()
    assert bench.drawn == ["rows 0", "rows 3"]
    assert sum("No space left" in line for line in bench.said) == 1


def test_a_picture_that_a_viewer_holds_open_is_no_end(new_bench: Any) -> None:
    """On Windows a picture of yesterday that a viewer holds open is no end of the watch: that is said once, and the
    picture is written as soon as it can be."""
    bench = new_bench()

    def write(board: Board) -> None:
        if bench.run.rows in (0, 1):
            raise HeldOpenError(13, "cannot write the picture live.png: another program holds it open")

    bench.view = RecordingView(write)
    bench.script(*[bench.run.write] * 3)
    bench.monitor().run()
    assert bench.drawn[-1] == "rows 3"
    assert sum("another program holds it open" in line for line in bench.said) == 1


def test_a_place_that_never_took_a_picture_is_an_end(new_bench: Any) -> None:
    """When the very first picture cannot be written, the watch ends with the reason."""

    def write(board: Board) -> None:
        raise PermissionError(13, "Permission denied", "live.png")

    bench = new_bench()
    bench.view = RecordingView(write)
    with pytest.raises(CannotShowError, match=r"Permission denied: live\.png"):
        bench.monitor().run()


def test_a_board_that_can_be_made_again(new_bench: Any) -> None:
    """Once a board can be made again, every view draws it, one that leaves the clock out too, though no row came."""
    bench = new_bench()

    def fail() -> None:
        raise ZeroDivisionError("division by zero")

    def break_maker() -> None:
        bench.maker.cost = fail
        bench.run.write()

    def heal() -> None:
        bench.maker.cost = lambda: None

    bench.script(break_maker, heal, lambda: None)
    bench.monitor(Screen(bench.view, idle_seconds=1e9)).run()
    assert [len(board.header.problems) for board in bench.view.boards] == [0, 1, 0]
    assert bench.drawn[-1] == "rows 1"


def test_nothing_is_drawn_after_stop(new_bench: Any) -> None:
    """A stop in the middle of a turn leaves the screens that were not drawn yet as they are."""
    bench = new_bench()
    first, second = RecordingView(lambda board: monitor.stop()), RecordingView()
    monitor = bench.monitor(first, second)
    monitor.run_once()
    assert (len(first.boards), len(second.boards)) == (1, 0)


def test_a_lens_that_is_asked_for_is_drawn_at_once(new_bench: Any) -> None:
    """A touch makes the next board through its lens, though no row came and the clock's second is not over; it is drawn
    on every screen."""
    bench = new_bench()
    seen: list[Lens] = []
    bench.maker.set_lens = seen.append
    monitor = bench.monitor()
    bench.wakeups.heartbeat_seconds = 0.01
    bench.script(lambda: None, lambda: monitor.set_lens(Lens(x="time")), lambda: None)
    monitor.run()
    assert seen == [Lens(x="time")]
    assert bench.maker.made == 2
    assert len(bench.drawn) == 2


def test_a_lens_that_means_nothing_changes_nothing(new_bench: Any) -> None:
    """A lens that the run refuses is said, and the watch goes on."""
    bench = new_bench()

    def refuse(lens: Lens) -> None:
        raise OptionError("no 'time' to draw over")

    bench.maker.set_lens = refuse
    monitor = bench.monitor()
    bench.script(lambda: monitor.set_lens(Lens(x="time")), bench.run.write)
    monitor.run()
    assert "no 'time' to draw over" in bench.said
    assert bench.drawn[-1] == "rows 1"


def test_a_clock_that_moves_seldom(new_bench: Any) -> None:
    """Where a screen shows the age of a row seldom, most of its boards are the last one with another clock, and a whole
    one is made now and then; after a minute without a row the heartbeat is a slow one."""
    bench = new_bench()
    bench.run.pace.last_row_at = 900.0
    bench.wakeups.heartbeat_seconds = 1.0
    bench.script(*[lambda: None] * 200)
    bench.monitor(Screen(bench.view, idle_seconds=lambda age: 5.0 if age < 200 else 15.0)).run()
    assert 15 <= len(bench.view.boards) <= 30 and 3 <= bench.maker.made <= 8
    assert len({board.header.age for board in bench.view.boards}) == len(bench.view.boards)
    assert bench.wakeups.is_idle
    bench = new_bench()
    bench.run.pace.last_row_at = 1000.0
    bench.script(lambda: None)
    bench.monitor(Screen(bench.view)).run()
    assert not bench.wakeups.is_idle


def test_a_board_that_says_more_is_drawn(new_bench: Any) -> None:
    """Where a board says that the next one says more, that is drawn, though no row came and its header is the same."""
    bench = new_bench()
    made = bench.maker.dashboard

    def dashboard(now: float | None = None) -> Board:
        board = made(now)
        header = replace(board.header, age="")
        return replace(board, header=header, is_complete=bench.maker.made > 2)

    bench.maker.dashboard = dashboard
    bench.wakeups.heartbeat_seconds = 0.5
    bench.script(*[lambda: None] * 20)
    bench.monitor().run()
    assert [board.is_complete for board in bench.view.boards] == [False, False, True]
