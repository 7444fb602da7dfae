"""A run -> its boards: panels, lines, limits, marks, numbers and the header line."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livemon.boards import Options
from livemon.boards.dashboard import BoardMaker
from livemon.boards.lens.stretch import Stretch
from livemon.boards.metric_groups import PACE
from livemon.boards.model import Board, Panel
from livemon.health.examination import Examination
from livemon.runs.experiment import ExperimentLoader
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
    assert board.hint == f"{board.left_out:,} more panels: --select REGEX"
    assert board.left_out == 603 + 39 - 12
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


def test_a_filter_keeps_the_main_metric(run_of: Callable[..., Any]) -> None:
    """The number at the top is that of the run, whichever panels are shown, and as it is now; no other metric takes its
    place."""
    columns = {"step": [1.0, 2.0], "val_loss": [3.0, 2.0], "weight_norm": [1.0, 1.5]}
    maker = BoardMaker(run_of(columns))
    whole = maker.dashboard(now=0.0).headline
    maker.set_lens(Options(select="norm"))
    for made in (maker, BoardMaker(run_of(columns), Options(select="norm"))):
        board = made.dashboard(now=0.0)
        assert board.headline == whole
        assert [panel.title for panel in board.panels] == ["weight_norm"]


def test_a_filter_leaves_out_the_pace(run_of: Callable[..., Any], usual_columns: dict[str, Any]) -> None:
    """The time of a step has its panel only where the filter chooses it, as on a board made with the filter, though the
    board before had it."""
    maker = BoardMaker(run_of(usual_columns))
    assert PACE in [panel.title for panel in maker.dashboard(now=0.0).panels]
    for select, is_there in (("norm", False), ("norm|seconds", True)):
        maker.set_lens(Options(select=select))
        assert (PACE in [panel.title for panel in maker.dashboard(now=0.0).panels]) == is_there


def test_bookkeeping_gets_a_panel_where_it_is_selected(run_of: Callable[..., Any]) -> None:
    """A placeholder, a counter and a process's number have no panel, and the hint counts them; `--select` shows them,
    and a `hp_metric` that somebody set is a metric as any."""
    columns = {"step": range(9), "loss": range(9), "hp_metric": [-1.0] * 9, "pid": [7] * 9, "num_episodes": range(9)}
    board = BoardMaker(run_of(columns)).dashboard(now=0.0)
    assert [panel.title for panel in board.panels if panel.lines] == ["loss"]
    assert (board.left_out, board.hint) == (3, "3 more panels: --select REGEX")
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


def test_the_points_of_a_panel_are_those_that_can_be_drawn(run_of: Callable[..., Any]) -> None:
    """NaN and infinity are marked and are no points of a curve: "8 of 8 points drawn" of ten rows with two of them."""
    loss = [1.0, math.nan, 0.9, 0.8, math.inf, 0.7, 0.6, 0.5, 0.4, 0.3]
    panels = BoardMaker(run_of({"step": range(10), "loss": loss})).dashboard(now=0.0).panels
    assert next(panel for panel in panels if panel.key == "loss").points == 8


# -- through a lens


def through(maker: BoardMaker, lens: Options) -> Board:
    maker.set_lens(lens)
    return maker.dashboard(now=0.0)


def titles(board: Board) -> list[str]:
    return [panel.title for panel in board.panels]


def test_a_zoom_shows_every_point_of_the_stretch(run_of: Callable[..., Any]) -> None:
    """A single spike among 100,000 rows stands by itself when somebody zooms in on it, and the limits of y suit the
    stretch; the line is that of the whole run, and goes on to the points outside."""
    steps = np.arange(100_000)
    loss = np.where(steps == 70_007, 9.0, np.exp(-steps / 2e4))
    maker = BoardMaker(run_of({"step": steps, "loss": loss}), Options(smooth=0.9))
    before = {line.kind: line for line in maker.dashboard(now=0.0).panels[0].lines}
    panel = through(maker, Options(smooth=0.9, zoom=Stretch(70_000, 70_050), limits="full")).panels[0]
    lines = {line.kind: line for line in panel.lines}
    assert lines["raw"].x.tolist() == list(range(69_999, 70_052))
    assert lines["raw"].y.tolist() == loss[69_999:70_052].tolist()
    assert panel.x_limits == (70_000, 70_050) and panel.y_limits[1] > 9.0
    assert panel.note == "log axis · 51 of 100,000 points"
    shared = np.isin(before["main"].x, lines["main"].x)
    assert shared.any()
    np.testing.assert_allclose(
        before["main"].y[shared], lines["main"].y[np.isin(lines["main"].x, before["main"].x)], rtol=1e-9)


def test_a_zoom_of_time_is_in_seconds(run_of: Callable[..., Any]) -> None:
    """On an axis of hours the stretch stays where it was when the unit was minutes."""
    seconds = 1.7e9 + np.arange(0, 40_000, 10.0)
    maker = BoardMaker(run_of({"step": range(4000), "loss": np.ones(4000), "timestamp": seconds}), Options(x="time"))
    board = through(maker, Options(x="time", zoom=Stretch(3600, 7200)))
    assert (board.panels[0].x_label, board.panels[0].x_limits, board.x_unit) == ("hours", (1.0, 2.0), 3600.0)
    assert board.header.zoomed == "zoomed to 1h00 - 2h00"


def test_a_stretch_without_a_point_says_so(run_of: Callable[..., Any], usual_columns: dict[str, Any]) -> None:
    """Behind the last row there is nothing, and the panel says that."""
    board = through(BoardMaker(run_of(usual_columns)), Options(zoom=Stretch(9000, 9100)))
    assert board.panels[0].message == "no point between step 9,000 and step 9,100"


def test_hidden_pinned_and_large_panels(run_of: Callable[..., Any], usual_columns: dict[str, Any]) -> None:
    """A hidden curve leaves its name, a panel without curves goes and is named below; pinned panels come first; a large
    one is alone, and one that is not there leaves all."""
    maker = BoardMaker(run_of(usual_columns))
    everything = titles(maker.dashboard(now=0.0))
    board = through(maker, Options(hidden=("train_loss", "zebra")))
    assert "zebra" not in titles(board) and board.hint == "hidden: zebra"
    assert [line.metric for line in board.panels[0].lines] == ["val_loss"]
    assert [(one.metric, one.name) for one in board.panels[0].hidden] == [("train_loss", "train")]
    assert titles(through(maker, Options(pinned=("zebra", "learning_rate"))))[:2] == ["zebra", "learning rate"]
    assert titles(through(maker, Options(large="grad_norm"))) == ["gradient norm"]
    assert titles(through(maker, Options(large="gone"))) == everything
    assert titles(through(maker, Options())) == everything


@pytest.mark.parametrize(("named", "metrics"), [
    ("loss", ("train_loss", "val_loss")), ("learning rate", ("learning_rate",)), ("gradient norm", ("grad_norm",))])
def test_a_panel_is_hidden_by_its_title(
    named: str, metrics: tuple[str, ...], run_of: Callable[..., Any], usual_columns: dict[str, Any]
) -> None:
    """A title hides the panel's curves; the lens then names them, so that a view shows them again one by one."""
    board = through(BoardMaker(run_of(usual_columns)), Options(hidden=(named,)))
    assert named not in titles(board) and f"hidden: {named}" in board.hint
    assert board.lens.hidden == metrics


def test_attempts_and_marks_as_the_lens_says(run_of: Callable[..., Any]) -> None:
    """`latest` leaves out what a later attempt replaced; a marked place stands in every panel of curves."""
    run = run_of({"step": [*range(100), *range(50, 150)], "loss": np.ones(200), "acc": np.ones(200)})
    maker = BoardMaker(run)
    kinds = [{line.kind for line in through(maker, lens).panels[0].lines}
             for lens in (Options(), Options(attempts="latest"))]
    assert ["superseded" in found for found in kinds] == [True, False]
    zoomed = through(maker, Options(zoom=Stretch(60, 80), mark=70.0))
    assert {line.kind for line in zoomed.panels[0].lines} > {"superseded"}
    assert [[mark.x for mark in panel.marks if mark.kind == "marked"] for panel in zoomed.panels if panel.lines] == [
        [70.0], [70.0]]


def test_panels_keep_their_places_while_a_run_goes_on(
    fake_run: Callable[..., Any], add: Callable[[Table, dict[str, Any]], Table]
) -> None:
    """A metric that appears gets a panel behind the others, however important it is; the end of the run moves nothing;
    a run that had ended is arranged as looks best."""
    def rows(*metrics: str) -> dict[str, Any]:
        return {"step": range(30), **{name: np.linspace(1, 2, 30) for name in metrics}}

    table = Table()
    run = fake_run([add(table, rows("loss", "zebra"))])
    maker = BoardMaker(run)
    first = maker.dashboard(now=0.0)
    add(table, {**rows("loss", "zebra", "val_acc"), "step": range(30, 60)})
    second = maker.dashboard(now=0.0)
    run.state = "finished"
    third = maker.dashboard(now=0.0)
    assert titles(second) == [*titles(first), "accuracy"]
    assert [(panel.key, panel.span) for panel in third.panels] == [(panel.key, panel.span) for panel in second.panels]
    assert titles(BoardMaker(run).dashboard(now=0.0))[:2] == ["loss", "accuracy"]


def test_lenses_share_what_is_read_and_smoothed(run_of: Callable[..., Any], usual_columns: dict[str, Any]) -> None:
    """Going from lens to lens reads no point again: the tracks stay, and a panel that looks the same is the same."""
    maker = BoardMaker(run_of(usual_columns))
    first, tracks = maker.dashboard(now=0.0), dict(maker._of.tracks)
    for lens in (Options(zoom=Stretch(100, 200)), Options(hidden=("zebra",)), Options(limits="full"), Options()):
        last = through(maker, lens)
        assert all(maker._of.tracks[name] is track for name, track in tracks.items())
    assert [a is b for a, b in zip(first.panels, last.panels, strict=True)] == [True] * len(first.panels)


def test_a_run_that_failed_without_a_row_says_why(tmp_path: Path) -> None:
    """The picture of a run that failed before its first row says so, and why, as that of any other does."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "metrics.csv").write_text("step,loss\n")
    (tmp_path / "livemon.json").write_text('{"livemon": 1, "state": "failed", "reason": "out of memory"}')
    run = ExperimentLoader(tmp_path)
    run.refresh()
    (notice,) = BoardMaker(run, None, Examination(run)).dashboard().notices
    assert notice.severity == "critical" and "out of memory" in notice.text
