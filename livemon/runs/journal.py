"""The rows shown from a file, kept in the user's cache folder for a restarted watcher.

A watcher copies the lines that it reads to a journal file, one for each version of the watched file. An index names the
journal file of the visible version, and those with kept rows that the writer has deleted. The index is replaced
atomically when another version is shown, so a watcher may be killed at any time: the journal files in the index exist.
If two watchers watch one file, the one started last keeps the journal. Journal files are read by the file's own reader.
A journal file with which the file begins, byte by byte, is not read: nothing of it was lost, and a run of a million
rows would be read twice. The journal is optional: a problem is reported, and watching goes on.

The index also holds facts about the training, so that another training that begins in the same folder later does not
get the rows of this one as its attempt: see `same_training`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import re
import shutil
import stat
import time
from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path
from typing import Any

from livemon.readers.base import Reader, read_table
from livemon.runs.history import History, Kept
from livemon.runs.same_training import Training, same_training, training_in
from livemon.system.atomic import move_into_place
from livemon.system.filesystems import is_ours
from livemon.system.user_folders import cache_folder
from livemon.tables.table import Table

__all__ = ["Journal", "is_kept", "kept_files"]

VERSION = 1
INDEX = "memory.json"
LARGEST_BYTES = 64 << 20  # for one version of a file
DAYS = 30  # after which an untouched index is deleted, with its journal files
_LOOK_THROUGH_SECONDS = 3600.0  # between two searches for old ones
_looked_through: dict[Path, float] = {}  # folder of journals -> the time of the last search, in unix seconds
YOUNG_SECONDS = 86400.0  # a watcher touches its index this often
_JOURNAL_FILE = re.compile(r"[0-9a-f]{16}\.journal")
_PIECE_BYTES = 1 << 20


class _State(Enum):
    """Whether a journal keeps new lines."""

    OFF = auto()  # They are not kept; only the rows that an earlier watcher kept are recalled.
    FRESH = auto()  # A version of the file begins: its first lines begin a journal file.
    WRITING = auto()  # They are added to the version's journal file.
    STOPPED = auto()  # They are no longer kept: the run has ended, a file is too large, or a disk or watcher refuses.


def _folder_of(file: str) -> Path:
    """The folder for the rows of a file, by its real path."""
    return cache_folder() / "shown" / _key_of(file)


def _key_of(file: str) -> str:
    return hashlib.sha256(os.fsencode(file)).hexdigest()[:32]


def is_kept(file: str, kept: frozenset[str]) -> bool:
    """Whether an earlier watcher kept anything from a file.

    Args:
        file: Its real path.
        kept: The result of `kept_files`.
    """
    return bool(kept) and _key_of(file) in kept


def kept_files() -> frozenset[str]:
    """The files from which an earlier watcher kept anything; see `is_kept`."""
    try:
        return frozenset(os.listdir(os.path.join(cache_folder(), "shown")))
    except OSError:
        return frozenset()


class Journal:
    """The rows shown from one file.

    Args:
        path: The file.
        folder: The folder of its run.
        reader: Makes a reader for a journal file.
        writes: Whether to keep what is read from now on; else only what an earlier watcher kept is recalled.

    Attributes:
        problem: The problem, for people, or "".
    """

    def __init__(
        self, path: Path, reader: Callable[[Path], Reader], *, folder: Path | None = None, writes: bool = False
    ) -> None:
        self.problem = ""
        self._file = os.path.realpath(path)
        self._folder = _folder_of(self._file)
        self._run = folder or path.parent
        self._reader = reader
        self._state = _State.FRESH if writes else _State.OFF
        self._writing = ""  # the journal file of the version that is being read, in the state WRITING
        self._size = 0  # of that journal file
        self._shown = ""  # the journal file of the visible version
        self._was_left_out = False  # it was not read, because the file begins with it
        self._kept: list[tuple[Kept, str]] = []  # with the journal file of its rows
        self._training = training_in(self._run)  # of the visible rows
        self._touched = time.time()

    def restore(self, clock: Callable[[], float] = time.monotonic) -> History:
        """The rows that an earlier watcher showed; an empty history if there was none."""
        table: Table | None = None
        try:
            index = self._read_index()
            shown, kept = str(index.get("own", "")), [(str(name), int(row)) for name, row in index.get("kept", [])]
            self._kept = [(self._read_kept(name, row), name) for name, row in kept]
            self._was_left_out = bool(shown) and self._goes_on_from(shown)
            table = self._read_rows(shown) if shown and not self._was_left_out else None
            self._shown = shown
            if index:
                self._training = _training_of(index)
        except Exception as error:  # whatever is in files that somebody else has changed
            self.problem = f"rows shown earlier cannot be loaded from {self._folder}: {error}"
            self._kept = []
        return History(self._file, clock, table, [kept for kept, _ in self._kept], self._is_same)

    def restore_removed(self) -> History | None:
        """The rows that an earlier watcher showed, if `restore` left them to the file, and the file no longer begins
        with them; else None."""
        was_left_out, self._was_left_out = self._was_left_out, False
        return self.restore() if was_left_out and not self._goes_on_from(self._shown) else None

    def _goes_on_from(self, name: str) -> bool:
        """Whether the file begins with the whole content of a journal file."""
        try:
            path = self._journal_file(name)
            if not os.path.isfile(self._file) or not 0 < os.path.getsize(path) <= os.path.getsize(self._file):
                return False
            with open(path, "rb") as journal, open(self._file, "rb") as file:
                while piece := journal.read(_PIECE_BYTES):
                    if file.read(len(piece)) != piece:
                        return False
        except (OSError, ValueError):
            return False
        return True

    def _is_same(self, old: Table, new: Table) -> bool:
        """Whether the rows now in the file belong to the watched training."""
        before, self._training = self._training, training_in(self._run)
        return same_training(old, new, before, self._training)

    @property
    def _keeps(self) -> bool:
        return self._state in (_State.FRESH, _State.WRITING)

    def take(self, lines: bytes, *, restarted: bool) -> None:
        """Keep lines that are about to be shown. `restarted`: whether they are the first of another version of the
        file."""
        if not self._keeps:
            return
        if restarted:
            self._state = _State.FRESH
        if not lines:
            return
        if self._state is _State.FRESH:
            self._writing, self._size = f"{os.urandom(8).hex()}.journal", 0
        if self._size + len(lines) > LARGEST_BYTES:
            self.stop()
            return
        try:
            self._write(lines)
        except FileNotFoundError:  # a watcher that started later now keeps this file's rows
            self._state = _State.STOPPED
        except OSError as error:
            self._stop_for(error)

    def _write(self, lines: bytes) -> None:
        """Append lines to the journal file; a disk may take only a part of them at a time."""
        if self._state is _State.FRESH:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        mode = "xb" if self._state is _State.FRESH else "r+b"
        with open(self._folder / self._writing, mode, buffering=0) as file:
            file.seek(0, os.SEEK_END)
            rest = memoryview(lines)
            while rest:
                rest = rest[file.write(rest) or 0 :]
        self._state = _State.WRITING
        self._size += len(lines)

    def follow(self, history: History) -> None:
        """Record the visible version, and the rows kept from earlier versions."""
        if not self._keeps:
            return
        self._keep_young()
        if history.rewriting or self._state is not _State.WRITING:
            return
        known = {id(kept): name for kept, name in self._kept}
        kept = [(deleted, known.get(id(deleted), self._shown)) for deleted in history.kept]
        if self._shown == self._writing and len(kept) == len(self._kept):
            return
        self._shown, self._kept = self._writing, kept
        if self._training.settings is None:  # they may have been written after the first rows
            self._training = training_in(self._run)
        try:
            self._write_index()
            self._delete_others()
        except OSError as error:
            self._stop_for(error)

    def forget(self) -> None:
        """Keep only the rows that the writer has deleted, because the run has ended."""
        if not self._keeps:
            return
        self._state, self._shown = _State.STOPPED, ""
        if not self._kept:
            shutil.rmtree(self._folder, ignore_errors=True)
            return
        with contextlib.suppress(OSError):
            self._write_index()
            self._delete_others()

    def stop(self, problem: str = "") -> None:
        """Stop keeping the visible version; rows kept from others stay."""
        self.forget()
        self.problem, self._state = problem, _State.STOPPED

    def _stop_for(self, error: OSError) -> None:
        self.stop(f"shown rows cannot be saved in {self._folder}: {error.strerror or error}")

    # -- files

    def _read_index(self) -> dict[str, Any]:
        path = self._folder / INDEX
        try:
            status = path.stat()
        except FileNotFoundError:
            return {}
        if not stat.S_ISREG(status.st_mode):  # a FIFO would block, and a device never end
            raise ValueError(f"{INDEX} is not a regular file")
        if not is_ours(status):
            raise ValueError("it belongs to another user")
        if status.st_size > 1 << 20:
            raise ValueError(f"{INDEX} is too large to be livemon's")
        index = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(index, dict) or index.get("version") != VERSION or index.get("file") != self._file:
            raise ValueError(f"{INDEX} is of another version of livemon")
        return index

    def _write_index(self) -> None:
        index = {"version": VERSION, "file": self._file, "own": self._shown,
                 "kept": [(name, kept.first_row) for kept, name in self._kept],
                 "settings": self._training.settings, "born": self._training.created}
        part = self._folder / f"{os.urandom(8).hex()}.part"
        part.write_text(json.dumps(index), encoding="utf-8")
        move_into_place(part, self._folder / INDEX)

    def _keep_young(self) -> None:
        """Touch the index now and then during a watch, because old ones are deleted."""
        if abs(time.time() - self._touched) < YOUNG_SECONDS:
            return
        self._touched = time.time()
        with contextlib.suppress(OSError):
            os.utime(self._folder / INDEX)

    def _read_kept(self, name: str, row: int) -> Kept:
        table = self._read_rows(name)
        if not 0 <= row < table.n_rows:
            raise ValueError(f"{name} has {table.n_rows} rows, and row {row + 1} should be kept")
        return Kept(table.rows_below(row), row)

    def _read_rows(self, name: str) -> Table:
        """All rows of a journal file. A last line without a line end was not completely written by a killed watcher."""
        return read_table(self._reader(self._journal_file(name)), certain=True)

    def _journal_file(self, name: str) -> Path:
        if not _JOURNAL_FILE.fullmatch(name):
            raise ValueError(f"{name[:40]!r} is not the name of a journal file")
        if not (self._folder / name).is_file():
            raise ValueError(f"{name} is not there")
        return self._folder / name

    def _delete_others(self) -> None:
        """Delete journal files that the index does not name, and old journals of other runs."""
        named = {self._shown, *(name for _, name in self._kept)}
        for path in self._folder.iterdir():
            if _JOURNAL_FILE.fullmatch(path.name) and path.name not in named:
                path.unlink()
        _delete_old(self._folder.parent)


def _delete_old(journals: Path) -> None:
    """Delete the journals of files that nobody has watched for long. It looks once an hour, however many runs are
    watched."""
    now = time.time()
    if abs(now - _looked_through.get(journals, -math.inf)) < _LOOK_THROUGH_SECONDS:
        return
    _looked_through[journals] = now
    for folder in journals.iterdir():
        with contextlib.suppress(OSError):
            if now - (folder / INDEX).stat().st_mtime > DAYS * 86400:
                shutil.rmtree(folder)


def _training_of(index: dict[str, Any]) -> Training:
    """The training that an index describes; a field that is missing or has a wrong type is unknown."""
    settings, created = index.get("settings"), index.get("born")
    return Training(settings if isinstance(settings, dict) else None,
                    created if isinstance(created, int | float) else None)
