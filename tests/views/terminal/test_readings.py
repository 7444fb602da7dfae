from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from livemon.boards.model import Ruler
from livemon.views.terminal.readings import nearest_x, place_in_words, reading_texts

Makes = Callable[..., Any]


def test_values_at_a_place(panel_of: Makes, line_of: Makes) -> None:
    """At a place each curve has the value of its nearest point, smoothed and in brackets as logged; none where the
    curve is not there."""
    panel = panel_of(line_of([9, 8, 7], kind="raw", label=""), line_of([3, 2, 1]),
                     line_of([5], [0], metric="val_loss", name="val", colour="orange"))
    assert reading_texts(panel, 1.9) == [("train 1.000 (7.000)", "blue"), ("val -", "orange")]
    assert nearest_x(panel, 1.4) == 1.0


def test_the_place_on_each_axis(board_of: Makes, panel_of: Makes, line_of: Makes) -> None:
    """A place is said as step, epoch and time."""
    x = np.array([0.0, 100.0])
    board = board_of(panel_of(line_of([1, 0], [0, 100])),
                     rulers=(Ruler("epoch", x, np.array([0.0, 2.0])), Ruler("time", x, np.array([0.0, 7200.0]))))
    assert place_in_words(board, 50.2).startswith("step 50 · epoch 1 · after 1h00")
