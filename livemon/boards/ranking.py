"""The numbers of several runs as named rows, the best first."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence

from livemon.boards.model import Colour, Panel, Row
from livemon.wording import value_text

__all__ = ["ranking"]


def ranking(title: str, rows: Sequence[tuple[str, float]], metric: str, rising: bool | None,
            colours: Mapping[str, Colour], *,
            key: str = "", span: int = 1, intervals: Mapping[str, tuple[float, float]] | None = None,
            interval: str = "", suffix: str = "", message: str = "no data", bad: Mapping[str, int] | None = None
            ) -> Panel:
    """A row for each run, the best first; values that are not finite come last. Without a direction the given order
    stays.

    Args:
        rows: label and value; runs without a value are left out.
        intervals: label -> (low, high).
        interval: The name of the intervals.
        bad: label -> the number of runs that are not in its value, because theirs is NaN.
    """
    key = key or f"ranking:{metric}"
    if not rows:
        return Panel(key, title, (0.0, 1.0), (0.0, 1.0), message=message, span=span)
    ordered = sorted(rows, key=lambda row: (not math.isfinite(row[1]), row[1] * {True: -1, False: 1, None: 0}[rising]
                                            if math.isfinite(row[1]) else 0.0))
    made = []
    for label, value in ordered:
        low, high = (intervals or {}).get(label, (None, None))
        failed = (bad or {}).get(label, 0)
        more = suffix + f", {failed} NaN" * bool(failed) if math.isfinite(value) else ""
        made.append(_row(label, value, metric, more, colours.get(label, "grey"), low, high))
    order = {True: "highest first", False: "lowest first", None: "not ranked: direction unknown"}[rising]
    note = order + (f" · {interval}" if interval and intervals else "")
    return Panel(key, title, (0.0, 1.0), (0.0, float(len(made))), rows=tuple(made), span=span, note=note)


@functools.lru_cache(maxsize=4096)  # of hundreds of rows, a new point changes one: the others stay the same objects
def _row(label: str, value: float, metric: str, more: str, colour: Colour, low: float | None, high: float | None
         ) -> Row:  # fmt: skip
    return Row(label, value, value_text(metric, value) + more, colour, low, high)
