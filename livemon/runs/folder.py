"""One folder of a run: its sources are searched until there are some, and then followed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from livemon.readers.encodings.sqlite import seconds_waited
from livemon.readers.registry import format_of
from livemon.runs.audit import Audit, together
from livemon.runs.choice import Choice
from livemon.runs.closing_checkpoint import judge_with_checkpoint
from livemon.runs.copies import Copies
from livemon.runs.discovery import Found, find_run, nothing_there, run_at, run_folder
from livemon.runs.liveness import Pace, judge
from livemon.runs.notes import DELETED_NAME, earlier_files
from livemon.runs.own_path import own_path
from livemon.runs.planned_end import NOTHING_PLANNED, Planned, reached
from livemon.runs.run_name import long_name
from livemon.runs.source import Part, Source
from livemon.states import Reason, Standing, State
from livemon.tables.table import Table

__all__ = ["RunFolder", "newest_pace", "open_folder"]

SEARCH_REST = 20.0  # times the duration of the last search
SEARCH_SECONDS = 1.0  # between two searches for further sources, at least
LOOK_AGAIN_SECONDS = 5.0  # a file that was empty when it was found can be recognised later


class RunFolder:
    """One folder of a run, read while it grows.

    Args:
        given: The folder, a metrics file, a run in a database (`database/run`), or a parent folder, which stands for
            its newest run.
        clock: The time in unix seconds.
        remember: Whether to keep the rows, so that they are still there if the writer deletes them and livemon is
            started again.
        header: The column names of a file that has only numbers.

    Raises:
        FileNotFoundError: There is nothing at the path.
        ValueError: The named file does not have as many columns as there are names.

    Attributes:
        given, header: The arguments.
        path: The run's folder, or `database/run`.
        sources: The sources of its metrics, the preferred format first.
        others: The number of other runs below `given`.
        choice: The sources that are shown, with their metrics.
        earlier: Files with rows that were deleted here; they are shown from there, and only once.
        real_paths: path -> where it led when it was opened: for the given folder, the run's folder, the folders of its
            sources, and sources that are links.
    """

    def __init__(
        self, given: Path, clock: Callable[[], float], *, remember: bool = False, header: Sequence[str] = ()
    ) -> None:
        if not os.path.exists(given) and run_at(given) is None:
            raise FileNotFoundError(nothing_there(given))
        if header and os.path.isfile(given):
            _check_header(given, header)
        self.given = given
        self.header = tuple(header)
        self.path = run_folder(given) if os.path.isfile(given) else given
        self._own = own_path(given) if os.path.isfile(given) else None
        self.sources: list[Source] = []
        self.others = 0
        self.choice = Choice()
        self._copies = Copies()
        self.earlier: Sequence[RunFolder] = ()
        self._clock = clock
        self._remember = remember
        self._search_from = 0.0
        self._searched_at = 0.0
        self._took = 0.0  # the seconds of the search before
        self._looked_in: dict[Path, int | None] = {}  # folder -> the time of its last change, in ns
        self.real_paths = {self.path: os.path.realpath(self.path)}
        self._find()
        self.choice.update(self.sources)
        self.choice.complete()

    def refresh(self) -> int:
        """Read new rows. Returns their number; see `ExperimentLoader.refresh`."""
        self._find()
        new = {source.path: 0 if self._has_better(source) else source.refresh() for source in self.sources}
        for source in self.sources:
            source.kept_elsewhere = [table for folder in self.earlier for table in folder.choice.tables]
        copies = self._copies.update(self.sources)
        self.sources = [source for source in self.sources if not (source.gone and source.path in copies)]
        self.choice.update([source for source in self.sources if not self._has_better(source)], copies)
        self._take_back()
        self.choice.complete()
        return sum(new[source.path] for source in self.choice.main)

    def _has_better(self, source: Source) -> bool:
        """Whether a source of last resort is useless because another one has rows: then it is not even read."""
        return source.format.last_resort and any(
            other.n_rows for other in self.sources if not other.format.last_resort)

    @property
    def real_path(self) -> str:
        """The run's folder with links resolved, when it was opened."""
        return self.real_paths.get(self.path) or os.path.realpath(self.path)

    @property
    def own_path(self) -> Path:
        """The real path that tells the run from others: its folder, or a name in it; see `own_path.own_path`."""
        if self._own is None or self._own.parent != self.path:
            return Path(self.real_path)
        return Path(self.real_path, self._own.name)

    def leads_elsewhere(self) -> bool:
        """Whether a link on the way to the sources now points to another run. A broken link is waited for."""
        for path, real in self.real_paths.items():
            now = os.path.realpath(path)
            if now != real and (os.path.exists(now) or os.path.isfile(os.path.dirname(now))):
                return True
        return False

    # -- the sources

    def open_earlier(self) -> bool:
        """Open the files of earlier attempts that are not yet open: the run may be resumed in its folder while it is
        followed. Returns whether `earlier` has changed."""
        files = earlier_files(self.path)
        if os.path.isfile(self.given) and self.given.name != DELETED_NAME:  # the rows of another file were deleted
            files = []
        known = {folder.given: folder for folder in self.earlier}
        if files == list(known):
            return False
        self.earlier = [known.get(file) or RunFolder(file, self._clock, remember=self._remember) for file in files]
        return True

    def _find(self) -> None:
        """Search for sources, but do not search a large tree all the time. Waiting for a database does not count as
        searching."""
        if time.monotonic() < self._search_from or (self.sources and not self._may_have_more()):
            return
        started = time.monotonic() - seconds_waited()
        run = self._find_again() if self.sources else self._find_first()
        before, self._took = self._took, time.monotonic() - seconds_waited() - started
        took = min(before, self._took)  # a single slow search imported readers; a large tree is slow again
        rest = SEARCH_REST * took if took > 0.05 else 0.0
        self._searched_at = time.monotonic()
        self._search_from = self._searched_at + max(rest, SEARCH_SECONDS if self.sources else 0.0)
        if run is not None:
            self._open(run)
            self.real_paths = _real_paths(self.path, self.sources, self.real_paths)

    def _find_first(self) -> Found | None:
        at_path = find_run(self.given, self.header)
        if at_path is None:
            return None
        run, self.others = at_path
        self.path = run.path
        return run

    def _find_again(self) -> Found | None:
        """The run with its present sources. A parent folder may turn out to be the run itself: that of Hugging Face's
        trainer has event files below it before it has a checkpoint."""
        above = run_at(self.given, self.header) if self.given != self.path else None
        if above is not None and {source.path for source in self.sources} <= {path for _, path in above.sources}:
            self.path = above.path
            return above
        return run_at(self.path, self.header)

    def _may_have_more(self) -> bool:
        """Whether a folder with sources has changed, or it is time to look again."""
        if not os.path.isdir(self.given):
            return False
        if time.monotonic() - self._searched_at > LOOK_AGAIN_SECONDS:
            return True
        return any(_changed(folder) != before for folder, before in self._looked_in.items())

    def _open(self, run: Found) -> None:
        known = {source.path: source for source in self.sources}
        opened = [
            known[path] if path in known else Source(form, path, self._clock, folder=self.path, remember=self._remember)
            for form, path in run.sources
        ]
        for index, source in enumerate(self.sources):  # one that has gone keeps its position: its rows were shown
            if source not in opened and source.path.parent not in (other.path for other in opened):  # it is read there
                opened.insert(index, source)
        self.sources = opened
        self._looked_in = {folder: _changed(folder) for folder in (*run.looked_in, self.given)}

    def _take_back(self) -> None:
        """Mark the rows that a source says were retracted: its own, and those of earlier sources."""
        before: dict[tuple[str, Path], list[Table]] = {}  # format and folder: a writer retracts rows in its own folder
        for source in (*self.choice.main, *self.choice.further):
            earlier = before.setdefault((source.format.name, source.path.parent), [])
            if purges := source.facts.purges:
                source.own.retracted = tuple((purge.row, purge.step) for purge in purges)
                for table in earlier:
                    _take_back_all(table, min(purge.step for purge in purges))
            earlier += source.tables

    # -- what is shown

    @property
    def tables(self) -> list[Table]:
        """All visible rows, the oldest first, after the metrics that only further sources have."""
        return [*self.choice.supplements, *self.choice.tables]

    @property
    def label(self) -> str:
        """See `ExperimentLoader.label`."""
        return long_name(self.own_path, next((source.facts.name for source in self.sources if source.facts.name), ""))

    @property
    def pace(self) -> Pace:
        """The time of the newest row, and the usual time between rows."""
        return newest_pace(self.choice.leading)

    def state(self, pace: Pace | None = None, planned: Planned = NOTHING_PLANNED) -> Standing:
        """The state of the run.

        Args:
            pace: Its pace, if known.
            planned: Its planned length.
        """
        facts = [facts for source in self.sources
                 if (facts := source.facts).state is None or not self._went_on_after(source)]
        written = max((source.written or 0.0 for source in self.choice.leading), default=0.0) or None
        n_rows = sum(source.n_rows for source in self.sources)
        at_end = reached(self.choice.tables, planned)
        standing = judge(self.path, facts, written, n_rows, pace or self.pace, self._clock(), at_end)
        if n_rows and not standing.state.has_ended and all(source.gone for source in self.sources):
            what = "its metrics were deleted" if os.path.isdir(self.path) else "its folder was deleted"
            return Standing(State.UNKNOWN, Reason.DELETED, f"{what}; the rows stay")
        return judge_with_checkpoint(standing, self.path, self.choice.tables, planned)

    def _went_on_after(self, source: Source) -> bool:
        """Whether a later part of the run has newer rows than a part: then the end of that part is not the run's."""
        if not source.format.attempts:
            return False
        later = self.sources[self.sources.index(source) + 1 :]
        return any(part.format is source.format and part.n_rows and _comes_after(part, source) for part in later)

    def audit(self, seconds: float) -> Audit | None:
        """Read the visible sources again and compare; see `Source.audit`. None if there are none."""
        shown = [source for source in self.sources if source in self.choice.shown]
        if shown and self.leads_elsewhere():
            return Audit(sum(source.own.n_rows for source in shown), 0, problem=f"{self.path} now leads to another run")
        audits = [source.audit(seconds / len(shown)) for source in shown]
        self.choice.complete()  # differences were corrected
        return together(audits) if shown else None


def newest_pace(sources: Sequence[Part]) -> Pace:
    """The pace of the source with the newest row."""
    paces = [source.pace for source in sources]
    return max(paces, key=lambda pace: pace.last_row_at or 0.0, default=Pace(None, None))


def open_folder(
    path: Path, clock: Callable[[], float], *, remember: bool = False, header: Sequence[str] = ()
) -> list[RunFolder]:
    """A folder, after the files in which our callback has kept the rows that the framework deleted there."""
    folder = RunFolder(path.expanduser(), clock, remember=remember, header=header)
    folder.open_earlier()
    return [*folder.earlier, folder]


def _check_header(file: Path, header: Sequence[str]) -> None:
    """Raise ValueError if these names do not fit the columns of a file without a header."""
    from livemon.readers.headerless import Headerless

    if isinstance(form := format_of(file, header), Headerless):
        form.check(file)


def _comes_after(part: Source, earlier: Source) -> bool:
    """Whether the newest row of a part came after that of an earlier one, judged by their times."""
    last, before = part.last_row_at, earlier.last_row_at
    return last is None or before is None or last > before


def _take_back_all(table: Table, step: int) -> None:
    """Mark all of a table's rows at this step and above as retracted."""
    retracted = (table.n_rows, step)
    if retracted not in table.retracted:
        table.retracted = (*(retraction for retraction in table.retracted if retraction[1] < step), retracted)


def _real_paths(folder: Path, sources: Sequence[Source], known: Mapping[Path, str]) -> dict[Path, str]:
    """See `RunFolder.real_paths`; known paths stay."""
    paths = [folder, *(source.path.parent for source in sources if source.path != folder)]
    links = (source.path for source in sources if os.path.islink(source.path))
    return {**known, **{path: os.path.realpath(path) for path in dict.fromkeys([*paths, *links]) if path not in known}}


def _changed(folder: Path) -> int | None:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return None
