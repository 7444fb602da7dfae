"""Figures for papers."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from livemon import ExperimentPlotter, MultiExperimentLoader
from livemon.analysis.run_set.points import Points
from livemon.analysis.statistics.groups import group_curve
from livemon.boards.comparison import ComparisonOptions
from livemon.boards.model import Panel, Row
from livemon.boards.overlay import overlay
from livemon.boards.traces import Trace, TraceStyle, pick_colours
from livemon.views import style
from livemon.views.mpl import text
from livemon.views.mpl.paper import draw_into, paper_figure


@pytest.mark.parametrize("form", ["pdf", "svg", "png"])
def test_a_figure_for_a_paper(make_runs: Callable[..., list[Path]], form: str, tmp_path: Path) -> None:
    """A figure for a paper is as wide as asked for, has no title, axis labels, and in PDF fonts of Type 42 only."""
    plotter = ExperimentPlotter(MultiExperimentLoader(make_runs(tmp_path, 3)), tmp_path / "out")
    figure = plotter.paper_figure(["train_loss"], tmp_path / f"fig.{form}", width=3.25)
    assert figure.get_size_inches()[0] == 3.25
    axes = figure.axes[0]
    assert (axes.get_title(), axes.get_xlabel(), axes.get_ylabel()) == ("", "step", "train loss")
    data = (tmp_path / f"fig.{form}").read_bytes()
    if form == "pdf":
        assert b"/Type3" not in data and b"/CIDFontType2" in data


def test_logarithmic_ticks_of_a_paper_are_texts(make_runs: Callable[..., list[Path]], tmp_path: Path) -> None:
    """The ticks of a logarithmic axis read as numbers: livemon's settings keep `$` from being mathematics."""
    options = ComparisonOptions(log=("train_loss",))
    plotter = ExperimentPlotter(MultiExperimentLoader(make_runs(tmp_path, 3)), tmp_path / "out", options=options)
    axes = plotter.paper_figure(["train_loss"], tmp_path / "fig.png").axes[0]
    axes.figure.canvas.draw()
    texts = [label.get_text() for label in axes.get_yticklabels(which="both")]
    assert axes.get_yscale() == "log" and any(texts) and not any("$" in text for text in texts)


def test_the_legend_of_many_groups_says_which_have_bands(make_runs: Callable[..., list[Path]], tmp_path: Path) -> None:
    """Of more groups than have colours, the legend says that the best three alone have bands."""
    runs = MultiExperimentLoader(make_runs(tmp_path, 24))
    groups = {f"g{number}": runs.names[2 * number : 2 * number + 2] for number in range(12)}
    figure = ExperimentPlotter(runs, tmp_path / "out", options=ComparisonOptions(groups=groups)).paper_figure(
        ["train_loss"])
    assert "bands of the best 3 alone" in figure.legends[0].get_title().get_text()


def test_a_legend_stands_below_bands(make_runs: Callable[..., list[Path]], tmp_path: Path) -> None:
    """A figure for a paper has one legend below its panels, whose title says what the bands are, and is higher by
    it."""
    runs = MultiExperimentLoader(make_runs(tmp_path, 4))
    metrics = ["train_loss", "tokens_per_second"]
    grouped = ExperimentPlotter(runs, tmp_path / "out", options=ComparisonOptions(group_by="n")).paper_figure(metrics)
    assert len(grouped.legends) == 1 and all(axes.get_legend() is None for axes in grouped.axes)
    assert grouped.legends[0].get_title().get_text() == "line and band: mean and 95 % t interval (n = 1)"
    alone = ExperimentPlotter(MultiExperimentLoader(make_runs(tmp_path, 1)), tmp_path / "out").paper_figure(metrics)
    assert alone.legends == [] and grouped.get_size_inches()[1] > alone.get_size_inches()[1]


@pytest.mark.parametrize("count", [10, 30])
def test_a_paper_names_many_runs_in_little_room(count: int, tmp_path: Path) -> None:
    """Of many runs with long names the legend stays below the axes and within the figure, lower than they are; no two
    names in it read the same, those in the background are counted, and no marker is cut at the axes' end."""
    traces = [Trace(f"method=ours learning_rate=0.1 seed={place} width=1024", np.arange(50.0), np.arange(50.0) + place)
              for place in range(count)]
    colours = pick_colours([trace.label for trace in traces], [])
    panel = overlay("loss", traces, "step", TraceStyle(colours, smooth=0.9))
    figure = paper_figure([panel])
    figure.canvas.draw()
    axes, box = figure.axes[0], figure.legends[0].get_window_extent()
    assert box.x0 >= 0 and box.x1 <= figure.bbox.width and box.height < 0.75 * axes.bbox.height
    assert box.y1 <= axes.get_tightbbox().y0 + 1
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(set(names)) == len(names) == min(count, 10) - 3 * (count > 10)
    assert ("24 other runs" in names) == (count == 30)
    assert figure.legends[0].get_title().get_text().startswith("smoothed (EMA 0.9)")
    assert axes.get_xlim()[1] > 49


def group(name: str, *runs: list[float]) -> Trace:
    points = [Points("loss", "step", np.arange(float(len(y))), np.array(y)) for y in runs]
    curve = group_curve(points, "median", "minmax")
    return Trace(f"{name} ({curve.counts_in_words()})", curve.x, curve.middle, curve, name, smooth=0.9)


def test_a_paper_says_what_groups_hide_and_that_they_are_smoothed() -> None:
    """Marks of a group have hollow shapes and crosses, which the legend names with how many runs; other groups are
    counted as groups; smoothing is said for one curve alone, too."""
    flat = [2.0] * 30
    bad = group("bad", [*flat[:9], 3.0, *flat[10:]], [*flat[:20], math.nan, *flat[21:]], flat[:25])
    traces = [bad, *(group(f"g{place}", flat, [place + 2.0] * 30) for place in range(12))]
    panel = overlay("loss", traces, "step", TraceStyle(pick_colours([trace.label for trace in traces], [])))
    (legend,) = paper_figure([panel]).legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names[6:] == ["7 other groups", "NaN in 1 run", "spike in 1 run", "fewer runs from here"]
    assert legend.get_title().get_text() == "smoothed (EMA 0.9)"
    alone = overlay("loss", [bad], "step", TraceStyle({bad.label: "blue"}), band="min to max")
    (axes,) = paper_figure([alone]).axes
    hollow = [line.get_marker() for line in axes.get_lines() if line.get_markerfacecolor() == "white"]
    assert sorted(hollow) == ["^", "o"] and "x" in [line.get_marker() for line in axes.get_lines()]
    assert "smoothed" in draw_into(Figure().add_subplot(), alone).get_legend().get_title().get_text()


# A letter that DejaVu lacks and another font that comes with matplotlib has: here in the place of Chinese.
LACKING, OTHER_FONT = "\N{LATIN SMALL LETTER D WITH PALATAL HOOK}", "STIXGeneral"


@pytest.mark.parametrize("fallback", [True, False])
def test_names_in_any_script_are_drawn(fallback: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A paper draws names with the fallback fonts that the dashboard finds: in the legend, at the axes and of rows.
    What no font has is a box. matplotlib warns of no missing glyph, and plain names keep their font."""
    monkeypatch.setattr(style, "fallback_fonts", lambda: (OTHER_FONT,) if fallback else ())
    text.printable.cache_clear()
    text._advance.cache_clear()
    shown = LACKING if fallback else "\N{WHITE SQUARE}"
    traces = [Trace(f"{LACKING}{name}", np.arange(9.0), np.arange(9.0)) for name in "ab"]
    panel = overlay(f"loss_{LACKING}", traces, LACKING,
                    TraceStyle({f"{LACKING}a": "blue", f"{LACKING}b": "orange"}))
    rows = Panel("rows", f"rows {LACKING}", (0.0, 1.0), (0.0, 1.0),
                 rows=(Row(f"{LACKING} run", 1.0, "1", "blue"), Row("plain", 2.0, "2", "blue")))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure, named = paper_figure([panel]), paper_figure([rows])
        for one in (figure, named):
            one.canvas.draw()
    texts = [*figure.legends[0].get_texts(), figure.axes[0].yaxis.label, named.axes[0].xaxis.label,
             named.axes[0].get_yticklabels()[0]]
    assert [one.get_text() for one in texts] == [
        f"{shown}a", f"{shown}b", f"loss {shown}", f"rows {shown}", f"{shown} run"]
    assert all((OTHER_FONT in one.get_fontfamily()) is fallback for one in texts)
    assert named.axes[0].get_yticklabels()[1].get_fontfamily() == ["DejaVu Sans"]
    text.printable.cache_clear()
    text._advance.cache_clear()
