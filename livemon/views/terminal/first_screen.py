"""A board in a width and a height: header, the first panel over the full width, numbers, further panels."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from livemon import wording
from livemon.boards.model import Board, Header, Panel
from livemon.system.streams import cells_of, visible
from livemon.views.style import STATES
from livemon.views.terminal.cells import Cells, clipped, ink
from livemon.views.terminal.plot import Pen, Rect, Space, draw_panel
from livemon.views.terminal.readings import reading_texts
from livemon.views.terminal.table import put_table, table_width

__all__ = ["ScreenLayout", "first_screen", "header_lines", "with_header"]

NARROWEST, LOWEST = 40, 10  # a smaller terminal shows only text
_HIGH = 20  # rows, from which on a notice may take two
_BESIDE = 112  # columns, from which on the numbers are beside the first panel
_PANEL_WIDTH, _PANEL_HEIGHT = 38, 8  # the smallest further panels
_PANEL_TALL = 18  # rows, from which on a panel gets wider instead of taller
_FIRST = 12  # rows of the first panel before further ones are added


@dataclass
class ScreenLayout:
    """The layout of a screen.

    Attributes:
        cells: The grid.
        spaces: (panel, its rectangle, the positions of its values), in the order of the board.
        keys: The keys of all possible panels, in the order of the board.
        first: The number of panels before the visible ones.
        left_out: The panels that do not fit.
        header_rows: The number of rows of the header.
    """

    cells: Cells
    spaces: list[tuple[Panel, Rect, Space]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    first: int = 0
    left_out: int = 0
    header_rows: int = 0


def first_screen(board: Board, width: int, height: int, pen: Pen | None = None, *, cursor: float | None = None,
                 chosen: str = "", more: str = "") -> ScreenLayout:
    """A board in any number of cells.

    Args:
        cursor: An x to mark, whose values replace the last ones; or None.
        chosen: The key of the panel selected by keys; its page of panels is shown.
        more: How to see the rest of a cut text.
    """
    pen = pen or Pen()
    shown = ScreenLayout(Cells(width, height))
    board = replace(board, header=_spelt(board.header))
    lines = header_lines(board.header, width, pen) if height >= LOWEST else [board.header.line(width)]
    _put_header(shown.cells, lines, board, pen)
    shown.header_rows = len(lines)
    body = Rect(len(lines), 0, width, height - len(lines))
    if width < NARROWEST or height < LOWEST:
        put_table(shown.cells, body, board, pen)
        return shown
    if notice := _notice(board, pen):
        lines = _in_rows(notice[0], width, 2 if width < _BESIDE and height >= _HIGH else 1)
        for line in lines:
            _put_cut(shown.cells, body.row, line, more, ink(notice[1]), pen)
            body = Rect(body.row + 1, 0, width, body.height - 1)
    panels = [panel for panel in board.panels if panel.lines or panel.bands or panel.message or panel.rows
              or panel.boxes]
    shown.keys = [panel.key for panel in panels]
    places = _places(body, len(panels), board, shown.cells, pen)
    if chosen in shown.keys[len(places) :] and places:
        shown.first = shown.keys.index(chosen) // len(places) * len(places)
        places = _places(body, len(panels) - shown.first, board, shown.cells, pen)
    for panel, rect in zip(panels[shown.first :], places, strict=False):
        readings = None if cursor is None or not panel.lines else reading_texts(panel, cursor)
        space = draw_panel(shown.cells, rect, panel, pen, readings=readings, cursor=cursor,
                           is_chosen=panel.key == chosen)
        shown.spaces.append((panel, rect, space))
    shown.left_out = len(panels) - len(shown.spaces) + board.left_out
    return shown


def with_header(shown: ScreenLayout, board: Board, pen: Pen) -> bool:
    """Write the header of another board over a screen with the same panels; whether it takes as many rows."""
    width, height = shown.cells.width, shown.cells.height
    board = replace(board, header=_spelt(board.header))
    lines = header_lines(board.header, width, pen) if height >= LOWEST else [board.header.line(width)]
    if len(lines) != shown.header_rows:
        return False
    shown.cells.text[: len(lines)], shown.cells.ink[: len(lines)] = " ", 0
    _put_header(shown.cells, lines, board, pen)
    return True


def _places(body: Rect, panels: int, board: Board, cells: Cells, pen: Pen) -> list[Rect]:
    """The rectangles of the first panels that fit; also draws the numbers."""
    if not board.summary:
        return [body] if panels == 1 else _grid(body, panels)
    rows = len(board.summary) + 1
    if body.width >= _BESIDE:
        beside = min(table_width(board), body.width // 2)
        further = panels > 1 and body.height >= rows + 1 + _PANEL_HEIGHT
        first = _first_rows(body.height, rows, panels) if further else body.height
        put_table(cells, Rect(body.row, body.width - beside, beside, first), board, pen)
        top = Rect(body.row, 0, body.width - beside - 3, first)
        return [top, *_grid(Rect(body.row + first, 0, body.width, body.height - first), panels - 1)]
    rows = min(rows, max((body.height - 4) // 2, 1))
    put_table(cells, Rect(body.row + body.height - rows, 0, body.width, rows), board, pen)
    above = Rect(body.row, 0, body.width, body.height - rows)
    if above.height < _FIRST + _PANEL_HEIGHT or panels < 2:
        return [above]
    first = max(_FIRST, above.height // 3)
    return [Rect(above.row, 0, above.width, first),
            *_grid(Rect(above.row + first, 0, above.width, above.height - first), panels - 1)]


def _first_rows(height: int, table: int, panels: int) -> int:
    """The rows of the first panel, if there are others below: the more panels, the more rows remain for them."""
    return min(max(table, _FIRST, height * (2 if panels < 6 else 1) // (4 if panels < 6 else 3)),
               height - _PANEL_HEIGHT)


def _grid(rect: Rect, count: int) -> list[Rect]:
    """Rectangles of equal size, row by row; those in the last row fill it."""
    if count < 1 or rect.height < _PANEL_HEIGHT:
        return []
    most = max((rect.width + 2) // (_PANEL_WIDTH + 2), 1)
    rows = min(rect.height // _PANEL_HEIGHT, max(-(-count // most), min(count, rect.height // _PANEL_TALL)))
    most = min(most, -(-count // rows))
    rows = min(rows, -(-count // most))
    made: list[Rect] = []
    for row in range(rows):
        columns = min(most, count - len(made))
        top, below = rect.height * row // rows, rect.height * (row + 1) // rows
        for column in range(columns):
            left, right = (rect.width + 2) * column // columns, (rect.width + 2) * (column + 1) // columns - 2
            made.append(Rect(rect.row + top, rect.column + left, right - left, below - top))
    return made


# The header -----------------------------------------------------------------------------------------------------------


def header_lines(header: Header, width: int, pen: Pen) -> list[str]:
    """The header in at most two lines, cut between its parts; if these are too short, the most important parts, see
    `Header.line`."""
    whole = header.line()
    if cells_of(whole) <= width:
        return [whole]
    line, lines = "", []
    for part in whole.split(" | "):
        longer = f"{line} | {part}" if line else part
        if line and cells_of(longer) > width:
            lines.append(line)
            line = part
        else:
            line = longer
    lines.append(line)
    if len(lines) <= 2 and all(cells_of(line) <= width for line in lines):
        return lines
    first = header.line(width)
    rest = [part for part in (header.metric, header.age, *header.problems)
            if part and part.partition(" (best")[0] not in first]
    second = ""
    for part in rest:
        longer = f"{second} | {part}" if second else part
        second = longer if cells_of(longer) <= width else second
    return [first, second] if second else [first]


def _spelt(header: Header) -> Header:
    """The header with control characters escaped, before its parts are measured."""
    return replace(header, run=visible(header.run), metric=visible(header.metric), evidence=visible(header.evidence),
                   problems=tuple(map(visible, header.problems)), progress=tuple(map(visible, header.progress)))


def _put_header(cells: Cells, lines: Sequence[str], board: Board, pen: Pen) -> None:
    header = board.header
    for row, line in enumerate(lines):
        cells.put(row, 0, clipped(pen.glyphs.plain(line), cells.width, pen.glyphs.ellipsis),
                  ink("text", bold=row == 0))
        for part, look in ((f"● {header.standing}", STATES.get(header.state, "muted")), (header.zoomed, "idle"),
                           *((problem, "warning") for problem in header.problems)):
            at = line.find(part) if part else -1
            if at >= 0:
                cells.put(row, cells_of(line[:at]), pen.glyphs.plain(part), ink(look, bold=True))


def _in_rows(text: str, width: int, most: int) -> list[str]:
    """A text in at most so many rows; the last one contains the rest."""
    lines = textwrap.wrap(visible(text), width) or [""]
    return [*lines[: most - 1], " ".join(lines[most - 1 :])] if len(lines) > most else lines


def _put_cut(cells: Cells, row: int, line: str, more: str, look: int, pen: Pen) -> None:
    """A line, cut if it does not fit; then it ends with how to see the rest."""
    if cells_of(line) <= cells.width:
        cells.put(row, 0, line, look)
        return
    end = cells.put_right(row, cells.width, more, ink("muted")) - 1 if more else cells.width
    cells.put(row, 0, clipped(line, end, pen.glyphs.ellipsis), look)


def _notice(board: Board, pen: Pen) -> tuple[str, str] | None:
    """The worst notice with its advice, and the number of further ones."""
    if not (warnings := board.warnings):
        return None
    worst = warnings[0]
    more = f" (+{wording.count(len(warnings) - 1)})" if len(warnings) > 1 else ""
    return pen.glyphs.plain(f"{worst.severity}{more}: {worst.text} - {worst.advice}"), (
        "warning" if worst.severity == "critical" else "idle")
