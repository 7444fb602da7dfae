"""The rows of a panel for which a view has no room, as a last row that counts them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from livemon.boards.model import Row

__all__ = ["rest_as_row"]


def rest_as_row(rows: Sequence[Row]) -> tuple[str, str]:
    """What stands where names do: how many rows there are; and where values do: the last finite value ("" without)."""
    finite = [row for row in rows if math.isfinite(row.value)]
    bad = len(rows) - len(finite)
    return (f"… and {len(rows):,} more" + (f", {bad:,} not finite" if bad else ""),
            f"last {finite[-1].text}" if finite else "")
