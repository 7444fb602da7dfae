"""Reads a file again from its first byte, row by row, and compares it with what was shown.

Following a growing file has a blind spot: a value that a writer changes far above the end, without any other change of
the file. So whoever watched a run to its end reads the file once more, with an independent reader that parses each line
separately.
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
        shown: The number of rows shown.
        compared: The number of rows compared, from the first on: fewer if time ran out.
        differing: The number of rows that are missing in the file or differ from it.
        first: The first of them, counted from 1, or None.
        problem: Why the file could not be read, or "".
        table: The content of the file, if all of it was read.
        part: The folder or file of the run, for people; "" if the run has no other.
    """

    shown: int
    compared: int
    differing: int = 0
    first: int | None = None
    problem: str = ""
    table: Table | None = None
    part: str = ""

    def __str__(self) -> str:
        if self.problem:
            return f"audit{f' of {self.part}' if self.part else ''}: not done: {self.problem}"
        rows = f"{self.compared:,} rows" if self.compared == self.shown else (
            f"the first {self.compared:,} of {self.shown:,} rows")
        rows += f" of {self.part}" if self.part else ""
        if not self.differing:
            return f"audit: {rows} read again, 0 differences"
        return (f"audit: {rows} read again, {self.differing:,} shown rows differ from the file now, the first is row "
                f"{self.first:,}")


def together(audits: Sequence[Audit]) -> Audit:
    """Several files' audits, in order, combined over all their rows."""
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
        shown: The file's rows as shown.
        reader: A new reader of the file.
        seconds: The time limit; the rows read by then are compared.
        clock: Monotonic seconds.
        ordered: Whether the rows have an order; if not, each metric's points are compared separately.
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
