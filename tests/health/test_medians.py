from __future__ import annotations

import numpy as np
import pytest

from livemon.health.medians import Ordered, median, medians_of_rows, medians_of_stretches, stretches, upper_median


@pytest.mark.parametrize("values", [[], [3], [1, 9], [5, 1, 2]])
def test_median(values: list[float]) -> None:
    """The median is NumPy's; of nothing it is NaN."""
    expected = float(np.median(values)) if values else np.nan
    assert median(np.array(values, np.float64)) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("count", [1, 2, 3, 40, 41])
def test_upper_median(count: int, random: np.random.Generator) -> None:
    """The upper median is the higher of the two middle values, whatever is NaN beside them."""
    values = random.normal(size=count).tolist()
    assert upper_median([*values, np.nan, np.nan]) == sorted(values)[count // 2]
    assert np.isnan(upper_median([np.nan] * count))


def test_numbers_that_come_are_put_in_order(random: np.random.Generator) -> None:
    """Numbers are taken in once each, in order, whether few or many come; NaN is left out."""
    numbers, ordered = random.normal(size=60), Ordered()
    numbers[[3, 30]] = np.nan
    for stop in (2, 5, 5, 40, 60):
        assert ordered.take(numbers.tolist(), 1, stop) == sorted(x for x in numbers[1:stop].tolist() if x == x)


def test_the_medians_of_long_rows_are_those_of_short_ones() -> None:
    """Rows of any length have the median that NumPy finds, also with infinite values."""
    for width in (4, 5, 127, 128, 129, 500):
        values = np.random.default_rng(width).normal(size=(7, width))
        values[3, : width // 2 + 1] = np.inf
        assert medians_of_rows(values).tolist() == pytest.approx(np.median(values, axis=1).tolist())


def test_medians_of_stretches(random: np.random.Generator) -> None:
    """Each stretch has its own median, whatever the lengths of the others."""
    values, starts, stops = random.normal(size=50), np.array([0, 3, 10]), np.array([50, 4, 20])
    found = medians_of_stretches(*stretches(values, starts, stops))
    assert found.tolist() == pytest.approx([np.median(values), values[3], np.median(values[10:20])])
