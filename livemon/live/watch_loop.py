"""The loop of a watch: look, follow the files, and wait, until something stops it."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livemon.live.drawing import Drawing
from livemon.live.messages import Messages
from livemon.live.pace import LoopPace

if TYPE_CHECKING:
    from livemon.boards.lens.value import Lens
    from livemon.system.wakeups import Wakeups

__all__ = ["WatchLoop"]


class WatchLoop(ABC):
    """Runs the loop of a watch, of one run or several.

    Args:
        drawing: Draws the result of a look.
        wakeups: Say when to look.
        pace: Limits the cost of looking and drawing.
        messages: Prints messages for people.
        stopped: Set to end the loop.
    """

    def __init__(self, drawing: Drawing, wakeups: Wakeups | Any, pace: LoopPace, messages: Messages,
                 stopped: threading.Event) -> None:
        self._drawing = drawing
        self._wakeups = wakeups
        self._pace = pace
        self._messages = messages
        self._stopped = stopped

    @abstractmethod
    def run_once(self) -> None:
        """Look once, and draw if there is something new."""

    @abstractmethod
    def _files(self) -> Sequence[Path]:
        """The files whose changes wake the loop."""

    def _leave(self) -> None:
        """Update pictures to the rows that were read."""
        self._drawing.draw_outdated_screens()

    def run(self) -> None:
        """Run the loop until the end. Raises CannotShowError if a view broke."""
        try:
            self._run_until_the_end()
        except KeyboardInterrupt:
            self._leave()
            raise
        self._leave()

    def stop(self) -> None:
        """End `run` soon; nothing more is drawn or saved. Any thread."""
        self._stopped.set()
        self._wakeups.interrupt()

    def call_on_refusal(self, refuse: Callable[[Lens, str], object]) -> None:
        """Call this function for a lens that is not valid, with the reason; the previous lens stays."""
        self._drawing.on_refusal = refuse

    def set_lens(self, lens: Lens) -> None:
        """Show another lens at once; any thread."""
        self._drawing.ask(lens)
        self._wakeups.wake_now()

    def _run_until_the_end(self) -> None:
        self._pace.start()
        while not self._stopped.is_set():
            self._pace.begin_look()
            self.run_once()
            if self._stopped.is_set():
                break
            self._follow_files()
            self._wakeups.is_idle = self._drawing.is_idle
            self._wakeups.wait(rest=self._pace.rest_of_look())
            if (rest := self._pace.rest_owed()) > 0 and not self._drawing.is_asked:
                self._wakeups.wait(0.0, rest=rest)

    def _follow_files(self) -> None:
        """Be woken by the files that are read, and report if nothing can wake the loop."""
        self._wakeups.follow(self._files())
        if self._wakeups.degraded:
            self._messages.notify_once(self._wakeups.degraded)
