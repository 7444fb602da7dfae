"""What was shown of a file, in the user's cache folder, so that a watcher that starts again has it too.

A watcher copies the lines that it takes in to a journal, one for each version of the file. A note names the journal of
the version on show, and those from which rows were kept that the writer has deleted. The note is replaced in one step
when another version is shown, so a watcher may be killed at any instant: what the note names is there. Where two watch
one file, the one that started last keeps it. Journals are read by the reader that reads the file. Nothing here is
needed for watching: what goes wrong is said, and left.

The note also says what is known of the training, so that another one that begins in the same place later does not get
the rows of this one as its attempt: see `training.same_training`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs

from livemon.readers.base import Reader, read_table
from livemon.runs.history import History, Kept
from livemon.runs.same_training import Training, same_training, training_in
from livemon.tables.table import Table

__all__ = ["Memory", "cache_folder"]

VERSION = 1
NOTE = "memory.json"
LARGEST_BYTES = 64 << 20  # of one file that is watched
DAYS = 30
YOUNG_SECONDS = 86400.0  # A note that is older than that is said to be still needed.
_JOURNAL = re.compile(r"[0-9a-f]{16}\.journal")


def cache_folder() -> Path:
    """Where livemon keeps what it can do without: LIVEMON_CACHE, else the user's cache folder."""
    named = os.environ.get("LIVEMON_CACHE")
    return Path(os.path.expanduser(named)) if named else platformdirs.user_cache_path("livemon", appauthor=False)


class Memory:
    """What was shown of one file.

    Args:
        path: The file.
        folder: Of its run.
        reader: Makes a reader for a journal of the file.
        writes: Whether what is read is kept from now on; else only what an earlier watcher kept is recalled.

    Attributes:
        problem: What went wrong, for people; "" while nothing did.
    """

    def __init__(
        self, path: Path, reader: Callable[[Path], Reader], *, folder: Path | None = None, writes: bool = False
    ) -> None:
        real = os.path.realpath(path)
        self.problem = ""
        self._run = folder or path.parent
        self._training = training_in(self._run)  # of the rows on show
        self._touched = time.time()
        self._reader = reader
        self._writes = writes
        self._file = real
        self._folder = cache_folder() / "shown" / hashlib.sha256(os.fsencode(real)).hexdigest()[:32]
        self._written = 0
        self._journal = ""  # of the version that is being read
        self._own = ""  # of the version on show
        self._kept: list[tuple[Kept, str]] = []  # and the journal that has its rows

    def recall(self, clock: Callable[[], float] = time.monotonic) -> History:
        """What an earlier watcher had on show; an empty history where there was none."""
        try:
            note = self._read_note()
            own, kept = str(note.get("own", "")), [(str(name), int(row)) for name, row in note.get("kept", [])]
            self._kept = [(self._read_kept(name, row), name) for name, row in kept]
            table = self._read_journal(own) if own else None
            if note:
                self._training = _training_of(note)
        except Exception as error:  # whatever may stand in files that somebody else has changed
            self.problem = f"what was shown before cannot be recalled from {self._folder}: {error}"
            self._kept, table, own = [], None, ""
        self._own = own
        return History(self._file, clock, table, [kept for kept, _ in self._kept], self._is_same)

    def _is_same(self, old: Table, new: Table) -> bool:
        """Whether the rows that stand in the file now are of the training that was watched."""
        before, self._training = self._training, training_in(self._run)
        return same_training(old, new, before, self._training)

    def take(self, lines: bytes, *, restarted: bool) -> None:
        """Keep lines that are about to be shown."""
        if not self._writes:
            return
        if restarted or not self._journal:
            self._journal, self._written = f"{os.urandom(8).hex()}.journal", 0
        if not lines:
            return
        if self._written + len(lines) > LARGEST_BYTES:
            self.stop()
            return
        try:
            if not self._written:
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._append(lines)
            self._written += len(lines)
        except FileNotFoundError:  # A watcher that started later keeps this file's rows now.
            self._writes = False
        except OSError as error:
            self.stop(f"what is shown cannot be kept in {self._folder}: {error.strerror or error}")

    def _append(self, lines: bytes) -> None:
        """Write lines below those that the journal has; a disk may take only a part of them at a time."""
        with open(self._folder / self._journal, "r+b" if self._written else "xb", buffering=0) as journal:
            journal.seek(0, os.SEEK_END)
            rest = memoryview(lines)
            while rest:
                rest = rest[journal.write(rest) or 0 :]

    def follow(self, history: History) -> None:
        """Note which version is on show now, and what was kept of the ones before."""
        if not self._writes:
            return
        self._say_that_it_is_needed()
        if history.rewriting or not self._written:
            return
        known = {id(kept): name for kept, name in self._kept}
        kept = [(one, known.get(id(one), self._own)) for one in history.kept]
        if self._own == self._journal and len(kept) == len(self._kept):
            return
        self._own, self._kept = self._journal, kept
        if self._training.settings is None:  # They may have been written after the first rows.
            self._training = training_in(self._run)
        try:
            self._write_note()
            self._delete_others()
        except OSError as error:
            self.stop(f"what is shown cannot be kept in {self._folder}: {error.strerror or error}")

    def forget(self) -> None:
        """The run has ended: keep only what its writer has deleted."""
        if not self._writes:
            return
        self._own, self._journal, self._written, self._writes = "", "", 0, False
        if not self._kept:
            shutil.rmtree(self._folder, ignore_errors=True)
            return
        with contextlib.suppress(OSError):
            self._write_note()
            self._delete_others()

    def stop(self, problem: str = "") -> None:
        """Keep nothing more of the version on show; what was kept of others stays."""
        self.forget()
        self.problem, self._writes = problem, False

    # -- files

    def _read_note(self) -> dict[str, Any]:
        path = self._folder / NOTE
        try:
            status = path.stat()
        except FileNotFoundError:
            return {}
        if not stat.S_ISREG(status.st_mode):  # A FIFO would block, a device never end.
            raise ValueError(f"{NOTE} is not a regular file")
        if hasattr(os, "getuid") and status.st_uid != os.getuid():
            raise ValueError("it belongs to another user")
        if status.st_size > 1 << 20:
            raise ValueError(f"{NOTE} is no note of livemon's")
        note = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(note, dict) or note.get("version") != VERSION or note.get("file") != self._file:
            raise ValueError(f"{NOTE} is of another version of livemon")
        return note

    def _write_note(self) -> None:
        note = {"version": VERSION, "file": self._file, "own": self._own,
                "kept": [(name, kept.first_row) for kept, name in self._kept],
                "settings": self._training.settings, "born": self._training.born}
        part = self._folder / f"{os.urandom(8).hex()}.part"
        part.write_text(json.dumps(note), encoding="utf-8")
        os.replace(part, self._folder / NOTE)

    def _say_that_it_is_needed(self) -> None:
        """Keep the note young while somebody watches: what is old is deleted."""
        if abs(time.time() - self._touched) < YOUNG_SECONDS:
            return
        self._touched = time.time()
        with contextlib.suppress(OSError):
            os.utime(self._folder / NOTE)

    def _read_kept(self, name: str, row: int) -> Kept:
        table = self._read_journal(name)
        if not 0 <= row < table.n_rows:
            raise ValueError(f"{name} has {table.n_rows} rows, and row {row + 1} should be kept")
        return Kept(table.rows_below(row), row)

    def _read_journal(self, name: str) -> Table:
        if not _JOURNAL.fullmatch(name):
            raise ValueError(f"{name[:40]!r} is no journal")
        if not (self._folder / name).is_file():
            raise ValueError(f"{name} is not there")
        return read_table(self._reader(self._folder / name))

    def _delete_others(self) -> None:
        """Delete journals that the note does not name, and what was kept of runs that nobody has watched for long."""
        named = {self._own, *(name for _, name in self._kept)}
        for path in self._folder.iterdir():
            if _JOURNAL.fullmatch(path.name) and path.name not in named:
                path.unlink()
        for folder in self._folder.parent.iterdir():
            with contextlib.suppress(OSError):
                if time.time() - (folder / NOTE).stat().st_mtime > DAYS * 86400:
                    shutil.rmtree(folder)


def _training_of(note: dict[str, Any]) -> Training:
    """What a note says of the training; what it does not say, or says oddly, is not known."""
    settings, born = note.get("settings"), note.get("born")
    return Training(settings if isinstance(settings, dict) else None, born if isinstance(born, int | float) else None)
