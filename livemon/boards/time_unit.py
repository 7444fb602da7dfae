"""The unit of a time axis."""

from __future__ import annotations

import math

__all__ = ["is_time", "seconds_of", "unit_of_time"]

_UNITS = ((3 * 3600.0, 3600.0, "hours"), (300.0, 60.0, "minutes"), (-math.inf, 1.0, "seconds"))


def unit_of_time(seconds: float) -> tuple[float, str]:
    """The unit that suits a duration: its seconds, and its name."""
    return next((unit, label) for least, unit, label in _UNITS if not seconds < least)


def is_time(label: str) -> bool:
    """Whether an axis with this label counts time since the start."""
    return any(label == name for _, _, name in _UNITS)


def seconds_of(label: str) -> float:
    """The seconds in the unit of a time axis; 1 for any other axis."""
    return next((unit for _, unit, name in _UNITS if name == label), 1.0)
