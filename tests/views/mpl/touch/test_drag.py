"""A drag of the mouse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from livemon.views.mpl.blitting import Blitter
from livemon.views.mpl.touch.drag import Drag

At = Callable[[str, float, float], tuple[float, float]]


def drag(blitter: Blitter, start: tuple[float, float], end: tuple[float, float], **known: bool) -> Drag:
    artists = blitter.painter.panels["loss"]
    assert artists.panel is not None and artists.space is not None
    return Drag(artists.panel, artists.space, start, end, **known)


def test_to_the_side_it_is_about_x_and_upwards_about_y(blitter: Blitter, at: At) -> None:
    """What it is between is in order, whichever way the hand went; Shift makes it about y."""
    start = at("loss", 600.0, 1.0)
    assert drag(blitter, start, at("loss", 200.0, 1.1)).values == pytest.approx((200.0, 600.0))
    up = drag(blitter, start, at("loss", 605.0, 2.5))
    assert up.is_about_y and up.values == pytest.approx((1.0, 2.5))
    assert drag(blitter, start, at("loss", 200.0, 1.1), shift=True).is_about_y


def test_a_hand_that_trembles_drags_nothing(blitter: Blitter, at: At) -> None:
    """A few points are a click."""
    x, y = at("loss", 600.0, 1.0)
    assert not drag(blitter, (x, y), (x + 3, y - 3)).is_meant
    assert drag(blitter, (x, y), (x + 9, y)).is_meant


def test_out_of_the_window_it_ends_at_the_axes(blitter: Blitter, at: At) -> None:
    """Wherever the pointer goes, the values are within the axes."""
    made = drag(blitter, at("loss", 600.0, 1.0), (1e6, 50.0))
    assert made.values[0] == pytest.approx(600.0)
    assert made.values[1] == pytest.approx(made.space.x[1])
    assert made.ends[1] == made.space.axes.right


def test_it_goes_on_where_the_axes_are_others(blitter: Blitter, at: At) -> None:
    """As the run goes on a drag begins at the value where it began, and ends where the pointer is on the axis that is
    seen."""
    made = drag(blitter, at("loss", 200.0, 1.0), at("loss", 600.0, 1.1))
    longer = replace(made.space, x=(made.space.x[0], 2 * made.space.x[1]))
    grown = made.on(longer)
    assert grown.values == pytest.approx((200.0, longer.x_from(made.end[0])))
    assert grown.ends[1] == made.end[0] and made.on(made.space) is made
