"""The watched run and those beside it: for the list of runs, and for opening another one."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from livemon.live.pace import SearchPace
from livemon.runs.discovery import is_searched, run_at
from livemon.runs.folder_of_runs import runs_in
from livemon.runs.watched_runs import WatchedRuns

if TYPE_CHECKING:
    from livemon.boards.lens.value import Lens
    from livemon.runs.experiment import ExperimentLoader

__all__ = ["RunsBeside"]

_MOST_RUNS = 60  # those written last: nobody looks at a list of a thousand
_MOST_FOLDERS = 500  # beside a run that was named
_READING_SECONDS = 0.3  # for each board: other runs are listed a moment later
_REFRESH_SECONDS = 1.0  # between two looks at the others


class RunsBeside:
    """The source of the boards in a watch of one run; the others are only read on request.

    Args:
        run: The watched run, which its owner refreshes.
        given: The path that the user named.
        join, header: See `WatchedRuns`.
        timer: Monotonic seconds.
    """

    def __init__(self, run: ExperimentLoader, given: Path, *, join: bool = True, header: Sequence[str] = (),
                 timer: Callable[[], float] = time.monotonic) -> None:
        self._run = run
        self._given = given
        self._header = header
        self._timer = timer
        self._named: tuple[str, str] = "", ""  # a folder of the run, and its name then
        self._paths: list[Path] = []
        self._others = WatchedRuns(self._next_path, join=join, header=header)
        self._search_pace = SearchPace(timer)
        self._refreshed_at = -_REFRESH_SECONDS

    def given(self) -> list[str]:
        """The name of the watched run."""
        return [self._own_name]

    @property
    def _own_name(self) -> str:
        """The name of the watched run in a lens: it stays the same when the run goes on in another folder."""
        if self._named[0] not in (folders := [os.path.realpath(folder) for folder in self._run.exp_dirs]):
            self._named = folders[0], self._run.label
        return self._named[1]

    def runs(self, lens: Lens) -> Mapping[str, ExperimentLoader]:
        """The watched run; with the others if the lens shows the list of runs, or one of them."""
        own = {self._own_name: self._run}
        if not (lens.run_list or lens.runs):
            return own
        self._read_others()
        own_folders = {os.path.realpath(folder) for folder in self._run.exp_dirs}
        others = {name: run for name, run in self._others.runs.items()
                  if not own_folders & {os.path.realpath(folder) for folder in run.exp_dirs}}
        return own | {name if name not in own else f"{name} ({run.exp_dir.parent.name})": run
                      for name, run in others.items()}

    @property
    def standings(self) -> object:
        """Always None: the list is made again each second."""
        return None

    @property
    def are_over(self) -> bool:
        """Always False: others may go on."""
        return False

    @property
    def are_all_read(self) -> bool:
        """Whether all runs found beside it have been read."""
        return not self._paths

    def _read_others(self) -> None:
        """Find and read new runs, as many as time permits, and what is new in the others."""
        began = self._timer()
        if not self._paths and self._search_pace.is_due():
            with self._search_pace.searching():
                known = {os.path.realpath(folder) for run in self._others.runs.values() for folder in run.exp_dirs}
                self._paths = [path for path in self._find() if os.path.realpath(path) not in known]
        if began - self._refreshed_at >= _REFRESH_SECONDS:
            self._refreshed_at = began
            self._others.refresh()
        while self._paths and self._timer() - began < _READING_SECONDS:
            for name in self._others.search():
                self._others.runs[name].refresh()

    def _next_path(self) -> list[Path]:
        return [self._paths.pop(0)] if self._paths else []

    def _find(self) -> list[Path]:
        """The runs beside the watched one, those written last first."""
        is_own = any(os.path.realpath(folder) == os.path.realpath(self._given) for folder in self._run.exp_dirs)
        if self._given.is_dir() and not is_own:
            paths = runs_in(self._given, self._header)
        else:
            above = self._run.exp_dir.absolute().parent
            folders = sorted(entry for entry in above.iterdir() if entry.is_dir() and is_searched(entry.name))
            paths = [folder for folder in folders[:_MOST_FOLDERS] if run_at(folder, self._header) is not None]
        return sorted(paths, key=_written, reverse=True)[:_MOST_RUNS]


def _written(path: Path) -> float:
    try:
        return max(path.stat().st_mtime, *(entry.stat().st_mtime for entry in os.scandir(path)))
    except (OSError, TypeError):
        return 0.0
