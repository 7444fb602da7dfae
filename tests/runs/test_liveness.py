"""How a run stands, and the evidence."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from livemon.readers.base import Facts
from livemon.readers.csv import Csv
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.liveness import Arrivals, Pace, has_living_process, judge, was_cut_off, writes_lately
from livemon.runs.source import Source
from livemon.tables.table import Block, Cells, Table
from livemon.testing import HandClock

DAY = 86_400.0


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_state_is_evidence(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """Rows at their usual pace: running. None for long: stalled. A note, a marker, a process that is gone: the end."""
    clock = HandClock(1000.0)
    run_dir = write_run(tmp_path / "a", "step,loss\n0,2\n")
    path = run_dir / "logs" / "metrics.csv"
    os.utime(path, (1000, 1000))
    run = ExperimentLoader(run_dir, clock=clock)
    run.refresh()
    for step in range(1, 8):
        clock.advance(10)
        with path.open("a") as file:
            file.write(f"{step},1\n")
        os.utime(path, (clock(), clock()))
        run.refresh()
    assert run.state == "running" and run.pace.usual_seconds == 10
    clock.advance(1000)
    assert (run.state, run.state_evidence) == ("stalled", "no new row for 17 min, usually every 10 s")
    (run_dir / "livemon.json").write_text(json.dumps({"livemon": 1, "state": "finished", "reason": "all epochs done"}))
    assert (run.state, run.state_evidence, run.ended) == ("finished", "all epochs done", True)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_process_that_is_gone_has_failed(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """A note that says running, of a process of this machine that no longer is, means failed."""
    import subprocess
    import sys

    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    run_dir = write_run(tmp_path / "a", "step,loss\n0,2\n")
    note = {"livemon": 1, "state": "running", "pid": gone.pid, "host": socket.gethostname()}
    (run_dir / "livemon.json").write_text(json.dumps(note))
    run = ExperimentLoader(run_dir)
    run.refresh()
    assert run.state == "failed" and str(gone.pid) in run.state_evidence


@pytest.mark.parametrize(("logged", "file", "state", "words"), [
    (30 * DAY, 0, "running", "a row came"),
    (30 * DAY, -DAY, "unknown", "no new row for 24"),
    (30 * DAY, 30 * DAY, "unknown", "no row has come since livemon first looked"),
    (None, 30 * DAY, "unknown", "no row has come since livemon first looked"),
    (0, 0, "running", "a row came"),
])
def test_a_clock_that_is_ahead_makes_no_dead_run_live(
    tmp_path: Path, logged: float | None, file: float, state: str, words: str
) -> None:
    """A row's own time in the future tells nothing, then the file's counts; where that lies there, too, it is unknown
    how the run stands until a row is seen to come. The evidence says that the clocks differ."""
    clock = HandClock()
    path = tmp_path / "metrics.csv"
    time_of_row = "" if logged is None else f"{clock.now + logged}"
    path.write_text(f"step,timestamp,loss\n0,{time_of_row},1\n")
    os.utime(path, (clock.now + file, clock.now + file))
    source = Source(Csv(), path, clock, folder=tmp_path)
    source.refresh()
    found, _, evidence = judge(tmp_path, [], source.written, source.n_rows, source.pace, clock())
    assert (found, evidence.startswith(words)) == (state, True)
    assert ("30d 0h ahead" in evidence) == (logged != 0)
    with path.open("a") as rows:
        rows.write(f"1,{time_of_row},1\n")
    source.refresh()
    clock.advance(1)
    found, _, evidence = judge(tmp_path, [], source.written, source.n_rows, source.pace, clock())
    assert (found, evidence.startswith("a row came 1 s ago")) == ("running", True)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("times", [["inf"], ["1.7e9", "inf", "inf", "inf"], ["1.7e9", "-inf"], ["nan", "nan"]])
def test_a_time_that_is_not_finite_tells_nothing(tmp_path: Path, times: list[str]) -> None:
    """The time of the newest row may be infinite: then the file's time counts, and nothing is said about clocks."""
    clock = HandClock()
    path = tmp_path / "metrics.csv"
    path.write_text("".join(["step,timestamp,loss\n", *(f"{step},{time},1\n" for step, time in enumerate(times))]))
    os.utime(path, (clock.now, clock.now))
    source = Source(Csv(), path, clock, folder=tmp_path)
    source.refresh()
    state, _, evidence = judge(tmp_path, [], source.written, source.n_rows, source.pace, clock())
    assert (state, "ahead" in evidence) == ("running", False)


# -- one piece of evidence after the other

NOW = 1_700_000_000.0
YOUNG, OLD, STALE = Pace(NOW - 5, 10.0), Pace(NOW - 99, 10.0), Pace(NOW - 101, 10.0)


def judged(folder: Path, pace: Pace, *facts: Facts, n_rows: int = 1, **note: object) -> str:
    """How a run stands."""
    if note:
        (folder / "livemon.json").write_text(json.dumps({"host": socket.gethostname(), **note}))
    return judge(folder, facts, None, n_rows, pace, NOW)[0]


@pytest.mark.parametrize(("pace", "state"), [
    (YOUNG, "running"), (OLD, "running"), (STALE, "stalled"),
    (Pace(NOW - 59, 0.1), "running"), (Pace(NOW - 61, 0.1), "stalled"),  # never sooner than after a minute
    (Pace(NOW - 59, None), "running"), (Pace(NOW - 61, None), "unknown"),
    (Pace(NOW - 5, 10.0, is_known=False), "unknown"), (Pace(NOW - 101, 10.0, is_known=False), "stalled"),
    (Pace(NOW + 500, 10.0), "running"),
])
def test_silence_counts_by_the_usual_pace(tmp_path: Path, pace: Pace, state: str) -> None:
    """A run has stalled where no row came for ten times as long as usual, and a minute at least; where nobody knows how
    often rows come, or when the last one did, nobody says so."""
    assert judged(tmp_path, pace) == state


def test_what_is_stronger_evidence(tmp_path: Path) -> None:
    """What the run itself noted is stronger than what its framework says, that than a final model, and that than the
    pace of its rows; that a framework says running is no evidence."""
    assert judged(tmp_path, STALE, n_rows=0) == "waiting"
    assert judged(tmp_path, STALE, Facts(state="running")) == "stalled"
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "final_model.pt").write_bytes(b"")
    assert judged(tmp_path, STALE) == judged(tmp_path, STALE, n_rows=0) == "finished"
    assert judged(tmp_path, YOUNG, Facts(), Facts(state="failed")) == "failed"
    assert judged(tmp_path, YOUNG, Facts(state="failed"), state="finished") == "finished"
    assert judged(tmp_path, YOUNG, state="preempted") == "failed"
    assert judged(tmp_path, YOUNG, state="stopped") == judged(tmp_path, YOUNG, Facts(state="stopped")) == "stopped"
    assert judged(tmp_path, STALE, Facts(state="finished"), state="running", pid=os.getpid()) == "running"
    assert judged(tmp_path, STALE, state="running", pid=0, host="elsewhere") == "running"  # nobody here can tell


def test_a_final_model_of_before_counts_not(tmp_path: Path) -> None:
    """A final model that was written before the last row is that of an earlier training."""
    path = tmp_path / "checkpoints" / "final_model.pt"
    path.parent.mkdir()
    path.write_bytes(b"")
    os.utime(path, (NOW - 100, NOW - 100))
    assert [judge(tmp_path, [], NOW - 100 + late, 1, YOUNG, NOW)[0] for late in (1.0, 60.0)] == ["finished", "running"]


def test_which_runs_were_cut_off(tmp_path: Path) -> None:
    """A run was cut off where it says that it was preempted, or that it runs and its process is gone; a process of
    another machine may still live, though it is not known to."""
    for note, cut_off, living in (
        ({"state": "preempted"}, True, False), ({"state": "running", "pid": 0}, True, False),
        ({"state": "failed", "reason": "time limit"}, True, False),
        ({"state": "stopped", "reason": "pruned"}, False, False),
        ({"state": "running", "pid": os.getpid()}, False, True), ({"state": "failed", "pid": 0}, False, False),
        ({"state": "running", "pid": 0, "host": "elsewhere"}, False, False), ({}, False, False),
    ):
        (tmp_path / "livemon.json").write_text(json.dumps({"host": socket.gethostname(), **note}))
        assert (was_cut_off(tmp_path), has_living_process(tmp_path)) == (cut_off, living), note


@pytest.mark.parametrize(("pace", "expected"), [
    (Pace(None, None), False), (Pace(NOW - 59, None), True), (Pace(NOW - 61, None), False),
    (Pace(NOW - 299, 100.0), True), (Pace(NOW - 301, 100.0), False),
])
def test_how_long_a_next_row_is_waited_for(pace: Pace, expected: bool) -> None:
    """The next row may still come within three times the usual time, and a minute at least."""
    assert writes_lately(pace, NOW) is expected


def test_the_pace_is_the_median_of_what_was_seen() -> None:
    """Without times of their own, rows come as often as they were seen to, each of several at once counted; the first
    look, which finds what was there before, tells nothing, nor do fewer than three gaps."""
    clock = HandClock(NOW)
    arrivals, table = Arrivals(clock), Table()
    assert not arrivals.any and arrivals.pace(table) == Pace(None, None)
    arrivals.note(1000, None, NOW - 500)
    assert arrivals.any and arrivals.pace(table) == Pace(NOW - 500, None)
    for seconds, new in ((100, 1), (10, 1), (20, 2), (3600, 1)):
        assert arrivals.pace(table).usual_seconds is None
        clock.advance(seconds)
        arrivals.note(new, None, clock())
    assert arrivals.pace(table) == Pace(clock(), 10.0)


def table_of(**columns: list[float]) -> Table:
    table = Table()
    cells = {name: Cells(np.array(values)) for name, values in columns.items()}
    table.append(Block(len(next(iter(columns.values()))), cells))
    return table


def pace_of(table: Table) -> float | None:
    return Arrivals(HandClock()).pace(table).usual_seconds


@pytest.mark.parametrize("scalars", [1, 2, 13, 200])
def test_the_scalars_of_one_step_are_one_row(scalars: int) -> None:
    """A writer of single values writes many rows for a step, milliseconds apart: the usual time is that between
    steps."""
    steps = [step for step in range(20) for _ in range(scalars)]
    times = [1.7e9 + 75 * step + 0.002 * number for step in range(20) for number in range(scalars)]
    assert pace_of(table_of(step=steps, wall_time=times, loss=times)) == pytest.approx(75, abs=0.5)


def test_rows_that_come_in_bursts_are_usual_by_their_bursts() -> None:
    """A validation logs rows with steps of their own, milliseconds apart, once in ten minutes."""
    times = [1.7e9 + 600 * epoch + 0.01 * number for epoch in range(6) for number in range(50)]
    steps = [float(number) for _ in range(6) for number in range(50)]
    assert pace_of(table_of(step=steps, wall_time=times, loss=times)) == pytest.approx(600, abs=1)


def test_a_pause_before_an_attempt_is_not_the_usual_time() -> None:
    """Two hours before a run goes on from an earlier step say nothing of how often rows come."""
    times = [1.7e9 + 5 * number + (7200 if number >= 50 else 0) for number in range(60)]
    steps = [float(number if number < 50 else number - 20) for number in range(60)]
    assert pace_of(table_of(step=steps, time=times, loss=times)) == 5.0


def test_a_pause_now_and_then_is_not_the_usual_time() -> None:
    """A validation that takes as long as ten steps does not change how often rows usually come."""
    times = np.cumsum([10.0 if number % 20 == 0 else 1.0 for number in range(60)]).tolist()
    assert pace_of(table_of(step=list(range(60)), time_elapsed=times, loss=times)) == 1.0


@pytest.mark.parametrize("rows", [30, 60, 2000])
def test_a_single_long_pause_is_not_the_usual_time(rows: int) -> None:
    """Two hours in which a machine was suspended are no time between bursts of rows: such a gap does not come again."""
    times = [1.7e9 + 5 * number + (7200 if number >= rows - 20 else 0) for number in range(rows)]
    assert pace_of(table_of(step=list(range(rows)), time=times, loss=times)) == 5.0


def test_rows_of_one_step_without_a_time_are_one_row_too(tmp_path: Path) -> None:
    """Where rows say no time, the pace is that at which steps were seen to come, however many rows each has."""
    clock = HandClock()
    path = tmp_path / "metrics.csv"
    path.write_text("step,name_a,name_b\n")
    source = Source(Csv(), path, clock, folder=tmp_path)
    for step in range(8):
        for row in (f"{step},1,\n{step},2,\n" * 6, f"{step},,3\n"):
            with path.open("a") as rows:
                rows.write(row)
            clock.advance(0.1)
            source.refresh()
        clock.advance(74.8)
    assert source.pace.usual_seconds == pytest.approx(75)
    assert judge(tmp_path, [], source.written, source.n_rows, source.pace, clock())[0] == "running"


@pytest.mark.parametrize(("age", "state", "words"), [
    (59, "running", "a row came 59 s ago"),
    (350, "unknown", "the usual time between rows is unknown"),  # less than a tenth of the hour for which the file grew
    (370, "stalled", "no new row for 6 min, on average every 9 s before"),
    (23 * 3600, "stalled", "on average every 9 s before"),
    (25 * 3600, "unknown", "the usual time between rows is unknown"),  # it has more likely ended
])  # fmt: skip
def test_a_file_without_times_is_judged_by_how_long_it_grew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age: float, state: str, words: str
) -> None:
    """A first look at a file that no longer grows says what an attached watch would: the run is stalled, if the pause
    is long compared to the time for which the file grew."""
    path = tmp_path / "metrics.csv"
    path.write_text("step,loss\n" + "".join(f"{step},1\n" for step in range(400)))
    os.utime(path, (NOW - age, NOW - age))
    monkeypatch.setattr("livemon.runs.source.birth_time", lambda path: NOW - age - 3600)
    run = ExperimentLoader(path, clock=lambda: NOW)
    run.refresh()
    assert (run.state, words in run.state_evidence) == (state, True)


@pytest.mark.parametrize("grew", [-5.0, 3.0])
def test_a_file_that_was_copied_has_no_rhythm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, grew: float) -> None:
    """A file that is younger than its last row, or was written in a few seconds, tells nothing of a rhythm."""
    path = tmp_path / "metrics.csv"
    path.write_text("step,loss\n" + "".join(f"{step},1\n" for step in range(400)))
    os.utime(path, (NOW - 3600, NOW - 3600))
    monkeypatch.setattr("livemon.runs.source.birth_time", lambda path: NOW - 3600 - grew)
    run = ExperimentLoader(path, clock=lambda: NOW)
    run.refresh()
    assert run.state == "unknown"
