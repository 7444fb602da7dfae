"""A run in a line, in a headline and in a table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from livemon.boards import Options
from livemon.boards.dashboard import BoardMaker
from livemon.boards.lens.stretch import Stretch
from livemon.boards.lens.value import Lens
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
    assert header.problems == ("1 inf at 2,000", "row rejected (2x)")


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
    assert header.progress == ("3,990/4,990 steps",)
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


def test_a_finished_run_has_made_all_its_steps_and_epochs(run_of: Callable[..., Any]) -> None:
    """Where the framework counts from 0, the header of a finished run counts what was made: no 99/100 after the end."""
    columns = {"step": range(100), "epoch": np.arange(100) // 25, "train_loss": np.ones(100)}
    for total in (100, None):
        over = "/100" if total else ""
        run = run_of(columns, total_steps=total, state="finished")
        assert BoardMaker(run).dashboard().header.progress == (f"100{over} steps", "4 epochs")
        run.state = "running"
        assert BoardMaker(run).dashboard(now=0.0).header.progress[:2] == (f"step 99{over}", "epoch 3")
    once = run_of({"step": range(1, 5), "epoch": [0] * 4, "loss": np.ones(4)}, state="finished", total_epochs=1)
    assert BoardMaker(once).dashboard().header.progress == ("4 steps", "1 epoch")


def test_nan_since_is_said_of_what_stayed(run_of: Callable[..., Any]) -> None:
    """ "since" is said where the metric has been no number ever since; else where that began."""
    def problem(loss: list[float], other: list[float]) -> str:
        run = run_of({"step": range(len(loss)), "train_loss": loss, "grad_norm": other})
        return BoardMaker(run).dashboard(now=0.0).header.problems[0]

    nan, good = float("nan"), [1.0] * 6
    assert problem([1, 1, nan, nan, nan, nan], good) == "4 NaN since 2"
    assert problem([1, 1, nan, 1, 1, 1], good) == "1 NaN at 2"
    assert problem([1, 1, nan, 1, float("inf"), 1], good) == "1 NaN and 1 inf, first at 2"
    assert problem([1, 1, 1, 1, 1, nan], [1, nan, 1, 1, 1, 1]) == "2 NaN in 2 metrics, first at 1"


def test_the_change_is_one_number_for_every_view(run_of: Callable[..., Any]) -> None:
    """Smoothing, a zoom and another axis leave the summary as it is: what was logged has changed by one number."""
    steps = np.arange(400)
    run = run_of({"step": steps, "epoch": steps // 40, "loss": np.exp(-steps / 100) + 0.02 * (-1.0) ** steps})
    lenses = (Lens(), Lens(smooth=0.0), Lens(smooth=0.99), Lens(x="epoch"), Lens(zoom=Stretch(100.0, 200.0)))
    rows = [BoardMaker(run, lens).dashboard(now=0.0).summary[0] for lens in lenses]
    values = np.asarray(run.tables[0].columns["loss"].values)
    expected = 100 * (np.median(values[-40:]) / np.median(values[-80:-40]) - 1)
    assert [row.change for row in rows] == [pytest.approx(expected)] * len(lenses)


def test_nan_that_a_resume_replaced_do_not_count(run_of: Callable[..., Any]) -> None:
    """Header, panel and boxes count the NaN of the newest attempt; those that it replaced have grey marks, or none
    where replaced attempts are left out."""
    loss = [3.0 - step / 50 for step in range(100)]
    first, second = [*loss[:80], *[float("nan")] * 20], [*loss[50:], *[1.0] * 20]
    run = run_of({"step": [*range(100), *range(50, 120)], "loss": [*first, *second]})
    board = BoardMaker(run).dashboard(now=0.0)
    assert board.header.problems == ()
    panel = board.panels[0]
    assert panel.warning == "" and {mark.colour for mark in panel.marks if mark.kind == "nan"} == {"grey"}
    boxes = next(panel for panel in board.panels if panel.boxes)
    assert all(np.isfinite(box.median) for box in boxes.boxes)
    latest = BoardMaker(run, Lens(attempts="latest")).dashboard(now=0.0).panels[0]
    assert not [mark for mark in latest.marks if mark.kind == "nan"]


def test_the_change_of_what_became_nan_is_not_said(run_of: Callable[..., Any]) -> None:
    """A metric whose newest value is NaN has no change in the summary, whatever the finite values before it did."""
    values = [*np.linspace(1, 2, 90), *[float("nan")] * 10]
    board = BoardMaker(run_of({"step": range(100), "train_loss": values})).dashboard(now=0.0)
    assert (board.summary[0].change, board.summary[0].cells) == (None, ("NaN", "1.000", "-"))


def test_the_summary_has_training_first_and_counts_the_rest(run_of: Callable[..., Any]) -> None:
    """Whatever the file's order, training's numbers stand before validation's; the accuracy of both is there before a
    second loss of anything is, and what is left out is counted."""
    names = ["val_loss", "acc/val", "acc/train", "train_loss", *(f"loss_{part}" for part in "abcdefg"), "lr"]
    board = BoardMaker(run_of({"step": range(30), **{name: np.ones(30) for name in names}})).dashboard(now=0.0)
    shown = [row.metric for row in board.summary]
    assert len(shown) == 8 and board.summary_left_out == len(names) - 8
    assert [name for name in shown if name in names[:4]] == ["train_loss", "val_loss", "acc/train", "acc/val"]
    assert board.panels[0].lines[0].metric != "val_loss"
