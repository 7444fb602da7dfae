"""The boards of a run that are made once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from livemon.boards import Options
from livemon.boards.dashboard import BoardMaker
from livemon.boards.stills import losses_board
from livemon.tables.table import Table

STEPS = np.arange(0, 4000, 10)


def test_training_curves_one_panel_each(
    fake_run: Callable[..., Any], add: Callable[[Table, dict[str, Any]], Table], usual_columns: dict[str, Any]
) -> None:
    """The well-known metrics come in their usual order, then the others; what has no data says so in its panel."""
    noise = 0.1 * np.random.default_rng(0).standard_normal(len(usual_columns["train_loss"]))
    table = add(Table(), usual_columns | {"train_loss": np.asarray(usual_columns["train_loss"]) + noise})
    table.declare([*usual_columns, "val_perplexity"])
    maker = BoardMaker(fake_run([table]))
    board = maker.training_curves()
    assert [one.title for one in board.panels] == [
        "train_loss", "val_loss", "train_perplexity", "val_perplexity", "learning_rate", "grad_norm",
        "tokens_per_second", "zebra"]
    assert board.panels[3].message == "no data"
    assert [line.kind for line in board.panels[0].lines] == ["raw", "main"]
    assert [mark.x for mark in board.panels[0].marks if mark.kind == "epoch"] == [500.0 * i for i in range(1, 8)]
    asked = maker.training_curves(["train_loss", "nonsense"])
    assert [one.message for one in asked.panels] == ["", "no such metric in this run"]


def test_loss_landscape(run_of: Callable[..., Any]) -> None:
    """The loss stands over its boxes by epoch, with the epochs' borders; an unknown metric is an error that helps."""
    maker = BoardMaker(run_of({"step": STEPS, "epoch": STEPS // 500, "train/loss": np.linspace(3, 1, 400)}))
    board = maker.loss_landscape("train_loss")
    assert [one.span for one in board.panels] == [3, 3]
    assert [one.title for one in board.panels] == ["train/loss by step and epoch", "train/loss by epoch"]
    assert [mark.text for mark in board.panels[0].marks if mark.kind == "epoch"] == [f"epoch {i}" for i in range(1, 8)]
    assert [box.label for box in board.panels[1].boxes] == [str(i) for i in range(8)]
    with pytest.raises(ValueError, match=r"no metric 'nonsense'; it has train/loss"):
        maker.loss_landscape("nonsense")


def test_the_training_loss_is_the_spelling_with_most_points(run_of: Callable[..., Any]) -> None:
    """Hugging Face's `loss` is drawn by step and epoch, and not the mean of it that is logged once, as `train_loss`."""
    steps = np.arange(1, 41)
    mean = [*[None] * 39, 2.0]
    run = run_of({"step": steps, "epoch": steps / 10, "loss": 1.0 * steps, "train_loss": mean, "eval_loss": mean})
    board = BoardMaker(run).loss_by_step_and_epoch()
    assert board is not None
    assert [one.title for one in board.panels] == ["loss by step and epoch", "loss by epoch"]
    assert [(mark.x, mark.text) for mark in board.panels[0].marks if mark.kind == "epoch"] == [
        (10, "epoch 1"), (20, "epoch 2"), (30, "epoch 3")]
    assert [box.count for box in board.panels[1].boxes] == [10] * 4
    assert BoardMaker(run_of({"step": steps})).loss_by_step_and_epoch() is None


def test_optimization_dynamics(run_of: Callable[..., Any], usual_columns: dict[str, Any]) -> None:
    """Rate, gradient norm and its distribution, throughput, time efficiency: those that there are, and in
    a line what was not logged; a run without any of it has that line alone."""
    board = BoardMaker(run_of(usual_columns)).optimization_dynamics()
    assert [one.title for one in board.panels] == [
        "learning rate", "gradient norm", "gradient norm, distribution", "throughput", "loss over time",
        "seconds per step"]
    assert all(one.message == "" for one in board.panels)
    bars = board.panels[2].bars
    assert bars is not None
    assert bars.counts.sum() == 399
    assert board.panels[4].x_label == "minutes"
    bare = BoardMaker(run_of({"step": STEPS, "loss": STEPS})).optimization_dynamics()
    said = ("no learning rate was logged", "no gradient norm was logged", "no throughput was logged", "no time column")
    assert len(bare.panels) == 1 and all(words in bare.panels[0].message for words in said)
    some = BoardMaker(run_of({"step": STEPS, "loss": STEPS, "lr": STEPS + 1})).optimization_dynamics()
    assert [one.title for one in some.panels] == ["learning rate"] and some.columns == 1
    assert all(words in some.hint for words in said[1:]) and said[0] not in some.hint


def test_training_is_blue_in_whatever_spelling(
    fake_run: Callable[..., Any], add: Callable[[Table, dict[str, Any]], Table]
) -> None:
    """Hugging Face's `loss` is the training loss, although there is one `train_loss` at the end: it is blue, and the
    evaluation orange."""
    columns = {"step": STEPS, "loss": STEPS + 1.0, "eval_loss": STEPS + 2.0}
    table = add(Table(), columns)
    add(table, {"step": [STEPS[-1] + 1], "train_loss": [1.0]})
    lines = losses_board(fake_run([table]), Options()).panels[0].lines
    colours = {line.metric: line.colour for line in lines if line.label}
    assert colours == {"loss": "blue", "eval_loss": "orange", "train_loss": "green"}


def test_epochs_begin_at_one_place_in_all_panels(run_of: Callable[..., Any]) -> None:
    """The lines of the epochs stand at the same steps for a metric logged at every step and for one logged at their
    ends."""
    seldom = [0.5 if step % 10 == 9 else None for step in range(50)]
    run = run_of({"step": range(50), "epoch": np.arange(50) // 10, "train_loss": [0.25] * 50, "val_loss": seldom})
    board = BoardMaker(run).training_curves()
    places = [[mark.x for mark in one.marks if mark.kind == "epoch"] for one in board.panels]
    assert places == [[10.0, 20.0, 30.0, 40.0]] * 2
