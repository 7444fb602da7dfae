from __future__ import annotations

import numpy as np

from livemon.boards.lens.stretch import Stretch
from livemon.boards.lens.value import Lens
from livemon.boards.model import Board, Ruler
from livemon.views.terminal.step_times import StepTimes

from .conftest import board_of, line_of, panel_of


def board(points: int, **known: object) -> Board:
    return board_of(panel_of(line_of(np.ones(points))), **known)


def test_the_time_that_rows_say() -> None:
    """Where rows say their time, that of a place is read between them; seconds since a start are no time of day."""
    x = np.array([0.0, 10.0])
    timed = board(11, rulers=(Ruler("time", x, 1.7e9 + x * 60),))
    assert StepTimes().at(timed, 5.0) == 1.7e9 + 300
    assert StepTimes().at(board(11, rulers=(Ruler("time", x, x),)), 5.0) is None


def test_the_time_at_which_rows_came() -> None:
    """Elsewhere it is that at which a row was seen to come; of what was there at first none is known, and a zoom is no
    news."""
    now = [100.0]
    moments = StepTimes(lambda: now[0])
    for points in (11, 21, 31):
        moments.take(board(points))
        now[0] += 10
    moments.take(board(400, lens=Lens(zoom=Stretch(1, 2))))
    assert moments.at(board(31), 25.0) == 115.0
    assert moments.at(board(31), 5.0) is None
    moments.take(board(5, x_kind="epoch"))
    assert moments.at(board(5), 3.0) is None


def test_times_are_of_one_run() -> None:
    """When another run is opened, what was seen of the one before says nothing about its rows."""
    moments = StepTimes(lambda: 100.0)
    for points in (11, 21):
        moments.take(board(points))
    moments.take(board(31, title="other"))
    assert moments.at(board(31, title="other"), 25.0) is None
