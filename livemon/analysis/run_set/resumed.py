"""Runs that went on in other folders, among the given ones: found by the rule in `runs.continuation`.

Only runs with related names are compared, so that thousands cost little.
"""

from __future__ import annotations

import functools
import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from livemon.runs.attempt_names import names_before
from livemon.runs.continuation import Evidence, goes_on, joined_in_words, times_of
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.liveness import has_living_process
from livemon.runs.run_name import long_name
from livemon.runs.same_training import Stretch
from livemon.tables.names import kind_of_x

__all__ = ["Resumed", "evidence_from", "evidence_of", "find_resumed", "plain_evidence"]


@dataclass
class Resumed:
    """The result of `find_resumed`.

    Attributes:
        chains: The folders of each run, the oldest first; several if it went on. In the given order.
        unsure: (a run, folders in which it may go on) if livemon cannot tell in which, and joins none.
    """

    chains: list[list[Path]] = field(default_factory=list)
    unsure: list[tuple[Path, list[Path]]] = field(default_factory=list)

    def in_words(self) -> list[str]:
        """What was joined, and what was not, with a sentence for each."""
        lines = [joined_in_words(chain) for chain in self.chains if len(chain) > 1]
        lines += [f"{long_name(run)} may go on in {' or in '.join(map(long_name, paths))}, livemon cannot tell "
                  "in which: none is joined" for run, paths in self.unsure]
        return lines


def find_resumed(dirs: Sequence[Path], evidence: Callable[[Path], Evidence | None]) -> Resumed:
    """Combine the folders of runs that went on.

    Args:
        dirs: The runs' folders.
        evidence: The facts about a folder; only asked for if its name extends another's, or another's its own.
    """
    links: dict[Path, Path] = {}  # folder -> the one that it continues
    for path, candidates in _candidates(dirs).items():
        after = evidence(path)
        if after is None:
            continue
        for before in candidates:
            known = evidence(before)
            if known is not None and not has_living_process(before) and goes_on(known, after):
                links[path] = before
                break
    resumed = Resumed()
    followers: dict[Path, list[Path]] = defaultdict(list)
    for path, before in links.items():
        followers[before].append(path)
    for before, paths in followers.items():
        if len(paths) > 1:
            resumed.unsure.append((before, sorted(paths)))
            for path in paths:
                del links[path]
    chain_of: dict[Path, list[Path]] = {}
    followed = {before: path for path, before in links.items()}
    for path in dict.fromkeys(dirs):
        if path in links:
            continue
        chain = [path]
        while (following := followed.get(chain[-1])) is not None and following not in chain:
            chain.append(following)
        chain_of[path] = chain
    resumed.chains = list(chain_of.values())
    return resumed


def _candidates(dirs: Sequence[Path]) -> dict[Path, list[Path]]:
    """The folders that may continue others, by their names, the closest first."""
    beside: dict[str, dict[str, Path]] = defaultdict(dict)  # the parent folder -> names in it
    real = functools.cache(os.path.realpath)
    for path in dirs:
        beside[real(path.parent)][path.name] = path
    return {paths[name]: [paths[other] for other in others]
            for paths in beside.values() for name, others in names_before(paths).items()}


def evidence_of(run: ExperimentLoader) -> Evidence | None:
    """The facts about a run that was read; None if it has no rows of numbers."""
    metrics = run.metric_names
    if not metrics:
        return None
    longest = max(metrics, key=run.columns.count)
    steps = run.columns.logged_x(longest)
    if len(steps) == 0:
        return None
    kind, stretch = kind_of_x(run.x_column() or ""), Stretch.of(steps)
    return Evidence(run.exp_dir, frozenset(metrics), {kind: stretch} if kind and stretch else {}, run.metrics_path,
                    times_of(run.tables))


def plain_evidence(evidence: Evidence | None) -> dict[str, Any]:
    """The facts for JSON; see `evidence_from`."""
    if evidence is None:
        return {}
    return {"columns": sorted(evidence.columns), "times": evidence.times, "metrics": str(evidence.metrics or ""),
            "steps": {kind: [of.first, of.low, of.high, of.usual] for kind, of in evidence.steps.items()}}


def evidence_from(folder: Path, plain: Mapping[str, Any]) -> Evidence | None:
    """The inverse of `plain_evidence`."""
    if not plain:
        return None
    times = plain["times"]
    steps = {kind: Stretch(*numbers) for kind, numbers in plain["steps"].items()}
    return Evidence(folder, frozenset(plain["columns"]), steps, Path(plain["metrics"]) if plain["metrics"] else None,
                    (times[0], times[1]) if times else None)
