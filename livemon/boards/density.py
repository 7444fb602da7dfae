"""Many curves as a density: their median, and the bands that contain half and nine tenths of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from livemon.boards.model import Band, Line

__all__ = ["MANY", "density"]

Array = NDArray[np.float64]

MANY = 50  # curves: from this number on single ones cannot be told apart
_GRID = 400  # positions along x
_LEAST = 5  # curves at a position: fewer have no such bands
_SHARES = ((0.05, 0.95), (0.25, 0.75))


def density(metric: str, curves: Sequence[tuple[Array, Array]], what: str) -> tuple[Line, tuple[Band, ...]] | None:
    """The median of curves and two bands around it; None if there are too few curves everywhere.

    The quantiles at each x are those of the curves that have begun and not ended there, with straight lines between
    points.

    Args:
        metric: The metric of the curves.
        curves: x and y of each, finite, x rising.
        what: Their name and number: "60 runs".
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
    """All x of the curves, or enough of them for the width of a panel."""
    x = np.unique(np.concatenate(every))
    return x if len(x) <= _GRID else x[np.unique(np.linspace(0, len(x) - 1, _GRID).astype(np.int64))]
