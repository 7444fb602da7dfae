"""A run -> its boards: panels, lines, limits, marks, numbers and the header line."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livemon.boards import Options
from livemon.boards.dashboard import BoardMaker
from livemon.boards.model import Board, Panel
from livemon.boards.stills import losses_board
from livemon.curves.thinning import Sample
from livemon.tables import names
from livemon.tables.anomalies import Anomaly
from livemon.tables.plain import to_plain
from livemon.tables.table import Block, Cells, Table


@dataclass
class Pace:
    last_row_at: float | None = None
    usual_seconds: float | None = None


@dataclass
class FakeRun:
    tables: list[Table]
    name: str = "exp7"
    label: str = "exp7"
    state: str = "running"
    state_evidence: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    total_steps: int | None = None
    pace: Pace = field(default_factory=Pace)
    anomalies: list[Anomaly] = field(default_factory=list)
    exp_dir: Path = Path("exp7")

    @property
    def ended(self) -> bool:
        return self.state in ("finished", "failed")

    def _columns(self) -> list[str]:
        return list({name: None for table in self.tables for name, column in table.columns.items() if column.numeric})

    @property
    def metric_names(self) -> list[str]:
        return [name for name in self._columns() if not names.is_x(name)]

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


def panel(board: Board, title: str) -> Panel:
    return next(one for one in board.panels if one.title == title)


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


def test_panels_stand_in_order_of_importance() -> None:
    """The dashboard's panels are those of the issue, in its order, the loss wide and first."""
    board = BoardMaker(run_of(REAL)).dashboard(now=0.0)
    assert [one.title for one in board.panels] == [
        "loss", "perplexity", "gradient norm", "learning rate", "throughput", "seconds per step",
        "training loss by epoch", "zebra",
    ]
    assert board.panels[0].span == 2
    assert sum(one.span for one in board.panels[1:]) % 3 == 0
    assert board.left_out == 0


def test_every_curve_of_a_panel_is_visible() -> None:
    """Losses whose ranges do not meet share a log axis that holds both, and the panel says how far apart they are."""
    loss = panel(BoardMaker(run_of(REAL)).dashboard(now=0.0), "loss")
    assert loss.y_scale == "log"
    assert loss.y_limits[0] < 0.19
    assert loss.y_limits[1] > 6
    assert "val is 17x below train" in loss.note
    assert [line.label.split()[0] for line in loss.lines if line.label] == ["train", "val"]


def test_outlier_is_marked_at_the_edge() -> None:
    """A first loss of 33 flattens nothing and is told at the panel's edge, with its value and step."""
    board = BoardMaker(run_of(REAL)).dashboard(now=0.0)
    loss = panel(board, "loss")
    assert loss.y_limits[1] < 20
    beyond = [mark for mark in loss.marks if mark.kind == "beyond"]
    assert [(mark.x, mark.edge, mark.text) for mark in beyond] == [(0.0, "top", "33 at step 0")]
    assert panel(board, "perplexity").y_limits[1] < 1e5


def test_infinity_is_marked_and_counted() -> None:
    """An infinite gradient norm is marked where it happened and counted in the panel and in the header."""
    board = BoardMaker(run_of(REAL)).dashboard(now=0.0)
    norm = panel(board, "gradient norm")
    assert norm.warning == "1 inf, first at step 2,000"
    assert [(mark.x, mark.edge) for mark in norm.marks if mark.kind == "inf"] == [(2000.0, "top")]
    assert board.header.problems == ("1 inf since 2,000",)
    assert all(np.isfinite(line.y[-1]) for line in norm.lines)


def test_learning_rate_is_on_a_log_axis_unless_it_reaches_zero() -> None:
    """A schedule is drawn on a log axis, whole and not smoothed; one that ends at 0 on a linear one."""
    rate = panel(BoardMaker(run_of(REAL)).dashboard(now=0.0), "learning rate")
    assert (rate.y_scale, [line.kind for line in rate.lines]) == ("log", ["main"])
    assert rate.y_limits[0] < 5e-5 < 5e-4 < rate.y_limits[1]
    to_zero = {"step": STEPS, "lr": np.linspace(1e-3, 0, 400)}
    assert panel(BoardMaker(run_of(to_zero)).dashboard(now=0.0), "learning rate").y_scale == "linear"


def test_best_point_has_a_star_on_the_main_metric() -> None:
    """The main metric's best point has the board's only star, where headline and header say it is."""
    board = BoardMaker(run_of(REAL)).dashboard(now=0.0)
    stars = [mark for one in board.panels for mark in one.marks if mark.kind == "best"]
    assert [mark.x for mark in stars] == [3900.0]
    assert board.headline == ("val_loss 0.180 ↓", "best 0.180 @ 3,900", "orange")
    assert board.header.metric == "val_loss 0.180 (best 0.180 @ 3,900)"


def test_main_metric_and_direction_can_be_said() -> None:
    """`NAME:max` changes the main metric and its direction."""
    board = BoardMaker(run_of(REAL), Options(metric="grad_norm:max")).dashboard(now=0.0)
    assert board.headline is not None
    assert board.headline[0].startswith("grad_norm")
    assert board.headline[0].endswith("↑")


def test_header_line() -> None:
    """The header has progress, epoch as logged, time left from the recent pace, and the age of the newest row."""
    run = run_of(REAL, total_steps=10_000, pace=Pace(100.0, 5.0), anomalies=[Anomaly("row rejected", "m", 3, "odd", 2)])
    header = BoardMaker(run).dashboard(now=104.0).header
    assert header.progress == ("step 3,990/10,000", "epoch 7", "ETA 3h10")
    assert header.age == "row 4 s ago (usually 5 s)"
    assert header.problems == ("1 inf since 2,000", "row rejected (2x)")


def test_a_fast_pace_is_said_in_milliseconds() -> None:
    """Rows that come faster than one a second have a pace in the header that is not zero."""
    board = BoardMaker(run_of(REAL, pace=Pace(100.0, 0.028))).dashboard(now=101.5)
    assert board.header.age == "row 2 s ago (usually 28 ms)"


def test_a_board_is_titled_with_the_label() -> None:
    """A run whose name says little has its longer label as title of every board, in the header line too."""
    maker = BoardMaker(run_of(REAL, name="version_0", label="lightning_logs/version_0"))
    waiting = BoardMaker(run_of({}, name="version_0", label="lightning_logs/version_0"))
    for board in (maker.dashboard(now=0.0), maker.training_curves(), waiting.dashboard(now=0.0)):
        assert board.title == board.header.run == "lightning_logs/version_0"


def test_time_left_without_a_time_column_comes_from_the_rows() -> None:
    """Without a time column the rows' arrival gives the time left; after the end there is none, and no age."""
    run = run_of({"step": STEPS, "loss": np.ones(400)}, total_steps=4990, pace=Pace(0.0, 2.0))
    assert BoardMaker(run).dashboard(now=0.0).header.progress[-1] == "ETA 3 min"
    run.state = "finished"
    header = BoardMaker(run).dashboard(now=0.0).header
    assert header.progress == ("step 3,990/4,990",)
    assert header.age == ""


def test_summary_says_last_best_and_change() -> None:
    """Each row of the summary is formatted for its metric; of rate and gradient norm no value is called best."""
    board = BoardMaker(run_of(REAL, config={"lr": 0.0005})).dashboard(now=0.0)
    rows = {row.metric: row.cells for row in board.summary}
    assert next(iter(rows)) == "train_loss"
    assert rows["learning_rate"][:2] == ("5e-5", "-")
    assert rows["tokens_per_second"][0].endswith("k")
    assert len(rows) <= 8
    assert board.config == (("lr", "0.0005"),)


@pytest.mark.parametrize(("columns", "message"), [
    ({}, "waiting for the first row"),
    ({"step": [], "loss": []}, "waiting for the first row"),
    ({"step": [1], "loss": [2.5]}, ""),
    ({"step": range(33), "loss": [math.nan] * 33}, "no finite value yet (33 NaN)"),
])
def test_awkward_runs_have_a_board(columns: dict[str, Any], message: str) -> None:
    """No row, a header, one row, all NaN: each gives every board, as plain data, with a message for what is missing."""
    maker = BoardMaker(run_of(columns))
    board = maker.dashboard(now=0.0)
    assert board.panels[0].message == message
    for one in (board, maker.training_curves(), maker.optimization_dynamics()):
        json.dumps(to_plain(one), allow_nan=False)
        assert all(math.isfinite(limit) for part in one.panels for limit in (*part.x_limits, *part.y_limits))
        assert all(part.x_limits[0] < part.x_limits[1] and part.y_limits[0] < part.y_limits[1] for part in one.panels)


def test_ended_without_a_row_is_said() -> None:
    """A run that ended with a header alone does not wait for a row."""
    assert BoardMaker(run_of({}, state="failed")).dashboard(now=0.0).panels[0].message == "no row was written"


def test_a_thousand_metrics_are_at_most_twelve_panels() -> None:
    """Of very many metrics twelve panels are shown, with the number left out and the option that selects."""
    columns = {"step": range(30), "loss": range(30)}
    columns |= {f"{chr(97 + i % 26)}{chr(97 + i // 26)}": range(30) for i in range(600)}
    columns |= {f"layer{i}/norm": range(30) for i in range(400)}
    board = BoardMaker(run_of(columns)).dashboard(now=0.0)
    assert len(board.panels) == 12
    assert board.hint == f"{board.left_out} more: --select REGEX"
    assert board.left_out == 603 - 12
    assert panel(board, "layer*/norm").note == "first 10 of 400"


def test_select_keeps_matching_metrics() -> None:
    """`select` keeps the metrics in whose name the expression is found; none left is said; nonsense is an error."""
    board = BoardMaker(run_of(REAL), Options(select="zeb|norm")).dashboard(now=0.0)
    assert {line.metric for one in board.panels for line in one.lines} == {"grad_norm", "zebra"}
    nothing = BoardMaker(run_of(REAL), Options(select="xyz")).dashboard(now=0.0)
    assert nothing.panels[0].message == "no metric matches --select xyz"
    with pytest.raises(ValueError, match="no regular expression"):
        BoardMaker(run_of(REAL), Options(select="("))


def test_restart_is_drawn() -> None:
    """After a restart the newest attempt is drawn solid, what it overtook is dimmed, and a thin line stands between."""
    columns = {"step": [*range(0, 100), *range(60, 160)], "loss": [*np.linspace(5, 3, 100), *np.linspace(4, 2, 100)]}
    loss = panel(BoardMaker(run_of(columns)).dashboard(now=0.0), "loss")
    assert [mark.x for mark in loss.marks if mark.kind == "restart"] == [60.0]
    superseded = next(line for line in loss.lines if line.kind == "superseded")
    assert (superseded.x[0], superseded.x[-1]) == (60.0, 99.0)
    solid = loss.lines[-1]
    assert (solid.x[0], solid.x[-1]) == (0.0, 159.0)


def test_order_is_judged_metric_by_metric() -> None:
    """Validation rows that count their steps from 0 are no restart of the training metrics."""
    columns = {
        "step": [0, 10, 20, 0, 30, 40, 1], "train_loss": [5, 4, 3, None, 2, 1, None],
        "val_loss": [None, None, None, 9, None, None, 8],
    }
    loss = panel(BoardMaker(run_of(columns)).dashboard(now=0.0), "loss")
    assert [mark for mark in loss.marks if mark.kind == "restart"] == []
    assert [line.y.tolist() for line in loss.lines] == [[5, 4, 3, 2, 1], [9, 8]]


def test_thousands_of_restarts_are_said_not_drawn() -> None:
    """Two writers in one file give a note instead of thousands of lines, and both curves are there."""
    steps = np.stack([np.arange(500) + 5000, np.arange(500)], axis=1).ravel()
    run = run_of({"step": steps, "loss": np.where(steps < 5000, 3.0, 4.0)})
    loss = panel(BoardMaker(run).dashboard(now=0.0), "loss")
    assert "500 restarts" in loss.note
    assert not [mark for mark in loss.marks if mark.kind == "restart"]
    assert len(loss.lines) < 15
    assert max(line.x.max() for line in loss.lines) == 5499


def test_ranges_that_no_log_axis_joins_get_panels_of_their_own() -> None:
    """A curve near 0 and one near 5,000 are not drawn flat into one panel."""
    columns = {"step": STEPS, "train_x": np.sin(STEPS), "val_x": 5000 + np.sin(STEPS)}
    board = BoardMaker(run_of(columns)).dashboard(now=0.0)
    drawn = [one for one in board.panels if one.lines]
    assert [{line.metric for line in one.lines} for one in drawn] == [{"val_x"}, {"train_x"}]
    assert all(one.y_limits[1] - one.y_limits[0] < 10 for one in drawn)


def test_unchanged_panels_are_the_same_objects() -> None:
    """Where nothing was read a second board has the same panels; where rows came, new ones of the same keys."""
    table = add(Table(), REAL)
    maker = BoardMaker(FakeRun([table]))
    first, second = maker.dashboard(now=0.0), maker.dashboard(now=1.0)
    assert all(one is other for one, other in zip(first.panels, second.panels, strict=True))
    row = {name: [values[-1]] for name, values in REAL.items()}
    add(table, row | {"step": [4000], "time_elapsed_seconds": [7600.0]})
    third = maker.dashboard(now=2.0)
    assert [one.key for one in third.panels] == [one.key for one in first.panels]
    assert all(one is not other for one, other in zip(first.panels[:4], third.panels[:4], strict=True))


def test_following_gives_the_same_lines_as_reading_at_once() -> None:
    """A run watched row by row ends with the lines and marks that reading the finished file gives."""
    table = Table()
    maker = BoardMaker(FakeRun([table]))
    for start in range(0, 400, 7):
        add(table, {name: list(values[start : start + 7]) for name, values in REAL.items()})
        followed = maker.dashboard(now=0.0)
    whole = BoardMaker(run_of(REAL)).dashboard(now=0.0)
    for one, other in zip(followed.panels, whole.panels, strict=True):
        assert (one.key, one.y_scale, one.x_limits) == (other.key, other.y_scale, other.x_limits)
        for left, right in zip(one.lines, other.lines, strict=True):
            np.testing.assert_allclose(left.y, right.y, rtol=1e-9)
            assert left.label == right.label


def test_limits_change_seldom_while_a_run_grows() -> None:
    """Most frames of a growing run need no new axes: over 1,000 rows the limits of the loss change at most 60 times."""
    table, seen = Table(), []
    maker = BoardMaker(FakeRun([table]))
    rng = np.random.default_rng(0)
    for step in range(1_000):
        add(table, {"step": [step], "loss": [2 + 8 * math.exp(-step / 100) + rng.normal(0, 0.1)]})
        loss = maker.dashboard(now=0.0).panels[0]
        seen.append((loss.x_limits, loss.y_limits))
    assert sum(one != other for one, other in itertools.pairwise(seen)) <= 60


def test_limits_follow_the_end_of_the_line() -> None:
    """A line that leaves the limits is followed at once, however few rows are new."""
    table = add(Table(), {"step": range(1000), "loss": np.linspace(0, 1, 1000)})
    maker = BoardMaker(FakeRun([table]))
    maker.dashboard(now=0.0)
    add(table, {"step": range(1000, 1015), "loss": np.linspace(1, 1.4, 15)})
    loss = maker.dashboard(now=0.0).panels[0]
    assert loss.lines[-1].y[-1] > 1.2
    assert loss.y_limits[1] > loss.lines[-1].y[-1]


def test_new_metric_gets_a_panel() -> None:
    """A metric that first appears half-way gets its panel from then on."""
    table = add(Table(), {"step": [1, 2], "loss": [3, 2]})
    maker = BoardMaker(FakeRun([table]))
    assert [one.title for one in maker.dashboard(now=0.0).panels] == ["loss"]
    add(table, {"step": [3], "late": [7]})
    assert [one.title for one in maker.dashboard(now=0.0).panels] == ["loss", "late"]


def test_other_tables_start_the_board_afresh() -> None:
    """When the file turned out to be another one, nothing of the old one is on the board."""
    run = run_of({"step": range(9), "loss": np.logspace(0, 9, 9), "old": range(9)})
    maker = BoardMaker(run)
    assert maker.dashboard(now=0.0).panels[0].y_scale == "log"
    run.tables = [add(Table(), {"step": [5, 6], "loss": [1, 2]})]
    board = maker.dashboard(now=0.0)
    assert {line.metric for one in board.panels for line in one.lines} == {"loss"}
    assert board.panels[0].y_scale == "linear"


def test_x_can_be_time_epoch_or_row() -> None:
    """Time is drawn from 0 in a unit that suits it; an x that the run lacks is an error that names what it has."""
    seconds = 1.7e9 + STEPS * 10.0
    run = run_of({"step": STEPS, "loss": STEPS + 1.0, "timestamp": seconds})
    loss = BoardMaker(run, Options(x="time")).dashboard(now=0.0).panels[0]
    assert loss.x_label == "hours"
    assert loss.lines[-1].x[-1] == pytest.approx(3990 * 10 / 3600)
    assert BoardMaker(run, Options(x="row")).dashboard(now=0.0).panels[0].lines[-1].x[-1] == 399
    with pytest.raises(ValueError, match="it has step, time, row"):
        BoardMaker(run, Options(x="epoch")).dashboard(now=0.0)


def test_log_option_forces_a_log_axis() -> None:
    """A metric named in `log` has a log axis, and points that it cannot show are marked at the bottom."""
    run = run_of({"step": range(50), "loss": [1.0] * 20 + [0.0] + [2.0] * 29})
    loss = BoardMaker(run, Options(log=("loss",))).dashboard(now=0.0).panels[0]
    assert loss.y_scale == "log"
    assert [(mark.x, mark.edge) for mark in loss.marks if mark.kind == "beyond"] == [(20.0, "bottom")]


def test_smooth_option_is_tensorboards_weight() -> None:
    """`smooth=0` leaves only the line as logged; another weight is used as it is."""
    run = run_of({"step": STEPS, "loss": np.arange(400.0)})
    plain = BoardMaker(run, Options(smooth=0.0)).dashboard(now=0.0).panels[0]
    assert [line.kind for line in plain.lines] == ["main"]
    smooth = BoardMaker(run, Options(smooth=0.9)).dashboard(now=0.0).panels[0]
    assert [line.kind for line in smooth.lines] == ["raw", "main"]
    assert smooth.lines[1].y[-1] == pytest.approx(390.0, abs=0.1)


def test_boxes_by_epoch_and_by_tenth() -> None:
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


def test_boxes_of_a_run_that_ended_in_nan() -> None:
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


def test_boxes_forget_what_was_overtaken() -> None:
    """Values of an epoch that a later attempt ran again are not in its box."""
    table = add(Table(), {"step": range(50), "epoch": np.arange(50) // 10, "train_loss": [9.0] * 50})
    maker = BoardMaker(FakeRun([table]))
    maker.dashboard(now=0.0)
    add(table, {"step": range(20, 50), "epoch": np.arange(20, 50) // 10, "train_loss": [1.0] * 30})
    boxes = panel(maker.dashboard(now=0.0), "training loss by epoch").boxes
    assert [(box.label, box.median, box.count) for box in boxes] == [
        ("0", 9.0, 10), ("1", 9.0, 10), ("2", 1.0, 10), ("3", 1.0, 10), ("4", 1.0, 10)]


def test_training_curves_one_panel_each() -> None:
    """The well-known metrics come in their usual order, then the others; what has no data says so in its panel."""
    noise = 0.1 * np.random.default_rng(0).standard_normal(len(REAL["train_loss"]))
    table = add(Table(), REAL | {"train_loss": np.asarray(REAL["train_loss"]) + noise})
    table.declare([*REAL, "val_perplexity"])
    maker = BoardMaker(FakeRun([table]))
    board = maker.training_curves()
    assert [one.title for one in board.panels] == [
        "train_loss", "val_loss", "train_perplexity", "val_perplexity", "learning_rate", "grad_norm",
        "tokens_per_second", "zebra"]
    assert board.panels[3].message == "no data"
    assert [line.kind for line in board.panels[0].lines] == ["raw", "main"]
    assert [mark.x for mark in board.panels[0].marks if mark.kind == "epoch"] == [500.0 * i for i in range(1, 8)]
    asked = maker.training_curves(["train_loss", "nonsense"])
    assert [one.message for one in asked.panels] == ["", "no such metric in this run"]


def test_loss_landscape() -> None:
    """The loss stands over its boxes by epoch, with the epochs' borders; an unknown metric is an error that helps."""
    maker = BoardMaker(run_of({"step": STEPS, "epoch": STEPS // 500, "train/loss": np.linspace(3, 1, 400)}))
    board = maker.loss_landscape("train_loss")
    assert [one.span for one in board.panels] == [3, 3]
    assert [mark.text for mark in board.panels[0].marks if mark.kind == "epoch"] == [f"epoch {i}" for i in range(1, 8)]
    assert [box.label for box in board.panels[1].boxes] == [str(i) for i in range(8)]
    with pytest.raises(ValueError, match=r"no metric 'nonsense'; it has train/loss"):
        maker.loss_landscape("nonsense")


def test_optimization_dynamics() -> None:
    """Rate, gradient norm and its distribution, throughput, time efficiency: those that there are, and in
    a line what was not logged; a run without any of it has that line alone."""
    board = BoardMaker(run_of(REAL)).optimization_dynamics()
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


def test_training_is_blue_in_whatever_spelling() -> None:
    """Hugging Face's `loss` is the training loss, although there is one `train_loss` at the end: it is blue, and the
    evaluation orange."""
    columns = {"step": STEPS, "loss": STEPS + 1.0, "eval_loss": STEPS + 2.0}
    table = add(Table(), columns)
    add(table, {"step": [STEPS[-1] + 1], "train_loss": [1.0]})
    lines = losses_board(FakeRun([table]), Options()).panels[0].lines
    colours = {line.metric: line.colour for line in lines if line.label}
    assert colours == {"loss": "blue", "eval_loss": "orange", "train_loss": "green"}


def test_drawing_other_boards_changes_no_dashboard() -> None:
    """The static boards made in between leave the dashboard as it was."""
    maker = BoardMaker(run_of(REAL))
    before = to_plain(maker.dashboard(now=0.0))
    maker.training_curves()
    maker.loss_landscape()
    maker.optimization_dynamics()
    assert to_plain(maker.dashboard(now=0.0)) == before


def test_every_perplexity_is_on_a_log_axis() -> None:
    """A perplexity has a log axis also where it is the evaluation of something else."""
    board = BoardMaker(run_of({"step": STEPS, "mode1_ppl": 20 + 30 * np.exp(-STEPS / 500)})).training_curves()
    assert board.panels[0].y_scale == "log"


def test_a_main_metric_that_is_not_there_is_said() -> None:
    """--metric with a name that the run does not have is a problem in the header, not passed over."""
    table = Table()
    add(table, {"step": [1, 2], "train_loss": [3.0, 2.0]})
    board = BoardMaker(FakeRun([table]), Options(metric="nope:max")).dashboard(now=0.0)
    assert board.header.problems == ("no metric 'nope' yet",)
    ended = BoardMaker(FakeRun([table], state="finished"), Options(metric="nope")).dashboard(now=0.0)
    assert ended.header.problems == ("no metric 'nope'",)
    assert BoardMaker(FakeRun([table]), Options(metric="train_loss:min")).dashboard(now=0.0).header.problems == ()


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize(
    "steps",
    [[2**62], [-(2**62)], [2**62, 2**62 + 1, 2**62 + 2], [-(2**62), -(2**62) + 1], [2**62 + 4096 * i for i in range(9)],
     [0, 1, 2, 2**62], [2**62, 0, 1], [-(2**62), 0, 2**62], [2**63 - 1, 2**63], [2**70, -(2**70)], [1e308, -1e308]],
    ids=str,
)
def test_huge_steps_make_boards(steps: list[float], ended: bool) -> None:
    """However large the steps are, every board is made; its axis has a width, and holds what was logged."""
    table = Table()
    count = len(steps)
    add(table, {"step": steps, "train_loss": list(range(count)), "time_elapsed_seconds": list(range(count))})
    maker = BoardMaker(FakeRun([table], state="finished" if ended else "running"))
    for board in (maker.dashboard(now=0.0), maker.training_curves(), maker.loss_landscape("train_loss")):
        low, high = board.panels[0].x_limits
        assert low < low + (high - low) / 1000 < high
        assert low <= max(min(steps), -1e300) and min(max(steps), 1e300) <= high


def test_a_logarithmic_metric_that_is_not_there_is_said() -> None:
    """--log with a name that is no metric and no panel is a problem in the header, as of --metric; titles are none."""
    table = Table()
    add(table, {"step": [1, 2], "train_loss": [3.0, 2.0], "grad_norm": [1.0, 2.0]})

    def problems(*log: str, state: str = "running", metric: str | None = None) -> tuple[str, ...]:
        options = Options(log=log, metric=metric)
        return BoardMaker(FakeRun([table], state=state), options).dashboard(now=0.0).header.problems

    assert problems("nope", "train_loss") == ("no metric 'nope' yet",)
    assert problems("nope", state="finished") == ("no metric 'nope'",)
    assert problems("nope", "other", metric="nope") == ("no metric 'nope' yet", "no metric 'other' yet")
    assert problems("loss", "gradient norm", "grad_norm", "seconds per step") == ()


def test_values_at_the_end_of_the_range_are_drawn() -> None:
    """Losses of plus and minus 1e308 make a board: a box whose height overflows is still a box."""
    table = Table()
    add(table, {"step": list(range(100)), "epoch": [i // 10 for i in range(100)], "train_loss": [1e308, -1e308] * 50})
    assert BoardMaker(FakeRun([table])).dashboard(now=0.0).panels


def test_an_epoch_for_each_row_costs_little(monkeypatch: pytest.MonkeyPatch) -> None:
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
    board = BoardMaker(FakeRun([table])).dashboard(now=0.0)
    assert any(panel.boxes for panel in board.panels)
    assert len(made) < 100


def test_a_picture_that_is_kept_says_when_and_not_how_long_ago() -> None:
    """A still of a run at rest says when its last row came: how long ago that was is true while it is drawn only."""
    at = datetime(2026, 5, 4, 12, 30).timestamp()
    run = run_of({"step": STEPS, "loss": STEPS * 1.0}, state="stalled", state_evidence="no new row for 5 min",
                 pace=Pace(at, 2.0))
    assert BoardMaker(run).dashboard().header.evidence == "last row 2026-05-04 12:30"
    assert BoardMaker(run).dashboard(at + 300).header.evidence == "no new row for 5 min"


def test_a_strength_of_smoothing_that_means_nothing_is_refused() -> None:
    """--smooth takes 0 to 1."""
    for smooth in (5.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="--smooth"):
            BoardMaker(FakeRun([]), Options(smooth=smooth))


def test_epochs_begin_at_one_place_in_all_panels() -> None:
    """The lines of the epochs stand at the same steps for a metric logged at every step and for one logged at their
    ends."""
    seldom = [0.5 if step % 10 == 9 else None for step in range(50)]
    run = run_of({"step": range(50), "epoch": np.arange(50) // 10, "train_loss": [0.25] * 50, "val_loss": seldom})
    board = BoardMaker(run).training_curves()
    places = [[mark.x for mark in one.marks if mark.kind == "epoch"] for one in board.panels]
    assert places == [[10.0, 20.0, 30.0, 40.0]] * 2
