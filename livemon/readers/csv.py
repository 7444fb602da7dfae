"""Comma-separated values, and their relatives with semicolons and tabs: new lines -> cells.

Two ways lead to the same cells. The plain way takes a line apart with the standard library and each number with a
strict grammar. The fast way gives big blocks to pandas, and only keeps what it returns after checks which show that the
plain way would say the same; else it hands the block back. A test holds the two together.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livemon.anomalies import Anomaly
from livemon.names import is_x
from livemon.readers import Update
from livemon.table import Block, Cells, Values
from livemon.tail import Tail

__all__ = ["CsvReader", "parse_number"]

MISSING = frozenset(("", "NA", "N/A", "n/a", "<NA>", "None", "none", "null", "NULL", "Null"))
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_WHOLE = re.compile(r"[+-]?0*\d{1,19}", re.ASCII)
_NOT_FINITE = re.compile(r"([+-]?)(nan|inf|infinity)", re.ASCII | re.IGNORECASE)

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

FAST_FROM_BYTES = 16 << 10
PIECE = 64 << 10  # bytes that are looked at in one go: what the cache holds, and memory that is used again
LONGEST_QUOTE = 64 << 10
_BLANKS = sorted(MISSING)

# Before 3.1, pandas rounds the last digit of some numbers wrongly unless told otherwise.
_OLD_PANDAS = tuple(int(part) for part in pd.__version__.split(".")[:2]) < (3, 1)
_EXACT = {"float_precision": "round_trip"} if _OLD_PANDAS else {}


def parse_number(text: str) -> int | float | None:
    """The number that a cell says, or None where it says none.

    Only what programs write for a number counts: no underscores, no other scripts' digits, no hexadecimal.
    `nan` and `inf` words are numbers; a finite number too large for a float64 is not (`OverflowError`).
    """
    text = text.strip()
    if _WHOLE.fullmatch(text) and -(2**63) <= (whole := int(text)) < 2**63:
        return whole
    if match := _NOT_FINITE.fullmatch(text):
        return float(match[1] + match[2])
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    if value in (np.inf, -np.inf):
        raise OverflowError(text)
    return value


@dataclass(slots=True)
class _Gathered:
    """The cells of one column while a block is put together row by row."""

    rows: list[int] = field(default_factory=list)
    values: list[int | float] = field(default_factory=list)
    text_rows: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def add(self, row: int, cell: str) -> None:
        cell = cell.strip()
        if cell in MISSING:
            return
        value = parse_number(cell)
        if value is None:
            self.text_rows.append(row)
            self.texts.append(cell)
        else:
            self.rows.append(row)
            self.values.append(value)

    def cells(self, n_rows: int) -> Cells:
        whole = all(type(value) is int for value in self.values)
        values: Values = np.array(self.values, np.int64) if whole else np.array(self.values, np.float64)
        rows = None if len(self.rows) == n_rows else np.array(self.rows, dtype=np.int64)
        return Cells(values, None, rows, np.array(self.text_rows, dtype=np.int64), tuple(self.texts))


class CsvReader:
    """Follows one CSV file.

    Attributes:
        path: The file.
        header: The columns' names, [] before the header is complete. Blank ones are "column N", doubled ones get ".1".
        delimiter: Found in the header.
    """

    def __init__(self, path: Path, tail: Tail | None = None) -> None:
        self.path = path
        self.header: list[str] = []
        self.delimiter = ","
        self._tail = tail or Tail(path)
        self._written: list[str] = []  # the header as the file has it
        self._declared: list[str] = []  # by the headers that were read in this call, the newest first
        self._line = 0  # physical lines taken in
        self._carry = b""  # a record whose quote is still open
        self._refused = ""
        self._numeric: set[str] = set()

    @staticmethod
    def recognises(path: Path, head: bytes) -> bool:
        """Whether the head is a header line with names, and below it, if anything, a row with a number.

        A header alone counts where the file's name says that it is a log of metrics.
        """
        if b"\0" in head or not head.strip():
            return False
        lines = [line for line in _split_lines(head, b"\n" if b"\n" in head else b"\r") if line.strip()]
        names = _names(_decode(lines[0]), _delimiter(_decode(lines[0])))
        if not names or any(_is_number(name) for name in names):
            return False
        if len(lines) == 1:
            return path.name in ("metrics.csv", "progress.csv", "results.csv")
        row = _names(_decode(lines[1]), _delimiter(_decode(lines[0])))
        return len(row) == len(names) and any(_is_number(cell) for cell in row)

    def read(self) -> Update:
        """Read what is new; see `readers.Update`. Raises nothing for what may be in a file."""
        look = self._tail.look()
        if look.restarted:
            self._start_over()
        anomalies: list[Anomaly] = []
        if look.dropped_lines:
            anomalies.append(self._odd("line too long", "a line longer than 1 MiB was skipped", look.dropped_lines))
        if look.lines and not self._refused:
            self._refused = _refusal(look.lines) if self._line == 0 else ""
        if self._refused:
            return Update(look.restarted, status="unreadable", problem=f"{self.path}: {self._refused}")
        self._declared = []
        block = self._block(look.lines, anomalies) if look.lines else None
        columns = self._declared or None
        return Update(look.restarted, columns, block, tuple(anomalies), look.status, look.problem, look.more)

    @property
    def unfinished(self) -> int:
        """Bytes at the end of the file that are no complete row."""
        return self._tail.pending_bytes + len(self._carry)

    def _start_over(self) -> None:
        self.header = []
        self.delimiter = ","
        self._line = 0
        self._carry = b""
        self._refused = ""
        self._numeric = set()

    def _odd(self, kind: str, message: str, count: int = 1, line: int | None = None) -> Anomaly:
        return Anomaly(kind, str(self.path), line if line is not None else self._line, message, count)

    def _block(self, data: bytes, anomalies: list[Anomaly]) -> Block | None:
        if not self.header:
            data = self._take_header(data, anomalies)
        block = self._fast(data) if len(data) >= FAST_FROM_BYTES and not self._carry else None
        if block is None and data:
            block = self._plain(data, anomalies)
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
            taken.add(header[-1])
            if count == 1:
                message = f"the header has two columns {name!r}; the second is {name}.1"
                anomalies.append(self._odd("name doubled", message))
        self.header, self._written = header, names
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

        A quote that stays open for LONGEST_QUOTE was a mistake: its line stands alone, and the others are read as such.
        """
        if b'"' not in lines[first]:
            return 1
        record = b""
        is_open = False
        for place in range(first, len(lines)):
            record += lines[place]
            if b'"' in lines[place]:
                is_open = self._quote_is_open(record)
            if not is_open:
                return place + 1 - first
            if len(record) > LONGEST_QUOTE:
                return 1
        return 0

    def _quote_is_open(self, record: bytes) -> bool:
        text = _decode(record)
        try:
            next(csv.reader([text], delimiter=self.delimiter if self.header else _delimiter(text), strict=True), None)
        except csv.Error as error:
            return "unexpected end of data" in str(error)
        return False

    def _plain(self, data: bytes, anomalies: list[Anomaly]) -> Block:
        n_rows = 0
        gathered = {name: _Gathered() for name in self.header}
        for record, _ in self._records(data):
            row = self._row(record, anomalies)
            if row is None:
                continue
            for name, cell in zip(self.header, row, strict=True):
                if cell:
                    try:
                        gathered.setdefault(name, _Gathered()).add(n_rows, cell)
                    except OverflowError:
                        anomalies.append(self._odd("overflow", f"{name}: {cell[:40]} is too large for a float64"))
            n_rows += 1
        self._numeric.update(name for name, column in gathered.items() if column.values)
        cells = {name: column.cells(n_rows) for name, column in gathered.items() if column.values or column.texts}
        return Block(n_rows, cells)

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
            return True
        if len(names) < 2 or any(name in MISSING or _is_number(name) for name in names) or len(set(names)) < len(names):
            return False
        shared = len(set(names) & set(self.header))
        return any(is_x(name) for name in names) and 2 * shared >= min(len(names), len(self.header))

    # -- the fast way

    def _fast(self, data: bytes) -> Block | None:
        """The block as pandas reads it, or None where it cannot be shown to be what the plain way would read."""
        if data.startswith(_BYTE_ORDER_MARK):  # pandas would take it away.
            return None
        if b'"' in data or b"\0" in data or not data.endswith(b"\n") or self.delimiter == " ":
            return None
        width = len(self.header)
        if width == 1:  # A blank line is no row, and only the plain way knows it from a row with a blank cell.
            return None
        frame, nans = self._pandas(data)
        # No row is wider than the header (pandas refuses it), so this many delimiters mean that none is narrower.
        if frame is None or _count(data, self.delimiter) != len(frame) * (width - 1):
            return None
        if data.count(self.delimiter.encode(), 0, data.index(b"\n")) != width - 1:
            return None
        if b"\r" in data and _count(data, "\n") != len(frame):  # To pandas, a carriage return alone ends a row too.
            return None
        found = {name: _cells_of(frame[place].to_numpy(), nans) for place, name in enumerate(self.header)}
        if sum(as_inf for _, as_inf in found.values()) != nans:  # One was no word of its own, or a number too large.
            return None
        headers = set(self.header)  # Where one stands among the texts, its row may be a header.
        cells = {}
        for name, (column, _) in found.items():
            if column is None or (column.texts and name in self._numeric) or not headers.isdisjoint(column.texts):
                return None
            if len(column.values) or column.texts:
                cells[name] = column
        self._numeric.update(name for name, column in cells.items() if len(column.values))
        self._line += len(frame)
        return Block(len(frame), cells)

    def _pandas(self, data: bytes) -> tuple[pd.DataFrame | None, int]:
        """What pandas makes of the data, and how many `nan` it was given as `inf`."""
        nans = 0
        if b"n" in data or b"N" in data:
            changed, nans = _nan_as_inf(data)
            if changed is None:
                return None, 0
            data = changed
        read: Callable[..., pd.DataFrame] = pd.read_csv
        try:
            frame = read(_Bytes(data), sep=self.delimiter, names=range(len(self.header)), header=None,
                         quoting=csv.QUOTE_NONE, keep_default_na=False, na_values=_BLANKS, skip_blank_lines=False,
                         low_memory=False, encoding="utf-8", **_EXACT)
        except (ValueError, OverflowError):  # ParserError and UnicodeDecodeError are ValueErrors.
            return None, 0
        return frame, nans


def _count(data: bytes, character: str) -> int:
    """How often a character stands in the data; several times as fast as `bytes.count`."""
    codes, code = np.frombuffer(data, np.uint8), ord(character)
    return sum(int(np.count_nonzero(codes[start : start + PIECE] == code)) for start in range(0, len(codes), PIECE))


def _nan_as_inf(data: bytes) -> tuple[bytes | None, int]:
    """The data with `inf` for each `nan`, in upper or lower case, and how many there were; None if it says inf, too.

    pandas cannot tell a logged nan from a blank cell; an inf it can.
    """
    codes = np.frombuffer(data, np.uint8)
    nans = _find(codes, "nan")
    if len(nans) == 0:
        return data, 0
    if (b"f" in data or b"F" in data) and len(_find(codes, "inf")):
        return None, 0
    changed = codes.copy()
    for place, (old, new) in enumerate(zip("nan", "inf", strict=True)):
        changed[nans + place] += np.uint8((ord(new) - ord(old)) % 256)
    return changed.tobytes(), len(nans)


def _find(codes: NDArray[np.uint8], word: str) -> NDArray[np.int64]:
    """Where a word of three letters starts, in upper or lower case."""
    first, second, third = (ord(letter) for letter in word)
    centres = np.flatnonzero((codes[1:-1] | 0x20) == second) + 1
    near = ((codes[centres - 1] | 0x20) == first) & ((codes[centres + 1] | 0x20) == third)
    return np.asarray(centres[near] - 1)


class _Bytes:
    """As much of a file as pandas needs to read bytes as they are: a BytesIO would be decoded and encoded again."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)

    def read(self, count: int) -> bytes:
        piece, self._data = bytes(self._data[:count]), self._data[count:]
        return piece

    def __iter__(self) -> Iterator[bytes]:
        """pandas asks whether there is one; it does not use it."""
        return iter(())


def _cells_of(values: NDArray[Any], nans: int) -> tuple[Cells | None, int]:
    """One column of what pandas read, as cells, and how many of them were a nan given as inf.

    None where the plain way has to decide. `nans`: how many nan there are in all; with none, an inf is an inf.
    """
    if values.dtype == np.int64:
        return Cells(values), 0
    if values.dtype == np.float64:
        return _float_cells(values, nans)
    return _text_cells(values, nans) if values.dtype == object else (None, 0)


def _float_cells(values: NDArray[np.float64], nans: int) -> tuple[Cells | None, int]:
    not_finite = ~np.isfinite(values)
    if not not_finite.any():
        return Cells(values), 0
    blank = np.isnan(values)
    as_inf = not_finite & ~blank
    count = int(np.count_nonzero(as_inf))
    if count and not nans:  # Logged as inf, or too large a number? The plain way tells.
        return None, 0
    if count:
        values = np.where(as_inf, np.nan, values)
    return Cells(values, ~blank if blank.any() else None), count


def _text_cells(values: NDArray[np.object_], nans: int) -> tuple[Cells | None, int]:
    """The cells of a column of words; None if a number stands among them, or what may have been a nan within a word."""
    present = pd.notna(values)
    words = values[present]
    if not all(isinstance(word, str) for word in words):  # pandas took some for numbers or booleans.
        return None, 0
    texts = tuple(word.strip() for word in words)
    different = set(texts)
    if nans and any("in" in text.lower() for text in different):
        return None, 0
    if any(_is_number(text) or text in MISSING for text in different):
        return None, 0
    return Cells(np.empty(0, np.int64), text_rows=np.flatnonzero(present), texts=texts), 0


# -- small things


def _split_lines(data: bytes, end: bytes) -> list[bytes]:
    """Lines with their ends."""
    lines = [line + end for line in data.split(end)]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _delimiter(header: str) -> Literal[",", ";", "\t"]:
    bare = re.sub(r'"[^"]*"', "", header)
    candidates: tuple[Literal[",", ";", "\t"], ...] = (",", ";", "\t")
    return max(candidates, key=bare.count)


def _names(header: str, delimiter: str) -> list[str]:
    header = header.lstrip("\ufeff")
    try:
        row = next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:
        row = header.split(delimiter)
    return [name.strip() for name in row]


def _is_number(text: str) -> bool:
    try:
        return parse_number(text) is not None
    except OverflowError:
        return True


def _refusal(data: bytes) -> str:
    """Why these first bytes are not read at all, or ""."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "the file is UTF-16; livemon reads UTF-8"
    first = data[: data.find(b"\n") + 1] or data[:4096]
    if b"\0" in first:
        return "the file is not text (its first line has NUL bytes)"
    return ""
