"""The folders of a run: opened, read as they grow, opened anew if a link leads elsewhere, and frozen."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from livemon.runs.audit import Audit
from livemon.runs.closing_checkpoint import closing_checkpoint
from livemon.runs.continuation import find_successors, paths_in
from livemon.runs.folder import RunFolder, open_folder
from livemon.runs.folder_of_runs import SeveralRunsWarning, newest_taken_message
from livemon.runs.frozen_run import Folder, FrozenFolder
from livemon.runs.liveness import has_living_process, judge_with_process, writes_lately
from livemon.runs.project import ProjectSettings, find_project
from livemon.runs.series import RunColumns
from livemon.runs.settings import FrozenSettings, RunSettings
from livemon.runs.source import Part
from livemon.states import Standing
from livemon.system.call_stack import user_stacklevel
from livemon.system.processes import WatchedProcess
from livemon.tables.anomalies import Anomalies, Anomaly

__all__ = ["RunFolders"]


class RunFolders:
    """The folders of a run, and the facts about all of them together.

    Args:
        given: The path of a folder (see `RunFolder`), or a list of several, the oldest first.
        clock, remember, header: See `ExperimentLoader`.

    Raises:
        FileNotFoundError: There is nothing at one of the paths.
        ValueError: The list is empty, or a file has more or fewer columns than there are names.

    Attributes:
        every: The folders, the oldest first.
        columns: The rows so far, by the names of columns.
        settings: The settings of the run, from its newest folder.
        anomalies: The anomalies of the run itself, without those of its sources.
        moves: How often a link on the way to the run was changed to another run, which has been read since then.
    """

    every: list[Folder]
    columns: RunColumns
    settings: RunSettings | FrozenSettings
    anomalies: Anomalies

    def __init__(self, given: str | os.PathLike[str] | Sequence[str | os.PathLike[str]], clock: Callable[[], float], *,
                 remember: bool, header: Sequence[str]) -> None:  # fmt: skip
        paths = [given] if isinstance(given, str | os.PathLike) else list(given)
        if not paths:
            raise ValueError("a run needs at least one folder; the list of folders is empty")
        self._clock = clock
        self._remember = remember
        self._header = header
        self.moves = 0
        self.take([folder for path in paths for folder in self._open(Path(path))])
        newest = self.newest
        if newest.others and newest.path != newest.given:
            warnings.warn(newest_taken_message(newest.given, newest.path, newest.others), SeveralRunsWarning,
                          stacklevel=user_stacklevel())

    @classmethod
    def frozen_at(cls, folder: FrozenFolder, clock: Callable[[], float]) -> RunFolders:
        """A folder that was read at once and is not followed."""
        folders = cls.__new__(cls)
        folders._clock, folders._remember, folders._header, folders.moves = clock, False, (), 0
        folders.take([folder])
        return folders

    def _open(self, path: Path) -> list[RunFolder]:
        return open_folder(path, self._clock, remember=self._remember, header=self._header)

    def take(self, folders: Sequence[Folder]) -> None:
        """Use these folders from now on."""
        self.every = list(folders)
        self.look_again()
        newest = self.newest
        self._project = newest.project if isinstance(newest, FrozenFolder) else None
        self.anomalies = Anomalies() if isinstance(newest, RunFolder) else newest.anomalies
        self.settings = RunSettings(newest, self.anomalies) if isinstance(newest, RunFolder) else newest.settings

    def look_again(self) -> None:
        """Build the columns anew, because the folders were read."""
        self.columns = RunColumns(self.every)

    @property
    def newest(self) -> Folder:
        """The newest folder, in which the run may continue."""
        return self.every[-1]

    @property
    def sources(self) -> list[Part]:
        """The sources of all folders."""
        return [source for folder in self.every for source in folder.sources]

    @property
    def paths(self) -> list[Path]:
        """The paths of the folders, without the files that a callback keeps in them."""
        return list(dict.fromkeys(folder.path for folder in self.every if not self._is_kept(folder)))

    def _is_kept(self, folder: Folder) -> bool:
        """Whether it is a file that a callback keeps in another folder of the run."""
        return any(part is folder for other in self.every for part in other.earlier)

    @property
    def project(self) -> ProjectSettings:
        """The settings in `livemon.toml` or pyproject.toml, at or above the newest folder; searched once."""
        if self._project is None:
            self._project = find_project(self.newest.path)
        return self._project

    def standing(self, process: WatchedProcess | None) -> Standing:
        """The state of the run. `process`: the training's process, if the user named it."""
        standing = self.newest.state(planned=self.settings.planned)
        if process is None or standing.state.has_ended:
            return standing
        closing = None if process.alive else closing_checkpoint(self.newest.path, self.newest.choice.tables)
        return judge_with_process(standing, process, closing.name if closing else "")

    @property
    def metrics_path(self) -> Path | None:
        """The file with the metrics of the newest folder; None while there is none."""
        return self.newest.choice.main[0].path if self.newest.sources else None

    @property
    def named_file(self) -> Path | None:
        """See `ExperimentLoader.named_file`."""
        metrics, newest = self.metrics_path, self.newest
        return metrics.relative_to(newest.path) if metrics is not None and metrics == newest.given else None

    def successors(self, process: WatchedProcess | None) -> list[Path]:
        """See `ExperimentLoader.successors`. `process`: the training's process, if the user named it."""
        newest = self.newest
        if (process is not None and process.alive) or has_living_process(newest.path) or writes_lately(
                newest.pace, self._clock()):
            return []
        file = self.named_file
        folders = find_successors(newest.path, self.metrics_path, lambda: newest.choice.own, file=file)
        return paths_in(folders, file)

    # -- reading

    def refresh(self) -> int:
        """Read new rows; see `ExperimentLoader.refresh`."""
        if not any(isinstance(folder, RunFolder) for folder in self.every):  # all are frozen
            return 0
        self._open_where_links_lead()
        new = sum(folder.refresh() for folder in self.every)
        if self._open_where_links_lead():  # while this was reading
            new = sum(folder.refresh() for folder in self.every)
        if self._open_earlier_attempts():
            new += sum(folder.refresh() for folder in self.every)
        self.look_again()
        return new

    def _open_earlier_attempts(self) -> bool:
        """Open the files of earlier attempts if runs were just resumed in their folders. Returns whether there are any.
        """
        before = {id(part) for folder in self.every for part in folder.earlier}
        own = [folder for folder in self.every if id(folder) not in before]
        changed = [folder.open_earlier() for folder in own if isinstance(folder, RunFolder)]
        if any(changed):
            self.every = [part for folder in own for part in (*folder.earlier, folder)]
        return any(changed)

    def _open_where_links_lead(self) -> bool:
        """Open anew the folders that lead to another run now. Returns whether there are any."""
        moved = [folder for folder in self.every if isinstance(folder, RunFolder) and folder.leads_elsewhere()]
        if not moved:
            return False
        led = {folder: folder.real_path for folder in moved}
        try:
            opened = self._opened_anew(moved)
        except FileNotFoundError:  # the link is being changed just now
            return False
        self.take(opened)
        self.moves += 1
        for folder, before in led.items():
            self.anomalies.add(_another_run(folder, before))
        return True

    def _opened_anew(self, moved: Sequence[RunFolder]) -> list[Folder]:
        """All folders, with those that lead elsewhere now opened anew.

        Raises:
            FileNotFoundError: One of them leads nowhere.
        """
        opened: list[Folder] = []
        for folder in self.every:
            if folder in moved:
                opened += self._open(folder.given)
            elif not any(folder in other.earlier for other in moved):
                opened.append(folder)
        return opened

    def freeze(self) -> None:
        """Stop reading; see `ExperimentLoader.freeze`."""
        frozen: dict[int, FrozenFolder] = {}
        for folder in self.every:
            frozen[id(folder)] = FrozenFolder.of(folder, frozen) if isinstance(folder, RunFolder) else folder
        self.take(list(frozen.values()))

    def audit(self, seconds: float) -> list[Audit]:
        """Read the files again and compare; see `ExperimentLoader.audit`."""
        audits = [(folder, audit) for folder in self.every if (audit := folder.audit(seconds)) is not None]
        self.look_again()
        return [replace(audit, part=self._part_name(folder)) if len(audits) > 1 else audit for folder, audit in audits]

    def _part_name(self, folder: Folder) -> str:
        """The name of a folder for people; for a file that a callback keeps in it, with the name of the file."""
        return f"{folder.label}/{folder.given.name}" if self._is_kept(folder) else folder.label

    # -- further folders

    def move_on(self, path: Path, *, join: bool) -> None:
        """Follow another folder from now on: see `ExperimentLoader.move_on`."""
        opened = self._open(path)
        self.take([*self.every, *opened] if join else opened)

    def put_before(self, paths: Sequence[Path]) -> None:
        """Also read these folders, the oldest first, as earlier attempts of the run."""
        self.take([*(folder for path in paths for folder in self._open(path)), *self.every])


def _another_run(folder: RunFolder, before: str) -> Anomaly:
    now = os.path.realpath(folder.path)
    message = f"{folder.path} now leads to another run, {now}; {before} is no longer shown"
    return Anomaly("another run", str(folder.path), None, message)
