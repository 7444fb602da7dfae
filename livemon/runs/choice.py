"""Chooses the sources of a run to show, and what further ones add.

The first source with rows is preferred, together with the sources that continue the same metrics, as TensorBoard's
files do. A further source adds the metrics that no earlier source has, and the missing points of the others.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from livemon import wording
from livemon.runs.filling import Filling, counts_otherwise
from livemon.runs.merged_rows import MergedRows
from livemon.runs.source import Part
from livemon.tables.names import parse, split_in
from livemon.tables.table import Column, Table
from livemon.tables.x_axis import AXES, find_axis, is_axis

__all__ = ["Choice", "Supplement"]


class Supplement:
    """The metrics that a further source adds to a run, as a separate table.

    The columns are shared with the source's table, so later points are in both.

    Args:
        of: The source's table.
        metrics: name of a metric in the run -> its name in the source's table, which need not have it.
        main: The tables of the run's own rows. Unix times cannot be mixed with times since the run's start: if they
            differ, the metrics have no times.

    Attributes:
        table: The metrics, with the steps, epochs and times of the source's table.
    """

    def __init__(self, of: Table, metrics: Mapping[str, str], main: Sequence[Table] = ()) -> None:
        self.table = Table(is_supplement=True)
        self._of = of
        self._main = main
        self._metrics = {name: own for name, own in metrics.items() if own in of.columns}
        self._seen: dict[str, Column] | None = None  # the columns of the source's table at the last look
        self._size = -1, -1
        self.update()

    def update(self) -> None:
        """Follow the source's table after it was read."""
        columns, n_rows = self._of.columns, self._of.n_rows
        self.table.n_rows = n_rows
        size = len(columns), n_rows.bit_length()  # an axis may come late, or a column may turn out to be one
        if columns is self._seen and size == self._size:
            return
        self._seen, self._size = columns, size
        axes = {name: columns[name] for kind in AXES if (name := find_axis(kind, [self._of])) is not None
                and not (kind == "time" and counts_otherwise(self._of, self._main))}
        self.table.columns = axes | {name: columns[own] for name, own in self._metrics.items()}


@dataclass(frozen=True, slots=True)
class _Additions:
    """The additions of further sources.

    Attributes:
        supplements: Their metrics that are shown.
        names: path of a source -> the names under which its metrics are shown.
        duplicates: name of a hidden metric -> the shown metric with the same values.
        fillings: Their additions to the metrics of the preferred sources, with the sources.
    """

    supplements: list[Supplement] = field(default_factory=list)
    names: dict[Path, list[str]] = field(default_factory=dict)
    duplicates: dict[str, str] = field(default_factory=dict)
    fillings: list[tuple[Sequence[Part], Filling]] = field(default_factory=list)


class Choice:
    """The rows and metrics of a folder's sources that are shown.

    Attributes:
        main: The preferred sources, the oldest first; without rows simply the first source.
        further: The other sources.
        tables: The rows of the preferred sources, the oldest first: attempts that the writer has deleted, then its own
            rows, completed by rows of further sources.
        filled: path of a further source -> the number of those rows.
    """

    def __init__(self) -> None:
        self.main: Sequence[Part] = ()
        self.further: Sequence[Part] = ()
        self.tables: list[Table] = [Table()]
        self.filled: dict[Path, int] = {}
        self._copies: Collection[Path] = ()
        self._added = _Additions()
        self._added_for: object = None
        self._merged = MergedRows()
        self._nothing = Table()

    def update(self, sources: Sequence[Part], copies: Collection[Path] = ()) -> None:
        """Choose again after the sources were listed or read. Call `complete` afterwards.

        Args:
            sources: All sources, the preferred format first.
            copies: The paths of sources that are copies of others.
        """
        self.main = _preferred([source for source in sources if source.path not in copies])
        self._copies = copies
        self.further = [source for source in sources if source not in self.main]

    def complete(self) -> None:
        """Add the content of further sources, after retracted rows have been marked."""
        tables = [table for source in self.main for table in source.tables] or [self._nothing]
        further = [source for source in self.further if source.n_rows and source.path not in self._copies]
        if not further:
            self.tables, self.filled, self._added, self._added_for = tables, {}, _Additions(), None
            return
        state = [(id(table), _count_metrics(table)) for source in (*self.main, *further) for table in source.tables]
        if state != self._added_for:
            self._added_for = state
            self._added = _added_by(further, self.main, tables)
        for supplement in self._added.supplements:
            supplement.update()
        rows, self.filled = [], {}
        for sources, filling in self._added.fillings:
            rows += (new := filling.update())
            if new:
                self.filled[sources[0].path] = sum(len(newcomer.x) for newcomer in new)
        self.tables = self._merged.update(tables, rows)

    def frozen(self, sources: Mapping[Path, Part]) -> Choice:
        """The present choice, for sources that are no longer read."""
        choice = copy.copy(self)
        choice.main = [sources[source.path] for source in self.main]
        choice.further = [sources[source.path] for source in self.further]
        choice._added = replace(self._added, fillings=[])
        choice._added_for, choice._merged = None, MergedRows()
        return choice

    def rows_of_main(self) -> list[tuple[Part, Table]]:
        """Each preferred source, with its own rows and the rows added to them."""
        number, parts = -1, []
        for source in self.main:
            number += len(source.tables)
            parts.append((source, self.tables[number]))
        return parts

    @property
    def supplements(self) -> list[Table]:
        """The metrics that only further sources have."""
        return [supplement.table for supplement in self._added.supplements]

    @property
    def own(self) -> Table:
        """The newest preferred source's own rows."""
        return self.main[-1].own if self.main else self._nothing

    @property
    def duplicates(self) -> Mapping[str, str]:
        """Duplicate metric names -> the name under which the metric is shown."""
        return self._added.duplicates

    @property
    def shown(self) -> list[Part]:
        """The sources that are shown at least in part."""
        return [*self.main, *(source for source in self.further if self._added.names.get(source.path)
                              or source in self._filling)]

    @property
    def leading(self) -> list[Part]:
        """The sources whose rows show the run's progress: the preferred sources, and those that add rows to them."""
        return [*self.main, *self._filling]

    @property
    def _filling(self) -> list[Part]:
        parts = [source.path for sources, _ in self._added.fillings for source in sources
                 if sources[0].path in self.filled]
        return [source for source in self.further if source.path in parts or source.path in self.filled]

    def in_words(self, folder: Path) -> str:
        """A description of the shown sources and metrics of a run's folder; "" if there is no choice."""
        if not self.further:
            return ""
        shown = self.shown
        parts = [f"reading {wording.listed([_called(source, folder) for source in self.main], 5)}"]
        for source in self.further:
            if names := self._added.names.get(source.path):
                parts.append(f"{wording.listed(names, 5)} from {_called(source, folder)}{self._where_drawn(source)}")
            if count := self.filled.get(source.path):
                parts.append(f"{count:,} further {'row' if count == 1 else 'rows'} from {_called(source, folder)}")
        if silent := [_called(source, folder) for source in self.further if source not in shown]:
            parts.append(f"ignoring {wording.listed(silent, 5)}")
        return "; ".join(parts)

    def _where_drawn(self, source: Part) -> str:
        """Where the metrics of a further source are drawn, unless beside the others; else ""."""
        own, main = ([kind for kind in ("step", "epoch") if find_axis(kind, tables)]
                     for tables in (source.tables, self.tables))
        if not main or not own or main[0] in own:
            return ""
        return f" (which says no {main[0]}: --x {own[0]} shows it)"


def _preferred(sources: Sequence[Part]) -> Sequence[Part]:
    if len(sources) < 2:
        return sources
    first = next((source for source in sources if source.n_rows), sources[0])
    joined = first.format if first.format.attempts else None  # its sources are attempts at the same metrics
    return [source for source in sources if source is first or source.format is joined]


def _logs(sources: Sequence[Part]) -> list[list[Part]]:
    """The sources, grouped if they are attempts at the same metrics."""
    logs: dict[object, list[Part]] = {}
    for source in sources:
        logs.setdefault(source.format.name if source.format.attempts else source.path, []).append(source)
    return list(logs.values())


def _added_by(further: Sequence[Part], main: Sequence[Part], tables: Sequence[Table]) -> _Additions:
    """The additions of further sources. Files of the same name with different data (train.csv, eval.csv) both have a
    `loss`: the loss of the further file gets a name made from the file's name."""
    added = _Additions()
    own = dict.fromkeys(name for source in main for name in _metrics(source))
    taken = {name: name for table in tables for name, column in table.columns.items() if column.numeric}
    taken |= {spelling: name for source in main for name in _metrics(source)
              for spelling in source.format.spellings(name)}
    mine = list(tables)
    for log in _logs(further):
        shown: dict[str, str] = {}
        lacking: dict[str, str] = {}
        first_with = {name: source for source in reversed(log) for name in _metrics(source)}
        for name in dict.fromkeys(name for source in log for name in _metrics(source)):
            source = first_with[name]
            same = next((taken[spelling] for spelling in source.format.spellings(name) if spelling in taken), None)
            by_file = _name_by_file(source, name)
            if same is None:
                shown[name] = name
            elif by_file and by_file not in taken:
                shown[by_file] = name
            else:
                if name not in taken:
                    added.duplicates[name] = same
                if same in own:
                    lacking[name] = same
        form = log[0].format
        taken |= {spelling: name for name in shown for spelling in (name, *form.spellings(name))}
        for source in log:
            names = set(_metrics(source))
            added.supplements.extend(Supplement(table, shown, tables) for table in source.tables if shown)
            added.names[source.path] = [name for name, its in shown.items() if its in names]
        if lacking:
            theirs = [table for source in log for table in source.tables]
            added.fillings.append((log, Filling(mine, theirs, lacking)))
    return added


def _name_by_file(source: Part, name: str) -> str:
    """The name of a metric whose name another file has: `val/loss` for the `loss` of eval.csv; else ""."""
    split = split_in(source.path.stem)
    return f"{split}/{name}" if split and not parse(name).split else ""


def _metrics(source: Part) -> list[str]:
    """The metrics of a source that have points, without x columns."""
    names = {name: None for table in source.tables for name, column in table.columns.items() if column.numeric}
    return [name for name in names if not is_axis(name, source.tables)]


def _count_metrics(table: Table) -> int:
    return sum(column.numeric for column in table.columns.values())


def _called(source: Part, folder: Path) -> str:
    """The name of a source in messages: relative to the run's folder, or its format if it is the folder itself."""
    if source.path == folder:
        return f"{source.format.name}'s files"
    try:
        return source.path.relative_to(folder).as_posix()
    except ValueError:
        return source.path.name
