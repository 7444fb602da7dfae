"""The progress of the writing thread, for callers that wait for it: they wait for a thread that only lacks CPU time,
but not for a thread that hangs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from time import monotonic

from livemon.system.processes import thread_is_runnable

__all__ = ["DEVICE", "DISK", "TURN_SECONDS", "HangTimeout", "Progress"]

DISK = "the disk"
DEVICE = "the device"

# The time between checks: longer than a thread needs to get the CPU, shorter than anybody notices.
TURN_SECONDS = 0.01
# The least number of checks, however long they took: a caller without CPU time cannot tell whether the thread hangs.
LEAST_TURNS = 10


class Progress:
    """What the writing thread is doing now.

    Attributes:
        beats: A number that grows with each step of its work.
        waits_for: What it waits for, `DISK` or `DEVICE`; "" while it works by itself.
        since: The monotonic clock when that wait began.
        thread: The system's id of the thread; 0 if there is no thread.
        yielding_callers: The number of threads that leave it their CPU time; above 0, it need not yield to others.
    """

    def __init__(self) -> None:
        self.beats = 0
        self.waits_for = ""
        self.since = 0.0
        self.thread = 0
        self.yielding_callers = 0

    def beat(self) -> None:
        """Count a completed step."""
        self.beats += 1

    @contextlib.contextmanager
    def waiting_for(self, what: str) -> Iterator[None]:
        """Mark a block in which the thread waits for `what`."""
        self.since = monotonic()
        self.waits_for = what
        self.beats += 1
        try:
            yield
        finally:
            self.waits_for = ""
            self.beats += 1


class HangTimeout:
    """The patience of a caller that waits for the thread: it ends when the thread hangs, but not while it makes
    progress or only lacks CPU time. On Linux, the system tells whether a thread has work for the CPU; elsewhere the
    caller counts its own turns, because the thread gets about as many.

    Args:
        progress: The thread's progress.
        seconds: How long it may make no progress.
    """

    def __init__(self, progress: Progress, seconds: float) -> None:
        self._progress = progress
        self._seconds = seconds
        self._beats = progress.beats
        self._turns = 0
        now = monotonic()
        self._still_since = min(now, progress.since) if progress.waits_for else now

    def _start_anew(self) -> None:
        self._beats = self._progress.beats
        self._turns = 0
        self._still_since = monotonic()

    def is_over(self) -> bool:
        """Whether to stop waiting; call this after each turn of at most TURN_SECONDS of sleep."""
        if self._progress.beats != self._beats:
            self._start_anew()
            return False
        runnable = thread_is_runnable(self._progress.thread)
        if runnable:
            self._start_anew()
            return False
        self._turns += 1
        turns = LEAST_TURNS if runnable is False else max(LEAST_TURNS, self._seconds / TURN_SECONDS)
        return self._turns >= turns and monotonic() - self._still_since >= self._seconds
