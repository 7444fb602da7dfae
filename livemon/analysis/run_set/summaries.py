"""Summaries of unchanged runs, in the user's cache folder: thousands of old runs are read only once.

The key of a summary is the present state of the run's files: their names, sizes and times of change, and the first and
last bytes of the metrics. A run that is being written is not cached, nor is one whose rows are not in its own folder.
The cache is optional: after any error the run is read instead.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any

import livemon
from livemon._version import __version__
from livemon.runs.project import find_project
from livemon.system.listing import FOLLOWED, leads_back
from livemon.system.shared_files import open_regular
from livemon.system.tail import LAST_LINE_SECONDS
from livemon.system.user_folders import cache_folder

__all__ = ["SummaryCache", "clear_summaries"]

_FILE = "summaries.sqlite"
_NOT_LOOKED_INTO = frozenset(("checkpoints", "plots"))
_DEPTH = 5
_MOST_FILES = 200
_REST_SECONDS = 5.0  # a file that changed more recently may change again within the same tick of its clock
_READERS = ("readers", "tables", "runs", "curves", "analysis")  # the parts of livemon that compute a summary
_EDGE_BYTES = 512
_DAYS = 90
_NAME = attrgetter("name")
# Errors that mean that the file is not our database; others mean that it cannot be used at the moment.
_BROKEN = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_MISMATCH)


class SummaryCache:
    """The cached summaries.

    Args:
        folder: The cache's folder; None: livemon's cache folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._path = (folder or cache_folder()) / _FILE
        self._found: dict[bytes, tuple[str, str]] = {}  # folder, in bytes of the file system -> key, text
        with contextlib.suppress(sqlite3.Error, OSError), self._database() as database:
            # All at once: asking for each of thousands costs more.
            rows = database.execute("SELECT folder, key, text FROM runs")
            self._found = {path: (key, text) for path, key, text in rows}
        self._new: dict[bytes, tuple[str, str]] = {}

    def get(self, folder: Path) -> dict[str, Any] | None:
        """The summary of the run in a folder in its present state; None if unknown."""
        path = os.path.abspath(folder)
        if (entry := self._found.get(os.fsencode(path))) is None:
            return None
        key, text = entry
        try:
            kept = json.loads(text)
            if key != _key(path, kept["metrics"], now=None):
                return None
            return dict(kept["summary"].items())
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    def put(self, folder: Path, metrics: Path | None, key: str, summary: dict[str, Any]) -> None:
        """Keep a summary. `key`: the result of `key_before` before the run was read."""
        if metrics is not None and key:
            path = os.path.abspath(folder)
            text = json.dumps({"metrics": _inside(path, metrics), "summary": summary}, default=str)
            self._new[os.fsencode(path)] = key, text

    def save(self) -> None:
        """Write new summaries. A damaged file is replaced."""
        if not self._new:
            return
        with contextlib.suppress(sqlite3.Error, OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                self._write()
            except sqlite3.Error as error:
                if (error.sqlite_errorcode & 0xFF) not in _BROKEN:
                    raise
                _delete(self._path)
                self._write()
        self._found |= self._new
        self._new = {}

    def _write(self) -> None:
        now = int(time.time())
        with self._database() as database:
            database.execute("DROP TABLE IF EXISTS kept")  # from earlier versions
            database.execute("CREATE TABLE IF NOT EXISTS runs "
                             "(folder BLOB PRIMARY KEY, key TEXT, text TEXT, saved INTEGER)")
            database.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?)",
                                 [(folder, *summary, now) for folder, summary in self._new.items()])
            database.execute("DELETE FROM runs WHERE saved < ?", (now - _DAYS * 86400,))

    @contextlib.contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self._path, timeout=2.0)
        try:
            with database:
                yield database
        finally:
            database.close()


def key_before(folder: Path, metrics: Path | None) -> str:
    """The present state of a run's files, to be taken before they are read; "" if the run cannot be cached."""
    path = os.path.abspath(folder)
    if metrics is None or not (inside := _inside(path, metrics)):
        return ""
    try:
        return _key(path, inside, now=time.time())
    except OSError:
        return ""


def _inside(folder: str, path: Path) -> str:
    """The path relative to the folder, which does not depend on the current folder; "" if it lies elsewhere."""
    full = os.path.abspath(path)
    return full[len(folder) + 1 :] if full.startswith(folder + os.sep) else ""


def clear_summaries() -> Path:
    """Delete all cached summaries; returns the file.

    Raises:
        OSError: It cannot be deleted; the message says what to do.
    """
    path = cache_folder() / _FILE
    try:
        _delete(path)
    except OSError as error:
        what = "which is a file" if path.parent.is_file() else f"in which {path.name} cannot be deleted"
        raise OSError(f"the cache folder is {path.parent}, {what} ({error.strerror}); LIVEMON_CACHE names another "
                      "folder") from None
    return path


def _delete(path: Path) -> None:
    """Delete a database, including its journal, which would be applied to the next one with this name."""
    for file in (path, path.with_name(f"{path.name}-journal")):
        file.unlink(missing_ok=True)


def _key(folder: str, metrics: str, now: float | None) -> str:
    """A hash of the state of the files, with the bytes at the ends of `metrics`, a path in the folder; "" if there are
    too many files or, with `now`, if one has just changed."""
    parts = [__version__, _reading(), find_project(Path(folder)).stamp]
    metrics = os.path.join(folder, metrics)
    for count, (name, status) in enumerate(_files(folder, _DEPTH, metrics)):
        if count >= _MOST_FILES or (now is not None and now - status.st_mtime < _REST_SECONDS):
            return ""
        # The time of change, too: restoring a file in place often restores its time of modification as well.
        parts.append(f"{name}:{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}:{status.st_ino}")
    with open_regular(metrics) as file:
        head = file.read(_EDGE_BYTES)
        file.seek(max(os.fstat(file.fileno()).st_size - _EDGE_BYTES, 0))
        tail = file.read(_EDGE_BYTES)
        if now is not None and not tail.endswith((b"\n", b"\r")) and \
                now - os.fstat(file.fileno()).st_mtime < LAST_LINE_SECONDS:
            return ""  # its last line is no row yet, and will become one without a change of the file
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape") + head + b"\0" + tail).hexdigest()


@functools.cache
def _reading() -> str:
    """A value that changes with livemon's own code for reading: the same files might give other rows."""
    here = Path(livemon.__file__).parent
    try:
        stamps = [(path.name, (status := path.stat()).st_size, status.st_mtime_ns)
                  for part in _READERS for path in sorted((here / part).rglob("*.py"))]
    except OSError:
        return ""
    return hashlib.sha256(repr(stamps).encode("utf-8", "surrogateescape")).hexdigest()


def _files(folder: str, depth: int, metrics: str) -> Iterator[tuple[str, os.stat_result]]:
    """The files in a folder and below it. Links to folders are followed if formats do so, see `Listing`, and on the way
    to the metrics."""
    with os.scandir(folder) as entries:
        inside = sorted(entries, key=_NAME)
    for entry in inside:
        if entry.is_dir(follow_symlinks=False) or (
            entry.is_symlink() and entry.is_dir()
            and (entry.name in FOLLOWED or metrics.startswith(entry.path + os.sep)) and not leads_back(entry.path)
        ):
            if depth > 1 and entry.name not in _NOT_LOOKED_INTO:
                yield from _files(entry.path, depth - 1, metrics)
        elif entry.is_file():
            yield entry.path, entry.stat()
