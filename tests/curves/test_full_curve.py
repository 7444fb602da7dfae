"""A curve at full resolution, cut to a stretch of x."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livemon.curves.curve import Curve
from livemon.curves.full_curve import FullCurve, WholePoints

NONE = np.empty(0), np.empty(0)


def full(y: np.ndarray, x: np.ndarray | None = None, weight: float = 0.0, **known: bool) -> FullCurve:
    curve = FullCurve(weight, False, **known)
    curve.update(WholePoints(np.arange(len(y)) if x is None else x, y, NONE))
    return curve


@pytest.mark.parametrize("kind", [np.int64, np.float64])
@given(low=st.floats(-10, 5000), width=st.floats(0.01, 5000), columns=st.integers(1, 300))
def test_a_stretch_is_what_all_its_points_give(kind: type, low: float, width: float, columns: int) -> None:
    """Of each pixel column the first, last, lowest and highest point: the same as of a curve of the points there."""
    x, y = np.arange(4000).astype(kind), np.random.default_rng(1).standard_normal(4000)
    limits = low, low + width
    made = full(y, x).stretch(limits, columns)
    inside = (x >= limits[0]) & (x <= limits[1])
    plain = Curve(limits, columns)
    plain.extend(x[inside].astype(np.float64), y[inside])
    for ours, theirs in zip(made.raw.polyline(), plain.raw.polyline(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_spike_of_one_point_is_found_by_zooming() -> None:
    """A single value among a million is in the whole curve, and stands alone in a stretch of 100."""
    y = np.zeros(1_000_000)
    y[654_321] = 7.0
    curve = full(y)
    for limits in ((0.0, 1e6), (600_000.0, 700_000.0), (654_300.0, 654_400.0)):
        x, values = curve.stretch(limits, 100).raw_line()
        assert x[values == 7.0].tolist() == [654_321]


@pytest.mark.parametrize("known", [{}, {"warm_up": True, "robust": True}])
def test_zooming_never_changes_the_shape(known: dict[str, bool]) -> None:
    """Each smoothed value in a stretch is the one that the whole curve has there, also as points come in pieces."""
    y = np.random.default_rng(2).standard_normal(20_000) + np.linspace(5, 0, 20_000)
    x = np.arange(20_000.0)
    whole = Curve((0.0, 20_000.0), 20_000, 0.99, **known)
    whole.extend(x, y)
    curve = FullCurve(0.99, False, **known)
    for end in (1, 7_000, 7_001, 20_000):
        curve.update(WholePoints(x[:end], y[:end], NONE))
    at, smoothed = curve.stretch((5_000.0, 5_200.0), 1000).main_line()
    assert at.tolist() == list(range(4_999, 5_202))  # and the points next to the stretch
    np.testing.assert_allclose(smoothed, whole.main_line()[1][4_999:5_202], rtol=1e-9)


def test_a_line_goes_on_to_the_points_outside() -> None:
    """Between two far points the line goes through the stretch; behind the last point there is none."""
    curve = full(np.array([1.0, 3.0]), np.array([0.0, 100.0]))
    made = curve.stretch((40.0, 60.0), 100)
    assert [part.tolist() for part in made.main_line()] == [[0.0, 100.0], [1.0, 3.0]]
    assert made.last == (0.0, 1.0)
    assert curve.stretch((200.0, 300.0), 100).last is None


def test_a_gap_stays_a_gap() -> None:
    """Where a point between could not be drawn, also between the stretch's end and the next point, the line is cut."""
    curve = FullCurve(0.0, False)
    curve.update(WholePoints(np.array([0.0, 10.0, 20.0]), np.ones(3), (np.array([5.0]), np.array([np.nan]))))
    x, y = curve.stretch((7.0, 30.0), 100).raw_line()
    assert x.tolist() == [0.0, 5.0, 10.0, 20.0]
    assert np.isnan(y).tolist() == [False, True, False, False]


def test_what_a_logarithmic_axis_cannot_show_is_marked() -> None:
    """A 0 in the stretch is no vertex, and is known as a point that only this axis cannot show."""
    curve = FullCurve(0.0, True)
    curve.update(WholePoints(np.array([0.0, 10.0]), np.ones(2), (np.array([5.0]), np.array([0.0]))))
    assert curve.stretch((0.0, 10.0), 100).not_positive == [(5.0, 0.0)]
