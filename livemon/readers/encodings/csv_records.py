"""The lines of a growing CSV file -> its records: a quote may contain line ends, and a row may be torn."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from livemon.readers.encodings.csv_dialect import BYTE_ORDER_MARK, decode, delimiter_of

__all__ = ["LONGEST_QUOTE", "Records", "is_above_header", "split_lines"]

LONGEST_QUOTE = 64 << 10
_EXCELS_MARK = re.compile(r"\"?sep=[,;|\t]?\"?", re.IGNORECASE)


def is_above_header(line: str) -> bool:
    """Whether a line is not the header yet: blank, a comment, or `sep=;`, in which Excel stores the delimiter."""
    return not line.strip() or line.startswith("#") or _EXCELS_MARK.fullmatch(line.strip()) is not None


class Records:
    """Splits whole lines of one file into records. A record with an open quote waits for the next lines.

    Attributes:
        delimiter: The delimiter between cells; "" before the header has been read, when each record shows its own.
        line: The number of lines so far, without those that wait.
        may_grow: Whether the file may still be written. If not, no record waits.
    """

    def __init__(self) -> None:
        self.delimiter = ""
        self.line = 0
        self.may_grow = True
        self._waiting = b""

    @property
    def waiting_bytes(self) -> int:
        """The bytes of a record with an open quote."""
        return len(self._waiting)

    @property
    def gives_up(self) -> bool:
        """Whether a quote is open in a file that is not written any more."""
        return bool(self._waiting) and not self.may_grow

    @property
    def at_start(self) -> bool:
        """Whether no line of the file has been read."""
        return self.line == 0 and not self._waiting

    def header(self, data: bytes) -> tuple[str, bytes]:
        """The first record that is neither blank nor a comment, and the data after it; "" and b"" if there is none."""
        if self.at_start:
            data = data.removeprefix(BYTE_ORDER_MARK)
        whole = self._waiting + data
        if (first := self._plain_first_line(whole)) is not None:
            self._waiting = b""
            self.line += 1
            return first, whole[whole.index(b"\n") + 1 :]
        for record, end in self._split(whole):
            text = decode(record)
            if not is_above_header(text):
                return text, whole[end:]
        return "", b""

    def _plain_first_line(self, whole: bytes) -> str | None:
        """The first line if it is certainly the header, as in most files; None if all lines must be split."""
        end = whole.find(b"\n") + 1
        line = whole[:end]
        if not end or whole.endswith(b"\r") or b'"' in line:
            return None
        text = decode(line)
        return None if is_above_header(text) else text

    def records(self, data: bytes) -> Iterator[bytes]:
        """The records completed by these lines, one by one: `line` counts up to the last one returned."""
        return (record for record, _ in self._split(self._waiting + data))

    def _split(self, whole: bytes) -> Iterator[tuple[bytes, int]]:
        """Each record, and its end."""
        self._waiting = b""
        lines = split_lines(whole, b"\r" if whole.endswith(b"\r") else b"\n")
        position = end = 0
        while position < len(lines):
            count = self._record_length(lines, position)
            if count == 0:
                self._waiting = b"".join(lines[position:])
                return
            record = b"".join(lines[position : position + count])
            position, end = position + count, end + len(record)
            self.line += count
            yield record, end

    def _record_length(self, lines: list[bytes], first: int) -> int:
        """The number of lines of the record that starts with line `first`; 0 if it is not complete yet.

        A quote is a mistake if it stays open for LONGEST_QUOTE, or to the end of a file that is not written any more,
        or does not enclose a cell: then its line is a record of its own.
        """
        if b'"' not in lines[first]:
            return 1
        record = b""
        error = ""
        for number in range(first, len(lines)):
            record += lines[number]
            if b'"' in lines[number]:
                error = self._what_is_wrong(record)
            if "unexpected end of data" not in error:
                return 1 if error else number + 1 - first
            if len(record) > LONGEST_QUOTE:
                return 1
        return 0 if self.may_grow else 1

    def _what_is_wrong(self, record: bytes) -> str:
        text = decode(record)
        try:
            next(csv.reader([text], delimiter=self.delimiter or delimiter_of(text), strict=True), None)
        except csv.Error as error:
            return str(error)
        return ""


def split_lines(data: bytes, end: bytes) -> list[bytes]:
    """The lines with their line ends."""
    lines = [line + end for line in data.split(end)]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines
