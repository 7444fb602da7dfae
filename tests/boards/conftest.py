"""Runs to make boards of."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livemon.runs.liveness import Pace
from livemon.runs.rows_version import rows_version
from livemon.tables import meaning, names
from livemon.tables.anomalies import Anomaly
from livemon.tables.table import Block, Cells, Table


@dataclass
class FakeRun:
    tables: list[Table]
    name: str = "exp7"
    label: str = "exp7"
    state: str = "running"
    reason: str | None = None
    state_evidence: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    origin: dict[str, Any] = field(default_factory=dict)
    total_steps: int | None = None
    total_epochs: int | None = None
    pace: Pace = field(default_factory=lambda: Pace(None, None))
    anomalies: list[Anomaly] = field(default_factory=list)
    exp_dir: Path = Path("exp7")

    @property
    def rows_version(self) -> object:
        return rows_version(self)

    @property
    def ended(self) -> bool:
        return self.state in ("finished", "failed")

    def at_one_moment(self) -> AbstractContextManager[None]:
        return nullcontext()

    def _columns(self) -> list[str]:
        return list({name: None for table in self.tables for name, column in table.columns.items() if column.numeric})

    @property
    def metric_names(self) -> list[str]:
        return [name for name in self._columns() if not names.is_x(name)]

    def direction(self, metric: str) -> meaning.Direction | None:
        return meaning.direction(metric)

    def main_metric(self, among: Iterable[str] | None = None) -> str | None:
        return meaning.main_metric(self.metric_names if among is None else among)

    def x_column(self, kind: Any = None) -> str | None:
        if kind is None:
            return names.find_x("step", self._columns()) or names.find_x("epoch", self._columns())
        return names.find_x(kind, self._columns())


def add(table: Table, columns: dict[str, Any]) -> Table:
    """Append rows; None in a column is a blank cell."""
    cells = {}
    count = 0
    for name, values in columns.items():
        count = len(values)
        rows = np.array([i for i, value in enumerate(values) if value is not None], np.int64)
        kept = np.array([value for value in values if value is not None], float)
        cells[name] = Cells(kept) if len(rows) == count else Cells(kept, rows=rows)
    table.append(Block(count, cells))
    return table


def run_of(columns: dict[str, Any], **known: Any) -> FakeRun:
    return FakeRun([add(Table(), columns)], **known)


STEPS = np.arange(0, 4000, 10)
REAL = {
    "step": STEPS,
    "epoch": STEPS // 500,
    "train_loss": np.concatenate(([33.0], 3 + 4 * np.exp(-STEPS[1:] / 500))),
    "val_loss": [0.18 + 0.2 * math.exp(-step / 500) if step % 100 == 0 else None for step in STEPS],
    "train_perplexity": np.concatenate(([2e14], np.exp(3 + 4 * np.exp(-STEPS[1:] / 500)))),
    "learning_rate": 5e-4 * np.linspace(1, 0.1, 400),
    "grad_norm": np.where(STEPS == 2000, np.inf, 0.03 + 0.01 * np.cos(STEPS)),
    "time_elapsed_seconds": STEPS * 1.9,
    "tokens_per_second": 70_000 + 100 * np.sin(STEPS),
    "zebra": np.sin(STEPS),
}


@pytest.fixture(name="fake_run")
def _fake_run() -> type[FakeRun]:
    """The class of a run that is nothing but tables and what is known of it."""
    return FakeRun


@pytest.fixture(name="run_of")
def _run_of() -> Callable[..., FakeRun]:
    """Makes a run of one table with some columns."""
    return run_of


@pytest.fixture(name="add")
def _add() -> Callable[[Table, dict[str, Any]], Table]:
    """Appends rows to a table; None in a column is a blank cell."""
    return add


@pytest.fixture(name="usual_columns")
def _usual_columns() -> dict[str, Any]:
    """The columns of a usual training of 400 rows."""
    return dict(REAL)
