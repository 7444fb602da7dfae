"""What each option changes on a board."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from livemon.boards import Options
from livemon.boards.dashboard import BoardMaker

STEPS = np.arange(0, 4000, 10)


def test_main_metric_and_direction_can_be_said(run_of: Callable[..., Any], usual_columns: dict[str, Any]) -> None:
    """`NAME:max` changes the main metric and its direction."""
    board = BoardMaker(run_of(usual_columns), Options(metric="grad_norm:max")).dashboard(now=0.0)
    assert board.headline is not None
    assert board.headline[0].startswith("grad_norm")
    assert board.headline[0].endswith("↑")


def test_select_keeps_matching_metrics(run_of: Callable[..., Any], usual_columns: dict[str, Any]) -> None:
    """`select` keeps the metrics in whose name the expression is found; none left is said; nonsense is an error."""
    board = BoardMaker(run_of(usual_columns), Options(select="zeb|norm")).dashboard(now=0.0)
    assert {line.metric for one in board.panels for line in one.lines} == {"grad_norm", "zebra"}
    nothing = BoardMaker(run_of(usual_columns), Options(select="xyz")).dashboard(now=0.0)
    assert nothing.panels[0].message == "no metric matches the filter xyz"
    with pytest.raises(ValueError, match="not a valid regular expression"):
        BoardMaker(run_of(usual_columns), Options(select="("))


def test_x_can_be_time_epoch_or_row(run_of: Callable[..., Any]) -> None:
    """Time is drawn from 0 in a unit that suits it; an x that the run lacks is an error that names what it has."""
    seconds = 1.7e9 + STEPS * 10.0
    run = run_of({"step": STEPS, "loss": STEPS + 1.0, "timestamp": seconds})
    loss = BoardMaker(run, Options(x="time")).dashboard(now=0.0).panels[0]
    assert loss.x_label == "hours"
    assert loss.lines[-1].x[-1] == pytest.approx(3990 * 10 / 3600)
    assert BoardMaker(run, Options(x="row")).dashboard(now=0.0).panels[0].lines[-1].x[-1] == 399
    with pytest.raises(ValueError, match="it has step, time, row"):
        BoardMaker(run, Options(x="epoch")).dashboard(now=0.0)


def test_log_option_forces_a_log_axis(run_of: Callable[..., Any]) -> None:
    """A metric named in `log` has a log axis, and points that it cannot show are marked at the bottom."""
    run = run_of({"step": range(50), "loss": [1.0] * 20 + [0.0] + [2.0] * 29})
    loss = BoardMaker(run, Options(log=("loss",))).dashboard(now=0.0).panels[0]
    assert loss.y_scale == "log"
    assert [(mark.x, mark.edge) for mark in loss.marks if mark.kind == "beyond"] == [(20.0, "bottom")]


def test_smooth_option_is_tensorboards_weight(run_of: Callable[..., Any]) -> None:
    """`smooth=0` leaves only the line as logged; another weight is used as it is."""
    run = run_of({"step": STEPS, "loss": np.arange(400.0)})
    plain = BoardMaker(run, Options(smooth=0.0)).dashboard(now=0.0).panels[0]
    assert [line.kind for line in plain.lines] == ["main"]
    smooth = BoardMaker(run, Options(smooth=0.9)).dashboard(now=0.0).panels[0]
    assert [line.kind for line in smooth.lines] == ["raw", "main"]
    assert smooth.lines[1].y[-1] == pytest.approx(390.0, abs=0.1)


def test_a_strength_of_smoothing_that_means_nothing_is_refused(fake_run: Callable[..., Any]) -> None:
    """--smooth takes 0 to 1."""
    for smooth in (5.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="--smooth"):
            BoardMaker(fake_run([]), Options(smooth=smooth))


@pytest.mark.parametrize(("lens", "shown"), [
    (Options(), ["a", "b"]), (Options(runs=("c", "a", "gone")), ["c", "a"]), (Options(hidden_runs=("a",)), ["b"]),
    (Options(runs=("a", "c"), alone_run="c", hidden_runs=("c",)), ["c"]), (Options(alone_run="c"), ["a", "b"]),
])
def test_which_runs_are_drawn(lens: Options, shown: list[str]) -> None:
    """Those that were chosen, in their order, else those that the view was opened with; without the hidden ones; one
    alone where it is among them. A name that there is no run of is passed over."""
    assert lens.runs_shown(["a", "b"], ["c"]) == shown
