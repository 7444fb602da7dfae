"""Of every pixel column the points that colour its pixels, and an even sample."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from livemon.curves.smoothing import Ema
from livemon.curves.thinning import Sample, Thinner

Cut = Callable[[np.ndarray, list[int]], list[np.ndarray]]
FINITE = st.floats(-1e6, 1e6, allow_nan=False, allow_subnormal=False)


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
def test_thinning_is_m4_in_any_cut(
    cut: Cut, points: list[tuple[float, float]], pieces: list[int], columns: int
) -> None:
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


def test_sums_that_overflow_are_thinned_all_the_same() -> None:
    """Smoothed values that are no numbers, as sums of 1.7e308 and -1.7e308 are, stop no thinning of many columns."""
    x = np.arange(400.0)
    y = np.where(x < 200, 1.7e308, -1.7e308)
    with np.errstate(over="ignore", invalid="ignore"):
        smooth = Ema(0.9).add(y)
    thinner = Thinner((0.0, 400.0), 100)
    thinner.add(x, smooth)
    assert len(thinner.polyline()[0]) >= 100
