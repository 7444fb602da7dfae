"""The row that counts the rows without room."""

from __future__ import annotations

import math

from livemon.boards.model import Row
from livemon.views.rest_of_rows import rest_as_row


def test_rows_without_room_are_counted() -> None:
    """The words count all, and those that are not finite; the value is that of the last finite row."""
    rows = [Row("a", 1.0, "1.000", "blue"), Row("b", 2.0, "2.000", "blue"), Row("c", math.nan, "nan", "blue")]
    assert rest_as_row(rows[:2]) == ("… and 2 more", "last 2.000")
    assert rest_as_row(rows) == ("… and 3 more, 1 not finite", "last 2.000")
    assert rest_as_row(rows[2:]) == ("… and 1 more, 1 not finite", "")
