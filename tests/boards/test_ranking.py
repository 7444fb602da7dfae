"""Numbers of several runs as named rows."""

from __future__ import annotations

import math

from livemon.boards.model import Row
from livemon.boards.ranking import ranking, words_of_rest


def test_ranking_has_the_best_first() -> None:
    """Bars stand best first by the metric's direction, what is no number last."""
    rows = [("a", 2.0), ("b", math.nan), ("c", 1.0)]
    assert [row.label for row in ranking("x", rows, "loss", False, {}).rows] == ["c", "a", "b"]
    assert [row.label for row in ranking("x", rows, "acc", True, {}).rows] == ["a", "c", "b"]
    assert ranking("x", [], "loss", False, {}, message="nothing").message == "nothing"


def test_rows_without_room_are_counted() -> None:
    """The words count all, and those that are not finite; the value is that of the last finite row."""
    rows = [Row("a", 1.0, "1.000", "blue"), Row("b", 2.0, "2.000", "blue"), Row("c", math.nan, "nan", "blue")]
    assert words_of_rest(rows[:2]) == ("… and 2 more", "last 2.000")
    assert words_of_rest(rows) == ("… and 3 more, 1 not finite", "last 2.000")
    assert words_of_rest(rows[2:]) == ("… and 1 more, 1 not finite", "")
