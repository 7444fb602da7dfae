"""Whether the rows of a run are others than before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from livemon.tables.table import Table

__all__ = ["count_rows", "rows_version"]


class _HasRows(Protocol):
    @property
    def tables(self) -> list[Table]:
        """What was read."""

    @property
    def anomalies(self) -> Sequence[Any]:
        """With `count` each."""


def rows_version(run: _HasRows) -> tuple[object, ...]:
    """Is the same as long as a run has the same rows and anomalies."""
    return count_rows(run), tuple(map(id, run.tables)), sum(anomaly.count for anomaly in run.anomalies)


def count_rows(run: _HasRows) -> int:
    """The rows on show."""
    return sum(table.n_rows for table in run.tables)
