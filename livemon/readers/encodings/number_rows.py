"""Small blocks of rows that hold nothing but plain numbers -> cells, at a tenth of the cost of the plain way.

What programs write: digits, points, exponents, signs and the word nan between commas. The block is handed back for the
plain way to read where anything else stands in it.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from livemon.tables.table import Cells

__all__ = ["numbers_in"]

_ONLY_NUMBERS = re.compile(rb"(?:[-+0-9.eE,\n]|nan)*")
_LONGEST = 18  # digits of a whole number that an int64 holds for certain


def numbers_in(data: bytes, width: int) -> tuple[int, list[Cells]] | None:
    """The number of rows, and each column's cells; None where only the plain way can tell.

    Args:
        data: Whole lines.
        width: Columns of the file; more than one, as a blank line is no row.
    """
    if width < 2 or not data.endswith(b"\n") or not _ONLY_NUMBERS.fullmatch(data):
        return None
    lines = data.decode("ascii").split("\n")
    lines.pop()
    if any(line.count(",") != width - 1 for line in lines):
        return None
    texts = ",".join(lines).split(",")
    columns = []
    for number in range(width):
        cells = _cells(texts[number::width])
        if cells is None:
            return None
        columns.append(cells)
    return len(lines), columns


def _cells(texts: list[str]) -> Cells | None:
    if "" not in texts:
        values = _values(texts)
        return None if values is None else Cells(values)
    rows = [row for row, text in enumerate(texts) if text]
    values = _values([texts[row] for row in rows])
    return None if values is None else Cells(values, None, np.array(rows, np.int64))


def _values(texts: list[str]) -> NDArray[np.int64] | NDArray[np.float64] | None:
    try:
        if all(map(_is_short, texts)):
            return np.array(list(map(int, texts)), np.int64)
    except ValueError:  # not all are whole
        pass
    if any(not _is_short(text) and text.lstrip("+-").isdigit() for text in texts):
        return None  # as a float64 it would lose digits
    try:
        values = np.array(list(map(float, texts)), np.float64)
    except ValueError:
        return None
    return None if np.isinf(values).any() else values  # A number too large, which the plain way reports.


def _is_short(text: str) -> bool:
    return len(text) <= _LONGEST
