"""A run as it was read once: it never changes, whatever happens to its files.

Comparisons ask each run several times, and need the same rows each time. A frozen run has no open files, and can be
sent to another process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from livemon.readers.base import Facts, Format
from livemon.runs.audit import Audit
from livemon.runs.choice import Choice
from livemon.runs.folder import RunFolder, newest_pace
from livemon.runs.liveness import Pace
from livemon.runs.planned_end import NOTHING_PLANNED, Planned
from livemon.runs.project import ProjectSettings
from livemon.runs.settings import FrozenSettings, RunSettings
from livemon.runs.source import Part
from livemon.states import Standing
from livemon.tables.anomalies import Anomalies, Anomaly
from livemon.tables.table import Table

__all__ = ["Folder", "FrozenFolder", "FrozenSource"]

_FROZEN = "the run is kept as it was read; open it again to compare it with its files"


@dataclass(frozen=True)
class FrozenSource:
    """One source as it was read; see `Source`."""

    format: Format
    path: Path
    tables: list[Table]
    own: Table
    n_rows: int
    rewriting: bool
    facts: Facts
    files: Sequence[Path]
    written: float | None
    anomalies: list[Anomaly]
    pace: Pace

    @classmethod
    def of(cls, source: Part) -> FrozenSource:
        """A source in its present state."""
        return cls(source.format, source.path, source.tables, source.own, source.n_rows, source.rewriting, source.facts,
                   tuple(source.files), source.written, source.anomalies, source.pace)

    def forget(self) -> None:
        """Does nothing: nothing was kept of it in the user's cache folder."""


@dataclass(frozen=True)
class FrozenFolder:
    """One folder of a run as it was read; see `RunFolder`."""

    given: Path
    path: Path
    real_path: str
    own_path: Path
    sources: list[FrozenSource]
    others: int
    choice: Choice
    earlier: Sequence[FrozenFolder]
    label: str
    pace: Pace
    settings: FrozenSettings
    anomalies: Anomalies
    standing: Standing
    project: ProjectSettings | None = None  # None: not yet looked for

    @classmethod
    def of(cls, folder: RunFolder, earlier: Mapping[int, FrozenFolder]) -> FrozenFolder:
        """A folder in its present state; `earlier`: the folders frozen before it, by the id of each."""
        sources = {source.path: FrozenSource.of(source) for source in folder.sources}
        choice = folder.choice.frozen(sources)
        anomalies = Anomalies()
        settings = RunSettings(folder, anomalies).frozen()
        pace = newest_pace(choice.leading)
        return cls(folder.given, folder.path, folder.real_path, folder.own_path, list(sources.values()),
                   folder.others, choice, [earlier[id(part)] for part in folder.earlier], folder.label, pace, settings,
                   anomalies, folder.state(pace, settings.planned))

    @property
    def tables(self) -> list[Table]:
        """All rows, the oldest first, after the metrics that only further sources have."""
        return [*self.choice.supplements, *self.choice.tables]

    def refresh(self) -> int:
        """Does nothing: no rows come any more."""
        return 0

    def state(self, pace: Pace | None = None, planned: Planned = NOTHING_PLANNED) -> Standing:
        """The state of the run when it was read."""
        return self.standing

    def audit(self, seconds: float) -> Audit | None:
        """An audit that was not done: the rows are those of one moment, and the present files do not matter."""
        rows = sum(table.n_rows for table in self.choice.tables)
        return Audit(rows, 0, problem=_FROZEN) if rows else None


Folder = RunFolder | FrozenFolder
