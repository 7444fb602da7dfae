"""Special runs: empty ones, duplicates, and runs that went on in another folder."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from livemon import wording
from livemon.analysis.run_set.name_settings import VARIANT
from livemon.analysis.run_set.reading import Study, Task
from livemon.analysis.run_set.resumed import Resumed, evidence_of, find_resumed
from livemon.analysis.run_set.settings import as_compared, settings_of, without_noise
from livemon.runs.config import read_config
from livemon.runs.continuation import Evidence
from livemon.runs.discovery import why_unreadable
from livemon.runs.run_name import long_name
from livemon.tables.table import Table

__all__ = ["SortedRuns", "sort_runs"]


@dataclass(frozen=True)
class _Look:
    """The facts about a run for sorting."""

    path: Path
    sketch: str


@dataclass
class SortedRuns:
    """The result of `sort_runs`.

    Attributes:
        runs: The runs to compare, each a list of folders: several for one run with several attempts.
        empty: Runs without a row of numbers.
        unreadable: Runs with parts that may not be read, each with the part and the reason.
        duplicates: (the run that is left out, the one with the same rows).
        alike: Runs with the same rows but other settings: they are compared like any others.
        resumed: The folders of a run that went on, the oldest first.
        unsure: See `resumed.Resumed`.
    """

    runs: list[list[Path]] = field(default_factory=list)
    empty: list[Path] = field(default_factory=list)
    unreadable: list[tuple[Path, str]] = field(default_factory=list)
    duplicates: list[tuple[Path, Path]] = field(default_factory=list)
    alike: list[list[Path]] = field(default_factory=list)
    resumed: list[list[Path]] = field(default_factory=list)
    unsure: list[tuple[Path, list[Path]]] = field(default_factory=list)

    def in_words(self) -> list[str]:
        """What was left out or joined, with a sentence for each."""
        sentences = [f"{long_name(path)} is empty: set aside" for path in self.empty]
        sentences += [f"{long_name(path)} is unreadable: {why}: set aside" for path, why in self.unreadable]
        sentences += [f"{long_name(copy)} has the same rows as {long_name(first)}: set aside"
                      for copy, first in self.duplicates]
        sentences += [f"{wording.listed([long_name(path) for path in paths])} have the same rows, though not the same "
                      "settings" for paths in self.alike]
        return sentences + Resumed(self.resumed, self.unsure).in_words()


def sort_runs(dirs: Sequence[Path], *, join: bool = True, study: Study | None = None) -> SortedRuns:
    """Sort runs before they are compared.

    `continuation.goes_on` decides whether a run continues another, as for a run that is watched, but only among the
    given runs.

    Args:
        dirs: The runs' folders.
        join: Whether to join the attempts of a resumed run.
        study: Reads and keeps the runs.
    """
    study = study or Study()
    sorted_out = SortedRuns()
    all_looks = []
    for path in dirs:
        look = _look(path, study)
        if look is None and (why := why_unreadable(path)):
            sorted_out.unreadable.append((path, why))
        elif look is None:
            sorted_out.empty.append(path)
        else:
            all_looks.append(look)
    looks = {look.path: look for look in _each_once(all_looks, sorted_out, study)}
    if not join:
        sorted_out.runs = [[path] for path in looks]
        return sorted_out
    resumed = find_resumed(list(looks), partial(_evidence, study))
    sorted_out.runs, sorted_out.unsure = resumed.chains, resumed.unsure
    sorted_out.resumed = [chain for chain in sorted_out.runs if len(chain) > 1]
    return sorted_out


def _each_once(looks: Sequence[_Look], sorted_out: SortedRuns, study: Study) -> list[_Look]:
    """The runs without duplicates. Runs with other settings, or another seed, may have the same rows: a score with few
    values, or a setting without effect."""
    counts = Counter(look.sketch for look in looks)
    fingerprints = {look.path: _fingerprint(study.open(Task(look.path.name, (look.path,))).tables)
                    for look in looks if counts[look.sketch] > 1}
    known = {fingerprint for fingerprint, count in Counter(fingerprints.values()).items() if count > 1}
    twins = [look for look in looks if fingerprints.get(look.path) in known]
    configs = [read_config(look.path)[0] or {} for look in twins]
    settings = settings_of([look.path.name for look in twins], configs)[0]
    tell_apart = {look.path: _what_tells(of_run) for look, of_run in zip(twins, settings, strict=True)}
    seen: dict[tuple[str, str], Path] = {}
    same_rows: dict[str, list[Path]] = {}
    kept = []
    for look in looks:
        if (fingerprint := fingerprints.get(look.path)) is not None:
            key = fingerprint, tell_apart.get(look.path, "")
            if key in seen:
                sorted_out.duplicates.append((look.path, seen[key]))
                continue
            seen[key] = look.path
            same_rows.setdefault(fingerprint, []).append(look.path)
        kept.append(look)
    sorted_out.alike = [paths for paths in same_rows.values() if len(paths) > 1]
    return kept


def _what_tells(settings: Mapping[str, Any]) -> str:
    return repr(sorted((key, as_compared(value)) for key, value in without_noise(settings).items() if key != VARIANT))


def _look(path: Path, study: Study) -> _Look | None:
    try:
        run = study.open(Task(path.name, (path,)))
        has_points = any(run.columns.count(name) for name in run.metric_names)
    except (OSError, KeyError, ValueError):
        return None
    return _Look(path, _sketch(run.tables)) if has_points else None


def _evidence(study: Study, path: Path) -> Evidence | None:
    try:
        evidence = evidence_of(study.open(Task(path.name, (path,))))
    except (OSError, KeyError, ValueError):
        return None
    return None if evidence is None else replace(evidence, folder=path)


def _sketch(tables: Sequence[Table]) -> str:
    """The same for tables with the same numbers: how many there are in each column, and the last. A fingerprint, which
    costs far more, is made only where two runs share it."""
    return repr([(name, len(column), float(column.values[-1])) for table in tables
                 for name, column in sorted(table.columns.items()) if len(column)])


def _fingerprint(tables: Sequence[Table]) -> str:
    """A hash that is the same for tables with the same numbers in the same rows; texts, such as host names, are
    ignored."""
    digest = hashlib.sha256()
    for table in tables:
        for name, column in sorted(table.columns.items()):
            if len(column):
                digest.update(f"{name}\0{len(column)}\0".encode("utf-8", "surrogateescape"))
                digest.update(b"" if column.gapless else column.rows.tobytes())
                digest.update(np.ascontiguousarray(column.values, np.float64).data)
    return digest.hexdigest()
