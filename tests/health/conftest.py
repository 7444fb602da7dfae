"""Runs for the conditions: columns of values, judged by a checkup."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from livemon.health.checkup import Checkup
from livemon.health.finding import Finding
from livemon.tables import meaning
from livemon.tables.table import Block, Cells, Table


class ColumnsRun:
    """A run of columns that grows row by row; NaN in a column of `sparse` is a blank cell."""

    def __init__(self, columns: Mapping[str, Sequence[float]], sparse: Sequence[str] = ()) -> None:
        self._columns = {name: np.asarray(values, np.float64) for name, values in columns.items()}
        self._sparse = set(sparse)
        self.tables = [Table()]
        self.tables[0].declare(list(columns))
        self.length = max(map(len, self._columns.values()))

    @property
    def metric_names(self) -> list[str]:
        axes = ("step", "time")
        return [name for name, column in self.tables[0].columns.items() if name not in axes and column.numeric]

    def direction(self, metric: str) -> meaning.Direction | None:
        return meaning.direction(metric)

    def x_column(self, kind: str | None = None) -> str | None:
        name = kind or "step"
        return name if name in ("step", "time") and name in self._columns else None

    def grow(self, rows: int) -> None:
        """Let so many rows come."""
        start = self.tables[0].n_rows
        stop = min(start + rows, self.length)
        cells = {}
        for name, values in self._columns.items():
            part = values[start:stop]
            cells[name] = Cells(part, ~np.isnan(part) if name in self._sparse else None)
        self.tables[0].append(Block(stop - start, cells))


Judge = Callable[..., tuple[Finding, ...]]


@pytest.fixture(scope="session")
def columns_run() -> type[ColumnsRun]:
    """Makes a run of columns of values."""
    return ColumnsRun


@pytest.fixture
def judge() -> Judge:
    """Judges columns of values as one piece."""

    def judged(sparse: Sequence[str] = (), **columns: Sequence[float]) -> tuple[Finding, ...]:
        length = max(map(len, columns.values()))
        run = ColumnsRun({"step": range(length), **columns}, sparse)
        run.grow(run.length)
        checkup = Checkup(run)
        checkup.update()
        return checkup.findings

    return judged


@pytest.fixture
def learned(random: np.random.Generator) -> Callable[[int], NDArray[np.float64]]:
    """A loss that falls from 2.3 to 0.1 over so many rows, with noise of a tenth of it."""

    def made(rows: int) -> NDArray[np.float64]:
        return (2.2 * np.exp(-np.arange(rows) / (rows / 12)) + 0.1) * np.exp(random.normal(size=rows) * 0.1)

    return made


@pytest.fixture
def random() -> np.random.Generator:
    """Always the same numbers."""
    return np.random.default_rng(0)
