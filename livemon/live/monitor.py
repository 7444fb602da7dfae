"""The loop: wake, refresh, make a board, draw. It owns the thread, the pace and the end.

`watch()` in `watching` is for users; `Monitor` runs the loop for it, and for tests.
"""

from __future__ import annotations

import enum
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from livemon.live.drawing import Drawing
from livemon.live.following import Following, NextRun, Successors
from livemon.live.keepalive import of_this_process
from livemon.live.messages import Messages
from livemon.live.pace import LoopPace
from livemon.live.recorded_boards import MakesBoards
from livemon.live.run_end import AUDIT_SECONDS, QUICK_AUDIT_SECONDS, RunEnd
from livemon.live.screens import Screen
from livemon.live.shown_run import ShownRun, files_to_watch
from livemon.live.watch_loop import WatchLoop
from livemon.system.streams import put_message

if TYPE_CHECKING:
    from livemon.runs.experiment import ExperimentLoader
    from livemon.runs.new_runs import RunsBelow, RunsIn
    from livemon.system.wakeups import Wakeups
    from livemon.views import View

__all__ = ["Monitor", "Phase"]


class Phase(enum.Enum):
    """The phases of a watch."""

    GOES_ON = "the run on show has not ended, or not begun"
    MAY_GO_ON = "the run on show was cut off; that it goes on, here or elsewhere, is waited for"
    STAYS_OPEN = "the run on show has ended; what is logged later is shown until `stop`"
    DONE = "the watch has ended"


class Monitor(WatchLoop):
    """Runs the loop: wait for a wake-up, read what is new, make a board, draw it, until the end.

    Looks at most 20 times a second, and rests after drawing, so that drawing takes no more than half of one core.
    Without new rows a board is made once a second, for the clock in its header.

    Args:
        run: The run.
        screens: The open screens; plain views are accepted.
        maker: Makes the boards.
        wakeups: Say when to look.
        until: The end: the run is "finished" (or failed), or also "stalled".
        keep_open: Go on after the end until `stop`, and show later rows, too.
        successors: What to do if the run goes on in another folder: "ignore", "move on", or "join".
        runs: Where other runs may begin, to which to move on when this one no longer trains.
        audit: Whether to read the file again at the end, and compare it with what was shown.
        earlier: Called after each look; adds the attempts before the watched run.
        save: Saves the final plots and returns their paths; None saves none.
        clock: The time in unix seconds.
        timer: Monotonic seconds.
        cpu: CPU seconds of this process.
        notify: Prints a message for people.
        show: Prints results: the paths of the final plots.
    """

    def __init__(
        self,
        run: ExperimentLoader,
        screens: Sequence[Screen | View],
        maker: MakesBoards,
        wakeups: Wakeups | Any,
        *,
        until: Literal["finished", "stalled"] = "finished",
        keep_open: bool = False,
        successors: Successors = "ignore",
        runs: RunsBelow | RunsIn | None = None,
        audit: bool = False,
        earlier: Callable[[], object] | None = None,
        save: Callable[[], Sequence[Path]] | None = None,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.process_time,
        notify: Callable[[str], None] = put_message,
        show: Callable[[str], None] = print,
    ) -> None:
        self._run = run
        self._until = until
        self._keep_open = keep_open
        self._join_earlier = earlier
        self._phase = Phase.GOES_ON
        stopped, messages, pace = threading.Event(), Messages(notify), LoopPace(timer, cpu)
        self._shown = ShownRun(run, messages, pace, clock)
        drawing = Drawing(
            self._shown, [screen if isinstance(screen, Screen) else Screen(screen) for screen in screens], maker,
            messages, stopped, clock=clock, timer=timer)
        super().__init__(drawing, wakeups, pace, messages, stopped)
        self._attempt = self._shown.attempt
        self._following = Following(self._shown, successors, runs, self._messages, timer, waits=until == "finished")
        self._end = RunEnd(run, self._messages, audit=audit, save=save, show=show)

    @property
    def phase(self) -> Phase:
        """The present phase. Any thread may have stopped the watch."""
        return Phase.DONE if self._stopped.is_set() else self._phase

    def _is_done(self) -> bool:
        return self.phase is Phase.DONE

    @property
    def saving(self) -> bool:
        """Whether the final plots are being saved."""
        return self._end.saving

    def _files(self) -> list[Path]:
        return files_to_watch(self._run)

    def _follow_files(self) -> None:
        super()._follow_files()
        self._run.note("no events", self._wakeups.degraded or "")

    def _leave(self) -> None:
        """Report the audit, and update pictures to the last rows."""
        self._end.audit(QUICK_AUDIT_SECONDS)
        super()._leave()

    def run_once(self) -> None:
        """Look once, and draw if there is something new."""
        of_this_process.looks += 1
        try:
            self._look()
        except BrokenPipeError:  # the reader of our output has stopped: the user closed the view
            self._end.give_up_audit()
            self.stop()

    def _look(self) -> None:
        attempt = self._shown.attempt  # read before the look, so that it is not newer
        self._shown.refresh()
        if self._join_earlier is not None:
            self._join_earlier()
        if self._attempt != attempt:  # another run, or one that was resumed in its folder: its end is still to come
            self._attempt, self._phase = attempt, Phase.GOES_ON
            self._end.renew()
        is_over = self._is_over()
        ends_now = is_over and self._phase is Phase.GOES_ON
        following = self._following.search(at_once=ends_now)
        if ends_now and (following is None or self._shown.has_ended):  # else the run goes on
            self._come_to_the_end()
        if self._is_done():
            return
        if following is not None:
            self._move_on(following)
        self._drawing.draw()
        self._phase = Phase.GOES_ON if following is not None or not is_over else self._phase_after_the_end()
        if self._phase is Phase.DONE:
            self._stopped.set()

    def _is_over(self) -> bool:
        return self._run.ended or (self._until == "stalled" and self._shown.rests())

    def _come_to_the_end(self) -> None:
        """The watched run has ended: the last board and the final plots show the content of its files."""
        self._following.note_end()
        self._shown.refresh_to_the_end(self._stopped)
        self._end.audit(AUDIT_SECONDS)
        self._drawing.draw(at_any_pace=True)
        if not self._is_done():
            self._end.save_plots()

    def _move_on(self, following: NextRun) -> None:
        """Show the folder in which the run goes on, or another run."""
        if not self._following.joins(following):
            self._end.audit(QUICK_AUDIT_SECONDS)
        self._following.move_on(following)
        self._end.renew()
        self._shown.refresh()

    def _phase_after_the_end(self) -> Phase:
        if self._keep_open:
            return Phase.STAYS_OPEN
        if self._shown.attempt != self._attempt:  # it was resumed while its end was drawn
            return Phase.GOES_ON
        return Phase.MAY_GO_ON if self._following.may_go_on() else Phase.DONE
