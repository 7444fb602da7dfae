"""SQLite databases written by a training: they are opened for one read at a time, and never written or kept waiting.

The effects of SQLite on a database that is only read were found by experiment, and each way below has a test:

- With a rollback journal (MLflow), `mode=ro` creates nothing. It takes a shared lock, for one read of a few rows; a
  writer that commits at that moment tries again after a millisecond. During a commit, the read fails at once.
- With a write-ahead log, `mode=ro` creates `-wal` and `-shm` if they do not exist, and leaves them there. So a database
  at rest is opened with `immutable=1`, which takes no lock and ignores logs, and the answer counts only if neither the
  database nor a log has changed meanwhile. `nolock=1` cannot open a database of this kind, and so detects it.
- With a log in use, `readonly_shm=1` reads what was committed, creates nothing and makes no writer wait, even if a
  killed writer has left the log behind. A connection that is closed during a read would leave its log behind. So a new
  log gets a moment to disappear before it is read: trackio opens and closes its database twice a second.

The file is only opened through SQLite. Its locks belong to the process: if the training runs in this process, closing a
second handle of the same file would release the training's locks.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from livemon.system.path_rules import sqlite_address

__all__ = ["MAGIC", "SUFFIXES", "Database", "NotNowError", "WriterActivity", "UnreadableError", "seconds_waited"]

MAGIC = b"SQLite format 3\0"
SUFFIXES = (".db", ".sqlite", ".sqlite3")

PATIENCE_SECONDS = 10.0  # with a database that is busy at every look
SETTLE_SECONDS = 1.5  # a writer may lock it for half a second; a new log gets LOG_STAYS_SECONDS to disappear
LOG_STAYS_SECONDS = 0.3  # a log that exists for longer belongs to a connection that is kept open
LOG_YOUNG_SECONDS = 1.0
HURRY_SECONDS = 0.5
SAME_WRITERS_SECONDS = 60.0  # if looks are further apart, the database may not have been busy in between
SAME_TIME_SECONDS = 2.0  # two changes within this time may have the same time stamp on the coarsest file systems
WORK_SECONDS = 2.0  # of CPU time for one answer; real ones take some milliseconds
RESTING_SECONDS = 0.05  # longer than a tick of the clock from which file times are taken

Answer = TypeVar("Answer")


class NotNowError(Exception):
    """The database cannot be read at this moment, because it is being written."""


class _EmptyError(NotNowError):
    """The database is empty, and nobody knows for how long."""


class UnreadableError(Exception):
    """The database cannot be read; the message is for people."""


class _EndlessError(UnreadableError):
    """An answer takes more than WORK_SECONDS of CPU time, and will again as long as the database does not change."""


class _Waits:
    """The time for which this process has waited for databases."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def pause(self, seconds: float) -> None:
        started = time.monotonic()
        time.sleep(seconds)
        self.seconds += time.monotonic() - started


_waits = _Waits()


def seconds_waited() -> float:
    """The total time for which this process has waited for databases that were being written: it does not count as the
    work of a search."""
    return _waits.seconds


@dataclass(frozen=True, slots=True)
class _Look:
    """The inode, bytes, and time in ns of a database and of its write-ahead log; None without a log."""

    database: tuple[int, int, int]
    log: tuple[int, int, int] | None

    @property
    def changed_at(self) -> float:
        """Unix seconds of the newest change."""
        return max(self.database[2], self.log[2] if self.log else 0) / 1e9

    @property
    def has_log(self) -> bool:
        """Whether there is a log that is not empty."""
        return self.log is not None and self.log[1] > 0


@dataclass(slots=True)
class WriterActivity:
    """What earlier reads showed about the writers of one database; times are in seconds of the clock.

    Attributes:
        busy_since: Since when the database has been busy at each look; None if it was not at the last one.
        busy_at: The time of the last look at which it was busy.
        log_since: Since when there has been a log; None if there is none.
        hurry_at: When readers were last allowed to read once despite a new log, after a long busy time.
    """

    busy_since: float | None = None
    busy_at: float = 0.0
    log_since: float | None = None
    hurry_at: float = float("-inf")


class Database:
    """One database.

    Args:
        path: The file.
        clock: A monotonic clock, in seconds.
        now: The clock with which file times are compared, in unix seconds.
        activity: The record shared with other readers of the same database; None if there are no others.

    Attributes:
        path: The file.
    """

    def __init__(
        self, path: Path, *, clock: Callable[[], float] = time.monotonic, now: Callable[[], float] = time.time,
        activity: WriterActivity | None = None,
    ) -> None:
        self.path = path
        self._clock = clock
        self._now = now
        self._asked: _Look | None = None  # the look before the last answer; None if it cannot be compared
        self._hurried_at = float("-inf")
        self._activity = activity if activity is not None else WriterActivity()

    @property
    def files(self) -> list[Path]:
        """The database and its log: each write changes one of the two."""
        return [self.path, _log_of(self.path)]

    def changed(self) -> bool:
        """Whether the database may have changed since the last answer. Costs two calls of `stat`.

        Raises:
            FileNotFoundError: There is no such file.
            UnreadableError: It is not a regular file, or `stat` fails.
        """
        return self._asked is None or self._look() != self._asked

    def ask(self, question: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """The result of a question, which gets a connection in a read transaction and must keep nothing but the result.

        Raises:
            FileNotFoundError: There is no such file.
            NotNowError: The database is being written; ask again.
            UnreadableError: It is not a database, not readable, corrupt, not of the expected form, or has been busy for
                PATIENCE_SECONDS.
        """
        self._asked = None
        try:
            look = self._look()
            answer = self._ask(question, look)
        except NotNowError as error:
            self._raise_if_long_busy(str(error))
            raise
        except _EndlessError:
            self._asked = look
            raise
        self._activity.busy_since = None
        if not 0 <= self._now() - look.changed_at < SAME_TIME_SECONDS:
            self._asked = look
        return answer

    def ask_patiently(self, question: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """Like `ask`, but repeated for SETTLE_SECONDS while the database is being written: for callers that ask only
        once."""
        deadline = self._clock() + SETTLE_SECONDS
        while True:
            try:
                return self.ask(question)
            except _EmptyError:
                raise
            except NotNowError:
                if self._clock() >= deadline:
                    raise
            _waits.pause(0.02)

    def _look(self) -> _Look:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            raise
        except OSError as error:
            raise UnreadableError(f"cannot read {self.path}: {error.strerror or error}") from error
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError(f"{self.path} is not a regular file")
        try:
            log = _log_of(self.path).stat()
        except OSError:
            self._activity.log_since = None
            return _Look((status.st_ino, status.st_size, status.st_mtime_ns), None)
        if self._activity.log_since is None:
            self._activity.log_since = self._clock()
        return _Look((status.st_ino, status.st_size, status.st_mtime_ns), (log.st_ino, log.st_size, log.st_mtime_ns))

    def _ask(self, question: Callable[[sqlite3.Connection], Answer], look: _Look) -> Answer:
        if look.database[1] == 0:
            raise _EmptyError("there is nothing in it yet")
        if look.has_log:
            self._release_log(look)
            return self._ask_as("mode=ro&readonly_shm=1", question)
        if not self._has_log_format():
            return self._ask_as("mode=ro&readonly_shm=1", question)
        if 0 <= self._now() - look.changed_at < RESTING_SECONDS:
            raise NotNowError("it was written just now")
        try:
            answer = self._ask_as("mode=ro&immutable=1", question)
        except UnreadableError:
            if self._look() == look:
                raise
            raise NotNowError("it changed in the meantime") from None
        if self._look() != look:
            raise NotNowError("it changed in the meantime")
        return answer

    def _release_log(self, look: _Look) -> None:
        since = self._activity.log_since if self._activity.log_since is not None else self._clock()
        assert look.log is not None
        now = self._clock()
        if self._activity.busy_since is not None and now - self._activity.busy_since >= HURRY_SECONDS:
            self._activity.hurry_at = now
        if self._hurried_at < self._activity.hurry_at and now - self._activity.hurry_at < HURRY_SECONDS:
            self._hurried_at = self._activity.hurry_at
            return  # a writer opens and closes it all the time, and will remove the log the next time
        young = 0 <= self._now() - look.log[2] / 1e9 < LOG_YOUNG_SECONDS
        if young and now - since < LOG_STAYS_SECONDS:
            raise NotNowError("another program has just opened it")

    def _has_log_format(self) -> bool:
        """Whether the database uses a write-ahead log."""
        try:
            with closing(self._connect("mode=ro&nolock=1")) as connection:
                connection.execute("PRAGMA schema_version").fetchone()
        except sqlite3.Error as error:
            return _code(error) == sqlite3.SQLITE_CANTOPEN and os.access(self.path, os.R_OK)
        return False

    def _ask_as(self, how: str, question: Callable[[sqlite3.Connection], Answer]) -> Answer:
        try:
            with closing(self._connect(how)) as connection:
                connection.execute("PRAGMA trusted_schema = OFF")
                # A database may contain a view or a default that never ends.
                end = time.thread_time() + WORK_SECONDS
                connection.set_progress_handler(lambda: time.thread_time() > end, _INSTRUCTIONS)
                connection.execute("BEGIN")
                return question(connection)
        except (TypeError, ValueError, OverflowError) as error:  # it has values that its program never writes
            raise UnreadableError(f"{self.path} cannot be read: {error}") from error
        except sqlite3.Error as error:
            raise self._explained(error) from error

    def _connect(self, how: str) -> sqlite3.Connection:
        address = sqlite_address(self.path.absolute(), how)
        connection = sqlite3.connect(address, uri=True, timeout=0, isolation_level=None)
        connection.text_factory = _decode
        return connection

    def _explained(self, error: sqlite3.Error) -> NotNowError | UnreadableError:
        code = _code(error)
        if getattr(error, "sqlite_errorname", "") == "SQLITE_READONLY_ROLLBACK":
            return UnreadableError(
                f"{self.path}: its writer was interrupted during a change, which only a program that may write "
                f"can take back. Open it once with its own program, or with: sqlite3 {self.path.name} .tables")
        if code == sqlite3.SQLITE_CANTOPEN and not os.access(self.path, os.R_OK):
            return UnreadableError(f"cannot read {self.path}: permission denied")
        if code == sqlite3.SQLITE_INTERRUPT:
            return _EndlessError(f"{self.path} cannot be read: a query takes more than {WORK_SECONDS:g} s of work")
        if code in _PASSING:
            return NotNowError(f"{error}{_NO_INDEX if code == sqlite3.SQLITE_CANTOPEN else ''}")
        return UnreadableError(f"{self.path} cannot be read: {error}")

    def _raise_if_long_busy(self, why: str) -> None:
        now = self._clock()
        if self._activity.busy_since is None or now - self._activity.busy_at >= SAME_WRITERS_SECONDS:
            self._activity.busy_since = now
        self._activity.busy_at = now
        busy = now - self._activity.busy_since
        if busy >= PATIENCE_SECONDS:
            raise UnreadableError(f"{self.path} could not be read for {busy:.0f} s: {why}")


_PASSING = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_SCHEMA,
            sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR)
_INSTRUCTIONS = 10_000  # of SQLite's virtual machine, between two looks at the clock
_NO_INDEX = " (a log without its index: copy the -shm file with the -wal file)"


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary error code; 0 if the error comes from the Python module itself."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "replace")
