"""Marks on a group's curve: values of its single runs that a middle hides, and where fewer runs are left."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from livemon import wording
from livemon.analysis.statistics.group_events import GroupEvents
from livemon.analysis.statistics.groups import GroupCurve
from livemon.boards.model import Colour, Mark
from livemon.curves.limits import Limits

__all__ = ["group_marks"]

_PLACES = 24  # parts of the axis: the events of a group's runs in one of them are one mark
_MOST_OF_A_KIND = 8  # marks of a group, those of most runs first
_MOST_TEXTS = 2  # of them
_AT_THE_END = 0.99  # of the axis: a run that ends there ends with the others


def group_marks(name: str, colour: Colour | None, curve: GroupCurve, x_limits: Limits, y_limits: Limits) -> list[Mark]:
    """The marks of a group. NaN, infinities and falls of n lie on its curve, a spike at its value, and what is outside
    the limits at the edge.

    Args:
        name: The group's name before the texts; "" if it is the only group.
        colour: The colour of its curve; None for one in the background, which has no marks for the ends of runs.
        curve: The curve over the panel's x.
    """
    start = f"{name}: " if name else ""
    marks: list[Mark] = []
    for events in curve.events:
        for number, (at, count) in enumerate(_told(events, curve, x_limits)):
            text = _words(events, at, count, curve.runs) if number < _MOST_TEXTS else ""
            marks.append(_mark(events, at, curve, y_limits, colour or "grey", text and start + text, count))
    return marks if colour is None else marks + list(_falls(start, colour, curve, x_limits, y_limits))


def _told(events: GroupEvents, curve: GroupCurve, x_limits: Limits) -> list[tuple[int, int]]:
    """The marked events, one for each part of the axis, with the number of runs that have one there: the first event,
    or the spike furthest from the curve."""
    inside = np.flatnonzero((events.x >= x_limits[0]) & (events.x <= x_limits[1]))
    slot = ((events.x[inside] - x_limits[0]) / (x_limits[1] - x_limits[0]) * _PLACES).astype(np.int64)
    distance = _distance(events, curve)
    changes = []
    for taken in np.unique(slot).tolist():
        here = inside[slot == taken]
        at = int(here[np.argmax(distance[here])]) if events.kind == "spike" else int(here[0])
        changes.append((at, len(np.unique(events.run[here]))))
    return sorted(changes, key=lambda change: (-change[1], -distance[change[0]], change[0]))[:_MOST_OF_A_KIND]


def _distance(events: GroupEvents, curve: GroupCurve) -> NDArray[np.float64]:
    """The distance of each value from the curve; 0 for values that are not finite."""
    if not len(curve.x):
        return np.zeros(len(events.x))
    with np.errstate(over="ignore", invalid="ignore"):
        distance = np.abs(events.value - np.interp(events.x, curve.x, curve.middle))
    return np.where(np.isfinite(distance), distance, 0.0)


def _words(events: GroupEvents, at: int, count: int, runs: int) -> str:
    of = f"{count} of {runs} run{'s' * (runs != 1)}"
    if events.kind == "spike":
        return f"{of} at {wording.number(float(events.value[at]))}"
    return f"{'NaN' if events.kind == 'nan' else 'inf'} in {of}"


def _mark(events: GroupEvents, at: int, curve: GroupCurve, y_limits: Limits, colour: Colour, text: str, count: int
          ) -> Mark:
    x, value = float(events.x[at]), float(events.value[at])
    if events.kind != "spike":
        return Mark(events.kind, x, _on_curve(x, curve, y_limits), colour, text, runs=count)
    if y_limits[0] <= value <= y_limits[1]:
        return Mark("spike", x, value, colour, text, runs=count)
    return Mark("beyond", x, None, colour, text, "top" if value > y_limits[1] else "bottom", runs=count)


def _falls(start: str, colour: Colour, curve: GroupCurve, x_limits: Limits, y_limits: Limits) -> Iterator[Mark]:
    """Where the band ends, and where n falls for the last time."""
    end = x_limits[0] + _AT_THE_END * (x_limits[1] - x_limits[0])
    falls = [fall for fall in curve.falls() if fall[0] < end]
    alone = next((fall for fall in falls if fall[1] < 2), None)
    for x, count in dict.fromkeys(fall for fall in (alone, falls[-1] if falls else None) if fall is not None):
        y = _on_curve(x, curve, y_limits)
        if y is not None:
            text = f"{start}n = {count} from here" + ", no band" * (count < 2)
            yield Mark("fewer", x, y, colour, text, runs=count)


def _on_curve(x: float, curve: GroupCurve, y_limits: Limits) -> float | None:
    """The curve's height at x; None if it is unknown or outside the limits."""
    if not len(curve.x):
        return None
    y = float(np.interp(x, curve.x, curve.middle))
    return y if math.isfinite(y) and y_limits[0] <= y <= y_limits[1] else None
