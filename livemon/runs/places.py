"""Paths for pictures outside the folder of their run: their names tell runs apart, and replace no other picture.

A picture names its run: the file contains the run's key, which reveals no path. So the picture of another run is never
overwritten, wherever it was made.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from livemon.runs.run_name import OWNER, as_file_name, key_of_run, long_name, longer_names
from livemon.system.path_rules import file_name
from livemon.system.png_texts import text_in
from livemon.system.processes import is_running, started

__all__ = ["PLOTS_ELSEWHERE", "WRITER", "free_picture", "named_picture", "other_writer_of", "owner_of",
           "plots_elsewhere", "this_writer"]

PLOTS_ELSEWHERE = "livemon-plots"
WRITER = "livemon process"  # the keyword in a picture for the process that rewrites it


def owner_of(picture: Path) -> str:
    """The key of the run that a picture shows; "" if it names no run, or does not exist."""
    return text_in(picture, OWNER)


def this_writer() -> str:
    """The name of this process in the pictures that it rewrites; a hash stands for the machine's name."""
    return f"{_this_machine()}:{os.getpid()}:{started(os.getpid()) or ''}"


def other_writer_of(picture: Path) -> int | None:
    """The other process of this machine that rewrites a picture and still runs; None if there is none."""
    machine, _, process = text_in(picture, WRITER).partition(":")
    number, _, process_started = process.partition(":")
    if machine != _this_machine() or not number.isdigit() or int(number) == os.getpid():
        return None
    return int(number) if is_running(int(number), process_started or None) else None


def _this_machine() -> str:
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:12]


def free_picture(folder: Path, run: Path, framework_name: str = "") -> Path:
    """`livemon_<run>.png` in a folder, or a longer name if that is the picture of another run."""
    key = key_of_run(run)
    return next(path for path in _pictures(folder, run, framework_name) if owner_of(path) in ("", key))


def named_picture(folder: Path, run: Path, framework_name: str = "") -> Path:
    """`livemon_<run>.png` in a folder, even if it is the picture of another run."""
    return next(_pictures(folder, run, framework_name))


def _pictures(folder: Path, run: Path, framework_name: str) -> Iterator[Path]:
    yield from (folder / file_name(f"livemon_{name}.png") for name in _names(run, framework_name))


def plots_elsewhere(run: Path, framework_name: str = "") -> Path:
    """`./livemon-plots/<run>`, for plots outside the run's folder; a longer name if it has the plots of another run."""
    key = key_of_run(run)
    folders = (Path(PLOTS_ELSEWHERE) / file_name(name) for name in _names(run, framework_name))
    return next(folder for folder in folders if _owners(folder) <= {"", key})


def _names(run: Path, framework_name: str) -> Iterator[str]:
    plain = as_file_name(long_name(run, framework_name))
    yield plain
    yield from (as_file_name(name) for name in longer_names(run))
    yield from (f"{plain}-{number}" for number in itertools.count(2))


def _owners(folder: Path) -> set[str]:
    try:
        return {owner_of(path) for path in sorted(folder.glob("dashboard_*.png"))}
    except OSError:
        return set()
