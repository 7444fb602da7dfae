"""The last line of a terminal's screen: the typed text or a message, else hints; on its right what is hidden."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from livemon.boards.lens.value import Lens
from livemon.boards.model import Board
from livemon.system.streams import cells_of, visible
from livemon.views.terminal.cells import Cells, clipped, ink
from livemon.views.terminal.plot import Pen

__all__ = ["HINTS_OF_LIST", "HINTS_OF_OVERLAY", "Footer", "hints_of", "put_footer", "left_out_text"]

_BETWEEN = "   "  # between hints
_MOST_SAID = 3  # rows
_LONGEST_FILTER = 20  # cells
HINTS_OF_LIST = ("? help", "esc close", "enter open", "space overlay", "m compare two", "g seeds", "f filter", "q quit")
HINTS_OF_OVERLAY = ("esc close", "q quit")


@dataclass(frozen=True)
class Footer:
    """The last line.

    Attributes:
        text: The message or the typed text.
        look: Its ink.
        hints: Possible actions if there is no text, the most useful first.
        left_out: What is hidden at the user's request; it stays beside any text.
    """

    text: str = ""
    look: int = 0
    hints: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def left_out_text(lens: Lens | None, *, holds: bool) -> tuple[str, ...]:
    """What is hidden at the user's request, in a few words."""
    if lens is None:
        return ()
    words = [f"/{clipped(visible(lens.select), _LONGEST_FILTER)}"] if lens.select else []
    if lens.where:
        words.append(f"runs {clipped(visible(' '.join(lens.where)), _LONGEST_FILTER)}")
    if lens.hidden:
        words.append(f"{len(lens.hidden)} hidden")
    return (*words, "held") if holds else tuple(words)


def hints_of(board: Board | None, lens: Lens | None) -> tuple[str, ...]:
    """The possible actions with the panels, the most useful first."""
    several = board is not None and len(board.paths) > 1
    own = []
    if board is not None and (count := len(board.warnings)):
        own.append(f"! {count} finding{'s' if count > 1 else ''}")
    if lens is not None and lens.large is not None:
        own.append("enter all panels")
    if several:
        groups = lens is not None and lens.group_by is not None
        return ("? help", *own, "esc runs", "g each run" if groups else "g seeds", "q quit", "tab panel",
                "arrows cursor", "/ filter", "+ - [ ] zoom")
    return ("? help", *own, "q quit", "esc runs", "tab panel", "arrows cursor", "/ filter", "+ - [ ] zoom",
            "enter large")


def put_footer(cells: Cells, footer: Footer, panels: str, pen: Pen) -> None:
    """A message in up to three rows, or as many hints as fit into one.

    Args:
        panels: The visible panels, if not all are visible.
    """
    row = cells.height - 1
    right = _put_left_out(cells, row, [*footer.left_out, *([panels] if panels else [])], pen)
    if footer.hints:
        shown = [pen.glyphs.plain(hint) for hint in footer.hints]
        while len(shown) > 1 and _width(shown) > right:
            shown.pop()
        cells.put(row, 0, clipped(_BETWEEN.join(shown), right, pen.glyphs.ellipsis), footer.look)
        return
    text = pen.glyphs.plain(visible(footer.text))
    lines = [text] if cells_of(text) <= right else textwrap.wrap(text, max(right, 1))[:_MOST_SAID]
    for at, line in enumerate(lines, start=row - len(lines) + 1):
        if at < row:
            cells.put(at, 0, " " * cells.width)
        cells.put(at, 0, clipped(line, right, pen.glyphs.ellipsis), footer.look)


def _put_left_out(cells: Cells, row: int, words: Sequence[str], pen: Pen) -> int:
    """Write these words into at most half of the line, the first ones first; returns the column up to which there is
    room."""
    shown: list[str] = []
    for word in words:
        if _width([*shown, word]) <= cells.width // 2:
            shown.append(pen.glyphs.plain(word))
    if not shown:
        return cells.width
    return cells.put_right(row, cells.width, _BETWEEN.join(shown), ink("faint" if len(shown) == 1 else "muted")) - 2


def _width(words: Iterable[str]) -> int:
    widths = [cells_of(word) for word in words]
    return sum(widths) + len(_BETWEEN) * (len(widths) - 1)
