"""The recent change of a metric: one number for summaries, pictures and programs, whatever the view smooths."""

from __future__ import annotations

import numpy as np

from livemon.curves.arrays import Array, median_in_order
from livemon.curves.thinning import Sample

__all__ = ["RecentChange", "change_lately"]

_MOST_BLOCKS = 64  # arrays that wait to be sampled: they have a few points each while a run grows
_MOST_POINTS = 4096
_SCALE = 2.0**-10  # exact, and no difference or sum of two of the largest numbers overflows


class RecentChange:
    """Follows the values of a metric. The cost of a new value does not grow with the run."""

    def __init__(self) -> None:
        self._sample = Sample()
        self._waiting: list[Array] = []
        self._points_waiting = 0

    def add(self, values: Array) -> None:
        """Add finite values, in the order of x."""
        self._waiting.append(values)
        self._points_waiting += len(values)
        if len(self._waiting) > _MOST_BLOCKS or self._points_waiting > _MOST_POINTS:
            self._take_waiting()

    def _take_waiting(self) -> None:
        if self._waiting:
            values = np.concatenate(self._waiting)
            self._sample.add(values, values)
            self._waiting, self._points_waiting = [], 0

    @property
    def percent(self) -> float | None:
        """The change from the median of the second-last tenth of the values to the median of the last tenth, in per
        cent; None with fewer than two values, or if the former median is 0."""
        self._take_waiting()
        values = self._sample.y
        if len(values) < 2:
            return None
        tenth = max(len(values) // 10, 1)
        values = values[-2 * tenth :] * _SCALE
        before, lately = (median_in_order(np.sort(part)) for part in (values[:-tenth], values[-tenth:]))
        return 100.0 * (lately - before) / abs(before) if before else None


def change_lately(values: Array) -> float | None:
    """The same for all values of a metric; values that are not finite do not count. None if the newest value is not
    finite: the change would belong to an earlier time."""
    if not len(values) or not np.isfinite(values[-1]):
        return None
    change = RecentChange()
    change.add(values[np.isfinite(values)])
    return change.percent
