"""Several watched runs as read at the last look, and the loop that follows them together."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from livemon.live.drawing import Drawing
from livemon.live.errors import describe_error
from livemon.live.keepalive import of_this_process
from livemon.live.messages import Messages
from livemon.live.pace import LoopPace, SearchPace
from livemon.live.recorded_boards import MakesBoards
from livemon.live.run_end import PlotsAtEnd
from livemon.live.screens import Screen
from livemon.live.shown_run import files_to_watch, rests
from livemon.live.watch_loop import WatchLoop
from livemon.states import State
from livemon.system.path_rules import is_pattern
from livemon.system.streams import put_message

if TYPE_CHECKING:
    from livemon.boards.lens.value import Lens
    from livemon.runs.experiment import ExperimentLoader
    from livemon.runs.watched_runs import WatchedRuns
    from livemon.system.wakeups import Wakeups

__all__ = ["ShownRuns", "SeveralMonitor"]

# Most of sixty runs have nothing new at a look: these are checked less often, so that the one with news costs no more
# than alone. The state of a run needs a look at its notes.
_QUIET_SECONDS = 0.25
_MOST_QUIET_SECONDS = 1.0
_STATE_SECONDS = 1.0


class ShownRuns:
    """Several runs as read at the last look; the source of the boards of a `RunsMaker`.

    Args:
        watched: The runs.
        messages: Receives messages.
        pace: Measures the cost of reading.
        words: The names given by the user, for the name of the picture.
        timer, clock: Monotonic seconds; the time in unix seconds.

    Attributes:
        label, own_path, exp_dir, metrics_path: Their common name and folder; no file holds all of them.
        problem: Why a run could not be read at the last look, in words, or "".
    """

    def __init__(self, watched: WatchedRuns, messages: Messages, pace: LoopPace, words: Sequence[str] = (),
                 timer: Callable[[], float] = time.monotonic, clock: Callable[[], float] = time.time) -> None:
        self.problem = ""
        self._clock = clock
        self.exp_dir = self.own_path = _folder_of(words)
        self.metrics_path: Path | None = None
        self.label = f"{self.own_path.name or 'all'} together"
        self._watched = watched
        self._messages = messages
        self._pace = pace
        self._search_pace = SearchPace(timer)
        self._timer = timer
        self._states: dict[str, State] = {}
        self._new_at: dict[str, float] = {}  # the time of a run's last news
        self._looked_at: dict[str, tuple[float, float]] = {}  # when a run was last read, and asked for its state

    def given(self) -> list[str]:
        """The names of all runs."""
        return list(self._watched.runs)

    def runs(self, lens: Lens) -> Mapping[str, ExperimentLoader]:
        """All runs by name."""
        return dict(self._watched.runs)

    @property
    def files(self) -> list[Path]:
        """The files that change while they train."""
        return [path for run in list(self._watched.runs.values()) for path in files_to_watch(run)]

    @property
    def last_row_at(self) -> float | None:
        """The time of the newest row of all, in unix seconds; None if unknown."""
        return max((last for run in self._watched.runs.values() if (last := run.pace.last_row_at) is not None),
                   default=None)

    @property
    def version(self) -> object:
        """A value that stays the same while there is nothing new to see."""
        return tuple((name, run.rows_version, self._states.get(name)) for name, run in self._watched.runs.items()
                     ), self.problem

    def refresh(self) -> None:
        """Look for new runs, and read what is new in each; the next look retries one that cannot be read."""
        if self._search_pace.is_due():
            with self._search_pace.searching():
                new = self._watched.search()
            if self._states:
                for name in new:
                    self._messages.notify_once(f"{name} has begun, and is shown too")
        problem, now = "", self._timer()
        with self._pace.reading():
            for name, run in self._watched.runs.items():
                read_at, asked_at = self._looked_at.get(name, (-math.inf, -math.inf))
                if now - read_at < self._rest_of(name, read_at):
                    continue
                try:
                    has_new = run.refresh() > 0
                    if has_new:
                        self._new_at[name] = now
                    if has_new or now - asked_at >= _STATE_SECONDS:
                        self._states[name], asked_at = State(run.state), now
                    self._looked_at[name] = now, asked_at
                except Exception as error:
                    problem = f"cannot read {name}: {describe_error(error)}"
                    self._messages.notify_once(f"{problem}; trying again")
        self.problem = problem

    def _rest_of(self, name: str, read_at: float) -> float:
        """How long to leave a run alone: the longer it has had nothing new, the longer."""
        quiet = read_at - self._new_at.get(name, -math.inf)
        return 0.0 if quiet <= 0 else min(max(quiet / 10, _QUIET_SECONDS), _MOST_QUIET_SECONDS)

    @property
    def standings(self) -> object:
        """A value that stays the same while no run's state changes."""
        return tuple(self._states.items())

    @property
    def are_over(self) -> bool:
        """Whether all runs have ended, in any way."""
        return bool(self._states) and all(state.has_ended for state in self._states.values())

    @property
    def are_all_read(self) -> bool:
        """Always True: each run is read at each look."""
        return True

    @property
    def rest(self) -> bool:
        """Whether each run has ended, or rests like `ShownRun.rests`."""
        now, runs = self._clock(), self._watched.runs
        return bool(self._states) and all(
            state.has_ended or (name in runs and rests(runs[name], state, now)) for name, state in self._states.items())

    @property
    def have_failed(self) -> bool:
        """Whether any run failed."""
        return State.FAILED in self._states.values()


def _folder_of(words: Sequence[str]) -> Path:
    """The folder that contains everything the arguments name."""
    whole = [os.path.abspath(os.path.expanduser(word)) for word in words] or [os.path.abspath(".")]
    parents = [os.path.dirname(path) if is_pattern(path) or len(whole) > 1 else path for path in whole]
    while any(map(is_pattern, parents)):
        parents = [os.path.dirname(path) if is_pattern(path) else path for path in parents]
    try:
        return Path(os.path.realpath(os.path.commonpath(parents)))
    except ValueError:  # on two drives
        return Path(os.path.realpath(parents[0]))


class SeveralMonitor(WatchLoop):
    """Runs the loop for several runs: wait for a wake-up, read what is new, make a board, draw it, until all have
    ended.

    Args:
        shown: The runs.
        screens: The open screens.
        maker: Makes the boards.
        wakeups: Say when to look.
        pace: The pace of the loop.
        are_read: Whether the runs were read a moment ago: then they are drawn before anybody looks again.
        until: The end: all runs are "finished" (or failed), or also "stalled".
        keep_open: Go on after the end until `stop`.
        save: Saves the final plots and returns their paths; None saves none.
        messages, show: Print messages for people, and the paths of the final plots.
        clock, timer: The time in unix seconds; monotonic seconds.
    """

    def __init__(
        self, shown: ShownRuns, screens: Sequence[Screen], maker: MakesBoards, wakeups: Wakeups | Any, pace: LoopPace,
        *, are_read: bool = False, until: Literal["finished", "stalled"] = "finished", keep_open: bool = False,
        save: Callable[[], Sequence[Path]] | None = None, messages: Messages | None = None,
        show: Callable[[str], None] = print, clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        messages, stopped = messages or Messages(put_message), threading.Event()
        drawing = Drawing(shown, screens, maker, messages, stopped, clock=clock, timer=timer)
        super().__init__(drawing, wakeups, pace, messages, stopped)
        self._shown = shown
        self._are_read = are_read
        self._until = until
        self._keep_open = keep_open
        self._plots = PlotsAtEnd(save, messages, show)
        self._has_ended = False

    @property
    def saving(self) -> bool:
        """Whether the final plots are being saved."""
        return self._plots.saving

    def _files(self) -> Sequence[Path]:
        return self._shown.files

    def run_once(self) -> None:
        """Look once, and draw if there is something new."""
        of_this_process.looks += 1
        try:
            self._look()
        except BrokenPipeError:  # the reader of our output has stopped: the user closed the view
            self.stop()

    def _look(self) -> None:
        if not self._are_read:
            self._shown.refresh()
        self._are_read = False
        is_over = self._shown.are_over or (self._until == "stalled" and self._shown.rest)
        if is_over and not self._has_ended:
            self._has_ended = True
            self._drawing.draw(at_any_pace=True)
            if not self._stopped.is_set():
                self._plots.save()
        else:
            self._has_ended = is_over
            self._drawing.draw()
        if is_over and not self._keep_open:
            self._stopped.set()
