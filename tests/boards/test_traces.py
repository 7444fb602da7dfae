"""What tells the curves of several runs apart."""

from __future__ import annotations

import itertools

from livemon.boards.traces import TraceStyle, pick_colours


def test_more_than_four_curves_have_shapes() -> None:
    """Of more than four curves in colour those beside each other in the palette have different shapes; few are
    solid."""
    for count, shapes in ((4, 1), (5, 4), (10, 4)):
        labels = [f"r{place}" for place in range(count)]
        style = TraceStyle(pick_colours(labels, labels))
        dashes = [style.dash(label) for label in labels]
        assert len(set(dashes)) == shapes
        assert count == 4 or all(one != other for one, other in itertools.pairwise(dashes))
