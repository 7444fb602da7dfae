"""Boards for a terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from livemon.boards.model import Board, Header, Line, Panel, SummaryRow

MakesPanel = Callable[..., Panel]


def line_of(y: Any, x: Any = None, **known: Any) -> Line:
    """A line over the steps 0, 1, 2 ..."""
    y = np.asarray(y, np.float64)
    x = np.arange(len(y), dtype=np.float64) if x is None else np.asarray(x, np.float64)
    return Line(**{"metric": "loss", "kind": "main", "x": x, "y": y, "colour": "blue", "label": "train 0.5",
                   "name": "train"} | known)


def panel_of(*lines: Line, **known: Any) -> Panel:
    """A panel of lines; its limits hold all of them."""
    y = np.concatenate([line.y[np.isfinite(line.y)] for line in lines]) if lines else np.array([0.0, 1.0])
    limits = (float(y.min()), float(y.max())) if len(y) and y.max() > y.min() else (0.0, 1.0)
    end = max((float(line.x[-1]) for line in lines), default=1.0)
    return Panel(**{"key": "loss", "title": "loss", "x_limits": (0.0, end), "y_limits": limits, "lines": lines,
                    "x_label": "step", "metrics": tuple(line.metric for line in lines)} | known)


def board_of(*panels: Panel, **known: Any) -> Board:
    """A board of panels, with a row of the summary for each metric."""
    metrics = dict.fromkeys(line.metric for panel in panels for line in panel.lines)
    summary = tuple(SummaryRow(name, 0.5, 0.4, -1.0, ("0.500", "0.400", "-1.0 %"), "90") for name in metrics)
    header = Header("exp7", "running", progress=("step 100/200", "epoch 3", "ETA 2h10"),
                    metric="loss 0.500 (best 0.400 @ 90)", age="row 4 s ago (usually 5 s)")
    return Board(**{"title": "exp7", "header": header, "panels": panels, "summary": summary, "x_kind": "step",
                    "axes": ("step", "row")} | known)


@pytest.fixture(name="line_of")
def _line_of() -> Callable[..., Line]:
    return line_of


@pytest.fixture(name="panel_of")
def _panel_of() -> Callable[..., Panel]:
    return panel_of


@pytest.fixture(name="board_of")
def _board_of() -> Callable[..., Board]:
    return board_of
