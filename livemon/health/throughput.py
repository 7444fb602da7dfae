"""A rate, such as tokens a second, that has dropped."""

from __future__ import annotations

from livemon.health.condition import BlockCondition
from livemon.health.finding import Kind, Severity

__all__ = ["Throughput"]

_FEWEST_BLOCKS = 10
_STAYS = 4  # blocks
_DROPPED = 0.6  # of what is usual
_FAR = 0.34
_LONG_POINTS = 40


class Throughput(BlockCondition):
    """A rate that stays far below what was usual."""

    kind = Kind.THROUGHPUT

    def judge(self, block: int) -> None:
        """Judge what is known at the end of a block."""
        if block + 1 < _FEWEST_BLOCKS:
            return
        self.why_not = ""
        blocks = self.series.blocks
        start = block + 1 - _STAYS
        while start > 2 and blocks.stops[block] - blocks.stops[start - 1] < _LONG_POINTS:
            start -= 1
        lately = [level for level in blocks.levels[start : block + 1] if level == level]
        if self.finding is None and lately and max(lately) > _DROPPED * blocks.highest(start - 1):
            return
        before = sorted(level for level in blocks.levels[1:start] if level == level)
        if not lately or len(before) < 3:
            return
        usual = before[len(before) // 2]
        if max(lately) > _DROPPED * usual or not usual > 0:
            if self.finding is not None and lately[-1] > 0.8 * usual:
                self.finding = None
            return
        severity = Severity.WARNING if max(lately) < _FAR * usual else Severity.INFO
        if self.finding is None or self.finding.severity.rank < severity.rank:
            since = self.start_of(start)
            self.finding = self.made(
                severity, self.end_of(block), since, lately[-1],
                f"{self.name} has dropped to {self.text(lately[-1])} since {self.place(since)}, usually "
                f"{self.text(usual)}", "look at the data loader, at other jobs on the machine, and at the GPU's clock")
