"""Reads a file again from its first byte, row by row, and compares it with what is on show.

Reading as a file grows has a blind spot: a value that a writer changes far above the end, with nothing else about the
file changing. So whoever watched a run to its end reads the file once more, with a reader that knows nothing of what
was read before and takes each line apart by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from livemon.readers.base import Reader
from livemon.system.tail import Status
from livemon.tables.differences import different_rows, rows_of_different_points
from livemon.tables.table import Table

__all__ = ["Audit", "audit", "together"]


@dataclass(frozen=True, slots=True)
class Audit:
    """The result of reading a file again.

    Attributes:
        shown: Rows on show.
        compared: Rows that were compared, counted from the first: fewer where time ran out.
        differing: Rows on show that the file does not have, or that it has otherwise.
        first: The first of them, counted from 1; None where there is none.
        problem: Why the file could not be read, "" where it could.
        table: What the file says, where all of it was read.
    """

    shown: int
    compared: int
    differing: int = 0
    first: int | None = None
    problem: str = ""
    table: Table | None = None

    def __str__(self) -> str:
        if self.problem:
            return f"audit: not done: {self.problem}"
        rows = f"{self.compared:,} rows" if self.compared == self.shown else (
            f"the first {self.compared:,} of {self.shown:,} rows")
        if not self.differing:
            return f"audit: {rows} read again, 0 differences"
        return (f"audit: {rows} read again, {self.differing:,} on show differ from the file now, the first is row "
                f"{self.first:,}")


def together(audits: Sequence[Audit]) -> Audit:
    """Several files' audits, in order, as one audit of all their rows."""
    problems = dict.fromkeys(part.problem for part in audits if part.problem)
    above, first = 0, None
    for part in audits:
        if first is None and part.first is not None:
            first = above + part.first
        above += part.shown
    differing = sum(part.differing for part in audits)
    table = audits[0].table if len(audits) == 1 else None
    return Audit(above, sum(part.compared for part in audits), differing, first, "; ".join(problems), table)


def audit(
    shown: Table,
    reader: Reader,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
    *,
    ordered: bool = True,
) -> Audit:
    """Read a file again for at most about `seconds`, and compare.

    Args:
        shown: The file's rows as they are on show.
        reader: A new reader of the file.
        seconds: When to stop reading; what was read by then is compared.
        clock: Seconds that never go back.
        ordered: Whether the rows have an order of their own; if not, each metric's points are compared by themselves.
    """
    table, deadline = Table(), clock() + seconds
    while True:
        update = reader.read()
        if update.status != Status.OK:
            return Audit(shown.n_rows, 0, problem=update.problem or f"the file is {update.status}")
        if update.columns is not None:
            table.declare(update.columns)
        if update.block is not None:
            table.append(update.block)
        if not update.more:
            complete = True
            if update.provisional is not None:
                table.append(update.provisional)
            break
        if clock() > deadline:
            complete = False
            break
    compared = shown.n_rows if complete else min(table.n_rows, shown.n_rows)
    rows = (different_rows if ordered else rows_of_different_points)(table, shown, compared)
    first = int(rows[0]) + 1 if len(rows) else None
    return Audit(shown.n_rows, compared, len(rows), first, table=table if complete else None)
