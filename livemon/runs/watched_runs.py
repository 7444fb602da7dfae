"""Several runs that are followed together: those that begin later join, and each keeps its name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from livemon.runs.continuation import find_chain
from livemon.runs.run_name import long_name, longer_names

if TYPE_CHECKING:
    from livemon.runs.experiment import ExperimentLoader

__all__ = ["WatchedRuns"]


class WatchedRuns:
    """The runs at some paths.

    Args:
        find: Gives the paths of the runs that there are now, in order; may raise OSError or ValueError.
        join: Whether runs that certainly went on in other folders are one run, each folder an attempt.
        header: The names of the columns of numbers that have none.
        remember: Whether rows are kept in the user's cache folder, so that nothing that was shown is lost.

    Attributes:
        runs: Name -> run, in the order in which they were found.
        problem: Why the last search failed, in words; "" where it did not.
    """

    def __init__(self, find: Callable[[], Iterable[Path]], *, join: bool = True, header: Sequence[str] = (),
                 remember: bool = False) -> None:
        self.runs: dict[str, ExperimentLoader] = {}
        self.problem = ""
        self._find = find
        self._join = join
        self._header = tuple(header)
        self._remember = remember
        self._known: set[Path] = set()

    def search(self) -> list[str]:
        """Look for runs that have begun; the names of those that are new."""
        try:
            paths = list(self._find())
            self.problem = ""
        except (OSError, ValueError) as error:
            self.problem = str(error)
            return []
        new = [path for path in paths if Path(os.path.abspath(path)) not in self._known]
        return [name for path in new if (name := self._take(path)) is not None]

    def refresh(self) -> None:
        """Read what is new of each run."""
        for run in self.runs.values():
            run.refresh()

    def _take(self, path: Path) -> str | None:
        """Follow the run at a path, too; its name, or None where it is a part of a run that is followed."""
        from livemon.runs.experiment import ExperimentLoader

        self._known.add(Path(os.path.abspath(path)))
        run = ExperimentLoader(path, header=self._header, remember=self._remember)
        if self._join and run.metrics_path is not None:
            chain = find_chain(run.exp_dir, run.named_file)
            before = self._with_folder(chain.folders)
            self._known.update(Path(os.path.abspath(member)) for member in (*chain.paths, *chain.folders))
            if before is not None:
                before.move_on(path, join=True)
                return None
            if len(chain.paths) > 1:
                run = ExperimentLoader(list(chain.paths), header=self._header, remember=self._remember)
        name = _free_name(run.exp_dir, run.label, self.runs)
        self.runs[name] = run
        return name

    def _with_folder(self, folders: Sequence[Path]) -> ExperimentLoader | None:
        """The run that has one of these folders."""
        wanted = {os.path.realpath(folder) for folder in folders}
        return next((run for run in self.runs.values()
                     if any(os.path.realpath(folder) in wanted for folder in run.exp_dirs)), None)


def _free_name(folder: Path, label: str, taken: Mapping[str, object]) -> str:
    """What a run is called: its label, longer where another run has that."""
    for name in (label, long_name(folder), *longer_names(folder)):
        if name not in taken:
            return name
    return next(name for number in range(2, len(taken) + 3) if (name := f"{label} ({number})") not in taken)
