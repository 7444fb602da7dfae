from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from livemon.health.checkup import Checkup
from livemon.health.finding import Kind
from livemon.health.watch import Harmless, WatchedSteps, WatchedValues
from livemon.tables import meaning
from livemon.tables.table import Block, Cells, Column, Table


class JoinedRun:
    """A run whose tables are added, and whose newest one grows."""

    def __init__(self) -> None:
        self.tables: list[Table] = []

    @property
    def metric_names(self) -> list[str]:
        names = (name for table in self.tables for name, column in table.columns.items() if column.numeric)
        return [name for name in dict.fromkeys(names) if name != "step"]

    def direction(self, metric: str) -> meaning.Direction | None:
        return meaning.direction(metric)

    def x_column(self, kind: str | None = None) -> str | None:
        return "step" if kind in (None, "step") else None

    def add(self, columns: Mapping[str, NDArray[np.float64]]) -> None:
        """Add a table."""
        self.tables.append(Table())
        self.grow(columns)

    def grow(self, columns: Mapping[str, NDArray[np.float64]]) -> None:
        """Add rows to the newest table."""
        cells = {name: Cells(values) for name, values in columns.items()}
        self.tables[-1].append(Block(len(columns["step"]), cells))


def column_of(*values: float) -> Column:
    """A column of these values."""
    column = Column("loss")
    column.append(Cells(np.array(values)), 0)
    return column


@pytest.mark.parametrize(("new", "expected"), [
    ([1.0], True), ([2.0, 0.5], True), ([2.1], False), ([0.4], False), ([1.0, np.nan], False), ([1.0] * 3, False)])
def test_harmless_values(new: list[float], expected: bool) -> None:
    """New values are harmless within the limits of all conditions, as long as there are few enough points."""
    column = column_of(9.0, 9.0)
    watched = WatchedValues.by(column, 2, [
        (Harmless(low=0.5, until=17), 12), (Harmless(high=2.0, until=15), 12), (Harmless(), 2)])
    assert watched.are_harmless()
    column.append(Cells(np.array(new)), 2)
    assert watched.are_harmless() == expected


def test_what_is_not_finite_is_never_harmless() -> None:
    """Infinity is harmful without limits, too."""
    for value in (np.nan, np.inf, -np.inf):
        assert not WatchedValues.by(column_of(1.0, value), 1, [(Harmless(), 1)]).are_harmless()


def test_harmless_steps() -> None:
    """A step is harmless if it is not below an earlier one, and is known."""
    for steps, expected in (([4, 4, 5], True), ([4, 5, 4], False), ([2], False), ([np.nan], False)):
        assert WatchedSteps(column_of(1, 2, 3, *steps), 3, 3).are_harmless() == expected


def test_most_rows_of_a_run_that_goes_well_are_not_judged(
    columns_run: Any, random: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 600 rows of a healthy run those are judged that end a block, and some in which a value is rather high; a leap
    is found all the same."""
    length = 4_603
    loss = (2 * np.exp(-np.arange(length) / 500) + 0.1) * np.exp(random.normal(size=length) * 0.1)
    loss[4_599] = 20.0
    run = columns_run({"step": range(length), "train_loss": loss, "lr": np.linspace(0.1, 0.01, length),
                       "grad_norm": np.exp(random.normal(size=length))})
    run.grow(4_000)
    checkup, judged = Checkup(run), 0
    judge = Checkup._judge

    def counted(self: Checkup, asked: Any) -> None:
        nonlocal judged
        judged += 1
        judge(self, asked)

    monkeypatch.setattr(Checkup, "_judge", counted)
    checkup.update()
    for _ in range(599):
        run.grow(1)
        checkup.update()
    assert judged < 40 and [*checkup.findings] == []
    for _ in range(4):
        run.grow(1)
        checkup.update()
    assert [(found.kind, found.since) for found in checkup.findings] == [(Kind.SPIKE, 4_599)]


def rate(**values: float) -> list[float]:
    """1,100 rates; `at_N` is the rate from row N on."""
    rates = np.full(1_100, 0.1)
    for name, value in values.items():
        rates[int(name.removeprefix("at_")) :] = value
    return [*map(float, rates)]


def stuck(until: int, then: float) -> list[float]:
    """A rate that falls until row 1,000, then stays, then goes on falling by so much."""
    rows = np.arange(1_100.0)
    return [*map(float, 0.0937 - 2e-5 * np.minimum(rows, 1_000) - then * np.maximum(rows - until, 0))]


def losses(random: np.random.Generator, start: int, **leaps: float) -> list[float]:
    """1,100 losses that fall; `for_N`: after row `start` N of them are so high."""
    loss = (2 * np.exp(-np.arange(1_100) / 100) + 0.1) * np.exp(random.normal(size=1_100) * 0.05)
    for name, value in leaps.items():
        loss[start : start + int(name.removeprefix("for_"))] = value
    return [*map(float, loss)]


def way_back(random: np.random.Generator) -> list[float]:
    """A loss that leaps at row 850, and is back at row 1,050, sooner than it had come there at first."""
    loss = np.interp(np.arange(1_100), [0, 700], [2.3, 0.1])
    loss[850:1_050] = 1.2
    return [*map(float, loss * np.exp(random.normal(size=1_100) * 0.3))]


_RANDOM = np.random.default_rng(0)
_BACK = [*range(1_020), *range(1_000, 1_080)]  # steps


@pytest.mark.parametrize("columns", [
    {"lr": rate(at_1010=0.0), "other": rate()},
    {"lr": rate(at_1010=0.0, at_1090=0.1)},
    {"lr": rate(at_1010=1e-9, at_1090=0.1)},
    {"lr": rate(at_1010=0.19, at_1020=0.5, at_1050=2e-7)},
    {"lr": stuck(1_070, 1e-5)},
    {"lr": stuck(2_000, 0.0)},
    {"lr": rate(at_1010=2.5, at_1060=0.1)},
    {"lr": rate(at_1010=20.0)},
    {"lr": rate(at_1010=2.5, at_1012=0.1), "train_loss": losses(_RANDOM, 1_014, for_20=0.3)},
    {"other": rate(at_1010=math.nan, at_1050=0.2)},
    {"train_loss": rate(at_1010=math.nan, at_1050=0.2)},
    {"train_loss": losses(_RANDOM, 1_013, for_12=3.0)},
    {"train_loss": losses(_RANDOM, 1_013, for_2=3.0)},
    {"train_loss": losses(_RANDOM, 1_013, for_60=3.0)},
    {"train_loss": losses(_RANDOM, 1_013, for_15=0.31)},
    {"train_loss": way_back(_RANDOM)},
    {"lr": [*np.linspace(0.1, 0.05, 1_050), *[0.11] * 50], "step": _BACK},
    {"other": [*rate()[:1_010], *[math.nan] * 5, *rate(at_0=0.2)[:85]], "step": _BACK},
    {"val_acc": rate(at_0=0.5, at_500=0.9, at_930=0.5)},
    {"train_loss": [*np.linspace(2, 0.1, 1_100)], "val_loss": [*(0.3 + np.abs(np.arange(1_100) - 800) / 1_000)]},
])
def test_rows_that_come_singly_change_the_same(columns_run: Any, columns: dict[str, list[float]]) -> None:
    """After each row that comes by itself, findings are those of a checkup that reads all rows so far at once."""
    growing = columns_run({"step": range(1_100), **columns})
    growing.grow(1_000)
    checkup = Checkup(growing)
    for _ in range(100):
        checkup.update()
        whole = Checkup(growing)
        whole.update()
        assert repr(checkup.findings) == repr(whole.findings)
        assert checkup.not_judged == whole.not_judged
        growing.grow(1)


@pytest.mark.parametrize(("back", "more_before"), [(0, ()), (30, ()), (30, ("train_loss",))])
def test_rows_of_a_resumed_run_change_the_same(back: int, more_before: tuple[str, ...]) -> None:
    """The same where a run goes on in another table, from an earlier step: with metrics that come again later, and with
    one of which all earlier rows are replaced."""
    rows, later = np.arange(400.0), np.arange(400.0 - back, 460)
    run, loss = JoinedRun(), 2 * np.exp(-np.arange(500) / 100) + 0.1
    run.add({"step": rows, "train_loss": loss[:400], "lr": np.full(400, 0.1)})
    run.add({"step": rows[-20:] + 20, "grad_norm": np.where(np.arange(20) == 5, math.nan, 1.0),
             **dict.fromkeys(more_before, loss[380:400])})
    loss = loss[400 - back :]
    run.add({"step": later[:1], "train_loss": loss[:1], "lr": np.empty(0), "grad_norm": np.empty(0)})
    checkup = Checkup(run)
    for index in range(1, len(later)):
        more = {"step": later[index : index + 1], "train_loss": loss[index : index + 1]}
        if index > 10:
            more["lr"] = np.array([0.1 if index < 40 else 0.25])
        if index > 21:  # not where a block of losses ends
            more["grad_norm"] = np.ones(1)
        run.grow(more)
        whole = Checkup(run)
        checkup.update()
        whole.update()
        assert repr(checkup.findings) == repr(whole.findings)
        assert checkup.not_judged == whole.not_judged
