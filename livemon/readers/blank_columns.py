"""Columns separated by blanks, as programs print tables.

DeePMD's `lcurve.out`, YOLOv5's and v7's `results.txt`, Spinning Up's `progress.txt` (with tabs), and numbers below
names in other files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from livemon.readers.base import Facts, Format, Reader, Update
from livemon.readers.csv import CsvReader
from livemon.readers.encodings.csv_records import split_lines
from livemon.readers.encodings.numbers import is_number
from livemon.readers.encodings.text_tail import TextTail
from livemon.readers.wrapped_reader import WrappedReader
from livemon.system.listing import Listing
from livemon.system.tail import Look
from livemon.tables.names import is_x, tells_of_training

__all__ = ["BlankColumns", "BlankColumnsReader", "SpinningUp", "Yolo", "with_tabs"]

Translate = Callable[[bytes], bytes]

# The names in the CSV files of later versions; `loss` is the sum of the three losses before it.
YOLO_COLUMNS = ("epoch", "gpu_mem", "train/box_loss", "train/obj_loss", "train/cls_loss", "train/loss", "labels",
                "img_size", "metrics/precision", "metrics/recall", "metrics/mAP_0.5", "metrics/mAP_0.5:0.95",
                "val/box_loss", "val/obj_loss", "val/cls_loss")
_YOLO_ROW = re.compile(rb"\s*\d+/\d+\s+[\d.]+[GM]?(?:\s+(?:[-+.\deE]+|nan|inf)){13}\s*")
_NAMES = ("lcurve.out",)


class _TranslatedTail(TextTail):
    """The lines of a file in the form of a CSV file with tabs.

    Args:
        path: The file.
        translate: Converts a line of the file.
    """

    def __init__(self, path: Path, translate: Translate) -> None:
        super().__init__(path)
        self._translate = translate
        self.written = b""  # the lines of the last look as they are in the file

    def look(self) -> Look:
        look = super().look()
        self.written = look.lines
        if look.last_line:
            look = replace(look, last_line=self._translate(look.last_line).rstrip(b"\r\n"))
        if not look.lines:
            return look
        end = b"\r" if b"\n" not in look.lines else b"\n"
        return replace(look, lines=b"".join(self._translate(line) for line in split_lines(look.lines, end)))


class BlankColumnsReader(WrappedReader):
    """Follows one file of columns separated by blanks.

    Args:
        path: The file.
        translate: Converts a line to that of a CSV file with tabs.
        header: The column names, if the file has none.
        plain: Whether to parse every line separately.
    """

    def __init__(
        self, path: Path, translate: Translate | None = None, *, header: Sequence[str] = (), plain: bool = False
    ) -> None:
        self._tail = _TranslatedTail(path, translate or with_tabs)
        super().__init__(CsvReader(path, self._tail, header=header, plain=plain))

    def read(self) -> Update:
        """Read what is new; see `readers.Update`."""
        update = super().read()
        return replace(update, lines=self._tail.written)


def with_tabs(line: bytes) -> bytes:
    """A line with tabs between its cells. The `#` of a header in a comment is removed; other comments become blank."""
    ending = line[len(line.rstrip(b"\r\n")) :]
    cells = line.split()
    if cells and cells[0] == b"#" and _is_header(cells[1:]):
        cells = cells[1:]
    elif cells and cells[0].startswith(b"#") and _is_header([cells[0][1:], *cells[1:]]):
        cells[0] = cells[0][1:]
    elif cells and cells[0].startswith(b"#"):
        return ending
    return b"\t".join(cells) + ending


def _is_header(cells: Sequence[bytes]) -> bool:
    """Whether the words of a comment are column names: the first is a step, an epoch or the like."""
    return len(cells) > 1 and is_x(cells[0].decode("utf-8", "replace"))


class BlankColumns(Format):
    """Names, perhaps after a `#`, and numbers below them, separated by blanks."""

    name = "columns between blanks"
    generic = True

    def find(self, folder: Listing) -> list[Path]:
        """DeePMD's `lcurve.out` in the folder."""
        return [folder.path / name for name in _NAMES
                if name in folder.files and self.recognises(folder.path / name, folder.head(name))]

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the first line has names that tell of a training, and a later line as many numbers."""
        lines = [line for line in map(with_tabs, split_lines(head, b"\n")) if line.strip()]
        if len(lines) < 2 or b"\0" in head:
            return False
        names, *rows = (line.decode("utf-8", "replace").split() for line in lines)
        if any(map(is_number, names)) or not tells_of_training(names) or len(names) < 2:
            return False
        return any(len(row) == len(names) and all(map(is_number, row)) for row in rows)

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for one file."""
        return BlankColumnsReader(path, plain=plain)


class YoloReader(BlankColumnsReader):
    """Follows one `results.txt`. A first cell `3/299` has the epoch and the last epoch; `2.26G` is memory in GB.

    Args:
        path: The file.
        plain: Whether to parse every line separately.
    """

    def __init__(self, path: Path, *, plain: bool = False) -> None:
        super().__init__(path, self._row, header=YOLO_COLUMNS, plain=plain)
        self._epochs = 0

    def _row(self, line: bytes) -> bytes:
        cells = line.split()
        if cells and (match := re.fullmatch(rb"(\d+)/(\d{1,9})", cells[0])):
            cells[0], self._epochs = match[1], int(match[2]) + 1
        if len(cells) > 1 and (match := re.fullmatch(rb"([\d.]+)([GM])", cells[1])):
            cells[1] = match[1] if match[2] == b"G" else b"%.6g" % (float(match[1]) / 1000)
        return b"\t".join(cells) + b"\n"

    @property
    def facts(self) -> Facts:
        """The number of epochs of the training."""
        return Facts({"epochs": self._epochs} if self._epochs else {})


class Yolo(Format):
    """YOLOv5's (to version 5) and v7's `results.txt`: 15 columns without names."""

    name = "YOLO"

    def find(self, folder: Listing) -> list[Path]:
        """The file in the folder of the run."""
        name = "results.txt"
        return [folder.path / name] if name in folder.files and _YOLO_ROW.fullmatch(_first(folder.head(name))) else []

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the first line is a row in YOLOv5's form."""
        return _YOLO_ROW.fullmatch(_first(head)) is not None

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for one file."""
        return YoloReader(path, plain=plain)


class SpinningUp(Format):
    """Spinning Up's `progress.txt`: names and numbers separated by tabs."""

    name = "Spinning Up"

    def find(self, folder: Listing) -> list[Path]:
        """The file in the folder of the run."""
        name = "progress.txt"
        path = folder.path / name
        return [path] if name in folder.files and self.recognises(path, folder.head(name)) else []

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether it has Spinning Up's file name, and begins with names separated by tabs."""
        names = _first(head).decode("utf-8", "replace").split("\t")
        return path.name == "progress.txt" and len(names) > 1 and tells_of_training(name.strip() for name in names)

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for one file."""
        return CsvReader(path, plain=plain)


def _first(head: bytes) -> bytes:
    return head.partition(b"\n")[0]
