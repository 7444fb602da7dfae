"""Sources that are copies of others: a sync tool's temporary file, or a copy made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livemon.runs.source import Source
from livemon.tables.differences import count_same
from livemon.tables.table import Table

__all__ = ["Copies"]


@dataclass(slots=True)
class _Compared:
    """Two tables, and the number of their first rows known to be equal; None: they differ."""

    table: Table
    other: Table
    same: int | None = 0


class Copies:
    """The sources of a run that are copies of others: all their rows are at the beginning of another source.

    Only deleted sources and attempts at the same metrics are checked, because each of these would count. The cost of a
    look depends only on the new rows.
    """

    def __init__(self) -> None:
        self._compared: dict[tuple[Path, Path], _Compared] = {}
        self._first_rows: dict[Path, tuple[Table, Any]] = {}

    def update(self, sources: Sequence[Source]) -> set[Path]:
        """The paths of the copies, after the sources were read."""
        if len(sources) < 2:
            return set()
        by_first_row: dict[Any, list[Source]] = {}
        for source in sources:
            if source.own.n_rows:
                by_first_row.setdefault(self._first_row(source), []).append(source)
        copies: set[Path] = set()
        for alike in by_first_row.values():
            ranked = sorted(alike, key=_rank)
            for rank, source in enumerate(ranked[1:], 1):
                kept = (other for other in ranked[:rank] if other.path not in copies)
                if any(self._is_copy(source, other) for other in kept):
                    copies.add(source.path)
        return copies

    def _first_row(self, source: Source) -> Any:
        """The numbers of a source's first row, which copies have in common."""
        known = self._first_rows.get(source.path)
        if known is None or known[0] is not source.own:
            known = self._first_rows[source.path] = source.own, _first_row_of(source.own)
        return known[1]

    def _is_copy(self, source: Source, other: Source) -> bool:
        """Whether all rows of a source are at the beginning of another one with at least as many."""
        if not (source.gone or other.gone or (source.format is other.format and source.format.attempts)):
            return False
        key = source.path, other.path
        known = self._compared.get(key)
        if known is None or known.table is not source.own or known.other is not other.own:
            known = self._compared[key] = _Compared(source.own, other.own)
        if known.same is not None and (count := source.own.n_rows) > known.same:
            same = min(count_same(left, right, known.same, count)
                       for left, right in ((known.table, known.other), (known.other, known.table)))
            known.same = count if known.same + same == count else None
        return known.same is not None


def _rank(source: Source) -> tuple[Any, ...]:
    """The source to keep comes first: the longest; then one that still exists, with the shortest name."""
    return -source.own.n_rows, source.gone, len(source.path.name), str(source.path)


def _first_row_of(table: Table) -> Any:
    """The numbers of a table's first row; NaN equals NaN."""
    first = table.rows_between(0, 1)
    return tuple(sorted((name, repr(float(column.values[0]))) for name, column in first.columns.items() if len(column)))
