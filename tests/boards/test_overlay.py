"""One panel of several runs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livemon.analysis.run_set.points import Points
from livemon.analysis.statistics.groups import group_curve
from livemon.boards.model import Panel
from livemon.boards.overlay import overlay
from livemon.boards.traces import Trace, TraceStyle, pick_colours


def trace(label: str, y: list[float], **more: Any) -> Trace:
    return Trace(label, np.arange(len(y), dtype=float), np.array(y, float), **more)


def style(*labels: str) -> TraceStyle:
    return TraceStyle(pick_colours(labels, labels))


def test_few_runs_have_a_colour_and_a_label_each() -> None:
    """Up to ten runs have a colour and a label with their last value each; of more the best have, the others are grey
    and behind."""
    few = overlay("loss", [trace("a", [2, 1]), trace("b", [3, 2])], "step", style("a", "b"))
    assert [(line.colour, line.label) for line in few.lines] == [("blue", "a 1.000"), ("orange", "b 2.000")]
    labels = [f"r{place}" for place in range(50)]
    traces = [trace(label, [2, 1.0 + place]) for place, label in enumerate(labels)]
    many = overlay("loss", traces, "step", style(*labels))
    assert [line.label.split()[0] for line in many.lines if line.label] == labels[:6]
    assert sum(line.colour == "grey" for line in many.lines) == 44
    assert many.lines[0].colour == "grey" and "50 runs, the best 6 in colour" in many.note


def test_a_metric_without_data_is_said_in_its_panel() -> None:
    """Where no run has the metric, or none a finite value, the panel says which; runs without one are counted."""
    assert overlay("loss", [trace("a", [])], "step", style("a")).message == "no data"
    assert overlay("loss", [trace("a", [math.nan])], "step", style("a")).message == "no finite value in 1 run"
    panel = overlay("loss", [trace("a", [1, 2]), trace("b", [math.nan])], "step", style("a", "b"))
    assert panel.warning == "1 run without a finite value"


def test_a_run_that_ends_as_nan_says_so() -> None:
    """A run that diverged has a mark where that began, and NaN at its end instead of its last good value."""
    panel = overlay("loss", [trace("a", [3, 2, math.nan, math.nan])], "step", style("a"))
    assert [(mark.kind, mark.x) for mark in panel.marks] == [("nan", 2.0)]
    assert panel.lines[-1].label == "a NaN"


def test_from_here_is_said_only_where_it_stays_so() -> None:
    """A NaN in the middle of a run is marked where it was, and counted; "from here" is where the last finite value was
    followed by none, also where there was a NaN before."""
    middle = overlay("loss", [trace("a", [3, math.nan, 2, math.inf, 1])], "step", style("a"))
    assert [(mark.kind, mark.x, mark.text) for mark in middle.marks] == [("nan", 1.0, "a: nan (2 of 5 points)")]
    end = overlay("loss", [trace("a", [3, math.nan, 2, -math.inf, math.nan])], "step", style("a"))
    assert [(mark.kind, mark.x, mark.text, mark.edge) for mark in end.marks] == [
        ("inf", 3.0, "a: inf from here", "bottom")]


def test_one_outlier_flattens_nothing() -> None:
    """One run far above all others does not decide the limits; it is marked at the edge with its value."""
    traces = [trace(f"r{place}", [2.0, 1.0 + place / 10]) for place in range(6)] + [trace("bad", [-1.0, 900.0])]
    panel = overlay("loss", traces, "step", style(*(one.label for one in traces)))
    assert panel.y_limits[1] < 20
    assert [mark.text for mark in panel.marks if mark.kind == "beyond"] == ["bad 900"]


def test_axes_by_what_is_measured() -> None:
    """Perplexities are on a logarithmic axis, also what spans decades; with a 0 in it nothing is."""
    assert overlay("perplexity", [trace("a", [30, 20])], "step", style("a")).y_scale == "log"
    assert overlay("learning_rate", [trace("a", [1e-3, 2e-3])], "step", style("a")).y_scale == "linear"
    assert overlay("learning_rate", [trace("a", [1.0, 0.1, 0.01, 0.001])], "step", style("a")).y_scale == "log"
    assert overlay("loss", [trace("a", [1e4, 100, 1])], "step", style("a")).y_scale == "log"
    assert overlay("learning_rate", [trace("a", [0, 1e-3])], "step", style("a")).y_scale == "linear"
    assert overlay("loss", [trace("a", [3, 2, 1])], "step", style("a")).y_scale == "linear"


def test_a_constant_and_one_point() -> None:
    """A constant and a single point have limits around them, and are drawn."""
    for y in ([2.0, 2.0], [2.0]):
        panel = overlay("loss", [trace("a", y)], "step", style("a"))
        assert panel.y_limits[0] < 2.0 < panel.y_limits[1] and panel.x_limits[0] < panel.x_limits[1] and panel.lines


def test_a_bad_start_flattens_nothing(tmp_path: Path) -> None:
    """Of many runs the first points, far above all others, lie outside; of few they are shown."""
    x = np.arange(400.0)
    traces = [Trace(f"r{place}", x, np.concatenate((np.full(6, 50.0), 3 - place / 20 + np.sin(x[6:]) / 10)))
              for place in range(20)]
    style = TraceStyle({trace.label: "blue" for trace in traces}, smooth=0.0)
    assert overlay("loss", traces, "step", style).y_limits[1] < 5
    assert overlay("loss", traces[:3], "step", style).y_limits[1] >= 50


def group_trace(label: str, *runs: list[float], **more: Any) -> Trace:
    made = [Points("loss", "step", np.arange(float(len(y))), np.array(y)) for y in runs]
    curve = group_curve(made, "mean", "t")
    return Trace(f"{label} ({curve.counts_in_words()})", curve.x, curve.middle, curve, label, **more)


def panel_of(*traces: Trace, **more: Any) -> Panel:
    return overlay("loss", traces, "step", style(*(one.label for one in traces)), band="95 % t interval", **more)


def test_some_end_early_only_where_some_do() -> None:
    """The note says how many runs groups have, and that some end early only where some do."""
    whole, short = [1.0, 2, 3, 4], [2.0, 3]
    notes = {
        "n = 2": [group_trace("a", whole, whole)],
        "n = 2, 1 from 2": [group_trace("a", whole, short), group_trace("b", whole, [2.0, 4])],
        "n = 2, some end early": [group_trace("a", whole, short)],
        "n = 2 to 3": [group_trace("a", whole, whole), group_trace("b", whole, whole, [9.0, 9, 9, 9])],
        "n = 2 to 3, some end early": [group_trace("a", whole, short), group_trace("b", whole, whole, whole)],
    }
    assert [panel_of(*traces).note for traces in notes.values()] == list(notes)


def test_groups_are_counted_as_groups() -> None:
    """Where there are more than ten groups the note counts groups, and so does the warning; the best three have bands,
    as more mix to grey."""
    traces = [group_trace(f"g{place}", [1.0, 2], [2.0, place]) for place in range(12)]
    panel = panel_of(*traces)
    assert panel.of == "group" and panel.note.startswith("12 groups, the best 6 in colour, 3 with bands")
    assert len(panel.bands) == 3
    nothing = Trace("bad", np.arange(2.0), np.full(2, math.nan), group_curve([]), "bad")
    assert panel_of(*traces[:2], nothing).warning == "1 group without a finite value"


def test_smoothing_is_said_first() -> None:
    """Whether and how much curves were smoothed stands first in the note, as views leave out last parts; and in a
    warning, too."""
    smoothed = group_trace("a", [1.0, 2], [2.0, 3], smooth=0.9)
    panel = panel_of(smoothed, note="mean")
    assert panel.smoothing == (0.9,) and panel.note == "smoothed (EMA 0.9) · mean · n = 2"
    noisy = trace("a", list(np.random.default_rng(0).normal(10, 1, 500)))
    assert overlay("loss", [noisy], "step", style("a")).note == "smoothed (EMA 0.78)"
    assert overlay("loss", [noisy, trace("b", [math.nan])], "step", style("a", "b")).warning.startswith("smoothed (")
    assert "smoothed" not in panel_of(group_trace("a", [1.0, 2], [2.0, 3])).note


def test_a_band_below_zero_on_a_logarithmic_axis() -> None:
    """A t band that reaches below 0 is drawn down to the end of a logarithmic axis, and the panel says so."""
    runs = [[100.0, 1.0, 0.01], [100.0, 9.0, 0.01]]
    panel = panel_of(group_trace("a", *runs))
    (band,) = panel.bands
    assert panel.y_scale == "log" and "band reaches below 0" in panel.note and band.text.endswith("reaches below 0")
    assert band.low[1] == panel.y_limits[0] and band.high[1] > 9
    assert band.low[2] == band.high[2] == pytest.approx(0.01)
    straight = overlay("accuracy", [group_trace("a", *runs)], "step", style("a (n = 2)"))
    assert straight.y_scale == "linear" and "below 0" not in straight.note and straight.bands[0].low[1] < 0


def test_the_spike_of_one_run_flattens_nothing_and_is_marked() -> None:
    """A spike of one run among five leaves the axis to the others, and stands at its edge with how many runs."""
    rng = np.random.default_rng(0)
    runs = [list(2 + rng.normal(0, 0.1, 1000)) for _ in range(5)]
    runs[2][500] = 4000.0
    panel = panel_of(group_trace("a", *runs))
    assert panel.y_limits[1] < 10
    assert [(mark.kind, mark.x, mark.edge, mark.text) for mark in panel.marks] == [
        ("beyond", 500.0, "top", "1 of 5 runs at 4,000")]


def test_a_run_that_ends_below_the_axis_is_marked() -> None:
    """A run whose last value is below the limits has a mark at the lower edge."""
    x = np.arange(400.0)
    y = 5 + np.sin(x)
    y[-1] = -900
    panel = overlay("score", [Trace("a", x, y)], "step", TraceStyle({"a": "blue"}, smooth=0.0))
    assert [(mark.kind, mark.edge, mark.text) for mark in panel.marks] == [("beyond", "bottom", "a -900")]


def test_a_band_that_nears_zero_leaves_the_curves_their_room() -> None:
    """On a logarithmic axis the curves have three fifths of the height and more, however far down a band reaches."""
    steps = np.geomspace(3000.0, 10.0, 60)
    wide = [1.4 * steps, 0.6 * steps, steps]  # the t interval of three is 1 +- 0.994 of the mean
    panel = panel_of(group_trace("a", *(list(one) for one in wide)))
    low, high = np.log10(panel.y_limits)
    middle = next(line for line in panel.lines if line.kind == "main")
    assert panel.y_scale == "log" and np.ptp(np.log10(middle.y)) > 0.6 * (high - low)
    assert panel.y_limits[0] < middle.y.min() / 1.4


def test_the_band_of_two_runs_flattens_nothing_and_is_marked() -> None:
    """Two runs that lie apart have a band 13 times as wide: curves and runs keep half of the axis, and a mark at each
    edge says how far the band goes. Where the band has room nothing is marked."""
    fall = 3.0 * 0.5 ** np.linspace(0, 3, 200)
    for share, edges in ((1.001, []), (1.6, ["bottom", "top"])):
        runs = [list(fall), list(share * fall)]
        panel = panel_of(group_trace("a", *runs))
        assert max(runs[1]) - min(runs[0]) > 0.43 * (panel.y_limits[1] - panel.y_limits[0])
        marks = [mark for mark in panel.marks if mark.kind == "beyond"]
        assert [mark.edge for mark in marks] == edges and all("band to" in mark.text for mark in marks)
