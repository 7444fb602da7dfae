"""Which rows of a run count now: those that no later attempt replaced."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from livemon.health import current_rows
from livemon.health.checkup import Checkup
from livemon.health.current_rows import CurrentRows
from livemon.health.finding import Kind
from livemon.tables import meaning
from livemon.tables.table import Block, Cells, Table


def rows_of(steps: Sequence[float], **columns: Sequence[float]) -> Block:
    """A block of rows."""
    cells = {name: Cells(np.asarray(values, np.float64)) for name, values in {"step": steps, **columns}.items()}
    return Block(len(steps), cells)


def table_of(steps: Sequence[float], **columns: Sequence[float]) -> Table:
    """A table of these rows."""
    table = Table()
    table.append(rows_of(steps, **columns))
    return table


def steps_in(tables: Sequence[Table]) -> list[list[float]]:
    """The steps of each table."""
    return [table.columns["step"].values.tolist() for table in tables]


class Attempts:
    """A run of several tables."""

    metric_names = ("train_loss", "val_acc")

    def __init__(self, *tables: Table) -> None:
        self.tables = list(tables)

    def direction(self, metric: str) -> meaning.Direction | None:
        return meaning.direction(metric)

    def x_column(self, kind: str | None = None) -> str | None:
        return "step" if kind in (None, "step") else None


def test_a_run_of_one_attempt_is_read_as_it_is() -> None:
    """Where nothing was replaced, the tables themselves count, without a copy; also where one goes on from another."""
    tables = [table_of(range(5), loss=[1.0] * 5), table_of(range(5, 9), loss=[1.0] * 4)]
    assert all(a is b for a, b in zip(CurrentRows().of(tables, "step", ["loss"]), tables, strict=True))


def test_what_a_later_file_goes_over_again_is_replaced() -> None:
    """An attempt counts up to the first step of a later one that logs the same; rows that come later grow in place."""
    old, new = table_of(range(8), loss=[1.0] * 8), table_of([5], loss=[2.0])
    rows = CurrentRows()
    first = rows.of([old, new], "step", ["loss"])
    assert steps_in(first) == [[0, 1, 2, 3, 4], [5]]
    new.append(rows_of([6, 7], loss=[2.0, 2.0]))
    again = rows.of([old, new], "step", ["loss"])
    assert all(a is b for a, b in zip(first, again, strict=True)) and steps_in(again)[1] == [5, 6, 7]


def test_a_file_of_other_metrics_replaces_nothing() -> None:
    """Two files of one training, a metric each, are no attempts of each other; nor is what further files add."""
    tables = [table_of(range(4), loss=[1.0] * 4), table_of(range(4), score=[1.0] * 4)]
    assert steps_in(CurrentRows().of(tables, "step", ["loss", "score"])) == [[0, 1, 2, 3]] * 2
    supplement = Table(is_supplement=True)
    supplement.append(rows_of(range(4), loss=[1.0] * 4))
    assert steps_in(CurrentRows().of([supplement, table_of([0], loss=[1.0])], "step", ["loss"])) == [[0, 1, 2, 3], [0]]


def test_an_attempt_that_was_appended_to_the_same_file() -> None:
    """Where steps go back in one file for good, the rows before are replaced from there on; a row that is merely late
    replaces nothing."""
    table = table_of([*range(50), 48, 49, *range(50, 60)], loss=[1.0] * 62)
    assert CurrentRows().of([table], "step", ["loss"])[0] is table
    table = table_of(range(50), loss=[1.0] * 50)
    rows = CurrentRows()
    assert rows.of([table], "step", ["loss"])[0] is table
    table.append(rows_of(range(20, 45), loss=[2.0] * 25))
    before = rows.of([table], "step", ["loss"])
    assert steps_in(before) == [list(range(20)), list(range(20, 45))]
    table.append(rows_of([45, 46], loss=[2.0] * 2))
    after = rows.of([table], "step", ["loss"])
    assert after[1] is before[1] and steps_in(after)[1] == list(range(20, 47))


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("appended", [False, True])
def test_health_judges_the_rows_that_count_now(live: bool, appended: bool) -> None:
    """A run that became NaN, its score as at first, and was resumed from before that, is healthy again: what was found
    while those rows stood is gone when the new attempt has replaced them, however the rows came."""
    count, bad, again = 400, 250, 200
    at = np.arange(count)
    loss, score = 2 * np.exp(-at / 60) + 0.1, 0.9 - 0.8 * np.exp(-at / 40)
    broken = {"train_loss": np.where(at < bad, loss, math.nan), "val_acc": np.where(at < bad, score, 0.1)}
    first = table_of(at.tolist(), **broken)
    run = Attempts(first)
    checkup = Checkup(run)
    if live:
        checkup.update()
        assert Kind.NAN in {finding.kind for finding in checkup.findings}
    blocks = [rows_of(at[start : start + 50].tolist(), train_loss=loss[start : start + 50],
                      val_acc=score[start : start + 50]) for start in range(again, count, 50)]
    if not appended:
        run.tables.append(Table())
    for block in blocks:
        run.tables[-1].append(block)
        if live:
            checkup.update()
    checkup.update()
    assert [finding.kind for finding in checkup.findings] == []
    assert checkup.can_judge


def test_a_nan_after_the_resume_is_one_now() -> None:
    """A NaN of the new attempt is critical, and begins there."""
    at = np.arange(400)
    loss = 2 * np.exp(-at / 60) + 0.1
    old = table_of(at.tolist(), train_loss=np.where(at < 250, loss, math.nan))
    new = table_of(at[200:].tolist(), train_loss=np.where(at < 300, loss, math.nan)[200:])
    checkup = Checkup(Attempts(old, new))
    checkup.update()
    (finding,) = checkup.findings
    assert (finding.kind, finding.since, finding.evidence["nan"]) == (Kind.NAN, 300.0, 100)


def test_writers_are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether several writers wrote the rows is asked once for all tables, and not where no steps go back."""
    asked: list[int] = []
    monkeypatch.setattr("livemon.health.current_rows.find_writers", lambda tables, step: asked.append(len(tables)))
    ahead = [table_of(range(60), train_loss=range(60)), table_of(range(60, 120), train_loss=range(60))]
    CurrentRows().of(ahead, "step", ["train_loss"])
    assert asked == []
    back = [table_of([*range(60), *range(30, 90)], train_loss=range(120)) for _ in range(3)]
    CurrentRows().of(back, "step", ["train_loss"])
    assert asked == [3]


def test_each_attempt_is_compared_with_each_later_table_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps that fall from row to row are an attempt each: their cost does not grow with the square of their number."""
    compared: list[int] = []
    compare = current_rows._logs_the_same

    def count(*arguments: Any) -> bool:
        compared.append(1)
        return compare(*arguments)

    monkeypatch.setattr(current_rows, "_logs_the_same", count)
    table = Table()
    table.append(Block(200, {"step": Cells(np.arange(200.0, 0, -1)), "loss": Cells(np.ones(200))}))
    assert len(current_rows.CurrentRows().of([table], "step", ["loss"])) > 100
    assert len(compared) < 200
