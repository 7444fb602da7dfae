from __future__ import annotations

import numpy as np
import pytest

from livemon.health.leap import LASTING, PAST, is_lasting_leap, surprises


def noisy(random: np.random.Generator, spread: float = 0.5) -> np.ndarray:
    """As many losses as are looked at, around 0.1, with a noise as wide as they are."""
    return np.asarray(0.1 * np.exp(random.normal(size=PAST + LASTING) * spread))


def test_points_that_are_high_together_are_a_leap(random: np.random.Generator) -> None:
    """Eight losses of six times the level are a leap in a noise in which single ones are four times as high; a
    single loss of that height, or eight of twice the level, are none."""
    values = noisy(random)
    assert not is_lasting_leap(values, 2.3)
    for times, count, expected in ((6.0, LASTING, True), (6.0, 1, False), (2.0, LASTING, False)):
        loss = values.copy()
        loss[-LASTING:] = 0.1
        loss[-count:] *= times
        assert is_lasting_leap(loss, 2.3) == expected, (times, count)
    assert values[:-LASTING].max() > 0.4


@pytest.mark.parametrize("length", [LASTING, 100, 103])
def test_too_few_points_show_no_leap(random: np.random.Generator, length: int) -> None:
    """With fewer than 96 points before them, points are never a leap."""
    values = noisy(random)[-length:]
    values[-LASTING:] = 5.0
    assert not is_lasting_leap(values, 2.3)


def test_a_rise_that_comes_again_is_no_leap(random: np.random.Generator) -> None:
    """Batches of a harder task that came before, as high, are no leap."""
    values = noisy(random)
    values[-LASTING:] *= 6
    values[120 : 120 + LASTING] *= 5
    assert not is_lasting_leap(values, 2.3)


def test_values_that_have_no_logarithm_are_no_leap(random: np.random.Generator) -> None:
    """Zero, a negative loss and NaN are not judged."""
    for value in (0.0, -0.1, np.nan, np.inf):
        values = noisy(random)
        values[-LASTING:] = 5.0
        values[50] = value
        assert not is_lasting_leap(values, 2.3)


def test_a_far_point_is_a_surprise_where_the_tail_is_thin(random: np.random.Generator) -> None:
    """Ten times the noise is a surprise in normal noise, and none in that of Student with one degree of freedom."""
    assert surprises(random.normal(size=160), 10.0)
    assert not surprises(random.standard_t(1, size=160), 10.0)
    assert surprises(random.normal(size=10), 0.1)  # nothing is known about the tail
