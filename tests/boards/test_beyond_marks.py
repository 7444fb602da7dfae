"""The marks of points outside the limits."""

from __future__ import annotations

import numpy as np

from livemon.boards.beyond_marks import beyond, beyond_marks
from livemon.curves.curve import Curve

X = (0.0, 100.0)


def curve(y: np.ndarray, log: bool = False) -> Curve:
    made = Curve((0.0, float(len(y))), 100, log=log)
    made.extend(np.arange(len(y), dtype=float), y)
    return made


def test_what_is_outside_is_marked_with_its_value() -> None:
    """A point above the limits stands at the top edge, one below at the bottom, with value and place; what is inside
    has no mark."""
    y = np.ones(100)
    y[20], y[70] = 50.0, -30.0
    marks = beyond_marks([beyond(curve(y), X, (0.0, 2.0))], ["green"], X, (0.0, 2.0), "step")
    assert [(mark.x, mark.edge, mark.text, mark.colour) for mark in marks] == [
        (20.0, "top", "50 at step 20", "green"), (70.0, "bottom", "-30 at step 70", "green")]


def test_of_many_the_most_extreme_are_marked() -> None:
    """Where points are outside all over, three marks stand for them, the furthest first."""
    y = np.where(np.arange(100) % 10 == 5, 100.0 + np.arange(100), 1.0)
    marks = beyond_marks([beyond(curve(y), X, (0.0, 2.0))], ["blue"], X, (0.0, 2.0), "step")
    assert [mark.x for mark in marks] == [95.0, 85.0, 75.0]


def test_what_a_log_axis_cannot_show_is_marked_below() -> None:
    """A 0 on a logarithmic axis stands at its bottom edge."""
    y = np.ones(100)
    y[50] = 0.0
    marks = beyond_marks([beyond(curve(y, log=True), X, (0.5, 2.0))], ["blue"], X, (0.5, 2.0), "step")
    assert [(mark.x, mark.edge) for mark in marks] == [(50.0, "bottom")]


def test_of_each_curve_a_few_points_are_kept() -> None:
    """Of the points of a curve outside the limits the most extreme one of each part of the axis is enough, whether all
    of its points are at hand or only the thinned ones; the marks of many curves are made of these."""
    y = np.where(np.arange(3200) % 2 == 0, 3.0 + np.arange(3200) % 200, 1.0)
    few = np.where(np.arange(3200) % 400 == 399, y[398], 1.0)
    for values, most in ((y, 16), (few, 8)):
        x = (0.0, 3200.0)
        kept = beyond(curve(values), x, (0.0, 2.0))
        assert len(kept) == most and {value for _, _, value in kept} == {values.max()}
        assert {mark.edge for mark in beyond_marks([kept] * 3, ["blue"] * 3, x, (0.0, 2.0), "step")} == {"top"}
