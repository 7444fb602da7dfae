"""A picture that can be touched, on a canvas without a screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from livemon.boards import Lens
from livemon.boards.model import Board, Event, Line, Panel, Ruler
from livemon.views import style
from livemon.views.mpl.blitting import Blitter

STEPS = np.arange(0.0, 1000.0, 10.0)


class Canvas(FigureCanvasAgg):
    """A canvas of pixels; putting them on a screen is the toolkit's work."""

    def blit(self, bbox: Any = None) -> None:
        """Nothing to copy to."""


def touchable_board(make: Callable[..., Board], curve: Callable[..., Panel], **known: Any) -> Board:
    """Two panels of curves and boxes, with all that a touch needs to know."""
    curves: Any = (("train_loss", "train", "blue", 1.0), ("val_loss", "val", "orange", 2.0))
    lines = []
    for name, label, colour, level in curves:
        lines.append(Line(name, "raw", STEPS, level + 0.1 * np.sin(STEPS), colour))
        lines.append(Line(name, "main", STEPS, np.full(100, level), colour, f"{label} {level:.3f}", label))
    loss = replace(curve("loss", span=2), lines=tuple(lines), metrics=("train_loss", "val_loss"), y_limits=(0.0, 3.0))
    acc = replace(curve("acc", label="0.9"), metrics=("acc",))
    usual: dict[str, Any] = {
        "lens": Lens(), "axes": ("step", "epoch", "row"), "x_kind": "step",
        "rulers": (Ruler("epoch", STEPS, STEPS / 100),),
        "events": (Event(100.0, "nan", "loss"), Event(500.0, "restart"), Event(700.0, "best", "acc")),
    }
    return make(loss, acc, curve("lr"), **(usual | known))


@pytest.fixture
def touchable(board_of: Callable[..., Board], panel_of: Callable[..., Panel]) -> Callable[..., Board]:
    """Makes a board that can be touched; keywords change it."""
    return lambda **known: touchable_board(board_of, panel_of, **known)


@pytest.fixture
def blitter(touchable: Callable[..., Board]) -> Blitter:
    """A dark picture of that board."""
    with style.context("dark"):
        figure = Figure(figsize=(12, 7), dpi=72)  # a pixel is a point
        Canvas(figure)
        made = Blitter(figure, "dark")
    made.show(touchable())
    return made


@pytest.fixture
def at(blitter: Blitter) -> Callable[[str, float, float], tuple[float, float]]:
    """Finds where a value of a panel stands: `at("loss", x, y)`."""

    def find(key: str, x: float, y: float) -> tuple[float, float]:
        space = blitter.painter.panels[key].space
        assert space is not None
        return space.x_at(x), space.y_at(y)

    return find
