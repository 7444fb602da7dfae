"""How much a metric has changed lately."""

from __future__ import annotations

import math

import numpy as np
import pytest

from livemon.curves.recent_change import RecentChange, change_lately


@pytest.mark.parametrize(("values", "percent"), [
    ([10.0] * 10 + [5.0] * 10, 0.0),  # both tenths are 5
    ([10.0] * 18 + [5.0] * 2, -50.0),
    ([10.0] * 17 + [99.0] + [5.0] * 2, -100 * (1 - 5 / 54.5)),
    ([-2.0, -1.0], 50.0),
    ([4.0, 3.0, 1.5], -50.0),
    ([math.nan, 4.0, math.inf, 3.0], -25.0),
    ([4.0, 3.0, math.nan], None),
    ([0.0, 3.0], None),
    ([3.0], None),
    ([], None),
])  # fmt: skip
def test_medians_of_two_tenths_are_compared(values: list[float], percent: float | None) -> None:
    """The last tenth of the finite values, at least one, against the tenth before; None where that says nothing."""
    change = change_lately(np.array(values))
    assert change is None if percent is None else change == pytest.approx(percent)


@pytest.mark.parametrize("size", [1, 7, 1000, 50_000])
def test_values_that_come_in_parts_make_the_same_change(size: int) -> None:
    """However the values of a long run arrive, the number is that of all of them, close to that of every point."""
    values = np.exp(-np.arange(50_000) / 20_000)
    followed = RecentChange()
    for start in range(0, len(values), size):
        followed.add(values[start : start + size])
    exact = 100 * (np.median(values[-5000:]) / np.median(values[-10_000:-5000]) - 1)
    assert followed.percent == change_lately(values) == pytest.approx(exact, abs=0.1)


def test_the_largest_numbers_do_not_overflow() -> None:
    """A change between the largest numbers is a number."""
    with np.errstate(all="raise"):
        assert change_lately(np.array([-1e308] * 10 + [1e308] * 10)) == 0.0
        assert change_lately(np.array([-1e308, 1e308])) == 200.0
