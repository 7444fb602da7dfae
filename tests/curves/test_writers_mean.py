"""Several writers of one metric as one curve."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from livemon.curves.writers_mean import mean_over_writers

NAN = float("nan")


def mean(*points: tuple[float, float, float]) -> list[tuple[float, float]]:
    """Of points of x, y and writer."""
    x, y, by = (np.array(column, np.float64) for column in zip(*points, strict=True))
    return [(float(at), float(value)) for at, value in zip(*mean_over_writers(x, y, by), strict=True)]


def test_writers_at_the_same_steps() -> None:
    """Where all writers logged at each step, it is the mean of the step's values, whatever the order of rows."""
    random = np.random.default_rng(1)
    rows = pd.DataFrame({"step": np.repeat(np.arange(50), 4), "by": np.tile(np.arange(4.0), 50),
                         "y": random.normal(size=200)}).sample(frac=1, random_state=2)
    x, y = mean_over_writers(rows["step"].to_numpy(), rows["y"].to_numpy(), rows["by"].to_numpy())
    wanted = rows.groupby("step")["y"].mean()
    assert x.dtype == np.int64
    assert x.tolist() == wanted.index.tolist()
    assert y == pytest.approx(wanted.to_numpy())


def test_a_missing_row_is_no_spike() -> None:
    """A writer that left rows out counts on the line between its points, and one that is a row behind with its newest
    value: the curve does not jump."""
    first = [(x, 1.0, 0.0) for x in range(7)]
    second = [(0, 9.0, 1.0), (1, 9.0, 1.0), (4, 3.0, 1.0), (5, 3.0, 1.0)]
    assert mean(*first, *second) == [(0, 5), (1, 5), (2, 4), (3, 3), (4, 2), (5, 2), (6, 2)]


def test_writers_that_take_turns() -> None:
    """Writers that never log at one step, or at times of their own, are no zigzag."""
    even = [(x, 1.0, 0.0) for x in range(0, 20, 2)]
    odd = [(x, 3.0, 1.0) for x in range(1, 20, 2)]
    assert mean(*even, *odd) == [(0, 1), *((x, 2) for x in range(1, 20))]


def test_a_writer_that_stops() -> None:
    """A writer that stopped, and one that has not begun, does not count."""
    long = [(x, 1.0, 0.0) for x in range(10)]
    short = [(x, 3.0, 1.0) for x in range(3, 6)]
    assert mean(*long, *short) == [*((x, 1) for x in range(3)), *((x, 2) for x in range(3, 7)),
                                   *((x, 1) for x in range(7, 10))]  # fmt: skip


def test_what_is_not_finite() -> None:
    """A NaN is in the mean of its own step alone; an infinity and numbers at the end of the range raise nothing."""
    found = mean((0, 1, 0), (2, NAN, 0), (4, 1, 0), *((x, 3, 1) for x in range(6)))
    assert [value for x, value in found if x != 2] == [2, 3, 3, 2, 2]
    assert np.isnan(found[2][1])
    assert mean((0, float("inf"), 0), (0, 1, 1)) == [(0, float("inf"))]
    assert mean((-1.7e308, 1.7e308, 0), (1.7e308, 1.7e308, 0), (0, 1, 1))[0] == (-1.7e308, 1.7e308)


def test_the_newest_of_one_step() -> None:
    """Of two rows of a writer at one step the newest counts."""
    assert mean((0, 1, 0), (0, 5, 0), (0, 3, 1)) == [(0, 4)]
