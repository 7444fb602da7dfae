"""How the thread that writes gets on, for those who wait for it: one that lacks only CPU time is waited for, one that
hangs is not."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from time import monotonic

from livemon.system.processes import thread_is_runnable

__all__ = ["DEVICE", "DISK", "TURN_SECONDS", "Patience", "Progress"]

DISK = "the disk"
DEVICE = "the device"

# Those who wait look so often: longer than a thread needs to be given the CPU, shorter than anybody notices.
TURN_SECONDS = 0.01
# Looks at least, however long they took: who was itself kept from the CPU has not seen whether the thread gets on.
LEAST_TURNS = 10


class Progress:
    """What the thread that writes does at this moment.

    Attributes:
        beats: A number that grows with each step of its work.
        waits_for: Who must answer before it can go on, `DISK` or `DEVICE`; "" while it works by itself.
        since: The monotonic clock when it began to wait for that.
        thread: The system's number of the thread; 0 where there is none.
        lent: How many threads leave it their CPU time: above 0 it need not share.
    """

    def __init__(self) -> None:
        self.beats = 0
        self.waits_for = ""
        self.since = 0.0
        self.thread = 0
        self.lent = 0

    def beat(self) -> None:
        """A step is done."""
        self.beats += 1

    @contextlib.contextmanager
    def waiting_for(self, what: str) -> Iterator[None]:
        """What is done within takes as long as `what` wants."""
        self.since = monotonic()
        self.waits_for = what
        self.beats += 1
        try:
            yield
        finally:
            self.waits_for = ""
            self.beats += 1


class Patience:
    """Of somebody who waits for the thread: over when it hangs. As long as it gets on, or wants nothing but CPU time,
    it is not. Where the system tells whether a thread has work for the CPU (Linux) that is asked; elsewhere the turns
    of those who wait are counted, as the CPU gives the thread as many.

    Args:
        progress: Of the thread.
        seconds: How long it may stand still.
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
        """Ask this after each turn, TURN_SECONDS of sleep or less."""
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
