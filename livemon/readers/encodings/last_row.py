"""The last line of a CSV file, if it has no line end: is it a whole row, or was it cut in the middle of a value?"""

from __future__ import annotations

import csv

from livemon.readers.encodings.csv_dialect import decode
from livemon.readers.encodings.csv_records import split_lines
from livemon.readers.encodings.numbers import MISSING, is_cut

__all__ = ["LastRow"]

_ABOVE_BYTES = 4096  # of the rows above that it is compared with
_BUFFER_BYTES = 4096  # writers' buffers have multiples of this size: so a file of such a size may have been cut


class LastRow:
    """Judges the last line of one file by the lines above it, however many were read at once.

    All cells must be there, and the last one must be at least as long as the shortest above it in its column: `0.7`
    below `0.7231` and `0.6875` may be the beginning of a longer number. `na` and `1e-` are always beginnings.
    """

    def __init__(self) -> None:
        self._above = b""
        self._size = 0  # of the lines above

    def follow(self, lines: bytes) -> None:
        """Take the next whole lines of the file."""
        if lines:
            self._above = (self._above + lines[-_ABOVE_BYTES:])[-_ABOVE_BYTES:]
            self._size += len(lines)

    def cells(self, line: bytes, delimiter: str, n_columns: int) -> list[str] | None:
        """The cells of the line if it is a whole row; None if it may be cut."""
        cells = [] if b"\0" in line or self._ends_with_a_buffer(line) else _cells(line, delimiter)
        if len(cells) != n_columns or not any(cells):
            return None
        is_whole = line.endswith((b"\r", b'"')) or self._is_long_enough(cells[-1], delimiter, n_columns)
        return cells if is_whole else None

    def _ends_with_a_buffer(self, line: bytes) -> bool:
        return (self._size + len(line)) % _BUFFER_BYTES == 0

    def _is_long_enough(self, cell: str, delimiter: str, n_columns: int) -> bool:
        """Whether a last cell is at least as long as the shortest last cell of the rows above."""
        end = b"\n" if b"\n" in self._above else b"\r"
        lines = split_lines(self._above, end)[1:]  # without the header, or a line whose beginning is missing
        above = [row[-1] for row in (_cells(line, delimiter) for line in lines) if len(row) == n_columns]
        if is_cut(cell):
            return False
        if cell in MISSING:
            return any(other in MISSING for other in above)
        lengths = [len(other) for other in above if other not in MISSING]
        return not lengths or len(cell) >= min(lengths)


def _cells(line: bytes, delimiter: str) -> list[str]:
    try:
        row = next(csv.reader([decode(line.rstrip(b"\r\n"))], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []
    return [cell.strip() for cell in row]
