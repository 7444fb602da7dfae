"""Which points of a long curve matter for its picture."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from livemon.curves.extremes import Extremes


@given(st.integers(0, 3000), st.data())
def test_of_each_piece_the_four_points_are_among_them(count: int, data: st.DataObject) -> None:
    """However a curve came and is cut: the first, the last, the first lowest and the first highest point of each piece
    are among the points named, in order, and none twice."""
    y = np.random.default_rng(count).standard_normal(count).round(1)
    extremes = Extremes()
    for end in sorted(data.draw(st.lists(st.integers(0, count), max_size=4))):
        extremes.update(y[:end])
    extremes.update(y)
    ends = sorted(data.draw(st.lists(st.integers(0, count), min_size=2, max_size=12)))
    first, stop, borders = ends[0], ends[-1], np.unique([place for place in ends if ends[0] < place < ends[-1]])
    found = extremes.telling(first, stop, borders.astype(np.int64)).tolist()
    assert found == sorted(set(found))
    for begin, end in zip([first, *borders.tolist()], [*borders.tolist(), stop], strict=True):
        if begin < end:
            piece = y[begin:end]
            among = [place for place in found if begin <= place < end]
            assert {begin, end - 1} <= set(among)
            assert {begin + piece.argmin(), begin + piece.argmax()} <= set(among)


def test_of_a_long_piece_few_points_are_named() -> None:
    """A million points between two borders come down to four, and the blocks at the borders."""
    extremes = Extremes()
    y = np.sin(np.arange(1e6))
    extremes.update(y)
    assert len(extremes.telling(10, 999_990, np.array([500_000]))) < 4 * 64 + 8
