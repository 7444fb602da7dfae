"""Boards with fewer points: the extremes of every pixel column stay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from livemon.boards.model import Board, Line
from livemon.curves.limits import Limits
from livemon.curves.thinning import Thinner

__all__ = ["thinned"]


def thinned(board: Board, columns: int, columns_behind: int | None = None) -> Board:
    """The board with curves of at most four points in each of so many columns (M4): the first, the last, the lowest and
    the highest.

    Args:
        board: The board.
        columns: The number for each grid column of a panel.
        columns_behind: The same for curves other than the raw ones; None: the same number.
    """
    behind = columns if columns_behind is None else columns_behind
    return replace(board, panels=tuple(replace(panel, lines=tuple(
        _thinned(line, panel.x_limits, columns if line.kind == "raw" else behind) for line in panel.lines))
        for panel in board.panels))


def _thinned(line: Line, limits: Limits, columns: int) -> Line:
    if len(line.x) <= 4 * columns or not limits[0] < limits[1]:
        return line
    finite = np.isfinite(line.y)
    thinner = Thinner(limits, columns)
    thinner.add(line.x[finite], line.y[finite])
    x, y = thinner.polyline()
    if not finite.all():  # a gap stays in its position
        x, y = np.concatenate((x, line.x[~finite])), np.concatenate((y, line.y[~finite]))
        order = np.argsort(x, kind="stable")
        x, y = x[order], y[order]
    return replace(line, x=x, y=y)
