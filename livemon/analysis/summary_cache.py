"""Summaries of runs that have not changed, in the user's cache folder: thousands of old runs are read once.

What is kept is keyed by what the run's files are now: each one's name, size and time of change, and the first and last
bytes of its metrics. A run that is written to is not kept; nor is one whose rows are not in files of its own folder.
Nothing here is needed: what goes wrong is left, and the run is read.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any

from livemon import __version__
from livemon.memory import cache_folder

__all__ = ["SummaryCache", "clear_summaries"]

_FILE = "summaries.sqlite"
_NOT_LOOKED_INTO = frozenset(("checkpoints", "plots"))
_DEPTH = 5
_MOST_FILES = 200
_REST_SECONDS = 5.0  # a file that changed less than that ago may change again within the same tick of its clock
_EDGE_BYTES = 512
_DAYS = 90
_NAME = attrgetter("name")


class SummaryCache:
    """What was kept of runs.

    Args:
        folder: Where; None is livemon's cache folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._path = (folder or cache_folder()) / _FILE
        self._found: dict[str, tuple[str, str]] = {}
        with contextlib.suppress(sqlite3.Error, OSError), self._database() as database:
            # All at once: asking for each of thousands costs more.
            rows = database.execute("SELECT path, key, text FROM kept")
            self._found = {path: (key, text) for path, key, text in rows}
        self._new: dict[str, tuple[str, str]] = {}

    def get(self, folder: Path) -> dict[str, Any] | None:
        """The summary of the run in a folder as it is now; None where it is not known."""
        path = os.path.abspath(folder)
        if path not in self._found:
            return None
        key, text = self._found[path]
        try:
            kept = json.loads(text)
            if key != _key(path, kept["metrics"], now=None):
                return None
            return dict(kept["summary"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, folder: Path, metrics: Path | None, key: str, summary: dict[str, Any]) -> None:
        """Keep a summary. `key`: what `key_before` gave before the run was read."""
        if metrics is not None and key:
            text = json.dumps({"metrics": str(metrics), "summary": summary}, default=str)
            self._new[os.path.abspath(folder)] = key, text

    def save(self) -> None:
        """Write what is new."""
        if not self._new:
            return
        with contextlib.suppress(sqlite3.Error, OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            now = int(time.time())
            with self._database() as database:
                database.execute("CREATE TABLE IF NOT EXISTS kept "
                                 "(path TEXT PRIMARY KEY, key TEXT, text TEXT, saved INTEGER)")
                database.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)",
                                     [(path, *one, now) for path, one in self._new.items()])
                database.execute("DELETE FROM kept WHERE saved < ?", (now - _DAYS * 86400,))
        self._found |= self._new
        self._new = {}

    @contextlib.contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self._path, timeout=2.0)
        try:
            with database:
                yield database
        finally:
            database.close()


def key_before(folder: Path, metrics: Path | None) -> str:
    """What the files of a run are now, to be taken before they are read; "" where the run cannot be kept."""
    path = os.path.abspath(folder)
    inside = metrics is not None and os.path.abspath(metrics).startswith(path + os.sep)
    try:
        return _key(path, str(metrics), now=time.time()) if inside else ""
    except OSError:
        return ""


def clear_summaries() -> Path:
    """Delete all that is kept; returns the file."""
    path = cache_folder() / _FILE
    path.unlink(missing_ok=True)
    return path


def _key(folder: str, metrics: str, now: float | None) -> str:
    """A hash of what the files are; "" where there are too many or, with `now`, where one has just changed."""
    parts = [__version__]
    for count, (name, status) in enumerate(_files(folder, _DEPTH)):
        if count >= _MOST_FILES or (now is not None and now - status.st_mtime < _REST_SECONDS):
            return ""
        parts.append(f"{name}:{status.st_size}:{status.st_mtime_ns}:{status.st_ino}")
    with open(metrics, "rb", buffering=0) as file:
        head = file.read(_EDGE_BYTES)
        file.seek(max(os.fstat(file.fileno()).st_size - _EDGE_BYTES, 0))
        tail = file.read(_EDGE_BYTES)
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape") + head + b"\0" + tail).hexdigest()


def _files(folder: str, depth: int) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as entries:
        inside = sorted(entries, key=_NAME)
    for entry in inside:
        if entry.is_dir(follow_symlinks=False):
            if depth > 1 and entry.name not in _NOT_LOOKED_INTO:
                yield from _files(entry.path, depth - 1)
        elif entry.is_file():
            yield entry.path, entry.stat()
