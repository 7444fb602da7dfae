"""The path that tells a run from other runs: the run is named, and its pictures are marked, by it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from livemon.readers.csv import METRICS_FILES
from livemon.readers.encodings.sqlite import SUFFIXES as DATABASES
from livemon.runs.discovery import run_folder

__all__ = ["own_path", "own_paths"]

_USUAL = {*(Path(name).stem for name in METRICS_FILES), "log", "logs", "loss", "losses", "monitor", "result", "scalars",
          "train", "train_log", "training_log"}  # names that say nothing about the run


def own_path(path: Path) -> Path:
    """The run's folder, or `folder/name` for a file `name.csv` beside other files of this kind, each a run. A file with
    one of the usual names, such as `metrics.csv`, is the run of its folder.

    Args:
        path: A run: a folder, a metrics file, or `database/run`.
    """
    if not _is_metrics_file(path):
        return path
    own = _by_file(path)
    if own.name.lower() in _USUAL or not any(name != path.name and name.endswith(path.suffix)
                                             for name in os.listdir(path.parent)):
        return run_folder(path)
    return own


def own_paths(paths: Sequence[Path]) -> list[Path]:
    """The own path of each run; where several files of one folder were given, each is named by its file."""
    files = [path if _is_metrics_file(path) else None for path in paths]
    counts = Counter(run_folder(path) for path in dict.fromkeys(filter(None, files)))
    return [_by_file(file) if file is not None and counts[run_folder(file)] > 1 else own_path(path)
            for path, file in zip(paths, files, strict=True)]


def _is_metrics_file(path: Path) -> bool:
    return not path.name.endswith(DATABASES) and path.is_file()


def _by_file(path: Path) -> Path:
    name = path.name.removesuffix(".gz")
    return run_folder(path) / (Path(name).stem or name)
