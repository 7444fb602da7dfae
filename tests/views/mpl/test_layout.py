"""Where panels, summary, header and footer stand."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livemon.views.mpl.label_places import overlap
from livemon.views.mpl.layout import arrange, height_for

SIZES = [(1600, 900), (1200, 800), (800, 600), (3840, 2160), (500, 900), (300, 200), (90, 60)]


@pytest.mark.parametrize("size", SIZES)
@given(spans=st.lists(st.integers(1, 3), min_size=1, max_size=13), summary=st.booleans(), columns=st.integers(1, 4))
def test_nothing_overlaps_or_leaves_the_figure(
    size: tuple[int, int], spans: list[int], summary: bool, columns: int
) -> None:
    """At every size axes, summary, header and footer lie inside the figure and apart from each other."""
    width, height = size[0] * 0.72, size[1] * 0.72
    layout = arrange(width, height, spans, summary=summary, columns=columns)
    places = [layout.header, layout.footer, *layout.panels, *([layout.summary] if layout.summary else [])]
    boxes = [(place.left, place.bottom, place.right, place.top) for place in places]
    assert not any(overlap(one, other) for one, other in itertools.combinations(boxes[2:], 2))
    if height > 150:
        assert not any(overlap(edge, other) for edge in boxes[:2] for other in boxes[2:])
        assert all(box[0] >= 0 and box[2] <= width and box[1] >= 0 and box[3] <= height for box in boxes)
    assert 1 <= len(layout.panels) <= len(spans)


@pytest.mark.parametrize(("pixels", "columns"), [((1600, 900), 3), ((1200, 800), 3), ((800, 600), 2), ((450, 800), 1)])
def test_columns_follow_the_width(pixels: tuple[int, int], columns: int) -> None:
    """Three columns normally, two in a narrow figure, one in a very narrow one."""
    assert arrange(pixels[0] * 0.72, pixels[1] * 0.72, [2] + [1] * 8, summary=True, columns=3).columns == columns


def test_summary_stands_beside_the_first_panel() -> None:
    """The summary is as high as the first panel and stands at its right, in three columns and in two."""
    for width in (1152, 576):
        layout = arrange(width, 560, [2, 1, 1, 1], summary=True, columns=3)
        assert layout.summary is not None
        assert layout.summary.bottom == layout.panels[0].bottom
        assert layout.summary.left > layout.panels[0].right


@given(spans=st.lists(st.integers(1, 3), min_size=1, max_size=40), summary=st.booleans())
def test_natural_height_has_room_for_all(spans: list[int], summary: bool) -> None:
    """At its natural height a picture leaves no panel out."""
    height = height_for(1008, spans, summary=summary, columns=3)
    assert len(arrange(1008, height, spans, summary=summary, columns=3, scale=1.0).panels) == len(spans)
