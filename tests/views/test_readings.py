"""What stands at a place of x."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from livemon.boards.model import Board, Line, Mark, Panel, Ruler
from livemon.views.readings import place_in_words, readings

MakeBoard = Callable[..., Board]
MakePanel = Callable[..., Panel]


def test_values_are_those_of_the_nearest_point(panel_of: MakePanel) -> None:
    """Each curve says its value, smoothed and as logged, at its point next to the place; far behind its end none."""
    steps = np.arange(0.0, 1000.0, 10.0)
    lines = []
    for name, label, level in (("train_loss", "train", 1.0), ("val_loss", "val", 2.0)):
        lines.append(Line(name, "raw", steps, level + 0.1 * np.sin(steps), "blue"))
        lines.append(Line(name, "main", steps, np.full(100, level), "blue", f"{label} {level:.3f}", label))
    first, second = readings(replace(panel_of("loss"), lines=tuple(lines), x_limits=(0.0, 1000.0)), 503.0)
    assert (first.metric, first.name, first.at, first.value) == ("train_loss", "train", (500.0, 1.0), 1.0)
    assert first.raw == pytest.approx(1 + 0.1 * math.sin(500))
    assert second.value == 2.0
    short = Line("a", "main", np.array([0.0, 10.0]), np.array([1.0, np.nan]), "blue")
    panel = Panel("a", "a", (0.0, 1000.0), (0.0, 1.0), lines=(short,))
    assert math.isnan(readings(panel, 12.0)[0].value) and readings(panel, 12.0)[0].at is not None
    assert readings(panel, 500.0)[0].at is None
    assert readings(replace(panel, lines=(Line("a", "main", np.empty(0), np.empty(0), "blue"),)), 0.0)[0].at is None


def test_a_nan_is_read_as_nan(panel_of: MakePanel) -> None:
    """Where a curve's nearest value was logged as NaN, that is its value there, and not the last finite one."""
    lines = (Line("a", "main", np.array([0.0, 10.0]), np.array([1.0, 0.5]), "blue", "a", "a"),
             Line("b", "main", np.array([0.0, 10.0, 20.0, 30.0]), np.full(4, 2.0), "orange", "b", "b"))
    marks = (Mark("nan", 20.0, None, "blue"), Mark("inf", 30.0, None, "blue"), Mark("beyond", 30.0, None, "orange"))
    panel = Panel("a", "a", (0.0, 100.0), (0.0, 1.0), lines=lines, marks=marks)
    values = [[reading.value for reading in readings(panel, x)] for x in (9.0, 19.0, 29.0)]
    assert values[0] == [0.5, 2.0] and math.isnan(values[1][0]) and values[2] == [math.inf, 2.0]
    assert values[1][1] == 2.0 and readings(panel, 90.0)[0].at is None


def test_the_place_on_each_axis(board_of: MakeBoard, panel_of: MakePanel) -> None:
    """A place is said as step, epoch and time: a time of the clock is a date, a time since the start a duration; the
    board's own axis stands first."""
    x = np.array([0.0, 1000.0])

    def words(*rulers: Ruler) -> str:
        return place_in_words(board_of(panel_of("loss"), x_kind="step", rulers=rulers), 502.0)

    assert words(Ruler("epoch", x, x / 500), Ruler("time", x, x * 7.2)) == "step 502 · epoch 1 · after 1h00"
    assert words(Ruler("step", x, x), Ruler("time", x, x * 3.6)) == "step 502 · after 30 min"
    assert words(Ruler("time", x, 1.7e9 + x)).startswith("step 502 · 2023-11-1")


def test_nothing_is_said_of_a_place_that_no_row_has_reached(board_of: MakeBoard, panel_of: MakePanel) -> None:
    """Right of the newest row and left of the first only x itself is known."""
    ruler = Ruler("epoch", np.array([100.0, 1000.0]), np.array([1.0, 16.0]))
    board = board_of(panel_of("loss"), x_kind="step", rulers=(ruler,))
    words = [place_in_words(board, x) for x in (50.0, 100.0, 1001.0, 1208.0)]
    assert words == ["step 50", "step 100 · epoch 1", "step 1,001 · epoch 16", "step 1,208"]


def test_an_axis_without_a_number_there_is_left_out(board_of: MakeBoard, panel_of: MakePanel) -> None:
    """Where an axis has no number, nothing is said of it, and nothing breaks."""
    x = np.array([0.0, 1000.0])
    rulers = (Ruler("epoch", x, np.array([0.0, math.nan])), Ruler("time", x, np.array([math.nan, math.inf])))
    assert place_in_words(board_of(panel_of("loss"), x_kind="step", rulers=rulers), 500.0) == "step 500"
