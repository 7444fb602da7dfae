from __future__ import annotations

from typing import Any

import pytest

from livemon.readers.encodings.json_settings import SettingsInRows, has_x


@pytest.mark.parametrize(("row", "expected"), [
    ({"step": 1}, True), ({"epoch": 0.5, "loss": 1}, True), ({"time": 1.0}, False), ({"step": "x"}, False),
    ({"step": True}, False), ({}, False),
])
def test_which_rows_have_a_place(row: dict[str, Any], expected: bool) -> None:
    """A number that is a step or an epoch is a place on an axis; a time is none, as events have one, too."""
    assert has_x(row) is expected


def test_rows_and_settings_are_told_apart_in_pieces_too() -> None:
    """What is settings does not depend on how many rows come at once."""
    rows = [{"type": "config", "lr": 1}, {"event": "start", "config": {"wd": 2}}, {"step": 1, "loss": 3},
            {"type": "config", "lr": 4}, {"config": {"wd": 5}}]
    for at_once in (1, 2, 5):
        taken, kept = SettingsInRows(), []
        for first in range(0, 5, at_once):
            part = rows[first : first + at_once]
            kept += taken.rows_in(part, range(first, first + len(part)), have_objects=True)[1]
        assert (kept, taken.config) == ([2, 3], {"lr": 1, "wd": 5})
