"""A folder of runs: the runs in it, and the message if only one of them is shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from livemon.runs.discovery import Found, run_at, runs_below

__all__ = ["SeveralRunsWarning", "found_at", "runs_at", "runs_in", "newest_taken_message"]


class SeveralRunsWarning(UserWarning):
    """One run was asked for, but the folder has several."""


def runs_at(path: Path, header: Sequence[str] = ()) -> list[Path]:
    """The runs at a path: the path itself if it is a run, else those in it, or []. A folder whose own run is of last
    resort, such as a console log, is a run only if there is no better one below it."""
    return list(found_at(path, header))


def found_at(path: Path, header: Sequence[str] = ()) -> dict[Path, Found]:
    """The runs at a path, see `runs_at`, each with the result of the search."""
    own = run_at(path, header)
    if own is None:
        return _found_in(path, header) if path.exists() else {}
    if not (own.is_last_resort and path.is_dir()):
        return {path: own}
    below = list(runs_below(path, header))
    return {path: own} if all(run.is_last_resort for run in below) else _beside(own, below)


def runs_in(folder: Path, header: Sequence[str] = ()) -> list[Path]:
    """The runs below a folder, at any depth, or in a database, by path. The folder's own run is among them only if
    there is nothing else below it."""
    return list(_found_in(folder, header))


def _found_in(folder: Path, header: Sequence[str]) -> dict[Path, Found]:
    below = list(runs_below(folder, header))  # first: a folder that becomes a run in the meantime is that run
    return _beside(run_at(folder, header) if folder.is_dir() else None, below)


def _beside(own: Found | None, runs: Sequence[Found]) -> dict[Path, Found]:
    """The runs below a folder, without the parts of the folder's own run; only that one if there are no others."""
    below = {run.path: run for run in sorted(runs, key=lambda run: run.path)}
    if own is None:
        return below
    others = {path: run for path, run in below.items() if not any(path in source.parents for _, source in own.sources)}
    if others and own.main.parent != own.path:  # its file belongs to a folder in it, which is a run beside the others
        return below
    return others or {own.path: own}


def newest_taken_message(given: Path, taken: Path, others: int) -> str:
    """ "runs holds 6 runs, each folder counted; runs/b, the newest, is taken"."""
    return (f"{given} holds {others + 1} runs, and the newest is used: {taken}; MultiExperimentLoader({str(given)!r}) "
            "opens all")
