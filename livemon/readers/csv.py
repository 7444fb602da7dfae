"""Comma-separated values, and their relatives with semicolons and tabs: new lines -> cells.

Two ways lead to the same cells. The plain way takes a line apart with the standard library and each number with a strict
grammar. The fast way gives big blocks to pandas, and only keeps what it returns after checks which show that the plain
way would say the same; else it hands the block back. A test holds the two together.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livemon.anomalies import Anomaly
from livemon.names import is_x
from livemon.readers import Update
from livemon.table import Block, Cells
from livemon.tail import Tail

__all__ = ["CsvReader", "parse_number"]

MISSING = frozenset(("", "NA", "N/A", "n/a", "<NA>", "None", "none", "null", "NULL", "Null"))
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_NOT_FINITE = re.compile(r"([+-]?)(nan|inf|infinity)", re.ASCII | re.IGNORECASE)

FAST_FROM_BYTES = 16 << 10
LONGEST_QUOTE = 64 << 10
_NO_NUMBER = [*sorted(MISSING), "nan", "NaN", "NAN", "-nan", "-NaN", "+nan"]

# Before 3.1, pandas rounds the last digit of some numbers wrongly unless told otherwise.
_EXACT = {} if tuple(int(part) for part in pd.__version__.split(".")[:2]) >= (3, 1) else {"float_precision": "round_trip"}


def parse_number(text: str) -> int | float | None:
    """The number that a cell says, or None where it says none.

    Only what a C or Python program writes for a number counts: no underscores, no other scripts' digits, no hexadecimal.
    `nan` and `inf` words are numbers; a finite number too large for a float64 is not (`OverflowError`).
    """
    text = text.strip()
    if _WHOLE.fullmatch(text):
        return int(text)
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
        values = np.array(self.values, dtype=np.int64 if whole else np.float64)
        rows = None if len(self.rows) == n_rows else np.array(self.rows, dtype=np.int64)
        return Cells(values, None, rows, np.array(self.text_rows, dtype=np.int64), tuple(self.texts))


class CsvReader:
    """Follows one CSV file.

    Attributes:
        path: The file.
        header: The columns' names, [] before the header is complete. Blank ones are named "column N", doubled ones get ".1".
        delimiter: Found in the header.
    """

    def __init__(self, path: Path, tail: Tail | None = None) -> None:
        self.path = path
        self.header: list[str] = []
        self.delimiter = ","
        self._tail = tail or Tail(path)
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
        lines = [line for line in _split_lines(head) if line.strip()]
        names = _names(_decode(lines[0]), _delimiter(_decode(lines[0])))
        if not names or any(_is_number(name) for name in names):
            return False
        if len(lines) == 1:
            return path.name in ("metrics.csv", "progress.csv", "results.csv")
        row = next(csv.reader([_decode(lines[1])], delimiter=_delimiter(_decode(lines[0]))), [])
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
        before = self.header
        block = self._block(look.lines, anomalies) if look.lines else None
        columns = list(self.header) if self.header is not before else None
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
            data = data.removeprefix(b"\xef\xbb\xbf")
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
        for place, name in enumerate(names):
            name = name or f"column {place + 1}"
            count = seen[name] = seen.get(name, -1) + 1
            header.append(f"{name}.{count}" if count else name)
            if count == 1:
                anomalies.append(self._odd("name doubled", f"the header has two columns {name!r}; the second is {name}.1"))
        self.header = header

    # -- the plain way

    def _records(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The complete records in the data, each with what stands behind it. An open quote is carried to the next call."""
        lines = _split_lines(self._carry + data)
        behind = len(self._carry) + len(data)
        whole = self._carry + data
        self._carry = b""
        record = b""
        start = 0
        for line in lines:
            behind -= len(line)
            record += line
            self._line += 1
            if record.count(b'"') % 2 == 0:
                start += len(record)
                yield record, whole[start:] if not self.header else b""
                record = b""
        if len(record) <= LONGEST_QUOTE:
            self._carry = record
            self._line -= record.count(b"\n")
            return
        # The quote was a mistake: give up its line, and read the others as lines of their own.
        first, *others = _split_lines(record)
        yield first, b""
        for line in others:
            yield line, b""

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
        if not record.strip():
            return None
        if b"\0" in record:
            anomalies.append(self._odd("row rejected", "the row has NUL bytes in it"))
            return None
        try:
            row = next(csv.reader(io.StringIO(_decode(record), newline=""), delimiter=self.delimiter), [])
        except csv.Error as error:
            anomalies.append(self._odd("row rejected", f"the row cannot be taken apart: {error}"))
            return None
        if self._is_header(row):
            message = "the header stands again in mid-file"
            names = [name.strip() for name in row]
            if names != self.header:
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
        if names == self.header:
            return True
        if len(names) < 2 or any(name in MISSING or _is_number(name) for name in names) or len(set(names)) < len(names):
            return False
        return any(is_x(name) for name in names) and len(set(names) & set(self.header)) * 2 >= min(len(names), len(self.header))

    # -- the fast way

    def _fast(self, data: bytes) -> Block | None:
        """The block as pandas reads it, or None where it cannot be shown to be what the plain way would read."""
        if b'"' in data or b"\0" in data or not data.endswith(b"\n") or self.delimiter == " ":
            return None
        width, codes = len(self.header), np.frombuffer(data, np.uint8)
        row_ends, delimiters = codes == ord("\n"), codes == ord(self.delimiter)
        n_rows = int(np.count_nonzero(row_ends))
        # No row is wider than the header (pandas refuses it), so this many delimiters mean that none is narrower.
        if int(np.count_nonzero(delimiters)) != n_rows * (width - 1):
            return None
        if data.count(self.delimiter.encode(), 0, data.index(b"\n")) != width - 1:
            return None
        frame = self._pandas(data)
        if frame is None or len(frame) != n_rows:
            return None
        letters = _LastLetters(codes, row_ends | delimiters, width) if b"n" in data or b"N" in data else None
        cells = {}
        for place, name in enumerate(self.header):
            found = _cells_of(frame[place], place, letters)
            if found is None or (found.texts and name in self._numeric) or name in found.texts:
                return None
            if len(found.values) or found.texts:
                cells[name] = found
        self._numeric.update(name for name, found in cells.items() if len(found.values))
        self._line += n_rows
        return Block(n_rows, cells)

    def _pandas(self, data: bytes) -> pd.DataFrame | None:
        read: Callable[..., pd.DataFrame] = pd.read_csv
        try:
            return read(_Bytes(data), sep=self.delimiter, names=range(len(self.header)), header=None,
                        quoting=csv.QUOTE_NONE, keep_default_na=False, na_values=_NO_NUMBER, skip_blank_lines=False,
                        low_memory=False, encoding="utf-8", **_EXACT)
        except (ValueError, OverflowError):  # ParserError and UnicodeDecodeError are ValueErrors.
            return None


class _LastLetters:
    """The last letter of each cell of a block, found only when a column needs it.

    pandas makes a logged `nan` and a blank cell the same. Of all words that it takes for NaN here, the spellings of `nan`
    alone end with an n.
    """

    def __init__(self, codes: NDArray[np.uint8], cell_ends: NDArray[np.bool_], width: int) -> None:
        self._codes, self._cell_ends, self._width = codes, cell_ends, width
        self._ends_with_n: NDArray[np.bool_] | None = None

    def ends_with_n(self, place: int) -> NDArray[np.bool_]:
        """For one column: whether each cell ends with n or N, shape (rows,), bool."""
        if self._ends_with_n is None:
            ends = np.flatnonzero(self._cell_ends) - 1
            letters = self._codes[ends].reshape(-1, self._width)
            before_carriage_return = self._codes[ends[self._width - 1 :: self._width] - 1]
            letters[:, -1] = np.where(letters[:, -1] == ord("\r"), before_carriage_return, letters[:, -1])
            self._ends_with_n = (letters | 0x20) == ord("n")
        return self._ends_with_n[:, place]


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


def _cells_of(column: pd.Series, place: int, letters: _LastLetters | None) -> Cells | None:
    """One column of what pandas read, as cells; None where the plain way has to decide."""
    values = column.to_numpy()
    if values.dtype == np.int64:
        return Cells(values)
    if values.dtype == np.float64:
        return _float_cells(values, place, letters)
    return _text_cells(column) if values.dtype == object else None


def _float_cells(values: NDArray[np.float64], place: int, letters: _LastLetters | None) -> Cells | None:
    not_finite = ~np.isfinite(values)
    if not not_finite.any():
        return Cells(values)
    logged = ~np.isnan(values)
    if (not_finite & logged).any():  # Logged as inf, or too large a number? The plain way tells.
        return None
    if letters is not None:
        logged |= letters.ends_with_n(place)
        if logged.all():
            return Cells(values)
    return Cells(values, logged)


def _text_cells(column: pd.Series) -> Cells | None:
    """The cells of a column of words; None if a number or a NaN stands among them."""
    present = column.notna().to_numpy()
    texts = tuple(str(text).strip() for text in column[present])
    if any(_is_number(text) or text in MISSING for text in set(texts)):
        return None
    return Cells(np.empty(0, np.int64), text_rows=np.flatnonzero(present), texts=texts)


# -- small things


def _split_lines(data: bytes) -> list[bytes]:
    """Lines with their ends; a carriage return ends a line only where there are no line feeds."""
    end = b"\n" if b"\n" in data else b"\r"
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
    row = next(csv.reader(io.StringIO(header.lstrip("\ufeff"), newline=""), delimiter=delimiter), [])
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
