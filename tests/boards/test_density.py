"""Very many curves as their median and two bands."""

from __future__ import annotations

import numpy as np

from livemon.boards.density import density
from livemon.boards.overlay import overlay
from livemon.boards.traces import Trace, TraceStyle, pick_colours


def test_the_bands_are_the_quantiles_of_the_curves() -> None:
    """The line is the median, the bands reach from the 5th to the 95th and from the 25th to the 75th percentile, of the
    curves that are there at an x; where fewer than five are there is nothing."""
    random = np.random.default_rng(1)
    x, values = np.arange(30.0), random.standard_normal((80, 30))
    curves = [(x, one) for one in values[:-4]] + [(np.arange(40.0), np.append(one, np.ones(10))) for one in values[-4:]]
    made = density("loss", curves, "80 runs")
    assert made is not None
    line, (wide, narrow) = made
    assert np.array_equal(line.x, x) and line.label == "median"
    for got, share in ((line.y, 50), (wide.low, 5), (wide.high, 95), (narrow.low, 25), (narrow.high, 75)):
        assert np.allclose(got, [np.percentile(column, share) for column in values.T])
    assert wide.text == narrow.text == "median, half and 90 % of 80 runs"
    assert density("loss", curves[:4], "4 runs") is None


def test_sixty_runs_are_a_density_with_the_best_in_colour() -> None:
    """In a panel of sixty curves the best six are lines in colour, and no other curve is a line of its own; a run that
    ends as NaN keeps its mark; of fifty each is a line."""
    x, labels = np.arange(20.0), [f"r{number}" for number in range(60)]
    traces = [Trace(label, x, 1 + number / 60 + 1 / (x + 1)) for number, label in enumerate(labels)]
    traces[59].y[15:] = np.nan
    style = TraceStyle(pick_colours(labels, labels), smooth=0.0)
    panel = overlay("loss", traces, "step", style)
    assert [line.label.split()[0] for line in panel.lines] == ["median", *labels[:6]] and len(panel.bands) == 2
    assert [mark.kind for mark in panel.marks if mark.text.startswith("r59")] == ["nan"]
    assert "60 runs, the best 6 in colour, grey: median, half and 90 % of all" in panel.note
    few = overlay("loss", traces[:50], "step", style)
    assert len(few.lines) == 50 and not few.bands
