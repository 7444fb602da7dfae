"""A drag of the mouse, and the range to which it would zoom."""

from __future__ import annotations

from dataclasses import dataclass, replace

from livemon.boards.model import Panel
from livemon.views.mpl.panel_space import Space
from livemon.views.mpl.touch.pointing import value_at

__all__ = ["Drag"]

_MEANT = 5.0  # points: a hand moves less in a click
_UPWARDS = 2.0  # times: such a vertical movement, relative to the horizontal one


@dataclass(frozen=True, slots=True)
class Drag:
    """A drag in the axes of a panel, from one position to another; both in points, wherever the pointer has gone.

    Attributes:
        panel, space: The panel and its axes at the beginning.
        start, end: The beginning, and the present position of the pointer.
        shift: Whether Shift is pressed: then the drag zooms y.
    """

    panel: Panel
    space: Space
    start: tuple[float, float]
    end: tuple[float, float]
    shift: bool = False

    def on(self, space: Space) -> Drag:
        """The drag after the axes of its panel have changed, because the run went on: it begins at the same values, and
        ends at the pointer."""
        if space == self.space:
            return self
        x, y = value_at(self.space, *self.start)
        return replace(self, space=space, start=(space.x_at(space.within_x(x)), space.y_at(y)))

    @property
    def is_meant(self) -> bool:
        """Whether it is too long for a click."""
        return abs(self._along[1] - self._along[0]) >= _MEANT

    @property
    def is_about_y(self) -> bool:
        """Whether it zooms y of its panel, instead of x of all panels."""
        across, up = (abs(b - a) for a, b in zip(self.start, self.end, strict=True))
        return self.shift or (up > _UPWARDS * across and up >= _MEANT)

    @property
    def _along(self) -> tuple[float, float]:
        axis = 1 if self.is_about_y else 0
        return self.start[axis], self.end[axis]

    @property
    def values(self) -> tuple[float, float]:
        """The lower and the higher of its two values, within the axes."""
        axis = 1 if self.is_about_y else 0
        a, b = (value_at(self.space, *corner)[axis] for corner in (self.start, self.end))
        return min(a, b), max(a, b)

    @property
    def ends(self) -> tuple[float, float]:
        """Its two ends in points, within the axes."""
        axes = self.space.axes
        low, high = (axes.bottom, axes.top) if self.is_about_y else (axes.left, axes.right)
        a, b = (min(max(end, low), high) for end in self._along)
        return min(a, b), max(a, b)
