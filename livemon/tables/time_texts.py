"""Times that are written as text: `2025-11-18 03:10:47`, `2025-11-18T03:10:47Z`, `0:02:12`, `1 day, 0:08:23`."""

from __future__ import annotations

import math
import re
from datetime import datetime

__all__ = ["ClockTimes", "seconds_of_text", "seconds_of_units"]

_ELAPSED = re.compile(r"(?:(?P<days>\d+) days?,? )?(?P<hours>\d{1,4}):(?P<minutes>[0-5]\d)"
                      r":(?P<seconds>[0-5]\d(?:\.\d+)?)")
_OF_DAY = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?")
_DAY = 86400.0
_DATED = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "sec": 1.0, "second": 1.0, "m": 60.0, "min": 60.0, "minute": 60.0,
          "h": 3600.0, "hour": 3600.0, "d": 86400.0, "day": 86400.0}


def seconds_of_text(text: str) -> float:
    """A time in seconds: since 1970 if it has a date (in this machine's time zone if it names none), else since the
    start; NaN if the text is not a time."""
    text = text.strip()
    if _DATED.match(text):
        try:
            return datetime.fromisoformat(text.replace(",", ".")).timestamp()
        except (ValueError, OverflowError, OSError):
            return math.nan
    if (match := _ELAPSED.fullmatch(text)) is None:
        return math.nan
    return (86400.0 * int(match["days"] or 0) + 3600.0 * int(match["hours"]) + 60.0 * int(match["minutes"])
            + float(match["seconds"]))


def seconds_of_units(text: str) -> float:
    """A duration with units, `1m 2s`, `57.2ms`, `5 minutes and 3 seconds`, in seconds; NaN if a unit is not known."""
    parts = re.findall(r"(\d+(?:\.\d+)?)\s?([a-z]+)", text)
    units = [unit if unit in _UNITS else unit.removesuffix("s") for _, unit in parts]
    if not parts or any(unit not in _UNITS for unit in units):
        return math.nan
    return sum(float(number) * _UNITS[unit] for (number, _), unit in zip(parts, units, strict=True))


class ClockTimes:
    """Reads the texts of a column of times in order. Times of day (time stamps without a date) count from the first of
    them, also across midnight.

    Args:
        is_stamp: Whether the column's name says that its times are those at which rows were written.
    """

    def __init__(self, *, is_stamp: bool) -> None:
        self._is_stamp = is_stamp
        self._first = self._last = math.nan
        self._days = 0.0

    def seconds_of(self, text: str) -> float:
        """See `seconds_of_text`."""
        seconds = seconds_of_text(text)
        if not self._is_stamp or _OF_DAY.fullmatch(text.strip()) is None:
            return seconds
        if math.isnan(self._first):
            self._first = self._last = seconds
        if seconds < self._last - _DAY / 2:
            self._days += _DAY
        self._last = seconds
        return self._days + seconds - self._first
