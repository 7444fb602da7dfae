"""Comma-separated values, and their relatives with semicolons and tabs: new lines -> cells.

Two ways lead to the same cells. The plain way takes a line apart with the standard library and each number with a
strict grammar. The fast way gives big blocks to pandas, and only keeps what it returns after checks which show that the
plain way would say the same; else it hands the block back. A test holds the two together.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from livemon.readers.base import Facts, Format, Update
from livemon.readers.encodings.builder import ColumnBuilder
from livemon.readers.encodings.csv_blocks import BlockParser
from livemon.readers.encodings.numbers import MISSING, is_number, parse_number
from livemon.readers.steps import StepWatch
from livemon.system.listing import Listing
from livemon.system.tail import QUIET_SECONDS, Status, Tail
from livemon.tables.anomalies import Anomaly
from livemon.tables.names import find_x, is_x
from livemon.tables.table import Block

__all__ = ["METRICS_FILES", "Csv", "CsvReader"]

# Where a run's metrics are looked for in its folder, best first. Then any file in it that holds numbers below names.
METRICS_FILES = ("logs/metrics.csv", "metrics.csv", "livemon/logs/metrics.csv", "progress.csv", "results.csv",
                 "history.csv", "summary.csv", "training.log")

_Delimiter = Literal[",", ";", "\t", "|", " ", ":"]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16 = b"\xff\xfe", b"\xfe\xff"

KNOWN_NAMES = ("metrics.csv", "progress.csv", "results.csv")

_COMMA_NUMBER = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?", re.ASCII)
_MAY_BE_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
_MARKS = {",": "comma", ".": "point"}

MOST_LOGS = 20  # of one run
FAST_FROM_BYTES = 16 << 10
LONGEST_QUOTE = 64 << 10


class _Gathered(ColumnBuilder):
    """The cells of one column while a block is put together row by row."""

    __slots__ = ()

    def add(self, row: int, cell: str) -> None:
        cell = cell.strip()
        if cell not in MISSING:
            value = parse_number(cell)
            self.put(row, cell if value is None else value)


class CsvReader:
    """Follows one CSV file.

    Args:
        path: The file.
        tail: What reads it.
        plain: Take every line apart by itself, however many there are.

    Attributes:
        path: The file.
        header: The columns' names, [] before the header is complete. Blank ones are "column N", doubled ones get ".1".
        delimiter: Found in the header.
    """

    def __init__(self, path: Path, tail: Tail | None = None, *, plain: bool = False) -> None:
        self.path = path
        self._plain_only = plain
        self.header: list[str] = []
        self.delimiter = ","
        self._tail = tail or Tail(path)
        self._written: list[str] = []  # the header as the file has it
        self._declared: list[str] = []  # by the headers that were read in this call, the newest first
        self._line = 0  # physical lines taken in
        self._carry = b""  # a record whose quote is still open
        self._waits = True  # for the end of that, while the file may be written
        self._refused = ""
        self._decimal = ""  # "," or ".", once a number has shown it
        self._steps = StepWatch(path)
        self._parser = BlockParser(0, ",")

    @staticmethod
    def recognises(path: Path, head: bytes) -> bool:
        """Whether the head is a header line with names, and below it a row of that many cells with a number.

        A header is enough where the file's name says that it is a log of metrics. There, a file that cannot be read is
        one, too, so that it is told why; but JSON lines are none.
        """
        is_known = path.name in KNOWN_NAMES
        if is_known and (head.startswith(_UTF_16) or (not head and _may_not_read(path))):
            return True
        head = _before_nul(head)
        if not head.strip():
            return False
        lines = (line for line in _split_lines(head, b"\n" if b"\n" in head else b"\r") if line.strip())
        first = _decode(next(lines))
        names = _names(first, _delimiter(first))
        if not names or (any(map(is_number, names)) and not any(map(is_x, names))):  # metrics may be called 0, 1, 2
            return False
        if first.startswith('{"'):
            return False
        if is_known:
            return True
        between = _delimiter(first)
        rows = (_names(_decode(line), between) for line in lines)
        return any(len(row) == len(names) and any(_says_number(cell, between) for cell in row) for row in rows)

    def read(self) -> Update:
        """Read what is new; see `readers.Update`. Raises nothing for what may be in a file."""
        look = self._tail.look()
        if look.restarted:
            self._start_over()
        anomalies: list[Anomaly] = []
        if look.dropped_lines:
            anomalies.append(self._odd("line too long", "a line longer than 1 MiB was skipped", look.dropped_lines))
        if look.lines and self._line == 0 and not self._carry:
            self._refused = self._refused or _refusal(look.lines)
        if self._refused:
            return Update(look.restarted, anomalies=tuple(anomalies), status=Status.UNREADABLE,
                          problem=f"{self.path}: {self._refused}")
        self._declared = []
        self._waits = look.more or self._tail.quiet_seconds < QUIET_SECONDS
        block = self._block(look.lines, anomalies) if look.lines or self._gives_up else None
        if not look.more:
            self._parser.rest()
        columns = self._declared or None
        return Update(look.restarted, columns, block, tuple(anomalies), look.status, look.problem, look.more,
                      look.lines)

    @property
    def facts(self) -> Facts:
        """A CSV file says nothing but its rows."""
        return Facts()

    @property
    def files(self) -> list[Path]:
        """The file."""
        return [self.path]

    @property
    def _gives_up(self) -> bool:
        """Whether a quote is open in a file that nobody writes."""
        return bool(self._carry) and not self._waits

    @property
    def unfinished(self) -> int:
        """Bytes at the end of the file that are no complete row."""
        return 0 if self._refused else self._tail.pending_bytes + len(self._carry)

    def _start_over(self) -> None:
        self.header = []
        self.delimiter = ","
        self._line = 0
        self._carry = b""
        self._refused = ""
        self._decimal = ""
        self._steps = StepWatch(self.path)

    def _odd(self, kind: str, message: str, count: int = 1) -> Anomaly:
        return Anomaly(kind, str(self.path), self._line, message, count)

    def _block(self, data: bytes, anomalies: list[Anomaly]) -> Block | None:
        if not self.header:
            data = self._take_header(data, anomalies)
        may_be_fast = len(data) >= FAST_FROM_BYTES and not self._carry and not self._plain_only
        if self.delimiter == ";":  # Where a comma may be a decimal one, or a point may show that none is.
            may_be_fast = may_be_fast and b"," not in data and (self._decimal == "." or b"." not in data)
        above = self._line
        block = self._fast(data) if may_be_fast else None
        lines: Sequence[int] = range(above + 1, self._line + 1)
        if block is None and (data or self._gives_up):
            block, lines = self._plain(data, anomalies)
        if block is not None:
            anomalies += self._steps.look_at(block, lines)
        return block

    # -- the header

    def _take_header(self, data: bytes, anomalies: list[Anomaly]) -> bytes:
        """Read the header from the data's first record; return what stands behind it."""
        if self._line == 0 and not self._carry:
            data = data.removeprefix(_BYTE_ORDER_MARK)
        for record, rest in self._records(data):
            text = _decode(record)
            if text.strip() and not text.startswith("#"):
                self.delimiter = _delimiter(text)
                self._set_header(_names(text, self.delimiter), anomalies)
                return rest
        return b""

    def _set_header(self, names: list[str], anomalies: list[Anomaly]) -> None:
        seen: dict[str, int] = {}
        header = []
        taken = set(names)
        for place, name in enumerate(names):
            name = name or f"column {place + 1}"
            count = seen[name] = seen.get(name, -1) + 1
            while count and f"{name}.{count}" in taken:
                count = seen[name] = count + 1
            header.append(f"{name}.{count}" if count else name)
            if count == 1:
                message = f"the header has two columns {name!r}; the second is {name}.1"
                anomalies.append(self._odd("name doubled", message))
        self.header, self._written = header, names
        self._parser = BlockParser(len(header), self.delimiter)
        self._declared = list(dict.fromkeys([*header, *self._declared]))

    # -- the plain way

    def _records(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The complete records in the data, each with what stands behind it (told only while there is no header).

        A record whose quote is open is carried to the next call.
        """
        whole, self._carry = self._carry + data, b""
        lines = _split_lines(whole, b"\r" if whole.endswith(b"\r") else b"\n")
        place = start = 0
        while place < len(lines):
            count = self._record_length(lines, place)
            if count == 0:
                self._carry = b"".join(lines[place:])
                return
            record = b"".join(lines[place : place + count])
            place, start = place + count, start + len(record)
            self._line += count
            yield record, b"" if self.header else whole[start:]

    def _record_length(self, lines: list[bytes], first: int) -> int:
        """How many lines the record that starts with line `first` has; 0 if it is not complete yet.

        A quote that stays open for LONGEST_QUOTE, or to the end of a file that nobody writes, was a mistake, and one
        that makes no cell: its line stands alone, and the others are read as such.
        """
        if b'"' not in lines[first]:
            return 1
        record = b""
        error = ""
        for place in range(first, len(lines)):
            record += lines[place]
            if b'"' in lines[place]:
                error = self._what_is_wrong(record)
            if "unexpected end of data" not in error:
                return 1 if error else place + 1 - first
            if len(record) > LONGEST_QUOTE:
                return 1
        return 0 if self._waits else 1

    def _what_is_wrong(self, record: bytes) -> str:
        text = _decode(record)
        try:
            next(csv.reader([text], delimiter=self.delimiter if self.header else _delimiter(text), strict=True), None)
        except csv.Error as error:
            return str(error)
        return ""

    def _plain(self, data: bytes, anomalies: list[Anomaly]) -> tuple[Block, list[int]]:
        """The rows, and the line that each one ends on."""
        n_rows = 0
        lines = []
        gathered = {name: _Gathered() for name in self.header}
        for record, _ in self._records(data):
            row = self._row(record, anomalies)
            if row is None:
                continue
            for name, cell in zip(self.header, row, strict=True):
                if cell:
                    said = self._read_as_said(name, cell, anomalies) if self.delimiter == ";" else cell
                    if said is None:
                        continue
                    try:
                        gathered.setdefault(name, _Gathered()).add(n_rows, said)
                    except OverflowError:
                        anomalies.append(self._odd("overflow", f"{name}: {cell[:40]} is too large for a float64"))
            n_rows += 1
            lines.append(self._line)
        cells = {name: column.cells(n_rows) for name, column in gathered.items() if column.values or column.texts}
        return Block(n_rows, cells), lines

    def _read_as_said(self, name: str, cell: str, anomalies: list[Anomaly]) -> str | None:
        """A cell between semicolons with a point for a decimal comma; None for a number whose mark is not the one of
        the first number in the file that has any. A comma in front of three digits does not show which it is."""
        bare = cell.strip()
        mark = "," if _COMMA_NUMBER.fullmatch(bare) else "." if "." in bare and is_number(bare) else ""
        if not mark:
            return cell
        if not self._decimal and not _MAY_BE_THOUSANDS.fullmatch(bare):
            self._decimal = mark
        if mark == self._decimal:
            return bare.replace(",", ".")
        reason = f"the file's numbers have a decimal {_MARKS[self._decimal]}" if self._decimal else (
            "its comma may be a decimal one or one of thousands")
        anomalies.append(self._odd("number rejected", f"{name}: {bare[:40]} is not read: {reason}"))
        return None

    def _row(self, record: bytes, anomalies: list[Anomaly]) -> list[str] | None:
        """The record's cells, one for each name of the header; None where it is no row (and why is noted)."""
        if not record.strip(b" \r\n" if self.delimiter == "\t" else None):
            return None
        if b"\0" in record:
            anomalies.append(self._odd("row rejected", "the row has NUL bytes in it"))
            return None
        try:
            row = next(csv.reader([_decode(record)], delimiter=self.delimiter, strict=True), [])
        except csv.Error as error:
            anomalies.append(self._odd("row rejected", f"the row cannot be taken apart: {error}"))
            return None
        if self._is_header(row):
            message = "the header stands again in mid-file"
            names = [name.strip() for name in row]
            if names != self._written:
                message = "a new header stands in mid-file; rows below it have its columns"
                self._set_header(names, anomalies)
            anomalies.append(self._odd("header repeated", message))
            return None
        if len(row) != len(self.header):
            message = f"the row has {len(row)} cells where the header has {len(self.header)}"
            anomalies.append(self._odd("row rejected", message))
            return None
        return row

    def _is_header(self, row: list[str]) -> bool:
        """The same header again, or another one: names only, one of them a known x column or known before."""
        names = [cell.strip() for cell in row]
        if names == self._written:
            return any(map(_is_text, names))  # A row of blanks below a header of blanks is a row.
        if len(names) < 2 or not all(map(_is_text, names)) or len(set(names)) < len(names):
            return False
        shared = len(set(names) & set(self.header))
        return any(is_x(name) for name in names) and 2 * shared >= min(len(names), len(self.header))

    # -- the fast way

    def _fast(self, data: bytes) -> Block | None:
        """The block as pandas reads it, or None where it cannot be shown to be what the plain way would read."""
        if data.startswith(_BYTE_ORDER_MARK):  # pandas would take it away.
            return None
        parsed = self._parser.parse(data)
        if parsed is None:
            return None
        n_rows, columns = parsed
        headers = set(self.header)  # Where one stands among the texts, its row may be a header.
        if not all(headers.isdisjoint(column.texts) for column in columns):
            return None
        self._line += n_rows
        return Block(n_rows, dict(zip(self.header, columns, strict=True)))


class Csv(Format):
    """Files of comma-separated values: what Lightning, Keras, Ultralytics and most hand-written loops leave behind."""

    name = "CSV"

    def find(self, folder: Listing) -> list[Path]:
        """The metrics file, and further files beside it that say at which step or epoch their rows stand.

        Where no file has a usual name, the first one is the metrics file.
        """
        named = next((path for name in METRICS_FILES if (path := _known(folder, name))), None)
        tables = [name for name in folder.files if name.endswith((".csv", ".tsv")) and folder.path / name != named]
        tables = [name for name in tables if CsvReader.recognises(folder.path / name, folder.head(name))]
        first = named or next((folder.path / name for name in tables), None)
        logs = [folder.path / name for name in tables if _says_where(folder.head(name))]
        return [] if first is None else [first, *(path for path in logs[:MOST_LOGS] if path != first)]

    def recognises(self, path: Path, head: bytes) -> bool:
        """See `CsvReader.recognises`."""
        return CsvReader.recognises(path, head)

    def open(self, path: Path, *, plain: bool = False) -> CsvReader:
        """See `Format.open`."""
        return CsvReader(path, plain=plain)


def _known(folder: Listing, place: str) -> Path | None:
    """A file at a well-known place in the folder, if it is there and holds metrics."""
    *above, name = place.split("/")
    listing = folder.below(*above) if above else folder
    path = listing.path / name
    return path if name in listing.files and CsvReader.recognises(path, listing.head(name)) else None


def _says_where(head: bytes) -> bool:
    """Whether one of the columns is a step, an epoch or the like: then the file is a log, and no data set."""
    first = _decode(re.split(rb"[\r\n]", head, maxsplit=1)[0])
    return any(find_x(kind, _names(first, _delimiter(first))) for kind in ("step", "epoch"))


# -- small things


def _split_lines(data: bytes, end: bytes) -> list[bytes]:
    """Lines with their ends."""
    lines = [line + end for line in data.split(end)]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _may_not_read(path: Path) -> bool:
    """Whether a regular file with something in it may not be read by this user."""
    try:
        return path.is_file() and path.stat().st_size > 0 and not os.access(path, os.R_OK)
    except OSError:
        return False


def _before_nul(head: bytes) -> bytes:
    """The lines above the first NUL: a crash, or a hole in a network file, leaves NULs behind whole rows; a file that
    has one in its first line is no text."""
    end = head.find(b"\0")
    return head if end < 0 else head[: max(head.rfind(b"\n", 0, end), head.rfind(b"\r", 0, end)) + 1]


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _delimiter(header: str) -> _Delimiter:
    """What stands between the names of a header: what most often does; and only where the first name then is a step, an
    epoch or a time, a blank or a colon, which names may have in them."""
    bare = re.sub(r'"[^"]*"', "", header)
    usual: tuple[_Delimiter, ...] = (",", ";", "\t", "|")
    unusual: tuple[_Delimiter, ...] = (" ", ":")
    found = max(usual, key=bare.count)
    if found in bare:
        return found
    names = {mark: [name.strip() for name in bare.split(mark)] for mark in unusual}
    return next((mark for mark in unusual if len(names[mark]) > 1 and is_x(names[mark][0])), found)


def _names(header: str, delimiter: str) -> list[str]:
    header = header.lstrip("\ufeff")
    try:
        row = next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:
        row = header.split(delimiter)
    return [name.strip() for name in row]


def _says_number(cell: str, delimiter: str) -> bool:
    return is_number(cell) or (delimiter == ";" and _COMMA_NUMBER.fullmatch(cell) is not None)


def _is_text(cell: str) -> bool:
    return cell not in MISSING and not is_number(cell)


def _refusal(data: bytes) -> str:
    """Why these first bytes are not read at all, or ""."""
    if data.startswith(_UTF_16):
        return "the file is UTF-16; livemon reads UTF-8"
    if b"\0" in re.split(rb"[\r\n]", data, maxsplit=1)[0]:
        return "the file is not text (its first line has NUL bytes)"
    return ""
