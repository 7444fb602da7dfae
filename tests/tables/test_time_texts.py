"""Times that are written as text."""

from __future__ import annotations

import math

import pytest

from livemon.tables.time_texts import ClockTimes, seconds_of_text, seconds_of_units


@pytest.mark.parametrize(("text", "seconds"), [
    ("1970-01-02T00:00:00Z", 86400.0), ("1970-01-01 01:00:00+00:00", 3600.0), ("1970-01-01T00:00:00,250Z", 0.25),
    ("0:02:12", 132.0), ("1 day, 0:08:23", 86903.0), ("100:00:00", 360000.0), ("00:00:01.5", 1.5),
])
def test_a_time_is_seconds(text: str, seconds: float) -> None:
    """With a date since 1970, without one since the start."""
    assert seconds_of_text(text) == seconds


@pytest.mark.parametrize("text", ["", "step", "2025-13-40 99:99", "2025-11-18", "1:2", "NaN", "AP@0.50:0.95"])
def test_other_texts_are_no_time(text: str) -> None:
    """What cannot be read as a time is none, and never an error."""
    assert math.isnan(seconds_of_text(text))


@pytest.mark.parametrize(("text", "seconds"), [
    ("250ms", 0.25), ("1m 2s", 62.0), ("2h 3m 4.5s", 7384.5), ("1 day, 1 minute", 86460.0), ("8us", 8e-6),
    ("5 minutes and 3 seconds", 303.0), ("2 hours", 7200.0), ("4 mins", 240.0),
])
def test_a_duration_with_its_units(text: str, seconds: float) -> None:
    """Its parts are added up, each by its unit."""
    assert seconds_of_units(text) == pytest.approx(seconds, rel=1e-12)


@pytest.mark.parametrize("text", ["", "12", "3 apples", "1m 2x"])
def test_no_duration(text: str) -> None:
    """A number without a unit of time is none."""
    assert math.isnan(seconds_of_units(text))


def test_clock_times_of_the_day() -> None:
    """Issue 16: a time stamp without a date counts from the first one, over midnight; an elapsed time does not."""
    clock, elapsed = ClockTimes(is_stamp=True), ClockTimes(is_stamp=False)
    assert [clock.seconds_of(text) for text in ("23:59:00", "23:59:30.5", "00:00:10")] == [0.0, 30.5, 70.0]
    assert [elapsed.seconds_of(text) for text in ("01:00:00", "01:01:00")] == [3600.0, 3660.0]
