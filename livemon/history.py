"""Which version of a file's rows is shown. What was shown stays.

A writer may rewrite its whole file to add a column (Lightning, Stable-Baselines3). While it does, the file is shorter
than what was already shown. So a file that starts again is read beside the rows on show, and takes their place when it
has caught up with them, differs from them, or could be read for `QUIET_SECONDS` and brought no new row. Rows on show
that the new version does not have are kept apart, as an earlier attempt.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from livemon.anomalies import Anomaly
from livemon.readers import Update
from livemon.table import Table

__all__ = ["History"]

QUIET_SECONDS = 5.0
KEPT_ATTEMPTS = 16


class History:
    """The rows of one file over its versions.

    Attributes:
        own: The table of the file's own rows, as shown.
        kept: Tables of rows that were shown and that the writer has deleted, oldest first.
    """

    def __init__(self, file: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.own = Table()
        self.kept: list[Table] = []
        self._file = file
        self._clock = clock
        self._candidate: Table | None = None
        self._candidate_changed = 0.0

    @property
    def tables(self) -> list[Table]:
        """All rows on show: kept attempts, oldest first, then the file's own."""
        return [*self.kept, self.own]

    @property
    def rewriting(self) -> bool:
        """Whether the file is being rewritten and the rows on show are those from before."""
        return self._candidate is not None

    @property
    def n_rows(self) -> int:
        """Rows on show."""
        return sum(table.n_rows for table in self.tables)

    def apply(self, update: Update) -> list[Anomaly]:
        """Take in what a reader found. Returns what was odd about it: rows lost by the writer."""
        if update.restarted:
            self._restart()
        table = self.own if self._candidate is None else self._candidate
        if update.columns is not None:
            table.declare(update.columns)
        checked = table.n_rows
        if update.block is not None:
            table.append(update.block)
        if self._candidate is None:
            return []
        if update.block is not None or update.restarted or update.status != "ok":
            self._candidate_changed = self._clock()
        return self._settle(self._candidate, checked)

    def _restart(self) -> None:
        if self.own.n_rows == 0 and self._candidate is None:
            self.own = Table()
            return
        self._candidate = Table()

    def _settle(self, candidate: Table, checked: int) -> list[Anomaly]:
        """Decide whether the candidate takes the place of the rows on show. `checked`: its rows compared earlier."""
        shared = min(candidate.n_rows, self.own.n_rows)
        same = candidate.count_same(self.own, checked, shared)
        caught_up = candidate.n_rows >= self.own.n_rows
        quiet = self._clock() - self._candidate_changed >= QUIET_SECONDS
        if checked + same == shared and not caught_up and not quiet:
            return []
        return self._switch(candidate, first_lost=min(checked + same, shared))

    def _switch(self, candidate: Table, first_lost: int) -> list[Anomaly]:
        old, self.own, self._candidate = self.own, candidate, None
        lost = old.n_rows - first_lost
        if lost == 0:
            return []
        self.kept.append(old.rows_below(first_lost))
        anomalies = [Anomaly("rows lost", self._file, None, _lost_message(lost), lost)]
        if len(self.kept) > KEPT_ATTEMPTS:
            dropped = self.kept.pop(0)
            message = f"an attempt of {dropped.n_rows} rows that the writer had deleted is no longer kept"
            anomalies.append(Anomaly("attempt dropped", self._file, None, message))
        return anomalies


def _lost_message(lost: int) -> str:
    rows = "row" if lost == 1 else "rows"
    return f"the writer deleted {lost:,} {rows} that had been shown; kept as an earlier attempt"
