"""Times that are written as text."""

from __future__ import annotations

import math

import pytest

from livemon.tables.time_texts import seconds_of_text


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
