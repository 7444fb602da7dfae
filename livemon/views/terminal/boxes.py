"""A box plot in rows of cells, above a scale of its values."""

from __future__ import annotations

import math
from collections.abc import Sequence

from livemon import wording
from livemon.boards.model import Box, Panel
from livemon.system.streams import cells_of
from livemon.views.terminal.cells import Cells, clipped, ink
from livemon.views.terminal.dots import place_of
from livemon.views.terminal.glyphs import Glyphs
from livemon.views.ticks import linear_ticks, log_ticks, tick_texts

__all__ = ["put_boxes"]

_TICK_WIDTH = 12  # columns
_LEAST_WITH_SCALE = 3  # rows


def put_boxes(cells: Cells, rows_and_columns: tuple[int, int, int, int], panel: Panel, glyphs: Glyphs) -> None:
    """A row for each box: from its lowest value to its highest, with the middle half thick and the median in it; the
    scale is below. If not all boxes fit, the newest are shown, and a line counts the earlier ones.

    Args:
        rows_and_columns: The first row and column, the number of columns, the number of rows.
    """
    row, column, width, height = rows_and_columns
    has_scale = height >= _LEAST_WITH_SCALE
    room = height - has_scale
    boxes = panel.boxes[-room:] if len(panel.boxes) <= room else panel.boxes[len(panel.boxes) - max(room - 1, 1) :]
    label = min(max((cells_of(box.label) for box in boxes), default=0), width // 3)
    limits = panel.y_limits if len(boxes) == len(panel.boxes) else _limits_of(boxes) or panel.y_limits
    scale = _Scale(limits, panel.y_scale == "log", column + label + 1, max(width - label - 1, 1))
    if before := len(panel.boxes) - len(boxes):
        first = panel.boxes[0].label, panel.boxes[before - 1].label
        words = f"no room for {first[0]} to {first[1]}" if before > 1 else f"no room for {first[0]}"
        cells.put(row, column, clipped(glyphs.plain(words), width, glyphs.ellipsis), ink("faint"))
        row += 1
    for at, box in enumerate(boxes, start=row):
        cells.put(at, column, glyphs.plain(box.label), ink("muted"), room=label)
        _put_box(cells, at, box, scale, glyphs)
    if has_scale:
        scale.put(cells, row + len(boxes), column + width, glyphs)


def _limits_of(boxes: Sequence[Box]) -> tuple[float, float] | None:
    """The range of these boxes; None if it is empty."""
    low = min((box.low for box in boxes if math.isfinite(box.low)), default=0.0)
    high = max((box.high for box in boxes if math.isfinite(box.high)), default=0.0)
    return (low, high) if high > low else None


class _Scale:
    """The positions of values in a row."""

    def __init__(self, limits: tuple[float, float], log: bool, first: int, width: int) -> None:
        self.first = first
        self.width = width
        self._limits = limits
        self._log = log and limits[0] > 0

    def column_of(self, value: float) -> int:
        """The column of a value; the nearest one for values outside the limits."""
        at = place_of(value, *self._limits, self.width, log=self._log)
        return self.first + min(max(at, 0), self.width - 1)

    def put(self, cells: Cells, row: int, end: int, glyphs: Glyphs) -> None:
        """Write the values of a few columns."""
        low, high = self._limits
        most = max(self.width // _TICK_WIDTH, 2)
        ticks = log_ticks(low, high, most) if self._log else linear_ticks(low, high, most)
        taken = self.first
        for value, text in zip(ticks, tick_texts(ticks, log=self._log), strict=True):
            text = glyphs.plain(text)
            column = self.column_of(value)
            left = min(max(column - cells_of(text) // 2, self.first), end - cells_of(text))
            if low <= value <= high and left >= taken:
                taken = cells.put(row, left, text, ink("muted")) + 1


def _put_box(cells: Cells, row: int, box: Box, scale: _Scale, glyphs: Glyphs) -> None:
    if not all(map(math.isfinite, (box.low, box.q1, box.median, box.q3, box.high))):
        if box.count:
            words = f"{glyphs.shapes['cross']} mostly not finite ({wording.count(box.count)} values)"
            cells.put(row, scale.first, clipped(words, scale.width, glyphs.ellipsis), ink("warning"))
        return
    low, q1, median, q3, high = map(scale.column_of, (box.low, box.q1, box.median, box.q3, box.high))
    thin, thick, middle = ("-", "=", "|") if glyphs.name == "ascii" else ("─", "━", "┃")
    cells.put(row, low, thin * (high - low + 1), ink("blue"))
    cells.put(row, q1, thick * (q3 - q1 + 1), ink("blue"))
    cells.put(row, median, middle, ink("text", bold=True))
