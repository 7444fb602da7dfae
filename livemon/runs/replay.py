"""A run as it was at earlier moments, for animations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from livemon.runs.experiment import ExperimentLoader
from livemon.runs.liveness import Pace
from livemon.runs.rows_version import rows_version
from livemon.states import State
from livemon.tables import meaning
from livemon.tables.anomalies import Anomaly
from livemon.tables.table import Table, x_at

__all__ = ["Replay"]


class Replay:
    """A run that grows from its first row to its last one, for a board; see `boards.run_tracks.Run`. It counts as
    running until its last row.

    Args:
        run: The run as it was read. It must not be refreshed until the end of the replay.
    """

    def __init__(self, run: ExperimentLoader) -> None:
        self._run = run
        every = run.tables
        self._main = [table for table in every if not table.is_supplement] or every
        self._supplements = [table for table in every if table not in self._main]
        self._grown = {id(table): _empty_like(table) for table in every}
        self._n_rows = 0

    @property
    def rows(self) -> int:
        """The number of all rows of the run."""
        return sum(table.n_rows for table in self._main)

    def grow_to(self, n_rows: int) -> None:
        """Let the run have this many of its oldest rows. It never shrinks."""
        self._n_rows = max(n_rows, self._n_rows)
        left, reached = self._n_rows, -np.inf
        for table in self._main:
            self._grow(table, min(left, table.n_rows))
            reached = max(reached, _highest_x(self._grown[id(table)], self._run.x_column()))
            left -= table.n_rows
        for table in self._supplements:
            self._grow(table, table.n_rows if left >= 0 else _rows_up_to(table, self._run.x_column(), reached))

    def _grow(self, whole: Table, n_rows: int) -> None:
        grown = self._grown[id(whole)]
        if n_rows > grown.n_rows:
            grown.append(whole.block_between(grown.n_rows, n_rows))
            grown.retracted = tuple(retraction for retraction in whole.retracted if retraction[0] <= grown.n_rows)

    @property
    def tables(self) -> list[Table]:
        """The rows so far; the oldest first."""
        begun = [table for table in self._main if self._grown[id(table)].n_rows]
        return [self._grown[id(table)] for table in (*self._supplements, *begun)]

    @property
    def rows_version(self) -> object:
        """See `ExperimentLoader.rows_version`."""
        return rows_version(self)

    @property
    def ended(self) -> bool:
        """Whether the run has its last row, and has ended."""
        return self._n_rows >= self.rows and self._run.ended

    def at_one_moment(self) -> AbstractContextManager[None]:
        """See `ExperimentLoader.at_one_moment`."""
        return self._run.at_one_moment()

    @property
    def state(self) -> str:
        """Running, and at the last row the run's own state."""
        return self._run.state if self._n_rows >= self.rows else State.RUNNING

    @property
    def reason(self) -> str | None:
        """Why the run stopped or failed, at its last row."""
        return self._run.reason if self._n_rows >= self.rows else None

    @property
    def state_evidence(self) -> str:
        """The evidence for the state, at the last row."""
        return self._run.state_evidence if self._n_rows >= self.rows else ""

    @property
    def pace(self) -> Pace:
        """An unknown pace: a replay shows rows at another pace."""
        return Pace(None, None)

    @property
    def anomalies(self) -> list[Anomaly]:
        """The anomalies of the run, at its last row."""
        return self._run.anomalies if self._n_rows >= self.rows else []

    # Facts that do not change -----------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """See `ExperimentLoader.name`."""
        return self._run.name

    @property
    def label(self) -> str:
        """See `ExperimentLoader.label`."""
        return self._run.label

    @property
    def config(self) -> Mapping[str, Any]:
        """See `ExperimentLoader.config`."""
        return self._run.config

    @property
    def origin(self) -> Mapping[str, Any]:
        """See `ExperimentLoader.origin`."""
        return self._run.origin

    @property
    def total_steps(self) -> int | None:
        """See `ExperimentLoader.total_steps`."""
        return self._run.total_steps

    @property
    def total_epochs(self) -> int | None:
        """See `ExperimentLoader.total_epochs`."""
        return self._run.total_epochs

    @property
    def metric_names(self) -> list[str]:
        """See `ExperimentLoader.metric_names`: of the whole run."""
        return self._run.metric_names

    def direction(self, metric: str) -> meaning.Direction | None:
        """See `ExperimentLoader.direction`."""
        return self._run.direction(metric)

    def main_metric(self, among: Iterable[str] | None = None) -> str | None:
        """See `ExperimentLoader.main_metric`."""
        return self._run.main_metric(among)

    def x_column(self, kind: Any = None) -> str | None:
        """See `ExperimentLoader.x_column`."""
        return self._run.x_column(kind)


def _empty_like(table: Table) -> Table:
    grown = Table(is_supplement=table.is_supplement)
    grown.declare(list(table.columns))
    return grown


def _highest_x(table: Table, x_name: str | None) -> float:
    values = x_at(table, np.arange(table.n_rows), x_name)
    return float(np.nanmax(values)) if np.isfinite(values).any() else -np.inf


def _rows_up_to(table: Table, x_name: str | None, highest: float) -> int:
    """The number of rows before the first one whose x is above `highest`."""
    beyond = np.flatnonzero(x_at(table, np.arange(table.n_rows), x_name) > highest)
    return int(beyond[0]) if len(beyond) else table.n_rows
