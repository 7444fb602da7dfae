"""One metric made ready to draw: its gaps, what a log axis does, and the range that it wants."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from livemon.curves.curve import Curve


def test_smoothing_skips_what_is_not_finite(tensorboard: Callable[[list[float], float], list[float]]) -> None:
    """One infinity does not make the rest of the smoothed line infinite."""
    curve = Curve((0, 10), 100, weight=0.5)
    curve.extend(np.arange(5.0), np.array([1.0, np.inf, 2.0, np.nan, 3.0]))
    _, y = curve.main_line()
    np.testing.assert_allclose(y[np.isfinite(y)], tensorboard([1, 2, 3], 0.5))


def test_log_axis_smooths_the_logarithm() -> None:
    """On a log axis a first value of 2e14 is forgotten as fast as it fades on the axis, not 8,000 points later."""
    curve = Curve((0, 200), 400, weight=0.9, log=True)
    y = np.array([2e14] + [20.0] * 150)
    curve.extend(np.arange(151.0), y)
    assert curve.main_line()[1][-1] == pytest.approx(20.0, rel=1e-3)


def test_gap_where_a_point_is_not_finite() -> None:
    """The raw line is broken where a NaN was logged, and NaN is no vertex elsewhere."""
    curve = Curve((0, 10), 1000)
    curve.extend(np.arange(5.0), np.array([1.0, 2.0, np.nan, 3.0, 4.0]))
    x, y = curve.raw_line()
    assert x.tolist() == [0, 1, 2, 3, 4]
    assert np.isnan(y).tolist() == [False, False, True, False, False]


def test_no_gap_at_the_ends() -> None:
    """NaN before the first and after the last finite point leaves no trace in the line."""
    curve = Curve((0, 10), 1000)
    curve.extend(np.arange(4.0), np.array([np.nan, 2.0, 3.0, np.nan]))
    assert curve.raw_line()[1].tolist() == [2.0, 3.0]


def test_what_a_log_axis_cannot_show_is_kept_apart() -> None:
    """On a log axis zero and below are no vertices; they are told, and count for the lowest value."""
    curve = Curve((0, 10), 1000, log=True)
    curve.extend(np.arange(4.0), np.array([1.0, 0.0, -2.0, 3.0]))
    assert curve.not_positive == [(1.0, 0.0), (2.0, -2.0)]
    assert curve.lowest == (2.0, -2.0)
    assert np.isfinite(curve.raw_line()[1]).sum() == 2


def test_whole_smoothed_line_is_wanted() -> None:
    """A rise that is too short for the quantiles but carries the smoothed line widens the range."""
    y = np.ones(10_000) + np.linspace(0, 0.1, 10_000)
    y[9_990:] = 1.15
    curve = Curve((0, 10_000), 100, weight=0.3)
    curve.extend(np.arange(10_000.0), y)
    assert (curve.wanted_range() or (0, 0))[1] > 1.14


def test_where_a_line_crosses_the_limits() -> None:
    """Between the points next to the limits; nothing where the line does not go on."""
    curve = Curve((10.0, 20.0), 100)
    curve.extend(np.array([12.0, 18.0]), np.array([1.0, 2.0]))
    assert curve.at_ends((10.0, 20.0)) == []
    curve.go_beyond([(np.array([8.0, 22.0]), np.array([3.0, 0.0]))], (np.empty(0), np.empty(0)))
    assert curve.at_ends((10.0, 20.0)) == [2.0, 1.0]
