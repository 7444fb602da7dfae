"""The moving average, and the weight that suits a curve."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livemon.curves.smoothing import Ema, smoothing_weight, weight_of_span

Cut = Callable[[np.ndarray, list[int]], list[np.ndarray]]
Smoothed = Callable[[list[float], float], list[float]]
FINITE = st.floats(-1e6, 1e6, allow_nan=False, allow_subnormal=False)


@given(st.lists(FINITE, min_size=1, max_size=300), st.floats(0.01, 0.99), st.lists(st.integers(0, 300), max_size=4))
def test_ema_is_tensorboards_in_any_cut(
    cut: Cut, tensorboard: Smoothed, y: list[float], weight: float, pieces: list[int]
) -> None:
    """The smoothed values are those of TensorBoard's debiased average, however the points are cut into blocks."""
    ema = Ema(weight)
    out = np.concatenate([ema.add(part) for part in cut(np.array(y), pieces)])
    np.testing.assert_allclose(out, tensorboard(y, weight), rtol=1e-7, atol=1e-7 * max(map(abs, y)))


@given(st.integers(1, 3_000), st.lists(st.integers(0, 3_000), max_size=6), st.sampled_from([2.0, 8.0, 64.0, 512.0]))
@settings(max_examples=60)
def test_widening_is_the_same_in_any_cut(cut: Cut, count: int, pieces: list[int], points: float) -> None:
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


def test_a_huge_spike_is_felt_alike_in_any_cut() -> None:
    """A spike of 1e30 fades in a long block as it does value by value: where its weight is 1e-20 it is still felt."""
    y = np.ones(400)
    y[0] = 1e30
    whole, pieces = Ema(0.6), Ema(0.6)
    np.testing.assert_allclose(whole.add(y), np.concatenate([pieces.add(y[i : i + 5]) for i in range(0, 400, 5)]))
