"""A panel of curves: lines, limits, scales, marks and notes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from livemon.boards.dashboard import BoardMaker
from livemon.boards.model import Board, Panel
from livemon.tables.table import Table


def panel(board: Board, title: str) -> Panel:
    return next(one for one in board.panels if one.title == title)

STEPS = np.arange(0, 4000, 10)


def test_every_curve_of_a_panel_is_visible(run_of: Callable[..., Any], usual_columns: dict[str, Any]) -> None:
    """Losses whose ranges do not meet share a log axis that holds both, and the panel says how far apart they are."""
    loss = panel(BoardMaker(run_of(usual_columns)).dashboard(now=0.0), "loss")
    assert loss.y_scale == "log"
    assert loss.y_limits[0] < 0.19
    assert loss.y_limits[1] > 6
    assert "val is 17x below train" in loss.note
    assert [line.label.split()[0] for line in loss.lines if line.label] == ["train", "val"]


def test_outlier_is_marked_at_the_edge(run_of: Callable[..., Any], usual_columns: dict[str, Any]) -> None:
    """A first loss of 33 flattens nothing and is told at the panel's edge, with its value and step."""
    board = BoardMaker(run_of(usual_columns)).dashboard(now=0.0)
    loss = panel(board, "loss")
    assert loss.y_limits[1] < 20
    beyond = [mark for mark in loss.marks if mark.kind == "beyond"]
    assert [(mark.x, mark.edge, mark.text) for mark in beyond] == [(0.0, "top", "33 at step 0")]
    assert panel(board, "perplexity").y_limits[1] < 1e5


def test_infinity_is_marked_and_counted(run_of: Callable[..., Any], usual_columns: dict[str, Any]) -> None:
    """An infinite gradient norm is marked where it happened and counted in the panel and in the header."""
    board = BoardMaker(run_of(usual_columns)).dashboard(now=0.0)
    norm = panel(board, "gradient norm")
    assert norm.warning == "1 inf, first at step 2,000"
    assert [(mark.x, mark.edge) for mark in norm.marks if mark.kind == "inf"] == [(2000.0, "top")]
    assert board.header.problems == ("1 inf since 2,000",)
    assert all(np.isfinite(line.y[-1]) for line in norm.lines)


def test_learning_rate_is_on_a_log_axis_unless_it_reaches_zero(
    run_of: Callable[..., Any], usual_columns: dict[str, Any]
) -> None:
    """A schedule is drawn on a log axis, whole and not smoothed; one that ends at 0 on a linear one."""
    rate = panel(BoardMaker(run_of(usual_columns)).dashboard(now=0.0), "learning rate")
    assert (rate.y_scale, [line.kind for line in rate.lines]) == ("log", ["main"])
    assert rate.y_limits[0] < 5e-5 < 5e-4 < rate.y_limits[1]
    to_zero = {"step": STEPS, "lr": np.linspace(1e-3, 0, 400)}
    assert panel(BoardMaker(run_of(to_zero)).dashboard(now=0.0), "learning rate").y_scale == "linear"


def test_restart_is_drawn(run_of: Callable[..., Any]) -> None:
    """After a restart the newest attempt is drawn solid, what it overtook is dimmed, and a thin line stands between."""
    columns = {"step": [*range(0, 100), *range(60, 160)], "loss": [*np.linspace(5, 3, 100), *np.linspace(4, 2, 100)]}
    loss = panel(BoardMaker(run_of(columns)).dashboard(now=0.0), "loss")
    assert [mark.x for mark in loss.marks if mark.kind == "restart"] == [60.0]
    superseded = next(line for line in loss.lines if line.kind == "superseded")
    assert (superseded.x[0], superseded.x[-1]) == (60.0, 99.0)
    solid = loss.lines[-1]
    assert (solid.x[0], solid.x[-1]) == (0.0, 159.0)


def test_order_is_judged_metric_by_metric(run_of: Callable[..., Any]) -> None:
    """Validation rows that count their steps from 0 are no restart of the training metrics."""
    columns = {
        "step": [0, 10, 20, 0, 30, 40, 1], "train_loss": [5, 4, 3, None, 2, 1, None],
        "val_loss": [None, None, None, 9, None, None, 8],
    }
    loss = panel(BoardMaker(run_of(columns)).dashboard(now=0.0), "loss")
    assert [mark for mark in loss.marks if mark.kind == "restart"] == []
    assert [line.y.tolist() for line in loss.lines] == [[5, 4, 3, 2, 1], [9, 8]]


def test_thousands_of_restarts_are_said_not_drawn(run_of: Callable[..., Any]) -> None:
    """A run that starts again hundreds of times gives a note instead of as many lines."""
    steps = (np.arange(501)[:, None] * 3 + np.arange(6)).ravel()  # preempted every six rows, three of them lost
    run = run_of({"step": steps, "loss": 3.0 + np.arange(len(steps)) % 2})
    loss = panel(BoardMaker(run).dashboard(now=0.0), "loss")
    assert "500 restarts" in loss.note
    assert not [mark for mark in loss.marks if mark.kind == "restart"]
    assert len(loss.lines) < 15
    assert max(line.x.max() for line in loss.lines) == 1505


def test_two_writers_far_apart_in_one_file(run_of: Callable[..., Any]) -> None:
    """Rows of two writers that go on side by side are no restarts: all points are there, and none is dimmed."""
    steps = np.stack([np.arange(500) + 5000, np.arange(500)], axis=1).ravel()
    run = run_of({"step": steps, "loss": np.where(steps < 5000, 3.0, 4.0)})
    loss = panel(BoardMaker(run).dashboard(now=0.0), "loss")
    assert "restarts" not in loss.note
    assert {line.kind for line in loss.lines} <= {"raw", "main"}
    assert [(line.x.min(), line.x.max()) for line in loss.lines if line.kind == "main"] == [(0, 5499)]


def test_limits_change_seldom_while_a_run_grows(
    fake_run: Callable[..., Any], add: Callable[[Table, dict[str, Any]], Table]
) -> None:
    """Most frames of a growing run need no new axes: over 1,000 rows the limits of the loss change at most 60 times."""
    table, seen = Table(), []
    maker = BoardMaker(fake_run([table]))
    rng = np.random.default_rng(0)
    for step in range(1_000):
        add(table, {"step": [step], "loss": [2 + 8 * math.exp(-step / 100) + rng.normal(0, 0.1)]})
        loss = maker.dashboard(now=0.0).panels[0]
        seen.append((loss.x_limits, loss.y_limits))
    assert sum(one != other for one, other in itertools.pairwise(seen)) <= 60


def test_limits_follow_the_end_of_the_line(
    fake_run: Callable[..., Any], add: Callable[[Table, dict[str, Any]], Table]
) -> None:
    """A line that leaves the limits is followed at once, however few rows are new."""
    table = add(Table(), {"step": range(1000), "loss": np.linspace(0, 1, 1000)})
    maker = BoardMaker(fake_run([table]))
    maker.dashboard(now=0.0)
    add(table, {"step": range(1000, 1015), "loss": np.linspace(1, 1.4, 15)})
    loss = maker.dashboard(now=0.0).panels[0]
    assert loss.lines[-1].y[-1] > 1.2
    assert loss.y_limits[1] > loss.lines[-1].y[-1]


def test_every_perplexity_is_on_a_log_axis(run_of: Callable[..., Any]) -> None:
    """A perplexity has a log axis also where it is the evaluation of something else."""
    board = BoardMaker(run_of({"step": STEPS, "mode1_ppl": 20 + 30 * np.exp(-STEPS / 500)})).training_curves()
    assert board.panels[0].y_scale == "log"
