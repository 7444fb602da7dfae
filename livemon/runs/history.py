"""Decides which version of a file's rows is shown. Rows that were shown stay visible.

A writer may rewrite its whole file to add a column (Lightning, Stable-Baselines3). In the meantime the file is shorter
than what was already shown. So a file that starts again is read beside the visible rows, and replaces them when it has
caught up with them, differs from them, or could be read for `QUIET_SECONDS` and brought no new row. Visible rows that
the new version does not have are kept separately, as an earlier attempt, if both belong to one training. If another
training has replaced the watched one, its rows are dropped, with a message. A value that a writer corrects (a flag that
moves to the best epoch) deletes no row: the file's present content is shown, and nothing is kept.

A last line without a line end makes a provisional row: it is shown after the others as long as the reader reports it,
and may disappear, because it may have been cut in the middle of a value.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from livemon.readers.base import Update
from livemon.system.tail import QUIET_SECONDS, Status
from livemon.tables.anomalies import Anomaly
from livemon.tables.corrections import is_corrected
from livemon.tables.differences import count_same, different_rows
from livemon.tables.table import Block, Table

__all__ = ["History", "Kept"]

KEPT_ATTEMPTS = 16
# A file that is rewritten has all of its rows again by then; a training that starts again takes longer.
REWRITTEN_SECONDS = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Rows that were shown and then deleted by the writer.

    Attributes:
        table: The rows.
        first_row: Their position in the version of the file that had them, from 0.
    """

    table: Table
    first_row: int


class History:
    """The rows of one file over its versions.

    Args:
        file: The file as the user would write it, for messages.
        clock: Monotonic seconds.
        own, kept: The rows shown before.
        same_training: Whether the rows of a new version, the second table, belong to the training of an old one, the
            first; by default they do.

    Attributes:
        kept: The rows that were shown and then deleted by the writer, the oldest first.
    """

    def __init__(
        self,
        file: str,
        clock: Callable[[], float] = time.monotonic,
        own: Table | None = None,
        kept: Sequence[Kept] = (),
        same_training: Callable[[Table, Table], bool] = lambda old, new: True,
    ) -> None:
        self._certain = Table() if own is None else own
        self._provisional: Block | None = None
        self._with_provisional: Table | None = None  # the certain rows and the provisional one
        self.kept = list(kept)
        self._file = file
        self._clock = clock
        self._same_training = same_training
        self._restored = own is not None or bool(kept)  # and not seen in the file since
        # The version before the file's, while it is unknown whether both belong to one training.
        self._to_judge = kept[-1].table if kept and not self._certain.n_rows else None
        self._candidate: Table | None = None if own is None else Table()
        self._candidate_changed = clock()
        self._to_return: Kept | None = None  # rows that were just deleted, and may come back
        self._deleted_at = clock()

    @property
    def own(self) -> Table:
        """The table of the file's own rows, as shown."""
        return self._certain if self._with_provisional is None else self._with_provisional

    @property
    def is_provisional(self) -> bool:
        """Whether the last visible row has no line end in the file."""
        return self._with_provisional is not None

    @property
    def tables(self) -> list[Table]:
        """All visible rows: kept attempts, the oldest first, then the file's own."""
        return [*(kept.table for kept in self.kept), self.own]

    @property
    def rewriting(self) -> bool:
        """Whether the file is being rewritten and the visible rows are the earlier ones."""
        return self._candidate is not None

    @property
    def n_rows(self) -> int:
        """The number of visible rows."""
        return sum(table.n_rows for table in self.tables)

    def apply(self, update: Update) -> list[Anomaly]:
        """Take the result of a reader. Returns the irregularities: rows that the writer has deleted."""
        if update.restarted:
            self._restart()
        table = self._certain if self._candidate is None else self._candidate
        if update.columns is not None:
            table.declare(update.columns)
        checked = table.n_rows
        if update.block is not None:
            table.append(update.block)
        if self._candidate is None:
            self._show_provisional(update.provisional, anew=update.restarted or update.block is not None)
            return [*self._judge(), *self._take_back()]
        self._provisional = update.provisional
        if update.block is not None or update.restarted or update.status != Status.OK:
            self._candidate_changed = self._clock()
        quiet = self._clock() - self._candidate_changed >= QUIET_SECONDS
        return self._settle(self._candidate, checked, quiet)

    def settle(self) -> list[Anomaly]:
        """Show the last version at once, because nobody writes the file. Returns the same as `apply`."""
        return [] if self._candidate is None else self._settle(self._candidate, 0, quiet=True)

    def correct(self, own: Table) -> None:
        """Replace the rows by the present rows of the file, including the provisional row."""
        self._certain, self._candidate = own.rows_between(0, own.n_rows - self.is_provisional), None
        self._show_provisional(self._provisional, anew=True)

    def _show_provisional(self, row: Block | None, *, anew: bool = False) -> None:
        """Show the row of the file's last line in place of the previous one; None for no row."""
        if row is self._provisional and not anew:
            return
        self._provisional, self._with_provisional = row, None
        if row is not None:
            self._with_provisional = self._certain.rows_between(0, self._certain.n_rows)
            self._with_provisional.append(row)
            self._with_provisional.retracted = self._certain.retracted

    def _restart(self) -> None:
        if self._certain.n_rows == 0 and self._candidate is None:
            self._certain = Table()
            return
        self._candidate = Table()

    def _settle(self, candidate: Table, checked: int, quiet: bool) -> list[Anomaly]:
        """Decide whether the candidate replaces the visible rows. `checked`: its rows compared earlier."""
        shared = min(candidate.n_rows, self._certain.n_rows)
        same = count_same(candidate, self._certain, checked, shared)
        caught_up = candidate.n_rows >= self._certain.n_rows
        if checked + same == shared and not caught_up and not quiet:
            return []
        first_lost = min(checked + same, shared)
        if first_lost < self._certain.n_rows and is_corrected(self._certain, candidate, first_lost):
            return self._correct_rows(candidate, first_lost)
        return self._switch(candidate, first_lost)

    def _correct_rows(self, candidate: Table, first_row: int) -> list[Anomaly]:
        old, self._certain, self._candidate = self._certain, candidate, None
        self._show_provisional(self._provisional, anew=True)
        rows = different_rows(candidate, old, old.n_rows)
        return [_corrected(self._file, int(np.count_nonzero(rows >= first_row)))]

    def _take_back(self) -> list[Anomaly]:
        """Drop kept rows that are back in the file, corrected or not: it was only being rewritten."""
        kept = self._to_return
        if kept is None or self._certain.n_rows < kept.first_row + kept.table.n_rows:
            return []
        self._to_return = None
        again = self._certain.rows_between(kept.first_row, kept.first_row + kept.table.n_rows)
        is_late = self._clock() - self._deleted_at > REWRITTEN_SECONDS
        if is_late or kept not in self.kept or not is_corrected(kept.table, again, 0):
            return []
        self.kept.remove(kept)
        return [_corrected(self._file, len(different_rows(again, kept.table, again.n_rows)), kept.table.n_rows)]

    def _switch(self, candidate: Table, first_lost: int) -> list[Anomaly]:
        old, self._certain, self._candidate = self._certain, candidate, None
        self._show_provisional(self._provisional, anew=True)
        lost = old.n_rows - first_lost
        self._restored = self._restored and first_lost == 0
        if lost == 0:
            return self._judge()
        self.kept.append(Kept(old.rows_below(first_lost), first_lost))
        self._to_judge = old if first_lost == 0 else None
        if self._to_judge is not None and candidate.n_rows and not self._is_same():
            return self._drop()
        self._to_return, self._deleted_at = self.kept[-1], self._clock()
        anomalies = [Anomaly("rows lost", self._file, None, _lost_message(lost), lost), *self._take_back()]
        if len(self.kept) > KEPT_ATTEMPTS:
            dropped = self.kept.pop(0)
            message = f"an attempt of {dropped.table.n_rows} rows that the writer had deleted is no longer kept"
            anomalies.append(Anomaly("attempt dropped", self._file, None, message))
        return anomalies

    def _judge(self) -> list[Anomaly]:
        """Drop what was kept if it belongs to another training, once a row shows that."""
        waits = self._to_judge is None or self._certain.n_rows == 0
        return [] if waits or self._is_same() else self._drop()

    def _is_same(self) -> bool:
        assert self._to_judge is not None
        old, self._to_judge = self._to_judge, None
        return self._same_training(old, self._certain)

    def _drop(self) -> list[Anomaly]:
        rows = sum(kept.table.n_rows for kept in self.kept)
        self.kept, recalled, self._restored = [], self._restored, False
        message = f"another training began in this file; {rows:,} rows of the training before are no longer shown"
        return [] if recalled else [Anomaly("another training", self._file, None, message)]


def _lost_message(lost: int) -> str:
    rows = "row" if lost == 1 else "rows"
    return f"the writer deleted {lost:,} {rows} that had been shown; kept as an earlier attempt"


def _corrected(file: str, changed: int, returned: int = 0) -> Anomaly:
    """The irregularity of rows that the writer has corrected."""
    rows = "1 row" if changed == 1 else f"{changed:,} rows"
    message = f"the writer changed {rows} that had been shown; the present content of the file is shown"
    if returned:
        message = f"the {returned:,} rows that the writer had deleted are in the file again, {rows} of them changed"
    return Anomaly("rows changed", file, None, message, changed)
