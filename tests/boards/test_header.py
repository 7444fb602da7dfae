"""A run in a line, in a headline and in a table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np

from livemon.boards import Options
from livemon.boards.dashboard import BoardMaker
from livemon.runs.liveness import Pace
from livemon.tables.anomalies import Anomaly
from livemon.tables.table import Table

STEPS = np.arange(0, 4000, 10)


def test_header_line(run_of: Callable[..., Any], usual_columns: dict[str, Any]) -> None:
    """The header has progress, epoch as logged, time left from the recent pace, and the age of the newest row."""
    odd = Anomaly("row rejected", "m", 3, "odd", 2)
    run = run_of(usual_columns, total_steps=10_000, pace=Pace(100.0, 5.0), anomalies=[odd])
    header = BoardMaker(run).dashboard(now=104.0).header
    assert header.progress == ("step 3,990/10,000", "epoch 7", "ETA 3h10")
    assert header.age == "row 4 s ago (usually 5 s)"
    assert header.problems == ("1 inf since 2,000", "row rejected (2x)")


def test_a_fast_pace_is_said_in_milliseconds(run_of: Callable[..., Any], usual_columns: dict[str, Any]) -> None:
    """Rows that come faster than one a second have a pace in the header that is not zero."""
    board = BoardMaker(run_of(usual_columns, pace=Pace(100.0, 0.028))).dashboard(now=101.5)
    assert board.header.age == "row 2 s ago (usually 28 ms)"


def test_time_left_without_a_time_column_comes_from_the_rows(run_of: Callable[..., Any]) -> None:
    """Without a time column the rows' arrival gives the time left; after the end there is none, and no age."""
    run = run_of({"step": STEPS, "loss": np.ones(400)}, total_steps=4990, pace=Pace(0.0, 2.0))
    assert BoardMaker(run).dashboard(now=0.0).header.progress[-1] == "ETA 3 min"
    run.state = "finished"
    header = BoardMaker(run).dashboard(now=0.0).header
    assert header.progress == ("step 3,990/4,990",)
    assert header.age == ""


def test_summary_says_last_best_and_change(run_of: Callable[..., Any], usual_columns: dict[str, Any]) -> None:
    """Each row of the summary is formatted for its metric; of rate and gradient norm no value is called best."""
    board = BoardMaker(run_of(usual_columns, config={"lr": 0.0005})).dashboard(now=0.0)
    rows = {row.metric: row.cells for row in board.summary}
    assert next(iter(rows)) == "train_loss"
    assert rows["learning_rate"][:2] == ("5e-5", "-")
    assert rows["tokens_per_second"][0].endswith("k")
    assert len(rows) <= 8
    assert board.config == (("lr", "0.0005"),)


def test_a_main_metric_that_is_not_there_is_said(
    fake_run: Callable[..., Any], add: Callable[[Table, dict[str, Any]], Table]
) -> None:
    """--metric with a name that the run does not have is a problem in the header, not passed over."""
    table = Table()
    add(table, {"step": [1, 2], "train_loss": [3.0, 2.0]})
    board = BoardMaker(fake_run([table]), Options(metric="nope:max")).dashboard(now=0.0)
    assert board.header.problems == ("no metric 'nope' yet",)
    ended = BoardMaker(fake_run([table], state="finished"), Options(metric="nope")).dashboard(now=0.0)
    assert ended.header.problems == ("no metric 'nope'",)
    assert BoardMaker(fake_run([table]), Options(metric="train_loss:min")).dashboard(now=0.0).header.problems == ()


def test_a_logarithmic_metric_that_is_not_there_is_said(
    fake_run: Callable[..., Any], add: Callable[[Table, dict[str, Any]], Table]
) -> None:
    """--log with a name that is no metric and no panel is a problem in the header, as of --metric; titles are none."""
    table = Table()
    add(table, {"step": [1, 2], "train_loss": [3.0, 2.0], "grad_norm": [1.0, 2.0]})

    def problems(*log: str, state: str = "running", metric: str | None = None) -> tuple[str, ...]:
        options = Options(log=log, metric=metric)
        return BoardMaker(fake_run([table], state=state), options).dashboard(now=0.0).header.problems

    assert problems("nope", "train_loss") == ("no metric 'nope' yet",)
    assert problems("nope", state="finished") == ("no metric 'nope'",)
    assert problems("nope", "other", metric="nope") == ("no metric 'nope' yet", "no metric 'other' yet")
    assert problems("loss", "gradient norm", "grad_norm", "seconds per step") == ()


def test_a_picture_that_is_kept_says_when_and_not_how_long_ago(run_of: Callable[..., Any]) -> None:
    """A still of a run at rest says when its last row came: how long ago that was is true while it is drawn only."""
    at = datetime(2026, 5, 4, 12, 30).timestamp()
    run = run_of({"step": STEPS, "loss": STEPS * 1.0}, state="stalled", state_evidence="no new row for 5 min",
                 pace=Pace(at, 2.0))
    assert BoardMaker(run).dashboard().header.evidence == "last row 2026-05-04 12:30"
    assert BoardMaker(run).dashboard(at + 300).header.evidence == "no new row for 5 min"
