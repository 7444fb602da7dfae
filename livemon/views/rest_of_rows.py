"""The rows of a panel that do not fit into a view, counted in a last row."""

from __future__ import annotations

import math
from collections.abc import Sequence

from livemon.boards.model import Row

__all__ = ["rest_as_row"]


def rest_as_row(rows: Sequence[Row]) -> tuple[str, str]:
    """The name and the value of that row: the number of rows, and the last finite value ("" without one)."""
    finite = [row for row in rows if math.isfinite(row.value)]
    bad = len(rows) - len(finite)
    return (f"… and {len(rows):,} more" + (f", {bad:,} not finite" if bad else ""),
            f"last {finite[-1].text}" if finite else "")
