"""NaN and infinities of a metric."""

from __future__ import annotations

import numpy as np

from livemon.boards.bad_values import BadValues


def test_counts_and_marks() -> None:
    """Each kind is counted, and marked once at each place of the axis; the first of all is remembered."""
    bad = BadValues()
    bad.add(np.array([3.0, 3.1, 3.2, 90.0]), np.array([np.nan, np.nan, np.inf, -np.inf]))
    assert (bad.nan_count, bad.inf_count, bad.count, bad.first_x) == (2, 2, 4, 3.0)
    assert [(x, str(y)) for x, y in bad.marks((0.0, 100.0), 10)] == [(3.0, "nan"), (3.2, "inf"), (90.0, "-inf")]


def test_marks_stay_bounded() -> None:
    """However many values are bad, what is kept does not grow without end."""
    bad = BadValues()
    for start in range(0, 10_000, 100):
        bad.add(np.arange(start, start + 100.0), np.full(100, np.nan))
        marks = bad.marks((0.0, 10_000.0))
    assert len(bad.points) <= 4 * 120 + 200 and len(marks) <= 121 and bad.nan_count == 10_000
