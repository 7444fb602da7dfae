"""The run to show next: the folder in which the run goes on, or another run below the watched folder."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from livemon.live.messages import Messages
from livemon.live.pace import SearchPace
from livemon.live.shown_run import ShownRun
from livemon.runs.continuation import joined_in_words
from livemon.runs.liveness import was_cut_off
from livemon.runs.run_name import long_names
from livemon.states import State
from livemon.system.path_rules import same_path

if TYPE_CHECKING:
    from livemon.runs.new_runs import RunsBelow, RunsIn

__all__ = ["Following", "NextRun", "OtherRuns", "Successors"]

Successors = Literal["ignore", "move on", "join"]

GOES_ON_SECONDS = 600.0  # between the end of a job and its first row elsewhere: a queue gives it a machine by then
_VERBS: dict[str, str] = {State.FAILED: "has", State.FINISHED: "has", State.STOPPED: "was"}  # other states: "is"
WRITTEN_LATELY_SECONDS = 60.0  # another run that was written to a minute ago is taken to train


@dataclass(frozen=True, slots=True)
class NextRun:
    """The run to show next.

    Attributes:
        path: Its folder or metrics file.
        is_same_run: Whether the watched run goes on there; False: it is another run.
    """

    path: Path
    is_same_run: bool


class OtherRuns:
    """The other runs below the watched folder or in the watched database.

    Args:
        runs: Finds them.
        shown: The watched run.
        messages: Receives the message that another run has begun.
        timer: Monotonic seconds.
    """

    def __init__(
        self, runs: RunsBelow | RunsIn, shown: ShownRun, messages: Messages, timer: Callable[[], float]
    ) -> None:
        self._runs: RunsBelow | RunsIn | None = runs
        self._shown = shown
        self._messages = messages
        self._timer = timer
        self._has_looked = False
        self.forget()

    def forget(self) -> None:
        """Another run is watched now: only runs that begin or are written to from now on count."""
        self._newest: Path | None = None  # the run that began last
        self._written: Path | None = None  # an older run that was written to last
        self._written_at = -math.inf

    def look(self) -> Path | None:
        """The run to show instead of the present one; None as long as the present one trains."""
        shown = self._shown
        if self._runs is None or shown.run.metrics_path is None:  # it searches for its metrics below its folder, too
            return None
        if same_path(shown.run.exp_dir, self._runs.base):
            self._runs = None  # the folder was empty, and has become a run itself
            return None
        self._note_changes(self._runs)
        if shown.state == State.WAITING or shown.trains():
            return None
        is_written = self._timer() - self._written_at < WRITTEN_LATELY_SECONDS
        return self._newest or (self._written if is_written else None)

    def _note_changes(self, runs: RunsBelow | RunsIn) -> None:
        """Note which runs have begun or were written to since the last look. At the first look all are new."""
        run, changes = self._shown.run, runs.look()
        if not self._has_looked:
            self._has_looked = True
            return
        shown = {os.path.realpath(path) for path in (*run.files, *filter(None, [run.metrics_path]))}
        for metrics in changes.new:
            if os.path.realpath(metrics) not in shown:
                self._newest = metrics
                if self._shown.trains():
                    self._messages.notify_once(
                        f"another run has begun: {metrics}; it is shown when this one no longer trains")
        for metrics in changes.written:
            if os.path.realpath(metrics) not in shown:
                self._written, self._written_at = metrics, self._timer()


class Following:
    """Finds the run to show next, and moves on to it.

    Args:
        shown: The watched run.
        successors: What to do if the run goes on in another folder: "ignore", "move on", or "join".
        runs: Where other runs may begin, to which to move on when this one no longer trains.
        waits: Whether to wait for a run that was cut off to go on in another folder.
        messages: Receives messages.
        timer: Monotonic seconds.
    """

    def __init__(
        self,
        shown: ShownRun,
        successors: Successors,
        runs: RunsBelow | RunsIn | None,
        messages: Messages,
        timer: Callable[[], float],
        *,
        waits: bool,
    ) -> None:
        self._shown = shown
        self._successors = successors
        self._others = None if runs is None else OtherRuns(runs, shown, messages, timer)
        self._messages = messages
        self._timer = timer
        self._pace = SearchPace(timer)
        self._waits = waits and successors != "ignore"
        self._ended_at = math.inf

    def search(self, *, at_once: bool) -> NextRun | None:
        """The run to show instead of the present one: where it goes on, else another run. `at_once`: ignore the cost of
        the last search."""
        if self._successors == "ignore" or not (at_once or self._pace.is_due()):
            return None
        with self._pace.searching():
            successors = self._shown.run.successors() if self._shown.state != State.FINISHED else []
            other = self._others.look() if self._others is not None else None
        if len(successors) > 1:
            where = " or in ".join(map(str, successors))
            self._messages.notify_once(
                f"{self._shown.run.label} may go on in {where}, livemon cannot tell in which; watch either")
        if len(successors) == 1:
            return NextRun(successors[0], is_same_run=True)
        return None if other is None else NextRun(other, is_same_run=False)

    def joins(self, following: NextRun) -> bool:
        """Whether the present run stays visible beside its continuation."""
        return self._successors == "join" and following.is_same_run

    def move_on(self, following: NextRun) -> None:
        """Show it from now on, with a message."""
        run, joined, before = self._shown.run, self.joins(following), self._shown.run.label
        left = run.exp_dir
        state: str = self._shown.state or State.RUNNING
        state = "silent" if state == State.RUNNING else state
        run.move_on(following.path, join=joined)
        if self._others is not None:
            self._others.forget()
        if joined:
            self._messages.notify(joined_in_words(run.exp_dirs))
        elif following.is_same_run:
            self._messages.notify(
                f"{before} goes on in {following.path}; it is shown from here on, --join shows both as one run")
        else:
            if before == run.label and left != run.exp_dir:  # two runs of the same name are told apart
                before, _ = long_names([left, run.exp_dir])
            verb = _VERBS.get(state or "", "is")
            self._messages.notify(f"{before} {verb} {state}; {run.exp_dir} has new rows and is shown from here on")

    def note_end(self) -> None:
        """The watched run has just ended."""
        self._ended_at = self._timer()

    def may_go_on(self) -> bool:
        """Whether the watched run, which has ended, was cut off and may soon go on in another folder."""
        run = self._shown.run
        if not self._waits or not was_cut_off(run.exp_dir):
            return False
        minutes = round(GOES_ON_SECONDS / 60)
        self._messages.notify_once(f"{run.label} was cut off ({run.state_evidence}); waiting {minutes} minutes for it "
                                "to go on elsewhere; Ctrl-C ends")
        return self._timer() - self._ended_at < GOES_ON_SECONDS
