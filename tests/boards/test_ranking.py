"""Numbers of several runs as named rows."""

from __future__ import annotations

import math

from livemon.boards.ranking import ranking


def test_ranking_has_the_best_first() -> None:
    """Bars stand best first by the metric's direction, what is no number last."""
    rows = [("a", 2.0), ("b", math.nan), ("c", 1.0)]
    assert [row.label for row in ranking("x", rows, "loss", False, {}).rows] == ["c", "a", "b"]
    assert [row.label for row in ranking("x", rows, "acc", True, {}).rows] == ["a", "c", "b"]
    assert ranking("x", [], "loss", False, {}, message="nothing").message == "nothing"
