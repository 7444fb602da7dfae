from __future__ import annotations

from collections.abc import Callable
from typing import Any

from livemon.views.terminal.readings import reading_texts

Makes = Callable[..., Any]


def test_values_at_a_place(panel_of: Makes, line_of: Makes) -> None:
    """At a place each curve has the value of its nearest point, smoothed and in brackets as logged; none where the
    curve is not there."""
    panel = panel_of(line_of([9, 8, 7], kind="raw", label=""), line_of([3, 2, 1]),
                     line_of([5], [0], metric="val_loss", name="val", colour="orange"))
    assert reading_texts(panel, 1.9) == [("train 1.000 (7.000)", "blue"), ("val -", "orange")]
