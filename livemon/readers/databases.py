"""Databases with many runs in each: the common part of their formats, and the reader of one run.

A format defines the queries; the reader remembers what it has read. Rows are identified by SQLite's rowid, which grows
with each row. The reader assumes that its rows are unchanged as long as the last of them is.
"""

from __future__ import annotations

import os
import re
import sqlite3
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from livemon.readers.base import Facts, Format, Update
from livemon.readers.encodings.sqlite import MAGIC, SUFFIXES, Database, NotNowError, UnreadableError, WriterActivity
from livemon.system.listing import Listing
from livemon.system.tail import Status
from livemon.tables.anomalies import Anomaly
from livemon.tables.table import Block

__all__ = ["DatabaseFormat", "DatabaseReader", "Position", "Row", "Run", "columns_of", "named"]

ROWS_AT_ONCE = 5_000  # a writer may have to wait while they are read

AXES = ("step", "timestamp")  # the columns of every row; a metric of the same name gets ".1"

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """A run in a database.

    Attributes:
        id: The run's id in the database.
        label: The name for people; several runs may have the same.
        bare: The name without the name of its group.
    """

    id: str
    label: str
    bare: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a run has been read.

    Attributes:
        rowid: All of the run's rows up to this one have been read; 0 for none.
        last: The last of the run's rows that was read, its rowid first, or None.
        gap: Two rowids between which the run has no rows, so that they can be skipped, or None.
    """

    rowid: int = 0
    last: Row | None = None
    gap: tuple[int, int] | None = None


class DatabaseFormat(Format):
    """A format of databases with many runs in each.

    A run is opened as `database / name`, with a name from `runs`; its id works as well, and so does a bare name, which
    stands for the newest run of that name. The database's own path stands for its newest run.

    Attributes:
        columns: The tables and columns that distinguish the format from others.
    """

    columns: ClassVar[Mapping[str, frozenset[str]]]

    # -- defined by each format

    @abstractmethod
    def list_runs(self, connection: sqlite3.Connection) -> list[Run]:
        """All runs, oldest first."""

    @abstractmethod
    def has_run(self, connection: sqlite3.Connection, run_id: str) -> bool:
        """Whether the run is in the database, even if it is not listed."""

    @abstractmethod
    def row_at(self, connection: sqlite3.Connection, run_id: str, rowid: int) -> Row | None:
        """The run's row with this rowid, in the form of `rows_behind`, or None."""

    @abstractmethod
    def rows_behind(
        self, connection: sqlite3.Connection, run_id: str, position: Position, limit: int
    ) -> tuple[list[Row], Position]:
        """The run's next rows, rowid first, and the position after them. Fewer than `limit` rows: there are no more."""

    @abstractmethod
    def block(self, rows: Sequence[Row], path: Path) -> tuple[Block | None, list[Anomaly]]:
        """The rows as cells, and their irregularities."""

    @abstractmethod
    def facts(self, connection: sqlite3.Connection, run_id: str) -> Facts:
        """What the database says about the run besides its rows."""

    # -- common to all formats

    def find(self, folder: Listing) -> list[Path]:
        """[]: a database does not belong to one run; see `containers`."""
        return []

    def containers(self, folder: Listing) -> list[Path]:
        """The databases of this format in a folder."""
        paths = [folder.path / name for name in folder.files if name.endswith(SUFFIXES)]
        return [path for path in paths if self._names(path) is not None]

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the file is a database with this format's tables."""
        return (head.startswith(MAGIC) or path.name.endswith(SUFFIXES)) and self._names(path) is not None

    def runs(self, path: Path) -> list[str]:
        """The names of the runs in a database, oldest first; see `named`. [] if it could not be read yet."""
        return self._names(path) or []

    def problem(self, path: Path) -> str:
        """Why a database is not read: what it lacks, or SQLite's error."""
        if not path.name.endswith(SUFFIXES):
            return ""
        try:
            lacking = Database(path, activity=_activity(path)).ask_patiently(self.lacks)
        except OSError:
            return ""
        except NotNowError as error:
            return f"{path} cannot be read at this moment: {error}"
        except UnreadableError as error:
            return str(error)
        return f"{path} is not a database of {self.name}: it lacks {_listed(lacking)}" if lacking else ""

    def open(self, path: Path, *, plain: bool = False) -> DatabaseReader:
        """A reader for `database / run`, or for a database's newest run. There is only one way to read it."""
        is_database = os.path.isfile(path) or (path.name.endswith(SUFFIXES) and not os.path.isfile(path.parent))
        database, name = (path, "") if is_database else (path.parent, path.name)
        return DatabaseReader(self, path, Database(database, activity=_activity(database)), name)

    def written(self, path: Path) -> float | None:
        """When the database was last written, by any run."""
        database = path if os.path.isfile(path) else path.parent
        logs = (database, database.with_name(f"{database.name}-wal"))
        return max((changed for file in logs if (changed := super(DatabaseFormat, self).written(file))), default=None)

    def _names(self, path: Path) -> list[str] | None:
        """The names of the runs; None if the database does not have this format, or could not be read yet."""
        return _contents(self, path).names()

    def names_in(self, connection: sqlite3.Connection) -> list[str] | None:
        """The names of the runs, oldest first; None if the tables are not those of this format."""
        return None if self.lacks(connection) else list(named(self.list_runs(connection)))

    def lacks(self, connection: sqlite3.Connection) -> list[str]:
        """The missing tables and columns: `tags`, `metrics.key`. A view does not count as a table."""
        by_table = {table: columns_of(connection, table) for table in self.columns}
        return [name for table, columns in self.columns.items() for name in (
            sorted(f"{table}.{column}" for column in columns - by_table[table]) if by_table[table] else [table])]


class _Contents:
    """The runs of a database, for searches that find it again and again.

    Only the first look waits for a writer: later ones can return the names that are already known.
    """

    def __init__(self, format: DatabaseFormat, path: Path) -> None:
        self._format = format
        self._database = Database(path, activity=_activity(path))
        self._names: list[str] | None = None
        self._is_new = True

    def names(self) -> list[str] | None:
        """The names of the runs as of the last look; None if the database does not have this format."""
        ask = self._database.ask_patiently if self._is_new else self._database.ask
        self._is_new = False
        try:
            if self._database.changed():
                self._names = ask(self._format.names_in)
        except NotNowError:
            pass
        except (OSError, UnreadableError):
            self._names = None
        return self._names


@lru_cache(maxsize=256)
def _contents(format: DatabaseFormat, path: Path) -> _Contents:
    return _Contents(format, path)


@lru_cache(maxsize=256)
def _activity(path: Path) -> WriterActivity:
    """The record of activity in a database, shared by searches and by the readers of its runs."""
    return WriterActivity()


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def columns_of(connection: sqlite3.Connection, table: str) -> set[str]:
    """The columns of a table; none if there is no such table, or only a view."""
    names = connection.execute(
        "SELECT info.name FROM sqlite_master AS master, pragma_table_info(master.name) AS info "
        "WHERE master.type = 'table' AND master.name = ?", (table,))
    return {str(name) for (name,) in names}


@dataclass(frozen=True, slots=True)
class _News:
    """The result of one look at a run in the database; `run_id` is None if the run is not there."""

    run_id: str | None
    restarted: bool = False
    rows: Sequence[Row] = ()
    position: Position = Position()
    facts: Facts = field(default_factory=Facts)


class DatabaseReader:
    """Follows one run in a database.

    Args:
        format: The format, which has the queries.
        path: The path with which it was opened.
        database: The database.
        name: The run's name or id; "" for the newest.
        rows_at_once: The most rows that one call reads.

    Attributes:
        path: The path with which it was opened.
    """

    def __init__(
        self, format: DatabaseFormat, path: Path, database: Database, name: str, *, rows_at_once: int = ROWS_AT_ONCE
    ) -> None:
        self.path = path
        self._format = format
        self._database = database
        self._name = name
        self._rows_at_once = rows_at_once
        self._run_id: str | None = None
        self._position = Position()
        self._more = False
        self._facts = Facts()
        self._missing = False
        self._refusal = Update()

    @property
    def facts(self) -> Facts:
        """What the database said about the run at the last read."""
        return self._facts

    @property
    def files(self) -> list[Path]:
        """The database and its log."""
        return self._database.files

    def read(self) -> Update:
        """Read what is new; see `readers.Update`. REWRITING: the database is being written at this moment."""
        try:
            if not self._more and not self._database.changed():
                return self._refusal
            news = self._database.ask(self._look)
        except FileNotFoundError:
            return Update(status=Status.MISSING)
        except NotNowError:
            return Update(status=Status.REWRITING)
        except UnreadableError as error:
            self._refusal = Update(status=Status.UNREADABLE, problem=str(error))
            return self._refusal
        return self._take(news)

    def _look(self, connection: sqlite3.Connection) -> _News:
        """Query everything in one read transaction; the reader itself is not changed."""
        if lacking := self._format.lacks(connection):
            raise UnreadableError(
                f"{self._database.path} is not a database of {self._format.name}: it lacks {_listed(lacking)}")
        run_id, position, restarted = self._run_id, self._position, False
        if run_id is None or not self._format.has_run(connection, run_id):
            run_id = self._resolve(connection)
            position, restarted = Position(), position.last is not None
        elif position.last and self._format.row_at(connection, run_id, position.last[0]) != position.last:
            position, restarted = Position(), True
        if run_id is None:
            return _News(None, restarted)
        rows, position = self._format.rows_behind(connection, run_id, position, self._rows_at_once)
        return _News(run_id, restarted, rows, position, self._format.facts(connection, run_id))

    def _resolve(self, connection: sqlite3.Connection) -> str | None:
        runs = self._format.list_runs(connection)
        if not self._name:
            return runs[-1].id if runs else None
        if (run := named(runs).get(self._name)) is not None:
            return run.id
        for run in reversed(runs):
            if self._name in (run.id, _with_id(run), _safe(run.bare)):
                return run.id
        return self._name if self._format.has_run(connection, self._name) else None

    def _take(self, news: _News) -> Update:
        first = self._position.last is None or news.restarted
        self._run_id, self._position, self._facts = news.run_id, news.position, news.facts
        self._more = len(news.rows) == self._rows_at_once
        if news.run_id is None:
            self._refusal = Update(status=Status.MISSING, problem=f"no run {self._name!r} in {self._database.path}")
            return replace(self._refusal, restarted=news.restarted)
        self._refusal = Update()
        block, anomalies = self._format.block(news.rows, self.path)
        columns = list(AXES) if block is not None and first else None
        return Update(news.restarted, columns, block, tuple(anomalies), more=self._more)


# -- names


def named(runs: Iterable[Run]) -> dict[str, Run]:
    """A unique, readable name for each run that can be a part of a path; in the order of the runs.

    It is the run's label; or if an earlier run has that, the label and the first 8 characters of the id; or if that is
    taken, the id. Later runs do not change a name.
    """
    names: dict[str, Run] = {}
    for run in runs:
        for name in (_safe(run.label), _with_id(run), run.id):
            if name and name not in names:
                names[name] = run
                break
    return names


def _with_id(run: Run) -> str:
    return f"{_safe(run.label) or 'run'}-{_safe(run.id[:8])}"


_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]|^\.|[. ]$')
_LONGEST_NAME = 120


def _safe(label: str) -> str:
    """The label as a part of a path: characters that some system refuses become %XX, and a very long label is cut."""
    return _UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", label)[:_LONGEST_NAME]
