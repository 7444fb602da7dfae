"""Losses that became NaN and are written as 0."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from livemon import ExperimentLoader, MultiExperimentLoader
from livemon.analysis.statistics.leaderboard import leaderboard
from livemon.boards.dashboard import BoardMaker
from livemon.tables.lost_losses import lost_losses
from livemon.tables.table import Block, Cells, Table

NAN = float("nan")


def lost(**columns: list[float]) -> list[bool]:
    """Which values of the first column are NaN in truth."""
    table = Table()
    count = len(next(iter(columns.values())))
    names = {name.replace("__", "/"): Cells(np.array(values)) for name, values in columns.items()}
    table.append(Block(count, names))
    found = lost_losses(table, table.columns[next(iter(names))])
    return [False] * count if found is None else found.tolist()


@pytest.mark.parametrize("name", ["loss", "train__loss", "train_loss"])
def test_a_zero_beside_a_norm_that_is_nan(name: str) -> None:
    """The gradient norm of the row says it, for any training loss; a true 0 has a finite norm."""
    assert lost(**{name: [2.0, 0.0, 0.0, 1.0], "grad_norm": [1.0, 0.0, NAN, NAN]}) == [False, False, True, False]


def test_a_zero_after_a_loss_far_from_it() -> None:
    """Without a norm, a loss that leaps to exactly 0 in the trainer's columns; small ones may have got there."""
    beside = {"learning_rate": [1.0] * 4, "epoch": [0.1, 0.2, 0.3, 0.4]}
    assert lost(loss=[2.0, 1.5, 0.0, 0.0], **beside) == [False, False, True, True]
    assert lost(loss=[0.02, 0.0003, 0.0, 0.0], **beside) == [False] * 4
    assert lost(loss=[2.0, 1.5, 0.0, 0.0]) == [False] * 4  # anybody's hinge loss
    assert lost(eval_loss=[2.0, 1.5, 0.0, 0.0], **beside) == [False] * 4


@pytest.mark.parametrize("beside", [{"grad_norm": [1.0, 0, NAN, 1, NAN, NAN, 2.0, 1.0, NAN]},
                                    {"learning_rate": [1.0] * 9, "epoch": [0.1] * 9}])
def test_what_is_lost_is_the_same_from_any_point(beside: dict[str, list[float]]) -> None:
    """Which points are lost does not depend on how many of them were asked for before, or on an earlier answer."""
    values = {"loss": [0.0, 2.0, 0.0, 0.004, 0.0, 1.0, 0.0, 0.0, 0.0], **beside}
    expected = lost(**values)
    table = Table()
    table.append(Block(9, {name: Cells(np.array(numbers)) for name, numbers in values.items()}))
    for start in (0, 3, 5, 8, 4, 7):
        found = lost_losses(table, table.columns["loss"], start)
        assert (expected[start:] if any(expected[start:]) else None) == (None if found is None else found.tolist())


def test_many_losses_of_zeros_look_at_the_names_once() -> None:
    """The names of 1,000 columns are looked through once for all losses."""
    table, looked = Table(), 0

    class Counting(dict[str, object]):
        def __iter__(self) -> object:
            nonlocal looked
            looked += 1
            return super().__iter__()

    table.append(Block(4, {f"head_{number}/loss": Cells(np.zeros(4)) for number in range(1000)}))
    table.columns = Counting(table.columns)  # type: ignore[assignment]
    for column in [*table.columns.values()]:
        lost_losses(table, column)
    assert looked == 1


def test_it_is_not_the_best_anywhere(tmp_path: Path) -> None:
    """In summary, header and leaderboard the best is the last true one; what was logged stays as it is."""
    rows = [{"loss": loss, "grad_norm": norm, "learning_rate": 0.1, "epoch": step / 40, "step": step}
            for step, loss, norm in ((10, 2.0, 1.0), (20, 1.5, 1.0), (30, 0.0, NAN), (40, 0.0, NAN))]
    for name, end in (("diverged", 4), ("fine", 2)):
        folder = tmp_path / name / "checkpoint-40"
        folder.mkdir(parents=True)
        (folder / "trainer_state.json").write_text(json.dumps({"log_history": rows[:end], "global_step": 40}))
        (tmp_path / name / "params.json").write_text('{"lr": 0.1}')
    run = ExperimentLoader(tmp_path / "diverged")
    loss = run.get_summary()["metrics"]["loss"]
    assert (loss["best"], loss["best_step"], loss["final"], loss["min"]) == (1.5, 20.0, 0.0, 1.5)
    assert run.series("loss").tolist() == [2.0, 1.5, 0.0, 0.0]
    assert "(best 1.500 @ 20)" in BoardMaker(run).dashboard().header.line()
    board = leaderboard(MultiExperimentLoader([tmp_path / "diverged", tmp_path / "fine"]), "loss", at="final")
    assert [row["best"] for row in board.rows] == [1.5, 1.5] and math.isnan(board.rows[-1]["final"])
