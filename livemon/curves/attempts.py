"""Attempts: a step that goes back begins another one. Where they start, what the newest leaves of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livemon.curves.arrays import Array, Ints

__all__ = ["attempt_starts", "superseded_pieces", "stitch"]


_MAX_PIECES = 8  # superseded attempts drawn one by one; older ones are drawn as one line


def attempt_starts(x: Array | Ints, borders: Ints | None = None) -> Ints:
    """Where attempts start: index 0, and each point whose x is below the x of the point before it.

    Args:
        x: shape (n,), in the order of logging.
        borders: further indices where an attempt starts whatever its x (another file begins).
    Returns:
        shape (attempts,), int64, increasing; empty where `x` is.
    """
    if len(x) == 0:
        return np.empty(0, np.int64)
    falls = np.flatnonzero(x[1:] < x[:-1]) + 1
    if borders is None or len(borders) == 0:
        return np.concatenate(([0], falls)).astype(np.int64)
    inside = borders[(borders > 0) & (borders < len(x))]
    return np.unique(np.concatenate(([0], falls, inside))).astype(np.int64)


def stitch(x: Array | Ints, starts: Ints) -> NDArray[np.bool_]:
    """Which points are kept when the newest attempt wins.

    A point is superseded where a later attempt starts at or before its x. What is kept has x in increasing order.

    Args:
        x: shape (n,). starts: as `attempt_starts` gives.
    Returns:
        shape (n,), bool.
    """
    if len(starts) < 2:
        return np.ones(len(x), np.bool_)
    later = np.minimum.accumulate(x[starts][::-1])[::-1]  # lowest start of this attempt or any after it
    kept = np.ones(len(x), np.bool_)
    kept[: starts[-1]] = x[: starts[-1]] < np.repeat(later[1:], np.diff(starts))  # Whole numbers stay exact.
    return kept


def superseded_pieces(x: Array, y: Array, starts: Ints, kept: NDArray[np.bool_]) -> list[tuple[Array, Array]]:
    """The superseded stretch of each attempt, oldest first, x increasing in each; at most `_MAX_PIECES` + 1 of them.

    Where there are more (two writers in one file make one of each row), all but the longest are put together into one,
    ordered by x.
    """
    if len(starts) < 2 or kept.all():
        return []
    ends = np.append(starts[1:], len(x))
    lost = np.concatenate(([0], np.cumsum(~kept)))
    sizes = lost[ends] - lost[starts]
    longest = np.sort(np.argsort(-sizes, kind="stable")[:_MAX_PIECES])
    rest = ~kept
    pieces = []
    for attempt in longest[sizes[longest] > 0].tolist():
        at = np.arange(starts[attempt], ends[attempt])[~kept[starts[attempt] : ends[attempt]]]
        rest[at] = False
        pieces.append((x[at], y[at]))
    others = np.flatnonzero(rest)
    if len(others):
        others = others[np.argsort(x[others], kind="stable")]
        pieces.insert(0, (x[others], y[others]))
    return pieces
