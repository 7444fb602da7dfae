"""A run's folder -> the folder in which the run goes on.

A job that was preempted goes on in another folder: `<name>_<time stamp>` beside the old one, or the next `version_N`.
A name alone is no evidence (`exp1_lr3` may be another experiment), so the steps have to go on, too: the successor
begins above the first step of the run and not beyond its last by more than a gap, and its settings are the same.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from livemon import names
from livemon.config import read_config
from livemon.discovery import find_own_metrics, reader_for
from livemon.liveness import modified
from livemon.readers import read_table
from livemon.table import Table

__all__ = ["find_chain", "find_successor"]

_VERSION = re.compile(r"(.*[_-]?(?:version|v|run|attempt)[_-]?)(\d+)", re.IGNORECASE)
_GAP_OF_RUN = 0.05  # a successor may begin this part of the run, or ten usual steps, beyond its end
_GAP_STEPS = 10
FIRST_ROWS = 100
# Settings in which an attempt may differ from the one before.
_FREE = re.compile(r"resume|ckpt|checkpoint|dir|path|folder|name|time|date|version|uuid|(^|_)id$|pid|host|node|device"
                   r"|max_|total_|num_train_epochs|epochs", re.IGNORECASE)


def find_successor(folder: Path, metrics_path: Path | None, table: Table) -> Path | None:
    """The folder in which a run goes on.

    Args:
        folder: The run's folder.
        metrics_path: Its metrics.
        table: What they say.

    Returns:
        The first folder beside it, by name, whose name goes on from its name, with metrics that share most columns,
        whose steps go on, and whose settings are the same; None where there is none.
    """
    if metrics_path is None or table.n_rows == 0:
        return None
    folder = Path(os.path.abspath(folder))
    others = _beside(folder, lambda name: names_go_on(folder.name, name))
    return next((other for other in others if _goes_on(folder, table, other)), None)


def find_chain(folder: Path) -> list[Path]:
    """A run's folder with all that it went on from and goes on in, the oldest first."""
    chain = [Path(os.path.abspath(folder))]
    while (before := _predecessor(chain[0])) is not None:
        chain.insert(0, before)
    while (after := _successor(chain[-1])) is not None:
        chain.append(after)
    return chain


def names_go_on(name: str, other: str) -> bool:
    """Whether the other name is this one with something appended, or the next number of the same."""
    if other.startswith(name):
        return other[len(name) : len(name) + 1] in ("_", "-", ".", " ")
    this = _VERSION.fullmatch(name)
    following = _VERSION.fullmatch(other) if this and other.startswith(this[1]) else None
    return bool(this and following and this[1] == following[1] and int(following[2]) == int(this[2]) + 1)


def _predecessor(folder: Path) -> Path | None:
    before = _beside(folder, lambda name: names_go_on(name, folder.name))
    before = [other for other in before if _successor(other) == folder]
    return max(before, key=lambda other: len(other.name), default=None)


def _successor(folder: Path) -> Path | None:
    metrics = find_own_metrics(folder)
    return None if metrics is None else find_successor(folder, metrics, read_table(reader_for(metrics)))


def _beside(folder: Path, wanted: Callable[[str], bool]) -> list[Path]:
    """The folders in the folder above whose names are wanted, by name."""
    try:
        names_there = sorted(filter(wanted, os.listdir(folder.parent)))
    except OSError:
        return []
    return [path for name in names_there if (path := folder.parent / name).is_dir()]


def _goes_on(folder: Path, table: Table, other: Path) -> bool:
    metrics = find_own_metrics(other)
    written = modified(metrics)
    if metrics is None or written is None:
        return False
    following = _first_rows(metrics, written)
    return (_share_columns(table, following) and _steps_go_on(table, following)
            and _same_settings(read_config(folder)[0], read_config(other)[0]))


@lru_cache(maxsize=4096)
def _first_rows(metrics_path: Path, _written: float) -> Table:
    """The first rows of a file, some of them. Runs that nobody writes any more are not read again and again."""
    update, table = reader_for(metrics_path).read(), Table()
    if update.block is not None:
        table.append(update.block)
    return table.rows_between(0, FIRST_ROWS)


def _share_columns(table: Table, following: Table) -> bool:
    mine, theirs = set(table.columns), set(following.columns)
    return 2 * len(mine & theirs) > min(len(mine), len(theirs))


def _steps_go_on(table: Table, following: Table) -> bool:
    name = names.find_x("step", table.columns) or names.find_x("epoch", table.columns)
    if name is None or name not in following.columns:
        return False
    steps, others = (_finite(part.columns[name].values) for part in (table, following))
    if len(steps) == 0 or len(others) == 0:
        return False
    usual = float(np.median(np.abs(np.diff(steps)))) if len(steps) > 1 else 0.0
    gap = max(_GAP_STEPS * usual, _GAP_OF_RUN * float(steps.max() - steps.min()))
    return bool(steps.min() < others[0] <= steps.max() + gap)


def _finite(values: Any) -> Any:
    return values[np.isfinite(values)]


def _same_settings(settings: dict[str, Any] | None, others: dict[str, Any] | None) -> bool:
    """Whether two runs have the same settings, but for those in which attempts differ. Unknown ones do not differ."""
    if not settings or not others:
        return True
    compared = {key for key in settings.keys() & others.keys() if not _FREE.search(key)}
    return all(settings[key] == others[key] for key in compared)
