"""A stretch of x: what its text means, and which part of an axis it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livemon.boards.lens.stretch import Stretch, can_be_drawn


@pytest.mark.parametrize(
    ("text", "stretch"),
    [
        ("1000:2000", Stretch(1000, 2000)), ("1,000:2,000", Stretch(1000, 2000)), ("-5:-1e-3", Stretch(-5, -0.001)),
        (":500", Stretch(high=500)), ("500:", Stretch(500)), ("last:10%", Stretch(last=10, percent=True)),
        ("last: 1_000", Stretch(last=1000)),
    ],
)
def test_what_a_text_means(text: str, stretch: Stretch) -> None:
    """Two ends with a colon between them, of which one may be left out; or the newest part."""
    assert Stretch.parse(text) == stretch
    assert Stretch.parse(str(stretch)) == stretch


@pytest.mark.parametrize("text", ["", ":", "7", "a:b", "2:1", "1:1", "last:", "last:0", "last:101%", "nan:1", "1:inf"])
def test_what_is_no_stretch(text: str) -> None:
    """A text that means no part of an axis is refused, and the message says what can be asked for."""
    with pytest.raises(ValueError, match=r"LOW:HIGH .* last:N or last:P%"):
        Stretch.parse(text)


@given(st.floats(-1e12, 1e12), st.floats(1e-3, 1e12))
def test_a_text_keeps_every_digit(low: float, width: float) -> None:
    """A stretch written as a text and read again is the same."""
    high = low + width
    if can_be_drawn(low, high):
        assert Stretch.parse(str(Stretch(low, high))) == Stretch(low, high)


@pytest.mark.parametrize(
    ("text", "ended", "limits"),
    [
        ("200:300", False, (200, 300)), ("200:", False, (200, 1000)), (":300", False, (0, 300)),
        ("2000:", False, (2000, 2001)), (":-5", False, (-6, -5)),
        ("last:10%", True, (837, 930)), ("last:100", True, (830, 930)),
        ("last:100", False, (825, 930)),
    ],
)
def test_which_part_of_an_axis_it_is(text: str, ended: bool, limits: tuple[float, float]) -> None:
    """Of an axis from 0 to 1,000 with points up to 930: an open end is the axis'; the newest part holds the newest
    point and goes on in steps of a twentieth, so it is up to a twentieth wider while the run goes on; a share is one of
    what the run has covered, not of the axis."""
    assert Stretch.parse(text).within((0.0, 1000.0), 930.0, ended) == limits


@pytest.mark.parametrize("percent", [False, True])
def test_the_newest_part_moves_in_steps(percent: bool) -> None:
    """While a run goes on the limits stay for a twentieth of the width, always hold what was asked for, and show hardly
    more of the run."""
    stretch, seen = Stretch(last=10 if percent else 1000, percent=percent), set()
    for newest in range(10_000, 11_000):
        low, high = stretch.within((0.0, 12_500.0), float(newest), ended=False)
        asked = 0.1 * newest if percent else 1000
        assert low <= newest - asked and newest <= high and newest - low <= 1.072 * asked
        seen.add((low, high))
    assert len(seen) <= 27


@pytest.mark.parametrize("text", ["0:1e-320", "-1e308:1e308", "1:1.0000000000000002"])
def test_a_stretch_that_no_axis_can_show(text: str) -> None:
    """Ends between which no axis can be drawn are refused, with both ends named."""
    with pytest.raises(ValueError, match="there is nothing between these ends"):
        Stretch.parse(text)
