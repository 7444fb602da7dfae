"""Stable-Baselines3's `monitor.csv`: a line of JSON behind a `#`, then a row for each episode.

r: its reward; l: its length in steps; t: when it ended, in seconds since the start.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from livemon.readers.base import Facts, Format, Reader, Update
from livemon.readers.csv import CsvReader
from livemon.readers.jsonlines import first_object
from livemon.readers.wrapped_reader import WrappedReader
from livemon.system.listing import Listing, oldest_first, read_head
from livemon.tables.table import Block, Cells

__all__ = ["Sb3Monitor", "Sb3MonitorReader"]

ENDING = "monitor.csv"
STEPS = "time/total_timesteps"

_LARGEST_LENGTH = 2**40  # of an episode: a sum of such still is a whole number


class Sb3MonitorReader(WrappedReader):
    """Follows the episodes of one environment.

    They have no step. One is added as Stable-Baselines3's own plots do: the sum of the episodes' lengths so far, named
    as in its `progress.csv`. It counts the steps of this environment alone.

    Args:
        path: The file.
        plain: Take every line apart by itself.
    """

    def __init__(self, path: Path, *, plain: bool = False) -> None:
        super().__init__(CsvReader(path, plain=plain))
        self._steps = 0
        self._about: dict[str, Any] | None = None

    def read(self) -> Update:
        """Read what is new; see `readers.Update`."""
        update = super().read()
        if update.restarted:
            self._steps, self._about = 0, None
        if update.block is not None and self._about is None:
            self._about = _about(read_head(self.path))
        columns = None if update.columns is None else [*update.columns, STEPS]
        return replace(update, columns=columns, block=self._with_steps(update.block))

    @property
    def facts(self) -> Facts:
        """What the first line says: when the environment was made, and its name."""
        about = self._about or {}
        of_many = self.path.name.removesuffix(ENDING) != ""
        odd = (f"{STEPS} counts the steps of the environment of {self.path.name} alone",) if of_many else ()
        return Facts(about, odd=odd)

    def _with_steps(self, block: Block | None) -> Block | None:
        if block is None or "l" not in block.cells or STEPS in block.cells:
            return block
        rows, lengths = block.cells["l"].points()
        if lengths.dtype != np.int64 or not ((lengths >= -_LARGEST_LENGTH) & (lengths <= _LARGEST_LENGTH)).all():
            return block
        steps = np.cumsum(lengths, dtype=np.int64) + self._steps
        if len(steps):
            self._steps = int(steps[-1])
        return Block(block.n_rows, {**block.cells, STEPS: Cells(steps, None, rows)})


class Sb3Monitor(Format):
    """`monitor.csv`, or `0.monitor.csv`, `1.monitor.csv` ... of several environments."""

    name = "Stable-Baselines3 monitor"

    def find(self, folder: Listing) -> list[Path]:
        """Each environment's file."""
        names = [name for name in folder.files if name.endswith(ENDING)]
        return oldest_first(folder.path / name for name in names if _about(folder.head(name)) is not None)

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether it is named as Stable-Baselines3 names it, and begins with a line of JSON behind a `#`."""
        return path.name.endswith(ENDING) and _about(head) is not None

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for one environment's file."""
        return Sb3MonitorReader(path, plain=plain)


def _about(head: bytes) -> dict[str, Any] | None:
    """What stands behind the `#` of the first line."""
    return first_object(head[1:]) if head.startswith(b"#") else None
