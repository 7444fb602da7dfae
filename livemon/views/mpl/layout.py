"""The layout: a pure function from a size to rectangles. All lengths are points (1/72 inch)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["MOST_NOTICES", "NOTICE", "SUMMARY", "Layout", "Rect", "arrange", "grid_rows", "height_for", "scale_for"]

# Lengths at scale 1.
_LEFT, _RIGHT, _TOP, _BOTTOM = 48.0, 20.0, 14.0, 8.0
_HEADER = 50.0  # title and status line
_FOOTER = 16.0
NOTICE = 15.0  # a line for a notice, between the header and the grid
MOST_NOTICES = 3
_NOTICES_GAP, _NOTICES_SHARE = 5.0, 0.12  # below them, and at most this share of the figure's height
_GAP = 50.0  # between columns, for tick labels
_TITLE, _TICKS, _ROW_GAP = 22.0, 16.0, 8.0  # above the axes, below them, between rows
_MIN_WIDTH, _MIN_HEIGHT, _NICE_HEIGHT = 185.0, 54.0, 130.0  # of axes
_RUNS_SHARE, _RUNS_WIDTH, _RUNS_WIDEST = 0.3, 280.0, 560.0  # the list of runs: share of the figure, and points
_BESIDE_RUNS = 420.0  # points that must remain for the grid
_FIRST_ROW = 1.4  # the first row is so much taller; more with a summary in narrow columns
_NARROWSUMMARY = 1.8


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle in points, from the figure's lower left corner."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def top(self) -> float:
        """The upper edge."""
        return self.bottom + self.height


@dataclass(frozen=True, slots=True)
class Layout:
    """The result of `arrange`.

    Attributes:
        scale: the scale of all font sizes and lengths.
        columns: the number of columns of the grid.
        header, footer: the lines above and below the grid.
        notices: the number of notices between the header and the grid.
        panels: the axes of the panels that fit, in the board's order.
        summary: the rectangle of the table, beside the first panel's axes, or None.
        runs: the list of runs, left of the grid, or in its place if there is no room for both; or None.
    """

    scale: float
    columns: int
    header: Rect
    footer: Rect
    notices: int
    panels: tuple[Rect, ...]
    summary: Rect | None
    runs: Rect | None = None


def scale_for(width: float, height: float) -> float:
    """The scale of text for a figure of this size: 1 at 16 x 9 inches, growing more slowly than the figure."""
    share = min(width / (16 * 72), height / (9 * 72))
    return min(max(float(share**0.75), 0.86), 2.6)


def arrange(
    width: float, height: float, spans: Sequence[int], *, summary: bool, columns: int, scale: float | None = None,
    notices: int = 0, runs: bool = False,
) -> Layout:
    """Lay out a figure of `width` x `height` points with one panel for each entry of `spans` (its number of columns).

    There are at most `columns` columns, fewer if axes would become too narrow. Rows that would be too low to read are
    left out from the bottom; at least one stays."""
    scale = scale_for(width, height) if scale is None else scale
    inner = width - (_LEFT + _RIGHT) * scale
    gap = _GAP * scale
    beside = 0.0  # the width of the list of runs beside the grid
    if runs:
        listed_width = min(max(_RUNS_SHARE * width, _RUNS_WIDTH * scale), _RUNS_WIDEST * scale)
        beside = listed_width + gap
        if inner - beside < _BESIDE_RUNS * scale:
            return _list_alone(width, height, scale, notices)
    whole, inner = inner, inner - beside
    fitting = int((inner + gap) // (_MIN_WIDTH * scale + gap))
    if max(1, fitting) < columns:  # spans are made for the board's own grid; here only the first panel keeps its own
        columns, spans = max(1, fitting), [*spans[:1], *[1] * (len(spans) - 1)]
    rows = grid_rows(spans, summary, columns)

    shown = _notices_shown(notices, height, scale)
    listed = _height_of(shown)
    grid = height - (_TOP + _HEADER + listed + _FOOTER + _BOTTOM) * scale
    around = (_TITLE + _TICKS + _ROW_GAP) * scale
    most = max(1, int(grid // (_MIN_HEIGHT * scale + around)))
    rows = rows[:most] or [[]]
    weights = [_weight(row, index, columns) for index, row in enumerate(rows)] if len(rows) > 1 else [1.0]
    unit = max(grid - around * len(rows), 1.0) / max(sum(weights), 1.0)

    column = max((inner - gap * (columns - 1)) / columns, 1.0)
    top = height - (_TOP + _HEADER + listed) * scale
    places: dict[int, Rect] = {}
    for row, weight in zip(rows, weights, strict=True):
        top -= _TITLE * scale
        at = 0
        for item, span in row:
            left = _LEFT * scale + beside + at * (column + gap)
            places[item] = Rect(left, top - weight * unit, span * column + (span - 1) * gap, weight * unit)
            at += span
        top -= weight * unit + (_TICKS + _ROW_GAP) * scale

    panels = tuple(places[index] for index in range(len(spans)) if index in places)
    header, footer = _lines_around(whole, height, scale)
    below = footer.top + _ROW_GAP * scale
    grid_top = height - (_TOP + _HEADER + listed + _TITLE) * scale
    of_runs = Rect(_LEFT * scale, below, beside - gap, max(grid_top - below, 1.0)) if runs else None
    return Layout(scale, columns, header, footer, shown, panels, places.get(SUMMARY), of_runs)


def _lines_around(inner: float, height: float, scale: float) -> tuple[Rect, Rect]:
    """The lines above and below the grid."""
    header = Rect(_LEFT * scale, height - (_TOP + _HEADER) * scale, max(inner, 1.0), _HEADER * scale)
    return header, Rect(_LEFT * scale, _BOTTOM * scale, max(inner, 1.0), _FOOTER * scale)


def _list_alone(width: float, height: float, scale: float, notices: int) -> Layout:
    """The list of runs in place of the grid."""
    header, footer = _lines_around(width - (_LEFT + _RIGHT) * scale, height, scale)
    shown = _notices_shown(notices, height, scale)
    below = footer.top + _ROW_GAP * scale
    top = height - (_TOP + _HEADER + _height_of(shown) + _TITLE) * scale
    rect = Rect(header.left, below, header.width, max(top - below, 1.0))
    return Layout(scale, 1, header, footer, shown, (), None, rect)


def _notices_shown(notices: int, height: float, scale: float) -> int:
    return min(notices, MOST_NOTICES, max(int(_NOTICES_SHARE * height / (NOTICE * scale)), 1))


def _height_of(notices: int) -> float:
    """The height of so many notices, at scale 1."""
    return notices * NOTICE + _NOTICES_GAP if notices else 0.0


SUMMARY = -1  # represents the summary among the panels' indices


def grid_rows(spans: Sequence[int], summary: bool, columns: int) -> list[list[tuple[int, int]]]:
    """The grid's rows of (panel index, span). The summary follows the first panel; the last panel of an incomplete row
    fills it."""
    items = [(index, min(max(span, 1), columns)) for index, span in enumerate(spans)]
    if summary and items and columns > 1:
        first = min(items[0][1], columns - 1)  # the first panel makes room for the summary beside it
        items[:1] = [(0, first), (SUMMARY, columns - first)]
    elif summary:
        items.insert(1, (SUMMARY, columns))
    rows: list[list[tuple[int, int]]] = []
    free = 0
    for item, span in items:
        if span > free:
            _fill(rows, free)
            rows.append([])
            free = columns
        rows[-1].append((item, span))
        free -= span
    _fill(rows, free)
    return rows


def _weight(row: list[tuple[int, int]], index: int, columns: int) -> float:
    if columns < 3 and any(item == SUMMARY for item, _ in row):
        return _NARROWSUMMARY
    return _FIRST_ROW if index == 0 else 1.0


def _fill(rows: list[list[tuple[int, int]]], free: int) -> None:
    if rows and free:
        item, span = rows[-1][-1]
        rows[-1][-1] = (item, span + free)


def height_for(
    width: float, spans: Sequence[int], *, summary: bool, columns: int, scale: float = 1.0, row_height: float = 1.0,
    notices: int = 0,
) -> float:
    """The height in points at which a figure of this width has room for every panel, in good proportions."""
    rows = len(grid_rows(spans, summary, columns)) or 1
    nice = _NICE_HEIGHT * row_height
    grid = rows * (nice + _TITLE + _TICKS + _ROW_GAP) + (_FIRST_ROW - 1) * nice
    listed = _height_of(min(notices, MOST_NOTICES)) * scale
    usual = math.ceil(grid + _TOP + _HEADER + _FOOTER + _BOTTOM) * scale
    return listed + max(usual, width * 0.4 * min(row_height, 1.0))
