"""Attempts, smoothing, thinning and limits: pure arrays."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livemon.curves.attempts import attempt_starts, stitch, superseded_pieces
from livemon.curves.curve import Curve
from livemon.curves.limits import grown_limits, robust_range, tight_limits, x_limits
from livemon.curves.smoothing import Ema, smoothing_weight, weight_of_span
from livemon.curves.thinning import Sample, Thinner

FINITE = st.floats(-1e6, 1e6, allow_nan=False, allow_subnormal=False)
STEPS = st.lists(st.integers(0, 30), min_size=0, max_size=60).map(lambda steps: np.array(steps, float))


def cut(values: np.ndarray, pieces: list[int]) -> list[np.ndarray]:
    return np.split(values, sorted(place % (len(values) + 1) for place in pieces))


# Attempts


def test_attempt_starts_where_x_falls() -> None:
    """An attempt starts at the first point and wherever x falls; equal x goes on."""
    assert attempt_starts(np.array([1.0, 2, 2, 1, 5, 0])).tolist() == [0, 3, 5]
    assert attempt_starts(np.empty(0)).tolist() == []


def test_attempt_starts_at_a_border() -> None:
    """Another file starts an attempt although its x goes on rising."""
    assert attempt_starts(np.array([1.0, 2, 3, 4]), np.array([2])).tolist() == [0, 2]


@given(STEPS)
def test_stitch_keeps_what_no_later_attempt_overtakes(x: np.ndarray) -> None:
    """A point is kept if and only if no later attempt starts at or before its x; what is kept never falls."""
    starts = attempt_starts(x)
    attempt = np.searchsorted(starts, np.arange(len(x)), side="right")
    expected = [all(x[start] > x[i] for start in starts[attempt[i] :]) for i in range(len(x))]
    kept = stitch(x, starts)
    assert kept.tolist() == expected
    assert (np.diff(x[kept]) >= 0).all()


@given(STEPS)
def test_every_overtaken_point_is_in_one_piece(x: np.ndarray) -> None:
    """Kept points and superseded pieces together hold every point once, and x never falls within a piece."""
    y = np.arange(len(x), dtype=float)
    starts = attempt_starts(x)
    kept = stitch(x, starts)
    pieces = superseded_pieces(x, y, starts, kept)
    found = sorted([*y[kept].tolist(), *(value for _, part in pieces for value in part.tolist())])
    assert found == y.tolist()
    assert len(pieces) <= 9
    assert all((np.diff(part) >= 0).all() for part, _ in pieces)


# Smoothing


def tensorboard(y: list[float], weight: float) -> list[float]:
    last, out = 0.0, []
    for count, value in enumerate(y, 1):
        last = last * weight + (1 - weight) * value
        out.append(last / (1 - weight**count))
    return out


@given(st.lists(FINITE, min_size=1, max_size=300), st.floats(0.01, 0.99), st.lists(st.integers(0, 300), max_size=4))
def test_ema_is_tensorboards_in_any_cut(y: list[float], weight: float, pieces: list[int]) -> None:
    """The smoothed values are those of TensorBoard's debiased average, however the points are cut into blocks."""
    ema = Ema(weight)
    out = np.concatenate([ema.add(part) for part in cut(np.array(y), pieces)])
    np.testing.assert_allclose(out, tensorboard(y, weight), rtol=1e-7, atol=1e-7 * max(map(abs, y)))


@given(st.integers(1, 3_000), st.lists(st.integers(0, 3_000), max_size=6), st.sampled_from([2.0, 8.0, 64.0, 512.0]))
@settings(max_examples=60, deadline=None)
def test_widening_is_the_same_in_any_cut(count: int, pieces: list[int], points: float) -> None:
    """A smoothing that warms up as points come gives the same however they are cut into blocks."""
    y = np.random.default_rng(count).standard_normal(count)
    weight = weight_of_span(points)
    whole, cut_up = Ema(weight, warm_up=True), Ema(weight, warm_up=True)
    np.testing.assert_allclose(
        np.concatenate([cut_up.add(part) for part in cut(y, pieces)]), whole.add(y), rtol=1e-9, atol=1e-12)


def test_a_bad_start_is_not_trailed_along() -> None:
    """Where a loss falls from 33 the line that warms up stays at the curve, and ends as one that was wide at once."""
    steps = np.arange(4_000.0)
    truth = 3.0 + 30.0 / (1.0 + steps / 4.0)
    y = truth + 0.2 * np.random.default_rng(0).standard_normal(4_000)
    wide, widening = (Ema(weight_of_span(64.0), warm_up=warm_up).add(y) for warm_up in (False, True))
    early = slice(5, 100)
    assert np.abs(widening - truth)[early].max() < 1.0 < np.abs(wide - truth)[early].max()
    np.testing.assert_allclose(widening[-100:], wide[-100:], rtol=1e-6)


def test_weight_zero_is_no_smoothing() -> None:
    """Weight 0 gives the points as they are."""
    assert Ema(0.0).add(np.array([1.0, 5.0])).tolist() == [1.0, 5.0]


def test_smoothing_skips_what_is_not_finite() -> None:
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


def noisy(count: int, noise: float) -> np.ndarray:
    """A loss that falls, with normal noise."""
    return 0.5 + 2.0 * np.exp(np.linspace(0, -5, count)) + noise * np.random.default_rng(1).standard_normal(count)


def span(weight: float) -> float:
    """Of the average with this weight, in points."""
    return (1 + weight) / (1 - weight)


def test_smoothing_follows_the_noise() -> None:
    """What has no noise is not smoothed, more noise is never smoothed less, and at most over a 32nd of the curve."""
    spans = [span(smoothing_weight(noisy(2_000, noise))) for noise in (0.0, 0.001, 0.01, 0.05, 0.2, 1.0)]
    assert spans == sorted(spans)
    assert spans[0] == 1.0 and spans[2] < spans[4]
    assert spans[-1] == pytest.approx(32.0)
    assert smoothing_weight(np.full(2_000, 3.0)) == 0.0 == smoothing_weight(np.zeros(2_000))


def test_smoothing_balances_noise_and_lag() -> None:
    """The smoothed line is nearer to the curve without its noise than with a span four times as wide, or as narrow."""
    truth, y = noisy(4_096, 0.0), noisy(4_096, 0.05)
    weight = smoothing_weight(y)

    def error(points: float) -> float:
        return float(np.sqrt(np.mean((Ema(weight_of_span(points)).add(y) - truth) ** 2)))

    assert error(span(weight)) < min(error(4 * span(weight)), error(span(weight) / 4))


def test_spikes_and_jumps_are_no_noise() -> None:
    """A few spikes do not change how a curve is smoothed, however high they are."""
    y = noisy(2_000, 0.02)
    spiked = y.copy()
    spiked[100::200] = 1e9
    assert smoothing_weight(spiked) == smoothing_weight(y)


def test_smoothing_changes_only_when_the_count_doubles() -> None:
    """The weight is the same from one power of two to the next, so smoothing everything anew stays rare."""
    y = noisy(9_000, 0.3)
    weights = [smoothing_weight(y[:count]) for count in range(1, 9_000, 7)]
    assert len(set(weights)) <= 8
    assert smoothing_weight(y[:127]) == 0.0 < smoothing_weight(y[:128])
    assert smoothing_weight(y[:4_096]) == smoothing_weight(y[:8_191])


def test_any_values_have_a_smoothing() -> None:
    """Values at the ends of what float64 can hold, constant or alternating, give a weight and no warning."""
    for y in (np.resize([1e308, -1e308], 500), np.resize([5e-324, 0.0], 500), np.resize([0.0, 0.0, 0.0, 1.0], 500)):
        assert 0.0 <= smoothing_weight(y) < 1.0
    assert smoothing_weight(np.geomspace(1e-300, 1e300, 500), log=True) == 0.0


# Thinning


def brute_m4(x: np.ndarray, y: np.ndarray, columns: int, limits: tuple[float, float]) -> set[tuple[int, float]]:
    column = np.clip((x - limits[0]) * (columns / (limits[1] - limits[0])), 0, columns - 1).astype(int)
    found = set()
    for one in np.unique(column):
        at = np.flatnonzero(column == one)
        for place in (at[0], at[-1], at[y[at].argmin()], at[y[at].argmax()]):
            found.add((int(place), float(y[place])))
    return found


@given(
    st.lists(st.tuples(st.floats(0, 100), FINITE), min_size=1, max_size=300),
    st.lists(st.integers(0, 300), max_size=5), st.integers(1, 40),
)
@settings(max_examples=200)
def test_thinning_is_m4_in_any_cut(points: list[tuple[float, float]], pieces: list[int], columns: int) -> None:
    """Of each pixel column the first, last, lowest and highest point stay, in order, however the points arrive."""
    points.sort(key=lambda point: point[0])
    x, y = np.array(points).T
    thinner = Thinner((0.0, 100.0), columns)
    for part_x, part_y in zip(cut(x, pieces), cut(y, pieces), strict=True):
        thinner.add(part_x, part_y)
    got_x, got_y = thinner.polyline()
    expected = sorted(brute_m4(x, y, columns, (0.0, 100.0)))
    assert got_y.tolist() == [value for _, value in expected]
    assert got_x.tolist() == x[[place for place, _ in expected]].tolist()
    assert len(got_x) <= 4 * columns


def test_a_spike_of_one_step_survives() -> None:
    """The highest of a million points is in the thinned line."""
    y = np.zeros(1_000_000)
    y[123_456] = 7.0
    thinner = Thinner((0, 1e6), 300)
    thinner.add(np.arange(1e6), y)
    x, thin = thinner.polyline()
    assert x[thin.argmax()] == 123_456
    assert thin.max() == 7.0


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


@given(st.lists(st.integers(0, 500), min_size=1, max_size=30))
def test_sample_is_every_kth_point(sizes: list[int]) -> None:
    """The sample is each k-th point from the first on, never more than its capacity, in any cut."""
    total = sum(sizes)
    values = np.arange(total, dtype=float)
    sample, start = Sample(64), 0
    for size in sizes:
        sample.add(values[start : start + size], values[start : start + size])
        start += size
    assert sample.y.tolist() == values[:: sample.stride].tolist()
    assert len(sample) <= 64
    assert sample.seen == total


# Limits


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


def test_whole_smoothed_line_is_wanted() -> None:
    """A rise that is too short for the quantiles but carries the smoothed line widens the range."""
    y = np.ones(10_000) + np.linspace(0, 0.1, 10_000)
    y[9_990:] = 1.15
    curve = Curve((0, 10_000), 100, weight=0.3)
    curve.extend(np.arange(10_000.0), y)
    assert (curve.wanted_range() or (0, 0))[1] > 1.14


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
