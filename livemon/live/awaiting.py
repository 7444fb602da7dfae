"""Waiting for a run that does not exist yet: at a path, or the next one in a folder."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from livemon import wording
from livemon.runs.discovery import run_at
from livemon.runs.new_runs import RunsBelow
from livemon.runs.similar_names import did_you_mean
from livemon.system.path_rules import is_pattern

__all__ = ["await_next_run", "await_path"]

LOOK_SECONDS = 0.5


def await_path(path: Path, notify: Callable[[str], None], sleep: Callable[[float], object] = time.sleep) -> None:
    """Wait until something is at a path, if its parent folder exists; say so, and suggest similar names. If the parent
    does not exist either, do not wait: opening the path then says what is wrong."""
    parent = Path(os.path.abspath(path)).parent
    if _is_there(path) or is_pattern(str(path)) or not os.path.isdir(parent):
        return
    meant = did_you_mean(path)
    notify(f"{meant} Waiting for it, Ctrl-C ends" if meant else f"nothing at {path} yet; waiting for it, Ctrl-C ends")
    while not _is_there(path):
        sleep(LOOK_SECONDS)


def await_next_run(base: Path, notify: Callable[[str], None], sleep: Callable[[float], object] = time.sleep) -> Path:
    """Wait for the next run to begin below a folder; returns its metrics or its folder.

    Raises:
        NotADirectoryError: There is no such folder, nor a parent in which it could be created.
    """
    waited = not os.path.exists(base)  # then every run below it is a new one
    await_path(base, notify, sleep)
    if not os.path.isdir(base):
        raise NotADirectoryError(f"--next waits for a run to begin in a folder, but {base} is not a folder")
    runs = RunsBelow(base)
    known = 0 if waited else len(runs.look().new)
    there = f"; {wording.count(known)} are there already" if known > 1 else "; one is there already" if known else ""
    if not waited:
        notify(f"waiting for the next run to begin below {base}, Ctrl-C ends{there}")
    while not (new := runs.look().new):
        sleep(LOOK_SECONDS)
    return new[-1]


def _is_there(path: Path) -> bool:
    return os.path.exists(path) or run_at(path) is not None
