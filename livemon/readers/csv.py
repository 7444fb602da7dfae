"""Comma-separated values, and their relatives with semicolons and tabs: new lines -> cells.

Two ways lead to the same cells. The plain way parses each line with the standard library and each number with a strict
grammar. The fast way gives big blocks to pandas, and small blocks of plain numbers to `number_rows`. It keeps the
result only if checks show that the plain way would give the same; otherwise the plain way reads the block. A test
compares the two.
"""

from __future__ import annotations

import csv
import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from livemon.readers.base import Facts, Format, Update
from livemon.readers.encodings.bare_numbers import first_row_of, how_to_name
from livemon.readers.encodings.column_builder import ColumnBuilder
from livemon.readers.encodings.csv_blocks import BlockParser
from livemon.readers.encodings.csv_dialect import (
    BYTE_ORDER_MARK,
    Header,
    WrongMarkError,
    decode,
    header_in,
    is_number_between,
    names_in,
)
from livemon.readers.encodings.csv_records import Records, is_above_header, split_lines
from livemon.readers.encodings.file_tags import with_name_of_file
from livemon.readers.encodings.last_row import LastRow
from livemon.readers.encodings.number_forms import NumberForms
from livemon.readers.encodings.number_rows import numbers_in
from livemon.readers.encodings.numbers import MISSING, is_number, parse_number
from livemon.readers.encodings.text_tail import Lines, TextTail
from livemon.readers.steps import StepWatch
from livemon.system.listing import UTF_16_MARKS, Listing, read_head
from livemon.system.tail import BUDGET_BYTES, LINE_TOO_LONG, LONGEST_LINE, QUIET_SECONDS, Status
from livemon.tables.anomalies import Anomaly
from livemon.tables.names import find_x, is_x, tells_of_training
from livemon.tables.table import Block, Cells

__all__ = ["METRICS_FILES", "Csv", "CsvReader"]

# The usual paths of a run's metrics in its folder, best first. Then any file in it with numbers below names.
METRICS_FILES = ("logs/metrics.csv", "metrics.csv", "livemon/logs/metrics.csv", "progress.csv", "results.csv",
                 "history.csv", "summary.csv", "training.log")
_ALSO_OF_RESULTS = ("results.csv", "summary.csv")  # also usual names for a table of results
KNOWN_NAMES = ("metrics.csv", "progress.csv", "results.csv")

MOST_LOGS = 20  # of one run
# The columns of the tables saved by `livemon compare`, usually beside the runs.
_OWN_TABLES = ({"metric", "label", "middle", "low", "high", "n"}, {"group", "share", "low", "high"},
               {"group", "metric", "n", "left_out"}, {"run", "label", "path", "value"})
# The name of the first column in a table with a row for each thing, not for each step.
_THING = re.compile(r"(.*[_ ])?(id|ids|idx|index|sample|samples|image|img|file|filename|path|name|key|subject|patient|"
                    r"method|model|algorithm|dataset|task|class|label|category|seed|fold|trial)|.*[a-z]id")
FAST_FROM_BYTES = 16 << 10
# Below this size, reading plain numbers takes less time than importing pandas, if that is not imported yet.
WITHOUT_PANDAS_BYTES = 1 << 20


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
        tail: Reads the file.
        header: The names of the columns, for a file without a header.
        plain: Whether to parse every line separately, however many there are.

    Attributes:
        path: The file.
    """

    def __init__(
        self, path: Path, tail: Lines | None = None, *, header: Sequence[str] = (), plain: bool = False
    ) -> None:
        self.path = path
        self._given_header = list(header)
        # A caller that reads line by line has a time limit, and checks it after every look: so looks are short.
        self._tail: Lines = tail or TextTail(path, LONGEST_LINE if plain else BUDGET_BYTES)
        self._plain_only = plain
        self._start_over()

    def _start_over(self) -> None:
        self._records = Records()
        self._header = Header([])
        self._declared: list[str] = []  # the names in the headers read in this call, the newest first
        self._forms = NumberForms()
        self._steps = StepWatch(self.path)
        self._parser = BlockParser(0, ",")
        self._refused = ""
        self._last_row = LastRow()
        self._last_line = b""
        self._provisional: Block | None = None

    @property
    def header(self) -> list[str]:
        """The column names; [] before the header is complete."""
        return self._header.names

    @property
    def delimiter(self) -> str:
        """The delimiter between cells, taken from the header."""
        return self._records.delimiter or ","

    @property
    def facts(self) -> Facts:
        """Nothing: a CSV file has only rows."""
        return Facts()

    @property
    def files(self) -> list[Path]:
        """The file."""
        return [self.path]

    @property
    def unfinished(self) -> int:
        """The bytes of an incomplete row at the end of the file."""
        if self._refused or self._provisional is not None:
            return 0
        return self._tail.pending_bytes + self._records.waiting_bytes

    def read(self) -> Update:
        """Read what is new; see `readers.Update`. Never raises because of the content of a file."""
        look = self._tail.look()
        if look.restarted:
            self._start_over()
        anomalies: list[Anomaly] = []
        if look.dropped_lines:
            anomalies.append(self._odd("line too long", LINE_TOO_LONG, look.dropped_lines))
        if look.lines and self._records.at_start:
            self._refused = self._refused or _refusal(look.lines)
        if look.lost_first_line and not self._given_header:
            self._refused = "its first line, which must name the columns, is longer than 1 MiB"
            anomalies.clear()  # the reason says it
        if self._refused:
            return Update(look.restarted, anomalies=tuple(anomalies), status=Status.UNREADABLE,
                          problem=f"{self.path}: {self._refused}")
        self._declared = []
        self._records.may_grow = look.more or self._tail.quiet_seconds < QUIET_SECONDS
        block = self._block(look.lines, anomalies)
        if not look.more:
            self._parser.rest()
        columns = self._declared or None
        if look.status == Status.OK:
            self._look_at_last_line(look.lines, look.last_line)
        return Update(look.restarted, columns, block, tuple(anomalies), look.status, look.problem, look.more,
                      look.lines, self._provisional)

    def _look_at_last_line(self, lines: bytes, last_line: bytes) -> None:
        """Make a row from a last line without a line end, if it is complete."""
        self._last_row.follow(lines)
        if lines or last_line != self._last_line:
            self._last_line = last_line
            self._provisional = self._provisional_row(last_line)

    def _provisional_row(self, line: bytes) -> Block | None:
        if not line or not self.header or self._records.waiting_bytes:
            return None
        row = self._last_row.cells(line, self.delimiter, len(self.header))
        if row is None or self._header.is_repeated_by(row) or self._header.is_replaced_by(row):
            return None
        forms = self._forms.copy()  # nothing is learnt from the line until it has its line end
        forms.look_at(row)
        cells: dict[str, Cells] = {}
        for name, cell in zip(self.header, row, strict=True):
            column = _Gathered()
            with suppress(WrongMarkError, OverflowError):
                column.add(0, forms.plain(name, cell))
            if column.values or column.texts:
                cells[name] = column.cells(1)
        return Block(1, cells)

    def _odd(self, kind: str, message: str, count: int = 1) -> Anomaly:
        return Anomaly(kind, str(self.path), self._records.line, message, count)

    def _block(self, data: bytes, anomalies: list[Anomaly]) -> Block | None:
        """The rows completed by these lines, without the header."""
        if not data and not self._records.gives_up:
            return None
        if not self.header:
            data = self._take_header(data, anomalies)
        above = self._records.line
        block = self._fast(data) if self._may_be_fast(data) else None
        lines: Sequence[int] = range(above + 1, self._records.line + 1)
        if block is None and (data or self._records.gives_up):
            block, lines = self._plain(data, anomalies)
        if block is not None:
            anomalies += self._steps.look_at(block, lines)
        return block

    # -- the header

    def _take_header(self, data: bytes, anomalies: list[Anomaly]) -> bytes:
        """Read the header; return the data after it."""
        if self._given_header:
            return self._take_given_header(data, anomalies)
        text, rest = self._records.header(data)
        if text:
            self._records.delimiter, names = header_in(text)
            self._set_header(list(names), anomalies)
        return rest

    def _take_given_header(self, data: bytes, anomalies: list[Anomaly]) -> bytes:
        """Use the given names; the first row shows the delimiter."""
        first, _ = _header_and_rows(data)
        if first:
            self._records.delimiter = first_row_of(data).delimiter or ","
            self._set_header(self._given_header, anomalies)
        return data.removeprefix(BYTE_ORDER_MARK) if self._records.at_start else data

    def _set_header(self, written: list[str], anomalies: list[Anomaly]) -> None:
        self._header = Header(written)
        self._header.names = with_name_of_file(self.path.name, self._header.names)
        for name in self._header.doubled:
            message = f"the header has two columns {name!r}; the second is {name}.1"
            anomalies.append(self._odd("name doubled", message))
        self._parser = BlockParser(len(self.header), self.delimiter)
        if not self._forms.mark:
            self._forms = NumberForms(self.delimiter)
        self._declared = list(dict.fromkeys([*self.header, *self._declared]))

    # -- the plain way

    def _plain(self, data: bytes, anomalies: list[Anomaly]) -> tuple[Block, list[int]]:
        """The rows, and the line number at which each one ends."""
        lines: list[int] = []
        gathered = defaultdict(_Gathered, {name: _Gathered() for name in self.header})
        for record in self._records.records(data):
            row = self._row(record, anomalies)
            if row is None:
                continue
            self._forms.look_at(row)
            for name, cell in zip(self.header, row, strict=True):
                if not cell:
                    continue
                try:
                    gathered[name].add(len(lines), self._forms.plain(name, cell))
                except WrongMarkError as error:
                    anomalies.append(self._odd("number rejected", f"{name}: {cell.strip()[:40]} is not read: {error}"))
                except OverflowError:
                    anomalies.append(self._odd("overflow", f"{name}: {cell[:40]} is too large for a float64"))
            lines.append(self._records.line)
        n_rows = len(lines)
        cells = {name: column.cells(n_rows) for name, column in gathered.items() if column.values or column.texts}
        return Block(n_rows, cells), lines

    def _row(self, record: bytes, anomalies: list[Anomaly]) -> list[str] | None:
        """The record's cells, one for each name in the header; None, with the reason noted, if it is not a row."""
        if not record.strip(b" \r\n" if self.delimiter == "\t" else None):
            return None
        if b"\0" in record:
            anomalies.append(self._odd("row rejected", "the row has NUL bytes in it"))
            return None
        try:
            row = next(csv.reader([decode(record)], delimiter=self.delimiter, strict=True), [])
        except csv.Error as error:
            anomalies.append(self._odd("row rejected", f"the row cannot be parsed: {error}"))
            return None
        if self._is_header(row, anomalies):
            return None
        if len(row) != len(self.header):
            message = f"the row has {len(row)} cells where the header has {len(self.header)}"
            anomalies.append(self._odd("row rejected", message))
            return None
        return row

    def _is_header(self, row: list[str], anomalies: list[Anomaly]) -> bool:
        """Whether a row is the header again, or a new header, which then applies to the following rows."""
        names = [cell.strip() for cell in row]
        if self._header.is_repeated_by(names):
            message = "the header is repeated in mid-file"
        elif self._header.is_replaced_by(names):
            message = "there is a new header in mid-file; the rows below it have its columns"
            self._set_header(names, anomalies)
        else:
            return False
        anomalies.append(self._odd("header repeated", message))
        return True

    # -- the fast way

    def _may_be_fast(self, data: bytes) -> bool:
        """Whether pandas, or `number_rows`, can read the rows and is worth trying."""
        if self._records.waiting_bytes or self._plain_only:
            return False
        if len(data) < FAST_FROM_BYTES:
            return self.delimiter == "," and bool(data)
        if data.startswith(BYTE_ORDER_MARK):  # pandas would remove it
            return False
        # Between semicolons a comma may be a decimal mark, and a point may show that it is not.
        return self.delimiter != ";" or (b"," not in data and (self._forms.mark == "." or b"." not in data))

    def _fast(self, data: bytes) -> Block | None:
        """The block read in the fast way; None if it cannot be shown that the plain way would give the same."""
        few = len(data) < FAST_FROM_BYTES
        spares_import = len(data) < WITHOUT_PANDAS_BYTES and self.delimiter == "," and "pandas" not in sys.modules
        parsed = numbers_in(data, len(self.header)) if few or spares_import else None
        plain_numbers = parsed is not None
        if parsed is None and not few:
            parsed = self._parser.parse(data)
        if parsed is None:
            return None
        n_rows, columns = parsed
        headers = set(self.header)  # a row with one of these among its texts may be a header
        if not all(headers.isdisjoint(column.texts) for column in columns):
            return None
        self._records.line += n_rows
        for name, column in zip(self.header, columns, strict=True):
            if len(column.values):
                self._forms.have_numbers(name)
        if plain_numbers and not self._forms.mark and b"." in data:
            self._forms.look_at(["0.0"])
        return Block(n_rows, {name: column for name, column in zip(self.header, columns, strict=True)
                              if not plain_numbers or len(column.values)})


class Csv(Format):
    """Files of comma-separated values, as written by Lightning, Keras, Ultralytics and most hand-written loops."""

    name = "CSV"
    generic = True

    def find(self, folder: Listing) -> list[Path]:
        """The metrics file, and further files beside it that have a step or an epoch.

        If no file has a usual name, the first one is the metrics file.
        """
        named = next((path for name in METRICS_FILES if (path := self._known(folder, name))), None)
        tables = [name for name in folder.files if name.endswith((".csv", ".tsv")) and folder.path / name != named]
        if named is None and not tables:
            return []
        tables = [name for name in tables if self.recognises(folder.path / name, folder.head(name))
                  and not folder.head(name).startswith(b"#{")]  # Stable-Baselines3's monitors
        if not _is_of_a_run(folder):
            tables = [name for name in tables if tells_of_a_run(folder.head(name))]
        first = named or next((folder.path / name for name in tables), None)
        logs = [folder.path / name for name in tables if _says_where(folder.head(name))]
        return [] if first is None else [first, *(path for path in logs[:MOST_LOGS] if path != first)]

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the head is a header line with names, and below it a row with as many cells and a number.

        If the file has the usual name of a log of metrics, a header is enough. Even an unreadable file of that name is
        accepted, so that its problem is reported; but JSON lines are not.
        """
        is_known = path.name in KNOWN_NAMES
        if is_known and not head and _may_not_read(path):
            return True
        first, lines = _header_and_rows(head)
        delimiter, names = header_in(first)
        if not names:
            return False
        # Metrics may be called 0, 1, 2; but `step 10 loss 0.3` is a sentence.
        if any(map(is_number, names)) and (delimiter in " :" or not any(map(is_x, names))):
            return False
        if delimiter == "|" and not all(any(map(str.isalpha, name)) for name in names if name):  # a progress bar
            return False
        if first.lstrip().startswith(("{", "[")):  # JSON, not a row of names
            return False
        if is_known:
            return True
        rows = (names_in(decode(line), delimiter) for line in lines)
        return any(len(row) == len(names) and any(is_number_between(cell, delimiter) for cell in row) for row in rows)

    def problem(self, path: Path) -> str:
        """Why a table does not make its folder a run, or why a file that is not text or has no names is not read."""
        if not path.name.endswith((".csv", ".tsv")):
            return ""
        head = read_head(path)
        if b"\0" in head and not _before_nul(head):
            return f"{path} has the name of a table but is not text (its first line has NUL bytes): it is damaged"
        if self.recognises(path, head):
            known = _is_of_a_run(Listing(path.parent)) or (
                path.name in KNOWN_NAMES and path.name not in _ALSO_OF_RESULTS) or tells_of_a_run(head)
            return "" if known else (f"{path} is a table without a step, an epoch, a time, a loss or a score of a "
                                     "training; name the file itself to show it all the same")
        row = first_row_of(head)
        if row.is_of_numbers:
            return f"{path} has numbers and no names above them: {how_to_name(len(row.cells))}"
        return ""

    def open(self, path: Path, *, plain: bool = False) -> CsvReader:
        """See `Format.open`."""
        return CsvReader(path, plain=plain)

    def _known(self, folder: Listing, relative_path: str) -> Path | None:
        """The file at a well-known path below the folder, if it exists and has metrics."""
        *above, name = relative_path.split("/")
        listing = folder.below(*above) if above else folder
        if name not in listing.files:
            return None
        path, head = listing.path / name, listing.head(name)
        if not self.recognises(path, head) or (name in _ALSO_OF_RESULTS and not _may_be_of_a_run(folder, head)):
            return None
        return path


def _header_and_rows(head: bytes) -> tuple[str, Iterator[bytes]]:
    """The first line that is neither blank nor a comment, as in `Records.header`, and the lines after it."""
    head = _before_nul(head).removeprefix(BYTE_ORDER_MARK)
    lines = iter(split_lines(head, b"\n" if b"\n" in head else b"\r"))
    for line in lines:
        if not is_above_header(decode(line)):
            return decode(line), (line for line in lines if line.strip())
    return "", iter(())


def _is_of_a_run(folder: Listing) -> bool:
    """Whether a folder has something that only a run's folder has: then every table in it may be the run's."""
    return "config.json" in folder.files or "logs" in folder.folders or "checkpoints" in folder.folders


def _may_be_of_a_run(folder: Listing, head: bytes) -> bool:
    """Whether a table has a sign of a training, or no row yet that could tell."""
    return _is_of_a_run(folder) or tells_of_a_run(head) or next(_header_and_rows(head)[1], None) is None


def tells_of_a_run(head: bytes) -> bool:
    """Whether a table is that of a training, and not one of data or of results.

    It has a step, an epoch or a time; or a loss or a score, and no first column that names the subject of each row.
    """
    first, rows = _header_and_rows(head)
    delimiter, names = header_in(first)
    if any(own <= set(names) for own in _OWN_TABLES):
        return False
    if any(is_x(name) or is_x(name.lower()) for name in names):
        return True
    if not tells_of_training(names) or _THING.fullmatch(names[0].lower()):
        return False
    cells = [row[0] for row in (names_in(decode(line), delimiter) for line in rows) if row]
    are_names = all(cell not in MISSING and not is_number_between(cell, delimiter) for cell in cells)
    return not (are_names and len(set(cells)) == len(cells))


def _says_where(head: bytes) -> bool:
    """Whether one of the columns is a step or an epoch: then the file is a log, and not a data set."""
    first, _ = _header_and_rows(head)
    return any(find_x(kind, header_in(first)[1]) for kind in ("step", "epoch"))


def _may_not_read(path: Path) -> bool:
    """Whether the path is a regular file, not empty, that this user has no permission to read."""
    try:
        return path.is_file() and path.stat().st_size > 0 and not os.access(path, os.R_OK)
    except OSError:
        return False


def _before_nul(head: bytes) -> bytes:
    """The lines above the first NUL: a crash, or a hole in a network file, leaves NULs after whole rows. A file with
    one in its first line is not text."""
    end = head.find(b"\0")
    return head if end < 0 else head[: max(head.rfind(b"\n", 0, end), head.rfind(b"\r", 0, end)) + 1]


def _refusal(data: bytes) -> str:
    """Why a file with these first bytes is not read at all, or ""."""
    if data.startswith(UTF_16_MARKS):
        return "the text inside is UTF-16; livemon reads UTF-8 there"
    if b"\0" in re.split(rb"[\r\n]", data, maxsplit=1)[0]:
        return "the file is not text (its first line has NUL bytes)"
    return ""
