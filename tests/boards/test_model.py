"""The board as data: the header line in any width, and everything as plain JSON."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livemon.boards.model import Board, Header, Line, Panel
from livemon.tables.plain import to_plain

FULL = Header(
    "exp7", "running", progress=("step 41,230/100,000", "epoch 3", "ETA 2h10"),
    metric="val_loss 1.93 (best 1.91 @ 40,500)", age="row 4 s ago (usually 5 s)", problems=("3 NaN since 41,210",),
)


def test_header_line_is_the_one_of_the_design() -> None:
    """All parts stand in the design's order, with its separators."""
    assert FULL.line() == (
        "exp7 ● running  step 41,230/100,000 · epoch 3 · ETA 2h10 | val_loss 1.93 (best 1.91 @ 40,500)"
        " | row 4 s ago (usually 5 s) | 3 NaN since 41,210"
    )


def test_unknown_parts_are_left_out() -> None:
    """Without any further knowledge the line is name and state, with no separators left over."""
    assert Header("exp7", "waiting").line() == "exp7 ● waiting"
    assert Header("exp7", "running", metric="loss 2").line() == "exp7 ● running | loss 2"


@given(st.integers(1, 200))
def test_narrow_line_fits_and_problems_come_first(width: int) -> None:
    """The line is never wider than asked, and where it is cut the problems stand before the rest."""
    line = FULL.line(width)
    assert len(line) <= width
    if 40 < width < len(FULL.line()):
        assert line.startswith("exp7 ● running | 3 NaN since 41,210")


def test_the_line_of_80_columns_has_progress_before_the_best() -> None:
    """In 80 columns step, epoch and time left stand before the metric, whose best goes first where room is short."""
    healthy = dataclasses.replace(FULL, problems=())
    assert healthy.line(80) == "exp7 ● running | step 41,230/100,000 · epoch 3 · ETA 2h10 | val_loss 1.93"
    assert FULL.line(80) == "exp7 ● running | 3 NaN since 41,210 | step 41,230/100,000 · epoch 3 · ETA 2h10"
    named = dataclasses.replace(healthy, metric="loss (x) 1.9", progress=())
    assert named.line(30) == "exp7 ● running | loss (x) 1.9"


def test_a_long_name_leaves_room_for_the_metric() -> None:
    """Where the main metric does not fit beside a run's folders, the folders go; where it fits they stay."""
    progress = ("step 439/900", "epoch 4", "ETA 46 s")
    header = Header("lightning_logs/version_1", "running", progress=progress, metric="val/loss 0.138 (best 0.1 @ 9)")
    assert header.line(79) == "…/version_1 ● running | step 439/900 · epoch 4 · ETA 46 s | val/loss 0.138"
    assert header.line(100).startswith("lightning_logs/version_1 ● running | step 439/900")
    assert header.line(30).startswith("lightning_logs/version_1 ●")


def test_the_line_of_a_failed_run_has_its_error() -> None:
    """What the training raised is in the line, cut where it is long, and first of the problems in a narrow one."""
    failed = Header("exp7", "failed", "ValueError: lr is negative", metric="loss 2", problems=("2 NaN at 3",),
                    reason="error")
    assert failed.line() == "exp7 ● failed (error) | loss 2 | ValueError: lr is negative · 2 NaN at 3"
    assert failed.line(60) == "exp7 ● failed (error) | ValueError: lr is negative | loss 2"
    assert "Error" not in dataclasses.replace(failed, reason="killed").line()
    assert dataclasses.replace(failed, evidence="livemon.json says so", problems=()).line().endswith("| loss 2")
    assert dataclasses.replace(failed, evidence="x" * 99).line().count("x") == 59 + 1  # and that of exp7


def test_board_is_plain_data() -> None:
    """A board becomes JSON: arrays as lists, NaN and infinity as texts."""
    line = Line("loss", "main", np.array([0.0, 1.0, 2.0]), np.array([1.0, np.nan, np.inf]), "blue")
    board = Board("exp7", FULL, (Panel("loss", "loss", (0.0, 2.0), (0.0, 1.0), lines=(line,)),))
    plain = json.loads(json.dumps(to_plain(board), allow_nan=False))
    assert plain["panels"][0]["lines"][0]["y"] == [1.0, "NaN", "Infinity"]
    assert plain["header"]["problems"] == ["3 NaN since 41,210"]
    assert to_plain(-np.inf) == "-Infinity"


def test_board_cannot_be_changed() -> None:
    """A view that draws in another thread can rely on a board staying as it is."""
    board = Board("exp7", FULL, ())
    with pytest.raises(dataclasses.FrozenInstanceError):
        board.title = "other"  # type: ignore[misc]
