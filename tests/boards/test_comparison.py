from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from livemon import ExperimentLoader, ExperimentPlotter, MultiExperimentLoader, discover_experiments
from livemon.boards.comparison import Comparison, ComparisonOptions
from livemon.boards.overlay import Trace, TraceStyle, overlay, pick_colours, ranking
from livemon.testing import ScriptedWriter
from livemon.views.mpl.paper import paper_figure
from livemon.views.mpl.parallel import parallel_coordinates
from livemon.views.mpl.picture import render

SEED_LAYOUT = Path(__file__).parents[1] / "data" / "runs" / "seed_layout" / "experiments"

pytestmark = pytest.mark.filterwarnings("ignore:.*no config.json:UserWarning")


def make_runs(base: Path, count: int, rows: int = 40, **config: Any) -> list[Path]:
    """Runs whose loss is the lower the higher their number."""
    dirs = []
    for number in range(count):
        folder = base / f"run_n{number}"
        writer = ScriptedWriter(folder / "logs" / "metrics.csv", ["step", "epoch", "train_loss", "tokens_per_second"])
        for step in range(rows):
            loss = (count - number) / (step + 1)
            writer.append(step=step, epoch=step // 10, train_loss=loss, tokens_per_second=100.0 + number)
        (folder / "config.json").write_text(json.dumps({"n": number, "seed": number % 2, **config}))
        dirs.append(folder)
    return dirs


def trace(label: str, y: list[float], **more: Any) -> Trace:
    return Trace(label, np.arange(len(y), dtype=float), np.array(y, float), **more)


def style(*labels: str) -> TraceStyle:
    return TraceStyle(pick_colours(labels, labels))


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts if text.get_visible()]


def titles(figure: Figure) -> list[str]:
    return [axes.get_title(loc="left") for axes in figure.axes]


# -- one panel of several curves


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


# -- boards and their pictures


def test_dashboard_of_the_seed_layout() -> None:
    """Five runs: training loss overlaid, final loss as bars, learning rates, throughput; the diverged one is said."""
    comparison = Comparison(MultiExperimentLoader(discover_experiments(SEED_LAYOUT)))
    board = comparison.dashboard()
    panels = {panel.title: panel for panel in board.panels}
    assert list(panels) == ["training loss", "final training loss", "validation loss", "final validation loss",
                            "learning rate", "mean throughput"]
    assert panels["final training loss"].rows[0].label == "lr1.0"
    assert panels["final training loss"].rows[-1].text == "NaN"
    assert panels["training loss"].y_scale == "log" and panels["learning rate"].y_scale == "log"
    assert board.header.problems == ("NaN at the end of diverged nan",)
    throughput = comparison.points("tokens_per_second")["lr0.1"].y
    assert next(row for row in panels["mean throughput"].rows if row.label == "lr0.1").value == throughput.mean()


def test_the_same_colour_in_every_panel() -> None:
    """A run has one colour, in curves and bars alike."""
    board = Comparison(MultiExperimentLoader(discover_experiments(SEED_LAYOUT))).dashboard()
    seen: dict[str, set[str]] = {}
    for panel in board.panels:
        for line in panel.lines:
            if line.label:
                seen.setdefault(line.name, set()).add(line.colour)
        for row in panel.rows:
            seen.setdefault(row.label, set()).add(row.colour)
    assert len(seen) == 5 and all(len(colours) == 1 for colours in seen.values())


def test_groups_are_drawn_with_a_band(tmp_path: Path) -> None:
    """Grouped runs are one curve a group, with a band and n (in the note where all have the same), and rows with
    intervals."""
    dirs = make_runs(tmp_path, 6)
    for place, folder in enumerate(dirs):
        (folder / "config.json").write_text(json.dumps({"lr": 0.1 if place < 3 else 0.2, "seed": place}))
    comparison = Comparison(MultiExperimentLoader(dirs), ComparisonOptions(group_by="", middle="iqm"))
    board = comparison.dashboard()
    assert [line.label for line in board.panels[0].lines] == ["lr=0.1", "lr=0.2"]
    assert len(board.panels[0].bands) == 2
    assert all(row.low is not None and row.low <= row.value <= row.high for row in board.panels[1].rows)
    assert "iqm, 95 % bootstrap" in board.panels[0].note and board.panels[0].note.endswith(" · n = 3")
    assert board.panels[0].bands[0].text == "95 % bootstrap of runs (n = 3)"
    assert board.panels[1].note == "least first · 95 % bootstrap of runs"
    figure = render(board)
    assert len(figure.axes[0].collections) >= 2


def test_over_another_axis(tmp_path: Path) -> None:
    """Curves are drawn over epochs where that is asked for; until an x where the rest is not wanted."""
    runs = MultiExperimentLoader(make_runs(tmp_path, 2))
    panel = Comparison(runs, ComparisonOptions(x="epoch")).panel("train_loss")
    assert (panel.x_label, panel.x_limits[1]) == ("epoch", 3.0)
    assert Comparison(runs, ComparisonOptions(until=9)).panel("train_loss").lines[-1].x[-1] == 9


@pytest.mark.parametrize("count", [1, 2, 10, 50])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_any_number_of_runs_is_readable(count: int, theme: Any, tmp_path: Path) -> None:
    """At 1, 2, 10 and 50 runs no text stands on another, every dot stands between its name and its value, and the
    picture stays lower than a page."""
    board = Comparison(MultiExperimentLoader(make_runs(tmp_path, count, 12))).dashboard()
    figure = render(board, theme)
    figure.canvas.draw()
    axes = next(axes for axes in figure.axes if axes.get_title(loc="left") == "final training loss")
    middle = [text.get_window_extent() for text in figure.texts if text.get_text() in
              {part for row in board.panels[1].rows for part in (row.label, row.text)} and axes.bbox.y0 <
              text.get_window_extent().y0 < axes.bbox.y1 and text.get_window_extent().x0 > figure.bbox.width / 2]
    assert len(middle) >= 2 * min(count, 15)
    assert all(box.x1 < axes.bbox.x0 or box.x0 > axes.bbox.x1 for box in middle)
    assert figure.get_size_inches()[1] < 14
    boxes = [text.get_window_extent() for text in figure.texts if text.get_visible() and text.get_text().strip()]
    for place, one in enumerate(boxes):
        for other in boxes[place + 1 :]:
            across = min(one.x1, other.x1) - max(one.x0, other.x0)
            high = min(one.y1, other.y1) - max(one.y0, other.y0)
            assert not (across > 1 and high > 0.35 * min(one.height, other.height))


def test_rows_that_do_not_fit_are_counted(tmp_path: Path) -> None:
    """Where not all bars fit, the last line says how many more there are."""
    figure = render(Comparison(MultiExperimentLoader(make_runs(tmp_path, 30, 5))).dashboard(), size=(10, 4))
    assert any(word.startswith("… and ") and " more" in word for word in words(figure))


def test_nothing_to_compare(tmp_path: Path) -> None:
    """No run at all is one clear error; runs without rows, or without a common metric, still make a board."""
    with pytest.raises(ValueError, match="there is no run to compare"):
        Comparison(MultiExperimentLoader([]))
    for name, metric in (("a", "alpha"), ("b", "beta")):
        ScriptedWriter(tmp_path / name / "logs" / "metrics.csv", ["step", metric]).append(step=1, **{metric: 1.0})
    ScriptedWriter(tmp_path / "empty" / "logs" / "metrics.csv", ["step", "loss"])
    runs = MultiExperimentLoader([tmp_path / name for name in ("a", "b", "empty")])
    board = Comparison(runs).dashboard()
    assert [panel.message for panel in board.panels if panel.message] == []
    assert board.header.progress[-1] == "no learning rate and no throughput was logged"
    assert Comparison(runs).training_curves().panels[0].note == "not in 2 of 3"
    with pytest.raises(ValueError, match="no run has the metric 'nope'"):
        Comparison(runs, ComparisonOptions(metric="nope"))


# -- the plotter of several runs


def test_a_plotter_of_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plotter of several runs saves into ./plots under the names that scripts know, and prints where."""
    monkeypatch.chdir(tmp_path)
    plotter = ExperimentPlotter(MultiExperimentLoader(make_runs(tmp_path, 2)))
    assert plotter.is_multi and plotter.output_dir == Path("plots") and plotter.output_dir.is_dir()
    plotter.plot_summary_dashboard(figsize=(10, 6))
    plotter.plot_training_curves(["train_loss"])
    assert {path.name for path in plotter.output_dir.iterdir()} == {
        "comparison_dashboard.png", "training_curves_comparison.png"
    }
    assert "plots/comparison_dashboard.png" in capsys.readouterr().out
    with Image.open("plots/comparison_dashboard.png") as image:
        assert image.size == (3000, 1800)
    with pytest.raises(ValueError, match="nope"):
        plotter.plot_loss_landscape("nope")
    dynamics = plotter.plot_optimization_dynamics(save=False)
    assert titles(dynamics) == ["throughput"]
    assert "no learning rate and no gradient norm was logged" in words(dynamics)


def test_custom_plots_by_subclassing(tmp_path: Path) -> None:
    """A subclass that draws with what a plotter has (loader, its metrics and config, output_dir) works."""
    import matplotlib.pyplot as plt

    class Mine(ExperimentPlotter):
        def plot_mine(self) -> Figure:
            frame = self.loader.load_metrics()
            figure, axes = plt.subplots()
            axes.plot(frame["step"], frame["train_loss"], label=str(self.loader.get_config_value("n")))
            figure.savefig(self.output_dir / "mine.png")
            plt.close(figure)
            return figure

    run = make_runs(tmp_path, 1)[0]
    Mine(ExperimentLoader(run)).plot_mine()
    assert (run / "plots" / "mine.png").is_file()


def test_into_axes_of_ones_own(tmp_path: Path) -> None:
    """`ax=` draws into a user's figure: a line a run, named in the legend, and nothing is saved."""
    figure = Figure()
    axes: Axes = figure.add_subplot()
    plotter = ExperimentPlotter(MultiExperimentLoader(make_runs(tmp_path, 2)), tmp_path / "out")
    assert plotter.plot_metric("train_loss", ax=axes) is figure
    legend = axes.get_legend()
    assert legend is not None and [text.get_text() for text in legend.get_texts()] == ["n=0 seed=0", "n=1 seed=1"]
    assert list((tmp_path / "out").iterdir()) == []
    single = ExperimentPlotter(ExperimentLoader(tmp_path / "run_n0"), tmp_path / "out")
    assert single.plot_metric("train_loss", ax=Figure().add_subplot()) is not None


@pytest.mark.parametrize("form", ["pdf", "svg", "png"])
def test_a_figure_for_a_paper(form: str, tmp_path: Path) -> None:
    """A figure for a paper is as wide as asked for, has no title, axis labels, and in PDF fonts of Type 42 only."""
    plotter = ExperimentPlotter(MultiExperimentLoader(make_runs(tmp_path, 3)), tmp_path / "out")
    figure = plotter.paper_figure(["train_loss"], tmp_path / f"fig.{form}", width=3.25)
    assert figure.get_size_inches()[0] == 3.25
    axes = figure.axes[0]
    assert (axes.get_title(), axes.get_xlabel(), axes.get_ylabel()) == ("", "step", "train loss")
    data = (tmp_path / f"fig.{form}").read_bytes()
    if form == "pdf":
        assert b"/Type3" not in data and b"/CIDFontType2" in data


def test_logarithmic_ticks_of_a_paper_are_texts(tmp_path: Path) -> None:
    """The ticks of a logarithmic axis read as numbers: livemon's settings keep `$` from being mathematics."""
    options = ComparisonOptions(log=("train_loss",))
    plotter = ExperimentPlotter(MultiExperimentLoader(make_runs(tmp_path, 3)), tmp_path / "out", options=options)
    axes = plotter.paper_figure(["train_loss"], tmp_path / "fig.png").axes[0]
    axes.figure.canvas.draw()
    texts = [label.get_text() for label in axes.get_yticklabels(which="both")]
    assert axes.get_yscale() == "log" and any(texts) and not any("$" in text for text in texts)


def test_one_picture_a_metric(tmp_path: Path) -> None:
    """`plot_each` saves one picture for every metric that has data, of a run and of several."""
    dirs = make_runs(tmp_path, 2)
    ExperimentPlotter(ExperimentLoader(dirs[0])).plot_each()
    assert {path.name for path in (dirs[0] / "plots").iterdir()} == {
        "train_loss_run_n0.png", "tokens_per_second_run_n0.png"
    }
    ExperimentPlotter(MultiExperimentLoader(dirs), tmp_path / "out").plot_each(figsize=(4, 3))
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "train_loss_comparison.png", "tokens_per_second_comparison.png"
    }


def test_losses_together(tmp_path: Path) -> None:
    """Training loss and all evaluation losses stand in one panel, over steps or epochs; without an epoch that is an
    error."""
    writer = ScriptedWriter(tmp_path / "run" / "logs" / "metrics.csv",
                            ["step", "epoch", "train_loss", "mode1_loss", "mode2_loss", "lr"])
    for step in range(10):
        writer.append(step=step, epoch=step / 5, train_loss=1.0, mode1_loss=2.0, mode2_loss=3.0, lr=0.1)
    plotter = ExperimentPlotter(ExperimentLoader(tmp_path / "run"))
    for figure, end in ((plotter.plot_train_vs_eval(save=False), 9), (plotter.plot_loss_by_epoch(save=False), 1.8)):
        lines = [line for line in figure.axes[0].get_lines() if line.get_visible()]
        assert len(lines) == 3 and max(line.get_xdata()[-1] for line in lines) == pytest.approx(end)
    ScriptedWriter(tmp_path / "bare" / "metrics.csv", ["step", "loss"]).append(step=1, loss=1.0)
    with pytest.raises(ValueError, match="no 'epoch' to draw over"):
        ExperimentPlotter(ExperimentLoader(tmp_path / "bare")).plot_loss_by_epoch(save=False)


def test_which_settings_matter_in_pictures(tmp_path: Path) -> None:
    """Importance is a bar a setting; parallel coordinates are a line a run and an axis a setting that differs, the seed
    left out; of one run both are an error."""
    dirs = make_runs(tmp_path, 8)
    plotter = ExperimentPlotter(MultiExperimentLoader(dirs), tmp_path / "out")
    assert any(word.startswith("n  (more is better") for word in words(plotter.plot_importance()))
    axes = plotter.plot_parallel_coordinates().axes[0]
    assert [text.get_text() for text in axes.texts if text.get_fontweight() == "bold"] == ["n", "train_loss"]
    assert {"train_loss", "n"} <= {text.get_text() for text in axes.texts}
    assert sum(len(line.get_xdata()) == 2 and list(line.get_xdata()) == [0, 1] for line in axes.get_lines()) == 8
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"importance.png", "parallel_coordinates.png"}
    with pytest.raises(ValueError, match="about several runs"):
        ExperimentPlotter(ExperimentLoader(dirs[0])).plot_importance()


@pytest.mark.filterwarnings("default::DeprecationWarning")
def test_interactive(tmp_path: Path) -> None:
    """Several runs as a Plotly figure: each named once in the legend, and with its group hidden in every panel; rows
    have each its name, in a part of the panel of their own; logarithmic where the board is."""
    pytest.importorskip("plotly", reason="plotly is not installed")
    plotter = ExperimentPlotter(MultiExperimentLoader(discover_experiments(SEED_LAYOUT)), tmp_path)
    figure = plotter.interactive()
    named = [one.name for one in figure.data if one.showlegend]
    assert sorted(named) == ["baseline lr0.5", "diverged nan", "killed at 90", "lr0.1", "lr1.0"]
    assert figure.layout.showlegend and figure.layout.yaxis.type == "log"
    assert len([one for one in figure.data if one.legendgroup == "lr0.1"]) >= 3
    rows = figure.layout.yaxis2
    assert set(rows.ticktext) == set(named) and len(rows.tickvals) == 5
    assert figure.layout.xaxis2.domain[0] > figure.layout.xaxis.domain[1] + 0.1  # room for the names


@pytest.mark.filterwarnings("default::DeprecationWarning")
def test_one_run_interactive(tmp_path: Path) -> None:
    """One run as a Plotly figure: each curve labelled at its end, the summary beside the first panel, a box at each
    place, the NaN marks of a panel in one trace within its axes, and a word where a box has no value."""
    pytest.importorskip("plotly", reason="plotly is not installed")
    figure = ExperimentPlotter(ExperimentLoader(SEED_LAYOUT / "diverged_nan"), tmp_path).interactive()
    texts = [one.text for one in figure.layout.annotations]
    assert {"train NaN", "val NaN", "<b>summary</b>", "NaN"} <= set(texts)
    (boxes,) = [one for one in figure.data if one.type == "box"]
    assert list(boxes.x) == [1, 2, 3, 4, 5, 6] and texts.count("NaN") == 5
    (table,) = [one for one in figure.data if one.type == "table"]
    assert "train_loss" in table.cells.values[0] and figure.layout.xaxis.domain[1] < table.domain.x[0]
    marks = next(one for one in figure.data if one.name == "nan" and one.xaxis == "x")
    assert len(marks.x) > 5 and max(marks.y) < 10.0 ** figure.layout.yaxis.range[1]


def test_what_nobody_logged_is_a_word(tmp_path: Path) -> None:
    """Where no run logged its throughput, the dashboard says so in a word, and keeps no empty panel for it."""
    dirs = []
    for name in ("a", "b"):
        writer = ScriptedWriter(tmp_path / name / "logs" / "metrics.csv", ["step", "train_loss", "learning_rate"])
        for step in range(5):
            writer.append(step=step, train_loss=1.0 / (step + 1), learning_rate=0.1)
        dirs.append(tmp_path / name)
    board = Comparison(MultiExperimentLoader(dirs)).dashboard()
    assert [panel.title for panel in board.panels] == ["training loss", "final training loss", "learning rate"]
    assert "no throughput was logged" in board.header.progress


def test_a_bad_start_flattens_nothing(tmp_path: Path) -> None:
    """Of many runs the first points, far above all others, lie outside; of few they are shown."""
    x = np.arange(400.0)
    traces = [Trace(f"r{place}", x, np.concatenate((np.full(6, 50.0), 3 - place / 20 + np.sin(x[6:]) / 10)))
              for place in range(20)]
    style = TraceStyle({trace.label: "blue" for trace in traces}, smooth=0.0)
    assert overlay("loss", traces, "step", style).y_limits[1] < 5
    assert overlay("loss", traces[:3], "step", style).y_limits[1] >= 50


def test_a_legend_stands_below_bands(tmp_path: Path) -> None:
    """A figure for a paper has one legend below its panels, whose title says what the bands are, and is higher by
    it."""
    runs = MultiExperimentLoader(make_runs(tmp_path, 4))
    metrics = ["train_loss", "tokens_per_second"]
    grouped = ExperimentPlotter(runs, tmp_path / "out", options=ComparisonOptions(group_by="n")).paper_figure(metrics)
    assert len(grouped.legends) == 1 and all(axes.get_legend() is None for axes in grouped.axes)
    assert grouped.legends[0].get_title().get_text() == "band: 95 % t interval of runs (n = 1)"
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
    assert figure.legends[0].get_title().get_text().startswith("smoothed")
    assert axes.get_xlim()[1] > 49


def test_what_a_board_says_of_hours_and_points(tmp_path: Path) -> None:
    """Over the wall clock the axis says since when; a metric with a single point has the axis of the others."""
    base = 1_700_000_000.0
    for place in range(2):
        folder = tmp_path / f"r{place}"
        writer = ScriptedWriter(folder / "logs" / "metrics.csv", ["step", "time", "train_loss", "learning_rate"])
        writer.append(step=0, time=base, train_loss=1.0, learning_rate=0.1)
        writer.append(step=1, time=base + 7200, train_loss=0.5)
    runs = MultiExperimentLoader([tmp_path / "r0", tmp_path / "r1"])
    panels = {one.title: one for one in Comparison(runs, ComparisonOptions(x="wall")).dashboard().panels}
    assert panels["training loss"].x_label == "hours since the first run began"
    assert panels["learning rate"].x_limits == panels["training loss"].x_limits == (0.0, 2.0)
    assert "1 identical to another" in panels["learning rate"].note


def test_parallel_axes() -> None:
    """Rates that are doubled stand evenly on a logarithmic axis, runs with the same setting side by side, runs without
    it at a foot that says so, and texts never on each other."""
    settings = {f"r{place}": {"lr": rate} for place, rate in enumerate((0.001, 0.001, 0.002, 0.004, 0.008))}
    values = {name: 0.4447 + place / 50 for place, name in enumerate([*settings, "bare"])}
    axes = parallel_coordinates(settings, values, ["lr"], "loss", False).axes[0]
    starts = {round(float(line.get_ydata()[0]), 3) for line in axes.get_lines() if list(line.get_xdata()) == [0, 1]}
    assert len(starts) == 6
    places = {text.get_text(): text.xy for text in axes.texts if hasattr(text, "xy")}
    levels = [places[text][1] for text in ("0.001", "0.002", "0.004", "0.008")]
    np.testing.assert_allclose(np.diff(levels), levels[1] - levels[0])
    assert places["not set"] == (0, 0.0)
    measured = sorted(height for text, (at, height) in places.items() if at == 1)
    assert len(measured) > 2 and min(np.diff(measured)) > 0.05
