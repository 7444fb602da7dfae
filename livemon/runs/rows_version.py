"""Whether the rows of a run have changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from livemon.tables.table import Table

__all__ = ["count_rows", "rows_version"]


class _HasRows(Protocol):
    @property
    def tables(self) -> list[Table]:
        """The tables that were read."""

    @property
    def anomalies(self) -> Sequence[Any]:
        """The anomalies, each with a `count`."""


def rows_version(run: _HasRows) -> tuple[object, ...]:
    """A value that stays the same as long as a run has the same rows and anomalies."""
    return count_rows(run), tuple(map(id, run.tables)), sum(anomaly.count for anomaly in run.anomalies)


def count_rows(run: _HasRows) -> int:
    """The number of rows shown."""
    return sum(table.n_rows for table in run.tables)
