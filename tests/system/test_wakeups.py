from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from livemon.system.wakeups import Wakeups, _watchdog
from livemon.testing import HandClock

LONG = 20.0  # a heartbeat that no test waits for


def seconds_waited(wakeups: Wakeups, timeout: float | None = None, rest: float = 0.0) -> float:
    start = time.monotonic()
    wakeups.wait(timeout, rest=rest)
    return time.monotonic() - start


def settle(wakeups: Wakeups) -> None:
    """Let the events of what was done before arrive, and forget them."""
    while seconds_waited(wakeups, 0.3) < 0.3:
        pass


class FakeNotifier:
    def __init__(self) -> None:
        self.alive = True
        self.closed = False

    def healthy(self) -> bool:
        return self.alive

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def metrics(tmp_path: Path) -> Path:
    path = tmp_path / "run" / "metrics.csv"
    path.parent.mkdir()
    path.write_text("step\n")
    return path


def append(path: Path) -> None:
    with path.open("a") as file:
        file.write("1\n")


CHANGES: dict[str, Callable[[Path], object]] = {
    "append": append,
    "truncate": lambda path: os.truncate(path, 0),
    "replace": lambda path: os.replace(shutil.copy(path, path.with_suffix(".tmp")), path),
    "delete": lambda path: path.unlink(),
    "another file": lambda path: (path.parent / "livemon.json").write_text("{}"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_wakes(metrics: Path, change: Callable[[Path], object]) -> None:
    """A change beside the metrics file ends the wait long before the heartbeat."""
    with Wakeups([metrics], heartbeat_seconds=LONG) as wakeups:
        assert wakeups.degraded is None
        settle(wakeups)
        timer = threading.Timer(0.1, change, [metrics])
        timer.start()
        assert seconds_waited(wakeups) < LONG / 2
        timer.join()


def test_a_change_before_the_wait_is_not_lost(metrics: Path) -> None:
    """What changes while nobody waits ends the next wait at once."""
    with Wakeups([metrics], heartbeat_seconds=LONG) as wakeups:
        settle(wakeups)
        append(metrics)
        time.sleep(0.3)
        assert seconds_waited(wakeups) < 0.2


def test_reading_does_not_wake(metrics: Path) -> None:
    """Opening, reading and closing the file, as we do at every wake-up, causes no wake-up."""
    with Wakeups([metrics], heartbeat_seconds=LONG) as wakeups:
        settle(wakeups)
        for _ in range(3):
            metrics.read_bytes()
            os.stat(metrics)
            list(metrics.parent.iterdir())
        assert seconds_waited(wakeups, 0.5) >= 0.5


def test_the_heartbeat_alone_is_enough(metrics: Path) -> None:
    """FAULTS 28: with a notifier that never fires, a wait ends after one heartbeat."""
    with Wakeups([metrics], heartbeat_seconds=0.2, notify=lambda folders, changed: FakeNotifier()) as wakeups:
        wakeups.wait()
        append(metrics)
        assert 0.19 <= seconds_waited(wakeups) < 2.0
        assert wakeups.degraded is None


def test_timeout_and_rest(metrics: Path) -> None:
    """A wait takes at most its timeout, and at least its rest although changes arrive."""
    with Wakeups([metrics], heartbeat_seconds=LONG) as wakeups:
        settle(wakeups)
        assert 0.1 <= seconds_waited(wakeups, 0.1) < 2.0
        append(metrics)
        assert seconds_waited(wakeups, rest=0.3) >= 0.3


def test_a_file_that_does_not_exist_yet(tmp_path: Path) -> None:
    """Of a file in folders that do not exist yet the nearest parent is watched, and each new folder as it appears."""
    path = tmp_path / "run" / "logs" / "metrics.csv"
    with Wakeups([path], heartbeat_seconds=LONG) as wakeups:
        for step in (path.parent.parent.mkdir, path.parent.mkdir, path.touch):
            settle(wakeups)
            step()
            assert seconds_waited(wakeups) < LONG / 2
            wakeups.follow([path])


def test_a_folder_made_anew(metrics: Path) -> None:
    """FAULTS 34: after its folder was deleted and made again, changes of the file still wake."""
    clock = HandClock()
    with Wakeups([metrics], heartbeat_seconds=LONG, clock=clock) as wakeups:
        settle(wakeups)
        shutil.rmtree(metrics.parent)
        settle(wakeups)
        metrics.parent.mkdir()
        clock.advance(1)
        wakeups.follow([metrics])
        settle(wakeups)
        metrics.write_text("step\n")
        assert seconds_waited(wakeups) < LONG / 2


def test_a_watcher_whose_folder_has_gone_is_not_healthy(metrics: Path) -> None:
    """watchdog's observer lives on when the folder it watches is deleted; our check sees that no event can arrive."""
    watcher = _watchdog([metrics.parent], lambda: None)
    try:
        assert watcher.healthy()
        shutil.rmtree(metrics.parent)
        deadline = time.monotonic() + 5.0
        while watcher.healthy() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not watcher.healthy()
    finally:
        watcher.close()


def test_a_linked_file(metrics: Path, tmp_path: Path) -> None:
    """A change of the file behind a symbolic link wakes."""
    link = tmp_path / "elsewhere" / "metrics.csv"
    link.parent.mkdir()
    link.symlink_to(metrics)
    with Wakeups([link], heartbeat_seconds=LONG) as wakeups:
        settle(wakeups)
        append(metrics)
        assert seconds_waited(wakeups) < LONG / 2


def test_no_events_degrades_to_the_heartbeat(metrics: Path) -> None:
    """FAULTS 30: where no watcher can be had, the heartbeat goes on and the reason is said."""

    def limit_reached(folders: list[Path], changed: Callable[[], None]) -> FakeNotifier:
        raise OSError(24, "inotify instance limit reached")

    with Wakeups([metrics], heartbeat_seconds=0.1, notify=limit_reached) as wakeups:
        assert wakeups.degraded is not None
        assert "inotify instance limit reached" in wakeups.degraded
        assert "every 0.1 s" in wakeups.degraded
        wakeups.wait()
        assert seconds_waited(wakeups) >= 0.09


def test_a_dead_watcher_is_replaced(metrics: Path) -> None:
    """FAULTS 31: a watcher that died is closed and replaced, at most once a second."""
    clock, made = HandClock(), []

    def notify(folders: list[Path], changed: Callable[[], None]) -> FakeNotifier:
        made.append(FakeNotifier())
        return made[-1]

    with Wakeups([metrics], notify=notify, clock=clock) as wakeups:
        wakeups.follow([metrics])
        assert len(made) == 1
        made[0].alive = False
        wakeups.follow([metrics])
        assert len(made) == 1
        clock.advance(1)
        wakeups.follow([metrics])
        assert len(made) == 2
        assert made[0].closed
    assert made[1].closed


def test_interrupt_ends_every_wait(metrics: Path) -> None:
    """After interrupt, from any thread, the wait that goes on ends, its rest too, and later ones return at once."""
    with Wakeups([metrics], heartbeat_seconds=LONG) as wakeups:
        timer = threading.Timer(0.1, wakeups.interrupt)
        timer.start()
        assert seconds_waited(wakeups, rest=LONG) < LONG / 2
        assert seconds_waited(wakeups) < 0.1
        timer.join()


def test_close_leaves_no_thread(metrics: Path) -> None:
    """Closing ends the watcher's threads, at once, also when the watched folder is gone; closing twice is harmless."""
    before = set(threading.enumerate())
    wakeups = Wakeups([metrics], heartbeat_seconds=LONG)
    assert set(threading.enumerate()) > before
    shutil.rmtree(metrics.parent)
    time.sleep(0.1)
    start = time.monotonic()
    wakeups.close()
    wakeups.close()
    assert set(threading.enumerate()) <= before
    assert time.monotonic() - start < 2.0


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p", "lustre", "something new"])
def test_where_nobody_tells_of_changes(metrics: Path, kind: str) -> None:
    """FAULTS 35: on a file system that is not known to be local no events are waited for; the heartbeat notices, and
    this is said, once the kind is known, without starting anything again and again."""
    started: list[list[Path]] = []

    def notify(folders: list[Path], changed: Callable[[], None]) -> FakeNotifier:
        started.append(folders)
        return FakeNotifier()

    with Wakeups([metrics], notify=notify, kind_of=lambda folder: kind, heartbeat_seconds=0.05) as wakeups:
        assert wakeups.degraded == f"no file-system events on {kind}; looking every 0.05 s instead"
        assert seconds_waited(wakeups) < LONG
        wakeups.follow([metrics])
    assert started == []


def test_one_folder_on_a_network_drive(metrics: Path, tmp_path: Path) -> None:
    """Where one of two folders lies on a network drive, the other's events still count."""
    other = tmp_path / "other"
    other.mkdir()
    started: list[list[Path]] = []

    def notify(folders: list[Path], changed: Callable[[], None]) -> FakeNotifier:
        started.append(folders)
        return FakeNotifier()

    kinds = {metrics.parent: "nfs", other: "ext4"}
    with Wakeups([metrics, other], notify=notify, kind_of=kinds.__getitem__) as wakeups:
        assert started == [[other]]
        assert "on nfs" in (wakeups.degraded or "")


@pytest.mark.parametrize(("late", "seconds"), [(True, 0.5), (False, 1.0)])
def test_where_events_are_late_it_looks_more_often(
    metrics: Path, monkeypatch: pytest.MonkeyPatch, late: bool, seconds: float
) -> None:
    """Windows and macOS tell of changes late or not at all: there a change is noticed after half a second at most."""
    monkeypatch.setattr("livemon.system.wakeups._TELLS_LATE", late)
    with Wakeups([metrics], notify=lambda folders, changed: FakeNotifier()) as wakeups:
        assert wakeups.heartbeat_seconds == seconds


def test_events_from_before_the_watch(metrics: Path) -> None:
    """FSEvents also tells of what changed before: that ends a wait too early, and the next one waits as ever."""

    def notify(folders: list[Path], changed: Callable[[], None]) -> FakeNotifier:
        for _ in range(5):
            changed()
        return FakeNotifier()

    with Wakeups([metrics], heartbeat_seconds=0.3, notify=notify) as wakeups:
        assert seconds_waited(wakeups) < 0.3
        assert seconds_waited(wakeups) >= 0.29


def test_somebody_who_waits_ends_the_rest() -> None:
    """`wake_now` ends a wait, its rest too, from another thread; the next one rests again."""
    with Wakeups([], heartbeat_seconds=30.0) as wakeups:
        threading.Timer(0.1, wakeups.wake_now).start()
        started = time.monotonic()
        wakeups.wait(rest=20.0)
        assert time.monotonic() - started < 10.0
        wakeups.wake_now()
        wakeups.wait(rest=20.0)
        assert time.monotonic() - started < 10.0
        again = time.monotonic()
        wakeups.wait(0.0, rest=0.2)
        assert time.monotonic() - again >= 0.19
