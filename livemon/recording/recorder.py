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
import json
import logging
import math
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Protocol

from livemon.recording.device_values import PendingValue, copied_from_device, is_on_device
from livemon.recording.metrics_file import PLAIN, MetricsFile, cell_text, number_in, read_value
from livemon.runs.notes import (
    RunNotes,
    RunState,
    is_own_folder,
    plain_config,
    recording_process,
    write_new_config,
)
from livemon.system.atomic import encoded
from livemon.system.environment import is_disabled, is_strict

__all__ = ["Metric", "Recorder", "record", "state_after"]

FLUSH_SECONDS = 0.5
CLOSE_SECONDS = 2.0  # the longest that the end of a training waits for a disk
BATCH = 5_000  # rows in one write at most; a training that logs faster than they can be written is made to help
MAX_WAITING = 50_000  # rows kept in memory while the disk takes none
HELP_SECONDS = 0.2  # the longest that a helping training waits for its turn
TIME_COLUMN = "time_elapsed_seconds"
SIGTERM_STATUS = 128 + signal.SIGTERM  # with which a script ends that was asked to by that signal

_logger = logging.getLogger("livemon")
_recording: set[str] = set()  # the folders into which this process records
_choosing = threading.Lock()  # of one that is free
_process = os.getpid()  # kept up to date at a fork, so that log() needs no system call


def _after_fork() -> None:
    global _process, _choosing
    _process = os.getpid()
    _choosing = threading.Lock()
    _recording.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


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


class Recorder:
    """A run that is being recorded; call it to add a row. Made by `record`.

    A copy of it (in a forked or spawned process, from pickle or deepcopy) records nothing: one process writes a run.

    Attributes:
        dir: The run folder; another one than was asked for where somebody else was recording there.
        metrics_path: `dir/logs/metrics.csv`.
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
        self.dir = Path(dir).absolute()  # the script may change its folder
        self.metrics_path = self.dir / "logs" / "metrics.csv"
        self.dropped = 0
        self._pid = -1  # of the process that writes; -1: none does
        self._said: set[str] = set()
        self._rows: deque[tuple[dict[str, Any], float]] = deque()  # each: the row, and when (monotonic clock)
        self._no_scalars: set[str] = set()  # metrics of which a value was more than one number in a 0-d array
        self._next_step: int | float = 0
        self._zero = monotonic()
        self._lock = threading.Lock()  # around all that the next four say
        self._file = MetricsFile(self.metrics_path)
        self._places: dict[str, int] = {}
        self._header: list[str] = []
        self._lines: list[tuple[bytes, int]] = []  # each: a row as text without its end, the number of its cells
        self._stuck = False  # the disk takes no rows now
        self._closing: threading.Event = threading.Event()
        self._thread: threading.Thread | None = None
        self._last_flush = 0.0
        self._end: tuple[RunState, str] | None = None
        self._opened = False
        self._own: bool | None = None  # whether nobody else keeps things in the folder; None until one is taken
        self._after_end = after_end
        self._noted = False  # livemon.json is behind what we know
        self.notes = RunNotes(
            self.dir,
            config={},
            total_steps=total_steps,
            total_epochs=total_epochs,
            framework=framework,
        )
        self.notes.put(**(facts or {}))
        if is_disabled():
            self._said.add("copy")
            return
        self._pid = _process
        self._take_config(config)
        try:
            self._open()
        except Exception as error:
            self._cannot_write(error)
        if not is_strict():
            self._start_thread()
        atexit.register(self._at_exit)

    def _take_config(self, config: Any) -> None:
        try:
            plain = plain_config(config)
            json.dumps(plain)
        except Exception as error:  # It holds itself, or is what cannot be read or written.
            self._problem("config", f"the config cannot be kept: {_words(error)}", error)
        else:
            self.notes.put(config=plain)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close(*state_after(error))

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
        """The same as a call, for a row that is nobody else's: it is not copied, and is changed."""
        if self._pid != _process:
            self._say_copy()
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
                    self._read_all(row)
                    break
            if type(step) is not int:
                step = self._step_of(row, step)
            row["step"] = step
            self._rows.append((row, monotonic()))
            self._next_step = step + 1
            if self._thread is None:
                self._flush_at_times()
            elif waiting >= BATCH and not self._stuck:
                self._help()
        except Exception as error:
            self._row_failed(error)

    def flush(self) -> None:
        """Write the rows that wait, now, in the calling thread. Waits at most 2 s for a disk that does not answer."""
        if self._pid != _process or not self._lock.acquire(timeout=CLOSE_SECONDS):
            return
        try:
            self._write()
        finally:
            self._lock.release()

    def close(self, state: RunState = "finished", reason: str = "") -> None:
        """Write what waits and mark the run's end. Waits at most 2 s for the disk. A second call does nothing.

        Args:
            state: "finished", "failed" or "preempted".
            reason: Why, in words.
        """
        if self._pid != _process or self._end is not None:
            return
        self._end = (state, reason)
        atexit.unregister(self._at_exit)
        if self._thread is None:
            self._finish()
        else:
            self._closing.set()
            self._thread.join(CLOSE_SECONDS)
            if self._thread.is_alive():
                self._problem("slow", f"{self.dir}: the disk does not answer; the last rows may be missing", None)
        self._pid = -1
        self._said.add("copy")
        _recording.discard(os.path.realpath(self.dir))

    # -- one row ------------------------------------------------------------------------------------------------------

    def _step_of(self, row: dict[str, Any], step: Any) -> Any:
        """The step of a row to which no plain whole number was given. Raises ValueError for what does not count."""
        if step is None:
            step = row.get("step")
        step = self._next_step if step is None else read_value(step)
        try:
            counts = math.isfinite(step)
        except TypeError:  # a text
            counts = False
        if not counts:
            raise ValueError(f"the step is {step!r}; it must be a number that counts")
        return step

    def _read_all(self, row: dict[str, Any]) -> None:
        """Put numbers in the place of scalars of some library; those of a device come later."""
        on_device: dict[str, Any] = {}
        plain, no_scalars = PLAIN, self._no_scalars
        for name, value in row.items():
            if type(value) in plain:
                continue
            try:
                if not value.is_cpu and name != "step" and is_on_device(value):
                    on_device[name] = value
                    continue
            except Exception:  # as a rule an AttributeError: it is no tensor
                pass
            try:  # cheaper than item(), but for what has many numbers
                number = value if name in no_scalars else value.tolist()
            except Exception:
                number = value
            row[name] = number if type(number) in plain else self._read(name, value)
        if on_device:
            row.update(copied_from_device(on_device))

    def _read(self, name: str, value: object) -> float | str | None:
        """The number in a scalar of some library, or None, which leaves the cell blank, and one warning."""
        self._no_scalars.add(name)
        try:
            return read_value(value)
        except Exception as error:
            self._problem("value", f"{name!r} is a {type(value).__name__}, not one number; its cells stay blank", error)
            return None

    def _flush_at_times(self) -> None:
        """There is no thread to write: do it here, when it is time."""
        if is_strict() or monotonic() - self._last_flush > FLUSH_SECONDS:
            self.flush()

    def _help(self) -> None:
        """Rows come faster than the thread writes them: write some here. Where it is the disk that does not answer, the
        training waits once."""
        if not self._lock.acquire(timeout=HELP_SECONDS):
            self._stuck = True
            return
        try:
            self._write()
        finally:
            self._lock.release()

    # -- writing: everything here holds the lock ----------------------------------------------------------------------

    def _write(self) -> None:
        self._last_flush = monotonic()
        while self._rows or self._lines:
            if not self._can_open():
                return
            while self._rows and len(self._lines) < BATCH:
                self._lines.append(self._format(*self._rows.popleft()))
                if len(self._lines) % 64 == 0:
                    time.sleep(0)  # let the training have the interpreter
            try:
                self._file.add(self._header, self._lines)
            except Exception as error:
                del self._lines[: getattr(error, "rows_written", 0)]
                self._cannot_write(error)
                return
            self._lines.clear()
            self._stuck = False

    def _can_open(self) -> bool:
        """Whether the run's folder is open; tries again where it was not, as what is in the file must not be lost."""
        try:
            if not self._opened:
                self._open()
        except Exception as error:
            self._cannot_write(error)
        return self._opened

    def _cannot_write(self, error: Exception) -> None:
        self._stuck = True
        message = f"cannot write {self.metrics_path}: {_words(error)}; rows wait in memory, training goes on"
        self._problem("write", message, error)

    def _format(self, row: dict[str, Any], when: float) -> tuple[bytes, int]:
        row.setdefault(TIME_COLUMN, f"{when - self._zero:.6f}")
        places = self._places
        for name in row:
            if name not in places:
                self._add_column(name)
        cells = [""] * len(self._header)
        for name, value in row.items():
            if name not in places:
                continue
            try:
                if type(value) is PendingValue:
                    value = value.read()
                cells[places[name]] = repr(value) if type(value) is float else cell_text(value)
            except Exception as error:  # a whole number of thousands of digits has no text; a device may have failed
                self._problem("value", f"{name!r}: {_words(error)}", error)
        return encoded(",".join(cells)), len(cells)

    def _add_column(self, name: Any) -> None:
        try:
            text = str(name)
        except Exception as error:
            self._problem("name", f"a metric has a name that cannot be written: {_words(error)}", error)
            return
        self._places[name] = len(self._header)
        self._header.append(text)

    # -- opening and ending -------------------------------------------------------------------------------------------

    def _open(self) -> None:
        own = self._choose_folder()
        self.metrics_path.parent.mkdir(parents=True, exist_ok=True)
        header, last = self._file.resume()
        self._opened = True
        for name in header or ["step"]:
            self._places.setdefault(name, len(self._header))
            self._header.append(name)
        self._next_step = number_in(last.get("step"), -1) + 1
        self._zero = monotonic() - number_in(last.get(TIME_COLUMN), 0)
        if torn := self._file.torn:
            self._problem("torn", f"{self.metrics_path}: an incomplete last line was left out: {torn!r}", None)
        if self._after_end:
            return
        if own and self.notes.note.config and not self.notes.note.framework:
            write_new_config(self.dir / "config.json", dict(self.notes.note.config))
        try:
            self.notes.start(elapsed=number_in(last.get(TIME_COLUMN), 0))
        except Exception as error:  # Rows are recorded all the same.
            self._notes_failed(error)

    def _choose_folder(self) -> bool:
        """Take the folder that was asked for, or a new one beside it where somebody records there, so that rows are
        never mixed; whether nobody else keeps things there. Two that take up one old run in the same instant are not
        told apart."""
        if self._own is not None:
            return self._own
        asked, number = self.dir, 1
        while True:
            with _choosing:
                own = is_own_folder(self.dir)
                if self._take_folder():
                    break
            number += 1
            self._move_to(asked.with_name(f"{asked.name}-{number}"))
            while self.dir.exists():  # It may be somebody's who called it so.
                number += 1
                self._move_to(asked.with_name(f"{asked.name}-{number}"))
        self._own = own
        if number > 1:
            self._problem("taken", f"{asked} is being recorded into already; this run goes to {self.dir}", None)
        return own

    def _take_folder(self) -> bool:
        real = os.path.realpath(self.dir)
        if real in _recording or recording_process(self.dir) not in (None, _process):
            return False
        if not self._after_end:
            self.dir.mkdir(parents=True, exist_ok=True)
            if not (self.notes.path.exists() or self._claim()):
                return False
        _recording.add(real)
        return True

    def _claim(self) -> bool:
        try:
            return self.notes.claim()
        except OSError as error:  # Rows are recorded all the same.
            self._notes_failed(error)
            return True

    def _move_to(self, folder: Path) -> None:
        self.dir = folder
        self.metrics_path = folder / "logs" / "metrics.csv"
        self._file = MetricsFile(self.metrics_path)
        self.notes.path = folder / self.notes.path.name

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
            self._write_notes()
        self._finish()

    def _finish(self) -> None:
        try:
            self.flush()
        except Exception as error:  # The end is noted all the same.
            self._problem("write", f"cannot write {self.metrics_path}: {_words(error)}", error)
        self.dropped += len(self._rows) + len(self._lines)
        if self.dropped:
            self._problem("dropped", f"{self.dir}: {self.dropped} rows could not be recorded", None)
        if self._after_end:
            return
        state, reason = self._end or ("finished", "")
        try:
            self.notes.end(state, reason, dropped=self.dropped)
        except Exception as error:
            self._notes_failed(error)

    def _at_exit(self) -> None:
        """The process ends and nobody closed the record: with a traceback on the screen the run failed."""
        error = getattr(sys, "last_value", None)
        if error is None:
            self.close("finished", "the process ended")
        else:
            self.close(*state_after(error))

    def note(self, **values: Any) -> None:
        """Keep something of the run in `livemon.json`, beside what is there. Written soon; nothing waits for it."""
        if self._pid != _process:
            return
        self.notes.put(**values)
        self._noted = True
        if self._thread is None:
            self._write_notes()

    def _write_notes(self) -> None:
        if not self._noted or self._after_end:
            return
        self._noted = False
        try:
            self.notes.write()
        except Exception as error:
            self._notes_failed(error)

    # -- trouble ------------------------------------------------------------------------------------------------------

    def _problem(self, kind: str, message: str, error: Exception | None) -> None:
        """One warning for each kind of trouble; raised under LIVEMON_STRICT."""
        if error is not None and is_strict():
            raise error
        if kind not in self._said:
            self._said.add(kind)
            try:
                _logger.warning("livemon: %s", message)
            except Exception:  # a handler of the script's that makes errors of warnings
                pass

    def _row_failed(self, error: Exception) -> None:
        self.dropped += 1
        self._problem("row", f"a row could not be recorded: {_words(error)}", error)

    def _notes_failed(self, error: Exception) -> None:
        self._problem("notes", f"cannot write {self.notes.path}: {_words(error)}", error)

    def _say_copy(self) -> None:
        if "copy" not in self._said:
            self._said.add("copy")
            _logger.warning("livemon: this process has a copy of the record of %s; only the first records", self.dir)

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        for name in ("_lock", "_closing", "_thread", "_rows", "_lines"):
            del state[name]
        return state | {"_pid": -1}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock, self._closing, self._thread = threading.Lock(), threading.Event(), None
        self._rows, self._lines = deque(), []


def state_after(error: BaseException | None) -> tuple[RunState, str]:
    """How a training stands that this ended, and why in words."""
    if error is None or (isinstance(error, SystemExit) and error.code in (None, 0)):
        return "finished", ""
    if isinstance(error, KeyboardInterrupt):
        return "failed", "interrupted"
    if isinstance(error, SystemExit) and error.code == SIGTERM_STATUS:
        return "preempted", "SIGTERM"
    return "failed", _words(error)


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:500].rstrip(": ")
