"""A JSON file for each epoch or evaluation, such as AllenNLP's `metrics_epoch_0.json`, `metrics_epoch_1.json`."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from livemon.readers.base import Format, Reader, Update
from livemon.readers.encodings.json_rows import DECODER, Row, flattened
from livemon.readers.whole_file import Rows, WholeFileReader
from livemon.system.filesystems import is_settled
from livemon.system.listing import Listing
from livemon.system.shared_files import read_regular
from livemon.system.tail import Status
from livemon.tables.names import kind_of_x

__all__ = ["EpochFiles"]

LARGEST_BYTES = 16 << 20  # of one file
_NAME = re.compile(r"metrics?[-_](epoch|step|iter|iteration)[-_](\d{1,12})\.json", re.IGNORECASE)
_Seen = tuple[int, int]  # time of change, bytes


class EpochFilesReader(WholeFileReader):
    """Follows the files of one folder, each with one row, in the order of their numbers.

    Args:
        path: One of the files.
        plain: Whether to convert every value separately.
    """

    def __init__(self, path: Path, *, plain: bool = False) -> None:
        super().__init__(path, lambda data: Rows([]), LARGEST_BYTES, plain=plain)
        self._there: dict[Path, _Seen] = {}
        self._rows: dict[Path, tuple[_Seen, Row]] = {}

    @property
    def files(self) -> Sequence[Path]:
        """The files, and the folder in which the next appears."""
        return [*self._there, self.path.parent]

    def read(self) -> Update:
        """Read what is new; see `readers.Update`. An unchanged file is not opened."""
        try:
            there, written, settled = _files(self.path.parent)
        except OSError as error:
            return Update(status=Status.UNREADABLE, problem=f"cannot read {self.path.parent}: {error}")
        if not there:
            return Update(status=Status.MISSING)
        if there == self._there:
            return self._as_before(written)
        self._there, self._problem, self._broken_since = there if settled else {}, "", None
        try:
            rows = [self._row(path, seen) for path, seen in there.items()]
        except (OSError, ValueError, RecursionError) as error:
            self._problem, self._broken_since = str(error), self._clock()
            return self._as_before(written)
        return self._show(Rows(rows))

    def _row(self, path: Path, seen: _Seen) -> Row:
        known = self._rows.get(path)
        if known is None or known[0] != seen:
            if seen[1] > LARGEST_BYTES:
                raise ValueError(f"{path} is larger than {LARGEST_BYTES >> 20} MiB")
            try:
                content = DECODER.decode(read_regular(path).decode("utf-8", "replace"))
                row = flattened(content) if isinstance(content, dict) else {}
            except (ValueError, RecursionError) as error:
                raise ValueError(f"{path} cannot be read: {error}") from None
            kind, number = _number(path.name)
            known = self._rows[path] = seen, ({} if any(map(kind_of_x, row)) else {kind: number}) | row
        return known[1]


def _number(name: str) -> tuple[str, int]:
    match = _NAME.fullmatch(name)
    return (match[1].lower(), int(match[2])) if match else ("", 0)


def _files(folder: Path) -> tuple[dict[Path, _Seen], float, bool]:
    """The files in the order of their numbers, when the newest was written, and whether their times are reliable."""
    seen: dict[Path, _Seen] = {}
    written, settled = 0.0, True
    with os.scandir(folder) as entries:
        named = sorted((entry for entry in entries if _NAME.fullmatch(entry.name) and entry.is_file()),
                       key=lambda entry: _number(entry.name))
    for entry in named:
        try:
            status = os.stat(entry.path)
        except OSError:
            continue
        seen[Path(entry.path)] = status.st_mtime_ns, status.st_size
        written, settled = max(written, status.st_mtime), settled and is_settled(status)
    return seen, written, settled


class EpochFiles(Format):
    """`metrics_epoch_<N>.json` in the folder of a run."""

    name = "JSON file an epoch"

    def find(self, folder: Listing) -> list[Path]:
        """The first of the files, which stands for all."""
        named = sorted((name for name in folder.files if _NAME.fullmatch(name)), key=_number)
        return [folder.path / name for name in named[:1] if self.recognises(folder.path / name, folder.head(name))]

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the file has such a name, and begins like an object."""
        return _NAME.fullmatch(path.name) is not None and head.lstrip().startswith(b"{")

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for all of the files."""
        return EpochFilesReader(path, plain=plain)

    def written(self, path: Path) -> float | None:
        """When the newest file was written."""
        try:
            return _files(path.parent)[1]
        except OSError:
            return None
