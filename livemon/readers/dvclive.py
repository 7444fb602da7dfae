"""DVCLive's folder: a file of tab-separated values for each metric, and the settings."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livemon.readers.base import Facts, Format, Reader, Update
from livemon.readers.csv import CsvReader
from livemon.readers.encodings.json_rows import joined
from livemon.system.listing import Listing
from livemon.system.settings_files import SettingsFile
from livemon.system.tail import Status
from livemon.tables.table import Block, Cells

__all__ = ["Dvclive", "DvcliveReader"]

ENDING = ".tsv"
METRICS = ("plots", "metrics")
DEEPEST = 8
X_NAMES = ("timestamp", "step")


class DvcliveReader:
    """Follows all metrics of one folder.

    Each row of each file is a row: a metric's value, its step, and its time (ms) if that was logged. Rows written
    between two reads are in order of time, then of step. If a file was deleted or begun anew, all are read again.

    Args:
        path: DVCLive's folder.
        plain: Whether to parse every line separately.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: Path, *, plain: bool = False) -> None:
        self.path = path
        self._plain = plain
        self._readers: dict[str, CsvReader] = {}  # by the metric's name
        self._settings = SettingsFile(path / "params.yaml")
        self._columns: set[str] = set()
        self._was_read = False

    def read(self) -> Update:
        """Read what is new; see `readers.Update`. Never raises because of the content of a file."""
        paths = _metrics(self.path.joinpath(*METRICS))
        if not paths:
            return Update(status=Status.MISSING)
        restarted = bool(self._readers.keys() - paths.keys())
        updates = {} if restarted else self._read(paths)
        if restarted or any(update.restarted for update in updates.values()):
            restarted = self._was_read
            self._readers, self._columns = {}, set()
            updates = self._read(paths)
        self._was_read = True
        anomalies = [anomaly for update in updates.values() for anomaly in update.anomalies]
        problems = [update.problem for update in updates.values() if update.status == Status.UNREADABLE]
        statuses = {update.status for update in updates.values()}
        status = next((status for status in (Status.UNREADABLE, Status.REWRITING) if status in statuses), Status.OK)
        more = any(update.more for update in updates.values())
        block = self._merged(updates)
        columns = self._with_new(block)
        return Update(restarted, columns, block, tuple(anomalies), status, "; ".join(problems[:3]), more)

    @property
    def facts(self) -> Facts:
        """The logged parameters."""
        return Facts(self._settings.read())

    @property
    def files(self) -> Sequence[Path]:
        """The files of the metrics, and the folders in which new ones appear."""
        paths = [reader.path for reader in self._readers.values()]
        folders = dict.fromkeys(path.parent for path in paths)
        return [*paths, *(folders or [self.path])]

    def _read(self, paths: dict[str, Path]) -> dict[str, Update]:
        for name, path in paths.items():
            if name not in self._readers:
                self._readers[name] = CsvReader(path, plain=self._plain)
        return {name: reader.read() for name, reader in self._readers.items()}

    def _with_new(self, block: Block | None) -> list[str] | None:
        """All columns so far, if the block has new ones. Sorted by name: live, the metrics come one by one, afterwards
        all at once."""
        if block is None or block.cells.keys() <= self._columns:
            return None
        self._columns |= block.cells.keys()
        return [*(name for name in X_NAMES if name in self._columns), *sorted(self._columns - set(X_NAMES))]

    def _merged(self, updates: dict[str, Update]) -> Block | None:
        """The new rows of all files as one block."""
        blocks = {name: update.block for name, update in updates.items() if update.block and update.block.n_rows}
        if not blocks:
            return None
        starts = dict(zip(blocks, np.cumsum([0, *(block.n_rows for block in blocks.values())]).tolist(), strict=False))
        n_rows = sum(block.n_rows for block in blocks.values())
        keys = [np.full(n_rows, -np.inf) for _ in X_NAMES]
        for name, block in blocks.items():
            for key, x_name in zip(keys, X_NAMES, strict=True):
                if x_name in block.cells:
                    block.cells[x_name].write_into(key[starts[name] : starts[name] + block.n_rows])
        order = np.lexsort(keys[::-1])
        row_of = np.empty(n_rows, np.int64)
        row_of[order] = np.arange(n_rows)
        cells: dict[str, list[Cells]] = {}
        for name, block in blocks.items():
            for column, shown in _shown(name, block.cells).items():
                cells.setdefault(shown, []).append(_moved(block.cells[column], row_of[starts[name] :]))
        return Block(n_rows, {name: joined(parts) for name, parts in cells.items()})


def _shown(metric: str, columns: Iterable[str]) -> dict[str, str]:
    """The names in the table for the columns of a metric's file; further columns are left out."""
    shown = {column: column for column in columns if column in X_NAMES}
    value = next((column for column in columns if column not in X_NAMES), None)
    return shown if value is None else shown | {value: f"{metric}.1" if metric in X_NAMES else metric}


def _moved(cells: Cells, row_of: NDArray[np.int64]) -> Cells:
    """The cells with row i moved to `row_of[i]`, in order of row."""
    rows, values = cells.points()
    rows_there = row_of[: len(values)] if rows is None else row_of[rows]
    text_places = row_of[cells.text_rows]
    order, text_order = np.argsort(rows_there), np.argsort(text_places)
    texts = tuple(cells.texts[at] for at in text_order)
    return Cells(values[order], None, rows_there[order], text_places[text_order], texts)


def _metrics(folder: Path) -> dict[str, Path]:
    """The files of the metrics, by the metrics' names. Links are not followed."""
    paths = {}
    for path, folders, names in os.walk(folder):
        below = Path(path).relative_to(folder)
        if len(below.parts) >= DEEPEST:
            folders.clear()
        for name in names:
            if name.endswith(ENDING):
                paths[(below / name.removesuffix(ENDING)).as_posix()] = Path(path, name)
    return dict(sorted(paths.items()))


class Dvclive(Format):
    """A folder of a run of DVCLive: `dvclive`, or one with another name."""

    name = "DVCLive"
    ordered = False

    def find(self, folder: Listing) -> list[Path]:
        """The folder itself, or the `dvclive` in it, if it has metrics."""
        candidates = (folder, folder.below("dvclive"))
        return [candidate.path for candidate in candidates if _has_metrics(candidate.below(*METRICS))][:1]

    def recognises(self, path: Path, head: bytes) -> bool:
        """False: the file of a single metric is read as CSV."""
        return False

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for a folder."""
        return DvcliveReader(path, plain=plain)

    def written(self, path: Path) -> float | None:
        """When the newest of the metric files was written."""
        files = _metrics(path.joinpath(*METRICS)).values()
        return max((changed for file in files if (changed := super(Dvclive, self).written(file))), default=None)


def _has_metrics(folder: Listing, depth: int = DEEPEST) -> bool:
    if any(name.endswith(ENDING) for name in folder.files):
        return True
    return depth > 1 and any(_has_metrics(folder.below(name), depth - 1) for name in folder.folders)
