"""A folder of runs: all runs in it, and the message if only one of them is shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from livemon.runs.discovery import Found, run_at, runs_below

__all__ = ["SeveralRunsWarning", "found_at", "runs_at", "runs_in", "which_was_taken"]


class SeveralRunsWarning(UserWarning):
    """One run was asked for, and a folder of several was named."""


def runs_at(path: Path, header: Sequence[str] = ()) -> list[Path]:
    """The runs that a path names: the path itself where it is a run, else those in it; [] where there are none. A
    folder whose own run is of the last resort, such as a console log, is a run only where no better one is below it."""
    return list(found_at(path, header))


def found_at(path: Path, header: Sequence[str] = ()) -> dict[Path, Found]:
    """The runs that a path names, as `runs_at` gives them, each with what was found of it."""
    own = run_at(path, header)
    if own is None:
        return _found_in(path, header) if path.exists() else {}
    if not (own.is_last_resort and path.is_dir()):
        return {path: own}
    below = list(runs_below(path, header))
    return {path: own} if all(run.is_last_resort for run in below) else _beside(own, below)


def runs_in(folder: Path, header: Sequence[str] = ()) -> list[Path]:
    """The runs below a folder, however deep, or in a database, by path. A run's own folder is that run, where there is
    nothing below it but what is its own."""
    return list(_found_in(folder, header))


def _found_in(folder: Path, header: Sequence[str]) -> dict[Path, Found]:
    below = list(runs_below(folder, header))  # first: a folder that becomes a run meanwhile is that run
    return _beside(run_at(folder, header) if folder.is_dir() else None, below)


def _beside(own: Found | None, runs: Sequence[Found]) -> dict[Path, Found]:
    """The runs below a folder, without the parts of the folder's own run; that one where there are no others."""
    below = {run.path: run for run in sorted(runs, key=lambda run: run.path)}
    if own is None:
        return below
    others = {path: run for path, run in below.items() if not any(path in source.parents for _, source in own.sources)}
    if others and own.main.parent != own.path:  # Its file is that of a folder in it, which is a run beside the others.
        return below
    return others or {own.path: own}


def which_was_taken(given: Path, taken: Path, others: int) -> str:
    """ "runs holds 6 runs, each folder counted; runs/b, the newest, is taken"."""
    return (f"{given} holds {others + 1} runs, and the newest is taken: {taken}; MultiExperimentLoader({str(given)!r}) "
            "takes all")
