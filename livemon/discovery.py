"""A path -> the runs it means: which file in a folder holds the metrics, which folders are runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from livemon.listing import read_head
from livemon.liveness import modified
from livemon.readers import Reader
from livemon.readers.csv import CsvReader

__all__ = ["NoMetricsError", "discover_experiments", "find_metrics", "find_own_metrics", "no_metrics_message",
           "is_searched", "nothing_there", "reader_for", "run_folder"]

READERS: tuple[type[CsvReader], ...] = (CsvReader,)

# Where metrics are looked for in a run's folder, best first. Then any file in it that a reader recognises.
METRICS_FILES = ("logs/metrics.csv", "metrics.csv", "livemon/logs/metrics.csv", "progress.csv", "results.csv",
                 "history.csv", "summary.csv", "training.log")
SEARCH_DEPTH = 6
_NO_RUNS = ("checkpoints", "plots", "node_modules", "__pycache__", "livemon-plots")


class NoMetricsError(FileNotFoundError):
    """Nothing at a path is a metrics file. The message says what was looked for, where, and what to do."""


def find_metrics(path: Path) -> tuple[Path, int] | None:
    """The metrics file that a path means, and how many other runs there are below it; None if there is none."""
    if path.is_file():
        return (path, 0) if _reader_type(path) or _may_become_metrics(path) else None
    if (own := find_own_metrics(path)) is not None:
        return own, 0
    below = list(_metrics_below(path))
    return (max(below, key=_age_key), len(below) - 1) if below else None


def find_own_metrics(folder: Path) -> Path | None:
    """The metrics file of a run's own folder."""
    for name in METRICS_FILES:
        path = folder / name
        if path.is_file() and _reader_type(path):
            return path
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix in (".csv", ".tsv") and path.is_file())
    except OSError:
        return None
    return next((path for path in files if _reader_type(path)), None)


def _reader_type(path: Path) -> type[CsvReader] | None:
    head = read_head(path)
    return next((reader for reader in READERS if reader.recognises(path, head)), None)


def _may_become_metrics(path: Path) -> bool:
    """Whether a file that the user named holds a header and nothing else yet."""
    head = read_head(path)
    lines = [line for line in head.splitlines() if line.strip()]
    return len(lines) == 1 and b"\0" not in head and any(mark in lines[0] for mark in (b",", b";", b"\t"))


def reader_for(path: Path, *, plain: bool = False) -> Reader:
    """A reader for a metrics file; `plain`: one that takes the slow way that it is compared with."""
    return (_reader_type(path) or CsvReader)(path, plain=plain)


def run_folder(metrics_path: Path, within: Path | None = None) -> Path:
    """The folder of the run that a metrics file belongs to."""
    folder = metrics_path.parent
    if folder.name == "logs" and folder != within:
        folder = folder.parent
    return folder


def _metrics_below(folder: Path, depth: int = SEARCH_DEPTH) -> Iterator[Path]:
    """The metrics files of the runs below a folder, links not followed. A run's own sub-folders are not searched."""
    try:
        children = sorted(Path(entry) for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False))
    except OSError:
        return
    for child in children:
        if not is_searched(child.name):
            continue
        if (found := find_own_metrics(child)) is not None:
            yield found
        elif depth > 1:
            yield from _metrics_below(child, depth - 1)


def is_searched(name: str) -> bool:
    """Whether runs are looked for in folders of this name."""
    return not name.startswith(".") and name not in _NO_RUNS


def _age_key(metrics_path: Path) -> tuple[float, str]:
    """Runs in the order in which they were last written."""
    return modified(metrics_path) or 0.0, str(metrics_path)


def discover_experiments(base_dir: str | os.PathLike[str], pattern: str = "*") -> list[Path]:
    """The run folders whose names match, sorted.

    Args:
        base_dir: Where to look.
        pattern: A glob on the names directly below `base_dir`; deeper runs only with `**`.

    Raises:
        FileNotFoundError: There is no such folder.
    """
    base = Path(base_dir).expanduser()
    if not base.is_dir():
        raise FileNotFoundError(f"Base folder not found: {base}")
    return sorted(path for path in base.glob(pattern) if path.is_dir() and _is_run(path))


def _is_run(folder: Path) -> bool:
    """Whether metrics lie in the folder and belong to it, not to the folder above as those in `logs` do."""
    found = find_own_metrics(folder)
    return found is not None and run_folder(found) == folder


def nothing_there(path: Path) -> str:
    """What to say where a path does not exist."""
    parent = path.absolute().parent
    while not parent.exists():
        parent = parent.parent
    return f"nothing at {path}. The part of the path that exists is {parent}"


def no_metrics_message(path: Path) -> str:
    """What was looked for, where, and what to do."""
    if path.is_file():
        return (f"{path} is not a metrics file that livemon reads. It reads CSV files: "
                "a header line with names, then rows with numbers.")
    return (f"no metrics in {path}. Looked for {', '.join(METRICS_FILES)}, any other .csv or .tsv file with a header "
            "and numbers, and runs in the folders below. Name a run's folder or its metrics file.")
