"""Stable-Baselines3's monitors: a line of JSON after a `#`, then a row for each episode.

r: the reward; l: the length in steps; t: the time of the end, in seconds since the start. A training with several
environments has a file for each. They are merged as in Stable-Baselines3's own `load_results`: all episodes in the
order of their ends, with times since the first environment was made.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livemon.readers.base import Facts, Format, Reader, Update, unfinished_in
from livemon.readers.csv import CsvReader
from livemon.readers.jsonlines import first_object
from livemon.readers.wrapped_reader import WrappedReader
from livemon.system.listing import Listing, oldest_first, read_head
from livemon.system.tail import Status
from livemon.tables.anomalies import Anomaly
from livemon.tables.table import Block, Cells, points_in_order

__all__ = ["Sb3Monitor", "Sb3MonitorReader", "Sb3MonitorsReader"]

ENDING = "monitor.csv"
STEPS = "time/total_timesteps"
TIME, LENGTH = "t", "l"

_LATEST = 1e11  # unix seconds: a larger number is not a time
_LARGEST_LENGTH = 2**40  # of an episode: sums of these still fit into an int64


class _Steps:
    """Counts the steps like Stable-Baselines3's own plots: the sum of the lengths of all episodes so far."""

    def __init__(self) -> None:
        self._sum = 0

    def added_to(self, block: Block) -> Block:
        """A block with the steps at the end of each episode, named as in Stable-Baselines3's `progress.csv`."""
        if LENGTH not in block.cells or STEPS in block.cells:
            return block
        rows, lengths = block.cells[LENGTH].points()
        if lengths.dtype != np.int64 or not ((lengths >= -_LARGEST_LENGTH) & (lengths <= _LARGEST_LENGTH)).all():
            return block
        steps = np.cumsum(lengths, dtype=np.int64) + self._sum
        if len(steps):
            self._sum = int(steps[-1])
        return Block(block.n_rows, {**block.cells, STEPS: Cells(steps, None, rows)})


class Sb3MonitorReader(WrappedReader):
    """Follows the episodes of one environment, whose steps count this environment alone.

    Args:
        path: The file.
        plain: Whether to parse every line separately.
    """

    def __init__(self, path: Path, *, plain: bool = False) -> None:
        super().__init__(CsvReader(path, plain=plain))
        self._steps = _Steps()
        self.about: dict[str, Any] | None = None
        self.provisional: Block | None = None

    def read(self) -> Update:
        """Read what is new; see `readers.Update`."""
        update = self.read_episodes()
        if update.restarted:
            self._steps = _Steps()
        columns = None if update.columns is None else [*update.columns, STEPS]
        block = None if update.block is None else self._steps.added_to(update.block)
        provisional = None if update.provisional is None else copy(self._steps).added_to(update.provisional)
        return replace(update, columns=columns, block=block, provisional=provisional)

    def read_episodes(self) -> Update:
        """Read what is new, without steps."""
        update = super().read()
        self.provisional = update.provisional
        if update.restarted:
            self.about = None
        if (update.block is not None or update.provisional is not None) and self.about is None:
            self.about = _about(read_head(self.path))
        return update

    @property
    def facts(self) -> Facts:
        """The content of the first line: the environment's name, and when it was made."""
        of_many = self.path.name.removesuffix(ENDING) != ""
        notes = (f"{STEPS} counts the steps of the environment of {self.path.name} alone",) if of_many else ()
        return _facts([self.about or {}], notes)


class Sb3MonitorsReader:
    """Follows the episodes of all environments of a training.

    Args:
        path: The folder with their files.
        plain: Whether to parse every line separately.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: Path, *, plain: bool = False) -> None:
        self.path = path
        self._plain = plain
        self._start_over()

    def _start_over(self) -> None:
        self._monitors: dict[str, Sb3MonitorReader] = {}
        self._changed: int | None = None  # when the folder last changed, in ns
        self._steps = _Steps()
        self._began: float | None = None  # when the first environment was made
        self._provisional: Block | None = None
        self._provisional_parts: list[tuple[Sb3MonitorReader, Block]] = []

    def read(self) -> Update:
        """Read what is new; see `readers.Update`. Episodes written between two reads are in the order of their ends."""
        self._find()
        updates = self._read_all()
        restarted = any(update.restarted for _, update in updates)
        if restarted:  # the other files will be replaced as well: all are read again, now and each time
            self._start_over()
            self._find()
            updates = self._read_all()
        columns = next((update.columns for _, update in updates if update.columns), None)
        anomalies: list[Anomaly] = [anomaly for _, update in updates for anomaly in update.anomalies]
        status, problem = _status_of([update for _, update in updates])
        block = self._block([(monitor, update.block) for monitor, update in updates if update.block is not None])
        columns = None if columns is None else [*columns, STEPS]
        return Update(restarted, columns, block, tuple(anomalies), status, problem,
                      provisional=self._provisional_block(block is not None))

    def _provisional_block(self, has_new: bool) -> Block | None:
        """The rows of the last lines of all files, if these have no line ends."""
        parts = [(monitor, monitor.provisional) for monitor in self._monitors.values() if monitor.provisional]
        if has_new or [id(block) for _, block in parts] != [id(block) for _, block in self._provisional_parts]:
            self._provisional_parts, steps = parts, copy(self._steps)
            self._provisional = self._block(parts)
            self._steps = steps
        return self._provisional

    def _find(self) -> None:
        """Look for the files of new environments."""
        try:
            changed = os.stat(self.path).st_mtime_ns
        except OSError:
            return
        if changed != self._changed:
            self._changed = changed
            for path in _monitors_in(Listing(self.path)):
                if path.name not in self._monitors:
                    self._monitors[path.name] = Sb3MonitorReader(path, plain=self._plain)

    def _read_all(self) -> list[tuple[Sb3MonitorReader, Update]]:
        """Read all files, again and again until nothing is new: an episode that ended before another must not come
        after it only because its file was read first."""
        updates: list[tuple[Sb3MonitorReader, Update]] = []
        is_first = has_new = True
        while has_new:
            new = [(monitor, monitor.read_episodes()) for monitor in self._monitors.values()]
            has_new = any(update.block is not None or update.more for _, update in new)
            updates += [(monitor, update) for monitor, update in new if is_first or _says_something(update)]
            is_first = False
        return updates

    def _block(self, parts: Sequence[tuple[Sb3MonitorReader, Block]]) -> Block | None:
        """The episodes of all files, in the order of their ends, with times since the first environment was made."""
        if not parts:
            return None
        if self._began is None:
            self._began = min((began for monitor in self._monitors.values() if (began := _began(monitor.about))
                               is not None), default=0.0)
        blocks = [_later(block, (_began(monitor.about) or self._began) - self._began) for monitor, block in parts]
        return self._steps.added_to(points_in_order(blocks, TIME))

    @property
    def facts(self) -> Facts:
        """The contents of the first lines: the environments' names, and when the first one was made."""
        return _facts([monitor.about or {} for monitor in self._monitors.values()])

    @property
    def files(self) -> list[Path]:
        """The environments' files; the folder if there are none yet."""
        return [monitor.path for monitor in self._monitors.values()] or [self.path]

    @property
    def unfinished(self) -> int:
        """The bytes of incomplete rows at the ends of the files."""
        return sum(map(unfinished_in, self._monitors.values()))


class Sb3Monitor(Format):
    """`monitor.csv`; or of several environments `0.monitor.csv`, `1.monitor.csv` ..., whose folder is one source."""

    name = "Stable-Baselines3 monitor"
    ordered = False

    def find(self, folder: Listing) -> list[Path]:
        """The file of the only environment, or the folder of several."""
        paths = _monitors_in(folder)
        return paths if len(paths) < 2 else [folder.path]

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether it has Stable-Baselines3's file name, and begins with a line of JSON after a `#`."""
        return path.name.endswith(ENDING) and _about(head) is not None

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for one environment's file, or for those in a folder."""
        return Sb3MonitorsReader(path, plain=plain) if os.path.isdir(path) else Sb3MonitorReader(path, plain=plain)

    def written(self, path: Path) -> float | None:
        """When the newest file was written."""
        if not os.path.isdir(path):
            return super().written(path)
        return max((at for file in _monitors_in(Listing(path)) if (at := super(Sb3Monitor, self).written(file))
                    is not None), default=None)


# -- small things


def _monitors_in(folder: Listing) -> list[Path]:
    names = [name for name in folder.files if name.endswith(ENDING)]
    return oldest_first(folder.path / name for name in names if _about(folder.head(name)) is not None)


def _about(head: bytes) -> dict[str, Any] | None:
    """The JSON object after the `#` of the first line, or None."""
    return first_object(head[1:]) if head.startswith(b"#") else None


def _began(about: dict[str, Any] | None) -> float | None:
    """When an environment was made, in unix seconds."""
    began = (about or {}).get("t_start")
    return float(began) if isinstance(began, int | float) and 0 < began < _LATEST else None


def _facts(abouts: Sequence[dict[str, Any]], notes: tuple[str, ...] = ()) -> Facts:
    """The facts in the first lines. The time when the first environment was made is not a setting, but the beginning of
    the run."""
    config: dict[str, Any] = {}
    for about in abouts:
        config = {**about, **config}
    config.pop("t_start", None)
    began = min((began for about in abouts if (began := _began(about)) is not None), default=None)
    return Facts(config, odd=notes, began=began)


def _later(block: Block, seconds: float) -> Block:
    """A block with its times moved by some seconds."""
    if TIME not in block.cells or not seconds:
        return block
    cells = block.cells[TIME]
    values: NDArray[np.float64] = np.asarray(cells.values, np.float64) + seconds
    return Block(block.n_rows, {**block.cells, TIME: replace(cells, values=values)})


def _says_something(update: Update) -> bool:
    return update.restarted or update.block is not None or bool(update.columns or update.anomalies)


def _status_of(updates: Sequence[Update]) -> tuple[Status | str, str]:
    """The common status of a folder's files: a file that is being rewritten is waited for; one that is missing or
    unreadable does not matter as long as there are others."""
    if not updates:
        return Status.MISSING, ""
    if any(update.status == Status.REWRITING for update in updates):
        return Status.REWRITING, ""
    if any(update.status == Status.OK for update in updates):
        return Status.OK, ""
    return updates[0].status, updates[0].problem
