"""Groups of runs in panels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from livemon.boards import Lens
from livemon.boards.grouped_overlay import GroupedOverlay
from livemon.boards.runs_overlay import RunsOverlay


def test_a_group_is_the_mean_of_its_runs(run_of: Callable[..., Any], add: Callable[..., Any]) -> None:
    """Its curve is the mean at each step; it is made anew where a run of it grew, and the same curve otherwise."""
    runs = {name: run_of({"step": [0, 1, 2], "val_loss": [level + 2, level + 1, level]})
            for name, level in (("a", 1.0), ("b", 3.0), ("c", 9.0))}
    overlay, grouped = RunsOverlay(), GroupedOverlay()
    groups = {"low": ["a", "b"], "high": ["c"]}

    def lines() -> dict[str, list[float]]:
        seen = overlay.read(runs, Lens(), 0.0)
        assert seen is not None
        panels, left_out = grouped.panels(seen, Lens(), groups)
        assert left_out == 0 and [panel.metrics for panel in panels] == [("val_loss",)]
        return {line.name.split(" (")[0]: line.y.tolist() for line in panels[0].lines if line.kind == "main"}

    assert lines() == {"low": [4.0, 3.0, 2.0], "high": [11.0, 10.0, 9.0]} == lines()
    add(runs["a"].tables[0], {"step": [3], "val_loss": [0.0]})
    add(runs["b"].tables[0], {"step": [3], "val_loss": [1.0]})
    assert lines()["low"] == pytest.approx([4.0, 3.0, 2.0, 0.5])


def test_what_the_lens_hides_and_limits(run_of: Callable[..., Any]) -> None:
    """A hidden metric has no panel, the large one is alone, and limits of y that were asked for hold."""
    steps = np.arange(50)
    runs = {name: run_of({"step": steps, "val_loss": 2.0 - steps / 50, "acc": steps / 50}) for name in "ab"}
    overlay, grouped = RunsOverlay(), GroupedOverlay()

    def titles(lens: Lens) -> list[str]:
        seen = overlay.read(runs, lens, 0.0)
        assert seen is not None
        return [panel.title for panel in grouped.panels(seen, lens, {"all": ["a", "b"]})[0]]

    assert sorted(titles(Lens())) == ["acc", "val_loss"]
    assert titles(Lens(hidden=("acc",))) == ["val_loss"] and titles(Lens(large="acc")) == ["acc"]
    seen = overlay.read(runs, Lens(), 0.0)
    assert seen is not None
    panel = grouped.panels(seen, Lens(zoom_y=(("val_loss", 0.5, 0.7),)), {"all": ["a", "b"]})[0][0]
    assert panel.y_limits == (0.5, 0.7)


def test_no_group_of_a_schedule_is_outside_nor_any_value_of_full_limits(run_of: Callable[..., Any]) -> None:
    """Six learning rates are all in the panel, though the highest flattens the others; a loss so far off stays outside,
    but not with full limits."""
    steps = np.arange(50)
    runs = {f"lr={rate}": run_of({"step": steps, "val_loss": 1.0 + rate + 0 * steps, "lr": rate + 0 * steps})
            for rate in (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)}
    groups = {name: [name] for name in runs}

    def tops(lens: Lens) -> dict[str, float]:
        seen = RunsOverlay().read(runs, lens, 0.0)
        assert seen is not None
        return {panel.title: panel.y_limits[1] for panel in GroupedOverlay().panels(seen, lens, groups)[0]}

    robust, full = tops(Lens()), tops(Lens(limits="full"))
    assert robust["lr"] > 1.0 and robust["val_loss"] < 2.0
    assert full["lr"] > 1.0 and full["val_loss"] > 2.0
