"""The one writer: `{name: value}` -> a row of `logs/metrics.csv`.

`log()` reads the values and puts them on a queue; a daemon thread turns the queue into text and writes it twice a
second, so that no step of the training waits for a disk. The file is whole at every instant: rows are appended with one
write of whole lines, and a new column replaces the file through a temporary file in the same folder. Nothing here
raises into the training: what cannot be written waits, and is dropped and counted when too much waits. A number that is
still on a GPU is copied from there without waiting for it, and read by that thread.

`LIVEMON_STRICT=1` raises what is otherwise swallowed (and then each row is written at once, in the caller);
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
from livemon.recording.metrics_file import PLAIN
from livemon.recording.problems import Problems, kind_and_message
from livemon.recording.row_writer import BATCH, DiskState, RowWriter, WaitingRows
from livemon.recording.rows import ValueReader, read_step
from livemon.recording.run_folder import RecordedFolder
from livemon.runs.notes import RunNotes
from livemon.states import Standing, State, standing_in_words
from livemon.system.environment import is_disabled, is_strict
from livemon.system.processes import after_fork

__all__ = ["Metric", "Recorder", "record"]

FLUSH_SECONDS = 0.5
CLOSE_SECONDS = 2.0  # the longest that the end of a training waits for a disk
MAX_WAITING = 50_000  # rows kept in memory while the disk takes none
HELP_SECONDS = 0.2  # the longest that a helping training waits for its turn

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

    Leaving the block normally marks the run finished; an exception marks it failed, with the reason, and goes on. A
    folder that holds a run already is continued: rows are appended, nothing is deleted. A folder into which somebody
    records at this moment is left to them, with a warning: the run gets a new one beside it, `exp1-2`.

    Args:
        dir: The run folder; made where it is not there.
        config: Settings to keep with the run: a mapping, a dataclass or a namespace.
        total_steps: How many steps the training will take, where that is known; gives the view its estimated end.
        total_epochs: The same in epochs.
        framework: Who trains, e.g. "lightning"; then `config.json` is left to it.
        facts: What else to keep in `livemon.json`.
        after_end: The run has ended, and rows are added to it, of a test perhaps: its `livemon.json` stays as it is.

    Never raises because of files: what goes wrong is one warning of the logger "livemon" (see the module for the two
    environment variables).
    """
    return Recorder(
        dir, config, total_steps, total_epochs=total_epochs, framework=framework, facts=facts, after_end=after_end
    )


class RecorderState(Enum):
    """Whether a recorder takes rows, and how a row is refused."""

    RECORDING = "rows are taken"
    CLOSED = "the end is noted; rows are refused without a word"
    DISABLED = "LIVEMON_DISABLED is set; rows are refused without a word"
    COPY = "another process has the original, or it was copied; rows are refused with one warning"


class Recorder:
    """A run that is being recorded; call it to add a row. Made by `record`.

    A copy of it (in a forked or spawned process, from pickle or deepcopy) records nothing: one process writes a run.

    Attributes:
        dropped: Rows that could not be written.
        notes: What `livemon.json` holds; `note(total_steps=...)` changes it.
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
        self.dropped = 0
        self._problems = Problems()
        self._folder = RecordedFolder(folder, self.notes, self._problems, after_end)
        self._pid = -1  # of the process that records; -1: none does
        self._rows = WaitingRows()
        self._values = ValueReader(self._problems)
        self._next_step: float = 0
        self._writer = RowWriter(self._problems)
        self._lock = threading.Lock()  # around the writer and the folder
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self._last_flush = 0.0
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
    def dir(self) -> Path:
        """The run folder; another one than was asked for where somebody else was recording there."""
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
            metrics: Name -> value: floats, ints, bools (1 and 0), NumPy scalars, 0-d arrays and tensors, read now, so
                that a total that is updated in place is recorded as it stands; texts are kept as texts; None leaves
                the cell blank. A tensor on a GPU is copied from there as it stands now, and nothing waits for it.
            step: The row's step. None: the metric "step" where there is one, else one more than the last.
        """
        try:
            row = dict(metrics)
        except Exception as error:
            self._row_failed(error)
        else:
            self.take(row, step)

    def take(self, row: dict[str, Any], step: int | None = None) -> None:
        """Add a row that is nobody else's: it is not copied, and is changed."""
        if self._pid != _process:
            self._refuse_row()
            return
        try:
            waiting = len(self._rows)
            if waiting >= MAX_WAITING:
                self.dropped += 1
                return
            if not row:
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
            elif waiting >= BATCH and self._writer.state is DiskState.WRITING:
                self._help()
        except Exception as error:
            self._row_failed(error)

    def _refuse_row(self) -> None:
        if self._state is RecorderState.RECORDING:  # Its process was forked.
            self._state = RecorderState.COPY
        if self._state is RecorderState.COPY:
            message = f"this process has a copy of the record of {self.dir}; only the first records"
            self._problems.report("copy", message)

    def flush(self) -> None:
        """Write the rows that wait, now, in the calling thread. Waits at most 2 s for a disk that does not answer."""
        if self._pid != _process or not self._lock.acquire(timeout=CLOSE_SECONDS):
            return
        try:
            self._write()
        finally:
            self._lock.release()

    def note(self, **values: Any) -> None:
        """Keep something of the run in `livemon.json`, beside what is there. Written soon; nothing waits for it."""
        if self._pid != _process:
            return
        self._folder.note(values)
        if self._thread is None:
            self._folder.write_notes()

    def close(self, state: str = "finished", reason: str | None = None, evidence: str = "") -> None:
        """Write what waits and mark the run's end. Waits at most 2 s for the disk. A second call does nothing.

        Args:
            state: "finished", "stopped" or "failed".
            reason: Why: a `states.Reason`, or free words, which are then the evidence.
            evidence: What says so, in words.
        """
        if self._pid != _process or self._state is not RecorderState.RECORDING:
            return
        self._state, self._end = RecorderState.CLOSED, (
            standing_in_words(state, reason, evidence) or Standing(State.UNKNOWN, None, reason or state))
        atexit.unregister(self._at_exit)
        if self._thread is None:
            self._finish()
        else:
            self._closing.set()
            self._thread.join(CLOSE_SECONDS)
            if self._thread.is_alive():
                self._problems.report("slow", f"{self.dir}: the disk does not answer; the last rows may be missing")
        self._pid = -1
        self._folder.release()

    def _at_exit(self) -> None:
        """The process ends and nobody closed the record: with a traceback on the screen the run failed."""
        error = getattr(sys, "last_value", None)
        if error is None:
            self.close("finished", evidence="the process ended")
        else:
            self.close(*standing_after(error))

    # -- the training helps to write ----------------------------------------------------------------------------------

    def _flush_at_times(self) -> None:
        """There is no thread to write: do it here, when it is time."""
        if is_strict() or monotonic() - self._last_flush > FLUSH_SECONDS:
            self.flush()

    def _help(self) -> None:
        """Rows come faster than the thread writes them: write some here. Where it is the disk that does not answer, the
        training waits once."""
        if not self._lock.acquire(timeout=HELP_SECONDS):
            self._writer.state = DiskState.STUCK
            return
        try:
            self._write()
        finally:
            self._lock.release()

    # -- the thread ---------------------------------------------------------------------------------------------------

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._write_now_and_then, name="livemon-recorder", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads here: log() writes by itself
            return
        self._thread = thread

    def _write_now_and_then(self) -> None:
        while not self._closing.wait(FLUSH_SECONDS):
            self.flush()
            self._folder.write_notes()
        self._finish()

    def _finish(self) -> None:
        try:
            self.flush()
        except Exception as error:  # The end is noted all the same.
            self._problems.report("write", f"cannot write {self.metrics_path}: {kind_and_message(error)}", error)
        self.dropped += len(self._rows) + self._writer.unwritten
        if self.dropped:
            self._problems.report("dropped", f"{self.dir}: {self.dropped} rows could not be recorded")
        self._folder.end(self._end, dropped=self.dropped)

    # -- writing: with the lock ---------------------------------------------------------------------------------------

    def _write(self) -> None:
        """Write the rows that wait. Opens the run first where that failed before: what its file holds must stay."""
        self._last_flush = monotonic()
        if not self._rows and not self._writer.unwritten:
            return
        try:
            if self._writer.state is DiskState.NOT_OPEN:
                self._open()
        except Exception as error:  # Of `config.json` perhaps: then the rows' file is open.
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
        self._next_step = max(self._next_step, self._writer.next_step)  # Rows may wait already.
        self._folder.start(self._writer.elapsed)

    # -- trouble ------------------------------------------------------------------------------------------------------

    def _cannot_write(self, error: Exception) -> None:
        message = f"cannot write {self.metrics_path}: {kind_and_message(error)}; rows wait in memory, training goes on"
        self._problems.report("write", message, error)

    def _row_failed(self, error: Exception) -> None:
        self.dropped += 1
        self._problems.report("row", f"a row could not be recorded: {kind_and_message(error)}", error)

    # -- copies -------------------------------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        kept = ("dropped", "notes", "_folder", "_problems", "_state")
        return {name: self.__dict__[name] for name in kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._pid = -1
        if self._state is RecorderState.RECORDING:
            self._state = RecorderState.COPY
