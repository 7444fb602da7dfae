"""What a condition is: it looks at the points of a metric as they come, and says what it found in them."""

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

__all__ = ["LONGEST_NAME", "BlockCondition", "Condition", "PointCondition", "judged_at"]

_FEW = 4  # blocks, that are judged faster than chosen
LONGEST_NAME = 60  # characters of a metric's name in a message: it comes from a file


class Condition(ABC):
    """Judges one metric. What it says after a row depends on the rows up to that one alone, however they were cut.

    Args:
        series: The metric's points.
        course: The other metrics; what they had at a row is looked up by the row.

    Attributes:
        finding: What was found; None where nothing was.
        why_not: Why it cannot be judged so far, in words; "" where it is.
    """

    kind: ClassVar[Kind]

    def __init__(self, series: Series, course: Course) -> None:
        self.series = series
        self.course = course
        self.finding: Finding | None = None
        self.why_not = "too few points"

    @abstractmethod
    def read(self) -> None:
        """Judge the points that are new."""

    def made(self, severity: Severity, point: int, since: int, value: float | None, message: str, advice: str,
             evidence: Evidence | None = None, *, is_over: bool = False) -> Finding:  # fmt: skip
        """A finding of this metric. `point`: with which it could be said; `since`: where it began."""
        return Finding(self.kind, severity, self.series.name, self.series.place_of(point), self.series.place_of(since),
                       value, message, advice, self.series.row_of(point), evidence or {}, is_over)

    @cached_property
    def name(self) -> str:
        """The metric's name, as it stands in messages."""
        return wording.clipped(self.series.name, LONGEST_NAME)

    def place(self, point: int) -> str:
        """Where a point stands, in words."""
        return self.course.at(self.series.place_of(point))

    def text(self, value: float) -> str:
        """A value of the metric, in words."""
        return wording.value_text(self.series.name, value)


def judged_at(start: int, stop: int, next_block: Callable[[], int]) -> Iterator[int]:
    """Blocks of start..stop-1 of a condition that knows the block at which it is judged next."""
    while (start := max(start, next_block())) < stop:
        yield start
        start += 1


class PointCondition(Condition):
    """Judges all points of a metric, those that are new at once."""

    def __init__(self, series: Series, course: Course) -> None:
        super().__init__(series, course)
        self._judged = 0

    def read(self) -> None:
        """Judge the points that are new."""
        start, count = self._judged, self.series.count
        if start < count:
            self.why_not = ""
            self._judged = count
            self.judge(start, self.series.between(start, count))

    @abstractmethod
    def judge(self, start: int, values: NDArray[np.float64]) -> None:
        """Judge points from one on; `values` are theirs."""


class BlockCondition(Condition):
    """Judges a metric each time that a block of its points has ended.

    Attributes:
        fewest_blocks: How many blocks there are before it can be judged.
    """

    fewest_blocks: ClassVar[int] = 0

    def __init__(self, series: Series, course: Course) -> None:
        super().__init__(series, course)
        self._judged = 0

    def read(self) -> None:
        """Judge the blocks that have ended since."""
        stop = len(self.series.blocks)
        while self._judged < stop:
            finding = self.finding
            few = stop - self._judged < _FEW
            for block in range(self._judged, stop) if few else self.worth_a_look(self._judged, stop):
                self.judge(block)
                self._judged = block + 1
                if self.finding is not finding:  # What is worth a look depends on it.
                    break
            else:
                self._judged = stop

    @abstractmethod
    def judge(self, block: int) -> None:
        """Judge what is known at the end of a block."""

    def worth_a_look(self, start: int, stop: int) -> Iterable[int]:
        """Those of many blocks that must be judged, in order, while the finding is what it is now. The others may be
        left out: judging them changes nothing. The first blocks always are among them, and while nothing could be
        judged the next one with a value: it says that it can."""
        begin = max(start, self.fewest_blocks)
        first_blocks = range(start, min(begin, stop))
        if begin >= stop:
            return first_blocks
        if (chosen := self.chosen(begin, stop)) is None:
            return range(start, stop)
        if self.why_not:
            chosen[np.flatnonzero(~np.isnan(np.array(self.series.blocks.levels[begin:stop])))[:1]] = True
        return [*first_blocks, *(np.flatnonzero(chosen) + begin).tolist()]

    def chosen(self, start: int, stop: int) -> NDArray[np.bool_] | None:
        """Whether each of the blocks start..stop-1 must be judged, worked out for all at once, which costs less; None:
        each of them must."""
        return None

    def start_of(self, block: int) -> int:
        """The first point of a block."""
        return self.series.blocks.stops[block - 1] if block else 0

    def end_of(self, block: int) -> int:
        """The last point of a block."""
        return self.series.blocks.stops[block] - 1

