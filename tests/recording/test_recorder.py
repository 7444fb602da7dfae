"""recorder.py: what is logged is on disk, whole and exact, and nothing that goes wrong there reaches the training."""

from __future__ import annotations

import copy
import errno
import json
import logging
import math
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livemon import ExperimentLoader
from livemon.recording import metrics_file, recorder
from livemon.recording.device_values import PendingValue
from livemon.recording.recorder import record

Rows = Callable[[Path], list[dict[str, str]]]
Start = Callable[..., subprocess.Popen[str]]


def header_of(run: Path) -> list[str]:
    return (run / "logs" / "metrics.csv").read_text().splitlines()[0].split(",")


def notes_of(run: Path) -> dict[str, Any]:
    notes = json.loads((run / "livemon.json").read_text())
    assert isinstance(notes, dict)
    return notes


# -- what a row looks like -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [math.nan, math.inf, np.float32("nan")])
def test_a_step_that_is_no_number_is_refused(
    step: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, rows_of: Rows
) -> None:
    """A row whose step is none is left out with a warning, and the steps after it are counted as if it had not been;
    under LIVEMON_STRICT it raises."""
    with record(tmp_path) as log:
        log({"x": 1}, step=4)
        log({"x": 2}, step=step)
        log({"x": 3, "step": step})
        log({"x": 4})
    assert [(row["step"], row["x"]) for row in rows_of(tmp_path)] == [("4", "1"), ("5", "4")]
    assert caplog.text.count("a row could not be recorded") == 1
    with pytest.MonkeyPatch.context() as patch, record(tmp_path) as log:
        patch.setenv("LIVEMON_STRICT", "1")
        with pytest.raises(ValueError, match="step"):
            log({"x": 5}, step=step)


def test_times_tell_fast_steps_apart(tmp_path: Path, rows_of: Rows) -> None:
    """Rows that are logged within one millisecond have different times."""
    with record(tmp_path) as log:
        for _ in range(1000):
            log({"x": 1})
    times = [row["time_elapsed_seconds"] for row in rows_of(tmp_path)]
    assert len(set(times)) > 500


def test_a_tensor_is_read(tmp_path: Path, rows_of: Rows) -> None:
    """A 0-d tensor is recorded as its number."""
    torch = pytest.importorskip("torch")
    with record(tmp_path) as log:
        log({"loss": torch.tensor(0.1, requires_grad=True) * 1, "count": torch.tensor(3)})
    assert float(rows_of(tmp_path)[0]["loss"]) == torch.tensor(0.1).item()
    assert rows_of(tmp_path)[0]["count"] == "3"


def test_an_array_of_one_number_is_that_number(tmp_path: Path, rows_of: Rows) -> None:
    """An array or a tensor of one number is that number, of whatever shape; and what is logged stays as it was."""
    torch = pytest.importorskip("torch")
    values = {"zero": torch.tensor(1.5), "one": torch.tensor([2.5]), "two": torch.tensor([[3]]), "np": np.array([4.5])}
    row = dict(values)
    with record(tmp_path) as log:
        for _ in range(3):
            log(row)
    assert row == values
    assert [(row["zero"], row["one"], row["two"], row["np"]) for row in rows_of(tmp_path)] == [
        ("1.5", "2.5", "3", "4.5")
    ] * 3


def test_many_numbers_are_turned_into_a_list_once_at_most(tmp_path: Path, rows_of: Rows) -> None:
    """A large array that is logged by mistake costs the training nothing from the second row on."""

    class Large(np.ndarray):  # type: ignore[type-arg]
        lists = 0

        def tolist(self) -> Any:
            Large.lists += 1
            return super().tolist()

    with record(tmp_path) as log:
        for _ in range(5):
            log({"weights": np.zeros(1000).view(Large), "x": 1})
    assert Large.lists == 1
    assert [(row["weights"], row["x"]) for row in rows_of(tmp_path)] == [("", "1")] * 5


def test_the_value_is_read_at_the_moment_of_logging(tmp_path: Path, rows_of: Rows) -> None:
    """A total that is updated in place is recorded as it stood at each log()."""
    total = np.zeros(())
    metrics = {"total": total}
    with record(tmp_path) as log:
        for _ in range(3):
            total += 1
            log(metrics)
    assert [float(row["total"]) for row in rows_of(tmp_path)] == [1, 2, 3]
    assert metrics == {"total": total}, "the caller's dict is its own"


def test_columns_stand_in_order_of_appearance(tmp_path: Path, rows_of: Rows) -> None:
    """The step comes first, then metrics as they appear; a row has blanks where it says nothing."""
    with record(tmp_path) as log:
        log({"b": 1, "a": 2})
        log.flush()
        log({"late": 3}, step=7)
        log({"b": 4, "a": 5})
    assert header_of(tmp_path) == ["step", "b", "a", "time_elapsed_seconds", "late"]
    rows = rows_of(tmp_path)
    assert [row["late"] for row in rows] == ["", "3", ""]
    assert [row["b"] for row in rows] == ["1", "", "4"]


def test_a_step_is_given_logged_or_counted(tmp_path: Path, rows_of: Rows) -> None:
    """The step is the argument, else the metric of that name, else one more than the last."""
    with record(tmp_path) as log:
        log({"x": 1})
        log({"x": 1}, step=10)
        log({"x": 1})
        log({"x": 1, "step": 20})
        log({"x": 1}, step=np.int64(30))  # type: ignore[arg-type]
        log({"x": 1})
    assert [row["step"] for row in rows_of(tmp_path)] == ["0", "10", "11", "20", "30", "31"]


def test_what_is_no_number_leaves_its_cell_blank(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, rows_of: Rows
) -> None:
    """A list or an array of several values is left out with one warning that names the metric; the rest is recorded."""
    with record(tmp_path) as log:
        for _ in range(3):
            log({"loss": 1, "weights": [1, 2], "array": np.zeros(3)})  # type: ignore[dict-item]
    assert [(row["loss"], row["weights"], row["array"]) for row in rows_of(tmp_path)] == [("1", "", "")] * 3
    assert [record.message for record in caplog.records] == [
        "livemon: 'weights' is a list, not one number; its cells stay blank"
    ]


# -- the file --------------------------------------------------------------------------------------------------------


def test_a_kill_loses_nothing_that_was_flushed(tmp_path: Path, rows_of: Rows, start_script: Start) -> None:
    """After kill -9 every row that was flushed is there, and no part of a row."""
    text = """
import sys, itertools
from livemon.recording.recorder import record
log = record(sys.argv[1])
for step in range(500):
    log({"x": step / 3})
log.flush()
print("flushed", flush=True)
for step in itertools.count(500):
    log({"x": step / 3})
"""
    writer = start_script(text, tmp_path)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "flushed\n"
    time.sleep(0.1)
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    rows = rows_of(tmp_path)
    assert len(rows) >= 500
    whole = [row for row in rows if row["time_elapsed_seconds"] is not None]
    assert [float(row["x"]) for row in whole] == [step / 3 for step in range(len(whole))]
    assert len(whole) >= len(rows) - 1
    assert notes_of(tmp_path)["state"] == "running"


def test_a_row_waits_no_longer_than_a_second(tmp_path: Path, rows_of: Rows) -> None:
    """A training that logs rarely has each row on disk soon, without a further log()."""
    with record(tmp_path) as log:
        log({"x": 1})
        deadline = time.monotonic() + 5
        while not log.metrics_path.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(rows_of(tmp_path)) == 1


def test_logging_fast_drops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_of: Rows) -> None:
    """A loop that logs faster than rows can be written has all of them on disk."""
    monkeypatch.setattr(recorder, "MAX_WAITING", 10_000)
    with record(tmp_path) as log:
        for step in range(30_000):
            log({"x": step})
    assert [row["x"] for row in rows_of(tmp_path)] == [str(step) for step in range(30_000)]
    assert log.dropped == 0


BURST = """
import os, sys
from livemon.recording import recorder
from livemon.recording.recorder import record
os.sched_setaffinity(0, {int(sys.argv[2])})
recorder.MAX_WAITING = 6_000
log = record(sys.argv[1])
for step in range(30_000):
    log({"x": step})
if sys.argv[3] == "close":
    log.close()
    print(log.dropped)
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="a process cannot be kept on one core here")
@pytest.mark.parametrize("end", ["close", "exit"])
def test_a_burst_on_a_starved_cpu_loses_nothing(tmp_path: Path, rows_of: Rows, start_script: Start, end: str) -> None:
    """Where rows come as fast as Python can, and three processes want the same core, all are in the file: at `close`,
    and also where nobody closes and the process ends in the middle of writing."""
    core = min(os.sched_getaffinity(0))
    busy = f"import os\nos.sched_setaffinity(0, {{{core}}})\nwhile True: pass"
    others = [subprocess.Popen([sys.executable, "-c", busy]) for _ in range(3)]
    try:
        output, errors = start_script(BURST, tmp_path, core, end).communicate(timeout=300)
    finally:
        for other in others:
            other.kill()
            other.wait()
    assert (output, errors) == ("0\n" if end == "close" else "", "")
    assert [row["x"] for row in rows_of(tmp_path)] == [str(step) for step in range(30_000)]
    assert "dropped" not in notes_of(tmp_path) or notes_of(tmp_path)["dropped"] == 0


def test_threads_that_log_at_once_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_of: Rows) -> None:
    """Rows that several threads log as fast as they can are all in the file, each thread's in its order."""
    monkeypatch.setattr(recorder, "MAX_WAITING", 6_000)

    def work(name: str) -> None:
        for number in range(5_000):
            log({name: number})

    with record(tmp_path) as log:
        threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    rows = rows_of(tmp_path)
    assert log.dropped == 0 and len(rows) == 20_000
    for name in "abcd":
        assert [row[name] for row in rows if row[name]] == [str(number) for number in range(5_000)]


def test_a_burst_without_a_thread_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_of: Rows
) -> None:
    """Where no thread can be started, log() writes before too many rows wait."""
    monkeypatch.setattr(recorder, "MAX_WAITING", 6_000)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", lambda _: (_ for _ in ()).throw(RuntimeError("no more threads")))
        log = record(tmp_path)
    for step in range(20_000):
        log({"x": step})
    log.close()
    assert log.dropped == 0 and len(rows_of(tmp_path)) == 20_000


def test_without_a_thread_log_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_of: Rows) -> None:
    """Where no thread can be started, log() writes by itself what is older than half a second, and the end the rest."""

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        log = record(tmp_path)
    log({"x": 1})
    assert len(rows_of(tmp_path)) == 1
    log({"x": 2})
    assert len(rows_of(tmp_path)) == 1
    log.close()
    assert len(rows_of(tmp_path)) == 2


# -- going on with a run -----------------------------------------------------------------------------------------------


def test_a_resumed_run_is_appended_to(tmp_path: Path, rows_of: Rows) -> None:
    """Recording into a run that is there keeps its rows and its columns, and its steps and its clock go on."""
    with record(tmp_path) as log:
        log({"a": 1}, step=5)
    path = tmp_path / "logs" / "metrics.csv"
    path.write_text(path.read_text().rsplit(",", 1)[0] + ",100.5\n")
    with record(tmp_path) as log:
        log({"a": 2, "b": 3})
    rows = rows_of(tmp_path)
    assert header_of(tmp_path) == ["step", "a", "time_elapsed_seconds", "b"]
    assert [(row["step"], row["a"], row["b"]) for row in rows] == [("5", "1", ""), ("6", "2", "3")]
    assert 100.5 <= float(rows[1]["time_elapsed_seconds"]) < 110


def test_an_earlier_attempt_is_marked(tmp_path: Path, rows_of: Rows, start_script: Start) -> None:
    """Each time that a run goes on, how it stood before is kept among the earlier attempts, with the run's clock; its
    config stays where there is no new one."""
    with record(tmp_path, config={"lr": 1}) as log:
        log({"x": 1})
    first = notes_of(tmp_path)
    script = "import sys, os\nfrom livemon.recording.recorder import record\nlog = record(sys.argv[1])\nlog({'x': 2})\n"
    start_script(script + "log.flush()\nos.kill(os.getpid(), 9)", tmp_path).communicate()
    with record(tmp_path) as log:
        log({"x": 3})
    notes = notes_of(tmp_path)
    assert (notes["state"], notes["config"], len(notes["earlier"])) == ("finished", {"lr": 1}, 2)
    assert notes["earlier"][0] == {name: first[name] for name in notes["earlier"][0]}
    assert (notes["earlier"][1]["state"], notes["earlier"][1]["ended"]) == ("failed", None)
    times = [float(row["time_elapsed_seconds"]) for row in rows_of(tmp_path)]
    assert [row["x"] for row in rows_of(tmp_path)] == ["1", "2", "3"]
    assert times == sorted(times)
    assert (notes["earlier"][0]["elapsed"], notes["earlier"][1]["elapsed"], notes["elapsed"]) == (0, *times[:2])


def test_rows_can_be_added_after_the_end(tmp_path: Path, rows_of: Rows) -> None:
    """Rows of a test that comes after the training are appended, and the note of how the training ended stays."""
    with record(tmp_path) as log:
        log({"x": 1})
    before = (tmp_path / "livemon.json").read_text()
    with record(tmp_path, after_end=True) as log:
        log({"test_x": 2}, step=0)
    assert [(row["x"], row["test_x"]) for row in rows_of(tmp_path)] == [("1", ""), ("", "2")]
    assert (tmp_path / "livemon.json").read_text() == before


# -- the end, and what is known beside the metrics --------------------------------------------------------------------


def test_notes_say_how_the_run_stands(tmp_path: Path) -> None:
    """livemon.json says running, with the process, until the block is left, and then finished."""
    with record(tmp_path, config={"lr": 1e-3, "odd": math.inf}, total_steps=100):
        notes = notes_of(tmp_path)
        assert (notes["livemon"], notes["state"], notes["pid"], notes["ended"]) == (1, "running", os.getpid(), None)
        assert (notes["total_steps"], notes["config"]) == (100, {"lr": 1e-3, "odd": "Infinity"})
    notes = notes_of(tmp_path)
    assert notes["state"] == "finished"
    assert notes["started"] <= notes["ended"] <= time.time()


@pytest.mark.parametrize(
    ("error", "state", "reason", "evidence"),
    [
        (ValueError("loss is nan"), "failed", "nan", "ValueError: loss is nan"),
        (KeyboardInterrupt(), "stopped", "interrupted", "KeyboardInterrupt"),
        (SystemExit(0), "finished", None, ""),
        (SystemExit(3), "failed", "error", "SystemExit: 3"),
        (SystemExit(143), "failed", "preempted", "SIGTERM"),  # what a script makes of that signal
    ],
)
def test_an_exception_marks_the_run_and_goes_on(
    tmp_path: Path, error: BaseException, state: str, reason: str | None, evidence: str, rows_of: Rows
) -> None:
    """What ends the block is the run's end, with its reason, and is not swallowed; the rows before it are there."""

    def train() -> None:
        with record(tmp_path) as log:
            log({"x": 1})
            raise error

    with pytest.raises(type(error)):
        train()
    notes = notes_of(tmp_path)
    assert (notes["state"], notes["reason"], notes.get("evidence", "")) == (state, reason, evidence)
    assert len(rows_of(tmp_path)) == 1


@pytest.mark.parametrize(("end", "state"), [("", "finished"), ("1 / 0", "failed")])
def test_a_record_that_nobody_closes_ends_with_the_process(
    tmp_path: Path, end: str, state: str, rows_of: Rows, start_script: Start
) -> None:
    """Without `with`, the process's end writes the rows that wait and says whether it ended with an error."""
    text = f"import sys\nfrom livemon import record\nlog = record(sys.argv[1])\nlog({{'x': 1}})\n{end}"
    start_script(text, tmp_path).communicate()
    assert len(rows_of(tmp_path)) == 1
    assert notes_of(tmp_path)["state"] == state


def test_a_training_at_the_interpreter_s_exit_is_recorded(tmp_path: Path, rows_of: Rows, start_script: Start) -> None:
    """Where a script trains while the interpreter ends, when no thread can be started any more, its rows are there."""
    text = """
import atexit, sys
from livemon.recording.recorder import record

def train():
    with record(sys.argv[1]) as log:
        for step in range(3):
            log({"x": step})

atexit.register(train)
"""
    process = start_script(text, tmp_path)
    assert process.communicate()[1] in (None, "")
    assert len(rows_of(tmp_path)) == 3
    assert notes_of(tmp_path)["state"] == "finished"


# -- what must not hurt the training ----------------------------------------------------------------------------------


def test_a_full_disk_loses_no_row_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_of: Rows
) -> None:
    """While writing fails nothing is raised and the file stays whole; when there is room again the rows are written."""
    with record(tmp_path) as log:
        log({"x": 0})
        log.flush()
        room = [25]  # ends in a row
        real_write = os.write

        def write(handle: int, data: bytes) -> int:
            if room[0] <= 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            written = real_write(handle, data[: room[0]])
            room[0] -= written
            return written

        monkeypatch.setattr(os, "write", write)
        for step in range(1, 10):
            log({"x": step})
        log.flush()
        content = log.metrics_path.read_text()
        assert content.endswith("\n")
        assert len(rows_of(tmp_path)) < 10
        room[0] = 10_000
    assert [row["x"] for row in rows_of(tmp_path)] == [str(step) for step in range(10)]
    assert log.dropped == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    path = tmp_path / "small"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(path)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("a small file system cannot be mounted here (that needs root); the monkeypatched test stands alone")
    yield path
    subprocess.run(["umount", str(path)], check=True)


def test_a_really_full_disk(small_disk: Path, caplog: pytest.LogCaptureFixture, rows_of: Rows) -> None:
    """On a full file system the training goes on, the file holds whole rows, and what was dropped is counted."""
    (small_disk / "ballast").write_bytes(bytes(200_000))
    with record(small_disk / "run") as log:
        for step in range(3_000):
            log({"x": step / 7, "new" if step > 1_500 else "x2": 1})
            if step % 100 == 0:
                log.flush()
        full = len(rows_of(small_disk / "run"))
        (small_disk / "ballast").unlink()
        log.flush()
    rows = rows_of(small_disk / "run")
    assert 0 < full < len(rows)
    assert [float(row["x"]) for row in rows] == [step / 7 for step in range(len(rows))]
    assert all(row["time_elapsed_seconds"] for row in rows)
    assert len(rows) + log.dropped == 3_000
    assert [message for message in caplog.messages if "No space left" in message][1:] == [], "one warning"


def test_a_folder_that_cannot_be_made_is_one_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where nothing can be written at all, the training goes on and the lost rows are counted."""
    (tmp_path / "file").write_text("")
    with record(tmp_path / "file" / "run") as log:
        log({"x": 1})
        log.flush()
        log({"x": 2})
        log.flush()
    assert log.dropped == 2
    assert len([message for message in caplog.messages if "training goes on" in message]) == 1


def test_a_history_that_cannot_be_read_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_of: Rows
) -> None:
    """Where an earlier attempt's file cannot be opened at first, it is appended to later, and never written anew."""
    with record(tmp_path) as log:
        log({"x": 1})
    with monkeypatch.context() as patch:
        patch.setattr(metrics_file.MetricsFile, "resume", lambda _: (_ for _ in ()).throw(PermissionError("locked")))
        log = record(tmp_path)
        log({"x": 2}, step=1)
        log.flush()
        assert [row["x"] for row in rows_of(tmp_path)] == ["1"]
    log.close()
    assert [row["x"] for row in rows_of(tmp_path)] == ["1", "2"]


def test_a_disk_that_does_not_answer_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """While a write hangs, log() goes on, what waits is bounded and counted, and the end waits two seconds at most."""
    answer = threading.Event()
    hanging = threading.Event()

    def hang(*_: object) -> None:
        hanging.set()
        answer.wait(60)

    monkeypatch.setattr(metrics_file, "_append", hang)
    monkeypatch.setattr(recorder, "MAX_WAITING", 20_000)
    log = record(tmp_path)
    log({"x": 0})
    log.flush()
    log({"x": 1})
    assert hanging.wait(5)
    started = time.monotonic()
    for step in range(30_000):
        log({"x": step})
    assert log.dropped == 10_000
    log.close()
    assert time.monotonic() - started < 2 + 3
    assert "does not answer" in caplog.text
    answer.set()
    assert log._thread is not None
    log._thread.join(20)


@pytest.fixture
def hanging_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Every write to a file that is there hangs; the event is set once that has begun."""
    answer, hanging = threading.Event(), threading.Event()

    def hang(*_: object) -> None:
        hanging.set()
        answer.wait(120)

    monkeypatch.setattr(metrics_file, "_append", hang)
    yield hanging
    answer.set()
    for thread in threading.enumerate():
        if thread.name == "livemon-recorder":
            thread.join(60)


def begin(log: recorder.Recorder, hanging: threading.Event) -> None:
    """Log rows until the disk hangs."""
    log({"x": 0})
    log.flush()
    log({"x": 1})
    assert hanging.wait(60)


def test_a_disk_that_hangs_is_waited_for_once_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hanging_disk: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    """When as many rows wait for a hanging disk as there may, one log() waits a moment, and the later ones do not;
    flush() and close() come back; every row that is not in the file is counted, and the disk is named as the reason."""
    monkeypatch.setattr(recorder, "MAX_WAITING", 6_000)
    monkeypatch.setattr(recorder, "CLOSE_SECONDS", 0.2)
    log = record(tmp_path)
    begin(log, hanging_disk)
    took = []
    for step in range(10_000):
        begun = time.perf_counter()
        log({"x": step})
        took.append(time.perf_counter() - begun)
    assert sum(second > 0.3 for second in took) <= 1 and max(took) < 10
    assert log.dropped == 4_000
    begun = time.perf_counter()
    log.flush()
    log.close()
    assert time.perf_counter() - begun < 20
    assert log.dropped == 10_001
    messages = [message for message in caplog.messages if "do not" in message or "does not" in message]
    assert len(messages) == 2 and all("the disk does not answer" in message for message in messages)
    assert "further ones are dropped" in messages[0] and "10,001 rows could not be recorded" in messages[1]


def test_a_disk_that_answers_late_loses_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_of: Rows
) -> None:
    """Where the disk answers after the recorder was closed, the rows are in the file, and no longer counted."""
    monkeypatch.setattr(recorder, "CLOSE_SECONDS", 0.2)
    answer, hanging = threading.Event(), threading.Event()
    append = metrics_file._append

    def hang(path: Path, data: bytes) -> None:
        hanging.set()
        answer.wait(120)
        append(path, data)

    monkeypatch.setattr(metrics_file, "_append", hang)
    log = record(tmp_path)
    begin(log, hanging)
    log({"x": 2})
    log.close()
    assert log.dropped == 2
    answer.set()
    assert log._thread is not None
    log._thread.join(60)
    assert log.dropped == 0 and [row["x"] for row in rows_of(tmp_path)] == ["0", "1", "2"]
    assert (notes_of(tmp_path)["state"], notes_of(tmp_path)["dropped"]) == ("finished", 0)


def test_a_device_that_hangs_is_not_called_a_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where a number on a GPU never comes, the rows that are dropped are not blamed on the disk."""
    monkeypatch.setattr(recorder, "MAX_WAITING", 6_000)
    monkeypatch.setattr(recorder, "CLOSE_SECONDS", 0.2)
    answer, hanging = threading.Event(), threading.Event()

    class Never:
        def values(self) -> list[Any]:
            hanging.set()
            answer.wait(120)
            return [0.5]

    log = record(tmp_path)
    value = PendingValue(Never(), 0)  # type: ignore[arg-type]
    log._rows.append(({"step": 0, "x": value}, time.monotonic()))
    assert hanging.wait(60)
    for step in range(7_000):
        log({"x": step})
    log.close()
    assert log._thread is not None
    answer.set()
    log._thread.join(60)
    assert "the device does not answer" in caplog.text and "the disk" not in caplog.text


def test_a_full_disk_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the disk refuses rows, what it said is the reason that is given for those that are dropped, and nobody
    waits for it."""
    monkeypatch.setattr(recorder, "MAX_WAITING", 6_000)
    refuse = OSError(errno.ENOSPC, "No space left on device")
    log = record(tmp_path)
    log({"x": 0})
    log.flush()
    monkeypatch.setattr(metrics_file, "_append", lambda *_: (_ for _ in ()).throw(refuse))
    log({"x": 1})
    log.flush()
    for step in range(8_000):
        log({"x": step})
    log.close()
    assert log.dropped == 8_001
    dropped = [message for message in caplog.messages if "dropped" in message or "could not be recorded" in message]
    assert dropped and all("No space left" in message and "answer" not in message for message in dropped)


def test_what_is_noted_is_written_soon_and_by_the_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """note() returns at once, also while the disk does not answer; livemon.json has it soon, and at the end."""
    with record(tmp_path) as log:
        log.note(total_steps=7)
        deadline = time.monotonic() + 5
        while notes_of(tmp_path)["total_steps"] != 7 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert notes_of(tmp_path)["total_steps"] == 7
        threads = []
        original = log.notes.write
        monkeypatch.setattr(log.notes, "write", lambda: (threads.append(threading.current_thread()), original()))
        log.note(speed=2)
    assert notes_of(tmp_path)["speed"] == 2
    assert threading.current_thread() not in threads


def test_strict_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_of: Rows) -> None:
    """LIVEMON_STRICT=1 raises what is otherwise a warning."""
    monkeypatch.setenv("LIVEMON_STRICT", "1")
    with record(tmp_path) as log:
        log({"x": 1})
        assert len(rows_of(tmp_path)) == 1, "and writes at once"
        with pytest.raises(ValueError):
            log({"x": np.zeros(3)})
        monkeypatch.setattr(metrics_file, "_append", lambda *_: (_ for _ in ()).throw(OSError("disk")))
        with pytest.raises(OSError, match="disk"):
            log({"x": 2})
        monkeypatch.undo()


def test_disabled_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """LIVEMON_DISABLED=1 makes record() do nothing at all."""
    monkeypatch.setenv("LIVEMON_DISABLED", "1")
    with record(tmp_path / "run", config={"a": 1}) as log:
        log({"x": 1})
    assert not (tmp_path / "run").exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process.*fork:DeprecationWarning")
def test_a_forked_child_writes_nothing(tmp_path: Path, rows_of: Rows) -> None:
    """A child of a fork, which has the queue and the lock in whatever state they were, neither hangs nor writes."""
    with record(tmp_path) as log:
        log({"x": 1})
        with log._lock:  # as if the thread were just writing
            child = os.fork()
            if child == 0:
                try:
                    signal.signal(signal.SIGALRM, signal.SIG_DFL)
                    signal.alarm(20)
                    log({"x": 2})
                    log.flush()
                    log.close("failed")
                finally:
                    os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        log({"x": 3})
    assert [row["x"] for row in rows_of(tmp_path)] == ["1", "3"]
    assert notes_of(tmp_path)["state"] == "finished"


def test_a_copy_writes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture, rows_of: Rows) -> None:
    """Pickling and deep copying work while recording; the copy records nothing and says so once."""
    with record(tmp_path) as log:
        log({"x": 1})
        for other in (pickle.loads(pickle.dumps(log)), copy.deepcopy(log)):
            caplog.clear()
            other({"x": 2})
            other({"x": 2})
            other.close()
            assert len(caplog.records) == 1
            assert caplog.records[0].levelno == logging.WARNING
    assert [row["x"] for row in rows_of(tmp_path)] == ["1"]


def test_a_text_that_has_no_encoding_stops_nothing(tmp_path: Path) -> None:
    """Half of a surrogate pair in a text is spelt out; the rows behind it and the end are recorded."""
    with record(tmp_path / "run", config={"note": "\ud800"}) as log:
        for step in range(3):
            log({"loss": 1.0, "note": "\ud800" if step == 1 else "fine"}, step=step)
    lines = (tmp_path / "run" / "logs" / "metrics.csv").read_text().splitlines()
    assert len(lines) == 4
    assert json.loads((tmp_path / "run" / "livemon.json").read_text())["state"] == "finished"


# -- a folder into which somebody records ------------------------------------------------------------------------------

RECORDS = """
import sys
from livemon.recording.recorder import record
log = record(sys.argv[1])
log({"x": 1}, step=1)
log.flush()
print(log.dir, flush=True)
sys.stdin.read()
"""


def recording_process(folder: Path) -> tuple[subprocess.Popen[str], Path]:
    """A process that records into a folder until its input ends, and the folder that it took."""
    process = subprocess.Popen(
        [sys.executable, "-c", RECORDS, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_two_processes_do_not_mix_their_rows(tmp_path: Path, caplog: pytest.LogCaptureFixture, rows_of: Rows) -> None:
    """A run in whose folder another process records gets a new folder beside it, which is nobody's, and says so once;
    when the other one has been killed, its folder is continued."""
    (tmp_path / "exp-2").mkdir()
    process, first = recording_process(tmp_path / "exp")
    try:
        with record(tmp_path / "exp", config={"lr": 2}) as log:
            log({"x": 2}, step=1)
        assert (first, log.dir, log.metrics_path.parent.parent) == (tmp_path / "exp", *[tmp_path / "exp-3"] * 2)
        assert [row["x"] for row in rows_of(log.dir)] == ["2"]
        assert [text for text in caplog.messages if "recorded into already" in text] == caplog.messages
        assert notes_of(log.dir)["state"] == "finished"
        assert notes_of(first)["pid"] == process.pid
    finally:
        process.kill()
        process.communicate()
    with record(tmp_path / "exp") as log:
        log({"x": 3}, step=2)
    assert [row["x"] for row in rows_of(first)] == ["1", "3"]


def test_processes_that_begin_together_get_a_folder_each(tmp_path: Path, rows_of: Rows) -> None:
    """Of several that begin to record into one new folder in the same instant, each gets its own."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RECORDS, str(tmp_path / "exp")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        ) for _ in range(4)
    ]  # fmt: skip
    try:
        folders = [process.stdout.readline().strip() for process in processes if process.stdout]
    finally:
        for process in processes:
            process.communicate()
    assert sorted(folders) == [str(tmp_path / name) for name in ("exp", "exp-2", "exp-3", "exp-4")]
    assert all(len(rows_of(Path(folder))) == 1 for folder in folders)


def test_two_recorders_of_one_process_do_not_mix_their_rows(tmp_path: Path, rows_of: Rows) -> None:
    """The same in one process; a folder whose record has been closed is continued."""
    with record(tmp_path / "exp") as log:
        with record(tmp_path / "exp") as other:
            other({"x": 2})
        log({"x": 1})
    assert (log.dir, other.dir) == (tmp_path / "exp", tmp_path / "exp-2")
    assert [len(rows_of(one.dir)) for one in (log, other)] == [1, 1]
    with record(tmp_path / "exp") as log:
        assert log.dir == tmp_path / "exp"


def test_a_process_of_the_same_number_is_not_the_one_before(tmp_path: Path) -> None:
    """A run that was killed is continued also where its process's number has been given to another one."""
    with record(tmp_path) as log:
        log({"x": 1})
    note = json.loads((tmp_path / "livemon.json").read_text())
    if note["process_started"] is None:
        pytest.skip("this system does not tell when a process was started")
    note |= {"state": "running", "pid": os.getppid(), "process_started": "1"}
    (tmp_path / "livemon.json").write_text(json.dumps(note))
    with record(tmp_path) as log:
        assert log.dir == tmp_path


HANGING = """
import os, sys, time
from livemon.recording.recorder import record

def steps(log, seconds):
    took, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        begun = time.perf_counter()
        log({"x": begun})
        took.append(time.perf_counter() - begun)
        time.sleep(0.001)
    return sorted(took)[len(took) // 2] * 1e6

with record(sys.argv[1]) as log:
    before = steps(log, 1)
    log.flush()
    os.unlink(log.metrics_path)
    os.mkfifo(log.metrics_path)  # which nobody reads: a write to it never ends
    hanging = steps(log, float(sys.argv[2]))
    begun = time.perf_counter()
took = time.perf_counter() - begun
print(f"a row {before:.1f} us, while the write hangs {hanging:.1f} us; the end took {took:.1f} s")
"""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there is no FIFO there")
def test_a_process_whose_file_would_hang_comes_to_its_end(tmp_path: Path, start_script: Start) -> None:
    """With a FIFO that nobody reads in the place of metrics.csv, a real process takes all its steps and ends."""
    process = start_script(HANGING, tmp_path, os.environ.get("LIVEMON_HANG_SECONDS", "2"))
    output, errors = process.communicate(timeout=600)
    print(output)
    assert process.returncode == 0
    assert "a row" in output
    assert "not a regular file" in errors  # seen before it is opened


def test_metrics_may_be_called_numbers(tmp_path: Path) -> None:
    """Metrics called 0, 1 and nan, as of classes, are recorded and read back; other names than texts are written."""
    with record(tmp_path / "run") as log:
        log({"loss": 1.0}, step=0)
        log({0: 0.9, "1": 0.8, "nan": 3.0}, step=1)  # type: ignore[dict-item]
    run = ExperimentLoader(tmp_path / "run")
    run.refresh()
    assert run.metric_names == ["loss", "0", "1", "nan"] and run.series("0").tolist() == [0.9]
    assert ExperimentLoader(tmp_path).refresh() == 2


def test_the_script_may_change_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_of: Rows) -> None:
    """A run that was named by a relative path stays where it was begun."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with record("run") as log:
        log({"loss": 1.0})
        log.flush()
        monkeypatch.chdir(tmp_path / "elsewhere")
        log({"loss": 0.5})
    assert [row["loss"] for row in rows_of(tmp_path / "run")] == ["1.0", "0.5"]
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_config_that_cannot_be_kept_costs_itself_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, rows_of: Rows
) -> None:
    """A config that holds itself is left out with a warning, a number without end is told of; rows are recorded."""
    itself: dict[str, Any] = {}
    itself["again"] = itself
    for place, config in enumerate((itself, {"seed": 10**5000})):
        with record(tmp_path / str(place), config=config) as log:
            log({"loss": 1.0})
        assert len(rows_of(tmp_path / str(place))) == 1
    assert "the config cannot be kept" in caplog.text
    assert "bits" in json.loads((tmp_path / "1" / "livemon.json").read_text())["config"]["seed"]


def test_flush_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_of: Rows) -> None:
    """Where a write hangs, or a signal's handler flushes in the middle of one, flush() gives up."""
    monkeypatch.setattr(recorder, "CLOSE_SECONDS", 0.1)
    with record(tmp_path / "run") as log:
        with log._lock:
            log.flush()
        log({"loss": 1.0})
    assert len(rows_of(tmp_path / "run")) == 1


def test_odd_names_and_texts_cost_no_other_cell(tmp_path: Path) -> None:
    """A NUL in a text is a blank; a name that has no text, and a step that counts nothing, cost themselves and are
    counted."""

    class Nameless:
        def __str__(self) -> str:
            raise RuntimeError("no name")

    with record(tmp_path / "run") as log:
        log({"note": "a\0b", "loss": 1.0}, step=0)
        log({Nameless(): 1.0, "loss": 0.5}, step=1)  # type: ignore[dict-item]
        log({"loss": 0.1}, step=float("nan"))  # type: ignore[arg-type]
    run = ExperimentLoader(tmp_path / "run")
    run.refresh()
    assert run.series("loss").tolist() == [1.0, 0.5] and log.dropped == 1


def test_a_handler_that_makes_errors_of_warnings(tmp_path: Path, rows_of: Rows) -> None:
    """A logging handler of the script's that raises does not reach the training, nor end the writing."""

    class Strict(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise RuntimeError(record.getMessage())

    handler = Strict()
    logging.getLogger("livemon").addHandler(handler)
    try:
        with record(tmp_path / "run") as log:
            log({"bad": [1, 2], "loss": 1.0})  # type: ignore[dict-item]
            log({"loss": 0.5})
    finally:
        logging.getLogger("livemon").removeHandler(handler)
    assert [row["loss"] for row in rows_of(tmp_path / "run")] == ["1.0", "0.5"]


def test_settings_that_cannot_be_written_stop_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the run could be opened only at its end, and `config.json` cannot be written then, the rows still are."""
    monkeypatch.setattr("livemon.recording.run_folder.write_new_config", lambda *_: 1 / 0)
    blocked = tmp_path / "run"
    blocked.write_text("a file where the folder is to be")
    log = record(blocked, config={"lr": 1})
    log({"loss": 0.5}, step=1)
    blocked.unlink()
    log.close()
    assert (blocked / "logs" / "metrics.csv").read_text().splitlines()[1].startswith("1,")
