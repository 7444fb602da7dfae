"""The points of a long curve that matter for its picture, found at a cost that hardly grows with its length."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livemon.curves.arrays import Array, Ints, first_hits, ranges

__all__ = ["Extremes"]

# Points. Blocks at the borders of pixel columns are examined point by point, the others only by their extremes: for 3
# million points in 800 columns, both take about the same number of values.
_BLOCK = 64


class Extremes:
    """The lowest and the highest value of each block of a growing curve, and where they are: 18 bytes for 64 points.

    The values are stored side by side: reading each of them from among the points would wait for memory.
    """

    def __init__(self) -> None:
        self._pieces: list[tuple[Array, NDArray[np.uint8]]] = []  # an update each: values and places, shape (2, blocks)
        self._blocks = 0

    def update(self, y: Array) -> None:
        """Take the curve as it is now: the earlier values, and new values after them. All are finite."""
        begin, end = self._blocks * _BLOCK, len(y) // _BLOCK * _BLOCK
        if end == begin:
            return
        rows = y[begin:end].reshape(-1, _BLOCK)
        places = np.stack((rows.argmin(axis=1), rows.argmax(axis=1)))
        self._pieces.append((rows[np.arange(len(rows)), places], places.astype(np.uint8)))
        self._blocks = end // _BLOCK

    def telling(self, first: int, stop: int, borders: Ints) -> Ints:
        """Increasing indices of points that include the first, the last, the lowest and the highest point of each piece
        between two borders; of equal extremes the first.

        Args:
            first, stop: The beginning and the end of the stretch.
            borders: The beginnings of further pieces within it, increasing.
        """
        starts, ends = np.append(first, borders), np.append(borders, stop)
        begins, stops = -(-starts // _BLOCK), np.minimum(ends // _BLOCK, self._blocks)
        whole = begins < stops  # pieces with blocks that lie within them
        heads = np.where(whole, begins * _BLOCK, ends)
        tails = np.where(whole, stops * _BLOCK, ends)
        parts = [ranges(starts, heads), ranges(tails, ends), starts, ends - 1]
        if whole.any():
            parts += self._of_blocks(begins[whole], stops[whole])
        indices = np.concatenate(parts)
        indices.sort()  # np.unique would take ten times as long
        return np.asarray(indices[np.append(True, indices[1:] != indices[:-1])])

    def _of_blocks(self, begins: Ints, stops: Ints) -> list[Ints]:
        """The indices of the first lowest and the first highest value of each sequence of blocks."""
        if len(self._pieces) > 1:
            values, places = (np.concatenate(parts, axis=1) for parts in zip(*self._pieces, strict=True))
            self._pieces = [(values, places)]
        (values, places), left, right = self._pieces[0], int(begins[0]), int(stops[-1])
        pairs = np.stack((begins, stops), axis=1).reshape(-1)[:-1] - left
        extremes = []
        for extreme, of_blocks, inside in zip((np.minimum, np.maximum), values[:, left:right], places, strict=True):
            wanted = extreme.reduceat(of_blocks, pairs)[::2]
            blocks = left + first_hits(of_blocks, wanted, np.diff(begins, append=right))
            extremes.append(blocks * _BLOCK + inside[blocks])
        return extremes
