"""A panel of curves: lines, limits, scales, marks and notes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from livemon.boards import Options
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
    assert board.header.problems == ("1 inf at 2,000",)
    assert all(np.isfinite(line.y[-1]) for line in norm.lines)


def test_learning_rate_is_on_a_linear_axis_unless_it_crosses_decades(
    run_of: Callable[..., Any], usual_columns: dict[str, Any]
) -> None:
    """A schedule is drawn whole and not smoothed, on a linear axis, unless a good part of it lies near 0 there."""

    def rate_of(values: Any) -> Panel:
        return panel(BoardMaker(run_of({"step": STEPS, "lr": values})).dashboard(now=0.0), "learning rate")

    rate = panel(BoardMaker(run_of(usual_columns)).dashboard(now=0.0), "learning rate")
    assert (rate.y_scale, [line.kind for line in rate.lines]) == ("linear", ["main"])
    assert rate.y_limits[0] <= 5e-5 < 5e-4 < rate.y_limits[1]
    assert rate_of(np.linspace(1e-3, 0, 400)).y_scale == "linear"
    assert rate_of(1e-6 + 5e-4 * (1 + np.cos(np.pi * STEPS / 4000))).y_scale == "linear"  # cosine to nearly nothing
    assert rate_of(np.repeat([0.1, 0.01, 0.001, 0.0001], 100)).y_scale == "log"
    assert rate_of(np.geomspace(1e-7, 1.0, 400)).y_scale == "log"  # a search for the rate


def test_a_flat_tail_is_seen(run_of: Callable[..., Any]) -> None:
    """A loss that falls from 4 to 0.1 at once gets the axis that shows what it does afterwards; one that falls to a
    half of its start, or whose tail can be seen anyway, a linear one; so does what `linear` names."""
    rng = np.random.default_rng(0)

    def loss_of(values: Any, **options: Any) -> Panel:
        run = run_of({"step": STEPS, "loss": values})
        return panel(BoardMaker(run, Options(**options)).dashboard(now=0.0), "loss")

    tail = 0.1 * np.exp(0.1 * rng.normal(size=400))
    falls = 4.0 * np.exp(-STEPS / 150) + tail
    assert loss_of(falls).y_scale == "log"
    assert loss_of(falls, linear=("loss",)).y_scale == "linear"
    assert loss_of(4.0 * np.exp(-STEPS / 150) + 10 * tail).y_scale == "linear"
    assert loss_of(4.0 * np.exp(-STEPS / 150) + 4 + tail).y_scale == "linear"


def test_restart_is_drawn(run_of: Callable[..., Any]) -> None:
    """After a restart the newest attempt is drawn solid, what it overtook is dimmed, and a thin line stands between."""
    columns = {"step": [*range(0, 100), *range(60, 160)], "loss": [*np.linspace(5, 3, 100), *np.linspace(4, 2, 100)]}
    loss = panel(BoardMaker(run_of(columns)).dashboard(now=0.0), "loss")
    assert [(mark.x, mark.text) for mark in loss.marks if mark.kind == "restart"] == [(60.0, "restart")]
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


def cosine(count: int, peak: float, end: float) -> np.ndarray:
    """A schedule with a warm-up of a twentieth, down to `end`."""
    warm = count // 20
    down = end + 0.5 * (peak - end) * (1 + np.cos(np.linspace(0, math.pi, count - warm)))
    return np.concatenate((peak * np.arange(1, warm + 1) / warm, down))


@pytest.mark.parametrize("count", [60, 400, 9_000])
def test_a_schedule_that_ends_at_almost_nothing_is_not_flattened(run_of: Callable[..., Any], count: int) -> None:
    """A schedule that ends at 6e-20 instead of 0 is drawn as one that ends at 0; with `--log` its axis shows the values
    that it has nearly always. One that climbs evenly through ten decades keeps them all."""
    board = BoardMaker(run_of({"step": np.arange(count), "lr": cosine(count, 1e-3, 6e-20)})).dashboard(now=0.0)
    rate = panel(board, "learning rate")
    assert rate.y_scale == "linear" and rate.y_limits[0] == 0.0 and 1e-3 < rate.y_limits[1] < 1.3e-3
    options = Options(log=("learning_rate",))
    asked = BoardMaker(run_of({"step": np.arange(count), "lr": cosine(count, 1e-3, 6e-20)}), options).dashboard(now=0.0)
    rate = panel(asked, "learning rate")
    assert rate.y_scale == "log" and rate.y_limits[0] > 1e-12
    climbing = BoardMaker(run_of({"step": np.arange(count), "lr": np.geomspace(1e-9, 10, count)})).dashboard(now=0.0)
    rate = panel(climbing, "learning rate")
    assert rate.y_scale == "log" and rate.y_limits[0] <= 1e-9


def test_a_log_axis_of_what_is_never_positive_says_so(run_of: Callable[..., Any]) -> None:
    """`--log` of a metric that is always negative draws it on a linear axis and says why; beside others on a log axis
    the one that cannot be shown is named."""
    columns = {"step": np.arange(50), "energy": -np.linspace(5, 9, 50)}
    energy = panel(BoardMaker(run_of(columns), Options(log=("energy",))).dashboard(now=0.0), "energy")
    assert (energy.y_scale, energy.message, energy.warning) == ("linear", "", "no value above 0 for --log")
    assert [line.y[-1] for line in energy.lines] == [-9.0] and energy.y_limits[1] < 0
    both = {"step": np.arange(50), "train_gap": np.linspace(1, 9, 50), "val_gap": -np.linspace(1, 9, 50)}
    gap = panel(BoardMaker(run_of(both), Options(log=("gap",))).dashboard(now=0.0), "gap")
    assert (gap.y_scale, gap.warning) == ("log", "no value above 0: val")


def test_a_late_positive_value_gets_its_log_axis(run_of: Callable[..., Any], add: Callable[..., Any]) -> None:
    """Once a value above 0 comes, the axis is logarithmic as asked: live as afterwards."""
    run = run_of({"step": [0, 1], "energy": [-1.0, -2.0]})
    maker = BoardMaker(run, Options(log=("energy",)))
    assert panel(maker.dashboard(now=0.0), "energy").y_scale == "linear"
    add(run.tables[0], {"step": [2, 3], "energy": [3.0, 30.0]})
    assert panel(maker.dashboard(now=0.0), "energy").y_scale == "log"


def test_one_spike_is_seen_and_carries_nothing_away(run_of: Callable[..., Any], add: Callable[..., Any]) -> None:
    """After one spike the smoothed line goes on as if there had been none; the spike is in the raw line and marked at
    the edge. Row by row, it is the same as at once."""
    y = 2.0 * np.exp(-np.arange(3_000) / 1_000) + 0.5 + 0.02 * np.random.default_rng(3).standard_normal(3_000)
    spiked = y.copy()
    spiked[1_500] = 400.0
    boards = [BoardMaker(run_of({"step": np.arange(3_000), "loss": one})).dashboard(now=0.0) for one in (y, spiked)]
    (_, plain), (raw, main) = (panel(one, "loss").lines for one in boards)
    assert [plain.kind, main.kind, raw.kind] == ["main", "main", "raw"]
    grid = np.arange(1_400, 2_000)
    assert np.abs(np.interp(grid, main.x, main.y) - np.interp(grid, plain.x, plain.y)).max() < 0.02
    assert raw.y.max() == 400.0
    assert [mark.text for mark in panel(boards[1], "loss").marks if mark.kind == "beyond"] == ["400 at step 1,500"]
    run = run_of({"step": [0], "loss": [spiked[0]]})
    maker = BoardMaker(run)
    for start, end in itertools.pairwise([1, 2, 40, 900, 1_499, *range(1_500, 1_510), 2_200, 3_000]):
        add(run.tables[0], {"step": np.arange(start, end), "loss": spiked[start:end]})
        live = panel(maker.dashboard(now=0.0), "loss").lines[-1]
    np.testing.assert_allclose(np.interp(grid, live.x, live.y), np.interp(grid, main.x, main.y), rtol=1e-9)


def test_what_only_ends_alike_stands_apart_where_values_do(run_of: Callable[..., Any]) -> None:
    """Of metrics whose names only end alike, one that lies far from the others is in a panel of its own, in its own
    unit; times, which have one unit, stay together."""
    steps, few = np.arange(40), {f"x{letter}": np.arange(40) for letter in "abcdefghijklmnopqrst"}
    unknown = {"a_foo": steps + 1.0, "b_foo": steps + 2.0, "c_foo": 1e6 + steps, "d_foo": 9.0 + steps}
    times = {"fwd_ms": 12.0 + steps % 3, "bwd_ms": 25.0 + steps % 2, "data_ms": 3000.0 + steps}
    board = BoardMaker(run_of({"step": steps, "loss": steps, **few, **unknown, **times})).dashboard(now=0.0)
    shown = [sorted({line.metric for line in one.lines}) for one in board.panels]
    assert ["bwd_ms", "data_ms", "fwd_ms"] in shown and ["a_foo", "b_foo", "d_foo"] in shown


def test_points_are_counted_by_what_they_are_of(run_of: Callable[..., Any]) -> None:
    """The note of the loss says which line has how many points; of many lines together, in one number."""
    some = [1.0 if step % 10 == 0 else None for step in range(40)]
    columns: dict[str, Any] = {"step": range(40), "val_loss": some, "train_loss": np.ones(40)}
    board = BoardMaker(run_of(columns)).dashboard(now=0.0)
    assert panel(board, "loss").note == "40 train + 4 val points"
    del columns["val_loss"]
    assert BoardMaker(run_of(columns)).dashboard(now=0.0).panels[0].note == "40 points"
    columns |= {f"{split}_loss": some for split in ("val", "test")} | {"val_loss_epoch": some}
    assert panel(BoardMaker(run_of(columns)).dashboard(now=0.0), "loss").note == "52 points of 4 metrics"


def test_the_restart_line_stands_at_one_step_in_each_panel(run_of: Callable[..., Any]) -> None:
    """Issue 19: where the run began again is one place, also in the panel of a metric that is logged more rarely, or
    only since then."""
    steps = [*range(10, 110, 10), *range(60, 160, 10)]
    run = run_of({"step": steps, "train_loss": [1.0 + 1 / step for step in steps],
                  "grad_norm": [1.0 if step % 40 == 0 else None for step in steps],
                  "learning_rate": [None] * 10 + [0.1] * 10})
    board = BoardMaker(run).dashboard()
    lines = {panel.key: [mark.x for mark in panel.marks if mark.kind == "restart"] for panel in board.panels
             if panel.lines}
    assert len(lines) >= 3 and set(map(tuple, lines.values())) == {(60.0,)}, lines


def test_a_run_that_was_resumed_in_its_folder_has_a_line(run_of: Callable[..., Any]) -> None:
    """Issue 19: who goes on right behind the last row, as Hugging Face does, leaves no step that goes back: the
    recorder's note of the attempt says where the line stands."""
    steps = list(range(10, 210, 10))
    run = run_of({"step": steps, "time_elapsed_seconds": [float(step) for step in steps],
                  "train_loss": [1.0 + 1 / step for step in steps]})
    assert not [mark for mark in BoardMaker(run).dashboard().panels[0].marks if mark.kind == "restart"]
    run.began_again = [105.0]
    (loss, *_) = BoardMaker(run).dashboard().panels
    assert [mark.x for mark in loss.marks if mark.kind == "restart"] == [110.0]
