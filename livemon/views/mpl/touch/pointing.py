"""What is under the pointer. Lengths are points from the figure's lower left corner."""

from __future__ import annotations

import math
from dataclasses import dataclass

from livemon.boards.model import Panel
from livemon.views.mpl.figure import Painter
from livemon.views.mpl.layout import Rect
from livemon.views.mpl.panel_space import Space
from livemon.views.readings import readings

__all__ = ["PointerTarget", "nearest_curve", "target_at"]

_TITLE = 20.0  # points above the axes that still count as the panel


@dataclass(frozen=True, slots=True)
class PointerTarget:
    """A position in the figure, and what is there.

    Attributes:
        panel: The panel there, or None.
        space: The positions of its values.
        x, y: The values there, or the nearest ones within the axes; None if the axes have no curves.
        inside: Whether the position is within the axes.
        metric: The metric of the curve whose name is there, or None.
        run: The run of that curve, if there are several; else "".
        listed: The run with its row of the list there, or None.
        zoomed: Whether the header describes the zoom there.
    """

    panel: Panel | None = None
    space: Space | None = None
    x: float | None = None
    y: float | None = None
    inside: bool = False
    metric: str | None = None
    run: str = ""
    listed: str | None = None
    zoomed: bool = False


def target_at(painter: Painter, x: float, y: float) -> PointerTarget:
    """What is at a position."""
    if painter.zoomed_at is not None and _holds(painter.zoomed_at, x, y):
        return PointerTarget(zoomed=True)
    if painter.runs is not None and (listed := painter.runs.name_at(x, y)) is not None:
        return PointerTarget(listed=listed)
    for artists in painter.panels.values():
        panel, space = artists.panel, artists.space
        if panel is None or space is None:
            continue
        rect = space.panel
        if not (rect.left - 2 <= x <= rect.right + 2 and rect.bottom <= y <= rect.top + _TITLE * space.scale):
            continue
        metric, run = next(((metric, run) for box, metric, run in artists.names
                            if box[0] - 3 <= x <= box[2] + 3 and box[1] <= y <= box[3]), (None, ""))
        inside = metric is None and _holds(space.axes, x, y)
        if not panel.lines:
            return PointerTarget(panel, space, inside=inside, metric=metric, run=run)
        return PointerTarget(panel, space, *value_at(space, x, y), inside, metric, run)
    return PointerTarget()


def value_at(space: Space, x: float, y: float) -> tuple[float, float]:
    """The values at a position, or at the nearest one within the axes."""
    axes = space.axes
    return space.x_from(min(max(x, axes.left), axes.right)), space.y_from(min(max(y, axes.bottom), axes.top))


def _holds(rect: Rect, x: float, y: float) -> bool:
    return rect.left <= x <= rect.right and rect.bottom <= y <= rect.top


def nearest_curve(spot: PointerTarget) -> tuple[str, str] | None:
    """The metric and the run of the curve whose name is under the pointer, or else of the nearest curve."""
    if spot.metric is not None:
        return spot.metric, spot.run
    if spot.panel is None or spot.space is None or spot.x is None or spot.y is None:
        return None
    space, here = spot.space, spot.space.y_at(spot.y)
    far = [(abs(space.y_at(reading.value) - here), (reading.metric, reading.run)) for reading in readings(
        spot.panel, spot.x) if math.isfinite(reading.value)]
    return min(far)[1] if far else None
