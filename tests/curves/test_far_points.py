"""Which points of a curve are spikes."""

from __future__ import annotations

import numpy as np
import pytest

from livemon.curves.far_points import far_points


def test_one_point_far_above_its_neighbours_is_a_spike() -> None:
    """A single far point is found wherever it is, above and below, in curves of a few points and of many."""
    rng = np.random.default_rng(0)
    for count in (8, 40, 1000, 50_000):
        for place in (count // 3, count // 2, count - 2):
            for height in (30.0, -30.0):
                y = 2 + rng.normal(0, 0.1, count)
                y[place] += height
                assert far_points(y).tolist() == [place], (count, place, height)


def test_a_spike_may_take_some_points() -> None:
    """A rise that falls back within a few steps is found with each of its points that stands out."""
    y = 1 + np.random.default_rng(1).normal(0, 0.02, 5000)
    y[3000:3010] += np.linspace(5, 1, 10)
    assert far_points(y).tolist() == list(range(3000, 3010))


def test_a_curve_that_never_moves_but_once_has_a_spike() -> None:
    """Without any noise a single other value is a spike; the last digit of a float is none."""
    assert far_points(np.array([1.0, 1, 1, 1000, 1])).tolist() == [3]
    assert far_points(np.array([1.0, 1, 1, 1 + 1e-12, 1, 1, 1, 1])).tolist() == []


@pytest.mark.parametrize("count", [5, 12, 40, 300, 20_000])
def test_falls_rises_steps_and_schedules_are_no_spikes(count: int) -> None:
    """A curve that falls, rises, jumps to another level or follows a schedule has none, without noise and with."""
    at = np.arange(count)
    curves = {"1/t": 5 / (at + 1), "exp": np.exp(-at / 3), "line": at * 1.0,
              "step": np.where(at < count // 2, 1.0, 0.1),
              "warm-up and cosine": np.minimum(at / (count / 10), 1) * (1 + np.cos(np.pi * at / count))}
    for name, y in curves.items():
        assert far_points(y).tolist() == [], name


def test_noise_alone_has_hardly_any_spike() -> None:
    """Of 100 curves of normal, lognormal and Laplace noise around a falling loss, at most a few have a spike."""
    rng = np.random.default_rng(2)
    for draw in (lambda n: rng.normal(0, 0.1, n), lambda n: rng.lognormal(0, 0.5, n), lambda n: rng.laplace(0, 0.1, n)):
        with_spikes = sum(bool(len(far_points(3 / (1 + np.arange(n) / 50) + draw(n)))) for n in (50, 1000) * 50)
        assert with_spikes <= 5


def test_what_comes_often_is_no_spike() -> None:
    """Dips at every tenth step belong to the curve."""
    y = np.full(1000, 100.0) + np.random.default_rng(3).normal(0, 1, 1000)
    y[::10] = 20
    assert len(far_points(y)) == 0
