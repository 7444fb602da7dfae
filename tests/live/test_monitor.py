from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livemon.boards.dashboard import BoardMaker
from livemon.boards.model import Board
from livemon.live.monitor import Monitor, Phase
from livemon.runs.experiment import ExperimentLoader
from livemon.testing import HandClock, RecordingView, ScriptedWakeups


def test_each_wake_reads_and_draws(new_bench: Any) -> None:
    """Each wake-up reads what is new and draws it; the first board comes at once, without a wake-up."""
    bench = new_bench()
    bench.script(bench.run.write, lambda: bench.run.write(2))
    bench.run.write(5)
    bench.monitor().run()
    assert bench.drawn == ["rows 5", "rows 6", "rows 8"]


def test_the_end(new_bench: Any) -> None:
    """When the run ends, what was written last is still drawn, then the plots are saved and their paths shown."""
    order: list[str] = []
    bench = new_bench(save=lambda: order.append("save") or [Path("plots/a.png")])
    bench.view = RecordingView(lambda board: order.append(board.header.metric))

    def finish() -> None:
        bench.run.state = "finished"
        # The last row is written after the read that saw the state.
        bench.run.before_refresh = lambda: bench.run.write() if bench.run.refreshes == 3 else None

    bench.script(finish)
    bench.run.write()
    bench.monitor().run()
    assert order == ["rows 1", "rows 2", "save"]
    assert bench.shown == ["plots/a.png"]


@pytest.mark.parametrize(
    ("until", "states", "ends"),
    [
        ("finished", ["stalled", "finished"], 2),
        ("finished", ["stalled", "running", "failed"], 3),
        ("stalled", ["stalled"], 1),
        ("stalled", ["unknown", "finished"], 2),
    ],
)
def test_until(until: str, states: list[str], ends: int, new_bench: Any) -> None:
    """The watch ends when the run is finished or failed, and with until="stalled" when it has stalled."""
    bench = new_bench(until=until)
    bench.script(*[lambda state=state: setattr(bench.run, "state", state) for state in [*states, "never seen"]])
    bench.monitor().run()
    assert len(bench.wakeups.waits) == ends


def test_a_link_that_is_pointed_to_another_run_after_the_end(new_bench: Any) -> None:
    """The run to which a link leads now has an end of its own: its plots are saved, too, also where it has ended."""
    saves: list[int] = []
    bench = new_bench(keep_open=True, save=lambda: saves.append(bench.run.rows) or [])

    def end() -> None:
        bench.run.state = "finished"
        bench.run.write()

    def move() -> None:
        bench.run.moves += 1
        bench.run.write(3)

    bench.script(end, lambda: None, move, lambda: None)
    bench.monitor().run()
    assert saves == [1, 4]


def test_keep_open_goes_on_after_the_end(new_bench: Any) -> None:
    """With keep_open the plots are saved once at the end, and rows that come later are shown; each end saves anew."""
    saves: list[int] = []
    bench = new_bench(keep_open=True, save=lambda: saves.append(bench.run.rows) or [])

    def change(state: str) -> Callable[[], object]:
        def step() -> None:
            bench.run.state = state
            bench.run.write()

        return step

    bench.script(change("finished"), lambda: None, lambda: None, change("running"), change("finished"))
    bench.monitor().run()
    assert saves == [1, 3]
    assert bench.drawn[-1] == "rows 3"


def test_closed_output_ends_quietly(new_bench: Any) -> None:
    """When whoever read our output has gone, the watch ends without a word, as if the user had closed it."""
    bench = new_bench(save=lambda: pytest.fail("nothing is saved after the user left"))

    def gone(board: Board) -> None:
        raise BrokenPipeError

    bench.view = RecordingView(gone)
    bench.run.state = "finished"
    bench.run.write()
    bench.monitor().run()
    assert bench.said == []


def test_degraded_events_are_said_once(new_bench: Any) -> None:
    """That file-system events are missing is said once."""
    bench = new_bench()
    bench.wakeups.degraded = "no file-system events (limit reached)"
    bench.script(*[lambda: None] * 5)
    bench.monitor().run()
    assert bench.said == ["no file-system events (limit reached)"]


def test_stop_from_another_thread(new_bench: Any) -> None:
    """`stop` ends a monitor that waits, from another thread, at once."""
    from livemon.system.wakeups import Wakeups

    bench = new_bench()
    with Wakeups(heartbeat_seconds=30.0) as wakeups:
        monitor = Monitor(bench.run, [bench.view], bench.maker, wakeups, notify=bench.said.append)
        thread = threading.Thread(target=monitor.run)
        thread.start()
        monitor.stop()
        thread.join(5.0)
        assert not thread.is_alive()


def test_events_that_do_not_come(tmp_path: Path) -> None:
    """FAULTS 30: where only the heartbeat counts, the anomalies and the header say so, as long as it is so."""
    (tmp_path / "metrics.csv").write_text("step,loss\n1,0.5\n")
    run = ExperimentLoader(tmp_path)
    view = RecordingView()
    clock = HandClock()
    wakeups = ScriptedWakeups([lambda: None] * 3, clock)
    wakeups.degraded = "no file-system events on nfs4; looking every 1 s instead"
    monitor = Monitor(run, [view], BoardMaker(run), wakeups, timer=clock, notify=lambda text: None)
    wakeups.on_end = monitor.stop
    monitor.run()
    assert [(anomaly.kind, anomaly.count) for anomaly in run.anomalies] == [("no events", 1)]
    assert "no events" in view.boards[-1].header.line()
    run.note("no events", "")
    assert run.anomalies == []


def test_the_phases_of_a_watch(new_bench: Any) -> None:
    """A watch that is kept open stays open after the run's end, goes on when the run does, and is done when stopped."""
    bench = new_bench(keep_open=True)
    monitor = bench.monitor()
    phases = []
    for state in ("waiting", "running", "finished", "finished", "running", "failed"):
        bench.run.state = state
        monitor.run_once()
        phases.append(monitor.phase)
    monitor.stop()
    goes_on, stays_open = Phase.GOES_ON, Phase.STAYS_OPEN
    assert phases == [goes_on, goes_on, stays_open, stays_open, goes_on, stays_open]
    assert monitor.phase is Phase.DONE


def test_without_keep_open_the_end_of_the_run_is_the_end(new_bench: Any) -> None:
    """A watch that is not kept open is done with the first turn that finds the run finished."""
    bench = new_bench()
    bench.run.state = "finished"
    monitor = bench.monitor()
    monitor.run_once()
    assert monitor.phase is Phase.DONE


def test_no_turn_after_stop(new_bench: Any) -> None:
    """A monitor that was stopped before it ran reads and draws nothing."""
    bench = new_bench()
    monitor = bench.monitor()
    monitor.stop()
    monitor.run()
    assert (bench.run.refreshes, bench.drawn) == (0, [])


@pytest.mark.parametrize("keep_open", [False, True])
def test_a_run_that_is_resumed_in_its_folder_while_its_end_is_drawn(
    keep_open: bool, new_bench: Any, tmp_path: Path
) -> None:
    """A run that was killed and resumed in its folder is followed on, however long the drawing of its first end took:
    the end of the new attempt is the end of the watch, and its plots are saved."""
    saves: list[int] = []
    bench = new_bench(keep_open=keep_open, save=lambda: saves.append(bench.run.rows) or [])
    bench.run.exp_dir = tmp_path
    note = tmp_path / "livemon.json"

    def says(state: str, started: int, **more: str) -> None:
        note.write_text(json.dumps({"livemon": 1, "state": state, "started": started, **more}))

    def resume(board: Any) -> None:
        if bench.run.state == "failed" and bench.run.rows == 1:
            says("running", 2)

    def fail() -> None:
        bench.run.state = "failed"
        says("failed", 1, reason="killed")

    def train() -> None:
        bench.run.state = "running"
        bench.run.write(3)

    def finish() -> None:
        bench.run.state = "finished"
        says("finished", 2)

    says("running", 1)
    bench.run.write()
    bench.view = RecordingView(resume)
    bench.script(fail, train, finish, lambda: None)
    monitor = bench.monitor()
    for _ in range(4):
        monitor.run_once()
        bench.wakeups.wait(0.0)
    assert saves == [1, 4]
    assert monitor.phase is (Phase.STAYS_OPEN if keep_open else Phase.DONE)
