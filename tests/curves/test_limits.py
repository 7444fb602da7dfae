"""Limits of an axis: what they hold, and how seldom they move."""

from __future__ import annotations

import math

import numpy as np
import pytest

from livemon.curves.limits import grown_limits, robust_range, tight_limits, with_ends, x_limits


def test_robust_range_leaves_out_the_first_loss() -> None:
    """A first loss of 33 does not flatten thousands of values near 3."""
    y = np.concatenate(([33.0, 12.0], 3 + np.linspace(0, 1, 4000)))
    low, high = robust_range(y) or (0, 0)
    assert low == 3.0
    assert high < 5


def test_robust_range_keeps_all_of_few_values() -> None:
    """Of a handful of values each counts: nothing is left out but what lies thirty times as far away."""
    assert robust_range(np.array([0.44, 0.25, 0.22, 0.21, 0.205, 0.204])) == (0.204, 0.44)
    assert robust_range(np.array([1e6, 0.25, 0.22, 0.21, 0.205, 0.204])) == (0.204, 0.25)
    assert robust_range(np.array([np.nan, np.inf])) is None


def test_y_limits_stay_until_left_or_empty() -> None:
    """Limits of y stay while they hold the range and are filled to 60 %, else they are made anew with room."""
    first = grown_limits((1.0, 2.0), None, log=False)
    assert first[0] < 1.0
    assert first[1] > 2.0
    assert grown_limits((1.1, 2.0), first, log=False) == first
    assert grown_limits((1.0, 2.5), first, log=False)[1] > 2.5
    assert grown_limits((1.0, 1.3), first, log=False)[1] < 1.5


def test_a_spread_of_nothing_has_limits() -> None:
    """A constant gets room around it, on both kinds of axis, and nothing positive gets an axis below 0."""
    for value, log in ((0.0, False), (5.0, False), (1e-3, True)):
        low, high = tight_limits(value, value, log)
        assert low < value < high
    assert tight_limits(0.01, 3.0, log=False)[0] == 0.0


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (10, 42_210), (6010, 18_740), (-5, 3), (1.7e9, 1.7e9 + 50), (3, 3), (0, 0)])
def test_x_limits_hold_the_points(low: float, high: float) -> None:
    """Limits of x hold all points with at most a third to spare, live and after the end."""
    for ended in (False, True):
        left, right = x_limits(low, high, ended)
        assert left <= low <= high <= right
        assert left < right
        if high > low:
            assert right - left <= 1.34 * (high - low) + (low if 0 <= low <= 0.2 * high else 0.2 * (high - low))


def test_x_limits_grow_in_few_steps() -> None:
    """While a run grows to a million steps, the limits of x change less than a hundred times."""
    seen = {x_limits(0.0, float(high)) for high in range(1, 1_000_000, 77)}
    assert len(seen) < 100
    assert all(math.isfinite(right) for _, right in seen)


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("wanted", [(-1e308, 1e308), (1e308, 1e308), (5e-324, 1.7e308), (0.5, 1.7e308), (5e-324,) * 2])
def test_no_axis_is_longer_than_a_float64(wanted: tuple[float, float], log: bool) -> None:
    """Limits of values near the largest and the smallest float64 are finite, and so is what lies between them."""
    if log and wanted[0] <= 0:
        return
    fresh = tight_limits(*wanted, log)
    for low, high in (fresh, grown_limits(wanted, None, log), grown_limits(wanted, (1.0, 2.0), log)):
        assert low < high and math.isfinite(high - low)
        assert not log or low > 0
    assert grown_limits(wanted, fresh, log) == fresh


@pytest.mark.parametrize(("wanted", "ends", "log", "limits"), [
    ((1.0, 2.0), [1.5], False, (1.0, 2.0)), ((1.0, 2.0), [0.5, 2.5], False, (0.5, 2.5)),
    ((1.0, 2.0), [-9.0, 9.0], False, (0.0, 3.0)), ((1.0, 1.0), [9.0], False, (1.0, 9.0)),
    ((1.0, 10.0), [0.5, 1e6], True, (0.5, 100.0)), ((1.0, 2.0), [], False, (1.0, 2.0)),
])
def test_values_where_a_curve_enters_widen_a_range(
        wanted: tuple[float, float], ends: list[float], log: bool, limits: tuple[float, float]) -> None:
    """They are held as far as the range is twice as wide at each end; a range of one value takes all of them."""
    assert with_ends(wanted, ends, log) == pytest.approx(limits)
