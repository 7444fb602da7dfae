"""Places for labels."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from livemon.views.mpl.label_places import free_place, spread


@given(st.lists(st.floats(-50, 150), min_size=1, max_size=10))
def test_labels_are_spread(wanted: list[float]) -> None:
    """Labels keep their order, stand at least a height apart and inside, and stay where they want to where they can."""
    places = spread(wanted, 10, 0, 100)
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    for below, above in itertools.pairwise(order):
        assert places[above] - places[below] >= 10 - 1e-6
    assert min(places) >= 5 - 1e-6
    assert max(places) <= 95 + 1e-6
    if len(wanted) == 1:
        assert places[0] == min(max(wanted[0], 5), 95)


def test_free_place() -> None:
    """The first candidate that is inside and free is taken; none where there is none."""
    here, there = (0.0, 0.0, 2.0, 1.0), (5.0, 0.0, 7.0, 1.0)
    assert free_place([here, there], [(1.0, 0.0, 3.0, 1.0)], (0, 0, 10, 1)) == there
    assert free_place([here, there], [(1.0, 0.0, 3.0, 1.0)], (0, 0, 6, 1)) is None
