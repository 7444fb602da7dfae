from __future__ import annotations

from typing import Any

import pytest

from livemon.live.pace import LONGEST_REST_SECONDS, SEARCH_REST, SEARCH_SECONDS, LoopPace, SearchPace
from livemon.testing import HandClock, RecordingView


def test_pace_at_most_twenty_looks_a_second(new_bench: Any) -> None:
    """From one look to the next at least 50 ms pass, changes or not."""
    bench = new_bench()
    bench.wakeups.heartbeat_seconds = 0.0  # an endless stream of changes
    bench.script(*[bench.run.write] * 100)
    start = bench.clock.now
    bench.monitor().run()
    assert bench.clock.now - start == pytest.approx(101 * 0.05)


@pytest.mark.parametrize("beside", [False, True], ids=["while we draw", "while we wait"])
def test_pace_drawing_takes_at_most_half(beside: bool, new_bench: Any) -> None:
    """While data pours in, drawing takes at most half of one core, in our thread or in the window's."""
    bench = new_bench()
    bench.wakeups.heartbeat_seconds = 0.0

    def draw() -> None:
        bench.clock.advance(0.2)
        bench.cpu.advance(0.2)

    if beside:
        bench.script(*[lambda: (bench.run.write(), draw())] * 20)
    else:
        bench.view = RecordingView(lambda board: draw())
        bench.script(*[bench.run.write] * 20)
    start = bench.clock.now
    bench.monitor().run()
    assert len(bench.drawn) >= 10
    assert bench.cpu.now <= 0.5 * (bench.clock.now - start) + 0.1


def test_pace_other_work_of_the_process_does_not_stop_us(new_bench: Any) -> None:
    """Where the process is busy with other work, a look still comes about once a second."""
    bench = new_bench()
    bench.wakeups.heartbeat_seconds = 0.0
    bench.script(*[lambda: (bench.run.write(), bench.cpu.advance(100.0))] * 40)
    start = bench.clock.now
    bench.monitor().run()
    assert len(bench.drawn) >= 0.9 * (bench.clock.now - start)


def test_what_ran_before_the_loop_is_no_drawing() -> None:
    """CPU time from before the loop's start owes no rest."""
    timer, cpu = HandClock(), HandClock()
    pace = LoopPace(timer, cpu)
    cpu.advance(100.0)
    pace.start()
    assert pace.rest_owed() == 0.0


def test_rest_that_is_owed_is_paid_by_waiting() -> None:
    """Drawing for 0.2 s owes 0.4 s from its start on; what is not rested is owed the next time, a second at most."""
    timer, cpu = HandClock(), HandClock()
    pace = LoopPace(timer, cpu)
    pace.start()
    timer.advance(0.2)
    cpu.advance(0.2)
    assert pace.rest_owed() == pytest.approx(0.2)
    timer.advance(0.15)
    assert pace.rest_owed() == pytest.approx(0.05)
    timer.advance(1.0)
    assert pace.rest_owed() == 0.0
    cpu.advance(50.0)
    assert pace.rest_owed() == LONGEST_REST_SECONDS


def test_reading_owes_no_rest() -> None:
    """CPU time that this thread used for reading, in several pieces, is not taken for drawing."""
    import time

    def work() -> None:
        until = time.thread_time() + 0.02
        while time.thread_time() < until:
            pass

    timer = HandClock()
    pace = LoopPace(timer, time.thread_time)
    pace.start()
    for _ in range(2):
        with pace.reading():
            work()
    assert pace.rest_owed() < 0.02
    work()
    assert pace.rest_owed() > 0.03


@pytest.mark.parametrize(("took", "rest"), [(0.0, SEARCH_SECONDS), (0.001, SEARCH_SECONDS), (0.4, 0.4 * SEARCH_REST)])
def test_a_search_that_takes_long_comes_seldom(took: float, rest: float) -> None:
    """The first search may begin at once, the next a second after the last, or fifty times as long as that one took."""
    timer = HandClock()
    pace = SearchPace(timer)
    assert pace.is_due()
    with pace.searching():
        timer.advance(took)
    timer.advance(0.99 * rest)
    assert not pace.is_due()
    timer.advance(0.02 * rest)
    assert pace.is_due()
