"""The bytes that bring parts of a grid of cells onto a terminal, as few as possible."""

from __future__ import annotations

from collections.abc import Iterable

from livemon.views import style
from livemon.views.terminal.ansi import Depth, sgr_of
from livemon.views.terminal.cells import REVERSE, Cells

__all__ = ["Stretch", "bytes_of_cells"]

Stretch = tuple[int, int, int]  # row, first column, end column

_REVERSE_CODE = "7"
_TO_THE_END = "\x1b[K"  # clears the rest of a row


def bytes_of_cells(cells: Cells, stretches: Iterable[Stretch], depth: Depth, theme: style.Theme) -> str:
    """The bytes that write these parts of a grid; the ink is reset at the end."""
    parts: list[str] = []
    now = ""  # the codes of the terminal's present ink
    for row, first, end in stretches:
        first, end = max(first, 0), min(end, cells.width)
        if not (0 <= row < cells.height and first < end):
            continue
        if cells.text[row, first] == "":  # the second half of a wide character
            first -= 1
        parts.append(f"\x1b[{row + 1};{first + 1}H")
        runs = cells.row_runs(row, first, end)
        blank = ""
        if end == cells.width and not runs[-1][0].strip() and not runs[-1][1] & REVERSE:
            runs.pop()
            blank = _TO_THE_END
        for text, look in runs:
            codes = sgr_of(look, depth, theme)
            if codes != now and (text.strip() or look & REVERSE or _REVERSE_CODE in now.split(";")):
                parts.append(f"\x1b[0;{codes}m" if codes and now else f"\x1b[{codes}m")
                now = codes
            parts.append(text)
        if blank and _REVERSE_CODE in now.split(";"):
            parts.append("\x1b[m")
            now = ""
        parts.append(blank)
    if now:
        parts.append("\x1b[m")
    return "".join(parts)
