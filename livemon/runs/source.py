"""A source of a run's metrics, a file or something like a file: it is followed as it grows, and its shown rows stay."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from livemon.readers.base import Facts, Format, Update, unfinished_in
from livemon.runs.audit import Audit, audit
from livemon.runs.history import Kept
from livemon.runs.journal import Journal
from livemon.runs.late_rows import LateRows
from livemon.runs.liveness import GROWN_SECONDS, Arrivals, Pace, end_in
from livemon.system.filesystems import birth_time
from livemon.system.tail import LAST_LINE_SECONDS, QUIET_SECONDS, SETTLE_SECONDS, Status
from livemon.tables.anomalies import Anomalies, Anomaly
from livemon.tables.names import UNIX_FROM, seconds_in
from livemon.tables.table import Table
from livemon.tables.x_axis import find_axis

__all__ = ["Part", "Source", "last_row_at", "with_growth"]

# How long a refresh waits for a file that is being rewritten: then a finished rewrite is accepted at once.
REFRESH_WAITS_SECONDS = SETTLE_SECONDS + 0.3
FIRST_WAITS_SECONDS = 1.5  # the same while nothing was read: a writer may lock its database for half a second


class Part(Protocol):
    """The interface of a source, whether followed or frozen; see `Source`."""

    @property
    def format(self) -> Format: ...  # noqa: D102
    @property
    def path(self) -> Path: ...  # noqa: D102
    @property
    def tables(self) -> list[Table]: ...  # noqa: D102
    @property
    def own(self) -> Table: ...  # noqa: D102
    @property
    def n_rows(self) -> int: ...  # noqa: D102
    @property
    def rewriting(self) -> bool: ...  # noqa: D102
    @property
    def facts(self) -> Facts: ...  # noqa: D102
    @property
    def files(self) -> Sequence[Path]: ...  # noqa: D102
    @property
    def written(self) -> float | None: ...  # noqa: D102
    @property
    def anomalies(self) -> list[Anomaly]: ...  # noqa: D102
    @property
    def pace(self) -> Pace: ...  # noqa: D102

    def forget(self) -> None:
        """Drop the rows kept in the user's cache folder."""


class Source:
    """One source, read while it grows.

    Args:
        form: Its format.
        path: The path that the format opens.
        clock: A clock in unix seconds.
        folder: The folder of its run.
        remember: Whether to keep the rows, so that they are still there if the writer deletes them and livemon starts
            again.

    Attributes:
        format, path: Its format and path.
        gone: Whether nothing was at the path at the last look.
    """

    def __init__(
        self, form: Format, path: Path, clock: Callable[[], float], *, folder: Path, remember: bool = False
    ) -> None:
        self.format = form
        self.path = path
        self._clock = clock
        self._reader = form.open(path)
        self.kept_elsewhere: Sequence[Table] = ()
        self.gone = False
        self._held = False  # whether the file has changed and is not trusted yet
        self._anomalies = Anomalies()
        self._arrivals = Arrivals(clock)
        self._late_rows = LateRows()
        self._journal = Journal(path, form.open, folder=folder, writes=remember)
        self._history = self._journal.restore()
        self._restored = self._history.rewriting  # the shown rows are those that an earlier watcher kept
        self._unfinished = 0
        self._unfinished_since = clock()
        self._kept_before = bool(self._history.kept)
        for kept in self._history.kept:
            message = f"the writer deleted {kept.table.n_rows:,} rows that had been shown before; kept as an attempt"
            self._anomalies.add(Anomaly("rows lost", str(path), None, message, kept.table.n_rows))

    def refresh(self) -> int:
        """Read new rows. Returns their number; see `ExperimentLoader.refresh`."""
        before = self._history.n_rows
        deadline = time.monotonic() + (REFRESH_WAITS_SECONDS if before else FIRST_WAITS_SECONDS)
        while True:
            update = self._reader.read()
            self._take_in(update)
            if update.status == Status.REWRITING and time.monotonic() < deadline:
                time.sleep(0.02)
            elif not update.more:
                break
        self._late_rows.update(self._history.own)
        self._anomalies.set("note", str(self.path), "; ".join([*self.facts.odd, *self._writers_in_words()]))
        self._note_late_rows()
        self._settle_restored()
        self._note_unfinished()
        if self._kept_before and not self._history.kept:  # they belonged to another training
            self._anomalies.forget("rows lost")
            self._kept_before = False
        new = self._history.n_rows - before
        recalled = self._history.n_rows > 0 and not self._arrivals.any  # they came when the file was written
        if new > 0 or recalled:
            self._arrivals.note(self._count_steps(new), self.last_row_at, self.written)
        return max(new, 0)

    def _take_in(self, update: Update) -> None:
        self._held, self.gone = update.status == Status.REWRITING, update.status == Status.MISSING
        if (history := self._journal.restore_removed()) is not None:
            self._history, self._restored = history, history.rewriting
        self._journal.take(update.lines, restarted=update.restarted)
        for anomaly in (*update.anomalies, *self._history.apply(update)):
            self._anomalies.add(anomaly)
        self._journal.follow(self._history)
        self._anomalies.set("memory", str(self.path), self._journal.problem)
        self._anomalies.set("unreadable", str(self.path), update.problem if update.status == Status.UNREADABLE else "")
        gone = f"{self.path} is gone; its rows stay" if self.gone and self._history.n_rows else ""
        self._anomalies.set("deleted", str(self.path), gone)

    def _settle_restored(self) -> None:
        """Accept the file as complete if nobody writes it any more."""
        if not self._restored:
            return
        if self._history.rewriting and self.written is not None and _is_past(self.written, self._clock()):
            for anomaly in self._history.settle():
                self._anomalies.add(anomaly)
            self._journal.follow(self._history)
        self._restored = self._history.rewriting

    def _writers_in_words(self) -> list[str]:
        """A message if several writers log into the source; otherwise []."""
        name = self._late_rows.writers
        if name is None:
            return []
        return [f"several writers log into {self.path.name}; {name} tells them apart; a single number is their mean"]

    def _note_late_rows(self) -> None:
        """Report how many rows came out of the order of their steps."""
        kind, count = "steps out of order", self._late_rows.count
        self._anomalies.forget(kind)
        if count:
            rows = "1 row stands" if count == 1 else f"{count:,} rows stand"
            message = f"{rows} behind rows of a higher step; points are put in the order of their steps"
            self._anomalies.add(Anomaly(kind, str(self.path), None, message, count))

    def _note_unfinished(self) -> None:
        """Report an incomplete row at the end of a source, if nobody writes it: else the rest of the row may come."""
        now, written, count = self._clock(), self.written, unfinished_in(self._reader)
        provisional = (f"the last row of {self.path} has no line end; it is shown, as the file has not changed for "
                       f"{LAST_LINE_SECONDS:.0f} s") if self._history.is_provisional else ""
        self._anomalies.set("no line end", str(self.path), provisional)
        if count != self._unfinished:
            self._unfinished, self._unfinished_since = count, now
        quiet = now - (written if written is not None and written <= now else self._unfinished_since)
        is_over = quiet >= QUIET_SECONDS or end_in(self.facts) is not None
        problem = f"{self.path} ends with an incomplete row of {count:,} bytes, which is not shown"
        self._anomalies.set("incomplete end", str(self.path), problem if count and is_over else "")

    def audit(self, seconds: float) -> Audit:
        """Read the source again and compare. Differences are counted, and the source's present rows are shown.

        Rows that it no longer has stay: `refresh` detects deleted rows.
        """
        shown = self.own
        if self.rewriting:
            return Audit(shown.n_rows, 0, problem="the file is being rewritten")
        result = audit(shown, self.format.open(self.path, plain=True), seconds, ordered=self.format.ordered)
        if result.differing and result.table is not None and result.table.n_rows >= shown.n_rows:
            self._history.correct(result.table.rows_between(0, shown.n_rows))  # the reader continues after them
            self._journal.stop()
        if result.differing:
            self._anomalies.add(Anomaly("audit", str(self.path), None, str(result), result.differing))
        return result

    def forget(self) -> None:
        """Drop the rows kept for a restart: the run has ended."""
        self._journal.forget()

    @property
    def tables(self) -> list[Table]:
        """All shown rows: attempts that the writer has deleted, oldest first, then the source's own rows."""
        kept = [deleted.table for deleted in self._history.kept
                if not any(_holds(table, deleted) for table in self.kept_elsewhere)]
        return [*kept, self.own]

    @property
    def own(self) -> Table:
        """The source's own rows."""
        return self._history.own

    @property
    def n_rows(self) -> int:
        """The number of shown rows."""
        return self._history.n_rows

    @property
    def rewriting(self) -> bool:
        """Whether the writer is rewriting it; meanwhile the earlier rows are shown."""
        return self._held or self._history.rewriting

    @property
    def facts(self) -> Facts:
        """The facts in it beside the metrics."""
        return self._reader.facts

    @property
    def files(self) -> Sequence[Path]:
        """The files from which it is read."""
        return self._reader.files

    @property
    def written(self) -> float | None:
        """When it was last written, unix seconds; None if that is not known."""
        return self.format.written(self.path)

    def _count_steps(self, new: int) -> int:
        """The number of steps of the newest rows, without the step of the row before them; a row without a step counts
        as a step."""
        own = self.own
        stepping = find_axis("step", [own]) or find_axis("epoch", [own])
        if stepping is None or new <= 0:
            return max(new, 0)
        steps = own.at_rows(stepping, np.arange(max(own.n_rows - new - 1, 0), own.n_rows))
        steps = steps[np.isfinite(steps)]
        return int(np.count_nonzero(steps[1:] != steps[:-1])) + (own.n_rows <= new)

    @property
    def last_row_at(self) -> float | None:
        """See the function of this name."""
        return last_row_at(self.own, self.facts)

    @property
    def anomalies(self) -> list[Anomaly]:
        """The anomalies. Rows that the writer deleted are not lost if another file has them."""
        kept = self._history.kept
        are_safe = len(kept) > 0 and len(self.tables) == 1  # all of them are shown from elsewhere
        return [anomaly for anomaly in self._anomalies.as_list() if not (are_safe and anomaly.kind == "rows lost")]

    @property
    def pace(self) -> Pace:
        """When the newest row came, and how often rows usually come."""
        return with_growth(self._arrivals.pace(self._history.own), self.path, self._history.own.n_rows)


def last_row_at(own: Table, facts: Facts) -> float | None:
    """When the newest row of a source was written, according to its time; None if that is not a unix time, nor a time
    since a known start."""
    name = find_axis("time", [own])
    times = own.numbers_of(name) if name else None
    last = float(times.values[-1]) if times is not None and len(times) else 0.0
    unix = last * seconds_in(last)
    if name and unix <= UNIX_FROM and (began := facts.began) is not None:
        unix += began
    return unix if UNIX_FROM < unix < math.inf else None


def with_growth(pace: Pace, path: Path, rows: int) -> Pace:
    """The pace of a source. If its rows do not tell how often they come, it includes how long the file grew."""
    last = pace.last_row_at
    if pace.usual_seconds is not None or last is None or not pace.is_known or rows < 2 or not path.is_file():
        return pace
    created = birth_time(path)
    grew = 0.0 if created is None else last - created
    return replace(pace, grew_seconds=grew, mean_seconds=grew / rows) if grew >= GROWN_SECONDS else pace


def _holds(table: Table, kept: Kept) -> bool:
    """Whether a table, read from a complete copy of the file, still has rows that were deleted from the file."""
    part = table.rows_between(kept.first_row, kept.first_row + kept.table.n_rows)
    if part.n_rows != kept.table.n_rows:
        return False
    for name, column in kept.table.columns.items():
        if not len(column.values):
            continue
        other = part.columns.get(name)
        if other is None or not (np.array_equal(column.rows, other.rows)
                                 and np.array_equal(column.values, other.values, equal_nan=True)):  # fmt: skip
            return False
    return True


def _is_past(written: float, now: float) -> bool:
    """Whether nobody has written a file for a while. A time in the future (clock skew) is ignored: then the file counts
    as settled."""
    return abs(now - written) >= QUIET_SECONDS
