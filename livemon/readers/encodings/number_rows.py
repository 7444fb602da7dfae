"""Small blocks of rows with nothing but plain numbers -> cells, at a tenth of the cost of the plain way.

Plain numbers are those that programs write: digits, points, exponents, signs and the word nan between commas. A block
with anything else in it is left to the plain way.
"""

from __future__ import annotations

import json
import re

import numpy as np
from numpy.typing import NDArray

from livemon.tables.table import Cells

__all__ = ["numbers_in"]

_ONLY_NUMBERS = re.compile(rb"(?:[-+0-9.eE,\n]|nan)*")
_END = "\n"
_IN_NUMBERS = b"-+0123456789.eE"
_NUMBERS = (np.dtype(np.int64), np.dtype(np.float64))
_parse = json.JSONDecoder().decode
_LONGEST = 18  # digits of a whole number that certainly fits into an int64


def numbers_in(data: bytes, width: int) -> tuple[int, list[Cells]] | None:
    """The number of rows, and each column's cells; None if only the plain way can tell.

    Args:
        data: Whole lines.
        width: The number of columns of the file; must be more than 1, because a blank line is not a row.
    """
    if width < 2 or not data.endswith(b"\n"):
        return None
    if data.translate(None, _IN_NUMBERS) == (b"," * (width - 1) + b"\n") * data.count(b"\n"):
        if (block := _as_json(data, width)) is not None:
            return block
    elif not _ONLY_NUMBERS.fullmatch(data):
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


def _as_json(data: bytes, width: int) -> tuple[int, list[Cells]] | None:
    """The block read by the JSON parser, which accepts most numbers and costs a third; None if it does not accept one,
    or a whole number is too long. All rows are one list: thousands of small ones would be searched for garbage."""
    try:
        cells: list[int | float] = _parse(f"[{data[:-1].decode('ascii').replace(_END, ',')}]")
    except ValueError:
        return None
    columns = []
    for number in range(width):
        column = cells[number::width]
        values = np.array(column)
        # A larger float64 may be a whole number that has lost digits.
        largest = 2.0**53 if values.dtype == np.float64 else 10**_LONGEST
        if values.dtype not in _NUMBERS or not (max(column) < largest and min(column) > -largest):
            return None
        columns.append(Cells(values))
    return len(cells) // width, columns


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
    return None if np.isinf(values).any() else values  # the plain way reports a number that is too large


def _is_short(text: str) -> bool:
    return len(text) <= _LONGEST
