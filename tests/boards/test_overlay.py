"""One panel of several runs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from livemon.boards.overlay import Trace, TraceStyle, overlay, pick_colours, ranking


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
    """Learning rates and perplexities are on a logarithmic axis, also what spans decades; with a 0 in it nothing is."""
    assert overlay("learning_rate", [trace("a", [1e-3, 2e-3])], "step", style("a")).y_scale == "log"
    assert overlay("loss", [trace("a", [1e4, 100, 1])], "step", style("a")).y_scale == "log"
    assert overlay("learning_rate", [trace("a", [0, 1e-3])], "step", style("a")).y_scale == "linear"
    assert overlay("loss", [trace("a", [3, 2, 1])], "step", style("a")).y_scale == "linear"


def test_a_constant_and_one_point() -> None:
    """A constant and a single point have limits around them, and are drawn."""
    for y in ([2.0, 2.0], [2.0]):
        panel = overlay("loss", [trace("a", y)], "step", style("a"))
        assert panel.y_limits[0] < 2.0 < panel.y_limits[1] and panel.x_limits[0] < panel.x_limits[1] and panel.lines


def test_ranking_has_the_best_first() -> None:
    """Bars stand best first by the metric's direction, what is no number last."""
    rows = [("a", 2.0), ("b", math.nan), ("c", 1.0)]
    assert [row.label for row in ranking("x", rows, "loss", False, {}).rows] == ["c", "a", "b"]
    assert [row.label for row in ranking("x", rows, "acc", True, {}).rows] == ["a", "c", "b"]
    assert ranking("x", [], "loss", False, {}, message="nothing").message == "nothing"


def test_a_bad_start_flattens_nothing(tmp_path: Path) -> None:
    """Of many runs the first points, far above all others, lie outside; of few they are shown."""
    x = np.arange(400.0)
    traces = [Trace(f"r{place}", x, np.concatenate((np.full(6, 50.0), 3 - place / 20 + np.sin(x[6:]) / 10)))
              for place in range(20)]
    style = TraceStyle({trace.label: "blue" for trace in traces}, smooth=0.0)
    assert overlay("loss", traces, "step", style).y_limits[1] < 5
    assert overlay("loss", traces[:3], "step", style).y_limits[1] >= 50
