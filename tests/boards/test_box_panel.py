"""The training loss as boxes, by epoch or by tenth of the run."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from livemon.boards.dashboard import BoardMaker
from livemon.boards.model import Board, Panel
from livemon.curves.thinning import Sample
from livemon.tables.table import Table


def panel(board: Board, title: str) -> Panel:
    return next(one for one in board.panels if one.title == title)


def test_boxes_by_epoch_and_by_tenth(run_of: Callable[..., Any]) -> None:
    """The last 20 epochs are a box each; with fewer than four epochs the tenths of the run are, and say so."""
    epochs = np.repeat(np.arange(1, 31), 50)
    values = epochs + np.tile(np.linspace(-0.1, 0.1, 50), 30)
    many = BoardMaker(run_of({"step": range(1500), "epoch": epochs, "train_loss": values})).dashboard(now=0.0)
    boxes = panel(many, "training loss by epoch")
    assert [box.label for box in boxes.boxes] == [str(epoch) for epoch in range(11, 31)]
    assert boxes.boxes[0].median == pytest.approx(11.0)
    assert boxes.boxes[0].count == 50
    assert boxes.note == "last 20"
    few = BoardMaker(run_of({"step": range(1500), "epoch": epochs // 11, "train_loss": values})).dashboard(now=0.0)
    assert len(panel(few, "training loss by tenth of the run").boxes) == 10


def test_boxes_of_a_run_that_ended_in_nan(run_of: Callable[..., Any]) -> None:
    """Epochs, or tenths of the run, without a finite value keep their place among the boxes."""
    values = np.where(np.arange(100) < 60, 1.0 + np.arange(100) / 100, np.nan)
    columns = {"step": range(100), "epoch": np.arange(100) // 10, "train_loss": values}
    boxes = panel(BoardMaker(run_of(columns)).dashboard(now=0.0), "training loss by epoch").boxes
    assert [box.label for box in boxes] == [str(epoch) for epoch in range(10)]
    assert [math.isnan(box.median) for box in boxes] == [False] * 6 + [True] * 4 and boxes[-1].count == 10
    del columns["epoch"]
    tenths = panel(BoardMaker(run_of(columns)).dashboard(now=0.0), "training loss by tenth of the run").boxes
    assert [math.isnan(box.median) for box in tenths] == [False] * 6 + [True] * 4
    assert tenths[0].median == pytest.approx(np.median(values[:10]))


def test_boxes_forget_what_was_overtaken(
    fake_run: Callable[..., Any], add: Callable[[Table, dict[str, Any]], Table]
) -> None:
    """Values of an epoch that a later attempt ran again are not in its box."""
    table = add(Table(), {"step": range(50), "epoch": np.arange(50) // 10, "train_loss": [9.0] * 50})
    maker = BoardMaker(fake_run([table]))
    maker.dashboard(now=0.0)
    add(table, {"step": range(20, 50), "epoch": np.arange(20, 50) // 10, "train_loss": [1.0] * 30})
    boxes = panel(maker.dashboard(now=0.0), "training loss by epoch").boxes
    assert [(box.label, box.median, box.count) for box in boxes] == [
        ("0", 9.0, 10), ("1", 9.0, 10), ("2", 1.0, 10), ("3", 1.0, 10), ("4", 1.0, 10)]


def test_values_at_the_end_of_the_range_are_drawn(
    fake_run: Callable[..., Any], add: Callable[[Table, dict[str, Any]], Table]
) -> None:
    """Losses of plus and minus 1e308 make a board: a box whose height overflows is still a box."""
    table = Table()
    add(table, {"step": list(range(100)), "epoch": [i // 10 for i in range(100)], "train_loss": [1e308, -1e308] * 50})
    assert BoardMaker(fake_run([table])).dashboard(now=0.0).panels


def test_large_values_of_both_signs_have_a_median(run_of: Callable[..., Any]) -> None:
    """The middle of finite values is finite, also where a difference of them is beyond a float64: no box says that they
    were not finite."""
    values = np.where(np.arange(100) % 2, 1.0, -1.0) * 1e308
    boxes = panel(BoardMaker(run_of({"step": range(100), "train_loss": values})).dashboard(now=0.0),
                  "training loss by tenth of the run").boxes
    assert len(boxes) == 10 and all(math.isfinite(box.median) for box in boxes)
    assert boxes[9].median == pytest.approx(np.median(values[90:] / 4) * 4, abs=1e300)


def test_an_epoch_for_each_row_costs_little(
    fake_run: Callable[..., Any], add: Callable[[Table, dict[str, Any]], Table], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the last epochs are looked at, however many arrive at once."""
    made = []

    class Counted(Sample):
        def __init__(self, capacity: int = 4096) -> None:
            made.append(self)
            super().__init__(capacity)

    for module in ("livemon.boards.box_panel", "livemon.curves.curve"):
        monkeypatch.setattr(f"{module}.Sample", Counted)
    count = 2_000
    table = Table()
    add(table, {"step": list(range(count)), "epoch": list(range(count)), "train_loss": [1.0, 2.0] * (count // 2)})
    board = BoardMaker(fake_run([table])).dashboard(now=0.0)
    assert any(panel.boxes for panel in board.panels)
    assert len(made) < 100


def test_an_epoch_that_was_mostly_nan_has_no_healthy_box(run_of: Callable[..., Any]) -> None:
    """A box stands where at least half of the values are finite; else a NaN, with the count of all values. By tenths,
    too."""
    values = np.ones(100) + np.arange(100) / 100
    values[42:50] = math.nan  # 8 of the 10 of epoch 4
    values[70:73] = math.nan  # 3 of the 10 of epoch 7
    columns = {"step": range(100), "epoch": np.arange(100) // 10, "train_loss": values}
    boxes = panel(BoardMaker(run_of(columns)).dashboard(now=0.0), "training loss by epoch").boxes
    assert [box.label for box in boxes if math.isnan(box.median)] == ["4"] and boxes[4].count == 10
    del columns["epoch"]
    tenths = panel(BoardMaker(run_of(columns)).dashboard(now=0.0), "training loss by tenth of the run").boxes
    assert [box.label for box in tenths if math.isnan(box.median)] == ["5"] and tenths[4].count == 10


def test_a_tenth_without_a_point_is_no_nan(run_of: Callable[..., Any]) -> None:
    """A stretch in which nothing was logged has an empty box that counts nothing."""
    steps = [*range(40), *range(80, 100)]
    board = BoardMaker(run_of({"step": steps, "train_loss": np.ones(60)})).dashboard(now=0.0)
    tenths = panel(board, "training loss by tenth of the run").boxes
    assert [box.count for box in tenths[4:8]] == [0] * 4 and all(math.isnan(box.median) for box in tenths[4:8])


@pytest.mark.parametrize("at_once", [True, False])
def test_four_epochs_of_hugging_face_are_four_boxes(
    fake_run: Callable[..., Any], add: Callable[[Table, dict[str, Any]], Table], at_once: bool
) -> None:
    """Parts of epochs from above 0 to 4.0 make four boxes, each with all rows of its epoch, also row by row."""
    steps = np.arange(1, 33)
    columns = {"step": steps, "epoch": steps / 8, "loss": 1.0 * steps}
    table = Table()
    maker = BoardMaker(fake_run([table]))
    for part in [slice(0, 32)] if at_once else [slice(at, at + 1) for at in range(32)]:
        add(table, {name: values[part] for name, values in columns.items()})
        board = maker.dashboard(now=0.0)
    boxes = panel(board, "training loss by epoch").boxes
    assert [(box.label, box.count, box.low, box.high) for box in boxes] == [
        ("0", 8, 1, 8), ("1", 8, 9, 16), ("2", 8, 17, 24), ("3", 8, 25, 32)]
