"""Where a panel's values stand in the figure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livemon.boards.model import Line, Panel
from livemon.views.mpl.layout import Rect
from livemon.views.mpl.panel_space import end_of, is_log, space_of

RECT = Rect(50.0, 20.0, 200.0, 100.0)
MakePanel = Callable[..., Panel]


@given(st.floats(0, 1), st.booleans())
def test_values_stand_within_the_axes(share: float, log: bool) -> None:
    """A value between the limits stands within the axes, the limits at their edges; `x_from` is the reverse of
    `x_at`."""
    panel = Panel("p", "p", (10.0, 30.0), (1.0, 100.0), y_scale="log" if log else "linear")
    space = space_of(panel, RECT, 1.0)
    x, y = 10 + 20 * share, 1 + 99 * share
    assert RECT.left <= space.x_at(x) <= RECT.right and RECT.bottom <= space.y_at(y) <= RECT.top
    assert space.x_from(space.x_at(x)) == pytest.approx(x)
    assert (space.x_at(10), space.y_at(1), space.y_at(100)) == (RECT.left, RECT.bottom, RECT.top)


def test_logarithms() -> None:
    """On a logarithmic axis equal factors are equal distances; a value beyond the limits stands at the edge."""
    space = space_of(Panel("p", "p", (0.0, 1.0), (1.0, 100.0), y_scale="log"), RECT, 1.0)
    assert space.log_y and space.y_at(10) == pytest.approx(70)
    assert (space.y_at(0), space.y_at(1e9)) == (RECT.bottom, RECT.top)


def test_no_logarithm_of_zero() -> None:
    """Limits that reach down to 0 or below make the axis linear."""
    panel = Panel("p", "p", (0.0, 1.0), (0.0, 2.0), y_scale="log")
    assert not is_log(panel) and not is_log(replace(panel, y_limits=(-1.0, 2.0)))
    assert is_log(replace(panel, y_limits=(1e-9, 2.0)))


@pytest.mark.parametrize("limits", [(5.0, 5.0), (0.0, 0.0), (1e9, 1e9 + 1e-4)])
def test_limits_differ(limits: tuple[float, float]) -> None:
    """Limits that are the same, but for rounding, are widened, so that matplotlib does not choose others."""
    space = space_of(Panel("p", "p", limits, limits), RECT, 1.0)
    assert space.y[1] - space.y[0] >= 1 and space.x[1] > space.x[0]


def test_dots_have_room(panel_of: MakePanel) -> None:
    """The x axis of a line with dots ends half a dot later, so that the last one is whole."""
    line = Line("m", "points", np.arange(3.0), np.arange(3.0), "blue")
    with_dots = space_of(panel_of("p", lines=(line,)), RECT, 1.0)
    assert with_dots.x[1] > 1000 and space_of(panel_of("p"), RECT, 1.0).x == (0.0, 1000.0)


@pytest.mark.parametrize(
    ("y", "end"), [([1.0, 2.0], (1.0, 2.0)), ([1.0, np.nan], (0.0, 1.0)), ([np.nan, np.inf], None), ([], None)]
)
def test_ends(y: list[float], end: tuple[float, float] | None) -> None:
    """A line's end is its last finite point; a line without any has none."""
    assert end_of(Line("m", "main", np.arange(float(len(y))), np.array(y, float), "blue")) == end
