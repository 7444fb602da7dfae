"""The times at which values of x were logged: the output of that time is shown beside the cursor."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from livemon.boards.model import Board
from livemon.tables.names import UNIX_FROM

__all__ = ["StepTimes"]

_MOST = 10_000  # boards; of more, every second one is forgotten


class StepTimes:
    """The time of a position of x: that of the rows, or else the time at which a board came that ended there.

    Args:
        clock: The time in unix seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._of = ("", "")
        self._x: list[float] = []
        self._seen: list[float] = []

    def take(self, board: Board) -> None:
        """Take a board."""
        ends = [float(line.x[-1]) for panel in board.panels for line in panel.lines if len(line.x)]
        if (board.title, board.x_kind) != self._of:
            self._of, self._x, self._seen = (board.title, board.x_kind), [], []
        is_whole = board.lens is None or board.lens.zoom is None
        if ends and is_whole and (not self._x or max(ends) > self._x[-1]):
            self._x.append(max(ends))
            self._seen.append(self._clock())
            if len(self._x) > _MOST:
                self._x, self._seen = self._x[::2], self._seen[::2]

    def at(self, board: Board, x: float) -> float | None:
        """Unix seconds; None if unknown."""
        for ruler in board.rulers:
            if ruler.kind == "time" and len(ruler.x):
                value = float(np.interp(x, ruler.x, ruler.values))
                if value > UNIX_FROM:
                    return value
        if len(self._x) < 2 or x < self._x[0]:  # the first points came earlier
            return None
        return float(np.interp(x, self._x, self._seen))
