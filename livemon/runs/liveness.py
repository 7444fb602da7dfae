"""The state of a run, judged by evidence."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livemon.curves.arrays import median_in_order
from livemon.curves.attempts import arrange
from livemon.readers.base import Facts
from livemon.runs.notes import NOTE_NAME, read_note
from livemon.states import Reason, Standing, State, standing_in_words
from livemon.system.processes import WatchedProcess
from livemon.tables.names import seconds_in
from livemon.tables.table import Column, Table
from livemon.tables.x_axis import find_axis
from livemon.wording import duration

__all__ = ["Arrivals", "Pace", "end_in", "has_living_process", "judge", "judge_with_process", "modified",
           "pause_among", "was_cut_off", "writes_lately"]

STALLED_AFTER = 10.0  # times the usual time between rows
STALLED_AT_LEAST_SECONDS = 60.0
STALLED_PART = 0.1  # of the time that a file grew, if only the mean time between its rows is known
STALLED_AT_MOST_SECONDS = 24 * 3600.0  # beyond that, such a run has more likely ended without a note
GROWN_SECONDS = 10.0  # from a file's creation to its last row: in less, it may have been copied
CLOCKS_DIFFER_BY_SECONDS = 60.0  # the usual difference between clocks of machines in one network, at most
LAST_ROWS_SECONDS = 60.0  # after the last step: time for the rows of a final validation
LATELY = 3.0  # times the usual time between rows: the longest wait for a run that may continue elsewhere
_FEW_ROWS, _MOST_ROWS = 65, 16_640  # newest rows that are examined for the usual time
_ENOUGH_STEPS = 17
_MOST_ATTEMPTS = 2  # among these rows: steps that begin again more often belong to a validation that counts by itself
_BURSTS = 100.0  # times the median gap: a gap this long separates bursts of rows that were written at once
CUT_OFF = (Reason.PREEMPTED, Reason.TIME_LIMIT, Reason.KILLED)
FINAL_MODEL = Path("checkpoints/final_model.pt")


@dataclass(frozen=True, slots=True)
class Pace:
    """The times at which rows come.

    Attributes:
        last_row_at: The time of the newest row, unix seconds; None while there is no row.
        usual_seconds: The median time between rows; None while it is unknown.
        ahead_seconds: How far in the future the newest row's own time lies, because of another clock; otherwise 0.
        is_known: Whether `last_row_at` is when the row came; False: it is when the row was first seen, perhaps long
            after that.
        was_seen: Whether livemon saw the newest row come; False: it was there at the first look.
        grew_seconds: How long the file grew from its creation to its last row; None if the usual time is known, or the
            file does not tell.
        mean_seconds: The mean time between rows in `grew_seconds`, or None.
    """

    last_row_at: float | None
    usual_seconds: float | None
    ahead_seconds: float = 0.0
    is_known: bool = True
    was_seen: bool = field(default=False, compare=False)
    grew_seconds: float | None = field(default=None, compare=False)
    mean_seconds: float | None = field(default=None, compare=False)

    def is_stalled(self, age: float) -> bool | None:
        """Whether no row has come for far longer than usual; None if the usual time is not known. `age`: the age of the
        newest row in seconds."""
        if self.usual_seconds is not None:
            return age > max(STALLED_AFTER * self.usual_seconds, STALLED_AT_LEAST_SECONDS)
        if self.mean_seconds is None or self.grew_seconds is None:
            return None
        # A mean does not show whether rows come in bursts: a pause must also be long compared to the whole run.
        longest = max(STALLED_AFTER * self.mean_seconds, STALLED_PART * self.grew_seconds, STALLED_AT_LEAST_SECONDS)
        return True if longest < age < STALLED_AT_MOST_SECONDS else None

    @property
    def usual_in_words(self) -> str:
        """How often a row comes: "usually every 10 s"; "" if that is not known."""
        if self.usual_seconds:
            return f"usually every {duration(self.usual_seconds)}"
        return f"on average every {duration(self.mean_seconds)} before" if self.mean_seconds else ""


class Arrivals:
    """Notes when rows arrive. The first look at a file only tells when it was last written."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque(maxlen=64)  # times at which steps came, and their number
        self._last: float | None = None
        self._ahead = 0.0
        self._is_known = True
        self._was_seen = False

    def note(self, steps: int, logged: float | None, written: float | None) -> None:
        """Note that rows came.

        Args:
            steps: The number of their steps, without the step of the row before them. Several rows of one step count as
                one: TensorBoard has a row for each scalar.
            logged: The newest row's own time, unix seconds, if it has one.
            written: When the source was last written, if that is known.
        """
        now = self._clock()
        self._ahead = max((logged if logged is not None else written or now) - now, 0.0)
        if self._seen:
            if steps:
                self._seen.append((now, steps))
            self._last, self._is_known, self._was_seen = now, True, True
            return
        # A time far in the future comes from another clock, and tells nothing.
        known = [min(at, now) for at in (logged, written) if at is not None and at - now <= CLOCKS_DIFFER_BY_SECONDS]
        self._is_known = bool(known) or written is None
        self._last = known[0] if known else now
        self._seen.append((self._last, 0))

    @property
    def any(self) -> bool:
        """Whether any rows have come."""
        return bool(self._seen)

    def pace(self, table: Table) -> Pace:
        """The pace according to the table's time column, or else according to the observed arrivals."""
        ahead = self._ahead if self._ahead > CLOCKS_DIFFER_BY_SECONDS else 0.0
        return Pace(self._last, _logged_interval(table) or self._seen_interval(), ahead, self._is_known, self._was_seen)

    def _seen_interval(self) -> float | None:
        seen = list(self._seen)
        gaps = [(then - before) / steps for (before, _), (then, steps) in pairwise(seen[1:])]
        return statistics.median(gaps) if len(gaps) >= 3 else None


def _logged_interval(table: Table) -> float | None:
    """The usual difference of times in the last rows; rows of one step count as one row."""
    name = find_axis("time", [table])
    column = table.numbers_of(name) if name else None
    if column is None:
        return None
    stepping = find_axis("step", [table]) or find_axis("epoch", [table])
    rows, count = _FEW_ROWS, len(column)
    while True:
        times, goes_on = _times_of_steps(table, column, stepping, count - rows)
        with np.errstate(invalid="ignore"):  # between two times that are infinite
            gaps = np.diff(times)
        gaps = gaps[np.isfinite(gaps) & (gaps > 0) & goes_on]
        if rows >= min(count, _MOST_ROWS) or (len(times) >= _ENOUGH_STEPS and pause_among(gaps) is None):
            break
        rows *= 4  # each step has many rows, or earlier rows show whether such a gap is usual
    return _usual(gaps) * seconds_in(float(times[0])) if len(gaps) >= 3 else None


def _times_of_steps(table: Table, column: Column, stepping: str | None, start: int
                    ) -> tuple[NDArray[Any], NDArray[np.bool_]]:  # fmt: skip
    """The times of the points from number `start` on, one for each step: that of its first row (for the first step,
    perhaps of a later row). Also, for each but the first, whether it belongs to the attempt of the one before it: the
    gap before a new attempt is a pause."""
    times: NDArray[Any] = column.values[max(start, 0) :]
    if stepping is None or len(times) == 0:
        return times, np.ones(max(len(times) - 1, 0), np.bool_)
    steps = table.at_rows(stepping, column.rows_from(max(start, 0)))
    if (steps[1:] > steps[:-1]).all() and np.isfinite(steps[-1]) and np.isfinite(steps[0]):  # a row for each step
        return times, np.ones(len(times) - 1, np.bool_)
    known = np.isfinite(steps)  # a row without a step belongs to the row before it
    times, steps = times[known], steps[known]
    begins = np.append(True, steps[1:] != steps[:-1])[: len(steps)]
    goes_on = np.ones(max(int(np.count_nonzero(begins)) - 1, 0), np.bool_)
    if len(attempts := arrange(steps[begins]).starts[1:]):
        earlier = table.at_rows(stepping, column.rows_from(max(len(column) - _MOST_ROWS, 0)))
        goes_on[attempts - 1] = len(arrange(earlier[np.isfinite(earlier)]).starts) - 1 > _MOST_ATTEMPTS
    return np.asarray(times[begins]), goes_on


def _usual(gaps: NDArray[Any]) -> float:
    """The median gap; if rows come in bursts, the gap between bursts. That is the gap at which half of the total time
    is reached in order of size, if it is far longer than the median, and not a pause."""
    ordered = np.sort(gaps)
    median = median_in_order(ordered)
    if ordered[-1] <= _BURSTS * median:  # as in most logs
        return median
    between = float(ordered[np.searchsorted(np.cumsum(ordered), ordered.sum() / 2)])
    return between if between > _BURSTS * median and pause_among(gaps) is None else median


def pause_among(gaps: NDArray[Any]) -> int | None:
    """The index of a gap that is longer than all others together, far longer than the median, and the only one of its
    size: the machine was suspended, or the job waited. None if there is no such gap."""
    longest = int(np.argmax(gaps)) if len(gaps) > 2 else 0
    if len(gaps) < 3 or not gaps[longest] > float(gaps.sum()) / 2:
        return None
    if not gaps[longest] > _BURSTS * median_in_order(np.sort(gaps)):
        return None
    return longest if np.count_nonzero(gaps > gaps[longest] / 2) == 1 else None


def modified(path: Path | None) -> float | None:
    """When a file was last written, unix seconds; None if that is not known."""
    try:
        return path.stat().st_mtime if path else None
    except OSError:
        return None


def judge(
    folder: Path, facts: Sequence[Facts], written: float | None, n_rows: int, pace: Pace, now: float, at_end: str = "",
    names: Collection[str] | None = None,
) -> Standing:
    """Judge the state of a run.

    Args:
        folder: The run's folder.
        facts: The facts in its sources.
        written: When its metrics were last written, unix seconds; None if that is not known.
        n_rows: The number of rows that were read.
        pace: The pace of its rows.
        now: Unix seconds.
        at_end: The evidence that the last row is the last planned row, or "".
        names: The names of everything in the folder, if they are known.
    """
    note = read_note(folder, names)
    if note.state is not None and note.state.has_ended:
        return Standing(note.state, note.reason, note.evidence or f"{NOTE_NAME} says so")
    if note.state == State.RUNNING:
        if note.may_run and n_rows == 0:
            return Standing(State.WAITING, None, "no row yet; its process is alive")
        if note.may_run:
            return Standing(State.RUNNING, None, "its process is alive")
        process = "its process" if note.pid is None else f"its process {note.pid}"
        return Standing(State.FAILED, Reason.KILLED, f"{process} is gone, and never reported that it finished")
    for source_facts in facts:
        if (end := end_in(source_facts)) is not None:
            return end
    if (names is None or FINAL_MODEL.parts[0] in names) and _final_model_written(folder, written):
        return Standing(State.FINISHED, None, f"{FINAL_MODEL} was written after the last row")
    if n_rows == 0:
        return Standing(State.WAITING, None, "no row yet")
    if at_end and not (pace.was_seen and now - (pace.last_row_at or now) < LAST_ROWS_SECONDS):
        return Standing(State.FINISHED, None, at_end)
    return _judge_by_pace(pace, now)


def end_in(facts: Facts) -> Standing | None:
    """How a run ended according to one of its sources; None if that source records no end. "Running" is not evidence:
    it stays in the file for ever if the framework was killed."""
    end = standing_in_words(facts.state or "", facts.reason, facts.evidence)
    return end if end is not None and end.state.has_ended else None


def judge_with_process(standing: Standing, process: WatchedProcess | None, closing: str = "") -> Standing:
    """Judge again with the training's process. An end that the run itself records takes precedence.

    Args:
        standing: The state without the process.
        process: The training's process, if it is known.
        closing: The checkpoint that includes all logged steps, or "".
    """
    if process is None or standing.state.has_ended:
        return standing
    if not process.alive and closing:
        return Standing(State.FINISHED, None, f"process {process.number} has ended after it wrote {closing}")
    if not process.alive:
        return Standing(State.UNKNOWN, None, f"process {process.number} has ended; it is not known how")
    if standing.state in (State.WAITING, State.STALLED):
        return standing._replace(evidence=f"{standing.evidence}; process {process.number} runs")
    return Standing(State.RUNNING, None, f"process {process.number} runs")


def has_living_process(folder: Path) -> bool:
    """Whether the process that trains into a folder is known to run on this machine."""
    note = read_note(folder)
    return note.state == State.RUNNING and note.process is not None


def was_cut_off(folder: Path) -> bool:
    """Whether a run ended too early: its process was killed, or it says that a scheduler ended it."""
    note = read_note(folder)
    return note.reason in CUT_OFF or (note.state == State.RUNNING and not note.may_run)


def writes_lately(pace: Pace, now: float) -> bool:
    """Whether the last row is recent enough that another may still come. `now`: unix seconds."""
    if pace.last_row_at is None:
        return False
    return now - pace.last_row_at < max(LATELY * (pace.usual_seconds or 0.0), STALLED_AT_LEAST_SECONDS)


def _judge_by_pace(pace: Pace, now: float) -> Standing:
    state, evidence = _judge_by_age(pace, now)
    if pace.ahead_seconds:
        evidence += f"; the clock that wrote the last row was {duration(pace.ahead_seconds)} ahead"
    return Standing(state, None, evidence)


def _judge_by_age(pace: Pace, now: float) -> tuple[State, str]:
    age = max(now - (pace.last_row_at or now), 0.0)
    if not pace.is_known and age < max(STALLED_AFTER * (pace.usual_seconds or 0.0), STALLED_AT_LEAST_SECONDS):
        return State.UNKNOWN, "no row has come since livemon first looked, and the time of the last one is unknown"
    if pace.is_stalled(age):
        return State.STALLED, f"no new row for {duration(age)}, {pace.usual_in_words}"
    if pace.usual_seconds is None:
        if age < STALLED_AT_LEAST_SECONDS:
            return State.RUNNING, f"a row came {duration(age)} ago"
        return State.UNKNOWN, f"no new row for {duration(age)}; the usual time between rows is unknown"
    return State.RUNNING, f"a row came {duration(age)} ago, usually every {duration(pace.usual_seconds)}"


def _final_model_written(folder: Path, last_row: float | None) -> bool:
    written = modified(folder / FINAL_MODEL)
    return written is not None and (last_row is None or written >= last_row - 2.0)
