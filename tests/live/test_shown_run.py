from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from livemon.live.messages import Messages
from livemon.live.pace import LoopPace
from livemon.live.shown_run import LAST_LOOKS, ShownRun
from livemon.testing import HandClock


def test_unreadable_is_shown_and_tried_again(new_bench: Any) -> None:
    """A file that cannot be read is a problem in the header and on stderr, once, and goes when it can be read again."""
    bench = new_bench()

    def fail() -> None:
        bench.run.fails = PermissionError(13, "Permission denied", "metrics.csv")

    def heal() -> None:
        bench.run.fails = None
        bench.run.write()

    bench.script(fail, lambda: None, heal)
    bench.monitor().run()
    problems = [board.header.problems for board in bench.view.boards]
    assert problems[0] == ()
    assert "metrics.csv" in problems[1][0]
    assert problems[-1] == ()
    assert sum("metrics.csv" in line for line in bench.said) == 1


def test_waiting_is_said_once(new_bench: Any) -> None:
    """A run without metrics is waited for, and the user is told once what is waited for."""
    bench = new_bench()
    bench.run.state, bench.run.metrics_path = "waiting", None
    bench.script(*[lambda: None] * 5)
    bench.monitor().run()
    assert len(bench.said) == 1
    assert "runs/exp1" in bench.said[0]
    assert "waiting" in bench.said[0]


@pytest.mark.parametrize(("usual", "age", "ends"), [
    (None, 590.0, "finished"), (None, 601.0, "unknown"), (2.0, 55.0, "finished"), (2.0, 61.0, "unknown"),
    (20.0, 190.0, "finished"), (20.0, 201.0, "unknown"),
])
def test_a_file_that_nobody_writes_rests_too(usual: float | None, age: float, ends: str, new_bench: Any) -> None:
    """`until="stalled"` ends where no row has come for ten minutes, also where how often one comes was never known;
    where that is known, after a minute or ten times as long."""
    bench = new_bench(until="stalled")
    run = bench.run
    run.pace = SimpleNamespace(last_row_at=bench.clock.now - age, usual_seconds=usual)
    bench.script(lambda: setattr(run, "state", "unknown"), lambda: setattr(run, "state", "finished"))
    bench.monitor().run()
    assert run.state == ends


@pytest.mark.parametrize(
    ("usual", "age", "silent"), [(0.1, 4.0, False), (0.1, 6.0, True), (2.0, 19.0, False), (2.0, 21.0, True),
                                 (None, 1e6, False)],
)
def test_when_a_run_is_silent(usual: float | None, age: float, silent: bool, fake_run: Any) -> None:
    """A run is silent when no row has come for ten times as long as usual, five seconds at least; never where it is not
    known what is usual."""
    clock = HandClock()
    fake_run.pace = SimpleNamespace(last_row_at=clock.now - age, usual_seconds=usual)
    shown = ShownRun(fake_run, Messages(print), LoopPace(clock, clock), clock)
    shown.refresh()
    assert shown.is_silent() is silent
    assert shown.trains() is not silent


def test_a_state_that_could_not_be_read_stays(fake_run: Any) -> None:
    """Where the run cannot be read, the state from before is kept, and the version tells that there is a problem."""
    clock = HandClock()
    shown = ShownRun(fake_run, Messages(lambda text: None), LoopPace(clock, clock), clock)
    shown.refresh()
    version = shown.version
    fake_run.state, fake_run.fails = "finished", PermissionError(13, "Permission denied")
    shown.refresh()
    assert (shown.state, shown.problem) == ("running", "cannot read: Permission denied")
    assert shown.version != version


def test_a_file_that_is_rewritten_for_ever_is_not_waited_for(fake_run: Any) -> None:
    """At the end a file that is being rewritten is read again, a bounded number of times."""
    waits = []
    fake_run.rewriting = True
    shown = ShownRun(fake_run, Messages(print), LoopPace(HandClock(), HandClock()), HandClock())
    shown.refresh_to_the_end(SimpleNamespace(wait=lambda seconds: waits.append(seconds)))
    assert (len(waits), fake_run.refreshes) == (LAST_LOOKS, LAST_LOOKS + 1)
