"""The base of all conditions: a condition looks at the points of a metric as they come, and reports what it finds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from livemon import wording
from livemon.health.course import Course
from livemon.health.finding import Evidence, Finding, Kind, Severity
from livemon.health.series import Series
from livemon.health.watch import NONE, Harmless

__all__ = ["LONGEST_NAME", "BlockCondition", "Condition", "PointCondition", "judged_at"]

_FEW = 4  # blocks: judging so few is faster than choosing among them
LONGEST_NAME = 60  # characters of a metric's name in a message: names come from files


class Condition(ABC):
    """Judges one metric. The finding after a row depends only on the rows up to it, not on how they were read in
    pieces.

    Args:
        series: The points of the metric.
        course: The other metrics; their values are looked up by row.

    Attributes:
        finding: The finding, or None.
        why_not: Why the metric cannot be judged so far, in words; "" if it can.
    """

    kind: ClassVar[Kind]

    def __init__(self, series: Series, course: Course) -> None:
        self.series = series
        self.course = course
        self.finding: Finding | None = None
        self.why_not = "too few points"

    @abstractmethod
    def read(self) -> None:
        """Judge the new points."""

    @property
    def harmless(self) -> Harmless:
        """The points that may come without a change of `finding` and `why_not`."""
        return NONE

    def made(self, severity: Severity, point: int, since: int, value: float | None, message: str, advice: str,
             evidence: Evidence | None = None, *, is_over: bool = False) -> Finding:  # fmt: skip
        """A finding of this metric. `point`: where it could be reported; `since`: where it began."""
        return Finding(self.kind, severity, self.series.name, self.series.place_of(point), self.series.place_of(since),
                       value, message, advice, self.series.row_of(point), evidence or {}, is_over)

    @cached_property
    def name(self) -> str:
        """The metric's name in messages."""
        return wording.clipped(self.series.name, LONGEST_NAME)

    def place(self, point: int) -> str:
        """The position of a point, in words."""
        return self.course.at(self.series.place_of(point))

    def text(self, value: float) -> str:
        """A value of the metric, in words."""
        return wording.value_text(self.series.name, value)


def judged_at(start: int, stop: int, next_block: Callable[[], int]) -> Iterator[int]:
    """The blocks among start..stop-1 for a condition that knows when it judges next."""
    while (start := max(start, next_block())) < stop:
        yield start
        start += 1


class PointCondition(Condition):
    """Judges every point of a metric, all new ones at once."""

    def __init__(self, series: Series, course: Course) -> None:
        super().__init__(series, course)
        self._judged = 0

    def read(self) -> None:
        """Judge the new points."""
        start, count = self._judged, self.series.count
        if start < count:
            self.why_not = ""
            self._judged = count
            self.judge(start, self.series.between(start, count))

    @abstractmethod
    def judge(self, start: int, values: NDArray[np.float64]) -> None:
        """Judge the points from `start` on, which have these values."""


class BlockCondition(Condition):
    """Judges a metric at the end of each block of its points.

    Attributes:
        fewest_blocks: The number of blocks that it takes to judge.
    """

    fewest_blocks: ClassVar[int] = 0

    def __init__(self, series: Series, course: Course) -> None:
        super().__init__(series, course)
        self._judged = 0

    def read(self) -> None:
        """Judge the blocks that have ended since the last call."""
        stop = len(self.series.blocks)
        while self._judged < stop:
            finding = self.finding
            few = stop - self._judged < _FEW
            for block in range(self._judged, stop) if few else self.worth_a_look(self._judged, stop):
                self.judge(block)
                self._judged = block + 1
                if self.finding is not finding:  # `worth_a_look` depends on the finding
                    break
            else:
                self._judged = stop

    @property
    def harmless(self) -> Harmless:
        """The points up to the end of the next block."""
        return Harmless(until=self.series.blocks.next_stop)

    @abstractmethod
    def judge(self, block: int) -> None:
        """Judge at the end of a block."""

    def worth_a_look(self, start: int, stop: int) -> Iterable[int]:
        """The blocks that must be judged, in order, as long as the finding stays the same. Judging the other blocks
        would change nothing. The first blocks are always among them, and while nothing could be judged also the next
        block with a value, which shows that judging is possible."""
        begin = max(start, self.fewest_blocks)
        first_blocks = range(start, min(begin, stop))
        if begin >= stop:
            return first_blocks
        if (chosen := self.chosen(begin, stop)) is None:
            return range(start, stop)
        if self.why_not:
            chosen[np.flatnonzero(~np.isnan(self.series.blocks.levels.array[begin:stop]))[:1]] = True
        return [*first_blocks, *(np.flatnonzero(chosen) + begin).tolist()]

    def chosen(self, start: int, stop: int) -> NDArray[np.bool_] | None:
        """Whether each of the blocks start..stop-1 must be judged, computed for all at once, which is cheaper; None:
        all of them must."""
        return None

    def start_of(self, block: int) -> int:
        """The first point of a block."""
        return self.series.blocks.stops[block - 1] if block else 0

    def end_of(self, block: int) -> int:
        """The last point of a block."""
        return self.series.blocks.stops[block] - 1

