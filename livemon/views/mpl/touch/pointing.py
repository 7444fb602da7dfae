"""What stands under the pointer. Lengths are points from the figure's lower left corner."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from livemon.boards.model import Line, Panel
from livemon.views.mpl.figure import Painter
from livemon.views.mpl.layout import Rect
from livemon.views.mpl.panel_space import Space

__all__ = ["Reading", "Spot", "name_of", "nearest_curve", "readings", "spot_at"]

_TITLE = 20.0  # points above the axes that belong to a panel
_NEAR_END = 0.02  # of the axis' width: how far behind a curve's end its last value is still read


@dataclass(frozen=True, slots=True)
class Spot:
    """What a place of the figure is.

    Attributes:
        panel: The panel there; None beside all of them.
        space: Where its values stand.
        x, y: The values there, the nearest ones that the axes have; None where the axes have no curves.
        inside: Whether it is within the axes.
        metric: The metric whose name is written there; None for none.
        zoomed: Whether the header says there what is zoomed.
    """

    panel: Panel | None = None
    space: Space | None = None
    x: float | None = None
    y: float | None = None
    inside: bool = False
    metric: str | None = None
    zoomed: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A curve's value at a place of x.

    Attributes:
        metric, name, colour: Of the curve.
        at: The point of the curve that is read; None where it has none there.
        value: Of the line that people read. raw: As logged, where that is another line.
    """

    metric: str
    name: str
    colour: str
    at: tuple[float, float] | None
    value: float
    raw: float | None


def spot_at(painter: Painter, x: float, y: float) -> Spot:
    """What stands at a place."""
    if painter.zoomed_at is not None and _holds(painter.zoomed_at, x, y):
        return Spot(zoomed=True)
    for artists in painter.panels.values():
        panel, space = artists.panel, artists.space
        if panel is None or space is None:
            continue
        rect = space.panel
        if not (rect.left - 2 <= x <= rect.right + 2 and rect.bottom <= y <= rect.top + _TITLE * space.scale):
            continue
        metric = next((name for box, name in artists.names if box[0] - 3 <= x <= box[2] + 3 and box[1] <= y <= box[3]),
                      None)
        inside = metric is None and _holds(space.axes, x, y)
        if not panel.lines:
            return Spot(panel, space, inside=inside, metric=metric)
        return Spot(panel, space, *value_at(space, x, y), inside, metric)
    return Spot()


def value_at(space: Space, x: float, y: float) -> tuple[float, float]:
    """The values of a place, or of the nearest one within the axes."""
    axes = space.axes
    return space.x_from(min(max(x, axes.left), axes.right)), space.y_from(min(max(y, axes.bottom), axes.top))


def _holds(rect: Rect, x: float, y: float) -> bool:
    return rect.left <= x <= rect.right and rect.bottom <= y <= rect.top


def name_of(panel: Panel) -> str:
    """What a lens calls a panel."""
    return panel.title if panel.metrics else panel.key


def readings(panel: Panel, x: float) -> list[Reading]:
    """The value of each of a panel's curves at a place of x."""
    width = panel.x_limits[1] - panel.x_limits[0]
    raw = {line.metric: line for line in panel.lines if line.kind == "raw"}
    made = []
    for line in panel.lines:
        if line.kind not in ("main", "points"):
            continue
        at = _nearest(line, x, _NEAR_END * width)
        logged = _nearest(raw[line.metric], x, _NEAR_END * width) if line.metric in raw else None
        made.append(Reading(line.metric, line.name or line.metric, line.colour, at, math.nan if at is None else at[1],
                            None if logged is None else logged[1]))
    return made


def _nearest(line: Line, x: float, beyond: float) -> tuple[float, float] | None:
    """The point of a line that is nearest to a place of x; None where the line is not there."""
    if not len(line.x) or not line.x[0] - beyond <= x <= line.x[-1] + beyond:
        return None
    place = int(np.searchsorted(line.x, x))
    near = [one for one in (place - 1, place) if 0 <= one < len(line.x)]
    best = min(near, key=lambda one: abs(float(line.x[one]) - x))
    return float(line.x[best]), float(line.y[best])


def nearest_curve(spot: Spot) -> str | None:
    """The metric whose name is under the pointer, or else whose curve is nearest to it."""
    if spot.metric is not None or spot.panel is None or spot.space is None or spot.x is None or spot.y is None:
        return spot.metric
    space, here = spot.space, spot.space.y_at(spot.y)
    far = [(abs(space.y_at(one.value) - here), one.metric) for one in readings(spot.panel, spot.x)
           if math.isfinite(one.value)]
    return min(far)[1] if far else None
