"""Single far points, and the smoothed line that must not follow them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livemon.curves.smoothing import Ema, smoothing_weight
from livemon.curves.spikes import SpikeClip

Cut = Callable[[np.ndarray, list[int]], list[np.ndarray]]
COUNT, AT = 3_000, 1_500


def loss(count: int = COUNT, noise: float = 0.03) -> np.ndarray:
    """A loss that falls, with normal noise."""
    return 0.5 + 2.0 * np.exp(np.linspace(0, -3, count)) + noise * np.random.default_rng(4).standard_normal(count)


def smoothed(y: np.ndarray) -> np.ndarray:
    """As a panel smooths it where no weight was asked for."""
    return Ema(smoothing_weight(y), warm_up=True, robust=True).add(y)


@pytest.mark.parametrize("height", [50.0, 1e9, -1e30, 1e308])
@pytest.mark.parametrize("length", [1, 2])
def test_a_spike_carries_nothing_away(height: float, length: int) -> None:
    """A spike of one or two points, however high, moves the smoothed line by less than the noise of the points."""
    y = loss()
    spiked = y.copy()
    spiked[AT : AT + length] = height
    assert np.abs(smoothed(spiked) - smoothed(y)).max() < 0.03


def test_a_shift_of_level_is_followed() -> None:
    """A change that lasts is the run's: from the third point on the line goes as it goes without any clipping."""
    y = loss()
    y[AT:] += 40.0
    clipped = SpikeClip().clip(y)
    assert np.flatnonzero(clipped != y).tolist() == [AT, AT + 1]
    plain = Ema(smoothing_weight(y), warm_up=True).add(y)
    np.testing.assert_allclose(smoothed(y)[AT + 200 :], plain[AT + 200 :], atol=0.1)


def test_a_divergence_is_followed() -> None:
    """A loss that blows up, each value a half more than the one before, is clipped at its first two points at most."""
    y = loss()
    y[AT:AT + 60] = y[AT - 1] * 1.5 ** np.arange(1, 61)
    clipped = SpikeClip().clip(y[: AT + 60])
    assert len(np.flatnonzero(clipped != y[: AT + 60])) <= 4
    assert clipped[AT + 59] == y[AT + 59]


@pytest.mark.parametrize("share", [0.02, 0.05, 0.3])
def test_sparse_rewards_keep_their_mean(share: float) -> None:
    """What happens again and again is the run: rewards of 0 and 1 keep their mean, but for a tenth of it at most."""
    rewards = (np.random.default_rng(2).random(20_000) < share).astype(float)
    assert SpikeClip().clip(rewards).mean() == pytest.approx(rewards.mean(), rel=0.1)


@pytest.mark.parametrize("shape", ["normal", "laplace", "smooth", "constant"])
def test_a_run_without_spikes_stays_as_it_is(shape: str) -> None:
    """Noise, heavy noise, a curve without noise and a constant one are not touched, but for one point in a thousand."""
    random = np.random.default_rng(5)
    noise = {"normal": random.standard_normal(COUNT), "laplace": random.laplace(size=COUNT)}.get(shape, np.zeros(COUNT))
    y = np.full(COUNT, 3.0) if shape == "constant" else loss(noise=0.0) + 0.1 * noise
    assert np.count_nonzero(SpikeClip().clip(y) != y) <= 3


@given(st.integers(1, 2_000), st.lists(st.integers(0, 2_000), max_size=12), st.integers(0, 3))
@settings(max_examples=80)
def test_it_is_the_same_in_any_cut(cut: Cut, count: int, pieces: list[int], kind: int) -> None:
    """Whatever the points are and however they come, those that are moved are the same, and moved alike."""
    random = np.random.default_rng(count)
    y = random.standard_normal(count) if kind < 2 else random.integers(0, 3, count).astype(float)
    y[random.random(count) < (0.005, 0.05, 0.01, 0.3)[kind]] *= 1e6
    whole, cut_up, single = SpikeClip(), SpikeClip(), SpikeClip()
    expected = whole.clip(y)
    assert np.array_equal(np.concatenate([cut_up.clip(part) for part in cut(y, pieces)]), expected)
    assert np.array_equal(np.concatenate([single.clip(y[at : at + 1]) for at in range(count)]), expected)


def test_the_points_that_came_are_not_changed() -> None:
    """The array that is handed in keeps its spike: it is drawn as it was logged."""
    y = loss()
    y[AT] = 1e9
    SpikeClip().clip(y)
    assert y[AT] == 1e9
