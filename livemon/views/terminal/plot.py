"""A panel in a rectangle of cells: title, axes, curves, marks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from livemon.boards.model import Line, Mark, Panel
from livemon.system.streams import cells_of
from livemon.views.looks import SCREEN
from livemon.views.rest_of_rows import rest_as_row
from livemon.views.terminal.boxes import put_boxes
from livemon.views.terminal.cells import Cells, clipped, ink
from livemon.views.terminal.dots import Array, Raster, curve_dots, place_of
from livemon.views.terminal.glyphs import BRAILLE, Glyphs
from livemon.views.ticks import linear_ticks, log_ticks, tick_texts

__all__ = ["Pen", "Rect", "Space", "draw_panel", "line_dots", "space_of"]

_LABELS = 6  # cells for tick labels on the left, at least: enough for most limits
_TICKS_APART, _TICK_WIDTH = 3, 12  # rows and columns
_POINTS_APART = 4  # columns per point, if each has a dot of its own
_COUNTS = ("step", "row")
_OF_CURVES = ("main", "points")
_MOST_TELLING_FIRST = ("marked", "critical", "warning", "leap", "best", "inf", "nan", "beyond", "spike", "fewer",
                       "restart", "epoch")


@dataclass(frozen=True)
class Pen:
    """The drawing style: the characters, and whether colours tell curves apart."""

    glyphs: Glyphs = BRAILLE
    has_colour: bool = True


@dataclass(frozen=True)
class Rect:
    """A rectangle of cells."""

    row: int
    column: int
    width: int
    height: int


@dataclass(frozen=True)
class Space:
    """The positions of a panel's values.

    Attributes:
        rect: The cells within the axes.
        x, y: The limits. log: whether y is logarithmic.
        dots: The dots of a cell, across and down.
    """

    rect: Rect
    x: tuple[float, float]
    y: tuple[float, float]
    log: bool
    dots: tuple[int, int]

    def column_of(self, x: float) -> int | None:
        """The column of cells of an x; None outside the axes."""
        at = place_of(x, *self.x, self.rect.width * self.dots[0]) // self.dots[0]
        return self.rect.column + at if 0 <= at < self.rect.width else None

    def row_of(self, y: float) -> int | None:
        """The row of cells of a value; None outside the axes."""
        count = self.rect.height * self.dots[1]
        at = place_of(y, *self.y, count, log=self.log)
        return self.rect.row + (count - 1 - at) // self.dots[1] if 0 <= at < count else None

    def x_of(self, column: int) -> float:
        """The x in the middle of a column of cells."""
        count = self.rect.width * self.dots[0]
        at = (column - self.rect.column) * self.dots[0] + (self.dots[0] - 1) / 2
        return self.x[0] + at * (self.x[1] - self.x[0]) / max(count - 1, 1)


def space_of(panel: Panel, rect: Rect, glyphs: Glyphs) -> Space:
    """The positions of a panel's values in its rectangle; the first row is for its title, the last one for the x
    ticks."""
    log = panel.y_scale == "log"
    labels = max((cells_of(text) for _, text in _y_ticks(panel, rect)), default=0)
    left = min(max(labels, _LABELS), max(rect.width // 3, 0)) + 1
    below = 1 if rect.height >= 4 else 0
    inner = Rect(rect.row + 1, rect.column + left, max(rect.width - left, 1), max(rect.height - 1 - below, 1))
    return Space(inner, panel.x_limits, panel.y_limits, log, (glyphs.across, glyphs.down))


def _y_ticks(panel: Panel, rect: Rect) -> tuple[tuple[float, str], ...]:
    rows = max(rect.height - 2, 1)
    most = max(rows // _TICKS_APART + 1, 2)
    return _ticks(*panel.y_limits, most, log=panel.y_scale == "log" and panel.y_limits[0] > 0)


@lru_cache(maxsize=512)  # limits stay the same over many frames
def _ticks(low: float, high: float, most: int, *, log: bool = False, whole: bool = False
           ) -> tuple[tuple[float, str], ...]:
    """Ticks and their labels."""
    ticks = log_ticks(low, high, most) if log else linear_ticks(low, high, most, whole=whole)
    return tuple(zip(ticks, tick_texts(ticks, log=log), strict=True))


def draw_panel(cells: Cells, rect: Rect, panel: Panel, pen: Pen, *, readings: Sequence[tuple[str, str]] | None = None,
               cursor: float | None = None, is_chosen: bool = False) -> Space:
    """Draw a panel; returns the positions of its values.

    Args:
        readings: Texts and inks that replace the curves' last values: those at the cursor.
        cursor: The x of a vertical line, or None.
        is_chosen: Whether keys apply to this panel.
    """
    space = space_of(panel, rect, pen.glyphs)
    _put_title(cells, rect, panel, pen, readings, is_chosen)
    if rect.height < 2:
        return space
    if panel.message or not (panel.lines or panel.bands):
        _put_other(cells, rect, space, panel, pen)
        return space
    _put_axes(cells, rect, space, panel, pen)
    _put_curves(cells, space, panel, pen)
    if cursor is not None and (column := space.column_of(cursor)) is not None:
        _put_upright(cells, space, column, pen.glyphs.axis, ink("text"))
    _put_marks(cells, space, panel.marks, pen)
    return space


def _put_title(cells: Cells, rect: Rect, panel: Panel, pen: Pen, readings: Sequence[tuple[str, str]] | None,
               is_chosen: bool) -> None:
    """The title, the names of its curves with their last values, and between them a warning or a note."""
    end = rect.column + rect.width
    names = legend(panel, pen) if readings is None else list(readings)
    room = max(rect.width // 2, 8) if names else rect.width
    title = clipped(pen.glyphs.plain(panel.title), room, pen.glyphs.ellipsis)
    left = cells.put(rect.row, rect.column, title, ink("text", bold=True, reverse=is_chosen), room=rect.width)
    right = end
    for text, look in reversed(_as_many_as_fit(names, end - left - 2, pen)):
        right = cells.put_right(rect.row, right, text, ink(look, bold=True)) - 2
    for words, look in ((panel.warning, "warning"), (panel.note, "muted")):
        words = pen.glyphs.plain(words)
        if words and left + 2 + cells_of(words) <= right:
            cells.put(rect.row, left + 2, words, ink(look))
            break


def legend(panel: Panel, pen: Pen) -> list[tuple[str, str]]:
    """The names of a panel's curves with their last values, and their colours; with their dash patterns if there are no
    colours."""
    curves = _curves_of(panel)
    samples = [""] * len(curves) if pen.has_colour or len(curves) < 2 else _samples(len(curves), pen)
    named: list[tuple[str, str]] = []
    for sample, line in zip(samples, curves, strict=True):
        if line.label or line.name:
            named.append((sample + (line.label or line.name), line.colour))
    return named


def _curves_of(panel: Panel) -> list[Line]:
    """The curves that people read."""
    return [line for line in panel.lines if line.kind in _OF_CURVES]


def _samples(count: int, pen: Pen) -> list[str]:
    shapes = ("-- ", "- - ", ".. ", "-. ") if pen.glyphs.name == "ascii" else ("── ", "─ ─ ", "·· ", "─· ")
    return [shapes[number % len(shapes)] for number in range(count)]


def _as_many_as_fit(names: Sequence[tuple[str, str]], room: int, pen: Pen) -> list[tuple[str, str]]:
    """The first names that fit, and the number of the others."""
    plain = [(pen.glyphs.plain(text), look) for text, look in names]
    for count in range(len(plain), 0, -1):
        more = [(f"+{len(plain) - count}", "muted")] if count < len(plain) else []
        shown = [*plain[:count], *more]
        if sum(cells_of(text) + 2 for text, _ in shown) - 2 <= room:
            return shown
    return [(clipped(plain[0][0], room, pen.glyphs.ellipsis), plain[0][1])] if plain and room > 3 else []


def _put_axes(cells: Cells, rect: Rect, space: Space, panel: Panel, pen: Pen) -> None:
    edge, inner = space.rect.column - 1, space.rect
    if 0 <= edge < cells.width:
        cells.text[inner.row : inner.row + inner.height, edge] = pen.glyphs.axis
        cells.ink[inner.row : inner.row + inner.height, edge] = ink("edge")
    for value, text in _y_ticks(panel, rect):
        if (row_of := space.row_of(value)) is not None:
            text = clipped(pen.glyphs.plain(text), edge - rect.column, pen.glyphs.ellipsis)
            cells.put_right(row_of, edge, text, ink("muted"))
            cells.put(row_of, edge, pen.glyphs.tick, ink("edge"))
    if rect.height >= 4:
        _put_x_ticks(cells, rect, space, panel, pen)


def _put_x_ticks(cells: Cells, rect: Rect, space: Space, panel: Panel, pen: Pen) -> None:
    row, end = rect.row + rect.height - 1, rect.column + rect.width
    whole = panel.x_label in _COUNTS
    ticks = _ticks(*space.x, max(space.rect.width // _TICK_WIDTH, 2), whole=whole)
    label = panel.x_label
    room = end - (cells_of(label) + 1 if label and rect.width >= 30 else 0)
    if room < end:
        cells.put_right(row, end, label, ink("faint"))
    taken = rect.column
    for tick, text in ticks:
        column = space.column_of(tick)
        text = pen.glyphs.plain(text)
        if column is None:
            continue
        left = max(column - cells_of(text) // 2, space.rect.column - 1)
        if left >= taken and left + cells_of(text) <= room:
            taken = cells.put(row, left, text, ink("muted")) + 1


# Curves ---------------------------------------------------------------------------------------------------------------


def line_dots(line: Line, space: Space) -> Raster:
    """The dots of a line within the axes."""
    return _dots(line.x, line.y, space)


def _dots(x: Array, y: Array, space: Space) -> Raster:
    return curve_dots(x, y, space.x, space.y, columns=space.rect.width * space.dots[0],
                      rows=space.rect.height * space.dots[1], log=space.log)


def _put_curves(cells: Cells, space: Space, panel: Panel, pen: Pen) -> None:
    """The curves, the main ones in front of the pale ones, which are omitted in shared cells."""
    rect = space.rect
    numbers = np.zeros((rect.height, rect.width), np.int64)
    inks = np.zeros((rect.height, rect.width), np.int16)
    strong = np.zeros((rect.height, rect.width), bool)
    for dots, look, is_strong in _layers(space, panel, pen):
        here = pen.glyphs.cells_of(dots)
        drawn = here > 0
        together = drawn & (strong == is_strong)
        numbers[together] |= here[together]
        if is_strong:
            in_front = drawn & ~strong
            numbers[in_front] = here[in_front]
            strong |= drawn
        inks[drawn & (strong == is_strong)] = look
    part = np.s_[rect.row : rect.row + rect.height, rect.column : rect.column + rect.width]
    cells.text[part] = pen.glyphs.chars[numbers]
    cells.ink[part] = inks
    for line in panel.lines[::-1]:
        if line.kind == "points" and len(line.x) <= rect.width // _POINTS_APART:
            _put_points(cells, space, line, pen)


def _put_points(cells: Cells, space: Space, line: Line, pen: Pen) -> None:
    """The points of a curve with few points: a single one is not a line."""
    for x, y in zip(line.x.tolist(), line.y.tolist(), strict=True):
        row, column = space.row_of(y) if math.isfinite(y) else None, space.column_of(x)
        if row is not None and column is not None:
            cells.put(row, column, pen.glyphs.shapes["dot"], ink(line.colour))


def _layers(space: Space, panel: Panel, pen: Pen) -> list[tuple[Raster, int, bool]]:
    """Dots, ink and whether it is a main curve, from back to front; the panel's first curve is in front."""
    layers = [(_dots(band.x, y, space), ink(f"pale {band.colour}"), False)
              for band in panel.bands for y in (band.low, band.high)]
    numbers = {id(line): number for number, line in enumerate(_curves_of(panel))}
    last_first = panel.lines[::-1]
    for line in sorted(last_first, key=lambda curve: SCREEN.lines[curve.kind].order):
        is_read = line.kind in _OF_CURVES
        dots = line_dots(line, space)
        if not pen.has_colour:  # dash patterns tell curves apart
            dots = _broken(dots, numbers[id(line)]) if is_read else _outline(dots)
        layers.append((dots, ink(line.colour if is_read else f"pale {line.colour}"), is_read))
    return layers


def _outline(dots: Raster) -> Raster:
    """Only the lowest and highest dots of runs: pale curves without colours."""
    inside = np.zeros_like(dots)
    inside[:, 1:-1] = dots[:, 1:-1] & dots[:, :-2] & dots[:, 2:]
    return dots & ~inside


def _broken(dots: Raster, number: int) -> Raster:
    """Draw the second curve of a panel dashed, the third dotted, and so on; high runs stay complete."""
    dashes = ((1, 0), (4, 3), (1, 1), (7, 2))[number % 4]
    kept = np.arange(dots.shape[0]) % sum(dashes) < dashes[0]
    drawn: Raster = dots & (kept | (dots.sum(axis=1) > 2))[:, None]
    return drawn


# Marks ----------------------------------------------------------------------------------------------------------------


def _put_marks(cells: Cells, space: Space, marks: Sequence[Mark], pen: Pen) -> None:
    inside = [(mark, column) for mark in marks if (column := space.column_of(mark.x)) is not None
              and mark.kind in SCREEN.marks]
    for mark, column in inside:
        if SCREEN.marks[mark.kind].is_upright:
            look = SCREEN.marks[mark.kind]
            _put_upright(cells, space, column, pen.glyphs.shapes[look.shape], _ink_of(mark))
    shapes = [(mark, column) for mark, column in inside if not SCREEN.marks[mark.kind].is_upright]
    for mark, column in sorted(shapes, key=lambda placed: -_MOST_TELLING_FIRST.index(placed[0].kind)):
        if (row := _row_of(mark, space)) is not None:
            cells.put(row, column, _shape_of(mark, pen.glyphs), _ink_of(mark) | ink("text", bold=True))
    for mark, column in sorted(inside, key=lambda placed: _MOST_TELLING_FIRST.index(placed[0].kind)):
        if mark.text and (row := _row_of(mark, space)) is not None:
            _put_text(cells, space, row, column, pen.glyphs.plain(mark.text), _ink_of(mark))


def _ink_of(mark: Mark) -> int:
    return ink(SCREEN.marks[mark.kind].in_colour(mark.colour, {"muted": "muted", "idle": "idle",
                                                               "warning": "warning"}))


def _shape_of(mark: Mark, glyphs: Glyphs) -> str:
    shape = SCREEN.marks[mark.kind].shape
    is_below = shape == "triangle" and mark.y is None and mark.edge == "bottom"
    return glyphs.down_triangle if is_below else glyphs.shapes[shape]


def _row_of(mark: Mark, space: Space) -> int | None:
    if mark.y is not None and not SCREEN.marks[mark.kind].is_upright:
        return space.row_of(mark.y)
    return space.rect.row + (space.rect.height - 1 if mark.edge == "bottom" else 0)


def _put_upright(cells: Cells, space: Space, column: int, char: str, look: int) -> None:
    """A line through the whole panel, behind the curves."""
    for row in range(space.rect.row, space.rect.row + space.rect.height):
        if cells.text[row, column] == " ":
            cells.put(row, column, char, look)


def _put_text(cells: Cells, space: Space, row: int, column: int, text: str, look: int) -> None:
    """A mark's text beside it, clear of the curves; none if there is no room."""
    width, rect = cells_of(text), space.rect
    inward = -1 if row > rect.row + rect.height / 2 else 1
    for line in (row, row + inward, row + 2 * inward):
        for left in (column + 1, column - width - 1):
            first, end = max(left - 1, rect.column), min(left + width + 1, rect.column + rect.width)
            fits = left >= rect.column and left + width <= rect.column + rect.width
            first, end = (left, end) if left > column else (first, left + width)
            if fits and rect.row <= line < rect.row + rect.height and cells.is_free(line, first, end):
                cells.put(line, left, text, look)
                return


# Other content --------------------------------------------------------------------------------------------------------


def _put_other(cells: Cells, rect: Rect, space: Space, panel: Panel, pen: Pen) -> None:
    rows = rect.height - 1
    if panel.boxes and not panel.message:
        put_boxes(cells, (rect.row + 1, rect.column, rect.width, rows), panel, pen.glyphs)
        return
    if panel.rows and not panel.message:
        shown = panel.rows if len(panel.rows) <= rows else panel.rows[: max(rows - 1, 1)]
        lines = [(row.label, row.text, ink("text"), ink(row.colour)) for row in shown]
        if len(shown) < min(len(panel.rows), rows):
            count, last = rest_as_row(panel.rows[len(shown) :])
            lines.append((pen.glyphs.plain(count), last, ink("muted"), ink("muted")))
        for number, (label, value, of_label, of_value) in enumerate(lines[: max(rows, 0)], rect.row + 1):
            right = cells.put_right(number, rect.column + rect.width, value, of_value)
            cells.put(number, rect.column, label, of_label, room=max(right - rect.column - 1, 0))
        return
    text = clipped(pen.glyphs.plain(panel.message or "nothing to draw"), rect.width, pen.glyphs.ellipsis)
    cells.put(rect.row + 1 + rows // 2, rect.column + max((rect.width - cells_of(text)) // 2, 0), text, ink("muted"),
              room=rect.width)
