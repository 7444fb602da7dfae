"""Where what was found is marked in the panels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from livemon.boards import Options
from livemon.boards.dashboard import BoardMaker
from livemon.boards.finding_marks import well_apart
from livemon.boards.model import Board, Mark, Panel

STEPS = np.arange(0, 6000, 10)
KINDS = ("warning", "critical", "leap")


def marks_in(panel: Panel) -> list[Mark]:
    """Those of what was found."""
    return [mark for mark in panel.marks if mark.kind in KINDS]


def marks_of(board: Board) -> dict[str, list[Mark]]:
    """The panels with such marks, by their titles."""
    return {panel.title: marks for panel in board.panels if (marks := marks_in(panel))}


def learned(**known: Any) -> dict[str, Any]:
    """The columns of a run that learns, with a little noise."""
    noise = np.random.default_rng(0).normal(size=len(STEPS)) * 0.02
    return {"step": STEPS, "train_loss": 0.2 + 2 * np.exp(-STEPS / 600) * np.exp(noise), **known}


def test_a_healthy_run_has_none(run_of: Callable[..., Any]) -> None:
    """Nothing is marked or listed in the pictures of a run in which nothing was found."""
    maker = BoardMaker(run_of(learned(lr=np.full(len(STEPS), 0.1))))
    for board in (maker.dashboard(), maker.training_curves(), maker.loss_landscape()):
        assert marks_of(board) == {} and board.warnings == ()


def test_a_line_where_it_began(run_of: Callable[..., Any]) -> None:
    """A divergence is a critical line, with a word, in the panel of its metric alone, where it began; so is the first
    NaN; of a NaN that has passed, which is no end, its crosses are enough."""
    columns = learned(lr=np.full(len(STEPS), 0.1))
    columns["train_loss"][400:] = 50.0
    ((title, (mark,)),) = marks_of(BoardMaker(run_of(columns)).dashboard()).items()
    assert (title, mark.kind, mark.text, mark.y) == ("loss", "critical", "diverging", None)
    assert 4000 <= mark.x <= 4100
    columns = learned()
    columns["train_loss"][400:] = np.nan
    assert [(one.kind, one.x, one.text) for one in marks_of(BoardMaker(run_of(columns)).dashboard())["loss"]] == [
        ("critical", 4000.0, "first NaN")]
    columns["train_loss"][405:] = 0.2
    assert marks_of(BoardMaker(run_of(columns)).dashboard()) == {}


def test_a_spike_has_a_ring(run_of: Callable[..., Any]) -> None:
    """The highest spike that is a warning has a ring at its value, where the limits hold that; beyond them the mark at
    the edge says it."""
    columns = learned()
    columns["train_loss"][300] = 20.0
    board = BoardMaker(run_of(columns)).dashboard()
    assert [notice.kind for notice in board.warnings] == ["spike"]
    loss = board.panels[0]
    rings = marks_in(loss)
    if loss.y_limits[1] >= 20.0:
        assert [(one.kind, one.x, one.y) for one in rings] == [("leap", 3000.0, 20.0)]
    else:
        assert rings == [] and any(one.kind == "beyond" and one.x == 3000.0 for one in loss.marks)


def test_over_another_axis(run_of: Callable[..., Any]) -> None:
    """Over time, epochs and rows a mark stands at the row that has its step."""
    columns = learned(epoch=STEPS // 1000, timestamp=1.7e9 + STEPS * 0.6)
    columns["train_loss"][400:] = np.nan
    for x, place in (("step", 4000.0), ("time", 4000 * 0.6 / 60), ("row", 400.0), ("epoch", 4.0)):
        mark, = marks_of(BoardMaker(run_of(columns), Options(x=x)).dashboard())["loss"]
        assert abs(mark.x - place) < 0.02 * max(place, 1.0), x


def test_incrementally_as_at_once(run_of: Callable[..., Any], add: Callable[..., Any]) -> None:
    """A board of a run that grows has the marks of one that is made when all is there."""
    columns = learned()
    columns["train_loss"][400:] = 50.0
    run = run_of({name: values[:100] for name, values in columns.items()})
    maker = BoardMaker(run)
    assert marks_of(maker.dashboard()) == {}
    add(run.tables[0], {name: values[100:] for name, values in columns.items()})
    assert marks_of(maker.dashboard()) == marks_of(BoardMaker(run_of(columns)).dashboard()) != {}


def test_few_at_a_place() -> None:
    """Of marks nearer to each other than a fiftieth of the axis the first stays, which is the worst; three at most, and
    those outside the limits have none."""
    marks = [Mark("critical", 500.0, None, "blue"), Mark("warning", 505.0, None, "blue"),
             Mark("leap", 700.0, 9.0, "blue"), Mark("warning", 1200.0, None, "blue"),
             *(Mark("warning", 100.0 * place, None, "blue") for place in range(4))]
    assert [mark.x for mark in well_apart(marks, (0.0, 1000.0), (0.0, 5.0))] == [500.0, 0.0, 100.0]
