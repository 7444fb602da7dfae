"""What stands beside x at a place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from livemon.boards.point_sources import Axis
from livemon.boards.rulers import rulers
from livemon.tables.table import Table

STEPS = np.arange(0, 1_000_000, 10)


@pytest.mark.parametrize("limits", [(0.0, 1e6), (500_000.0, 501_000.0)])
def test_a_ruler_reads_right_at_any_zoom(add: Callable[..., Table], limits: tuple[float, float]) -> None:
    """Between its few places a ruler is right to a row, for the whole run and for a thousandth of it."""
    table = add(Table(), {"step": STEPS, "epoch": STEPS // 1000, "time": STEPS * 0.5 + 7, "loss": STEPS * 1.0})
    found = {one.kind: one for one in rulers([table], "loss", Axis("step", "step"), {"epoch": "epoch", "time": "time"},
                                             limits)}
    assert list(found) == ["epoch", "time"]
    at = (limits[0] + limits[1]) / 2
    assert np.interp(at, found["time"].x, found["time"].values) == pytest.approx(at / 2 + 7, abs=5)
    assert abs(np.interp(at, found["epoch"].x, found["epoch"].values) - at / 1000) <= 4
    assert len(found["time"].x) <= 300


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
