"""A curve that is made once and continued."""

from __future__ import annotations

import numpy as np

from livemon.boards.drawn_curve import CurveSettings, DrawnCurve
from livemon.boards.point_sources import AllPoints

SETTINGS = CurveSettings((0.0, 10.0), 100, 0.0, False)


def points(*xs: float) -> AllPoints:
    x = np.array(xs)
    return AllPoints(x, x, np.zeros(1, np.int64), np.ones(len(x), np.bool_), None)


def refuse() -> AllPoints:
    raise AssertionError("the curve was made anew")


def test_new_points_continue_the_curve() -> None:
    """With the same settings only new points are added; nothing is read again."""
    drawn = DrawnCurve()
    drawn.at(SETTINGS, lambda: points(1, 2))
    drawn.add(np.array([3.0]), np.array([3.0]))
    assert drawn.at(SETTINGS, refuse).raw_line()[0].tolist() == [1, 2, 3]


def test_other_settings_or_an_outdated_curve_read_again() -> None:
    """Other settings, or points that no longer count, make the curve anew, and what waited is not added twice."""
    drawn = DrawnCurve()
    drawn.at(SETTINGS, lambda: points(1, 2))
    drawn.add(np.array([3.0]), np.array([3.0]))
    wider = SETTINGS._replace(limits=(0.0, 20.0))
    assert drawn.at(wider, lambda: points(1, 2, 3)).raw_line()[0].tolist() == [1, 2, 3]
    drawn.outdate()
    assert drawn.curve is not None
    assert drawn.at(wider, lambda: points(1, 3)).raw_line()[0].tolist() == [1, 3]
    assert drawn.at(wider, refuse).raw_line()[0].tolist() == [1, 3]
