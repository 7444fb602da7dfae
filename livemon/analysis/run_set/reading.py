"""Runs read one at a time, here or by an executor: memory holds one run, and the results.

What an executor fails to read (a worker was killed, a node went away) is read here, with a message that names the runs:
the user wants the table, and has already waited for most of it.
"""

from __future__ import annotations

import os
import pickle
import tempfile
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import IO, Any, Generic, TypeVar

from livemon import wording
from livemon.runs.discovery import Found
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.folder_of_runs import SeveralRunsWarning
from livemon.runs.settled_run import SharedLookups, read_settled
from livemon.system.call_stack import user_stacklevel

__all__ = ["Progress", "ReadRun", "Study", "Task", "quietly", "read_each", "warn_together"]

Answer = TypeVar("Answer")
Progress = Callable[[int, int], None]  # (number done, number of all)

_BATCHES_AHEAD = 64  # batches of runs submitted to an executor before the first ones are back
_MOST_TOGETHER = 32  # runs that are read before the first one is returned
_KEPT_BYTES = 160 << 20  # of memory for the runs of a study
_BYTES_OF_A_RUN, _TIMES_ITS_FILES = 16_000, 2.5  # of memory; measured with files of 2 and 50 kB
_ONE_AT_A_TIME = threading.Lock()  # catching warnings affects the whole process, and reading holds the GIL anyway


@dataclass(frozen=True)
class Task:
    """A run to read: its unique name and its folders, the oldest first; `header`: see `ExperimentLoader`."""

    name: str
    paths: tuple[Path, ...]
    header: tuple[str, ...] = ()

    def open(self) -> ExperimentLoader:
        """The run. Raises FileNotFoundError as ExperimentLoader does."""
        return ExperimentLoader(self.paths[0] if len(self.paths) == 1 else list(self.paths), header=self.header)


class Study:
    """Runs that are opened and read once, and then stay frozen: all results are based on the same rows.

    They stay in memory as long as they are small, then in a temporary file, which is deleted with the study.

    Args:
        header: See `ExperimentLoader`.
        by_path: run -> the result of a search for runs: a run that nobody writes any more is then read at once.
    """

    def __init__(self, header: tuple[str, ...] = (), by_path: Mapping[Path, Found] | None = None) -> None:
        self._header = header
        self._by_path = {path: run for path, run in (by_path or {}).items() if run.path == path and not header}
        self._runs: dict[Path, ExperimentLoader] = {}
        self._spooled: dict[Path, tuple[int, int]] = {}  # a run's path -> its position in the file, and its size
        self._file: IO[bytes] | None = None
        self._bytes = 0
        self._around = SharedLookups()

    def open(self, task: Task) -> ExperimentLoader:
        """The frozen run, which is read if necessary. Raises FileNotFoundError like ExperimentLoader."""
        runs = [self._run(path) for path in task.paths]
        return runs[0] if len(runs) == 1 else ExperimentLoader.joined(runs)

    def _run(self, path: Path) -> ExperimentLoader:
        if path in self._runs:
            return self._runs[path]
        if path in self._spooled:
            return self._load(*self._spooled[path])
        known = self._by_path.get(path)
        settled = None if known is None else read_settled(known, lookups=self._around)
        run = (_frozen(ExperimentLoader(path, header=self._header)) if settled is None else
               ExperimentLoader.frozen_at(settled))
        self._keep(path, run)
        return run

    def has(self, paths: Sequence[Path]) -> bool:
        """Whether these runs have been read."""
        return all(path in self._runs or path in self._spooled for path in paths)

    def read_ahead(self, tasks: Sequence[Task], executor: Executor) -> dict[Path, list[str]]:
        """Let an executor read the runs that have not been read, and keep them; returns path -> warnings."""
        paths = [path for task in tasks for path in task.paths if path not in self._runs and path not in self._spooled]
        alone = [Task(str(path), (path,), self._header) for path in dict.fromkeys(paths)]
        warned = {}
        for result in read_each(_frozen, alone, executor=executor):
            if result.value is not None:
                self._keep(Path(result.name), result.value)
                warned[Path(result.name)] = result.warnings
        return warned

    def _keep(self, path: Path, run: ExperimentLoader) -> None:
        size = _BYTES_OF_A_RUN + int(_TIMES_ITS_FILES * sum(map(_size, run.files)))
        if self._bytes + size > _KEPT_BYTES and self._spool(path, run):
            return
        self._bytes += size
        self._runs[path] = run

    def _spool(self, path: Path, run: ExperimentLoader) -> bool:
        """Whether the run could be put into the temporary file. A full disk, or a plug-in's format that cannot be
        pickled, must not change a comparison: then the run stays in memory."""
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="livemon-")  # noqa: SIM115 - closed with the study
                weakref.finalize(self, self._file.close)
            start = self._file.seek(0, os.SEEK_END)
            self._file.write(pickle.dumps(run, pickle.HIGHEST_PROTOCOL))
            self._file.flush()
        except Exception:
            return False
        self._spooled[path] = start, self._file.tell() - start
        return True

    def _load(self, start: int, size: int) -> ExperimentLoader:
        assert self._file is not None
        self._file.seek(start)
        run: ExperimentLoader = pickle.loads(self._file.read(size))  # written by this process
        return run


def _frozen(run: ExperimentLoader) -> ExperimentLoader:
    """The run, read and frozen: the result of an executor."""
    run.refresh()
    run.freeze()
    return run


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


@dataclass(frozen=True)
class ReadRun(Generic[Answer]):
    """The result of reading a run: the value, or None and the reason; and the warnings."""

    name: str
    value: Answer | None
    problem: str = ""
    warnings: list[str] = field(default_factory=list)


def quietly(
    name: str, query: Callable[[ExperimentLoader], Answer], run: Callable[[], ExperimentLoader]
) -> ReadRun[Answer]:
    """The value of a run, with its errors and warnings caught: one bad run must not end a batch."""
    return _quietly_each(query, [(name, run)])[0]


def _quietly_each(query: Callable[[ExperimentLoader], Answer],
                  runs: Sequence[tuple[str, Callable[[], ExperimentLoader]]]) -> list[ReadRun[Answer]]:
    """The values of some runs; see `quietly`. `runs`: the name of each, and a function that opens it."""
    results: list[ReadRun[Answer]] = []
    with _ONE_AT_A_TIME, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for name, run in runs:
            caught.clear()
            try:
                value, problem = query(run()), ""
            except Exception as error:
                value, problem = None, _in_words(error)
            results.append(ReadRun(name, value, problem, [
                str(warning.message) for warning in caught if warning.category in (UserWarning, SeveralRunsWarning)]))
    return results


def _in_words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error.args[0]) if error.args else type(error).__name__


def _read_batch(query: Callable[[ExperimentLoader], Any], tasks: Sequence[Task]) -> list[ReadRun[Any]]:
    return _quietly_each(query, [(task.name, task.open) for task in tasks])


def read_each(
    query: Callable[[ExperimentLoader], Answer],
    tasks: Sequence[Task],
    *,
    executor: Executor | None = None,
    progress: Progress | None = None,
    study: Study | None = None,
) -> Iterator[ReadRun[Answer]]:
    """The values of all runs, in the order of the tasks.

    Args:
        query: Takes a run that was opened, and with a study also read. With an executor it must be picklable.
        executor: Any executor like those of `concurrent.futures`; None reads here, one run after the other. A run that
            it fails to read is read here, with a warning that says why.
        progress: Called after each run.
        study: Reads and keeps the runs, here or by the executor; they are then asked here.
    """
    if executor is None or study is not None:
        ahead = study.read_ahead(tasks, executor) if study is not None and executor is not None else {}
        size = max(1, min(_MOST_TOGETHER, len(tasks) // 100))
        for start in range(0, len(tasks), size):
            together = tasks[start : start + size]
            opens = [(task.name, task.open if study is None else partial(study.open, task)) for task in together]
            for done, (task, result) in enumerate(zip(together, _quietly_each(query, opens), strict=True), start + 1):
                earlier = [text for path in task.paths for text in ahead.get(path, ())] if ahead else []
                yield replace(result, warnings=[*earlier, *result.warnings]) if earlier else result
                if progress:
                    progress(done, len(tasks))
        return
    size = max(1, min(32, len(tasks) // 16))
    batches = [tasks[start : start + size] for start in range(0, len(tasks), size)]
    done = 0
    for batch in _in_order(executor, partial(_read_batch, query), batches):
        done += len(batch)
        if progress:
            progress(done, len(tasks))
        yield from batch


def _in_order(
    executor: Executor, read: Callable[[Sequence[Task]], list[ReadRun[Any]]], batches: Sequence[Sequence[Task]]
) -> Iterator[list[ReadRun[Any]]]:
    """The batches of results: the executor works on many at a time, but not all are submitted at once."""
    pending: dict[int, Future[list[ReadRun[Any]]]] = {}
    asked = 0
    broken: Exception | None = None  # the executor is unusable
    try:
        for index, batch in enumerate(batches):
            problem = broken
            while broken is None and asked < min(index + _BATCHES_AHEAD, len(batches)):
                try:
                    pending[asked] = executor.submit(read, batches[asked])
                except Exception as error:
                    problem = broken = error
                else:
                    asked += 1
            if index in pending:
                try:
                    yield pending.pop(index).result()
                    continue
                except (Exception, CancelledError) as error:
                    problem = error
                    broken = error if isinstance(error, BrokenExecutor) else broken
            yield _read_here(read, batch, problem)
    finally:
        for future in pending.values():
            future.cancel()


def _read_here(
    read: Callable[[Sequence[Task]], list[ReadRun[Any]]], batch: Sequence[Task], problem: BaseException | None
) -> list[ReadRun[Any]]:
    """A batch read in this process; each run says why."""
    lines = str(problem).strip().splitlines()
    why = f"read here, as the executor failed: {type(problem).__name__}" + (f": {lines[0][:200]}" if lines else "")
    return [replace(read_run, warnings=[*read_run.warnings, why]) for read_run in read(batch)]


def warn_together(results: Sequence[ReadRun[Any]], stacklevel: int) -> None:
    """Give each warning once, with the names of the runs that it concerns."""
    runs_of: dict[str, list[str]] = {}
    for run in results:
        for message in dict.fromkeys(run.warnings):
            runs_of.setdefault(_about(run.name, message), []).append(run.name)
    for message, names in runs_of.items():
        warnings.warn(f"{wording.listed(names)}: {message}", stacklevel=max(user_stacklevel(), stacklevel + 1))


def _about(name: str, message: str) -> str:
    """The message without the run's name and folder, so that many runs can share it."""
    if "no config.json" in message:
        return "no config.json; the config is taken as empty"
    bare = name.rsplit("/", 1)[-1]
    return message.removeprefix(f"{bare}: ").replace(f"skipped: {bare} has ", "skipped: has ")
