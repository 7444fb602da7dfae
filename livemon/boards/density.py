"""Many curves as a density: their median, and the bands in which half and nine tenths of them lie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from livemon.boards.model import Band, Line

__all__ = ["MANY", "density"]

Array = NDArray[np.float64]

MANY = 50  # curves, from which on single ones cannot be told apart
_GRID = 400  # places of x
_LEAST = 5  # curves at a place; of fewer there are no such bands
_SHARES = ((0.05, 0.95), (0.25, 0.75))


def density(metric: str, curves: Sequence[tuple[Array, Array]], what: str) -> tuple[Line, tuple[Band, ...]] | None:
    """The median of curves and two bands around it; None where nowhere are enough of them.

    At each place the quantiles are of the curves that have begun there and not ended; between its points a curve goes
    straight.

    Args:
        metric: What they are of.
        curves: x and y of each, finite, x rising.
        what: What they are called, with their number: "60 runs".
    """
    curves = [curve for curve in curves if len(curve[0])]
    if len(curves) < _LEAST:
        return None
    x = _places([curve[0] for curve in curves])
    table = np.stack([np.interp(x, *curve, left=np.nan, right=np.nan) for curve in curves])
    enough = np.isfinite(table).sum(axis=0) >= _LEAST
    if not enough.any():
        return None
    x, table = x[enough], table[:, enough]
    levels = [0.5, *(level for pair in _SHARES for level in pair)]
    middle, *ends = np.nanquantile(table, levels, axis=0)
    text = f"median, half and 90 % of {what}"
    bands = tuple(Band(x, low, high, "grey", text) for low, high in zip(ends[::2], ends[1::2], strict=True))
    return Line(metric, "main", x, middle, "grey", "median", "median", "dashed"), bands


def _places(every: Sequence[Array]) -> Array:
    """All x of the curves, or so many of them that a panel has a place for each."""
    x = np.unique(np.concatenate(every))
    return x if len(x) <= _GRID else x[np.unique(np.linspace(0, len(x) - 1, _GRID).astype(np.int64))]
