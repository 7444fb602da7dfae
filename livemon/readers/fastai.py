"""fastai's `history.csv`: CSV with the duration of each epoch as mm:ss."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from livemon.readers.base import Facts, Format, Reader, Update
from livemon.readers.csv import CsvReader
from livemon.readers.wrapped_reader import WrappedReader
from livemon.system.listing import Listing
from livemon.tables.table import Block, Cells, Values

__all__ = ["Fastai", "FastaiReader"]

NAME = "history.csv"
TIME = "time"

_CLOCK = re.compile(r"(?:(\d{1,9}):)?(\d{1,9}):(\d\d)", re.ASCII)
_EXACT = 2.0**53  # whole numbers below it are exact as float64


class FastaiReader(WrappedReader):
    """Follows one `history.csv`. Its `time`, the duration of one epoch, is converted to seconds.

    Args:
        path: The file.
        plain: Whether to parse every line separately.
    """

    def __init__(self, path: Path, *, plain: bool = False) -> None:
        super().__init__(CsvReader(path, plain=plain))

    def read(self) -> Update:
        """Read what is new; see `readers.Update`."""
        update = super().read()
        return replace(update, block=_with_seconds(update.block), provisional=_with_seconds(update.provisional))

    @property
    def facts(self) -> Facts:
        """What users must know about the time."""
        return Facts(odd=("time is what each epoch took, in seconds (fastai writes mm:ss), not the time so far",))


def _with_seconds(block: Block | None) -> Block | None:
    """The block with its times as numbers."""
    if block is None or TIME not in block.cells:
        return block
    return Block(block.n_rows, {**block.cells, TIME: _in_seconds(block.cells[TIME])})


def _in_seconds(cells: Cells) -> Cells:
    """The cells with numbers for those texts that are times."""
    if not cells.texts:
        return cells
    rows, values = cells.points()
    in_row = {int(row): float(value) for row, value in zip(np.arange(len(values)) if rows is None else rows, values,
                                                           strict=True)}
    texts = {}
    for row, text in zip(cells.text_rows.tolist(), cells.texts, strict=True):
        if match := _CLOCK.fullmatch(text):
            in_row[row] = int(match[1] or 0) * 3600 + int(match[2]) * 60 + int(match[3])
        else:
            texts[row] = text
    whole = all(value.is_integer() and abs(value) < _EXACT for value in map(float, in_row.values()))
    ordered = sorted(in_row)
    seconds = [in_row[row] for row in ordered]
    numbers: Values = np.array(seconds, np.int64) if whole else np.array(seconds, np.float64)
    return Cells(numbers, None, np.array(ordered, np.int64), np.array(list(texts), np.int64), tuple(texts.values()))


class Fastai(Format):
    """`history.csv` with the columns of fastai's `CSVLogger`."""

    name = "fastai"

    def find(self, folder: Listing) -> list[Path]:
        """The file in the folder, if its header is fastai's."""
        path = folder.path / NAME
        return [path] if NAME in folder.files and self.recognises(path, folder.head(NAME)) else []

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether it has fastai's file name, begins with `epoch` and has a `time`."""
        names = head.partition(b"\n")[0].strip().split(b",")
        return path.name == NAME and names[0] == b"epoch" and TIME.encode() in names

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for one file."""
        return FastaiReader(path, plain=plain)
