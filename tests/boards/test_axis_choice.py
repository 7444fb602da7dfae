"""Limits of x and y, and a logarithmic x, in panels of several curves."""

from __future__ import annotations

import numpy as np
import pytest

from livemon.boards.axis_choice import AxisChoice, log_traces, with_axes
from livemon.boards.model import Panel
from livemon.boards.overlay import overlay
from livemon.boards.traces import Trace, TraceStyle, pick_colours

X = np.arange(0.0, 1001.0, 10.0)
TRACES = [Trace("a", X, 100 - X / 20), Trace("b", X, 10 + X / 200)]


def panel(choice: AxisChoice, traces: list[Trace] = TRACES) -> Panel:
    labels = [trace.label for trace in traces]
    drawn = log_traces(traces) if choice.log_x else traces
    style = TraceStyle(pick_colours(labels, labels), smooth=0.0, linear=("acc",), pixels=choice.columns(drawn, 2000))
    return with_axes(overlay("acc", drawn, "step", style), choice)


def test_lines_are_cut_at_the_limits_of_x() -> None:
    """Each line ends at the limits, at the height where it goes through them, and y is by what is left."""
    cut = panel(AxisChoice(x=(105.0, 295.0)))
    assert cut.x_limits == (105.0, 295.0)
    for line, ends in zip(cut.lines, ((100 - 105 / 20, 100 - 295 / 20), (10 + 105 / 200, 10 + 295 / 200)), strict=True):
        assert (line.x[0], line.x[-1], line.y[0], line.y[-1]) == pytest.approx((105, 295, *ends))
        assert len(line.x) == 2 + 19  # 110, 120, ... 290
    assert 5 < cut.y_limits[0] < 10.5 and 94.75 < cut.y_limits[1] < 100
    assert panel(AxisChoice(x=(None, 300.0))).x_limits == (0.0, 300.0)


def test_a_stretch_has_every_point() -> None:
    """A short stretch of a long curve is not thinned by the whole curve's columns."""
    x = np.arange(200_000.0)
    trace = Trace("long", x, np.sin(x))
    line = panel(AxisChoice(x=(1000.0, 1500.0)), [trace]).lines[0]
    assert np.array_equal(line.x, x[1000:1501]) and np.array_equal(line.y, np.sin(x[1000:1501]))


def test_limits_of_y() -> None:
    """Limits of y are as chosen; an end that is left open is by the data."""
    chosen, usual = panel(AxisChoice(y=(20.0, None))), panel(AxisChoice())
    assert chosen.y_limits == (20.0, usual.y_limits[1]) and panel(AxisChoice(y=(0.0, 200.0))).y_limits == (0.0, 200.0)


def test_a_logarithmic_x() -> None:
    """On a logarithmic x the points are where they were logged, those at 0 left out, and the limits hold the data."""
    made = panel(AxisChoice(log_x=True))
    assert made.x_scale == "log" and made.x_limits == pytest.approx((10.0, 1000.0))
    assert made.lines[0].x == pytest.approx(X[1:]) and made.lines[0].y == pytest.approx(100 - X[1:] / 20)
    part = panel(AxisChoice(x=(100.0, 500.0), log_x=True))
    assert part.x_limits == pytest.approx((100.0, 500.0)) and part.lines[0].x[[0, -1]] == pytest.approx([100.0, 500.0])


def test_nothing_between_the_limits_is_said() -> None:
    """Where no point is within the limits the panel says so."""
    assert panel(AxisChoice(x=(5000.0, 6000.0))).message == "no point between these limits of x"
