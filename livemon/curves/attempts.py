"""Attempts: where they start, and which of their points the newest attempt supersedes. A step that goes back begins
another attempt, unless its row is merely late."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from livemon.curves.arrays import Array, Ints
from livemon.curves.step_order import StepOrder

__all__ = ["OrderedPoints", "arrange", "superseded_pieces", "stitch"]


_MAX_PIECES = 8  # superseded attempts drawn one by one; older ones are drawn as one line


class OrderedPoints(NamedTuple):
    """Points in the order of their attempts.

    Attributes:
        order: Indices that sort the points of each attempt by x; None if they are already sorted.
        starts: The indices at which attempts start in that order, shape (attempts,), int64; empty without points.
        late: The number of late points: they came after points of their attempt with a higher x.
    """

    order: Ints | None
    starts: Ints
    late: int


def arrange(x: Array | Ints, borders: Ints | None = None) -> OrderedPoints:
    """Find the starts of attempts: index 0, and each point whose x is below the x of the point before it, unless it is
    merely late (see `StepOrder`).

    Args:
        x: Shape (n,), in the order of logging.
        borders: Further indices at which an attempt starts whatever its x, because another file begins.
    """
    if len(x) == 0:
        return OrderedPoints(None, np.empty(0, np.int64), 0)
    inside = np.empty(0, np.int64) if borders is None else np.unique(borders[(borders > 0) & (borders < len(x))])
    edges = np.concatenate(([0], inside)).astype(np.int64)
    if not (x[1:] < x[:-1]).any():
        return OrderedPoints(None, edges, 0)
    starts, late = [], 0
    for start, stop in zip(edges.tolist(), [*inside.tolist(), len(x)], strict=True):
        order = StepOrder()
        order.add(x[start:stop])
        starts.append(order.starts + start)
        late += order.late
    every = np.concatenate(starts)
    if not late:
        return OrderedPoints(None, every, 0)
    attempt = np.zeros(len(x), np.int64)
    attempt[every[1:]] = 1
    return OrderedPoints(np.lexsort((x, np.cumsum(attempt))), every, late)


def stitch(x: Array | Ints, starts: Ints) -> NDArray[np.bool_]:
    """Which points are kept when the newest attempt wins.

    A point is superseded if a later attempt starts at or before its x. The x of the kept points increase.

    Args:
        x: Shape (n,), not decreasing within an attempt. starts: see `OrderedPoints`.
    Returns:
        Shape (n,), bool.
    """
    if len(starts) < 2:
        return np.ones(len(x), np.bool_)
    later = np.minimum.accumulate(x[starts][::-1])[::-1]  # lowest start of this attempt or any after it
    kept = np.ones(len(x), np.bool_)
    kept[: starts[-1]] = x[: starts[-1]] < np.repeat(later[1:], np.diff(starts))  # whole numbers stay exact
    return kept


def superseded_pieces(x: Array, y: Array, starts: Ints, kept: NDArray[np.bool_]) -> list[tuple[Array, Array]]:
    """The superseded stretch of each attempt, oldest first, x increasing in each; at most `_MAX_PIECES` + 1 of them.

    If there are more (two writers in one file turn each row into an attempt), all but the longest are joined into one
    piece, ordered by x.
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
