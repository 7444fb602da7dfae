"""The folders of one run, followed while they grow: the rows read so far, and the state of the run."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from livemon.readers.encodings.bare_numbers import names_given
from livemon.runs.audit import Audit
from livemon.runs.continuation import paths_in
from livemon.runs.discovery import why_no_metrics
from livemon.runs.frozen_run import Folder, FrozenFolder
from livemon.runs.liveness import Pace
from livemon.runs.notes import read_note
from livemon.runs.rows_version import rows_version
from livemon.runs.run_folders import RunFolders
from livemon.runs.series import RunColumns
from livemon.states import Reason, Standing, State
from livemon.system.processes import WatchedProcess
from livemon.tables.anomalies import Anomaly, why_refused
from livemon.tables.table import Table

__all__ = ["FollowedRun"]


class FollowedRun:
    """The part of `ExperimentLoader` about a run's files: the files, the rows read from them, and whether more will
    come. See there for the arguments.

    Raises:
        FileNotFoundError: There is nothing at the path.
        ValueError: The list is empty, the process does not run, or a file has more or fewer columns than there are
            names.
    """

    def __init__(
        self,
        experiment_dir: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        *,
        clock: Callable[[], float] = time.time,
        remember: bool = False,
        pid: int | None = None,
        header: str | Sequence[str] = (),
    ) -> None:
        self._process = None if pid is None else WatchedProcess(pid)
        self._begin(RunFolders(experiment_dir, clock, remember=remember, header=names_given(header)))

    def _begin(self, folders: RunFolders) -> None:
        self._was_read = False
        self._rows_unreported = 0  # new rows read by a question before the first `refresh`
        self._went_on = False  # when its state was last asked for
        self._is_one_moment = False
        self._standing_then: Standing | None = None  # the state at this moment, once asked for
        self._version: tuple[object, object] = None, None  # the columns, and the version of their rows
        self._folders = folders

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(repr(str(folder.path)) for folder in self._folders.every)})"

    @property
    def _newest(self) -> Folder:
        return self._folders.newest

    @property
    def columns(self) -> RunColumns:
        """The data read so far, by the names of columns."""
        self._read_first()
        return self._folders.columns

    @property
    def given(self) -> Path:
        """The path that was given for the run, the newest if there are several."""
        return self._newest.given

    @property
    def exp_dir(self) -> Path:
        """The run's folder, the newest if it has several."""
        return self._newest.path

    @property
    def exp_dirs(self) -> list[Path]:
        """The run's folders, the oldest first; a single folder unless it went on in another."""
        return self._folders.paths

    @property
    def paths(self) -> list[Path]:
        """The paths that open the run again: its folders, the oldest first, or its file in each if it was named by it.
        """
        return paths_in(self.exp_dirs, self.named_file)

    @property
    def metrics_path(self) -> Path | None:
        """The file with the metrics, or None."""
        return self._folders.metrics_path

    @property
    def files(self) -> list[Path]:
        """The files of the newest folder that are read."""
        return [file for source in self._newest.sources for file in source.files]

    @property
    def format(self) -> str:
        """The format of the newest folder's metrics, for example "CSV"; "" while there are none."""
        return self._newest.choice.main[0].format.name if self._newest.sources else ""

    @property
    def choice(self) -> str:
        """Which files of the run are shown, in words; "" if there is only one file."""
        return self._newest.choice.in_words(self.exp_dir)

    @property
    def others(self) -> int:
        """The number of other runs below the given path."""
        return self._newest.others

    @property
    def name(self) -> str:
        """The run's short name: the name of its folder, or of its file beside those of other runs. `label` is the long
        name."""
        return self.own_path.name

    @property
    def label(self) -> str:
        """The run's long name: the framework's name if the folder's name is a number or an id; otherwise the folder's
        name, with parent folders if it says little: "lightning_logs/version_0". See `run_name`."""
        return self._newest.label

    # -- reading

    def refresh(self) -> int:
        """Read new rows. Returns their number; costs only the new bytes.

        After a rewrite of the file this waits up to half a second until the file no longer changes. It never raises
        because of a problem with a file: `anomalies` and `state` report it. If a link on the way to the run now leads
        to another run, that run is read from then on, and `anomalies` say so.
        """
        moves = self.moves
        new, self._rows_unreported = self._folders.refresh() + self._rows_unreported, 0
        self._was_read = True
        if self.moves != moves:
            self._begin_anew()
        return new

    def _begin_anew(self) -> None:
        """Forget everything about another run, to which a link led before."""

    def _read_first(self) -> None:
        """Read the files if that was not done: a run that was not read yet has rows and a state, too."""
        if not self._was_read:
            self._rows_unreported = self.refresh()

    @property
    def moves(self) -> int:
        """How often a link on the way to the run was pointed to another run."""
        return self._folders.moves

    @property
    def real_dir(self) -> Path:
        """The run's folder with links resolved, as it was read."""
        return Path(self._newest.real_path)

    @property
    def own_path(self) -> Path:
        """The real path that tells the run from others: its folder, or `folder/name` for a file `name.csv` beside those
        of other runs."""
        return self._newest.own_path

    def freeze(self) -> None:
        """Stop reading: the data so far stays, whatever happens to the files. They are closed, and the run can be sent
        to another process."""
        self._folders.freeze()

    @classmethod
    def frozen_at(cls, folder: FrozenFolder) -> Self:
        """A run that was read at once, like one that was followed and frozen."""
        run = cls.__new__(cls)
        run._process = None
        run._begin(RunFolders.frozen_at(folder, time.time))
        run._was_read = True
        return run

    @classmethod
    def joined(cls, runs: Sequence[Self]) -> Self:
        """Frozen runs as one run with an attempt each, the oldest first."""
        run = copy.copy(runs[-1])
        run._folders = copy.copy(run._folders)
        run._folders.take([folder for part in runs for folder in part._folders.every])
        return run

    def successors(self) -> list[Path]:
        """The folders (or files, if this run was given by its file) in which this run may continue.

        [] while it is alive; several if livemon cannot tell which: see `find_successors`.
        """
        self._read_first()
        return self._folders.successors(self._process)

    @property
    def named_file(self) -> Path | None:
        """The metrics' path in the run's folder, if the run was named by it, else None."""
        return self._folders.named_file

    def move_on(self, folder: str | os.PathLike[str], *, join: bool) -> None:
        """Follow another folder from now on: as a further attempt of this run, or instead of the present folder."""
        self._folders.move_on(Path(folder), join=join)

    def put_before(self, folders: Sequence[Path]) -> None:
        """Also read these folders, the oldest first, as earlier attempts of this run."""
        self._folders.put_before(folders)

    def audit(self, seconds: float = 60.0) -> list[Audit]:
        """Read the files again from their first bytes, line by line, and compare with the rows that were read as they
        grew.

        Args:
            seconds: The time limit for each folder; the rows that were read by then are compared.

        Returns:
            An audit for each folder with metrics; of a frozen run, that it was not done. Differences are counted among
            the `anomalies`, and from then on the run shows the rows of the file.
        """
        return self._folders.audit(seconds)

    def forget(self) -> None:
        """Drop the rows in the user's cache folder after the end of the run, except for rows that the writer
        deleted."""
        for source in self._folders.sources:
            source.forget()

    @property
    def tables(self) -> list[Table]:
        """All visible rows: attempts that the writer has deleted, the oldest first, then the file's own rows."""
        return self.columns.tables

    @property
    def rows_version(self) -> object:
        """A value that stays the same as long as the run has the same rows and anomalies. It costs nothing until the
        run is read again."""
        columns = self._folders.columns if self._was_read else self.columns  # hundreds of runs are asked for each board
        if self._version[0] is not columns:
            version = rows_version(self)
            self._version = columns, self._version[1] if version == self._version[1] else version
        return self._version[1]

    @property
    def began_again(self) -> list[float]:
        """When further attempts in the newest folder began, in its `time_elapsed_seconds`, if its recorder has noted
        it: a run that continues right after its last row leaves no other trace."""
        note = read_note(self.exp_dir)
        return [attempt.elapsed for attempt in (*note.earlier, note)[1:] if attempt.elapsed]

    @property
    def rewriting(self) -> bool:
        """Whether the writer is rewriting the file; until it is done, the rows from before are shown."""
        return any(source.rewriting for source in self._folders.sources)

    @property
    def anomalies(self) -> list[Anomaly]:
        """The irregularities: kind, file, line, message, count. The list is bounded; the counts are exact."""
        self._read_first()
        of_sources = [anomaly for source in self._folders.sources for anomaly in source.anomalies]
        return [*of_sources, *self._folders.anomalies.as_list()]

    @property
    def why_no_rows(self) -> str:
        """Why there are no rows, if known; "" if none has come yet."""
        if self.metrics_path is None:
            return why_no_metrics(self.given)
        ended = f"it has ended ({self.state_evidence}) and logged nothing" if self.ended else ""
        return why_refused(self.anomalies) or ended

    def note(self, kind: str, problem: str) -> None:
        """Count a lasting irregularity that is not in a file, such as missing file-system events. "": it is over."""
        self._folders.anomalies.set(kind, str(self.exp_dir), problem)
        self._version = None, self._version[1]

    # -- its state

    @property
    def pace(self) -> Pace:
        """When the newest row came, and the usual time between rows."""
        self._read_first()
        return self._newest.pace

    @property
    def state(self) -> State:
        """One of "waiting" (before the first row), "running", "stalled", "unknown", "finished", "stopped", "failed": a
        `livemon.states.State`, which is text."""
        return self._standing().state

    @property
    def reason(self) -> Reason | None:
        """Why the run stopped or failed: "interrupted", "on request", "pruned", "time limit", "preempted", "killed",
        "out of memory", "nan", "error"; "deleted" if its files were, and its state is unknown; else None."""
        return self._standing().reason

    @property
    def state_evidence(self) -> str:
        """The evidence for `state`, in words."""
        standing = self._standing()
        return (why_refused(self.anomalies) if standing.state == State.WAITING else "") or standing.evidence

    @property
    def ended(self) -> bool:
        """Whether the run is known to have ended: a marker says so, or its process is gone."""
        return self.state.has_ended or (self._process is not None and not self._process.alive)

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """A block in which the state of the run is determined only once. It takes no longer than a look."""
        if self._is_one_moment:
            yield
            return
        self._is_one_moment = True
        try:
            yield
        finally:
            self._is_one_moment, self._standing_then = False, None

    def _standing(self) -> Standing:
        if not self._is_one_moment:
            return self._find_standing()
        if self._standing_then is None:
            self._standing_then = self._find_standing()
        return self._standing_then

    def _find_standing(self) -> Standing:
        self._read_first()
        standing = self._folders.standing(self._process)
        if standing.state.has_ended and self._went_on:  # its last rows came before the end was reported
            self._rows_unreported = self.refresh()
            standing = self._folders.standing(self._process)
        self._went_on = not standing.state.has_ended
        return standing
