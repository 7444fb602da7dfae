"""Where attempts begin, and what the newest leaves of them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from livemon.curves.attempts import arrange, stitch, superseded_pieces

STEPS = st.lists(st.integers(0, 30), min_size=0, max_size=60).map(lambda steps: np.array(steps, float))


def test_attempt_starts_where_x_falls() -> None:
    """An attempt starts at the first point and wherever x falls; equal x goes on."""
    assert arrange(np.array([1.0, 2, 2, 1, 2, 0])).starts.tolist() == [0, 3, 5]
    assert arrange(np.empty(0)).starts.tolist() == []


def test_attempt_starts_at_a_border() -> None:
    """Another file starts an attempt although its x goes on rising."""
    assert arrange(np.array([1.0, 2, 3, 4]), np.array([2])).starts.tolist() == [0, 2]


def test_late_points_are_put_in_order() -> None:
    """Points that come late stand in the order of their x within their attempt; equal ones as they were logged."""
    x = np.array([0.0, 1, 2, 4, 3, 5, 6, 7, 8, 8, 1, 2, 3])
    arranged = arrange(x)
    assert arranged.order is not None
    assert arranged.order.tolist() == [0, 1, 2, 4, 3, 5, 6, 7, 8, 9, 10, 11, 12]
    assert (arranged.starts.tolist(), arranged.late) == ([0, 10], 1)


@given(STEPS)
def test_stitch_keeps_what_no_later_attempt_overtakes(x: np.ndarray) -> None:
    """A point is kept if and only if no later attempt starts at or before its x; what is kept never falls."""
    order, starts, _ = arrange(x)
    x = x if order is None else x[order]
    attempt = np.searchsorted(starts, np.arange(len(x)), side="right")
    expected = [all(x[start] > x[i] for start in starts[attempt[i] :]) for i in range(len(x))]
    kept = stitch(x, starts)
    assert kept.tolist() == expected
    assert (np.diff(x[kept]) >= 0).all()


@given(STEPS)
def test_every_overtaken_point_is_in_one_piece(x: np.ndarray) -> None:
    """Kept points and superseded pieces together hold every point once, and x never falls within a piece."""
    y = np.arange(len(x), dtype=float)
    order, starts, _ = arrange(x)
    x = x if order is None else x[order]
    kept = stitch(x, starts)
    pieces = superseded_pieces(x, y, starts, kept)
    found = sorted([*y[kept].tolist(), *(value for _, part in pieces for value in part.tolist())])
    assert found == y.tolist()
    assert len(pieces) <= 9
    assert all((np.diff(part) >= 0).all() for part, _ in pieces)
