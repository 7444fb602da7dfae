"""Whether new rows can change what was found in a run: most rows of a training that goes well cannot.

Findings do not depend on how the rows were read in pieces. So rows that change nothing need not be judged when they
come: they wait for a row that may.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from livemon.tables.table import Column

__all__ = ["NONE", "Harmless", "Watch", "WatchedSteps", "WatchedValues"]

_HIGHEST = sys.float_info.max


class Harmless(NamedTuple):
    """The new points of a metric that change nothing for a condition: those from `low` to `high`, as long as the metric
    has fewer than `until` points."""

    low: float = -_HIGHEST
    high: float = _HIGHEST
    until: float = np.inf


NONE = Harmless(until=0)


@dataclass(slots=True)
class WatchedValues:
    """The points of a metric in the newest table.

    Attributes:
        column: Their column.
        seen: How many of them were judged, or are harmless.
        low, high, until: Those that change nothing for any of its conditions; see `Harmless`.
    """

    column: Column
    seen: int
    low: float
    high: float
    until: float

    @classmethod
    def by(cls, column: Column, seen: int, conditions: Sequence[tuple[Harmless, int]]) -> WatchedValues:
        """A metric, and what is harmless to each of its conditions, with the number of points that it has judged. The
        first point of an attempt is never harmless: earlier ones may count no longer, and conditions come with it."""
        if not (seen and conditions):
            return cls(column, seen, 0.0, 0.0, seen + 1)
        lows, highs, _ = zip(*(harmless for harmless, _ in conditions), strict=True)
        more = min(harmless.until - judged for harmless, judged in conditions)
        return cls(column, seen, max(lows), min(highs), seen + more)

    def are_harmless(self) -> bool:
        """Whether all new points are."""
        if (count := len(self.column)) >= self.until:
            return False
        for value in self.column.values[self.seen : count].tolist():
            if not self.low <= value <= self.high:
                return False
        self.seen = count
        return True


@dataclass(slots=True)
class WatchedSteps:
    """The steps of the rows. See `WatchedValues`; `highest`: the highest one so far."""

    column: Column
    seen: int
    highest: float | np.int64

    def are_harmless(self) -> bool:
        """Whether no new step lies before an earlier one."""
        for step in self.column.values[self.seen :].tolist():
            if not step >= self.highest:
                return False
            self.highest = step
        self.seen = len(self.column)
        return True


@dataclass(slots=True)
class Watch:
    """The points of all metrics, and the steps of the rows."""

    parts: Sequence[WatchedSteps | WatchedValues]

    def is_quiet(self) -> bool:
        """Whether the rows since the last call change nothing. To be asked until it is False, and then no more."""
        return all(part.are_harmless() for part in self.parts)
