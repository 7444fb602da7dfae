"""What stands beside x at a place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from livemon.boards.model import Ruler
from livemon.boards.point_sources import Axis
from livemon.boards.rulers import rulers
from livemon.tables.table import Table

STEPS = np.arange(0, 1_000_000, 10)


@pytest.mark.parametrize("limits", [(0.0, 1e6), (500_000.0, 501_000.0)])
def test_a_ruler_reads_right_at_any_zoom(add: Callable[..., Table], limits: tuple[float, float]) -> None:
    """Between its few places a ruler is right to a row, for the whole run and for a thousandth of it."""
    table = add(Table(), {"step": STEPS, "epoch": STEPS // 1000, "time": STEPS * 0.5 + 7, "loss": STEPS * 1.0})
    made = {ruler.kind: ruler for ruler in rulers([table], "loss", Axis("step", "step"),
                                                  {"epoch": "epoch", "time": "time"}, limits)}
    assert list(made) == ["epoch", "time"]
    at = (limits[0] + limits[1]) / 2
    assert np.interp(at, made["time"].x, made["time"].values) == pytest.approx(at / 2 + 7, abs=5)
    assert abs(np.interp(at, made["epoch"].x, made["epoch"].values) - at / 1000) <= 4
    assert len(made["time"].x) <= 300


def epochs_of(add: Callable[..., Table], rows: int) -> Ruler:
    """Of a run whose epochs have 60 steps, and whose leading metric has no row at the first step of an epoch."""
    steps = np.arange(rows)
    loss = np.where(steps % 10 == 9, 1.0, np.nan)
    table = add(Table(), {"step": steps, "epoch": steps // 60, "loss": loss})
    (ruler,) = rulers([table], "loss", Axis("step", "step"), {"epoch": "epoch"}, (0.0, float(rows)))
    return ruler


def test_an_epoch_begins_at_its_first_row(add: Callable[..., Table]) -> None:
    """Whole epochs hold from their first row to the next epoch's: half way between two rows nobody is at an epoch and
    a half."""
    ruler, first = epochs_of(add, 1_200), np.arange(60, 1_200, 60)
    np.testing.assert_array_equal(np.interp(first, ruler.x, ruler.values), first // 60)
    np.testing.assert_array_equal(np.interp(first - 0.5, ruler.x, ruler.values), first // 60 - 1)


def test_more_epochs_than_places_are_right_to_the_distance_of_two(add: Callable[..., Table]) -> None:
    """1,667 epochs have few places more than 300, and none is far off."""
    ruler, steps = epochs_of(add, 100_000), np.arange(100_000)
    assert len(ruler.x) <= 1_200
    assert (np.abs(np.interp(steps, ruler.x, ruler.values) - steps // 60) <= 100_000 / 300 / 60 + 1).all()


def test_the_newest_attempt_wins(add: Callable[..., Table]) -> None:
    """Where attempts overlap, the time is that of the newer one."""
    first = add(Table(), {"step": range(100), "time": np.arange(100.0), "loss": np.ones(100)})
    second = add(Table(), {"step": range(50, 150), "time": 1000 + np.arange(100.0), "loss": np.ones(100)})
    (ruler,) = rulers([first, second], "loss", Axis("step", "step"), {"time": "time"}, (0.0, 150.0))
    assert np.interp([10, 60], ruler.x, ruler.values).tolist() == [10.0, 1010.0]
    assert (np.diff(ruler.x) >= 0).all()


def test_a_run_without_rows_has_none() -> None:
    """Without a metric there is no ruler."""
    assert rulers([Table()], None, Axis("step", "step"), {"time": "time"}, (0.0, 1.0)) == ()
