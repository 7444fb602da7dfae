"""Words on a command line that mean runs -> their folders, labels and groups."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from livemon.discovery import NoMetricsError, run_at, runs_below
from livemon.experiment import ExperimentLoader

__all__ = ["RunWords", "runs_in", "runs_of", "show_progress"]


@dataclass
class RunWords:
    """What the words meant.

    Attributes:
        dirs: The runs, each once, in the order of the words.
        labels: path -> label, where `PATH=LABEL` gave one.
        groups: pattern -> the runs that it matched, where patterns were given.
    """

    dirs: list[Path] = field(default_factory=list)
    labels: dict[Path, str] = field(default_factory=dict)
    groups: dict[str, list[Path]] = field(default_factory=dict)


def runs_of(words: Sequence[str]) -> RunWords:
    """The runs that these words mean: a run, `PATH=LABEL`, a folder of runs, or a pattern (`'base_s*'`).

    Raises:
        FileNotFoundError: Nothing is there, or a pattern matches nothing.
    """
    found = RunWords()
    for word in words:
        path, _, label = word.rpartition("=") if "=" in word and not os.path.exists(word) else (word, "", "")
        path = path or word
        if glob.has_magic(path) and not os.path.exists(path):
            matched = [Path(one) for one in sorted(glob.glob(os.path.expanduser(path)))]
            dirs = [run for one in matched for run in _runs_at(one, strict=False)]
            if not dirs:
                raise FileNotFoundError(f"no run matches {path!r}")
            name = label or _group_name(path)
            found.groups[path if name in found.groups else name] = dirs
        else:
            dirs = _runs_at(Path(path).expanduser(), strict=True)
            if label:
                for place, run in enumerate(dirs, 1):
                    found.labels[run] = label if len(dirs) == 1 else f"{label} {place}"
        found.dirs += [run for run in dirs if run not in found.dirs]
    return found


def _group_name(pattern: str) -> str:
    """What a pattern says of the runs that it matches, without the word for the seed: `base_s*` is "base"."""
    bare = Path(pattern).name.rstrip("*_-.= ")
    return re.sub(r"[_\-. ](s|seed)$", "", bare, flags=re.IGNORECASE) or pattern


def runs_in(folder: Path) -> list[Path]:
    """The runs below a folder, however deep, or in a database, by path."""
    return sorted(found.path for found in runs_below(folder))


def _runs_at(path: Path, *, strict: bool) -> list[Path]:
    """The run at a path, or the runs below it."""
    if run_at(path) is not None:
        return [path]
    if path.exists() and (below := runs_in(path)):
        return below
    if strict:
        run = ExperimentLoader(path)
        if run.metrics_path is None:
            raise NoMetricsError(f"no runs in {path}, nor in the folders below it")
    return [path]


def show_progress(what: str) -> Callable[[int, int], None] | None:
    """Shows on standard error how many runs are read, where that is a terminal and there are many; else None."""
    import sys
    import time

    if not sys.stderr.isatty():
        return None
    started = time.monotonic()

    def show(done: int, of: int) -> None:
        if time.monotonic() - started > 0.5 and (done % max(of // 200, 1) == 0 or done == of):
            width = 24 * done // of
            line = f"\r{what} [{'#' * width}{'.' * (24 - width)}] {done:,}/{of:,}"
            sys.stderr.write(line + "\r\x1b[K" * (done == of))
            sys.stderr.flush()

    return show
