"""Runs that are not what they seem: empty ones, the same one twice, and one run that went on in another folder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from livemon.analysis.name_settings import without_time_stamps
from livemon.experiment import ExperimentLoader

__all__ = ["Sorted", "sort_runs"]

_GAP = 0.05  # of the run's length between the end of one attempt and the start of the next


@dataclass(frozen=True)
class _Look:
    """What is to be known of a run to sort it."""

    path: Path
    rows: int
    first: float
    last: float
    fingerprint: str
    columns: frozenset[str]


@dataclass
class Sorted:
    """What `sort_runs` found.

    Attributes:
        runs: Those to compare, each a list of folders: several where it is one run with several attempts.
        empty: Runs without a row of numbers.
        duplicates: (the one that is left out, the one that has the same rows).
        resumed: The folders of a run that went on, the oldest first.
    """

    runs: list[list[Path]] = field(default_factory=list)
    empty: list[Path] = field(default_factory=list)
    duplicates: list[tuple[Path, Path]] = field(default_factory=list)
    resumed: list[list[Path]] = field(default_factory=list)

    def in_words(self) -> list[str]:
        """What was set aside or joined, a sentence each."""
        said = [f"{path.name} is empty: set aside" for path in self.empty]
        said += [f"{copy.name} has the same rows as {first.name}: set aside" for copy, first in self.duplicates]
        said += [f"{', '.join(path.name for path in chain[1:])} goes on from {chain[0].name}: one run of {len(chain)} "
                 "attempts" for chain in self.resumed]
        return said


def sort_runs(dirs: Sequence[Path], *, join: bool = True) -> Sorted:
    """Sort runs out before they are compared.

    A run goes on from another where its name is that one's with something appended (a time stamp, as a rule), its
    columns are the same, and its steps begin within the other's or shortly after, above its first.

    Args:
        dirs: Their folders.
        join: Whether a run that went on is one; else its attempts stay apart.
    """
    found = Sorted()
    looks: list[_Look] = []
    seen: dict[str, Path] = {}
    for path in dirs:
        look = _look(path)
        if look is None or look.rows == 0:
            found.empty.append(path)
        elif look.fingerprint in seen:
            found.duplicates.append((path, seen[look.fingerprint]))
        else:
            seen[look.fingerprint] = path
            looks.append(look)
    chains: list[list[_Look]] = []
    for look in sorted(looks, key=lambda one: len(one.path.name)):
        chain = next((chain for chain in chains if join and _goes_on(chain[-1], look)), None)
        if chain is None:
            chains.append([look])
        else:
            chain.append(look)
    places = {path: place for place, path in enumerate(dirs)}
    chains.sort(key=lambda chain: places[chain[0].path])
    found.runs = [[look.path for look in chain] for chain in chains]
    found.resumed = [chain for chain in found.runs if len(chain) > 1]
    return found


def _look(path: Path) -> _Look | None:
    try:
        run = ExperimentLoader(path)
        run.refresh()
        metrics = run.metric_names
        if not metrics:
            return None
        series = [run.series(name, attempts="all") for name in metrics]
    except (OSError, KeyError, ValueError):
        return None
    longest = max(series, key=len)
    steps = np.asarray(longest.index, np.float64)
    digest = hashlib.sha256("\0".join(metrics).encode("utf-8", "surrogateescape"))
    for one in series:
        digest.update(np.asarray(one.index, np.float64).tobytes() + one.to_numpy(np.float64).tobytes())
    if len(steps) == 0:
        return None
    return _Look(path, len(longest), float(steps[0]), float(steps[-1]), digest.hexdigest(), frozenset(metrics))


def _goes_on(before: _Look, after: _Look) -> bool:
    one, other = before.path.name, after.path.name
    appended = other.startswith(one) and other[len(one) : len(one) + 1] in ("_", "-", ".")
    if before.path.parent != after.path.parent or not appended or before.columns != after.columns:
        return False
    if without_time_stamps(one) != without_time_stamps(other):
        return False  # `exp_lr3` is another experiment than `exp`
    return before.first < after.first <= before.last + _GAP * (before.last - before.first)
