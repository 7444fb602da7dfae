"""The positions of a panel's values in the figure. Pure geometry."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from livemon.boards.model import Line, Panel
from livemon.views.looks import SCREEN
from livemon.views.mpl.layout import Rect

__all__ = ["Space", "end_of", "is_log", "is_log_x", "space_of"]

Limits = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Space:
    """The position and the axes of a panel. All lengths are points from the figure's lower left corner.

    Attributes:
        panel: The rectangle of the whole panel.
        axes: The rectangle of its axes: narrower if names or labels need room beside them.
        x, y: The limits of the axes.
        log_x, log_y: Whether an axis is logarithmic.
        scale: The scale of texts and lengths.
    """

    panel: Rect
    axes: Rect
    x: Limits
    y: Limits
    log_x: bool
    log_y: bool
    scale: float

    def x_at(self, x: float) -> float:
        """The position of a value of x."""
        low, high = self.x
        if self.log_x:
            low, high, x = math.log(low), math.log(high), math.log(max(x, 1e-300))
        return self.axes.left + (x - low) / (high - low or 1) * self.axes.width

    def x_from(self, points: float) -> float:
        """The value of x at a position; the inverse of `x_at`."""
        low, high = self.x
        share = (points - self.axes.left) / self.axes.width
        if self.log_x:
            return math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
        return low + share * (high - low)

    def y_at(self, y: float) -> float:
        """The position of a value; a value outside the limits is at the edge."""
        low, high = self.y
        if self.log_y:
            low, high, y = math.log(low), math.log(high), math.log(max(y, 1e-300))
        share = (y - low) / (high - low or 1)
        return self.axes.bottom + min(max(share, 0.0), 1.0) * self.axes.height

    def y_from(self, points: float) -> float:
        """The value at a position; the inverse of `y_at`."""
        low, high = self.y
        share = (points - self.axes.bottom) / (self.axes.height or 1)
        if self.log_y:
            return math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
        return low + share * (high - low)

    def within_x(self, x: float) -> float:
        """The value, clipped to the limits."""
        return min(max(x, self.x[0]), self.x[1])


def space_of(panel: Panel, rect: Rect, scale: float) -> Space:
    """The space of a panel whose axes fill `rect`."""
    log = is_log(panel)
    return Space(rect, rect, _x_limits(panel, rect, scale), _wide_enough(panel.y_limits, log), is_log_x(panel), log,
                 scale)


def is_log(panel: Panel) -> bool:
    """Whether the panel's y axis is logarithmic; limits that include 0 have no logarithm."""
    return panel.y_scale == "log" and panel.y_limits[0] > 0


def is_log_x(panel: Panel) -> bool:
    """Whether the panel's x axis is logarithmic."""
    return panel.x_scale == "log" and panel.x_limits[0] > 0


def end_of(line: Line) -> tuple[float, float] | None:
    """The last finite point, or None."""
    if not len(line.x):
        return None
    last = -1
    if not math.isfinite(line.y[-1]):
        finite = np.flatnonzero(np.isfinite(line.y))
        if not len(finite):
            return None
        last = int(finite[-1])
    return float(line.x[last]), float(line.y[last])


def _x_limits(panel: Panel, rect: Rect, scale: float) -> Limits:
    if panel.boxes:
        return 0.4, len(panel.boxes) + 0.6
    low, high = panel.x_limits
    if not high > low:
        return low - 0.5, high + 0.5
    if is_log_x(panel):
        return low, high * (high / low) ** 0.01
    dot = max((SCREEN.lines[line.kind].dot for line in panel.lines), default=0.0) * scale
    return low, high + (high - low) * 0.7 * dot / rect.width  # no dot is cut at the end


def _wide_enough(limits: Limits, log: bool) -> Limits:
    """Limits that differ by more than rounding errors: matplotlib would silently choose others."""
    low, high = limits
    if high - low > 1e-11 * max(abs(low), abs(high), 1e-200):
        return limits
    return (low / 2, high * 2) if log else (low - 0.5, high + 0.5)
