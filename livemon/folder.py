"""One folder of a run: its metrics file, looked for until it is there, and followed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from livemon.anomalies import Anomalies, Anomaly
from livemon.audit import Audit, audit
from livemon.discovery import find_metrics, nothing_there, reader_for, run_folder
from livemon.history import QUIET_SECONDS, History
from livemon.liveness import Arrivals, Pace, State, judge, modified
from livemon.memory import Memory
from livemon.readers import Reader, Update
from livemon.table import Table

__all__ = ["RunFolder"]

SETTLE_SECONDS = 0.5
SEARCH_REST = 20.0  # times what the last search took


class RunFolder:
    """One folder of a run, read while it grows.

    Args:
        given: The folder, a metrics file, or a folder above: then the newest run below it is meant.
        clock: Unix seconds.
        remember: Keep what is read, so that it is still there when the writer deletes it and livemon starts again.

    Raises:
        FileNotFoundError: There is nothing at the path.

    Attributes:
        given: As above.
        path: The run's folder.
        metrics_path: The file with its metrics, None while there is none.
        others: How many more runs there are below `given`.
    """

    def __init__(self, given: Path, clock: Callable[[], float], *, remember: bool = False) -> None:
        if not given.exists():
            raise FileNotFoundError(nothing_there(given))
        self.given = given
        self.metrics_path: Path | None = None
        self.path = given if given.is_dir() else run_folder(given)
        self.others = 0
        self._clock = clock
        self._remember = remember
        self._search_from = 0.0
        self._held = False  # The file has changed and is not yet trusted.
        self._recalled = False  # What is on show is what an earlier watcher saw.
        self._anomalies = Anomalies()
        self._reader: Reader | None = None
        self._memory: Memory | None = None
        self._arrivals = Arrivals(clock)
        self._history = History(str(given))
        self._find()

    def refresh(self) -> int:
        """Read what is new. Returns the number of rows that came; see `ExperimentLoader.refresh`."""
        self._find()
        if self._reader is None:
            return 0
        before = self._history.n_rows
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            update = self._reader.read()
            self._take_in(update)
            if update.status == "rewriting" and time.monotonic() < deadline:
                time.sleep(0.02)
            elif not update.more:
                break
        self._settle_what_was_recalled()
        new = self._history.n_rows - before
        recalled = self._history.n_rows > 0 and not self._arrivals.any  # They came when the file was written.
        if new > 0 or recalled:
            self._arrivals.note(new, self.metrics_path)
        return max(new, 0)

    def _find(self) -> None:
        """Look for the metrics file until there is one; a large tree is not searched all the time."""
        if self._reader is not None or time.monotonic() < self._search_from:
            return
        started = time.monotonic()
        found = find_metrics(self.given)
        took = time.monotonic() - started
        self._search_from = time.monotonic() + (SEARCH_REST * took if took > 0.01 else 0.0)
        if found is None:
            return
        self.metrics_path, self.others = found
        self.path = run_folder(self.metrics_path, within=self.given)
        self._reader = reader_for(self.metrics_path)
        self._memory = Memory(self.metrics_path, reader_for, writes=self._remember)
        self._history = self._memory.recall()
        self._recalled = self._history.rewriting
        for kept in self._history.kept:
            message = f"the writer deleted {kept.table.n_rows:,} rows that had been shown before; kept as an attempt"
            self._anomalies.add(Anomaly("rows lost", str(self.metrics_path), None, message, kept.table.n_rows))

    def _take_in(self, update: Update) -> None:
        assert self._memory is not None
        self._held = update.status == "rewriting"
        self._memory.take(update.lines, restarted=update.restarted)
        for anomaly in (*update.anomalies, *self._history.apply(update)):
            self._anomalies.add(anomaly)
        self._memory.follow(self._history)
        self._anomalies.set("memory", str(self.metrics_path), self._memory.problem)
        problem = update.problem if update.status == "unreadable" else ""
        if update.status == "missing" and self._history.n_rows:
            problem = "the metrics file has gone; its rows stay"
        self._anomalies.set("unreadable", str(self.metrics_path), problem)

    def _settle_what_was_recalled(self) -> None:
        """Where nobody writes the file any more, it says all that it will say."""
        if not self._recalled:
            return
        written = modified(self.metrics_path)
        if self._history.rewriting and written is not None and self._clock() - written >= QUIET_SECONDS:
            for anomaly in self._history.settle():
                self._anomalies.add(anomaly)
            if self._memory is not None:
                self._memory.follow(self._history)
        self._recalled = self._history.rewriting

    def audit(self, seconds: float) -> Audit | None:
        """Read the file again and compare; what differs is counted, and what the file says is shown. None: no file.

        Rows that the file has no more stay: that they were deleted is for `refresh` to find.
        """
        if self.metrics_path is None or self._memory is None:
            return None
        shown = self.own
        if self.rewriting:
            return Audit(shown.n_rows, 0, problem="the file is being rewritten")
        found = audit(shown, reader_for(self.metrics_path, plain=True), seconds)
        if found.differing and found.table is not None and found.table.n_rows >= shown.n_rows:
            self._history.correct(found.table.rows_between(0, shown.n_rows))  # The reader goes on behind them.
            self._memory.stop()
        if found.differing:
            self._anomalies.add(Anomaly("audit", str(self.metrics_path), None, str(found), found.differing))
        return found

    def forget(self) -> None:
        """The run has ended: what was kept for a restart is needed no more."""
        if self._memory is not None:
            self._memory.forget()

    @property
    def has_metrics(self) -> bool:
        """Whether the metrics file was found."""
        return self._reader is not None

    @property
    def tables(self) -> list[Table]:
        """All rows on show: attempts that the writer has deleted, oldest first, then the file's own rows."""
        return self._history.tables

    @property
    def own(self) -> Table:
        """The file's own rows."""
        return self._history.own

    @property
    def rewriting(self) -> bool:
        """Whether the writer is rewriting the file; the rows from before are on show meanwhile."""
        return self._held or self._history.rewriting

    @property
    def anomalies(self) -> list[Anomaly]:
        """What was odd."""
        return self._anomalies.as_list()

    @property
    def pace(self) -> Pace:
        """When the newest row came, and how often one usually does."""
        return self._arrivals.pace(self._history.own)

    def state(self) -> tuple[State, str]:
        """How the run stands, and the evidence in words."""
        return judge(self.path, self.metrics_path, self._history.n_rows, self.pace, self._clock())
