"""The marks for points outside a panel's y limits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from livemon import wording
from livemon.boards.model import Colour, Mark
from livemon.curves.curve import Curve
from livemon.curves.limits import Limits

__all__ = ["Beyond", "beyond", "beyond_marks"]

_PLACES = 16  # along the axis of x
_FEW = 100  # points: they need not be thinned
Beyond = list[tuple[str, float, float]]


def beyond(curve: Curve, limits: Limits, y_limits: Limits) -> Beyond:
    """The points of a curve outside the y limits: edge ("top" or "bottom"), x and y of the most extreme one in each of
    16 equal parts of the axis. `limits`: of x."""
    low, high = curve.lowest, curve.highest
    if low is not None and high is not None and y_limits[0] <= low[1] and high[1] <= y_limits[1]:
        return []
    points = curve.sample.x, curve.sample.y
    far = (points[1] < y_limits[0]) | (points[1] > y_limits[1])
    if low is not None and curve.sample.stride == 1 and np.count_nonzero(far) < _FEW:  # all points are in the sample
        low_x, low_y, high_x, high_y = (points[0][far], points[1][far]) * 2
    else:
        low_x, low_y, high_x, high_y = curve.raw.extremes()
    if curve.not_positive:
        hidden = np.array(curve.not_positive)
        low_x, low_y = np.append(low_x, hidden[:, 0]), np.append(low_y, hidden[:, 1])
    below, above = low_y < y_limits[0], high_y > y_limits[1]
    ends = (("bottom", low_x, low_y, below), ("top", high_x, high_y, above))
    every = [(edge, at, value) for edge, x, y, outside in ends
             for at, value in zip(x[outside].tolist(), y[outside].tolist(), strict=True)]
    extremes = _extremes([every], ["grey"], limits, y_limits)
    return [(edge, at, value) for (edge, _), (_, at, value, _) in extremes.items()]


def _extremes(outside: Sequence[Beyond], colours: Sequence[Colour], limits: Limits, y_limits: Limits
              ) -> dict[tuple[str, int], tuple[float, float, float, Colour]]:  # fmt: skip
    """The most extreme point in each part of the axis: edge, number of the part -> distance, x, y, colour."""
    width = (limits[1] - limits[0]) / _PLACES
    extremes: dict[tuple[str, int], tuple[float, float, float, Colour]] = {}
    for points, colour in zip(outside, colours, strict=True):
        for edge, at, value in points:
            distance = abs(value - (y_limits[0] if edge == "bottom" else y_limits[1]))
            spot = edge, int((at - limits[0]) / width)
            if spot not in extremes or distance > extremes[spot][0]:
                extremes[spot] = distance, at, value, colour
    return extremes


def beyond_marks(outside: Sequence[Beyond], colours: Sequence[Colour], limits: Limits, y_limits: Limits, x_label: str,
                 texts: int = 3) -> list[Mark]:
    """Marks at the edges for points outside the y limits: the most extreme one in each of 16 equal parts of the
    axis, or just the three most extreme if there are many. At most `texts` of them show their value, far enough apart.

    Args:
        outside: For each curve, see `beyond`.
        colours: The colour of each curve.
        limits, y_limits: The limits of the panel.
        x_label: The label of x.
        texts: See above.
    """
    extremes = _extremes(outside, colours, limits, y_limits)
    ordered = sorted(((edge, *rest) for (edge, _), rest in extremes.items()), key=lambda mark: -mark[1])
    if len(ordered) > 6:
        ordered = ordered[:3]
    marks: list[Mark] = []
    for edge, _, at, value, colour in ordered:
        room = 0.3 * (limits[1] - limits[0])
        near = any(mark.text and mark.edge == edge and abs(mark.x - at) < room for mark in marks)
        text = "" if near or len(marks) >= texts else f"{wording.number(value)} at {wording.place(x_label, at)}"
        marks.append(Mark("beyond", at, None, colour, text, "bottom" if edge == "bottom" else "top"))
    return marks
