"""Rows out of the order of their steps: counted, put in order, and no restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from livemon.boards import Options
from livemon.boards.dashboard import BoardMaker
from livemon.boards.model import Board
from livemon.runs.experiment import ExperimentLoader


def out_of_order(run: ExperimentLoader) -> list[int]:
    return [anomaly.count for anomaly in run.anomalies if anomaly.kind == "steps out of order"]


def lines(board: Board) -> list[tuple[str, str, list[float], list[float]]]:
    every = (line for panel in board.panels for line in panel.lines)
    return [(line.metric, line.kind, line.x.tolist(), line.y.tolist()) for line in every]


@pytest.mark.parametrize("cut", [1, 7, 400])
def test_neighbours_swapped(tmp_path: Path, cut: int) -> None:
    """All points of two threads' rows count, in the order of their steps, live as afterwards; nothing is dimmed."""
    (tmp_path / "metrics.csv").write_text("step,epoch,train_loss\n")
    (tmp_path / "config.json").write_text('{"lr": 1}')
    run = ExperimentLoader(tmp_path)
    maker = BoardMaker(run, Options())
    steps = [step ^ 1 for step in range(400)]
    for start in range(0, 400, cut):
        with (tmp_path / "metrics.csv").open("a") as file:
            file.write("".join(f"{step},{step // 50},{(step - 300) ** 2 + 1}\n" for step in steps[start : start + cut]))
        run.refresh()
        if start % 21 == 0:
            maker.dashboard()
    series = run.series("train_loss")
    assert series.index.tolist() == list(range(400))
    assert series.tolist() == [(step - 300) ** 2 + 1 for step in range(400)]
    assert run.series("train_loss", attempts="all").index.tolist() == steps
    numbers = run.get_summary()["metrics"]["train_loss"]
    assert (numbers["best"], numbers["best_step"], numbers["count"]) == (1, 300, 400)
    assert out_of_order(run) == [200]
    fresh = ExperimentLoader(tmp_path)
    fresh.refresh()
    live, after = maker.dashboard(), BoardMaker(fresh, Options()).dashboard()
    assert lines(live) == lines(after)
    assert {kind for _, kind, _, _ in lines(live)} <= {"raw", "main"}
    boxes = next(panel.boxes for panel in live.panels if panel.boxes)
    assert [(box.label, box.count) for box in boxes] == [(str(epoch), 50) for epoch in range(8)]
    assert not any(mark.kind == "restart" for panel in live.panels for mark in panel.marks)
    assert out_of_order(fresh) == [200]


def test_a_restart_is_not_noted(tmp_path: Path) -> None:
    """A training that starts again is in order, although it repeats no step."""
    steps = [*range(10, 101, 10), *range(55, 300, 10)]
    (tmp_path / "metrics.csv").write_text("step,loss\n" + "".join(f"{step},1\n" for step in steps))
    run = ExperimentLoader(tmp_path)
    assert run.series("loss").index.tolist() == [*range(10, 51, 10), *range(55, 300, 10)]
    assert out_of_order(run) == []


@pytest.mark.parametrize("name", ["rank", "worker_id"])
def test_writers_have_curves_of_their_own(tmp_path: Path, name: str) -> None:
    """Rows of two writers in one file are a curve each, and one number of the metric is of their mean; a writer that
    starts again supersedes its own points alone."""
    rows = [(step, rank) for step in range(100) for rank in (0, 1)] + [(step, 1) for step in range(60, 120)]
    text = f"step,train_loss,{name}\n" + "".join(f"{s},{1 / (s + 1) + r},{r}\n" for s, r in rows)
    (tmp_path / "metrics.csv").write_text(text)
    (tmp_path / "config.json").write_text('{"lr": 1}')
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert run.metric_names == ["train_loss"]
    series = run.series("train_loss")
    assert series.index.tolist() == list(range(120))
    assert series.tolist()[:100] == pytest.approx([1 / (step + 1) + 0.5 for step in range(100)])
    assert series.tolist()[102:] == pytest.approx([1 / (step + 1) + 1 for step in range(102, 120)])
    assert run.series("train_loss", attempts="all").index.tolist() == [step for step, _ in rows]
    assert run.series("train_loss", writer=1).tolist() == pytest.approx([1 / (step + 1) + 1 for step in range(120)])
    with pytest.raises(KeyError, match="logged train_loss; these did: 0, 1"):
        run.series("train_loss", writer=2)
    numbers = run.get_summary()["metrics"]["train_loss"]
    assert (numbers["initial"], numbers["final"], numbers["best"]) == (series.iloc[0], series.iloc[-1], series.min())
    assert (numbers["best_step"], numbers["min"], numbers["max"]) == (series.idxmin(), series.min(), series.max())
    assert numbers["count"] == 260
    board = BoardMaker(run, Options()).dashboard()
    word = name.split("_")[-1] if name == "rank" else "id"
    main = {metric: x for metric, kind, x, _ in lines(board) if kind in ("main", "points")}
    assert list(main) == [f"train_loss [{word} 0]", f"train_loss [{word} 1]"]
    assert (main[f"train_loss [{word} 0]"], len(main[f"train_loss [{word} 1]"])) == (list(range(100)), 120)
    assert [metric for metric, kind, _, _ in lines(board) if kind == "superseded"] == [f"train_loss [{word} 1]"]
    assert "train_loss 1.008 (best 0.510 @ 100)" in board.header.line()
    assert any("tells them apart" in anomaly.message for anomaly in run.anomalies)
