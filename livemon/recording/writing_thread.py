"""The thread that writes a recorder's rows, so that no step of the training waits for a disk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from livemon.recording.progress import TURN_SECONDS, HangTimeout, Progress

__all__ = ["WritingThread"]


class WritingThread(threading.Thread):
    """Works now and then, when it is called, and a last time at the end. Nothing here takes a lock that the thread
    holds, so that a signal handler may call everything.

    Args:
        work: Writes the waiting rows; called every `seconds`.
        finish: The last work.
        progress: The progress of the thread.
        seconds: The time between two calls.

    Raises:
        RuntimeError: From `start`, if no more threads can be started.
    """

    def __init__(
        self, work: Callable[[], None], finish: Callable[[], None], progress: Progress, seconds: float
    ) -> None:
        super().__init__(name="livemon-recorder", daemon=True)
        self._work = work
        self._finish = finish
        self._progress = progress
        self._seconds = seconds
        self._calls: SimpleQueue[SimpleQueue[None]] = SimpleQueue()  # for each call a queue for the answer
        self._ends = False

    def run(self) -> None:
        """The main function of the thread."""
        self._progress.thread = threading.get_native_id()
        while not self._ends:
            callers = self._rest()
            self._work()
            for caller in callers:
                caller.put(None)
        self._finish()

    def _rest(self) -> list[SimpleQueue[None]]:
        """Wait until it is time, or a call comes; returns the callers."""
        callers = []
        try:
            callers.append(self._calls.get(timeout=self._seconds))
            while True:
                callers.append(self._calls.get_nowait())
        except Empty:
            return callers

    def call(self) -> None:
        """Let it work now, without waiting."""
        if self._calls.empty():
            self._calls.put(SimpleQueue())

    def work_now(self, seconds: float) -> bool:
        """Let it work now, and wait for the end of that work. False: it hangs for `seconds`, or has ended."""
        timeout = HangTimeout(self._progress, seconds)
        done: SimpleQueue[None] = SimpleQueue()
        self._calls.put(done)
        while self.is_alive():
            try:
                done.get(timeout=TURN_SECONDS)
                return True
            except Empty:
                if timeout.is_over():
                    return False
        return False

    def yield_cpu_until(self, is_enough: Callable[[], bool], seconds: float) -> bool:
        """Leave the CPU to the thread until a condition holds. False: it hangs for `seconds`, or has ended."""
        timeout = HangTimeout(self._progress, seconds)
        self.call()
        self._progress.yielding_callers += 1
        try:
            while not is_enough():
                time.sleep(TURN_SECONDS)
                if timeout.is_over() or not self.is_alive():
                    return False
            return True
        finally:
            self._progress.yielding_callers -= 1

    def end(self, seconds: float) -> bool:
        """Let it do its last work, and wait for its end. False: it hangs for `seconds`."""
        timeout = HangTimeout(self._progress, seconds)
        self._ends = True
        self._progress.yielding_callers += 1
        self._calls.put(SimpleQueue())
        while self.is_alive():
            self.join(TURN_SECONDS)
            if timeout.is_over():
                return not self.is_alive()
        return True
