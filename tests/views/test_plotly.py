"""Boards as Plotly's figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from livemon import ExperimentLoader, ExperimentPlotter, MultiExperimentLoader, discover_experiments
from livemon.boards.model import Board, Panel, Row

SEED_LAYOUT = Path(__file__).parents[1] / "data" / "runs" / "seed_layout" / "experiments"

pytestmark = pytest.mark.filterwarnings("ignore:.*no config.json:UserWarning")


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


def test_an_interval_of_a_value_beyond_the_axis(board_of: Callable[..., Board]) -> None:
    """Where a row's value is beyond the axis, a browser shows an arrow at the edge, and the part of its interval that
    is on the axis stands where it does."""
    pytest.importorskip("plotly", reason="plotly is not installed")
    from livemon.views.plotly import to_plotly

    usual = [Row(f"run {i}", 1.0 + i / 10, "1", "blue") for i in range(9)]
    far = Row("far", 20.0, "20", "red", low=18.0, high=22.0)
    panel = Panel("rows", "final loss", (0.0, 1.0), (0.0, 1.0), rows=(*usual, far))
    figure = to_plotly(board_of(panel, summary=(), config=()))
    (trace,) = figure.data
    edge = trace.x[-1]
    assert edge < 3 and trace.marker.symbol[-1] == "triangle-right"
    assert edge - trace.error_x.arrayminus[-1] == edge  # 18 is beyond the edge too: nothing reaches into the axis
    assert edge + trace.error_x.array[-1] == pytest.approx(22.0)


def test_what_was_found_is_marked_and_listed(tmp_path: Path) -> None:
    """A NaN is a line in its panel with a word, and a sentence with advice above the panels; a healthy run has
    neither, and the height that it had."""
    pytest.importorskip("plotly", reason="plotly is not installed")
    sick = ExperimentPlotter(ExperimentLoader(SEED_LAYOUT / "diverged_nan"), tmp_path).interactive()
    texts = [one.text for one in sick.layout.annotations]
    assert any(text.startswith("critical: train_loss") for text in texts)
    assert "first NaN" in texts and any(shape.x0 == 120 for shape in sick.layout.shapes)
    well = ExperimentPlotter(ExperimentLoader(SEED_LAYOUT / "lr0.1"), tmp_path).interactive()
    assert not any(one.text.startswith(("critical", "warning")) for one in well.layout.annotations)
    assert well.layout.margin.t < sick.layout.margin.t


@pytest.mark.filterwarnings("default::DeprecationWarning")
def test_a_table_of_many_rows_and_long_labels_are_not_cut(tmp_path: Path) -> None:
    """The panel row with the summary is as high as its table, and a curve leaves room for the label at its end."""
    pytest.importorskip("plotly", reason="plotly is not installed")
    metrics = [f"val/a_metric_with_quite_a_long_name_{number}" for number in range(7)]
    path = tmp_path / "run" / "metrics.csv"
    path.parent.mkdir()
    path.write_text("\n".join([",".join(["step", "train_loss", *metrics]),
                               *(",".join([str(step), *["0.5"] * 8]) for step in range(20))]) + "\n")
    (path.parent / "hparams.yaml").write_text("".join(f"setting_{number}: {number}\n" for number in range(9)))
    figure = ExperimentPlotter(ExperimentLoader(path.parent)).interactive()
    table = next(trace for trace in figure.data if trace.type == "table")
    rows, room = len(table.cells["values"][0]), figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    assert rows >= 14
    assert 28 + rows * table.cells.height <= (table.domain.y[1] - table.domain.y[0]) * room + 1
    for note in figure.layout.annotations:
        if note.xanchor == "left" and note.xref.endswith("domain") and note.x == 1.0:  # a label at the end of a curve
            axis = figure.layout["xaxis" + note.xref.removesuffix(" domain")[1:]]
            cell_ends = min(end for end in (1 / 3 - 0.04, 2 / 3 - 0.02, 1.0) if end >= axis.domain[1])
            assert (cell_ends - axis.domain[1]) * 1300 >= min(6 * len(note.text), 120), note.text


def test_words_of_lines_that_are_near_are_below_each_other(tmp_path: Path) -> None:
    """In an interactive figure the words of two findings at neighbouring steps are at different heights."""
    pytest.importorskip("plotly", reason="plotly is not installed")
    (tmp_path / "run").mkdir()
    losses = [2.0 / (1 + step / 40) for step in range(500)] + [3.0 ** (step / 6) for step in range(60)] + ["nan"] * 100
    (tmp_path / "run" / "metrics.csv").write_text("step,train_loss\n" + "".join(
        f"{step},{loss}\n" for step, loss in enumerate(losses)))
    figure = ExperimentPlotter(ExperimentLoader(tmp_path / "run"), tmp_path).interactive()
    words = [note for note in figure.layout.annotations if note.text in ("diverging", "first NaN")]
    assert len(words) == 2 and words[0].yshift != words[1].yshift
