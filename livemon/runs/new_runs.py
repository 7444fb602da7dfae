"""A folder -> the runs below it, found as they appear, and those that are being written.

Thousands of old runs may be beside a few that train. So a look costs what may have changed: recent changes are checked
each time, everything else in turn, once in TURN_SECONDS. No file-system event is needed.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from livemon.readers.registry import format_of
from livemon.runs.discovery import SEARCH_DEPTH, databases_in, find_own_metrics, is_searched

__all__ = ["Changes", "RunsBelow", "RunsIn"]

TURN_SECONDS = 30.0
LATELY_SECONDS = 120.0
FOLDERS_A_LOOK = 500  # that are not runs: a new one may begin in any of them
# A folder may change twice within the same time stamp: then it is read once more. Some file systems only have whole
# seconds, or even ones; with fractions, a tick of the clock is some milliseconds.
UNSURE_SECONDS = 2.0
TICK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Changes:
    """The result of a look: the metrics files of new runs, and of those written since the last look."""

    new: tuple[Path, ...]
    written: tuple[Path, ...]


class RunsIn:
    """The runs in a database.

    Args:
        database: The file.
    """

    def __init__(self, database: Path) -> None:
        self.base = database
        self._known: set[Path] = set()
        self._written: float | None = None

    def look(self) -> Changes:
        """The runs that are new since the last look. At the first look, every run is new."""
        base_format = format_of(self.base)
        written = base_format.written(self.base) if base_format else None
        if base_format is None or (written == self._written and self._known):
            return Changes((), ())
        runs = [self.base / name for name in base_format.runs(self.base)]
        new = [path for path in runs if path not in self._known]
        self._known.update(new)
        self._written = written
        return Changes(tuple(new), ())


class RunsBelow:
    """The runs below a folder, in folders and in databases.

    Args:
        base: The folder. It is not a run itself.
        clock: The time in unix seconds.
        timer: Monotonic seconds.
        header: The column names of a file that has only numbers.

    Attributes:
        base: The folder.
    """

    def __init__(
        self, base: Path, *, clock: Callable[[], float] = time.time, timer: Callable[[], float] = time.monotonic,
        header: Sequence[str] = (),
    ) -> None:
        self.base = base
        self._header = header
        self._base = str(base)
        self._clock = clock
        self._timer = timer
        self._looked_at = timer()
        self._changed: dict[str, int] = {}  # path -> st_mtime_ns at the last look, 0 if it must be read again
        self._folders = _Turns(FOLDERS_A_LOOK)  # that are not runs
        self._metrics = _Turns(0)
        self._depth = {self._base: 0}
        self._names: dict[str, set[str]] = {}  # the content of a folder that is not a run
        self._databases: dict[Path, RunsIn] = {}

    def look(self) -> Changes:
        """The changes since the last look. At the first look, every run is new."""
        now = self._timer()
        seconds, self._looked_at = now - self._looked_at, now
        new: list[str] = []
        for folder in [self._base, *self._folders.due(now, seconds)]:
            new += self._look_into(folder, now)
        written = [path for path in self._metrics.due(now, seconds) if self._was_written(path, now)]
        in_databases = [path for database in self._databases.values() for path in database.look().new]
        return Changes((*map(Path, new), *in_databases), tuple(Path(path) for path in written if path not in new))

    def _look_into(self, folder: str, now: float) -> list[str]:
        """The metrics of new runs in a folder, and below it."""
        changed = _changed(folder)
        metrics = None if folder == self._base or changed is None else find_own_metrics(Path(folder), self._header)
        if changed is None or metrics is not None:
            self._folders.remove(folder)
            self._changed.pop(folder, None)
            self._names.pop(folder, None)
            if changed is None and folder != self._base:
                self._depth.pop(folder, None)
            return [] if metrics is None else self._take(str(metrics), now)
        if changed == self._changed.get(folder):
            return []
        unsure = TICK_SECONDS if changed % 1_000_000_000 else UNSURE_SECONDS
        self._changed[folder] = 0 if self._clock() - changed / 1e9 < unsure else changed
        if folder != self._base:
            self._keep(self._folders, folder, changed, now)
        for database in databases_in(Path(folder)):
            self._databases.setdefault(database, RunsIn(database))
        new: list[str] = []
        for path in self._new_folders_in(folder):
            self._depth[path] = self._depth[folder] + 1
            new += self._look_into(path, now)
        return new

    def _new_folders_in(self, folder: str) -> list[str]:
        """The folders directly in a folder that are new since the last look, without links."""
        try:
            names = set(os.listdir(folder)) if self._depth[folder] < SEARCH_DEPTH else set()
        except OSError:
            return []
        new = sorted(names - self._names.get(folder, set()))
        self._names[folder] = names
        paths = [os.path.join(folder, name) for name in new if is_searched(name)]
        return [path for path in paths if os.path.isdir(path) and not os.path.islink(path)]

    def _take(self, metrics: str, now: float) -> list[str]:
        """The newly discovered metrics of a run; [] if they are known."""
        if metrics in self._changed:
            return []
        self._changed[metrics] = _changed(metrics) or 0
        self._keep(self._metrics, metrics, self._changed[metrics], now)
        return [metrics]

    def _was_written(self, metrics: str, now: float) -> bool:
        changed = _changed(metrics)
        if changed is None:  # the run may begin again in the same folder
            self._metrics.remove(metrics)
            self._changed.pop(metrics, None)
            for folder in map(str, Path(metrics).parents):
                if folder in self._depth and folder != self._base:
                    self._folders.touch(folder, now)
            return False
        if changed == self._changed[metrics]:
            return False
        self._changed[metrics] = changed
        self._metrics.touch(metrics, now)
        return True

    def _keep(self, turns: _Turns, path: str, changed: int, now: float) -> None:
        if self._clock() - changed / 1e9 < LATELY_SECONDS:
            turns.touch(path, now)
        else:
            turns.add(path)


class _Turns:
    """Keys that are due every time for a while after they were touched, and then in turn.

    Args:
        at_least: How many of the others are due each time; more if TURN_SECONDS requires it.
    """

    def __init__(self, at_least: int) -> None:
        self._at_least = at_least
        self._lately: dict[str, float] = {}
        self._others: deque[str] = deque()
        self._known: set[str] = set()  # in either
        self._owed = 0.0

    def due(self, now: float, seconds: float) -> list[str]:
        """The due keys, `seconds` after the last time."""
        for key in [key for key, touched in self._lately.items() if now - touched > LATELY_SECONDS]:
            del self._lately[key]
            self._others.append(key)
        self._owed += len(self._others) * seconds / TURN_SECONDS
        count = min(max(int(self._owed), self._at_least), len(self._others))
        self._owed = max(self._owed - count, 0.0)
        others = [self._others.popleft() for _ in range(count)]
        self._others.extend(others)
        return [*self._lately, *others]

    def add(self, key: str) -> None:
        """Add a key, due in turn, unless it is known."""
        if key not in self._known:
            self._known.add(key)
            self._others.append(key)

    def touch(self, key: str, now: float) -> None:
        """Make a key due every time for a while."""
        if key in self._known and key not in self._lately:
            self._others.remove(key)
        self._known.add(key)
        self._lately[key] = now

    def remove(self, key: str) -> None:
        """Remove a key."""
        if key in self._known and self._lately.pop(key, None) is None:
            self._others.remove(key)
        self._known.discard(key)


def _changed(path: str) -> int | None:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return None
