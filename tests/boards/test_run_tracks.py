"""The metrics of a run over one axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from livemon.boards import Options
from livemon.boards.dashboard import BoardMaker
from livemon.boards.run_tracks import RunTracks
from livemon.tables.table import Table


def test_other_tables_start_the_board_afresh(
    run_of: Callable[..., Any], add: Callable[[Table, dict[str, Any]], Table]
) -> None:
    """When the file turned out to be another one, nothing of the old one is on the board."""
    run = run_of({"step": range(9), "loss": np.logspace(0, 9, 9), "old": range(9)})
    maker = BoardMaker(run)
    assert maker.dashboard(now=0.0).panels[0].y_scale == "log"
    run.tables = [add(Table(), {"step": [5, 6], "loss": [1, 2]})]
    board = maker.dashboard(now=0.0)
    assert {line.metric for one in board.panels for line in one.lines} == {"loss"}
    assert board.panels[0].y_scale == "linear"


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize(
    "steps",
    [[2**62], [-(2**62)], [2**62, 2**62 + 1, 2**62 + 2], [-(2**62), -(2**62) + 1], [2**62 + 4096 * i for i in range(9)],
     [0, 1, 2, 2**62], [2**62, 0, 1], [-(2**62), 0, 2**62], [2**63 - 1, 2**63], [2**70, -(2**70)], [1e308, -1e308]],
    ids=str,
)
def test_huge_steps_make_boards(
    fake_run: Callable[..., Any], add: Callable[[Table, dict[str, Any]], Table], steps: list[float], ended: bool
) -> None:
    """However large the steps are, every board is made; its axis has a width, and holds what was logged."""
    table = Table()
    count = len(steps)
    add(table, {"step": steps, "train_loss": list(range(count)), "time_elapsed_seconds": list(range(count))})
    maker = BoardMaker(fake_run([table], state="finished" if ended else "running"))
    for board in (maker.dashboard(now=0.0), maker.training_curves(), maker.loss_landscape("train_loss")):
        low, high = board.panels[0].x_limits
        assert low < low + (high - low) / 1000 < high
        assert low <= max(min(steps), -1e300) and min(max(steps), 1e300) <= high


@pytest.mark.parametrize(
    ("state", "highest"), [("running", 700.0), ("stalled", 700.0), ("unknown", 606.0), ("failed", 606.0)])
def test_the_axis_has_room_for_rows_that_may_come(
    fake_run: Callable[..., Any], add: Callable[[Table, dict[str, Any]], Table], state: str, highest: float
) -> None:
    """The axis of a run that may go on has room on its right; that of a run that has ended, or has been silent so long
    that its state is unknown, ends at the newest point."""
    table = add(Table(), {"step": range(607), "loss": np.ones(607)})
    assert BoardMaker(fake_run([table], state=state)).dashboard(now=0.0).panels[0].x_limits == (0.0, highest)


def test_the_metric_that_is_logged_most_often_leads(
    run_of: Callable[..., Any], add: Callable[[Table, dict[str, Any]], Table], fake_run: Callable[..., Any]
) -> None:
    """How far the run is, is said by the metric that has most points, of several by the one with the newest row, and
    not by a table that another writer keeps beside it."""
    training = add(Table(), {"step": range(10), "val_loss": [None] * 9 + [1.0], "loss": range(10)})
    tracks = RunTracks(fake_run([training, add(Table(), {"step": [99], "reward": [1.0]})]), Options())
    tracks.read()
    assert tracks.leading == "loss" and tracks.leading_tables == [training]
    equal = RunTracks(run_of({"step": range(4), "a": [1, 2, 3, None], "b": [None, 1, 2, 3]}), Options())
    equal.read()
    assert equal.leading == "b"


def test_only_other_tables_start_everything_afresh(
    run_of: Callable[..., Any], add: Callable[[Table, dict[str, Any]], Table]
) -> None:
    """Rows that are appended, and a table that is added, are read on; a table in the place of another is not."""
    run = run_of({"step": [1, 2], "loss": [3, 2]})
    tracks = RunTracks(run, Options())
    generations = []
    for change in (lambda: add(run.tables[0], {"step": [3], "loss": [1]}),
                   lambda: run.tables.append(add(Table(), {"step": [4], "loss": [0]})),
                   lambda: run.tables.pop(0)):
        tracks.read()
        generations.append(tracks.generation)
        change()
    tracks.read()
    assert generations == [generations[0]] * 3 and tracks.generation > generations[0]
    assert tracks.tracks["loss"].count == 1


def test_points_over_epochs_are_spread_within_them(run_of: Callable[..., Any], add: Callable[..., Any]) -> None:
    """Over epochs the points of an epoch do not stand on each other, live and afterwards at the same places."""
    steps = list(range(12))
    columns = {"step": steps, "epoch": [step // 4 for step in steps], "loss": [1.0 / (1 + step) for step in steps]}
    whole = RunTracks(run_of(columns), Options(x="epoch"))
    whole.read()
    expected = [step / 4 for step in steps]
    assert whole.tracks["loss"].points()[0].tolist() == expected
    run = run_of({name: values[:2] for name, values in columns.items()})
    live = RunTracks(run, Options(x="epoch"))
    for start in range(2, 12, 2):
        live.read()
        add(run.tables[0], {name: values[start : start + 2] for name, values in columns.items()})
    live.read()
    assert live.tracks["loss"].points()[0].tolist() == expected
    assert live.tracks["loss"].attempts.restart_count == 0


def test_an_old_lens_still_opens(run_of: Callable[..., Any]) -> None:
    """A title of metrics that end alike depends on the other metrics, so a lens may name a panel that is no more; a
    name of nothing is still told."""
    run = run_of({"step": range(9), "loss": range(9), "act/a.mean": range(9)})
    lens = Options(pinned=("*_mean", "loss"), hidden=("*/acc",), large="zebra")
    assert RunTracks(run, lens).unknown_panels() == ["zebra"]
    board = BoardMaker(run, Options(pinned=("*_mean", "other:*_mean"))).dashboard(now=0.0)
    assert [panel.title for panel in board.panels if panel.lines] == ["loss", "act/a.mean"]
