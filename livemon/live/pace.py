"""The pauses of the loop: between two looks, after drawing, and between two searches for the run to show next."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator

__all__ = ["JUDGING_SECONDS", "LoopPace", "SearchPace"]

LOOK_SECONDS = 0.05  # between two looks, at least: nobody reads more than 20 boards a second
LONGEST_REST_SECONDS = 1.0  # the CPU time may belong to other work in this process, which is no reason to slow down
JUDGING_SECONDS = 0.2  # for each board of many runs, until all are judged: their curves are shown before that
SEARCH_SECONDS = 1.0  # between two searches, at least: a run that goes on elsewhere is shown a second later
SEARCH_REST = 50.0  # ... and this multiple of the duration of the last search: on a slow disk, 2 % of the time


class LoopPace:
    """At most 20 looks a second, and after drawing a rest, so that drawing takes no more than half of one core.

    Drawing is measured as the CPU time of this process that reading did not use: a window draws while the loop waits.

    Args:
        timer: Monotonic seconds.
        cpu: CPU seconds of this process.
    """

    def __init__(self, timer: Callable[[], float], cpu: Callable[[], float]) -> None:
        self._timer = timer
        self._cpu = cpu
        self._look_began = -math.inf
        self._debt = 0.0  # seconds of rest that are owed
        self._measured_at = 0.0
        self._measured_cpu = 0.0
        self._reading_cpu = 0.0

    def start(self) -> None:
        """The loop begins: earlier CPU time was not drawing."""
        self._debt, self._measured_at, self._measured_cpu = 0.0, self._timer(), self._cpu()

    def begin_look(self) -> None:
        """A look begins."""
        self._look_began = self._timer()

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """A block in which this thread reads, and does not draw."""
        before = time.thread_time()
        try:
            yield
        finally:
            self._reading_cpu += time.thread_time() - before

    def rest_of_look(self) -> float:
        """The seconds until the next look may begin; 0 or less: at once."""
        return LOOK_SECONDS - (self._timer() - self._look_began)

    def rest_owed(self) -> float:
        """The seconds of rest for the drawing since the last call, plus those owed before."""
        now, cpu = self._timer(), self._cpu()
        drawing = cpu - self._measured_cpu - self._reading_cpu
        owed = self._debt + 2 * drawing - (now - self._measured_at)
        self._debt = min(max(owed, 0.0), LONGEST_REST_SECONDS)
        self._measured_at, self._measured_cpu, self._reading_cpu = now, cpu, 0.0
        return self._debt


class SearchPace:
    """A search is due SEARCH_SECONDS after the last one, or later if that took long.

    Args:
        timer: Monotonic seconds.
    """

    def __init__(self, timer: Callable[[], float]) -> None:
        self._timer = timer
        self._next_at = -math.inf

    def is_due(self) -> bool:
        """Whether a search may begin."""
        return self._timer() >= self._next_at

    @contextlib.contextmanager
    def searching(self) -> Iterator[None]:
        """This block is a search."""
        began = self._timer()
        yield
        ended = self._timer()
        self._next_at = ended + max(SEARCH_SECONDS, SEARCH_REST * (ended - began))
