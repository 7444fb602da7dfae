"""Units of an axis of time."""

from __future__ import annotations

import math

from livemon.boards.time_unit import is_time, unit_of_time


def test_unit_of_time() -> None:
    """Seconds below five minutes, minutes below three hours, then hours; what is no number has some unit, too."""
    assert [unit_of_time(seconds)[1] for seconds in (0.0, 299.0, 300.0, 10799.0, 10800.0)] == [
        "seconds", "seconds", "minutes", "minutes", "hours"]
    assert unit_of_time(7200.0)[0] == 60.0 and unit_of_time(math.nan)[1]


def test_is_time() -> None:
    """The names of the units, and no other."""
    assert is_time("hours") and not is_time("step")
