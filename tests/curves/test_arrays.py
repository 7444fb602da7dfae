"""Statistics of few values, quicker than NumPy's and the same."""

import numpy as np
import pytest

from livemon.curves.arrays import distinct, medians_of_rows, quantiles


@pytest.mark.parametrize("count", [1, 2, 3, 20, 101])
def test_quantiles_are_those_of_numpy_to_the_last_bit(count: int) -> None:
    """What NumPy calls the quantiles of some values is what is returned, also between two values and for equal ones."""
    random = np.random.default_rng(count)
    drawn = random.normal(size=count)
    for values in (drawn, np.round(drawn, 1), drawn * 1e-300):
        shares = (0.0, 0.05, 0.5, *random.random(5), 0.95, 1.0)
        assert quantiles(values, *shares) == np.quantile(values, shares).tolist()


@pytest.mark.parametrize("width", [1, 4, 7])
def test_medians_of_rows_are_those_of_numpy_to_the_last_bit(width: int) -> None:
    """What NumPy calls the median of each row is what is returned, for odd and even widths."""
    values = np.random.default_rng(width).normal(size=(32, width))
    assert medians_of_rows(values).tolist() == np.median(values, axis=1).tolist()


@pytest.mark.parametrize("values", [[], [3], [3, 1, 3, 2, 1], [2.5, -0.0, 0.0, np.inf]])
def test_distinct_values_are_those_of_numpy(values: list[float]) -> None:
    """Each value comes once, the lowest first."""
    assert distinct(np.array(values)).tolist() == np.unique(values).tolist()
