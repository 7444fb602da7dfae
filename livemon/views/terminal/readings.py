"""The values at a position of x, as texts for the lines of a terminal."""

from __future__ import annotations

from livemon import wording
from livemon.boards.model import Panel
from livemon.views.readings import readings

__all__ = ["reading_texts"]


def reading_texts(panel: Panel, x: float) -> list[tuple[str, str]]:
    """The value of each of a panel's curves at a position of x, with the raw value in brackets if it is another line;
    and the curve's colour."""
    texts: list[tuple[str, str]] = []
    for reading in readings(panel, x):
        words = "-" if reading.at is None else wording.value_text(reading.metric, reading.value)
        if reading.raw is not None:
            words += f" ({wording.value_text(reading.metric, reading.raw)})"
        texts.append((f"{reading.name} {words}".strip(), reading.colour))
    return texts
