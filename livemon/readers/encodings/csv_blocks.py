"""Big blocks of plain rows -> cells, with pandas. Its result is kept only if checks show that the plain way would give
the same.

pandas cannot distinguish a logged nan from a blank cell. So a file is first assumed to have neither, which pandas reads
fastest; then nan but no blanks; then both. A cell that is not a number to pandas disproves an assumption, and the
parser remembers what the file has shown.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from livemon.readers.encodings.csv_dialect import is_number_of_a_table
from livemon.readers.encodings.numbers import MISSING
from livemon.tables.table import Cells

__all__ = ["BlockParser"]

EXACT_TO = 2.0**53  # from here on, whole numbers may change when they become float64
PIECE = 64 << 10  # bytes per step of a count: they fit into the processor's cache, and their memory is reused

_Gaps = Literal["none", "nan", "blank"]
_NEXT: dict[_Gaps, _Gaps] = {"none": "nan", "nan": "blank"}
_SPELLINGS = ["".join(letters) for letters in itertools.product("nN", "aA", "nN")]
_MISSING_TO_PANDAS: dict[_Gaps, list[str]] = {"none": [], "nan": _SPELLINGS, "blank": sorted(MISSING)}


class BlockParser:
    """Parses blocks of whole rows of one file.

    Args:
        width: The number of columns of the file.
        delimiter: The delimiter between cells.
    """

    def __init__(self, width: int, delimiter: str) -> None:
        self._width = width
        self._delimiter = delimiter
        self._gaps: _Gaps = "none"
        self._feed = _Feed()
        self._frames: Any = None  # pandas' iterator, kept between blocks: creating it costs as much as 200 rows

    def parse(self, data: bytes) -> tuple[int, list[Cells]] | None:
        """The number of rows in the data, and each column's cells; None if only the plain way can tell."""
        if not self._is_plain(data):
            return None
        n_rows = _count(data, "\n")
        if b"\r" in data and not data.count(b"\r\n") == data.count(b"\r") == n_rows:  # pandas ends a row at a lone \r
            return None
        while True:
            cells = self._parse_with(data, n_rows)
            if cells is not None or self._gaps == "blank":
                return None if cells is None else (n_rows, cells)
            self._gaps = _NEXT[self._gaps]
            self.rest()

    def rest(self) -> None:
        """Free pandas' buffers, some MB; the next block creates them again."""
        self._frames = None

    def _is_plain(self, data: bytes) -> bool:
        """Whether the data are lines without quotes, the first with the right width, which pandas does not check."""
        if b'"' in data or b"\0" in data or not data.endswith(b"\n") or self._delimiter == " ":
            return False
        if self._width == 1:  # only the plain way can distinguish a blank line from a row with a blank cell
            return False
        return data.count(self._delimiter.encode(), 0, data.index(b"\n")) == self._width - 1

    def _parse_with(self, data: bytes, n_rows: int) -> list[Cells] | None:
        """The cells, if the file has no other gaps than those assumed."""
        import pandas as pd

        nans = 0
        changed: bytes | None = data
        if self._gaps == "blank" and (b"n" in data or b"N" in data):
            changed, nans = _nan_as_inf(data)
        columns = self._pandas(changed, n_rows) if changed is not None else None
        if columns is None:
            return None
        # No row is wider than the header (pandas refuses it). A narrow one lacks its last cell.
        if pd.isna(columns[-1]).any() and _count(data, self._delimiter) != n_rows * (self._width - 1):
            return None
        if nans and sum(_count_infinite(values) for values in columns) != nans:
            return None  # one of them was part of a word, or a number was too large
        cells = []
        for values in columns:
            if values.dtype == np.int64:
                cells.append(Cells(values))
                continue
            is_plain = values.dtype == np.float64
            own_cells = self._float_cells(values, nans) if is_plain else self._text_cells(values, nans)
            if own_cells is None:
                return None
            cells.append(own_cells)
        return cells

    def _pandas(self, data: bytes, n_rows: int) -> list[NDArray[Any]] | None:
        """The columns as pandas reads them."""
        self._feed.fill(data)
        try:
            if self._frames is None:
                self._frames = self._new_frames()
            frame = self._frames.get_chunk(n_rows)
        except (ValueError, OverflowError, StopIteration):  # ParserError and UnicodeDecodeError are ValueErrors
            frame = None
        if frame is None or len(frame) != n_rows or not self._feed.is_used_up:
            self.rest()  # the iterator may be anywhere in the data
            return None
        return [frame[column].to_numpy() for column in range(self._width)]

    def _new_frames(self) -> Any:
        import pandas as pd

        read: Callable[..., Any] = pd.read_csv
        missing = _MISSING_TO_PANDAS[self._gaps]
        return read(self._feed, iterator=True, sep=self._delimiter, names=range(self._width), header=None,
                    quoting=csv.QUOTE_NONE, keep_default_na=False, na_values=missing, na_filter=bool(missing),
                    skip_blank_lines=False, low_memory=False, encoding="utf-8", **_exact(pd.__version__))

    def _float_cells(self, values: NDArray[np.float64], nans: int) -> Cells | None:
        """The cells of a column of numbers. `nans`: how many nan were replaced by inf; if 0, an inf is real."""
        not_finite = ~np.isfinite(values)
        if not not_finite.any():
            return Cells(values)
        missing = np.isnan(values)
        infinite = not_finite & ~missing
        if infinite.any():
            if not nans:  # either logged as inf or a number that is too large: the plain way can tell
                return None
            values = np.where(infinite, np.nan, values)
        if self._gaps == "blank" and missing.any() and _may_be_rounded(values):
            return None
        return Cells(values, ~missing if self._gaps == "blank" and missing.any() else None)

    def _text_cells(self, values: NDArray[np.object_], nans: int) -> Cells | None:
        """The cells of a column of texts; None if there is a number among them, or a word that may have had a nan."""
        import pandas as pd

        if self._gaps != "blank" or values.dtype != object:
            return None
        present = pd.notna(values)
        words = values[present]
        if not all(isinstance(word, str) for word in words):  # pandas read some as numbers or booleans
            return None
        texts = tuple(word.strip() for word in words)
        different = set(texts)
        if nans and any("in" in text.lower() for text in different):
            return None
        if any(is_number_of_a_table(text) or text in MISSING for text in different):
            return None
        return Cells(np.empty(0, np.int64), text_rows=np.flatnonzero(present), texts=texts)


def _exact(version: str) -> dict[str, str]:
    """The option with which this version of pandas reads numbers exactly: before 3.1 it rounds the last digit of some
    wrongly by default."""
    return {"float_precision": "round_trip"} if tuple(map(int, version.split(".")[:2])) < (3, 1) else {}


class _Feed:
    """The minimal file from which pandas reads bytes as they are: a BytesIO would be decoded and encoded again."""

    def __init__(self) -> None:
        self._data = memoryview(b"")

    def fill(self, data: bytes) -> None:
        self._data = memoryview(data)

    @property
    def is_used_up(self) -> bool:
        return len(self._data) == 0

    def read(self, count: int) -> bytes:
        piece, self._data = bytes(self._data[:count]), self._data[count:]
        return piece

    __iter__ = None  # pandas checks that this exists, but does not use it


def _count(data: bytes, character: str) -> int:
    """The count of a character in the data; several times as fast as `bytes.count`."""
    codes, code = np.frombuffer(data, np.uint8), ord(character)
    return sum(int(np.count_nonzero(codes[start : start + PIECE] == code)) for start in range(0, len(codes), PIECE))


def _count_infinite(values: NDArray[Any]) -> int:
    return int(np.count_nonzero(np.isinf(values))) if values.dtype == np.float64 else 0


def _may_be_rounded(values: NDArray[np.float64]) -> bool:
    """Whether a column with blanks, which pandas reads as float64, may have whole numbers that float64 has rounded."""
    if np.fmin.reduce(values) > -EXACT_TO and np.fmax.reduce(values) < EXACT_TO:
        return False
    logged = values[~np.isnan(values)]
    large = np.abs(logged)[np.abs(logged) >= EXACT_TO]
    return bool((large <= 2.0**63).any() and (logged == np.trunc(logged)).all())


def _nan_as_inf(data: bytes) -> tuple[bytes | None, int]:
    """The data with `inf` for each `nan`, in upper or lower case, and their number; None if there was an inf before.

    pandas can distinguish an inf from a blank cell.
    """
    has_f = b"f" in data or b"F" in data
    if has_f and b"inf" in data.lower():
        return None, 0
    is_plain = b"N" not in data and b"A" not in data
    if is_plain and (replaced := _plain_nan_as_inf(np.frombuffer(data, np.uint8))) is not None:
        return replaced
    changed = data.replace(b"nan", b"inf")
    if b"N" in data or b"A" in data:
        for spelling in _SPELLINGS:
            changed = changed.replace(spelling.encode(), b"inf")
    return changed, changed.count(b"inf") if has_f else _count(changed, "f")


def _plain_nan_as_inf(codes: NDArray[np.uint8]) -> tuple[bytes, int] | None:
    """The same if every a and every n is part of `nan`, several times as fast as `bytes.replace`; otherwise None."""
    is_a, is_n = codes == ord("a"), codes == ord("n")
    count = int(np.count_nonzero(is_a))
    in_nan = np.count_nonzero(is_a[1:-1] & is_n[:-2] & is_n[2:])
    if in_nan != count or np.count_nonzero(is_n) != 2 * count:
        return None
    changed, middle = codes.copy(), is_a.view(np.uint8)
    changed[:-1] -= middle[1:] * np.uint8(ord("n") - ord("i"))
    changed += middle * np.uint8(ord("n") - ord("a"))
    changed[1:] -= middle[:-1] * np.uint8(ord("n") - ord("f"))
    return changed.tobytes(), count
