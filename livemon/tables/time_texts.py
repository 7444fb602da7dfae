"""Times that are written as text: `2025-11-18 03:10:47`, `2025-11-18T03:10:47Z`, `0:02:12`, `1 day, 0:08:23`."""

from __future__ import annotations

import math
import re
from datetime import datetime

__all__ = ["seconds_of_text"]

_ELAPSED = re.compile(r"(?:(?P<days>\d+) days?,? )?(?P<hours>\d{1,4}):(?P<minutes>[0-5]\d)"
                      r":(?P<seconds>[0-5]\d(?:\.\d+)?)")
_DATED = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")


def seconds_of_text(text: str) -> float:
    """A time in seconds: since 1970 where it has a date (of this machine's time zone where it names none), else since
    the start; NaN where the text is no time."""
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
