"""JSON lines: an object in each line -> cells. Detectron2, Stable-Baselines3 and many custom loops write them.

Two ways lead to the same cells: line by line and value by value, or many lines at once. A test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from livemon.readers.base import Facts, Format, Reader, Update
from livemon.readers.encodings.json_rows import (
    DECODER,
    Row,
    block_of,
    doubled_in,
    flattened,
    lists_apart,
    plain_block_of,
)
from livemon.readers.encodings.json_settings import SettingsInRows
from livemon.readers.encodings.text_tail import TextTail
from livemon.readers.steps import StepWatch
from livemon.system.listing import LONGEST_HEAD, UTF_16_MARKS, Listing, oldest_first, read_head
from livemon.system.tail import LINE_TOO_LONG, Look, Status
from livemon.tables.anomalies import Anomaly
from livemon.tables.names import kind_of_x
from livemon.tables.table import Block

__all__ = ["JsonLines", "JsonLinesReader", "Lines", "Sb3Progress", "Shape", "first_object"]

# Usual names of logs of metrics. Other .jsonl files may be data: they must also have a step.
NAMES = ("metrics.json", "metrics.jsonl", "log.jsonl", "logs.jsonl", "train_log.jsonl", "history.jsonl")
PLAIN_NAMES = ("log.txt", "train_log.txt", "log.json", "train_log.json", "train.log", "log.log")  # DETR and others
ENDINGS = (".jsonl", ".ndjson")
MISNAMED = ("metrics.csv", "progress.csv", "results.csv")  # names of CSV files to which some loops write JSON lines
MOST_NAMES = 100_000  # in one file: a writer with a new name for each row does not write metrics

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NAME_AND_NUMBER = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*:\s*(?:-?\d|NaN|-?Infinity)')


class Lines(Protocol):
    """A source of complete lines: a `TextTail`, or the tail of a packed file."""

    @property
    def pending_bytes(self) -> int:
        """The bytes after the last complete line."""

    def look(self) -> Look:
        """What is new."""


class Shape:
    """The meaning of one framework's rows beyond their names: nothing here; derived classes add it.

    Each version of a file gets a new object, because it may remember earlier rows.
    """

    def row(self, row: Row) -> Row | None:
        """The row as it is shown; None if the line is not a row."""
        return row

    @property
    def facts(self) -> Facts:
        """What the rows say about the run."""
        return Facts()


class JsonLinesReader:
    """Follows one file of JSON lines.

    Args:
        path: The file.
        tail: Reads the file.
        plain: Whether to parse every line and convert every value separately.
        shape: The class that knows the framework's rows.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, tail: Lines | None = None, *, plain: bool = False,
                 shape: Callable[[], Shape] = Shape) -> None:
        self.path = path
        self._tail: Lines = tail or TextTail(path)
        self._plain = plain
        self._new_shape = shape
        self._start_over()

    def _start_over(self) -> None:
        self._line = 0
        self._refused = ""
        self._shape = self._new_shape()
        self._settings = SettingsInRows()
        self._names: set[str] = set()
        self._doubled: set[str] = set()
        self._steps = StepWatch(self.path)
        self._last_line = b""
        self._provisional: Block | None = None

    def read(self) -> Update:
        """Read what is new; see `readers.Update`. Never raises because of the content of a file."""
        look = self._tail.look()
        if look.restarted:
            self._start_over()
        anomalies: list[Anomaly] = []
        if look.dropped_lines:
            anomalies.append(self._odd("line too long", LINE_TOO_LONG, look.dropped_lines))
        if look.lines and self._line == 0:
            self._refused = self._refused or _refusal(look.lines)
        if self._refused:
            return Update(look.restarted, status=Status.UNREADABLE, problem=f"{self.path}: {self._refused}")
        block = self._block(look.lines, anomalies) if look.lines else None
        if look.status == Status.OK and (look.lines or look.last_line != self._last_line):
            self._last_line, self._provisional = look.last_line, self._provisional_row(look.last_line)
        return Update(look.restarted, None, block, tuple(anomalies), look.status, look.problem, look.more, look.lines,
                      self._provisional)

    def _provisional_row(self, line: bytes) -> Block | None:
        """The row of a last line without a line end: a closed object is complete."""
        objects = _objects(line.rstrip(b"\r") + b"\n") if line.strip() else None
        if not objects or len(objects) > 1:
            return None
        try:
            # Nothing is learnt from the line until it has its line end.
            known: Sequence[Row] = objects
            if type(self._shape) is Shape:
                known, _ = deepcopy(self._settings).rows_in(objects, [self._line + 1], have_objects=True)
            row = deepcopy(self._shape).row(known[0]) if known else None
            return None if row is None else plain_block_of([lists_apart(flattened(row))])[0]
        except RecursionError:
            return None

    @property
    def facts(self) -> Facts:
        """What the rows said about the run."""
        facts = self._shape.facts
        return facts if facts.config else replace(facts, config=dict(self._settings.config))

    @property
    def files(self) -> Sequence[Path]:
        """The file."""
        return [self.path]

    @property
    def unfinished(self) -> int:
        """The bytes of an incomplete line at the end of the file."""
        return 0 if self._refused or self._provisional is not None else self._tail.pending_bytes

    def _odd(self, kind: str, message: str, count: int = 1, line: int | None = None) -> Anomaly:
        return Anomaly(kind, str(self.path), line or self._line, message, count)

    def _block(self, data: bytes, anomalies: list[Anomaly]) -> Block | None:
        if self._line == 0:
            data = data.removeprefix(_BYTE_ORDER_MARK)
        first = self._line + 1
        objects = None if self._plain else _objects(data)
        if objects is None:
            rows, lines = self._shaped(*self._line_by_line(data, anomalies), anomalies)
        else:
            self._line += len(objects)
            rows, lines = objects, range(first, self._line + 1)
            has_more = data.count(b"{") > len(objects)  # perhaps nested objects
            if not has_more and type(self._shape) is Shape:
                rows, lines = self._settings.rows_in(rows, lines, have_objects=False)
            else:
                rows, lines = self._shaped(rows, lines, anomalies)
        if not rows:
            return None
        if b"[" in data:
            rows = [lists_apart(row) for row in rows]
        block, too_large = plain_block_of(rows) if self._plain else block_of(rows)
        for number in sorted(too_large, key=lambda number: number.row):
            message = f"{number.name}: the number is too large for a float64"
            anomalies.append(self._odd("overflow", message, line=lines[number.row]))
        block = self._within_bounds(block, anomalies)
        anomalies += self._steps.look_at(block, lines)
        return block

    def _line_by_line(self, data: bytes, anomalies: list[Anomaly]) -> tuple[Sequence[Row], Sequence[int]]:
        """The objects in the data, and their line numbers; other lines are noted."""
        rows, lines = [], []
        for line in data.splitlines() if data.endswith(b"\r") else data.split(b"\n")[:-1]:
            self._line += 1
            if not line.strip():
                continue
            try:
                row = DECODER.decode(_decode(line))
                if not isinstance(row, dict):
                    raise ValueError("it is something else")
                rows.append(row)
                lines.append(self._line)
            except (ValueError, RecursionError) as error:
                anomalies.append(self._odd("row rejected", f"the line is not one JSON object: {error}"))
        return rows, lines

    def _shaped(
        self, objects: Sequence[Row], numbers: Sequence[int], anomalies: list[Anomaly]
    ) -> tuple[Sequence[Row], Sequence[int]]:
        """The rows as they are shown, flat, and their line numbers."""
        if type(self._shape) is Shape:
            objects, numbers = self._settings.rows_in(objects, numbers, have_objects=True)
        rows: list[Row] = []
        lines = []
        for line, written in zip(numbers, objects, strict=True):
            row = self._shape.row(written)
            if row is None:
                continue
            if dict in map(type, row.values()):
                try:
                    written, row = row, flattened(row)
                except RecursionError as error:
                    anomalies.append(self._odd("row rejected", f"the line cannot be a row: {error}", line=line))
                    continue
                if any(name.endswith(".1") for name in row):
                    self._note_doubled(written, line, anomalies)
            rows.append(row)
            lines.append(line)
        return rows, lines

    def _note_doubled(self, row: Row, line: int, anomalies: list[Anomaly]) -> None:
        """Report, once for each name, that two values of a row get the same name when its objects are flattened."""
        for name in doubled_in(row):
            if name not in self._doubled:
                self._doubled.add(name)
                message = f"the row has two values {name!r}; the more deeply nested one is {name}.1"
                anomalies.append(self._odd("name doubled", message, line=line))

    def _within_bounds(self, block: Block, anomalies: list[Anomaly]) -> Block:
        """The block without the names beyond MOST_NAMES."""
        new = [name for name in block.cells if name not in self._names]
        surplus = new[max(MOST_NAMES - len(self._names), 0) :]
        self._names.update(new[: len(new) - len(surplus)])
        if not surplus:
            return block
        message = f"the rows have more than {MOST_NAMES:,} different names; {surplus[0][:40]!r} is not read"
        anomalies.append(self._odd("too many names", message, len(surplus)))
        return Block(block.n_rows, {name: cells for name, cells in block.cells.items() if name in self._names})


class JsonLines(Format):
    """Files of JSON lines that do not belong to a framework's own format."""

    name = "JSON lines"
    generic = True

    def find(self, folder: Listing) -> list[Path]:
        """The files in the folder or its `logs` that are logs of metrics by their names or their first lines."""
        paths = []
        for candidate in (folder, folder.below("logs")):
            paths += [candidate.path / name for name in candidate.files if self._is_log(name, candidate)]
        return oldest_first(paths)

    def _is_log(self, name: str, folder: Listing) -> bool:
        if name in NAMES or name in MISNAMED or name in PLAIN_NAMES:
            return self.recognises(folder.path / name, folder.head(name))
        return name.endswith(ENDINGS) and any(any(map(kind_of_x, names)) for names in _numbers(folder.head(name)))

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether one of the first lines is an object with a number; without a telling name, two of them, and the file
        must begin with an object."""
        if path.name in NAMES or path.name.endswith(ENDINGS):
            return _has_numbers(head)
        if not _begins_with_an_object(head):
            return False
        needed = 1 if path.name in MISNAMED else 2
        return len(list(islice(_numbers(head), needed))) == needed

    def problem(self, path: Path) -> str:
        """Why a file with the usual name of a log of JSON lines is not read."""
        if path.name not in NAMES:
            return ""
        head = read_head(path)
        if not head.strip() or head.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith((b"{", b"[")):
            return ""
        return f"{path} has the name of a log of JSON lines but does not begin like one: it is damaged, or another file"

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for one file."""
        return JsonLinesReader(path, plain=plain)


class Sb3Progress(JsonLines):
    """Stable-Baselines3's `progress.json`. Its `progress.csv` has the same, but is rewritten for each new metric."""

    name = "Stable-Baselines3"
    generic = False

    def find(self, folder: Listing) -> list[Path]:
        """The file in the folder of the run."""
        name = "progress.json"
        return [folder.path / name] if name in folder.files and _has_numbers(folder.head(name)) else []

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether it has Stable-Baselines3's file name, and begins with an object with numbers."""
        return path.name == "progress.json" and _has_numbers(head)


# -- small things


def _objects(data: bytes) -> list[dict[str, Any]] | None:
    """The objects of lines with one object each and nothing else; None if a line is different."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    text = text.replace("\r\n", "\n") if "\r" in text else text
    objects = []
    position, end = 0, len(text)
    take = DECODER.raw_decode
    try:
        while position < end:
            row, position = take(text, position)
            if type(row) is not dict or text[position] != "\n":
                return None
            objects.append(row)
            position += 1
    except (ValueError, RecursionError, IndexError):
        return None
    return objects


def first_object(head: bytes) -> dict[str, Any] | None:
    """The object on the first line of a file; None if there is none or it is not complete."""
    line, end, _ = head.removeprefix(_BYTE_ORDER_MARK).partition(b"\n")
    if not end or not line.lstrip().startswith(b"{"):
        return None
    try:
        value = DECODER.decode(_decode(line))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _begins_with_an_object(head: bytes) -> bool:
    """Whether the first line that is not blank begins like an object."""
    return head.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(b"{")


def _has_numbers(head: bytes) -> bool:
    return next(_numbers(head), None) is not None


def _numbers(head: bytes) -> Iterator[list[str]]:
    """The names of the numbers in the objects on the first lines, as far as they are in the head. Lines without a
    number are left out: events, settings, blank lines, and torn lines."""
    line = head.removeprefix(_BYTE_ORDER_MARK)
    while line:
        if names := _numbers_in_line(line):
            yield names
        line = line.partition(b"\n")[2]


def _numbers_in_line(head: bytes) -> list[str]:
    """The names of the numbers in the object on the first line, as far as it is in the head."""
    if len(head) >= LONGEST_HEAD and b"\n" not in head and head.removeprefix(_BYTE_ORDER_MARK).startswith(b"{"):
        return [] if b"\0" in head else [_decode(match[1]) for match in _NAME_AND_NUMBER.finditer(head)]
    try:
        row = flattened(first_object(head) or {})
    except RecursionError:
        return []
    return [name for name, value in row.items() if isinstance(value, int | float) and not isinstance(value, bool)]


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _refusal(data: bytes) -> str:
    """Why a file with these first bytes is not read at all, or ""."""
    if data.startswith(UTF_16_MARKS):
        return "the text inside is UTF-16; livemon reads UTF-8 there"
    if b"\0" in re.split(rb"[\r\n]", data, maxsplit=1)[0]:
        return "the file is not text (its first line has NUL bytes)"
    return ""
