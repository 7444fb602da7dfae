"""A run -> its boards: panels, lines, limits, marks, numbers and the header line."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from livemon.boards.dashboard import BoardMaker
from livemon.boards.model import Board, Panel
from livemon.boards.options import Options
from livemon.tables.plain import to_plain
from livemon.tables.table import Table

STEPS = np.arange(0, 4000, 10)


def panel(board: Board, title: str) -> Panel:
    return next(one for one in board.panels if one.title == title)


def test_panels_stand_in_order_of_importance(run_of: Callable[..., Any], usual_columns: dict[str, Any]) -> None:
    """The dashboard's panels are those of the issue, in its order, the loss wide and first."""
    board = BoardMaker(run_of(usual_columns)).dashboard(now=0.0)
    assert [one.title for one in board.panels] == [
        "loss", "perplexity", "gradient norm", "learning rate", "throughput", "seconds per step",
        "training loss by epoch", "zebra",
    ]
    assert board.panels[0].span == 2
    assert sum(one.span for one in board.panels[1:]) % 3 == 0
    assert board.left_out == 0


def test_best_point_has_a_star_on_the_main_metric(run_of: Callable[..., Any], usual_columns: dict[str, Any]) -> None:
    """The main metric's best point has the board's only star, where headline and header say it is."""
    board = BoardMaker(run_of(usual_columns)).dashboard(now=0.0)
    stars = [mark for one in board.panels for mark in one.marks if mark.kind == "best"]
    assert [mark.x for mark in stars] == [3900.0]
    assert board.headline == ("val_loss 0.180 ↓", "best 0.180 @ 3,900", "orange")
    assert board.header.metric == "val_loss 0.180 (best 0.180 @ 3,900)"


def test_a_board_is_titled_with_the_label(run_of: Callable[..., Any], usual_columns: dict[str, Any]) -> None:
    """A run whose name says little has its longer label as title of every board, in the header line too."""
    maker = BoardMaker(run_of(usual_columns, name="version_0", label="lightning_logs/version_0"))
    waiting = BoardMaker(run_of({}, name="version_0", label="lightning_logs/version_0"))
    for board in (maker.dashboard(now=0.0), maker.training_curves(), waiting.dashboard(now=0.0)):
        assert board.title == board.header.run == "lightning_logs/version_0"


@pytest.mark.parametrize(("columns", "message"), [
    ({}, "waiting for the first row"),
    ({"step": [], "loss": []}, "waiting for the first row"),
    ({"step": [1], "loss": [2.5]}, ""),
    ({"step": range(33), "loss": [math.nan] * 33}, "no finite value yet (33 NaN)"),
])
def test_awkward_runs_have_a_board(run_of: Callable[..., Any], columns: dict[str, Any], message: str) -> None:
    """No row, a header, one row, all NaN: each gives every board, as plain data, with a message for what is missing."""
    maker = BoardMaker(run_of(columns))
    board = maker.dashboard(now=0.0)
    assert board.panels[0].message == message
    for one in (board, maker.training_curves(), maker.optimization_dynamics()):
        json.dumps(to_plain(one), allow_nan=False)
        assert all(math.isfinite(limit) for part in one.panels for limit in (*part.x_limits, *part.y_limits))
        assert all(part.x_limits[0] < part.x_limits[1] and part.y_limits[0] < part.y_limits[1] for part in one.panels)


def test_ended_without_a_row_is_said(run_of: Callable[..., Any]) -> None:
    """A run that ended with a header alone does not wait for a row."""
    assert BoardMaker(run_of({}, state="failed")).dashboard(now=0.0).panels[0].message == "no row was written"


def test_a_thousand_metrics_are_at_most_twelve_panels(run_of: Callable[..., Any]) -> None:
    """Of very many metrics twelve panels are shown, with the number left out and the option that selects."""
    columns = {"step": range(30), "loss": range(30)}
    columns |= {f"{chr(97 + i % 26)}{chr(97 + i // 26)}": range(30) for i in range(600)}
    columns |= {f"layer{i}/norm": range(30) for i in range(400)}
    board = BoardMaker(run_of(columns)).dashboard(now=0.0)
    assert len(board.panels) == 12
    assert board.hint == f"{board.left_out} more: --select REGEX"
    assert board.left_out == 603 - 12
    assert panel(board, "layer*/norm").note == "first 10 of 400"


def test_time_begins_at_zero_and_what_is_wide_is_a_curve(run_of: Callable[..., Any]) -> None:
    """An axis of time begins at 0, though the first row came late; beside seconds per step the other panel is wide."""
    steps = np.arange(100)
    columns = {"step": steps, "time": 50.0 + steps * (1 + 0.1 * np.sin(steps)), "loss": 1.0 / (1 + steps)}
    board = BoardMaker(run_of(columns), Options(x="time", max_panels=3)).dashboard(now=0.0)
    assert board.panels[0].x_limits[0] == 0.0
    spans = {panel.title: panel.span for panel in board.panels[1:]}
    assert spans["seconds per step"] == 1 and sorted(spans.values()) == [1, 2]


def test_ranges_that_no_log_axis_joins_get_panels_of_their_own(run_of: Callable[..., Any]) -> None:
    """A curve near 0 and one near 5,000 are not drawn flat into one panel."""
    columns = {"step": STEPS, "train_x": np.sin(STEPS), "val_x": 5000 + np.sin(STEPS)}
    board = BoardMaker(run_of(columns)).dashboard(now=0.0)
    drawn = [one for one in board.panels if one.lines]
    assert [{line.metric for line in one.lines} for one in drawn] == [{"val_x"}, {"train_x"}]
    assert all(one.y_limits[1] - one.y_limits[0] < 10 for one in drawn)


def test_unchanged_panels_are_the_same_objects(
    fake_run: Callable[..., Any], add: Callable[[Table, dict[str, Any]], Table], usual_columns: dict[str, Any]
) -> None:
    """Where nothing was read a second board has the same panels; where rows came, new ones of the same keys."""
    table = add(Table(), usual_columns)
    maker = BoardMaker(fake_run([table]))
    first, second = maker.dashboard(now=0.0), maker.dashboard(now=1.0)
    assert all(one is other for one, other in zip(first.panels, second.panels, strict=True))
    row = {name: [values[-1]] for name, values in usual_columns.items()}
    add(table, row | {"step": [4000], "time_elapsed_seconds": [7600.0]})
    third = maker.dashboard(now=2.0)
    assert [one.key for one in third.panels] == [one.key for one in first.panels]
    assert all(one is not other for one, other in zip(first.panels[:4], third.panels[:4], strict=True))


def test_following_gives_the_same_lines_as_reading_at_once(
    fake_run: Callable[..., Any],
    run_of: Callable[..., Any],
    add: Callable[[Table, dict[str, Any]], Table],
    usual_columns: dict[str, Any],
) -> None:
    """A run watched row by row ends with the lines and marks that reading the finished file gives."""
    table = Table()
    maker = BoardMaker(fake_run([table]))
    for start in range(0, 400, 7):
        add(table, {name: list(values[start : start + 7]) for name, values in usual_columns.items()})
        followed = maker.dashboard(now=0.0)
    whole = BoardMaker(run_of(usual_columns)).dashboard(now=0.0)
    for one, other in zip(followed.panels, whole.panels, strict=True):
        assert (one.key, one.y_scale, one.x_limits) == (other.key, other.y_scale, other.x_limits)
        for left, right in zip(one.lines, other.lines, strict=True):
            np.testing.assert_allclose(left.y, right.y, rtol=1e-9)
            assert left.label == right.label


def test_new_metric_gets_a_panel(fake_run: Callable[..., Any], add: Callable[[Table, dict[str, Any]], Table]) -> None:
    """A metric that first appears half-way gets its panel from then on."""
    table = add(Table(), {"step": [1, 2], "loss": [3, 2]})
    maker = BoardMaker(fake_run([table]))
    assert [one.title for one in maker.dashboard(now=0.0).panels] == ["loss"]
    add(table, {"step": [3], "late": [7]})
    assert [one.title for one in maker.dashboard(now=0.0).panels] == ["loss", "late"]


def test_drawing_other_boards_changes_no_dashboard(run_of: Callable[..., Any], usual_columns: dict[str, Any]) -> None:
    """The static boards made in between leave the dashboard as it was."""
    maker = BoardMaker(run_of(usual_columns))
    before = to_plain(maker.dashboard(now=0.0))
    maker.training_curves()
    maker.loss_landscape()
    maker.optimization_dynamics()
    assert to_plain(maker.dashboard(now=0.0)) == before


def test_bookkeeping_gets_a_panel_where_it_is_selected(run_of: Callable[..., Any]) -> None:
    """A placeholder, a counter and a process's number have no panel, and the hint counts them; `--select` shows them,
    and a `hp_metric` that somebody set is a metric as any."""
    columns = {"step": range(9), "loss": range(9), "hp_metric": [-1.0] * 9, "pid": [7] * 9, "num_episodes": range(9)}
    board = BoardMaker(run_of(columns)).dashboard(now=0.0)
    assert [panel.title for panel in board.panels if panel.lines] == ["loss"]
    assert (board.left_out, board.hint) == (3, "3 more: --select REGEX")
    selected = BoardMaker(run_of(columns), Options(select=".")).dashboard(now=0.0)
    assert {"hp_metric", "pid", "num_episodes"} <= {panel.title for panel in selected.panels}
    asked = BoardMaker(run_of(columns), Options(metric="num_episodes", log=("pid",))).dashboard(now=0.0)
    assert {"loss", "pid", "num_episodes"} == {panel.title for panel in asked.panels if panel.lines}
    columns["hp_metric"] = list(np.linspace(0.1, 0.9, 9))
    assert "hp_metric" in {panel.title for panel in BoardMaker(run_of(columns)).dashboard(now=0.0).panels}


def test_the_return_of_an_agent_leads(run_of: Callable[..., Any]) -> None:
    """An episode's return is what an agent is trained for: its panel stands before the loss, and its number first."""
    steps = range(30)
    run = run_of({"step": steps, "train/loss": steps, "rollout/ep_rew_mean": steps, "train/learning_rate": [0.1] * 30})
    board = BoardMaker(run).dashboard(now=0.0)
    assert [board.panels[0].title, board.panels[0].span] == ["rollout/ep_rew_mean", 2]
    assert board.summary[0].metric == "rollout/ep_rew_mean"


def test_what_a_callback_knows_is_beside_the_settings(run_of: Callable[..., Any]) -> None:
    """Batch size, size of the model, rate, devices, commit and host follow the settings; what these say already is not
    said twice."""
    origin = {"batch_size": 32, "parameters": 1_234_567, "steps_per_second": 2.0, "samples_per_second": 64.0,
              "devices": "1 x CUDA", "commit": "0123456789abcdef", "host": "node7", "command": "train.py"}
    run = run_of({"step": [1, 2], "loss": [2.0, 1.0]}, config={"lr": 0.1}, origin=origin)
    assert BoardMaker(run).dashboard(now=0.0).config == (
        ("lr", "0.1"), ("batch", "32"), ("parameters", "1.23M"), ("samples/s", "64"), ("devices", "1 x CUDA"),
        ("commit", "012345678"), ("host", "node7"))
    run = run_of({"step": [1, 2], "loss": [2.0, 1.0]}, config={"batch_size": 8}, origin={"batch_size": 32})
    assert BoardMaker(run).dashboard(now=0.0).config == (("batch", "8"),)
