"""What stands at a place of x, as texts for the lines of a terminal."""

from __future__ import annotations

from livemon import wording
from livemon.boards.model import Panel
from livemon.views.readings import readings

__all__ = ["reading_texts"]


def reading_texts(panel: Panel, x: float) -> list[tuple[str, str]]:
    """The value of each of a panel's curves at a place of x, as logged in brackets where that is another line; and the
    curve's colour."""
    texts: list[tuple[str, str]] = []
    for one in readings(panel, x):
        words = "-" if one.at is None else wording.value_text(one.metric, one.value)
        if one.raw is not None:
            words += f" ({wording.value_text(one.metric, one.raw)})"
        texts.append((f"{one.name} {words}".strip(), one.colour))
    return texts
