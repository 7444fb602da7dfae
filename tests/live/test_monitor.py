from __future__ import annotations

import io
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from livemon.boards import OptionError
from livemon.boards.dashboard import BoardMaker
from livemon.boards.model import Board, Header
from livemon.live.errors import CannotShowError
from livemon.live.monitor import Monitor
from livemon.live.screens import Console, Screen, _forwarded_display
from livemon.runs.experiment import ExperimentLoader
from livemon.testing import HandClock, RecordingView, ScriptedWakeups


@dataclass
class FakeRun:
    """A run whose rows come when the test says so."""

    rewriting = False
    anomalies = ()
    metric_names = ("loss",)

    state: str = "running"
    rows: int = 0
    waiting_rows: int = 0
    fails: Exception | None = None
    refreshes: int = 0
    exp_dir: Path = Path("runs/exp1")
    metrics_path: Path | None = Path("runs/exp1/metrics.csv")
    files: list[Path] = field(default_factory=lambda: [Path("runs/exp1/metrics.csv")])
    state_evidence: str = ""
    choice: str = ""
    pace: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(last_row_at=None))
    before_refresh: Callable[[], object] = field(default=lambda: None)
    table: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(n_rows=0))

    @property
    def ended(self) -> bool:
        return self.state in ("finished", "failed")

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
            say=self.said.append, show=self.shown.append, **self.options,
        )
        self.wakeups.on_end = monitor.stop
        return monitor

    def script(self, *steps: Callable[[], object]) -> None:
        self.wakeups._script[:] = steps

    @property
    def drawn(self) -> list[str]:
        return [board.header.metric for board in self.view.boards]


def test_each_wake_reads_and_draws() -> None:
    """Each wake-up reads what is new and draws it; the first board comes at once, without a wake-up."""
    bench = Bench()
    bench.script(bench.run.write, lambda: bench.run.write(2))
    bench.run.write(5)
    bench.monitor().run()
    assert bench.drawn == ["rows 5", "rows 6", "rows 8"]


def test_no_rows_only_the_clock_moves() -> None:
    """Without new rows a board is made once a second, however often files change; nothing is drawn twice."""
    bench = Bench()
    bench.wakeups.heartbeat_seconds = 0.1
    bench.script(*[lambda: None] * 30)
    bench.monitor().run()
    assert 3 <= bench.maker.made <= 5
    assert len(bench.drawn) == len({board.header.age for board in bench.view.boards})


def test_pace_at_most_twenty_looks_a_second() -> None:
    """From one look to the next at least 50 ms pass, changes or not."""
    bench = Bench()
    bench.wakeups.heartbeat_seconds = 0.0  # an endless stream of changes
    bench.script(*[bench.run.write] * 100)
    start = bench.clock.now
    bench.monitor().run()
    assert bench.clock.now - start == pytest.approx(101 * 0.05)


@pytest.mark.parametrize("beside", [False, True], ids=["while we draw", "while we wait"])
def test_pace_drawing_takes_at_most_half(beside: bool) -> None:
    """While data pours in, drawing takes at most half of one core, in our thread or in the window's."""
    bench = Bench()
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


def test_pace_other_work_of_the_process_does_not_stop_us() -> None:
    """Where the process is busy with other work, a look still comes about once a second."""
    bench = Bench()
    bench.wakeups.heartbeat_seconds = 0.0
    bench.script(*[lambda: (bench.run.write(), bench.cpu.advance(100.0))] * 40)
    start = bench.clock.now
    bench.monitor().run()
    assert len(bench.drawn) >= 0.9 * (bench.clock.now - start)


def test_a_slow_screen_keeps_its_own_pace() -> None:
    """A picture is rewritten at most every least_seconds while rows come, every idle_seconds while none do, and a quick
    view beside it is not held up."""
    bench = Bench()
    quick, slow = RecordingView(), RecordingView()
    bench.wakeups.heartbeat_seconds = 0.1
    bench.script(*[bench.run.write] * 50, *[lambda: None] * 500)
    bench.monitor(Screen(quick), Screen(slow, least_seconds=2.0, idle_seconds=10.0)).run()
    rows_while_written = [board for board in slow.boards if board.header.metric != "rows 50"]
    assert len(rows_while_written) <= 3
    assert slow.boards[-1].header.metric == "rows 50"
    assert len(slow.boards) - len(rows_while_written) in (5, 6)
    assert len(quick.boards) > 90


def test_the_end() -> None:
    """When the run ends, what was written last is still drawn, then the plots are saved and their paths shown."""
    order: list[str] = []
    bench = Bench(save=lambda: order.append("save") or [Path("plots/a.png")])  # type: ignore[func-returns-value]
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


def test_the_last_board_comes_at_any_pace() -> None:
    """The final board is drawn although the view's pace would not allow it yet."""
    bench = Bench()

    def finish() -> None:
        bench.run.state = "finished"

    bench.script(bench.run.write, finish)
    bench.monitor(Screen(bench.view, least_seconds=1e9, idle_seconds=1e9)).run()
    assert [board.header.state for board in bench.view.boards] == ["running", "finished"]


@pytest.mark.parametrize(
    ("until", "states", "ends"),
    [
        ("finished", ["stalled", "finished"], 2),
        ("finished", ["stalled", "running", "failed"], 3),
        ("stalled", ["stalled"], 1),
        ("stalled", ["unknown", "finished"], 2),
    ],
)
def test_until(until: str, states: list[str], ends: int) -> None:
    """The watch ends when the run is finished or failed, and with until="stalled" when it has stalled."""
    bench = Bench(until=until)
    bench.script(*[lambda state=state: setattr(bench.run, "state", state) for state in [*states, "never seen"]])
    bench.monitor().run()
    assert len(bench.wakeups.waits) == ends


def test_keep_open_goes_on_after_the_end() -> None:
    """With keep_open the plots are saved once at the end, and rows that come later are shown; each end saves anew."""
    saves: list[int] = []
    bench = Bench(keep_open=True, save=lambda: saves.append(bench.run.rows) or [])  # type: ignore[func-returns-value]

    def change(state: str) -> Callable[[], object]:
        def step() -> None:
            bench.run.state = state
            bench.run.write()

        return step

    bench.script(change("finished"), lambda: None, lambda: None, change("running"), change("finished"))
    bench.monitor().run()
    assert saves == [1, 3]
    assert bench.drawn[-1] == "rows 3"


def test_no_rows_no_plots() -> None:
    """A run that failed before its first row has no final plots."""
    bench = Bench(save=lambda: pytest.fail("nothing to save"))
    bench.run.state = "failed"
    bench.monitor().run()


def test_unreadable_is_shown_and_tried_again() -> None:
    """A file that cannot be read is a problem in the header and on stderr, once, and goes when it can be read again."""
    bench = Bench()

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


def test_a_board_that_cannot_be_made() -> None:
    """When making a board fails, the last one stays up with the reason, and the watch goes on."""
    bench = Bench()

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


def test_a_first_board_with_a_meaningless_option() -> None:
    """An option that means nothing for this run ends the watch with its message."""
    bench = Bench()

    def refuse() -> None:
        raise OptionError("no column 'wall'; there are step, epoch")

    bench.maker.cost = refuse
    with pytest.raises(CannotShowError, match="there are step, epoch"):
        bench.monitor().run()


def test_a_view_that_breaks() -> None:
    """A view that breaks is closed, and the watch ends with the reason."""
    bench = Bench()

    def explode(board: Board) -> None:
        raise RuntimeError("no more colours")

    bench.view = RecordingView(explode)
    with pytest.raises(CannotShowError, match="no more colours"):
        bench.monitor().run()
    assert bench.view.calls[-1] == "close"


def test_a_full_disk_is_no_end() -> None:
    """A picture that could not be written is said once and tried again."""
    bench = Bench()

    def write(board: Board) -> None:
        if bench.run.rows in (1, 2):
            raise OSError(28, "No space left on device")

    bench.view = RecordingView(write)
    bench.script(*[bench.run.write] * 3)
    bench.monitor().run()
    assert bench.drawn == ["rows 0", "rows 3"]
    assert sum("No space left" in line for line in bench.said) == 1


def test_a_place_that_never_took_a_picture_is_an_end() -> None:
    """When the very first picture cannot be written, the watch ends with the reason."""

    def write(board: Board) -> None:
        raise PermissionError(13, "Permission denied", "live.png")

    bench = Bench()
    bench.view = RecordingView(write)
    with pytest.raises(CannotShowError, match=r"Permission denied: live\.png"):
        bench.monitor().run()


def test_closed_output_ends_quietly() -> None:
    """When whoever read our output has gone, the watch ends without a word, as if the user had closed it."""
    bench = Bench(save=lambda: pytest.fail("nothing is saved after the user left"))

    def gone(board: Board) -> None:
        raise BrokenPipeError

    bench.view = RecordingView(gone)
    bench.run.state = "finished"
    bench.run.write()
    bench.monitor().run()
    assert bench.said == []


def test_plots_that_cannot_be_saved() -> None:
    """Final plots that cannot be saved are said, and the watch ends as always."""

    def fail() -> list[Path]:
        raise RuntimeError("no fonts")

    bench = Bench(save=fail)
    bench.run.state = "finished"
    bench.run.write()
    bench.monitor().run()
    assert any("final plots" in line and "no fonts" in line for line in bench.said)


def test_waiting_is_said_once() -> None:
    """A run without metrics is waited for, and the user is told once what is waited for."""
    bench = Bench()
    bench.run.state, bench.run.metrics_path = "waiting", None
    bench.script(*[lambda: None] * 5)
    bench.monitor().run()
    assert len(bench.said) == 1
    assert "runs/exp1" in bench.said[0]
    assert "waiting" in bench.said[0]


def test_degraded_events_are_said_once() -> None:
    """That file-system events are missing is said once."""
    bench = Bench()
    bench.wakeups.degraded = "no file-system events (limit reached)"
    bench.script(*[lambda: None] * 5)
    bench.monitor().run()
    assert bench.said == ["no file-system events (limit reached)"]


def test_stop_from_another_thread() -> None:
    """`stop` ends a monitor that waits, from another thread, at once."""
    from livemon.system.wakeups import Wakeups

    bench = Bench()
    with Wakeups(heartbeat_seconds=30.0) as wakeups:
        monitor = Monitor(bench.run, [bench.view], bench.maker, wakeups, say=bench.said.append)  # type: ignore[arg-type]
        thread = threading.Thread(target=monitor.run)
        thread.start()
        monitor.stop()
        thread.join(5.0)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    ("environ", "forwarded"),
    [
        ({"DISPLAY": ":0"}, False),
        ({"DISPLAY": ":99", "SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}, False),
        ({"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}, True),
        ({"DISPLAY": "node7:11.0", "SSH_TTY": "/dev/pts/3"}, True),
        ({"DISPLAY": "localhost:10.0"}, False),
        ({}, False),
    ],
)
def test_forwarded_display(environ: dict[str, str], forwarded: bool) -> None:
    """X forwarding is a display with a host's name within a remote shell; a local display there is none."""
    assert (_forwarded_display(environ) is not None) == forwarded


def test_header_line_and_messages_do_not_mix() -> None:
    """A message ends the header line that is rewritten in place, so both stay readable."""
    from livemon.views.header_line import HeaderView

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    console = Console(terminal)
    console.header = HeaderView(terminal)
    console.header.draw(Board(title="exp1", header=Header(run="exp1", state="running"), panels=()))
    console.show("plots/a.png")
    assert terminal.getvalue().endswith("\nplots/a.png\n")


def test_events_that_do_not_come(tmp_path: Path) -> None:
    """FAULTS 30: where only the heartbeat counts, the anomalies and the header say so, as long as it is so."""
    (tmp_path / "metrics.csv").write_text("step,loss\n1,0.5\n")
    run = ExperimentLoader(tmp_path)
    view = RecordingView()
    clock = HandClock()
    wakeups = ScriptedWakeups([lambda: None] * 3, clock)
    wakeups.degraded = "no file-system events on nfs4; looking every 1 s instead"
    monitor = Monitor(run, [view], BoardMaker(run), wakeups, timer=clock, say=lambda text: None)
    wakeups.on_end = monitor.stop
    monitor.run()
    assert [(anomaly.kind, anomaly.count) for anomaly in run.anomalies] == [("no events", 1)]
    assert "no events" in view.boards[-1].header.line()
    run.note("no events", "")
    assert run.anomalies == []


@pytest.mark.parametrize(("age", "ends"), [(590.0, "finished"), (601.0, "unknown")])
def test_a_file_that_nobody_writes_rests_too(age: float, ends: str) -> None:
    """`until="stalled"` ends where no row has come for ten minutes, also where how often one comes was never known."""
    clock = HandClock()
    run = FakeRun(rows=3, pace=SimpleNamespace(last_row_at=clock.now - age))
    script = [lambda: setattr(run, "state", "unknown"), lambda: setattr(run, "state", "finished")]
    wakeups = ScriptedWakeups(script)
    monitor = Monitor(run, [], FakeMaker(run), wakeups, until="stalled", clock=clock, timer=clock, cpu=clock)  # type: ignore[arg-type]
    monitor.run()
    assert run.state == ends
