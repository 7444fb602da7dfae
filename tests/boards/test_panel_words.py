"""The words beside a panel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from livemon.boards.dashboard import BoardMaker, Lens

STEPS = np.arange(40)


@pytest.mark.parametrize(("val", "note"), [
    (2.0, "40 train + 40 val points"), (0.05, "val is 20x below train · 40 train + 40 val points"),
    (16.0, "val is 16x above train · 40 train + 40 val points"), (-1.0, "40 train + 40 val points"),
])
def test_losses_far_from_each_other(val: float, note: str, run_of: Callable[..., Any]) -> None:
    """A validation loss more than eight times above or below the training's is said, with the counts of points."""
    run = run_of({"step": STEPS, "train_loss": 1.0 + STEPS * 0.0, "val_loss": val + STEPS * 0.0})
    assert BoardMaker(run).dashboard(now=0.0).panels[0].note == note


def test_values_that_are_not_finite(run_of: Callable[..., Any]) -> None:
    """NaN and infinities are counted, with where the first of them is."""
    loss = np.where(STEPS == 7, np.nan, 1.0 + STEPS)
    loss[[20, 21]] = np.inf
    panel = BoardMaker(run_of({"step": STEPS, "train_loss": loss})).dashboard(now=0.0).panels[0]
    assert panel.warning == "1 NaN, 2 inf, first at step 7"


def test_a_log_axis_is_announced(run_of: Callable[..., Any]) -> None:
    """A panel with a logarithmic axis says so before anything else, beside the unit; a linear one says nothing."""
    columns = {"step": STEPS, "train_loss": 1.0 + STEPS, "val_ppl": np.exp(STEPS / 4),
               "tokens_per_second": 9.0 ** (STEPS / 9)}
    board = BoardMaker(run_of(columns), Lens(log=("throughput",))).dashboard(now=0.0)
    notes = {panel.title: (panel.y_scale, panel.note) for panel in board.panels if panel.lines}
    assert notes == {"loss": ("linear", "40 points"), "perplexity": ("log", "log axis"),
                     "throughput": ("log", "log axis · tokens/s")}
