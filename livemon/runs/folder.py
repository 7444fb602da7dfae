"""One folder of a run: its sources, looked for until there are some, and followed; which metrics are taken of each."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from livemon import wording
from livemon.readers.base import Facts
from livemon.readers.encodings.sqlite import seconds_waited
from livemon.runs.audit import Audit, together
from livemon.runs.discovery import Found, find_run, nothing_there, run_at, run_folder
from livemon.runs.liveness import Pace, State, judge
from livemon.runs.source import Source
from livemon.tables.anomalies import Anomaly
from livemon.tables.names import parse, split_in
from livemon.tables.records import in_calls
from livemon.tables.table import Column, Table
from livemon.tables.x_axis import AXES, find_axis, is_axis

__all__ = ["RunFolder"]

SEARCH_REST = 20.0  # times what the last search took
SEARCH_SECONDS = 1.0  # from one search for further sources to the next, at least
LOOK_AGAIN_SECONDS = 5.0  # A file that was empty when it was found says what it is later.


class RunFolder:
    """One folder of a run, read while it grows.

    Where several files tell of one run, the metrics of the first are shown, and of the others those that it does not
    have. Files that go on with the same metrics, as TensorBoard's do, count as one.

    Args:
        given: The folder, a metrics file, a run in a database (`database/run`), or a folder above: then the newest run
            below it is meant.
        clock: Unix seconds.
        remember: Keep what is read, so that it is still there when the writer deletes it and livemon starts again.

    Raises:
        FileNotFoundError: There is nothing at the path.

    Attributes:
        given: As above.
        path: The run's folder, or `database/run`.
        sources: What its metrics are read from, the preferred format first.
        others: How many more runs there are below `given`.
        earlier: Files in which rows are that were deleted here; they are shown from there, and not once more.
    """

    def __init__(self, given: Path, clock: Callable[[], float], *, remember: bool = False) -> None:
        if not os.path.exists(given) and run_at(given) is None:
            raise FileNotFoundError(nothing_there(given))
        self.given = given
        self.path = run_folder(given) if os.path.isfile(given) else given
        self.sources: list[Source] = []
        self.others = 0
        self.earlier: Sequence[RunFolder] = ()
        self._clock = clock
        self._remember = remember
        self._search_from = 0.0
        self._searched_at = 0.0
        self._looked_in: dict[Path, int | None] = {}  # folder -> when it was changed, in ns
        self._added: list[Part] = []  # the metrics that only further formats have
        self._added_for: object = None
        self._says: dict[Path, list[str]] = {}  # the metrics that are taken of a further source
        self._hidden: dict[str, str] = {}  # name of a metric that is not taken -> the one that says the same
        self._nothing = Table()
        self._find()

    def refresh(self) -> int:
        """Read what is new. Returns the number of rows that came; see `ExperimentLoader.refresh`."""
        self._find()
        new = [source.refresh() for source in self.sources]
        for source in self.sources:
            source.kept_elsewhere = [table for one in self.earlier for table in one.main_tables]
        self._take_back()
        self._choose()
        main = self._main
        return sum(count for source, count in zip(self.sources, new, strict=True) if source in main)

    # -- which sources there are

    def _find(self) -> None:
        """Look for sources; a large tree is not searched all the time. Waiting for a database is no searching."""
        if time.monotonic() < self._search_from or (self.sources and not self._may_have_more()):
            return
        started = time.monotonic() - seconds_waited()
        found = self._find_again() if self.sources else self._find_first()
        took = time.monotonic() - seconds_waited() - started
        rest = SEARCH_REST * took if took > 0.05 else 0.0
        self._searched_at = time.monotonic()
        self._search_from = self._searched_at + max(rest, SEARCH_SECONDS if self.sources else 0.0)
        if found is not None:
            self._open(found)

    def _find_first(self) -> Found | None:
        found = find_run(self.given)
        if found is None:
            return None
        run, self.others = found
        self.path = run.path
        return run

    def _find_again(self) -> Found | None:
        """The run with the sources that it has now. A folder above may have turned out to be the run itself: that of
        Hugging Face's trainer has event files below it before it has a checkpoint."""
        above = run_at(self.given) if self.given != self.path else None
        if above is not None and {source.path for source in self.sources} <= {path for _, path in above.sources}:
            self.path = above.path
            return above
        return run_at(self.path)

    def _may_have_more(self) -> bool:
        """Whether a folder in which sources were found has changed since, or it is time to look again."""
        if not os.path.isdir(self.given):
            return False
        if time.monotonic() - self._searched_at > LOOK_AGAIN_SECONDS:
            return True
        return any(_changed(folder) != before for folder, before in self._looked_in.items())

    def _open(self, found: Found) -> None:
        known = {source.path: source for source in self.sources}
        opened = [
            known[path] if path in known else Source(one, path, self._clock, folder=self.path, remember=self._remember)
            for one, path in found.sources
        ]
        for place, source in enumerate(self.sources):  # One that has gone stays where it was: its rows were shown.
            if source not in opened:
                opened.insert(place, source)
        self.sources = opened
        self._looked_in = {folder: _changed(folder) for folder in (*found.looked_in, self.given)}

    def _take_back(self) -> None:
        """Mark what a source says that the run took back: of its own rows, and of those of the sources before it."""
        before: dict[Path, list[Table]] = {}  # folder -> what lies in it: a writer takes back what is in its own
        for source in self._main:
            earlier = before.setdefault(source.path.parent, [])
            if purges := source.facts.purges:
                source.own.retracted = tuple((purge.row, purge.step) for purge in purges)
                for table in earlier:
                    _take_back_all(table, min(purge.step for purge in purges))
            earlier += source.tables

    # -- which of their metrics are taken

    @property
    def _main(self) -> list[Source]:
        """The first source that has rows, with those that go on with it; while there are no rows, the first at all."""
        if len(self.sources) < 2:
            return self.sources
        first = next((source for source in self.sources if source.n_rows), self.sources[0])
        return [source for source in self.sources if _same_story(source, first)]

    def _further(self) -> list[Source]:
        """The sources that tell something else, or the same once more."""
        main = self._main
        return [source for source in self.sources if source not in main]

    def _choose(self) -> None:
        """Find the metrics that only further sources have."""
        if len(self.sources) < 2:
            return
        further = [source for source in self._further() if source.n_rows]
        key = [(id(table), _numeric(table)) for source in (*self._main, *further) for table in source.tables]
        if not further or key == self._added_for:
            return
        self._added_for = key
        self._added, self._hidden, self._says = [], {}, {}
        taken = {spelling: name for source in self._main for name in _metrics(source)
                 for spelling in source.format.spellings(name)}
        for source in further:
            shown: dict[str, str] = {}
            for name in _metrics(source):
                spellings = source.format.spellings(name)
                same = next((taken[spelling] for spelling in spellings if spelling in taken), None)
                other = _name_by_file(source, name)
                if same is not None and not (other and other not in taken):
                    self._hidden |= {} if name in taken else {name: same}
                    continue
                shown[other if same is not None else name] = name
            taken |= {spelling: name for name in shown for spelling in (name, *source.format.spellings(name))}
            if shown:
                self._added += [Part(table, shown) for table in source.tables]
            self._says[source.path] = list(shown)

    @property
    def choice(self) -> str:
        """Where several files tell of the run: which of them are shown, in words; "" where there is one."""
        further = self._further()
        if not further:
            return ""
        parts = [f"metrics from {wording.listed([self._called(source) for source in self._main], 5)}"]
        for source in further:
            if says := self._says.get(source.path):
                parts.append(f"{wording.listed(says, 5)} from {self._called(source)}" + self._placed(source))
        if silent := [self._called(source) for source in further if not self._says.get(source.path)]:
            parts.append(f"not from {wording.listed(silent, 5)}")
        return "; ".join(parts)

    def _called(self, source: Source) -> str:
        """What people call a source: its name in the run's folder, or its format where it is the folder itself."""
        if source.path == self.path:
            return f"{source.format.name}'s files"
        try:
            return source.path.relative_to(self.path).as_posix()
        except ValueError:
            return source.path.name

    def _placed(self, source: Source) -> str:
        """Where the metrics of a further source are drawn, if not beside the others; "" if so."""
        own, main = ([kind for kind in ("step", "epoch") if find_axis(kind, tables)]
                     for tables in (source.tables, self.main_tables))
        if not main or not own or main[0] in own:
            return ""
        return f" (which says no {main[0]}: --x {own[0]} shows it)"

    @property
    def format_name(self) -> str:
        """What the preferred format is called; "" while there is no source."""
        return self._main[0].format.name if self.sources else ""

    @property
    def hidden(self) -> dict[str, str]:
        """Names that further files have for metrics that are shown -> the name that is shown."""
        return self._hidden

    # -- what is on show

    @property
    def has_metrics(self) -> bool:
        """Whether a source was found."""
        return bool(self.sources)

    @property
    def metrics_path(self) -> Path | None:
        """The main source; None while there is none."""
        return self._main[0].path if self.sources else None

    @property
    def files(self) -> list[Path]:
        """The files that are read."""
        return [file for source in self.sources for file in source.files]

    @property
    def tables(self) -> list[Table]:
        """All rows on show, the oldest first; in front of them the metrics that only further formats have."""
        return [*self.added_tables, *self.main_tables]

    @property
    def added_tables(self) -> list[Table]:
        """The metrics that only further formats have."""
        return [*self._added]

    @property
    def main_tables(self) -> list[Table]:
        """The rows of the preferred format, oldest first: attempts that the writer has deleted, then what is there."""
        return [table for source in self._main for table in source.tables] or [self._nothing]

    @property
    def own_tables(self) -> list[Table]:
        """As the sources of the preferred format have them now; single records of one call as one row."""
        return [in_calls(source.own) if source.format.records else source.own for source in self._main]

    @property
    def own(self) -> Table:
        """The newest of them."""
        return self._main[-1].own if self.sources else self._nothing

    @property
    def rewriting(self) -> bool:
        """Whether a writer is rewriting a file; the rows from before are on show meanwhile."""
        return any(source.rewriting for source in self.sources)

    @property
    def anomalies(self) -> list[Anomaly]:
        """What was odd."""
        return [anomaly for source in self.sources for anomaly in source.anomalies]

    @property
    def facts(self) -> list[Facts]:
        """What the sources say beside the metrics, the preferred first."""
        return [source.facts for source in self.sources]

    @property
    def pace(self) -> Pace:
        """When the newest row came, and how often one usually does."""
        paces = [source.pace for source in self._main]
        return max(paces, key=lambda pace: pace.last_row_at or 0.0, default=Pace(None, None))

    def state(self) -> tuple[State, str]:
        """How the run stands, and the evidence in words."""
        written = max((source.written or 0.0 for source in self._main), default=0.0) or None
        n_rows = sum(source.n_rows for source in self.sources)
        return judge(self.path, self.facts, written, n_rows, self.pace, self._clock())

    def audit(self, seconds: float) -> Audit | None:
        """Read the sources that are shown again and compare; see `Source.audit`. None: there are none."""
        shown = [*self._main, *(source for source in self._further() if self._says.get(source.path))]
        return together([source.audit(seconds / len(shown)) for source in shown]) if shown else None

    def forget(self) -> None:
        """The run has ended: what was kept for a restart is needed no more."""
        for source in self.sources:
            source.forget()


class Part(Table):
    """Some metrics of a table, with its steps, epochs and times.

    The columns are the table's own: what it takes in is here, too.

    Args:
        table: The table.
        metrics: name of a metric in the run -> its name in the table; those that it does not have are left out.

    Attributes:
        metrics: As above.
    """

    further = True

    def __init__(self, table: Table, metrics: Mapping[str, str]) -> None:
        self.metrics = {name: own for name, own in metrics.items() if own in table.columns}
        self._table = table
        self._of: dict[str, Column] = {}  # the columns of the table when they were looked at
        self._size = -1, -1  # how many they were then, and the order of magnitude of the rows: axes may come late
        self._columns: dict[str, Column] = {}

    @property
    def columns(self) -> dict[str, Column]:  # type: ignore[override]
        """name -> Column."""
        of = self._table.columns
        size = len(of), self.n_rows.bit_length()
        if of is self._of and size == self._size:
            return self._columns
        axes = {name: of[name] for kind in AXES if (name := find_axis(kind, [self._table])) is not None}
        self._columns = axes | {name: of[own] for name, own in self.metrics.items()}
        self._of, self._size = of, size
        return self._columns

    @property
    def n_rows(self) -> int:  # type: ignore[override]
        """The table's rows."""
        return self._table.n_rows


def _take_back_all(table: Table, step: int) -> None:
    """All of a table's rows at this step and above are taken back."""
    retracted = (table.n_rows, step)
    if retracted not in table.retracted:
        table.retracted = (*(one for one in table.retracted if one[1] < step), retracted)


def _same_story(source: Source, other: Source) -> bool:
    """Whether two sources of a run are attempts at the same metrics."""
    return source is other or (source.format is other.format and source.format.attempts)


def _name_by_file(source: Source, name: str) -> str:
    """What a metric is called whose name another file has: `val/loss` for the `loss` of eval.csv; "" for others."""
    split = split_in(source.path.stem)
    return f"{split}/{name}" if split and not parse(name).split else ""


def _metrics(source: Source) -> list[str]:
    """The metrics of a source that have points, x columns left out."""
    found = {name: None for table in source.tables for name, column in table.columns.items() if column.numeric}
    return [name for name in found if not is_axis(name, source.tables)]


def _numeric(table: Table) -> int:
    return sum(column.numeric for column in table.columns.values())


def _changed(folder: Path) -> int | None:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return None
