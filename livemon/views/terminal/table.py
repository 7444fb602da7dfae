"""The numbers of a board: a row for each metric, with its curve as a sparkline if there is room."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from livemon.boards.model import Board, Line, Panel, SummaryRow
from livemon.system.streams import cells_of
from livemon.views.terminal.cells import Cells, clipped, ink
from livemon.views.terminal.dots import curve_dots
from livemon.views.terminal.glyphs import Glyphs
from livemon.views.terminal.plot import Pen, Rect

__all__ = ["put_table", "sparkline", "table_width"]

Columns = list[tuple[str, list[str]]]  # head and texts


_LONGEST_NAME, _SHORTEST_SPARK, _LONGEST_SPARK = 24, 8, 60
_LEVELS = 64  # rows of the raster of a sparkline
_GAP = "  "


def put_table(cells: Cells, rect: Rect, board: Board, pen: Pen) -> None:
    """Draw as many of a board's numbers as fit into the rectangle: the sparkline is dropped first, then the change of a
    metric, then its best."""
    rows = board.summary
    if not rows or rect.height < 1:
        return
    with_head = rect.height > min(len(rows), 2)
    shown = _most_telling(rows, rect.height - with_head, board)
    columns = _columns(shown, rect.width)
    widths = [max(cells_of(head), *(cells_of(text) for text in texts)) for head, texts in columns]
    widths[0] = min(widths[0], _LONGEST_NAME, max(rect.width // 2, 8))
    at, places = rect.column, []
    for width in widths:
        places.append(at)
        at += width + len(_GAP)
    spark = rect.column + rect.width - at
    if with_head:
        for number, (head, _) in enumerate(columns):
            _put_cell(cells, rect.row, places[number], widths[number], head, ink("muted"), left=number == 0)
    for line, row in enumerate(shown, start=rect.row + with_head):
        curve = _curve_of(board, row.metric)
        own = ink(curve[1].colour if curve else "text", bold=True)
        for number, (_, texts) in enumerate(columns):
            text = pen.glyphs.plain(texts[line - rect.row - with_head])
            if number == 0:
                text = clipped(text, widths[0], pen.glyphs.ellipsis)
            is_bad = number == 1 and not np.isfinite(row.last)
            look = ink("warning", bold=True) if is_bad else own if number < 2 else ink("text")
            _put_cell(cells, line, places[number], widths[number], text, look, left=number == 0)
        if curve is not None and spark >= _SHORTEST_SPARK:
            text = sparkline(*curve, min(spark, _LONGEST_SPARK), pen.glyphs)
            cells.put(line, at, text, ink(curve[1].colour))
    left_out = board.summary_left_out + len(rows) - len(shown)
    if left_out and with_head and spark >= 10:
        cells.put_right(rect.row, rect.column + rect.width, f"+ {left_out:,} more", ink("faint"))


def _most_telling(rows: Sequence[SummaryRow], count: int, board: Board) -> list[SummaryRow]:
    """The most important rows: the norm of all layers comes before that of one layer, then the learning rate and the
    throughput."""
    panel_of = {metric: panel.key for panel in board.panels for metric in panel.metrics}
    first_of: dict[str, str] = {}
    for row in rows:
        key = panel_of.get(row.metric, row.metric)
        first_of.setdefault(key.partition(":")[0], key)
    shown = list(rows)
    for row in reversed(rows):
        key = panel_of.get(row.metric, row.metric)
        if len(shown) > count and first_of[key.partition(":")[0]] != key:
            shown.remove(row)
    return shown[:count]


def table_width(board: Board) -> int:
    """The width of the numbers in cells, with short sparklines."""
    return _width(_all_columns(board.summary)) + len(_GAP) + 2 * _SHORTEST_SPARK


def _width(columns: Columns) -> int:
    widths = [max([cells_of(head), *(cells_of(text) for text in texts)]) for head, texts in columns]
    return min(widths[0], _LONGEST_NAME) + sum(widths[1:]) + len(_GAP) * (len(widths) - 1)


def _all_columns(rows: Sequence[SummaryRow]) -> Columns:
    best = [f"{row.cells[1]} @ {row.best_at}" if row.best_at else row.cells[1] for row in rows]
    return [("metric", [row.metric for row in rows]), ("last", [row.cells[0] for row in rows]), ("best @", best),
            ("change", [row.cells[2] for row in rows])]


def _columns(rows: Sequence[SummaryRow], width: int) -> Columns:
    """The columns that fit into a width."""
    whole = _all_columns(rows)
    without_places = ("best", [row.cells[1] for row in rows])
    for columns in (whole, whole[:3], [*whole[:2], without_places]):
        if _width(columns) <= width:
            return columns
    return whole[:2]


def _put_cell(cells: Cells, row: int, column: int, width: int, text: str, look: int, *, left: bool) -> None:
    if left:
        cells.put(row, column, text, look, room=width)
    elif column + width <= cells.width:
        cells.put_right(row, column + width, text, look)


def _curve_of(board: Board, metric: str) -> tuple[Panel, Line] | None:
    """The main line of a metric, and its panel."""
    for panel in board.panels:
        for line in panel.lines:
            if line.metric == metric and line.kind in ("main", "points"):
                return panel, line
    return None


def sparkline(panel: Panel, line: Line, width: int, glyphs: Glyphs) -> str:
    """A curve in one row: in each column the value furthest from the curve's middle, so that a spike of one step is
    visible, even outside the panel's limits; a gap is a space."""
    y = np.clip(line.y, *panel.y_limits)
    dots = curve_dots(line.x, y, panel.x_limits, panel.y_limits, columns=width, rows=_LEVELS,
                      log=panel.y_scale == "log")
    has = np.asarray(dots.any(axis=1))
    high, low = _LEVELS - 1 - dots.argmax(axis=1), dots[:, ::-1].argmax(axis=1)
    middle = float(np.median((high + low)[has])) / 2 if has.any() else 0.0
    value = np.where(high - middle >= middle - low, high, low)
    levels = np.minimum(value * len(glyphs.levels) // _LEVELS, len(glyphs.levels) - 1)
    return "".join(glyphs.levels[level] if has[at] else " " for at, level in enumerate(levels.tolist()))
