"""When to look at files again: a change of a file becomes a wake-up without content.

A wake-up says *when*, never *what*. File-system events (watchdog) make it quick, a heartbeat makes it certain: if
every event is lost, livemon notices a change one heartbeat later, and misses no row, because the reader decides what is
new. Correctness does not depend on this module, so nothing here raises: `Wakeups.degraded` describes a problem.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from livemon.system.filesystems import birth_time, file_system, tells_changes

__all__ = ["Notifier", "Wakeups"]

HEARTBEAT_SECONDS = 1.0
# Windows and macOS report changes late, combine several, and miss some: there livemon looks more often by itself.
LATE_HEARTBEAT_SECONDS = 0.5
IDLE_HEARTBEATS = 5  # a watch that waits for hours uses almost no CPU time, and a lost event still costs only seconds
_TELLS_LATE = sys.platform != "linux"
_REPLACE_SECONDS = 1.0  # a file-system watcher that keeps dying is not restarted more often than this
_RETRY_SECONDS = 10.0  # before another try if it could not be started


class Notifier(Protocol):
    """Calls back when a file in one of its folders changes."""

    def healthy(self) -> bool:
        """Whether events can still arrive."""

    def close(self) -> None:
        """Stop, and leave no thread behind."""


class Wakeups:
    """Waits for changes of files.

    Args:
        paths: The files or folders to watch; see `follow`.
        heartbeat_seconds: The longest time that `wait` waits; None: the default for this system.
        notify: (folders, callback) -> Notifier; None: watchdog.
        kind_of: folder -> the kind of its file system; see `filesystems.file_system`.
        clock: A clock in seconds that never goes back.

    Attributes:
        degraded: Why there are no file-system events, only the heartbeat, in words; None if there are events.
        is_idle: Whether nothing has changed for long: then the heartbeat is slower, if there are events.
    """

    def __init__(
        self,
        paths: Iterable[str | Path] = (),
        *,
        heartbeat_seconds: float | None = None,
        notify: Callable[[list[Path], Callable[[], None]], Notifier] | None = None,
        kind_of: Callable[[Path], str | None] = file_system,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        usual = LATE_HEARTBEAT_SECONDS if _TELLS_LATE else HEARTBEAT_SECONDS
        self.heartbeat_seconds = usual if heartbeat_seconds is None else heartbeat_seconds
        self.degraded: str | None = None
        self.is_idle = False
        self._notify = notify or _watchdog
        self._kind_of = kind_of
        self._clock = clock
        self._changed = threading.Event()
        self._wake_requested = threading.Event()  # somebody waits for the next look: no rest
        self._interrupted = threading.Event()
        self._notifier: Notifier | None = None
        self._folders: dict[Path, tuple[float, ...]] = {}
        self._retry_at = -float("inf")
        self.follow(paths)

    def follow(self, paths: Iterable[str | Path]) -> None:
        """Watch the folders of these files, and these folders, from now on; if a path does not exist yet, its nearest
        existing parent. It is cheap if nothing changed, and restarts a failed watcher, so call it as often as you like.
        """
        if self._interrupted.is_set():
            return
        folders = _folders(paths)
        broken = self._notifier is None or not self._notifier.healthy()
        if folders == self._folders and (not broken or self._clock() < self._retry_at):
            return
        self._drop_notifier()
        self._folders = folders
        self._retry_at = self._clock() + _REPLACE_SECONDS
        silent = {folder: kind for folder in folders if not tells_changes(kind := self._kind_of(folder))}
        self.degraded = self._polling(f"on {', '.join(sorted(set(filter(None, silent.values()))))}") if silent else None
        telling = [folder for folder in folders if folder not in silent]
        if not telling:
            self._retry_at = float("inf")
            return
        try:
            self._notifier = self._notify(telling, self._changed.set)
        except Exception as error:  # watchdog may fail at import, when it starts, and with errors of its own
            self.degraded = self._polling(f"({type(error).__name__}: {error})" if str(error) else type(error).__name__)
            self._retry_at = self._clock() + _RETRY_SECONDS
        self._changed.set()  # changes in between had no event

    def _polling(self, why: str) -> str:
        return f"no file-system events {why}; looking every {self.heartbeat_seconds:g} s instead"

    def wait(self, timeout: float | None = None, *, rest: float = 0.0) -> None:
        """Return when something changed, or after `timeout` seconds, at most a heartbeat; but not before `rest`
        seconds, even if something changed. Returns at once after `wake_now` and `interrupt`."""
        if rest > 0:
            self._wake_requested.wait(rest)
        heartbeat = self.heartbeat_seconds * (IDLE_HEARTBEATS if self.is_idle and self.degraded is None else 1)
        longest = heartbeat if timeout is None else min(timeout, heartbeat)
        if not self._wake_requested.is_set():
            self._changed.wait(max(longest - rest, 0.0))
        if not self._interrupted.is_set():
            self._wake_requested.clear()
            self._changed.clear()

    def wake_now(self) -> None:
        """End the present wait, or the next one, even during its rest: somebody waits for the next look. May be called
        from any thread."""
        self._wake_requested.set()
        self._changed.set()

    def interrupt(self) -> None:
        """End the present wait and every later one. May be called from any thread."""
        self._interrupted.set()
        self.wake_now()

    def close(self) -> None:
        """Stop watching; no thread is left behind."""
        self.interrupt()
        self._drop_notifier()

    def _drop_notifier(self) -> None:
        notifier, self._notifier = self._notifier, None
        if notifier is not None:
            try:
                notifier.close()
            except Exception as error:
                self.degraded = f"the file-system watcher did not stop ({type(error).__name__}: {error})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _folders(paths: Iterable[str | Path]) -> dict[Path, tuple[float, ...]]:
    """The folders to watch -> their identity on the disk now, so that a folder that was created anew is recognised."""
    folders: dict[Path, tuple[float, ...]] = {}
    for path in paths:
        absolute = os.path.abspath(path)
        for name in {absolute, os.path.realpath(absolute)}:  # both sides of a symbolic link
            watched = Path(name)
            for folder in (watched, *watched.parents):
                try:
                    if not folder.is_dir():
                        continue
                    stat = folder.stat()
                except OSError:
                    continue
                folders[folder] = (stat.st_dev, stat.st_ino or birth_time(folder) or 0)
                break
    return folders


class _Watchdog:
    """A watchdog observer of some folders, without their subfolders."""

    def __init__(self, folders: list[Path], changed: Callable[[], None]) -> None:
        # Imported here, because importing it may fail or start a thread.
        from watchdog import events
        from watchdog.observers import Observer

        class Handler(events.FileSystemEventHandler):
            def on_any_event(self, event: events.FileSystemEvent) -> None:
                changed()  # cannot raise: an exception here would end the observer's thread for good

        # We open and close files for reading ourselves: that must not wake us.
        kinds: list[type[events.FileSystemEvent]] = [
            events.FileCreatedEvent, events.FileModifiedEvent, events.FileMovedEvent, events.FileDeletedEvent,
            events.DirCreatedEvent, events.DirMovedEvent, events.DirDeletedEvent,
        ]
        if _TELLS_LATE:  # some events on these systems name only the folder
            kinds.append(events.DirModifiedEvent)
        self._observer = Observer()
        try:
            for folder in folders:
                self._observer.schedule(Handler(), str(folder), recursive=False, event_filter=kinds)
            self._observer.start()
        except BaseException:
            self.close()
            raise

    def healthy(self) -> bool:
        # The observer stays alive when the emitter of a deleted folder has ended.
        return self._observer.is_alive() and all(emitter.is_alive() for emitter in self._observer.emitters)

    def close(self) -> None:
        emitters = list(self._observer.emitters)
        self._observer.stop()
        for thread in (self._observer, *emitters):
            if thread.is_alive():
                thread.join(5.0)


def _watchdog(folders: list[Path], changed: Callable[[], None]) -> Notifier:
    return _Watchdog(folders, changed)
