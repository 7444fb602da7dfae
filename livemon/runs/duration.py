"""How long a run has trained: by its times, else by the notes on its attempts, else by when its file was written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livemon.curves.attempts import arrange
from livemon.runs.frozen_run import Folder
from livemon.runs.liveness import modified
from livemon.runs.notes import read_note
from livemon.system.filesystems import birth_time
from livemon.tables import names
from livemon.tables.table import Column, Table
from livemon.tables.x_axis import find_axis

__all__ = ["Clock", "clock_of", "seconds_trained"]

# The creation time of a file that was copied or replaced is not before its last write; a file whose last row came much
# later than its creation has grown in its place.
_GROWN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Clock:
    """The meaning of the time column of some rows, in seconds.

    Attributes:
        first, last: The times of the first and the last row.
        is_of_day: Whether it is unix time; False: since the start of the training.
        paused: The seconds without training, before rows that begin an attempt.
    """

    first: float
    last: float
    is_of_day: bool
    paused: float = 0.0

    def seconds(self, before: Clock | None = None) -> float:
        """The seconds that these rows took. `before`: the clock of the attempt before, which this one may continue."""
        start = self.first if self.is_of_day else 0.0
        if before is not None and not self.is_of_day and not before.is_of_day and self.first >= before.last:
            start = before.last
        return self.last - start - self.paused


def clock_of(table: Table) -> Clock | None:
    """The time column of a table, or None."""
    name = find_axis("time", [table])
    column = table.numbers_of(name) if name else None
    times = column.values if column is not None else np.empty(0)
    values = times[np.isfinite(times)]
    if len(values) == 0:
        return None
    first, last = float(values[0]), float(values[-1])
    unit = names.seconds_in(first)
    is_of_day = first > names.UNIX_FROM
    paused = _paused(table, column) * unit if is_of_day and column is not None else 0.0
    return Clock(first * unit, last * unit, is_of_day, paused)


def _paused(table: Table, times: Column) -> float:
    """The extra seconds before rows that begin an attempt, beyond the usual time between rows."""
    name = find_axis("step", [table])
    steps = table.numbers_of(name) if name else None
    if steps is None or len(steps) != len(times):
        return 0.0
    known = np.isfinite(steps.values) & np.isfinite(times.values)
    gaps, begins = np.diff(times.values[known]), arrange(steps.values[known]).starts[1:]
    if not len(begins):
        return 0.0
    pauses = gaps[begins - 1] - np.median(gaps)
    return float(pauses[pauses > 0].sum())


def seconds_trained(folders: Sequence[Folder]) -> float | None:
    """The seconds that a run has trained in all its folders, the oldest first; None if unknown for one of them."""
    total = 0.0
    before: Clock | None = None
    for folder in folders:
        clock = clock_of(folder.choice.own) if folder.sources else None
        seconds = _by_other_means(folder) if clock is None else clock.seconds(before)
        if seconds is None:
            return None
        total, before = total + seconds, clock
    return total


def _by_other_means(folder: Folder) -> float | None:
    """For rows without times: the notes of the recorder or callback, else how long the file grew."""
    if not folder.sources:
        return None
    pace = folder.pace
    last_row = pace.last_row_at if pace.is_known else None
    note = read_note(folder.path)
    if note.started is not None:
        spans = [(attempt.started, attempt.ended) for attempt in note.earlier]
        spans.append((note.started, note.ended or last_row))
        known = [end - start for start, end in spans if start is not None and end is not None]
        return sum(known) if len(known) == len(spans) and min(known) >= 0 else None
    path = folder.choice.main[0].path
    if not path.is_relative_to(folder.path) or not path.is_file():
        return None
    made, written = birth_time(path), modified(path)
    grew = written - made if made is not None and written is not None else 0.0
    return grew if grew >= _GROWN_SECONDS else None
