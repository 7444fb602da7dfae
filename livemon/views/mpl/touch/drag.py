"""A drag of the mouse: what it would zoom."""

from __future__ import annotations

from dataclasses import dataclass, replace

from livemon.boards.model import Panel
from livemon.views.mpl.panel_space import Space
from livemon.views.mpl.touch.pointing import value_at

__all__ = ["Drag"]

_MEANT = 5.0  # points: a hand that clicks moves less
_UPWARDS = 2.0  # times as far up or down as to the side


@dataclass(frozen=True, slots=True)
class Drag:
    """A drag in the axes of a panel, from a place to another; both in points, wherever the pointer has gone.

    Attributes:
        panel, space: Where it began.
        start, end: Where it began, and where the pointer is.
        shift: Whether Shift is held: then it is about y.
    """

    panel: Panel
    space: Space
    start: tuple[float, float]
    end: tuple[float, float]
    shift: bool = False

    def on(self, space: Space) -> Drag:
        """The drag once the axes of its panel are others, as the run has gone on: it begins at the values where it
        began, and ends where the pointer is."""
        if space == self.space:
            return self
        x, y = value_at(self.space, *self.start)
        return replace(self, space=space, start=(space.x_at(space.within_x(x)), space.y_at(y)))

    @property
    def is_meant(self) -> bool:
        """Whether it is far enough to be no click."""
        return abs(self._along[1] - self._along[0]) >= _MEANT

    @property
    def is_about_y(self) -> bool:
        """Whether it zooms y of its panel, and not x of all."""
        across, up = (abs(b - a) for a, b in zip(self.start, self.end, strict=True))
        return self.shift or (up > _UPWARDS * across and up >= _MEANT)

    @property
    def _along(self) -> tuple[float, float]:
        axis = 1 if self.is_about_y else 0
        return self.start[axis], self.end[axis]

    @property
    def values(self) -> tuple[float, float]:
        """The lower and the higher of the two values that it is between, within the axes."""
        axis = 1 if self.is_about_y else 0
        a, b = (value_at(self.space, *corner)[axis] for corner in (self.start, self.end))
        return min(a, b), max(a, b)

    @property
    def ends(self) -> tuple[float, float]:
        """Where it is between, in points, within the axes."""
        axes = self.space.axes
        low, high = (axes.bottom, axes.top) if self.is_about_y else (axes.left, axes.right)
        a, b = (min(max(end, low), high) for end in self._along)
        return min(a, b), max(a, b)
