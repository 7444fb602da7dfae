"""A run that nobody writes any more and that has a single CSV file: it is read at once.

A comparison of thousands of runs reads each of them once. Following a file means checking what it was before, links
that may be changed, and rows that an earlier watcher kept: several times the cost of its rows. None of that matters
for a run of this kind, and the result is the same, which a test checks.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from livemon.readers.base import Facts
from livemon.readers.csv import Csv, CsvReader
from livemon.runs.choice import Choice
from livemon.runs.closing_checkpoint import judge_with_checkpoint
from livemon.runs.discovery import Found
from livemon.runs.frozen_run import FrozenFolder, FrozenSource
from livemon.runs.journal import is_kept, kept_files
from livemon.runs.late_rows import LateRows
from livemon.runs.liveness import Arrivals, judge
from livemon.runs.notes import NO_NOTE, NOTE_NAME, read_note
from livemon.runs.planned_end import reached
from livemon.runs.project import ProjectSettings, project_of_sibling
from livemon.runs.run_name import long_name
from livemon.runs.settings import RunSettings
from livemon.runs.source import Part, last_row_at, with_growth
from livemon.system.listing import UTF_16_MARKS, real_path
from livemon.system.shared_files import open_regular
from livemon.system.tail import LAST_LINE_SECONDS, Look
from livemon.tables.anomalies import Anomalies
from livemon.tables.table import Table

__all__ = ["SharedLookups", "read_settled"]

_REST_SECONDS = 2 * LAST_LINE_SECONDS  # without a write: nothing is waiting for the writer any more
_LARGEST_BYTES = 1 << 20  # in larger files, following costs little compared with the rows


class SharedLookups:
    """The surroundings of many runs, looked up once when they are read one after the other.

    Attributes:
        parents: See `listing.real_path`.
        kept: The files whose rows an earlier watcher kept; see `journal.is_kept`.
        projects: See `project.project_of_sibling`.
    """

    def __init__(self) -> None:
        self.parents: dict[str, str] = {}
        self.kept = kept_files()
        self.projects: dict[str, ProjectSettings] = {}


def read_settled(run: Found, clock: Callable[[], float] = time.time, lookups: SharedLookups | None = None
                 ) -> FrozenFolder | None:
    """The run as it would be if it were followed and frozen; None if it must be followed.

    Args:
        run: The run that a search found.
        clock: A clock in unix seconds.
        lookups: The surroundings of the runs that were read before.
    """
    if len(run.sources) != 1:
        return None
    form, path = run.sources[0]
    folder, file = str(run.path), str(path)
    if type(form) is not Csv or not file.startswith(folder + os.sep):
        return None
    names = run.names
    if os.path.exists(os.path.join(folder, NOTE_NAME)) or read_note(run.path, names) is not NO_NOTE:
        return None  # a recorder may have begun since the search
    lookups = lookups or SharedLookups()
    parts = file[len(folder) + 1 :].split(os.sep)
    if any(os.path.islink(os.path.join(folder, *parts[:count])) for count in range(1, len(parts) + 1)):
        return None  # the link may be changed
    real = real_path(folder, lookups.parents)
    if is_kept(os.path.join(real, *parts), lookups.kept):
        return None
    read = _content(path, clock())
    if read is None:
        return None
    data, written = read
    table = _table(path, data)
    late_rows = LateRows()
    if table is not None:
        late_rows.update(table)
    if table is None or late_rows.count or late_rows.writers:
        return None
    project = project_of_sibling(run.path, names, lookups.projects)
    return _folder(run, names, table, written, real, project, clock)


def _content(path: Path, now: float) -> tuple[bytes, float] | None:
    """The bytes of a file that nobody has written lately, and its time; None for any other file."""
    try:
        with open_regular(path) as file:
            status = os.fstat(file.fileno())
            if not 0 < status.st_size <= _LARGEST_BYTES or now - status.st_mtime < _REST_SECONDS:
                return None
            data = file.read(status.st_size + 1)
    except OSError:
        return None
    is_whole = len(data) == status.st_size and data.endswith(b"\n") and not data.startswith(UTF_16_MARKS)
    return (data, status.st_mtime) if is_whole and b"\0" not in data else None


@dataclass(frozen=True, slots=True)
class _Read:
    """A folder for `RunSettings`."""

    path: Path
    sources: Sequence[Part]


class _OneLook:
    """A tail that hands out all lines of a file at once."""

    pending_bytes = 0
    quiet_seconds = _REST_SECONDS

    def __init__(self, data: bytes) -> None:
        self._data = data

    def look(self) -> Look:
        """All lines at the first look, and nothing after it."""
        data, self._data = self._data, b""
        return Look(lines=data)


def _table(path: Path, data: bytes) -> Table | None:
    """The rows of a file; None if something in it is irregular and must be reported."""
    update = CsvReader(path, _OneLook(data)).read()
    if update.anomalies or update.problem or update.block is None or update.columns is None or update.block.n_rows == 0:
        return None
    table = Table()
    table.declare(update.columns)
    table.append(update.block)
    return table


def _folder(run: Found, names: frozenset[str] | None, table: Table, written: float, real: str,
            project: ProjectSettings, clock: Callable[[], float]) -> FrozenFolder:
    (form, path), facts = run.sources[0], Facts()
    arrivals = Arrivals(clock)
    arrivals.note(0, last_row_at(table, facts), written)
    pace = with_growth(arrivals.pace(table), path, table.n_rows)
    source = FrozenSource(form, path, [table], table, table.n_rows, False, facts, (path,), written, [], pace)
    choice = Choice()
    choice.update([source])
    choice.complete()
    anomalies = Anomalies()
    settings = RunSettings(_Read(run.path, [source]), anomalies, names).frozen()
    standing = judge(run.path, [facts], written, table.n_rows, pace, clock(), reached([table], settings.planned),
                     names)
    standing = judge_with_checkpoint(standing, run.path, [table], settings.planned, names)
    return FrozenFolder(run.path, run.path, real, Path(real), [source], 0, choice, [],
                        long_name(real, is_real=True), pace, settings, anomalies, standing, project)
