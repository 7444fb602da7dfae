from __future__ import annotations

import math

import pytest

from livemon.boards.run_row import RunRow
from livemon.views.terminal.cells import REVERSE, Cells
from livemon.views.terminal.plot import Pen, Rect
from livemon.views.terminal.run_list_pane import RunListPane, spark_of


def row(name: str, **known: object) -> RunRow:
    return RunRow(**{"name": name, "path": f"runs/{name}", "state": "running", "step": 1000, "total_steps": 2000,  # type: ignore[arg-type]
                     "seconds_left": 7800, "metric": "val_loss", "better": "min", "last": 0.5, "best": 0.4,
                     "best_step": 900, "series": (3.0, 2.0, math.nan, 1.0), "age": 4.0,
                     "settings": (("lr", "0.1"), ("seed", name[-1]))} | known)


ROWS = (row("bad", verdict="critical", problem="3 NaN since 41,210"), row("exp_1", is_shown=True, colour="blue"),
        row("exp_2"))


def shown(pane: RunListPane, width: int = 200, height: int = 8, rows: tuple[RunRow, ...] = ROWS) -> Cells:
    cells = Cells(width, height)
    pane.put(cells, Rect(0, 0, width, height), rows, Pen(), is_chosen=True)
    return cells


def test_a_row_of_each_run() -> None:
    """A wide list has all that is known of a run, in the order that it came in; the run on show is chosen at first."""
    cells = shown(RunListPane())
    head, *lines = cells.lines()
    assert head.split() == ["3", "runs", "state", "step", "ETA", "val_loss", "↓", "best", "age", "settings", "problem"]
    assert lines[0].split()[:6] == ["bad", "running", "1,000/2,000", "2h10", "0.500", "0.400"]
    assert lines[0].endswith("3 NaN since 41,210") and "lr=0.1 seed=d" in lines[0] and "█▅ ▁" in lines[0]
    assert bool(cells.ink[2, 5] & REVERSE) and not bool(cells.ink[1, 5] & REVERSE)


@pytest.mark.parametrize("width", [20, 40, 60, 80, 119])
def test_what_has_no_room_is_left_out(width: int) -> None:
    """A narrow list keeps the name, the state and the value longest; nothing is written beyond it."""
    cells = shown(RunListPane(), width)
    assert all("exp_" in line for line in cells.lines()[2:4]) and len(cells.lines()[0]) <= width
    assert "running" in cells.lines()[1] and ("0.500" in cells.lines()[1]) == (width >= 40)


def test_room_that_is_left_is_used() -> None:
    """Where a wide column has no room, a narrower one that tells less has: 48 cells hold the settings' beginnings."""
    rows = tuple(row(f"exp_{number}", series=(), best=None, age=None, step=300, total_steps=None, seconds_left=None)
                 for number in range(3))
    head, line, *_ = shown(RunListPane(), 54, rows=rows).lines()
    assert head.split()[-1].startswith("settings") and "lr=0.1" in line


def test_the_chosen_run_is_in_sight() -> None:
    """Of many runs those around the chosen one are shown; at the ends one stays."""
    rows = tuple(row(f"run_{number}") for number in range(60))
    pane = RunListPane()
    pane.move(rows, 30)
    assert pane.chosen == "run_30" and any("run_30" in line for line in shown(pane, rows=rows).lines())
    pane.move(rows, 1000)
    assert pane.chosen == "run_59" and "run_59" in shown(pane, rows=rows).lines()[-1]
    found = pane.run_at(rows, Rect(0, 0, 200, 8), 7)
    assert found is not None and found.name == "run_59" and pane.run_at(rows, Rect(0, 0, 200, 8), 0) is None


def test_two_runs_side_by_side() -> None:
    """Two marked runs are compared below the list: only what differs; a third mark takes the oldest away."""
    pane = RunListPane()
    for name in ("exp_1", "exp_2"):
        pane.chosen = name
        pane.mark(ROWS)
    lines = shown(pane, height=12).lines()
    assert any(line.split() == ["seed", "1", "2"] for line in lines) and not any("lr  " in line for line in lines)
    pane.chosen = "bad"
    pane.mark(ROWS)
    assert pane.marked == ["exp_2", "bad"]
    pane.mark(ROWS)
    assert pane.pair(ROWS) is None


def test_a_run_that_is_drawn_and_marked() -> None:
    """That a run is drawn is seen beside its mark for a comparison."""
    pane = RunListPane()
    pane.chosen = "exp_1"
    pane.mark(ROWS)
    assert [line[:3] for line in shown(pane).lines()[1:4]] == ["   ", "•* ", "   "]


def test_names_that_would_be_obeyed() -> None:
    """A name of 10,000 characters is clipped, and control characters are spelt out."""
    lines = shown(RunListPane(), 80, rows=(row("\x1b[2J" + "n" * 10_000), row("b"))).lines()
    assert "\\x1b[2Jnnn" in lines[1] and len(lines[1]) <= 80


def test_a_sparkline() -> None:
    """The lowest and the highest values are the lowest and the highest signs; a constant and an empty one are drawn."""
    assert spark_of((1.0, 2.0, 3.0), "_-#") == "_-#"
    assert spark_of((1.0, 1.0, math.nan), "_-#") == "__ " and spark_of((math.nan,), "_-#") == ""


def test_a_metric_that_is_logged_seldom_is_joined() -> None:
    """The little curve of a metric with a value in every fourth part has no holes; one that has values everywhere but
    in a stretch of them keeps that blank."""
    seldom = tuple(9.0 - at if at % 4 == 0 else math.nan for at in range(21))
    gap = tuple(math.nan if 8 <= at < 16 else 24.0 - at for at in range(24))
    for series, has_blank in ((seldom, False), (gap, True)):
        line = shown(RunListPane(), rows=(row("a", series=series, settings=()),)).lines()[1]
        spark = line[line.index("█") : line.rindex("▁") + 1]
        assert (" " in spark) == has_blank and len(spark) == 12
