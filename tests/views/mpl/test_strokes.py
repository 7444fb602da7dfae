"""Dense curves as upright strokes."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from livemon.views.mpl import strokes as strokes_module
from livemon.views.mpl.strokes import FastLine, strokes


def test_strokes_keep_every_extreme() -> None:
    """A spike of one point is as high in the strokes as in the curve, and no stroke reaches beyond the curve."""
    x, y = np.linspace(0, 100, 5000), np.sin(np.linspace(0, 60, 5000))
    y[1234], y[4321] = 40.0, -30.0
    found = strokes(x, y, 0, 100, 300)
    assert found is not None
    assert len(found.at) <= 301
    assert (found.high.max(), found.low.min()) == (40.0, -30.0)
    at = int(np.argmax(found.high))
    assert abs(found.at[at] - x[1234]) <= 100 / 300


def test_strokes_leave_no_gap_in_steep_parts() -> None:
    """Neighbouring strokes of a connected curve touch, however steep it is; a gap in the curve stays one."""
    x = np.linspace(0, 100, 2000)
    y = np.where(x < 50, 0.0, 10.0)
    found = strokes(x, y, 0, 100, 200)
    assert found is not None
    assert np.all(np.maximum(found.low[:-1], found.low[1:]) <= np.minimum(found.high[:-1], found.high[1:]))
    y[(x > 20) & (x < 30)] = np.nan
    gapped = strokes(x, y, 0, 100, 200)
    assert gapped is not None
    inside = (gapped.at > 21) & (gapped.at < 29)
    assert np.isnan(gapped.low[inside]).all()


def test_sparse_curves_stay_lines() -> None:
    """A curve with about a point in each column is no strokes."""
    assert strokes(np.arange(100.0), np.arange(100.0), 0, 100, 300) is None


@pytest.mark.parametrize("dpi", [60, 300])
def test_a_curve_in_pieces_looks_the_same(dpi: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pale curve that is drawn in pieces has nowhere another colour than one that is drawn at once."""
    random, shown = np.random.default_rng(3), []
    y = random.normal(0, 1, 3000)
    y[1000:1010] = np.nan
    for most in (800, 10**9):
        monkeypatch.setattr(strokes_module, "_LONG", most)
        figure = Figure((4, 2), dpi=dpi)
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
        axes.set(xlim=(-100, 2500), ylim=(-2, 2))
        axes.add_line(FastLine(np.arange(3000.0), y, color=(0, 0.3, 1, 0.34), linewidth=0.8))
        canvas.draw()
        shown.append(np.asarray(canvas.buffer_rgba()).astype(np.int64))
    assert np.abs(shown[0] - shown[1]).max() <= 2
