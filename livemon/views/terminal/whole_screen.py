"""Everything on a terminal's screen: the panels, the list of runs, the output of the training, help, and the last
line."""

from __future__ import annotations

from dataclasses import dataclass

from livemon.boards.model import Board
from livemon.views.terminal.cells import Cells
from livemon.views.terminal.first_screen import LOWEST, NARROWEST, ScreenLayout, first_screen, with_header
from livemon.views.terminal.footer import Footer, put_footer
from livemon.views.terminal.output_pane import OutputPane
from livemon.views.terminal.overlay import Overlay
from livemon.views.terminal.plot import Pen, Rect
from livemon.views.terminal.run_list_pane import RunListPane

__all__ = ["Panels", "Parts", "draw_screen"]

_BESIDE = 120  # columns, from which on the list of runs is beside the panels
_ALL_FOUND = "! shows all"
_LIST_WIDTH = 84  # of these, at most; never more than two fifths


@dataclass
class Parts:
    """The parts of the screen; None for those that are hidden.

    Attributes:
        panels: The panels.
        runs: The list of runs.
        output: The output of the training.
        left: The first column of the panels.
    """

    panels: ScreenLayout | None = None
    runs: Rect | None = None
    output: Rect | None = None
    left: int = 0


class Panels:
    """The last panels drawn, which are drawn again only if they or their appearance changed."""

    def __init__(self) -> None:
        self._drawn: tuple[tuple[object, ...], Board, ScreenLayout] | None = None

    def of(self, board: Board, width: int, height: int, pen: Pen, cursor: float | None, chosen: str) -> ScreenLayout:
        """The panels of a board, below its header."""
        key = width, height, pen, cursor, chosen
        if self._drawn is not None and self._drawn[0] == key:
            before, shown = self._drawn[1:]
            same = (board.panels is before.panels and board.summary is before.summary
                    and board.notices is before.notices)
            if same and (board.header == before.header or with_header(shown, board, pen)):
                self._drawn = key, board, shown
                return shown
        shown = first_screen(board, width, height, pen, cursor=cursor, chosen=chosen, more=_ALL_FOUND)
        self._drawn = key, board, shown
        return shown


def draw_screen(board: Board, width: int, height: int, pen: Pen, *, panels: Panels, cursor: float | None, chosen: str,
                pane: str, runs: RunListPane, output: OutputPane | None, footer: Footer,
                overlay: Overlay | None) -> tuple[Cells, Parts]:
    """The screen and its layout. `pane`: the selected part, which is marked if there are several."""
    cells, parts = Cells(width, height), Parts()
    has_footer = width >= NARROWEST and height > LOWEST
    rows = height - has_footer
    if output is not None and has_footer and (below := output.rows_of(height)):
        parts.output = Rect(rows - below, 0, width, below)
        rows -= below
    left = 0
    if board.runs and has_footer:
        covers = width < _BESIDE
        parts.runs = Rect(1 if covers else 0, 0, width if covers else min(_LIST_WIDTH, 2 * width // 5),
                          rows - covers)
        left = width if covers else parts.runs.width + 2
    parts.left = left
    if left < width:
        parts.panels = panels.of(board, width - left, rows, pen, cursor, chosen)
        cells.text[:rows, left:] = parts.panels.cells.text
        cells.ink[:rows, left:] = parts.panels.cells.ink
    elif rows:
        head = first_screen(board, width, min(rows, LOWEST - 1), pen)
        cells.text[:1], cells.ink[:1] = head.cells.text[:1], head.cells.ink[:1]
    if parts.runs is not None:
        runs.put(cells, parts.runs, board.runs, pen, is_chosen=pane == "runs", is_complete=board.is_complete)
    if parts.output is not None and output is not None:
        output.put(cells, parts.output, pen, is_chosen=pane == "output")
    if overlay is not None:
        overlay.put(cells, board, pen)
    if has_footer:
        put_footer(cells, footer, _which_panels(parts.panels) if overlay is None else "", pen)
    return cells, parts


def _which_panels(shown: ScreenLayout | None) -> str:
    """The number of panels that do not fit; after the first page, the visible panels."""
    if shown is None or not shown.left_out:
        return ""
    if not shown.first:
        return f"{shown.left_out:,} more {'panel' if shown.left_out == 1 else 'panels'}"
    count, of = len(shown.spaces), len(shown.spaces) + shown.left_out
    which = f"{shown.first + 1:,}" if count == 1 else f"{shown.first + 1:,}-{shown.first + count:,}"
    return f"{'panel' if count == 1 else 'panels'} {which} of {of:,}"
