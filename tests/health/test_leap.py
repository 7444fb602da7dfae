from __future__ import annotations

import numpy as np
import pytest

from livemon.health.leap import LASTING, PAST, _are_high, is_lasting_leap, surprises

MOST = max(LASTING)


def noisy(random: np.random.Generator, spread: float = 0.5) -> np.ndarray:
    """As many losses as are looked at, around 0.1, with a noise as wide as they are."""
    return np.asarray(0.1 * np.exp(random.normal(size=PAST + MOST) * spread))


@pytest.mark.parametrize(("width", "spread"), [(8, 0.5), (3, 0.2)])
def test_points_that_are_high_together_are_a_leap(random: np.random.Generator, width: int, spread: float) -> None:
    """Losses of six times the level are a leap in a noise in which single ones lie far above it; a single loss of that
    height, or as many of twice the level, are none."""
    values = noisy(random, spread)
    assert not is_lasting_leap(values, 2.3, width)
    for times, count, expected in ((6.0, width, True), (6.0, 1, False), (2.0, width, False)):
        loss = values.copy()
        loss[-width:] = 0.1
        loss[-count:] *= times
        assert is_lasting_leap(loss, 2.3, width) == expected, (times, count)


def test_three_points_beyond_the_first_loss_are_a_leap(random: np.random.Generator) -> None:
    """Losses of words have a floor: three rows beyond the first loss stand out at 1.7 times the level; two do not."""
    values = noisy(random, 0.05)
    values[-3:] = 0.17
    assert is_lasting_leap(values, 0.13, 3) and not is_lasting_leap(values, 0.2, 3)
    values[-3] = 0.1
    assert not is_lasting_leap(values, 0.2, 3)


@pytest.mark.parametrize("length", [MOST, 100, 103])
def test_too_few_points_show_no_leap(random: np.random.Generator, length: int) -> None:
    """With fewer than 96 points before them, points are never a leap."""
    values = noisy(random)[-length:]
    values[-MOST:] = 5.0
    assert not is_lasting_leap(values, 2.3, MOST)


def test_a_rise_that_comes_again_is_no_leap(random: np.random.Generator) -> None:
    """Batches of a harder task that came before, as high, are no leap."""
    values = noisy(random)
    values[-MOST:] *= 6
    values[120 : 120 + MOST] *= 5
    assert not is_lasting_leap(values, 2.3, MOST)


def test_values_that_have_no_logarithm_are_no_leap(random: np.random.Generator) -> None:
    """Zero, a negative loss and NaN are not judged."""
    for value in (0.0, -0.1, np.nan, np.inf):
        values = noisy(random)
        values[-MOST:] = 5.0
        values[50] = value
        assert not is_lasting_leap(values, 2.3, MOST)


def test_a_far_point_is_a_surprise_where_the_tail_is_thin(random: np.random.Generator) -> None:
    """Ten times the noise is a surprise in normal noise, and none in that of Student with one degree of freedom."""
    assert surprises(random.normal(size=160), 10.0)
    assert not surprises(random.standard_t(1, size=160), 10.0)
    assert surprises(random.normal(size=10), 0.1)  # nothing is known about the tail


@pytest.mark.parametrize("seed", range(6))
def test_leaps_that_are_judged_together(seed: int) -> None:
    """Points that are told to be no leap at once, thousands together, are none when each is judged alone."""
    generator = np.random.default_rng(seed)
    losses = (2 / np.sqrt(np.arange(4000) + 1) + 0.05) * np.exp(0.3 * generator.standard_t(4, 4000))
    for start in generator.integers(300, 3900, 8):
        losses[start : start + 5] *= 30
    losses[generator.integers(0, 4000, 3)] = np.nan, -1, np.inf
    for width in LASTING:
        starts = np.arange(0, len(losses) - width + 1)
        alone = [bool(is_lasting_leap(losses[max(start - PAST, 0) : start + width], 2.3, width)) for start in starts]
        together = _are_high(losses, starts, width, 2.3)
        assert any(alone) and not (alone & ~together).any() and together.sum() < len(starts) / 2
