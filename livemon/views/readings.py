"""The values at a position of x: those of a panel's curves, and x on each axis of the run."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from livemon import wording
from livemon.boards.model import Board, Line, Panel
from livemon.tables.names import UNIX_FROM

__all__ = ["Reading", "place_in_words", "readings"]

_NEAR_END = 0.02  # of the axis: so far after a curve's end its last value still counts
_NEAR_ROWS = 0.002  # of a ruler's range, about a pixel: so far outside it its end still counts


@dataclass(frozen=True, slots=True)
class Reading:
    """A curve's value at a position of x.

    Attributes:
        metric, name, colour, run: Those of the curve; the name is "" if the panel's title says it, and the run is "" on
            a board of one run.
        at: The point of the curve that is read; None if it has none there.
        value: The value of the line that people read, or the raw one if it is not finite; NaN without a point.
        raw: The raw value, if it is another line.
    """

    metric: str
    name: str
    colour: str
    at: tuple[float, float] | None
    value: float
    raw: float | None
    run: str = ""


def readings(panel: Panel, x: float) -> list[Reading]:
    """The value of each of a panel's curves at a position of x."""
    beyond = _NEAR_END * (panel.x_limits[1] - panel.x_limits[0])
    raw = {(line.metric, line.run): line for line in panel.lines if line.kind == "raw"}
    made = []
    for line in panel.lines:
        if line.kind not in ("main", "points"):
            continue
        at = _nearest(line, x, beyond)
        bad = _nearest_bad(panel, line, x)
        if bad is not None and abs(bad[0] - x) < (beyond if at is None else abs(at[0] - x)):
            made.append(Reading(line.metric, line.name, line.colour, bad, bad[1], None, line.run))
            continue
        behind = raw.get((line.metric, line.run))
        logged = _nearest(behind, x, beyond) if behind is not None else None
        made.append(Reading(line.metric, line.name, line.colour, at, math.nan if at is None else at[1],
                            None if logged is None else logged[1], line.run))
    return made


def _nearest(line: Line, x: float, beyond: float) -> tuple[float, float] | None:
    """The point of a line nearest to a position of x; None if the line is not there."""
    if not len(line.x) or not line.x[0] - beyond <= x <= line.x[-1] + beyond:
        return None
    behind = int(np.searchsorted(line.x, x))
    near = [index for index in (behind - 1, behind) if 0 <= index < len(line.x)]
    best = min(near, key=lambda index: abs(float(line.x[index]) - x))
    return float(line.x[best]), float(line.y[best])


def _nearest_bad(panel: Panel, line: Line, x: float) -> tuple[float, float] | None:
    """The NaN or infinity of a curve nearest to a position of x; None if two curves of the panel have its colour, so
    that the mark may belong to either."""
    if sum(other.colour == line.colour for other in panel.lines if other.kind in ("main", "points")) > 1:
        return None
    values = {"nan": math.nan, "inf": math.inf}
    bad = [(mark.x, values[mark.kind]) for mark in panel.marks if mark.kind in values and mark.colour == line.colour]
    return min(bad, key=lambda point: abs(point[0] - x), default=None)


def place_in_words(board: Board, x: float) -> str:
    """A position of x on each axis that the run has: "step 1,234 · epoch 3 · 14:03:22"."""
    label = next((panel.x_label for panel in board.panels if panel.lines and panel.x_label), "x")
    parts = [wording.place(label, round(x) if label in ("step", "row") else x)]
    for ruler in board.rulers:
        if ruler.kind == board.x_kind or not len(ruler.x):
            continue
        near = _NEAR_ROWS * (float(ruler.x[-1]) - float(ruler.x[0]))
        if not ruler.x[0] - near <= x <= ruler.x[-1] + near:  # there are no rows yet
            continue
        value = float(np.interp(x, ruler.x, ruler.values))
        if not math.isfinite(value):
            continue
        if ruler.kind != "time":
            parts.append(f"{ruler.kind} {wording.count(round(value, 2) if ruler.kind == 'epoch' else round(value))}")
        elif value > UNIX_FROM:
            parts.append(time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(value)))
        else:
            parts.append(f"after {wording.duration(value)}")
    return " · ".join(parts)
