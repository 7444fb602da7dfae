"""The watched run as read at the last look: its rows, its state, and why it could not be read."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from livemon.live.errors import describe_error
from livemon.live.messages import Messages
from livemon.live.pace import LoopPace
from livemon.runs.liveness import STALLED_AFTER, STALLED_AT_LEAST_SECONDS
from livemon.runs.notes import read_note
from livemon.states import State

if TYPE_CHECKING:
    from livemon.runs.experiment import ExperimentLoader

__all__ = ["ShownRun", "files_to_watch", "notes_on", "rests"]

# A file that is being rewritten at the run's end is checked this often, for 6 s in all: a reader takes a rewritten file
# for complete after 5 s of quiet.
LAST_LOOKS = 60
LAST_LOOK_SECONDS = 0.1
SILENT_AT_LEAST_SECONDS = 5.0  # rows that come ten times a second may pause for a validation or a checkpoint
RESTS_SECONDS = 600.0  # if the usual time between rows is unknown: longer than most epochs that write one row each


class ShownRun:
    """The watched run as read at the last look.

    Args:
        run: It may move on to another folder.
        messages: Receives messages.
        pace: Measures the cost of reading.
        clock: The time in unix seconds.

    Attributes:
        run: The run.
        state: The state at the last look that could read the run, or None.
        problem: Why the last look could not read the run, in words, or "".
    """

    def __init__(
        self, run: ExperimentLoader, messages: Messages, pace: LoopPace, clock: Callable[[], float]
    ) -> None:
        self.run = run
        self.state: State | None = None
        self.problem = ""
        self._messages = messages
        self._pace = pace
        self._clock = clock

    @property
    def has_ended(self) -> bool:
        """Whether the run has ended, in any way."""
        return self.state is not None and self.state.has_ended

    @property
    def attempt(self) -> object:
        """A value that stays the same while the run is the same, and was not resumed in its folder."""
        note = read_note(self.run.exp_dir)
        return self.run.moves, note.pid, note.started

    @property
    def last_row_at(self) -> float | None:
        """The time of the newest row, in unix seconds; None if unknown."""
        last: float | None = self.run.pace.last_row_at
        return last

    @property
    def version(self) -> object:
        """A value that stays the same while there is nothing new to see."""
        return self.run.rows_version, self.state, self.problem

    def refresh(self) -> None:
        """Read what is new. An error is shown, and the next look tries again."""
        with self._pace.reading():
            try:
                self._read()
            except Exception as error:
                self.problem = f"cannot read: {describe_error(error)}"
                self._messages.notify_once(f"{self.problem}; trying again")
        if self.state == State.WAITING:
            run = self.run
            what = f"rows in {run.metrics_path}" if run.metrics_path else f"metrics in {run.exp_dir}"
            why = run.why_no_rows
            reason = f": {why}" if why else " yet"
            self._messages.notify_once(f"no {what}{reason}; waiting for the first row, Ctrl-C ends")

    def _read(self) -> None:
        self.run.refresh()
        self.state = State(self.run.state)
        self.problem = ""
        for text in notes_on(self.run):
            self._messages.notify_once(text)

    def refresh_to_the_end(self, stopped: threading.Event) -> None:
        """Read what came between the last look and the end, and wait for a file that is still being rewritten."""
        self.refresh()
        for _ in range(LAST_LOOKS):
            if not self.run.rewriting or stopped.wait(LAST_LOOK_SECONDS):
                break
            self.refresh()

    def is_silent(self) -> bool:
        """Whether no row has come for so long that another run that is being written is more interesting."""
        pace = self.run.pace
        if pace.last_row_at is None or pace.usual_seconds is None:
            return False
        return self._clock() - pace.last_row_at > max(STALLED_AFTER * pace.usual_seconds, SILENT_AT_LEAST_SECONDS)

    def trains(self) -> bool:
        """Whether the run is running, and rows come."""
        return self.state == State.RUNNING and not self.is_silent()

    def rests(self) -> bool:
        """Whether no row has come for longer than usual, or for RESTS_SECONDS if the usual time is not known."""
        return rests(self.run, self.state, self._clock())


def rests(run: ExperimentLoader, state: State | None, now: float) -> bool:
    """Whether no row of a run in this state has come for longer than usual, or for RESTS_SECONDS if the usual time is
    unknown."""
    if state == State.STALLED:
        return True
    pace = run.pace
    if state != State.UNKNOWN or pace.last_row_at is None:
        return False
    usual = pace.usual_seconds
    longest = RESTS_SECONDS if usual is None else max(STALLED_AFTER * usual, STALLED_AT_LEAST_SECONDS)
    return now - pace.last_row_at > longest


def notes_on(run: ExperimentLoader) -> list[str]:
    """Notes that users need to read a run's numbers correctly."""
    messages = (anomaly.message for anomaly in run.anomalies if anomaly.kind in ("note", "another run"))
    return [*filter(None, [run.choice]), *messages]


def files_to_watch(run: ExperimentLoader) -> list[Path]:
    """The metrics, and the run's folder, which contains its state."""
    return [*run.files, run.exp_dir]
