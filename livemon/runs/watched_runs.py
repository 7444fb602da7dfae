"""Several runs that are followed together: runs that begin later join them, and each keeps its name."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from livemon.runs.continuation import find_chain
from livemon.runs.folders_beside import Siblings
from livemon.runs.run_name import long_name, longer_names

if TYPE_CHECKING:
    from livemon.runs.experiment import ExperimentLoader

__all__ = ["WatchedRuns"]


class WatchedRuns:
    """The runs at some paths.

    Args:
        find: Returns the paths of the present runs, in order; may raise OSError or ValueError.
        join: Whether a run that certainly continued in other folders is one run, each folder an attempt.
        header: The column names for files of numbers without a header.
        remember: Whether rows are kept in the user's cache folder, so that shown rows are never lost.

    Attributes:
        runs: Name -> run, in the order in which they were found.
        problem: Why the last search failed, in words; "" if it did not fail.
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
        """Search for runs that have begun. Returns the names of new runs."""
        try:
            paths = list(self._find())
            self.problem = ""
        except (OSError, ValueError) as error:
            self.problem = str(error)
            return []
        new = [path for path in paths if Path(os.path.abspath(path)) not in self._known]
        begun: list[ExperimentLoader] = []
        followed = _ByFolder(self.runs.values() if new else ())
        siblings = Siblings()
        for path in new:
            if (run := self._take(path, followed, siblings)) is not None:
                begun.append(run)
                followed.add(run)
        names = _free_names(begun, self.runs)
        self.runs.update(zip(names, begun, strict=True))
        return names

    def refresh(self) -> None:
        """Read the new rows of each run."""
        for run in self.runs.values():
            run.refresh()

    def _take(self, path: Path, followed: _ByFolder, siblings: Siblings) -> ExperimentLoader | None:
        """The run at a path; None if it is a part of one that is followed already."""
        from livemon.runs.experiment import ExperimentLoader

        self._known.add(Path(os.path.abspath(path)))
        run = ExperimentLoader(path, header=self._header, remember=self._remember)
        if self._join and run.metrics_path is not None:
            chain = find_chain(run.exp_dir, run.named_file, siblings)
            before = followed.with_part_of(run, chain.folders)
            self._known.update(Path(os.path.abspath(member)) for member in chain.paths)
            if before is not None:
                if os.path.realpath(run.exp_dir) not in map(os.path.realpath, before.exp_dirs):
                    before.move_on(path, join=True)
                    followed.add(before)
                return None
            if len(chain.paths) > 1:
                run = ExperimentLoader(list(chain.paths), header=self._header, remember=self._remember)
        return run


class _ByFolder:
    """Runs by the real paths of their folders: a folder may hold the files of several."""

    def __init__(self, runs: Iterable[ExperimentLoader]) -> None:
        self._runs: dict[str, list[ExperimentLoader]] = {}
        for run in runs:
            self.add(run)

    def add(self, run: ExperimentLoader) -> None:
        """Find this run by its present folders, too."""
        for folder in run.exp_dirs:
            self._runs.setdefault(os.path.realpath(folder), []).append(run)

    def with_part_of(self, run: ExperimentLoader, folders: Sequence[Path]) -> ExperimentLoader | None:
        """Another run that has one of these folders of a run, and reads the same file in them; None if there is none.
        """
        others = (other for folder in folders for other in self._runs.get(os.path.realpath(folder), []))
        return next((other for other in others if run.named_file == other.named_file
                     or _file_in_folder(run) == _file_in_folder(other)), None)


def _file_in_folder(run: ExperimentLoader) -> str:
    """The metrics of a run, relative to its folder."""
    return os.path.relpath(run.metrics_path, run.exp_dir) if run.metrics_path is not None else ""


def _free_names(runs: Sequence[ExperimentLoader], taken: Iterable[str]) -> list[str]:
    """Names for runs: their labels, made longer if they are not unique. Names in `taken` stay."""
    names = [run.label for run in runs]
    longer = [_longer_names(run.own_path) for run in runs]
    while True:
        counts = Counter((*taken, *names))
        next_names = {index: name for index, name_before in enumerate(names) if counts[name_before] > 1
                      and (name := next(longer[index], None)) is not None}
        if not next_names:
            break
        for index, name in next_names.items():
            names[index] = name
    known = set(taken)
    for index, name in enumerate(names):  # a folder that is given twice
        numbered = (f"{name} ({number})" for number in itertools.count(2))
        names[index] = name if name not in known else next(other for other in numbered if other not in known)
        known.add(names[index])
    return names


def _longer_names(folder: Path) -> Iterator[str]:
    yield long_name(folder)
    yield from longer_names(folder)
