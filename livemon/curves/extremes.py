"""Which points of a long curve matter for its picture, found at a cost that hardly grows with its length."""

from __future__ import annotations

import numpy as np

from livemon.curves.arrays import Array, Ints

__all__ = ["Extremes"]

_BLOCK = 128  # points; with a block for each pixel column looked at as a whole, about as many points as the others give


class Extremes:
    """Where each block of a curve that grows has its lowest and its highest value: 16 bytes for 128 points."""

    def __init__(self) -> None:
        self._places: list[Ints] = []  # of each piece that was added, shape (blocks, 2), in the order of logging
        self._blocks = 0

    def update(self, y: Array) -> None:
        """Take in the curve as it is now: what was there before, and new values behind it. All are finite."""
        begin, end = self._blocks * _BLOCK, len(y) // _BLOCK * _BLOCK
        if end == begin:
            return
        rows = y[begin:end].reshape(-1, _BLOCK)
        both = np.stack((rows.argmin(axis=1), rows.argmax(axis=1)), axis=1)
        both.sort(axis=1)
        self._places.append(both + np.arange(begin, end, _BLOCK)[:, None])
        self._blocks = end // _BLOCK

    def telling(self, first: int, stop: int, borders: Ints) -> Ints:
        """Indices, increasing, of points among which each piece between two borders has its first, its last, its lowest
        and its highest value.

        Args:
            first, stop: Where the stretch begins and ends.
            borders: Where further pieces begin within it.
        """
        begin, end = -(-first // _BLOCK), min(stop // _BLOCK, self._blocks)
        if end <= begin:
            return np.arange(first, stop)
        if len(self._places) > 1:
            self._places = [np.concatenate(self._places)]
        whole = np.zeros(end - begin, np.bool_)  # the blocks of which all points are looked at
        for indices in (borders, borders - 1):
            blocks = indices // _BLOCK - begin
            whole[blocks[(blocks >= 0) & (blocks < len(whole))]] = True
        of_whole = (np.flatnonzero(whole)[:, None] + begin) * _BLOCK + np.arange(_BLOCK)
        of_others = self._places[0][begin:end][~whole]
        ends = np.arange(first, begin * _BLOCK), np.arange(end * _BLOCK, stop)
        inside = np.concatenate((of_whole.reshape(-1), of_others.reshape(-1), [begin * _BLOCK, end * _BLOCK - 1]))
        inside.sort()  # np.unique would take ten times as long
        new = np.append(True, inside[1:] != inside[:-1])
        return np.concatenate((ends[0], inside[new], ends[1]))
