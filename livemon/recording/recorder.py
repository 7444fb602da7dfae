"""The recorder: `{name: value}` -> a row of `logs/metrics.csv`.

`log()` reads the values and puts them on a queue; a daemon thread turns the queue into text and writes it twice a
second, so that no step of the training waits for a disk. The file is complete at every moment: rows are appended with
one write of whole lines, and for a new column a temporary file in the same folder replaces the file. A number that is
still on a GPU is copied from there without waiting, and read by that thread.

Nothing here raises into the training. If rows come faster than the CPU can write them, `log()` gives the thread a
moment of CPU time, and no row is lost. If the disk refuses rows or does not answer, they wait in memory; if too many
wait, further rows are dropped and counted.

`LIVEMON_STRICT=1` raises the errors that are otherwise swallowed (and `log()` then writes each row at once);
`LIVEMON_DISABLED=1` turns recording off.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Protocol

from livemon.recording.ends import standing_after
from livemon.recording.losses import Losses
from livemon.recording.metrics_file import PLAIN
from livemon.recording.problems import Problems, kind_and_message
from livemon.recording.progress import DISK, Progress
from livemon.recording.row_writer import BATCH, DiskState, RowWriter, WaitingRows
from livemon.recording.rows import ValueReader, read_step
from livemon.recording.run_folder import RecordedFolder
from livemon.recording.writing_thread import WritingThread
from livemon.runs.notes import RunNotes
from livemon.states import Standing, State, standing_in_words
from livemon.system.environment import is_disabled, is_strict
from livemon.system.processes import after_fork

__all__ = ["Metric", "Recorder", "record"]

FLUSH_SECONDS = 0.5
CLOSE_SECONDS = 2.0  # the longest that the end of a training waits for a disk that does not answer
MAX_WAITING = 50_000  # rows kept in memory while the disk takes none
HANG_SECONDS = 0.5  # the longest that a burst of rows waits, once, for a disk that does not answer
UNREADABLE = "they could not be read"  # a reason for lost rows

_process = os.getpid()  # kept up to date at a fork, so that log() needs no system call


def _after_fork() -> None:
    global _process
    _process = os.getpid()


after_fork(_after_fork)


class _HasItem(Protocol):
    """A NumPy scalar, a 0-d array or a tensor."""

    def item(self) -> Any: ...


Metric = float | str | _HasItem | None


def record(
    dir: str | os.PathLike[str],
    config: Any = None,
    total_steps: int | None = None,
    *,
    total_epochs: int | None = None,
    framework: str = "",
    facts: Mapping[str, Any] | None = None,
    after_end: bool = False,
) -> Recorder:
    """Record a training into a run folder; use it as a context manager.

        with record("runs/exp1", config={"learning_rate": 1e-3}, total_steps=1000) as log:
            for step in range(1000):
                log({"train_loss": loss}, step=step)

    Leaving the block normally marks the run as finished; an exception marks it as failed, with the reason, and is
    raised again. If the folder already holds a run, rows are appended to it and nothing is deleted. If another process
    is recording into the folder, a warning says so, and the run gets a new folder beside it, `exp1-2`. The same happens
    if `logs/metrics.csv` is not a file that the recorder writes (semicolons, UTF-16, gzip, a last row without a line
    end ...): that file is left as it is.

    Args:
        dir: The run folder; it is created if it does not exist.
        config: The settings to keep with the run: a mapping, a dataclass or a namespace.
        total_steps: The number of steps of the training, if it is known; the view estimates the end from it.
        total_epochs: The number of epochs, if it is known.
        framework: The framework, e.g. "lightning"; `config.json` is then left to it.
        facts: Further facts for `livemon.json`.
        after_end: Whether the run has ended and only gets further rows, such as those of a test: its `livemon.json`
            stays as it is.

    Never raises because of files: a problem is one warning of the logger "livemon" (see the module for the two
    environment variables).
    """
    return Recorder(
        dir, config, total_steps, total_epochs=total_epochs, framework=framework, facts=facts, after_end=after_end
    )


class RecorderState(Enum):
    """Whether a recorder takes rows, and how it refuses them."""

    RECORDING = "rows are taken"
    CLOSED = "the end is noted; rows are refused silently"
    DISABLED = "LIVEMON_DISABLED is set; rows are refused silently"
    COPY = "another process has the original, or it was copied; rows are refused with one warning"


class Recorder:
    """A run that is being recorded; call it to add a row. Made by `record`.

    A copy of it (in a forked or spawned process, from pickle or deepcopy) records nothing: only one process writes a
    run.

    Attributes:
        dropped: The number of rows that could not be recorded.
        notes: The content of `livemon.json`; `note(total_steps=...)` changes it.
    """

    def __init__(
        self,
        dir: str | os.PathLike[str],
        config: Any = None,
        total_steps: int | None = None,
        *,
        total_epochs: int | None = None,
        framework: str = "",
        facts: Mapping[str, Any] | None = None,
        after_end: bool = False,
    ) -> None:
        folder = Path(dir).absolute()  # the script may change its folder
        self.notes = RunNotes(
            folder,
            config={},
            total_steps=total_steps,
            total_epochs=total_epochs,
            framework=framework,
        )
        self.notes.put(**(facts or {}))
        self._problems = Problems()
        self._folder = RecordedFolder(folder, self.notes, self._problems, after_end)
        self._pid = -1  # the process that records; -1: no process does
        self._rows = WaitingRows()
        self._values = ValueReader(self._problems)
        self._next_step: float = 0
        self._progress = Progress()
        self._hung_at = -1  # the thread's beat at which it was seen to hang
        self._writer = RowWriter(self._problems, self._progress)
        self._lock = threading.Lock()  # around the writer and the folder; no thread of the training waits for it
        self._thread: WritingThread | None = None  # None: log() writes by itself
        self._last_flush = 0.0
        self._losses = Losses()
        self._refusal = ""  # why the disk took no rows the last time
        self._end = Standing(State.FINISHED)
        self._state = RecorderState.DISABLED if is_disabled() else RecorderState.RECORDING
        if self._state is RecorderState.RECORDING:
            self._begin(config)

    def _begin(self, config: Any) -> None:
        self._pid = _process
        self._folder.keep_config(config)
        try:
            self._open()
        except Exception as error:
            self._cannot_write(error)
        if not is_strict():
            self._start_thread()
        atexit.register(self._at_exit)

    @property
    def dropped(self) -> int:
        """The number of rows that could not be recorded."""
        return self._losses.count

    @property
    def dir(self) -> Path:
        """The run folder; not the requested one if another process was recording there."""
        return self._folder.path

    @property
    def metrics_path(self) -> Path:
        """`dir/logs/metrics.csv`."""
        return self._folder.metrics_path

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close(*standing_after(error))

    def __call__(self, metrics: Mapping[str, Metric], step: int | None = None) -> None:
        """Add a row.

        Args:
            metrics: Name -> value: floats, ints, bools (1 and 0), NumPy scalars, 0-d arrays and tensors. Values are
                read now, so that a total that is later updated in place keeps its present value. Texts stay texts;
                None leaves the cell blank. A tensor on a GPU is copied with its present value, without waiting.
            step: The row's step. None: the metric "step" if there is one, else one more than the last step.
        """
        try:
            row = dict(metrics)
        except Exception as error:
            self._row_failed(error)
        else:
            self.take(row, step)

    def take(self, row: dict[str, Any], step: int | None = None) -> None:
        """Add a row without copying it; this changes the row."""
        if self._pid != _process:
            self._refuse_row()
            return
        try:
            if not row or (len(self._rows) >= BATCH and not self._has_room()):
                return
            for value in row.values():
                if type(value) not in PLAIN:
                    self._values.read_row(row)
                    break
            if type(step) is not int:
                step = read_step(row, step, self._next_step)
            row["step"] = step
            self._rows.append((row, monotonic()))
            self._next_step = step + 1
            if self._thread is None:
                self._flush_at_times()
        except Exception as error:
            self._row_failed(error)

    def _refuse_row(self) -> None:
        if self._state is RecorderState.RECORDING:  # its process was forked
            self._state = RecorderState.COPY
        if self._state is RecorderState.COPY:
            message = f"this process has a copy of the record of {self.dir}; only the first records"
            self._problems.report("copy", message)

    def flush(self) -> None:
        """Write the waiting rows now. Waits at most 2 s for a disk that does not answer."""
        if self._pid != _process:
            return
        if self._thread is not None and self._thread.is_alive():
            self._thread.work_now(CLOSE_SECONDS)
        elif self._lock.acquire(timeout=CLOSE_SECONDS):
            try:
                self._write()
            finally:
                self._lock.release()

    def note(self, **values: Any) -> None:
        """Store further facts about the run in `livemon.json`. They are written soon; nothing waits for that."""
        if self._pid != _process:
            return
        self._folder.note(values)
        if self._thread is None:
            self._folder.write_notes()

    def close(self, state: str = "finished", reason: str | None = None, evidence: str = "") -> None:
        """Write the waiting rows and mark the end of the run. Waits at most 2 s for the disk. A second call does
        nothing.

        Args:
            state: "finished", "stopped" or "failed".
            reason: The reason: a `states.Reason`, or free words, which are then the evidence.
            evidence: The evidence, in words.
        """
        if self._pid != _process or self._state is not RecorderState.RECORDING:
            return
        self._state, self._end = RecorderState.CLOSED, (
            standing_in_words(state, reason, evidence) or Standing(State.UNKNOWN, None, reason or state))
        self._pid = -1  # from here on, rows from other threads are refused
        self._wait_for_the_end()
        atexit.unregister(self._at_exit)
        self._folder.release()

    def _wait_for_the_end(self) -> None:
        thread = self._thread
        if thread is None or not thread.is_alive():
            self._finish()
        elif not thread.end(CLOSE_SECONDS):
            self._give_up()
        else:  # another thread may have logged a row while this one closed
            self._losses.add(self._writer.drop(self._rows), "they came after the end")

    def _give_up(self) -> None:
        """Give up on a hanging thread: the rows that it has not written count as lost until it writes them."""
        rows = len(self._rows) + self._writer.unwritten
        why = f"{self._hanging} does not answer"
        self._losses.expect(rows, why)
        lost = f"; {self.dropped:,} rows could not be recorded ({self._losses})" if self.dropped else ""
        self._problems.report("slow", f"{self.dir}: the end could not be written: {why}{lost}")

    def _at_exit(self) -> None:
        """Close the record if nobody did before the process ends; after a traceback on the screen, the run failed."""
        if self._state is RecorderState.CLOSED and self._thread is not None:  # Ctrl-C came while we waited for its end
            self._thread.end(CLOSE_SECONDS)
            return
        error = getattr(sys, "last_value", None)
        if error is None:
            self.close("finished", evidence="the process ended")
        else:
            self.close(*standing_after(error))

    # -- rows that come faster than they are written ------------------------------------------------------------------

    def _flush_at_times(self) -> None:
        """Write in this thread when it is time, because there is no writing thread."""
        is_full = len(self._rows) >= BATCH and self._writer.state is DiskState.WRITING
        if is_full or is_strict() or monotonic() - self._last_flush > FLUSH_SECONDS:
            self.flush()

    def _has_room(self) -> bool:
        """Whether another row can wait. Otherwise it counts as lost."""
        if self._thread is not None and not self._may_wait():
            if not self._thread.is_alive():  # an error has ended it: log() writes from now on
                self._thread = None
            elif not self._thread.yield_cpu_until(self._may_wait, HANG_SECONDS):
                self._hung_at = self._progress.beats
        if len(self._rows) < MAX_WAITING:
            return True
        reason = self._refusal if self._writer.state is not DiskState.WRITING else f"{self._hanging} does not answer"
        self._losses.add(1, reason)
        message = f"{self.dir}: {MAX_WAITING:,} rows wait in memory, and further ones are dropped: {reason}"
        self._problems.report("full", message)
        return False

    @property
    def _hanging(self) -> str:
        """The part that does not answer, for messages."""
        return self._progress.waits_for or "the thread that writes"

    def _may_wait(self) -> bool:
        """Whether the thread needs no help: it makes progress and few rows wait for it, or it waits for a disk."""
        if self._writer.state is not DiskState.WRITING or self._hung_at == self._progress.beats:
            return True
        waiting = len(self._rows)
        return waiting < MAX_WAITING if self._progress.waits_for else waiting < BATCH // 2

    # -- the thread ---------------------------------------------------------------------------------------------------

    def _start_thread(self) -> None:
        thread = WritingThread(self._work, self._finish, self._progress, FLUSH_SECONDS)
        try:
            thread.start()
        except RuntimeError:  # no more threads here: log() writes by itself
            return
        self._thread = thread

    def _work(self) -> None:
        with self._lock:
            self._write()
        with self._progress.waiting_for(DISK):
            self._folder.write_notes()

    def _finish(self) -> None:
        try:
            with self._lock:
                self._write()
        except Exception as error:  # the end is noted all the same
            self._cannot_write(error)
        self._losses.settle()
        self._losses.add(self._writer.unwritten + self._writer.drop(self._rows), self._refusal)
        self._losses.add(self._writer.unwritable, UNREADABLE)
        if self.dropped:
            message = f"{self.dir}: {self.dropped:,} rows could not be recorded ({self._losses})"
            self._problems.report("dropped", message)
        with self._progress.waiting_for(DISK):
            self._folder.end(self._end, dropped=self.dropped)

    # -- writing: with the lock ---------------------------------------------------------------------------------------

    def _write(self) -> None:
        """Write the waiting rows. If opening the run failed before, try it again first: the rows in its file must stay.
        """
        self._last_flush = monotonic()
        if not self._rows and not self._writer.unwritten:
            return
        try:
            if self._writer.state is DiskState.NOT_OPEN:
                with self._progress.waiting_for(DISK):
                    self._open()
        except Exception as error:  # perhaps only `config.json` failed: then the file of rows is open
            self._cannot_write(error)
        if self._writer.state is DiskState.NOT_OPEN:
            return
        try:
            self._writer.write(self._rows)
        except Exception as error:
            self._cannot_write(error)

    def _open(self) -> None:
        self._folder.take()
        self._writer.open(self.metrics_path, monotonic())
        self._next_step = max(self._next_step, self._writer.next_step)  # rows may be waiting already
        self._folder.start(self._writer.elapsed)

    # -- trouble ------------------------------------------------------------------------------------------------------

    def _cannot_write(self, error: Exception) -> None:
        self._refusal = kind_and_message(error)
        message = f"cannot write {self.metrics_path}: {self._refusal}; rows wait in memory, training goes on"
        self._problems.report("write", message, error)

    def _row_failed(self, error: Exception) -> None:
        self._losses.add(1, UNREADABLE)
        self._problems.report("row", f"a row could not be recorded: {kind_and_message(error)}", error)

    # -- copies -------------------------------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        kept = ("_losses", "notes", "_folder", "_problems", "_state")
        return {name: self.__dict__[name] for name in kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._pid = -1
        if self._state is RecorderState.RECORDING:
            self._state = RecorderState.COPY
