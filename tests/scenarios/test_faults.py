"""Faults of FAULTS.md that take a whole chain: real writers, real events, a real full disk, a loader that looks on."""

from __future__ import annotations

import ctypes
import math
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from livemon import ExperimentLoader, discover_experiments
from livemon.system.wakeups import Wakeups
from livemon.testing import HandClock, ScriptedWriter
from tests.started import started

HEADER = "step,train_loss\n"
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="inotify and tmpfs are Linux's")


def rows(start: int, stop: int) -> str:
    return "".join(f"{step},{step / 8}\n" for step in range(start, stop))


def steps(run: ExperimentLoader) -> list[int]:
    tables = [table for table in run.tables if "step" in table.columns]
    return [int(step) for table in tables for step in table.columns["step"].values]


def watch_until(run: ExperimentLoader, wakeups: Wakeups, done: Callable[[], bool], seconds: float = 20.0) -> float:
    """Look as the monitor does, until something is so; the seconds that took."""
    started = time.monotonic()
    while not done():
        assert time.monotonic() - started < seconds, "it never came"
        wakeups.follow([run.metrics_path or run.exp_dir, run.exp_dir])
        wakeups.wait(rest=0.02)
        run.refresh()
    return time.monotonic() - started


WRITER = """
import csv, sys, time
deadline = time.monotonic() + float(sys.argv[2])
step, wide = 0, "0.123456789012345678"
with open(sys.argv[1], "a", newline="") as file:
    writer = csv.writer(file)
    while time.monotonic() < deadline:
        writer.writerows([[step + row, *[(step + row) / 8] * 4] for row in range(200)])
        step += 200
"""


@pytest.mark.timeout(120)
def test_a_writer_at_full_speed(tmp_path: Path) -> None:
    """FAULTS 4: while csv.writer writes as fast as it can, and its blocks of 4 KiB tear rows, each look of a reader in
    a tight loop sees only rows that stand in the final file, in order, and in the end all of them."""
    path = tmp_path / "metrics.csv"
    path.write_text("step,a,b,c,d\n")
    seconds = float(os.environ.get("LIVEMON_SOAK", "3"))
    with started([sys.executable, "-c", WRITER, str(path), str(seconds)]) as writer:
        run = ExperimentLoader(tmp_path)
        looks = checked = 0
        while writer.poll() is None:
            run.refresh()
            (table,) = run.tables
            for name, factor in (("step", 1.0), ("a", 0.125), ("d", 0.125)):
                if name in table.columns:
                    new = table.columns[name].values[checked:]
                    assert (new == [row * factor for row in range(checked, checked + len(new))]).all(), (name, checked)
            checked, looks = table.n_rows, looks + 1
    run.refresh()
    assert looks > 20
    assert checked > 10_000
    assert run.tables[0].n_rows == path.read_text().count("\n") - 1
    assert run.anomalies == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False) if shutil.which("mount") else None
    if mounted is None or mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip() if mounted else 'no mount'}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@LINUX
def test_a_disk_that_is_full_in_a_rewrite(small_disk: Path) -> None:
    """FAULTS 13: a Lightning-like writer whose disk is full in the middle of its rewrite loses its rows; the watcher
    keeps and counts them, and the writer's own error is not masked."""
    path = small_disk / "metrics.csv"
    path.write_text(HEADER + rows(0, 16_000))
    run = ExperimentLoader(small_disk)
    run.refresh()
    assert len(steps(run)) == 16_000
    with pytest.raises(OSError, match="No space left"):
        path.write_text("step,train_loss,train_loss_epoch\n" + rows(0, 16_000).replace("\n", ",0.25\n"))
    written = path.read_text()
    assert not written.endswith("0.25\n"), "the fault: cut in the middle of a line"
    run.refresh()
    assert run.rewriting
    assert len(steps(run)) == 16_000
    deadline = time.monotonic() + 20
    while run.rewriting and time.monotonic() < deadline:
        run.refresh()
        time.sleep(0.1)
    lost = 16_000 - (written.count("\n") - 1)
    told = [(anomaly.kind, anomaly.count) for anomaly in run.anomalies if anomaly.kind != "incomplete end"]
    assert told == [("rows lost", lost)]
    assert sorted(steps(run)) == list(range(16_000))


def test_a_version_renamed_and_a_new_one(tmp_path: Path) -> None:
    """FAULTS 19: when `version_0` is renamed and a new `version_0` begins, who watched the old one keeps its rows apart
    from the new one's, and both are runs of their own."""
    writer = ScriptedWriter(tmp_path / "version_0" / "metrics.csv", ["step", "train_loss"])
    for step in range(30):
        writer.append(step=step, train_loss=0.5)
    run = ExperimentLoader(tmp_path / "version_0")
    run.refresh()
    (tmp_path / "version_0").rename(tmp_path / "version_0_old")
    run.refresh()
    assert len(steps(run)) == 30
    writer = ScriptedWriter(tmp_path / "version_0" / "metrics.csv", ["step", "train_loss"])
    for step in range(3):
        writer.append(step=step, train_loss=0.25)
    deadline = time.monotonic() + 10
    while [table.n_rows for table in run.tables] != [30, 3] and time.monotonic() < deadline:
        run.refresh()
        time.sleep(0.05)
    old, new = run.tables
    assert set(old.columns["train_loss"].values) == {0.5}
    assert set(new.columns["train_loss"].values) == {0.25}
    assert [folder.name for folder in discover_experiments(tmp_path)] == ["version_0", "version_0_old"]
    assert len(ExperimentLoader(tmp_path / "version_0_old").series("train_loss")) == 30


def test_files_that_are_the_same(tmp_path: Path) -> None:
    """FAULTS 21: byte-identical runs, hard links and symbolic links do not disturb each other: each path shows what
    stands at it."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.csv").write_text(HEADER + rows(0, 10))
    (tmp_path / "hard").mkdir()
    os.link(tmp_path / "one" / "metrics.csv", tmp_path / "hard" / "metrics.csv")
    (tmp_path / "link").symlink_to(tmp_path / "one")
    runs = {name: ExperimentLoader(tmp_path / name, remember=True) for name in ("one", "two", "hard", "link")}
    for run in runs.values():
        run.refresh()
    with (tmp_path / "one" / "metrics.csv").open("a") as file:
        file.write(rows(10, 12))
    news = {name: run.refresh() for name, run in runs.items()}
    assert news == {"one": 2, "two": 0, "hard": 2, "link": 2}
    assert all(steps(run) == list(range(10 + news[name])) for name, run in runs.items())
    assert {name: run.exp_dir.name for name, run in runs.items()} == {name: name for name in runs}


@pytest.mark.parametrize("when", ["before the folder's file", "from the first row", "in the middle", "at the end"])
def test_whenever_the_watching_begins(tmp_path: Path, when: str) -> None:
    """FAULTS 27: a watcher that began before the file was there, or at any time later, ends with the same table."""
    folder = tmp_path / "run"
    folder.mkdir()
    runs = []

    def begin(now: str) -> None:
        if now == when:
            runs.append(ExperimentLoader(folder))
        for run in runs:
            run.refresh()

    begin("before the folder's file")
    writer = ScriptedWriter(folder / "metrics.csv", ["step", "train_loss"])
    for step in range(40):
        writer.append(step=step, train_loss=step / 8, **({"val_loss": 1.5} if step > 20 else {}))
        begin({0: "from the first row", 25: "in the middle", 39: "at the end"}.get(step, ""))
    (run,) = runs
    last = ExperimentLoader(folder)
    assert run.load_metrics().equals(last.load_metrics())
    assert (run.anomalies, len(run.tables)) == ([], 1)


@LINUX
@pytest.mark.timeout(60)
def test_more_events_than_the_queue_holds(tmp_path: Path) -> None:
    """FAULTS 29: while this process cannot run, another one makes more events than the kernel keeps (16,384); what was
    appended behind them is on show soon after."""
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    path = tmp_path / "metrics.csv"
    path.write_text(HEADER)
    run = ExperimentLoader(tmp_path)
    program = (f"import os, sys\nfor i in range({limit // 2 + 1000}):\n path = {str(tmp_path)!r} + '/x' + str(i)\n"
               " os.close(os.open(path, os.O_CREAT | os.O_WRONLY)); os.unlink(path)\n"
               f"open({str(path)!r}, 'a').write({rows(0, 20)!r})\n")
    with Wakeups([path]) as wakeups:
        run.refresh()
        with started([sys.executable, "-c", program]) as other:
            keeper = ctypes.PyDLL(None)  # calls through it keep the interpreter's lock
            while other.poll() is None:
                keeper.usleep(300_000)
        assert watch_until(run, wakeups, lambda: len(steps(run)) == 20) < 10


@LINUX
@pytest.mark.alone  # it takes what the others need
def test_no_more_inotify_instances(tmp_path: Path) -> None:
    """FAULTS 30: when every inotify instance is taken, the run is followed by the heartbeat, and this is said; when
    some are free again, by events."""
    take = ctypes.CDLL(None, use_errno=True).inotify_init1
    taken = []
    while (descriptor := take(0)) >= 0:
        taken.append(descriptor)
    try:
        (tmp_path / "metrics.csv").write_text(HEADER)
        run = ExperimentLoader(tmp_path)
        clock = HandClock()
        with Wakeups([tmp_path], heartbeat_seconds=0.2, clock=clock) as wakeups:
            assert "looking every 0.2 s instead" in (wakeups.degraded or "")
            with (tmp_path / "metrics.csv").open("a") as file:
                file.write(rows(0, 5))
            watch_until(run, wakeups, lambda: len(steps(run)) == 5)
            for descriptor in taken:
                os.close(descriptor)
            taken.clear()
            clock.advance(11.0)  # it is tried again every ten seconds
            watch_until(run, wakeups, lambda: wakeups.degraded is None)
    finally:
        for descriptor in taken:
            os.close(descriptor)


@LINUX
def test_an_observer_stopped_from_outside(tmp_path: Path) -> None:
    """FAULTS 31: an observer that somebody stops, or whose thread has died, is replaced, and nothing is missed."""
    path = tmp_path / "metrics.csv"
    path.write_text(HEADER)
    run = ExperimentLoader(tmp_path)
    with Wakeups([path]) as wakeups:
        for turn, thread_name in enumerate(("_observer", "emitter")):
            notifier: object = wakeups._notifier
            observer = notifier._observer  # type: ignore[attr-defined]
            broken = observer if thread_name == "_observer" else next(iter(observer.emitters))
            broken.stop()
            broken.join(5)
            with path.open("a") as file:
                file.write(rows(5 * turn, 5 * turn + 5))
            want = 5 * turn + 5
            watch_until(run, wakeups, lambda want=want: len(steps(run)) == want)  # type: ignore[misc]
            watch_until(run, wakeups, lambda notifier=notifier: wakeups._notifier is not notifier)  # type: ignore[misc]


def test_runs_made_in_an_instant(tmp_path: Path) -> None:
    """FAULTS 32: runs whose folders, file and rows appear within a millisecond are all found."""
    made = []
    for number in range(300):
        folder = tmp_path / f"run_{number:03d}" / "version_0"
        folder.mkdir(parents=True)
        (folder / "metrics.csv").write_text(HEADER + rows(0, 2))
        made.append(folder)
    assert discover_experiments(tmp_path, "**") == made


@LINUX
def test_a_tree_moved_in(tmp_path: Path) -> None:
    """FAULTS 33: of a run that was moved into the watched folder as a whole, rows appended later appear."""
    (tmp_path / "root").mkdir()
    (tmp_path / "elsewhere" / "logs").mkdir(parents=True)
    path = tmp_path / "elsewhere" / "logs" / "metrics.csv"
    path.write_text(HEADER + rows(0, 5))
    run = ExperimentLoader(tmp_path / "root")
    with Wakeups([tmp_path / "root"]) as wakeups:
        (tmp_path / "elsewhere").rename(tmp_path / "root" / "exp1")
        watch_until(run, wakeups, lambda: run.metrics_path is not None and len(steps(run)) == 5)
        with (tmp_path / "root" / "exp1" / "logs" / "metrics.csv").open("a") as file:
            file.write(rows(5, 9))
        watch_until(run, wakeups, lambda: len(steps(run)) == 9)


def test_a_root_made_anew(tmp_path: Path) -> None:
    """FAULTS 34: after the watched folder was deleted and made again, or renamed and renamed back, rows go on."""
    folder = tmp_path / "exp1"
    folder.mkdir()
    (folder / "metrics.csv").write_text(HEADER + rows(0, 5))
    run = ExperimentLoader(folder)
    with Wakeups([folder / "metrics.csv"]) as wakeups:
        run.refresh()
        shutil.rmtree(folder)
        run.refresh()
        assert steps(run) == list(range(5))
        folder.mkdir()
        (folder / "metrics.csv").write_text(HEADER + rows(0, 7))
        watch_until(run, wakeups, lambda: steps(run) == list(range(7)))
        folder.rename(tmp_path / "away")
        run.refresh()
        (tmp_path / "away").rename(folder)
        with (folder / "metrics.csv").open("a") as file:
            file.write(rows(7, 9))
        watch_until(run, wakeups, lambda: steps(run) == list(range(9)))


def test_one_file_whose_disk_hangs(tmp_path: Path) -> None:
    """FAULTS 36: while reading one run hangs for seconds, as on a dead network drive, another is read as ever. (The
    hanging disk is a fake: a `pread` that waits.)"""
    from livemon.readers.csv import CsvReader
    from livemon.system.tail import Tail

    released = threading.Event()

    class Hanging:
        def __getattr__(self, name: str) -> object:
            return getattr(os, name)

        @staticmethod
        def pread(descriptor: int, count: int, offset: int) -> bytes:
            released.wait(20)
            return os.pread(descriptor, count, offset)

    for name in ("dead", "alive"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.csv").write_text(HEADER + rows(0, 5))
    path = tmp_path / "dead" / "metrics.csv"
    found = []
    thread = threading.Thread(target=lambda: found.append(CsvReader(path, Tail(path, system=Hanging())).read()))
    thread.start()
    run = ExperimentLoader(tmp_path / "alive")
    assert run.refresh() == 5
    assert found == []
    released.set()
    thread.join(10)
    assert found[0].block is not None
    assert found[0].block.n_rows == 5


@pytest.mark.parametrize(
    ("name", "logged"),
    [
        ("twice", [1, 1, 2, 2, 3]),
        ("going down", [5, 4, 3, 2, 1]),
        ("from 0 again", [0, 1, 2, 3, 0, 1, 2, 3, 4]),
        ("a gap", [1, 2, 10_003, 10_004]),
        ("two writers", [1, 101, 2, 102, 3, 103, 4, 104]),
    ],
)
def test_steps_that_do_not_rise(tmp_path: Path, name: str, logged: list[int]) -> None:
    """FAULTS 57: whatever the steps do, every row is kept as it was logged; the newest attempt wins where it is asked
    for, and no step is there that was not logged."""
    (tmp_path / "metrics.csv").write_text(HEADER + "".join(f"{step},{row}\n" for row, step in enumerate(logged)))
    run = ExperimentLoader(tmp_path)
    every = run.series("train_loss", attempts="all")
    assert every.index.tolist() == logged
    assert every.tolist() == list(range(len(logged)))
    latest = run.series("train_loss")
    assert set(latest.index) <= set(logged)
    assert latest.iloc[-1] == len(logged) - 1
    if name in ("a gap", "twice"):
        assert len(latest) == len(logged)
    if name == "from 0 again":
        assert latest.tolist() == [4, 5, 6, 7, 8]


def test_clocks_that_jump(tmp_path: Path) -> None:
    """FAULTS 59: a file from the future, or a clock that is put back an hour, changes no row and no order, and no age
    is negative."""
    path = tmp_path / "metrics.csv"
    path.write_text(HEADER + rows(0, 5))
    os.utime(path, (time.time() + 86_400, time.time() + 86_400))
    now = [time.time()]
    run = ExperimentLoader(tmp_path, clock=lambda: now[0])
    run.refresh()
    assert (run.state, "-" in run.state_evidence) == ("unknown", False)
    assert run.state_evidence.endswith("the clock that wrote the last row was 24h00 ahead")
    now[0] -= 3600
    with path.open("a") as file:
        file.write(rows(5, 9))
    run.refresh()
    assert (run.state, "-" in run.state_evidence) == ("running", False)
    assert steps(run) == list(range(9))
    assert math.isfinite(run.pace.last_row_at or 0.0)


def test_companions_that_are_broken(tmp_path: Path) -> None:
    """FAULTS 61: a half-written JSON and an events file with a bad end beside the metrics take nothing from them; that
    the end is bad is said."""
    (tmp_path / "metrics.csv").write_text(HEADER + rows(0, 5))
    (tmp_path / "trainer_state.json").write_text('{"log_history": [{"step": 1, "lo')
    (tmp_path / "events.out.tfevents.1.host").write_bytes(b"\x18\0\0\0\0\0\0\0\xa3\x7fK\"" + b"\xff" * 40)
    (tmp_path / "params.json").write_text('{"lr": ')
    run = ExperimentLoader(tmp_path)
    assert run.refresh() == 5
    with pytest.warns(UserWarning, match="an empty config is used"):
        assert run.config == {}
    kinds = [anomaly.kind for anomaly in run.anomalies]
    assert {"config", "record damaged"} <= set(kinds)
    (tmp_path / "params.json").write_text('{"lr": 0.1}')
    assert run.config == {"lr": 0.1}
    assert [anomaly.kind for anomaly in run.anomalies] == [kind for kind in kinds if kind != "config"]
