"""Rows of named values, from JSON -> cells.

Nested objects become names with "/" in them, like the columns of Ray's `progress.csv` and TensorBoard's tags; many
names have a dot in them (`f1@0.5`). Values are treated as in a CSV file: true and false are the texts `True` and
`False`, null is not a point, and a list is a text, except for a list of a metric's numbers (`lists_apart`).

Two ways lead to the same cells: value by value, and column by column, which is several times as fast.
"""

from __future__ import annotations

import functools
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livemon.readers.encodings.column_builder import ColumnBuilder
from livemon.readers.encodings.numbers import parse_number
from livemon.tables.meaning import split_of
from livemon.tables.names import tells_of_training
from livemon.tables.plain import Leaf, leaves
from livemon.tables.table import Block, Cells, Values

__all__ = ["DECODER", "DEEPEST", "Row", "TooLarge", "block_of", "doubled_in", "encodable", "flattened", "joined",
           "lists_apart", "plain_block_of"]

DEEPEST = 32
LONGEST_LIST = 64  # of a metric's numbers

# An infinite float other than these two objects was written as a finite number.
_INFINITY, _MINUS_INFINITY = float("inf"), float("-inf")
_CONSTANTS = {"NaN": math.nan, "Infinity": _INFINITY, "-Infinity": _MINUS_INFINITY}

DECODER = json.JSONDecoder(parse_constant=_CONSTANTS.__getitem__)
"""What takes JSON apart so that the functions below can tell `Infinity` from `1e400`."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A finite number too large for a float64: its row, counted from the block's first, and its name."""

    row: int
    name: str


def flattened(row: Row) -> dict[str, Any]:
    """The row without nested objects: `{"a": {"b": 1}}` becomes `{"a/b": 1}`. RecursionError: they are too deep.

    If two values get the same name, the less nested one keeps it, and the other becomes "a/b.1"; see `doubled_in`.
    """
    values = leaves(row, "/", _is_too_deep)
    flat = {name: value for name, _, value in values}
    return flat if len(flat) == len(values) else _numbered(values)


def lists_apart(row: Row) -> Row:
    """The row with a name for each number in a metric's list: DETR's `test_coco_eval_bbox` becomes
    `test_coco_eval_bbox.0` and so on. Other lists stay as they are."""
    if list not in map(type, row.values()):
        return row
    apart: dict[str, Any] = {}
    for name, value in row.items():
        if type(value) is list and 0 < len(value) <= LONGEST_LIST and {*map(type, value)} <= {int, float} and (
                split_of(name) or _is_of_numbers(name)):
            apart |= {f"{name}.{index}": number for index, number in enumerate(value) if f"{name}.{index}" not in row}
        else:
            apart[name] = value
    return apart


def doubled_in(row: Row) -> list[str]:
    """The names that occur more than once in a flattened row."""
    counts = Counter(name for name, _, _ in leaves(row, "/", _is_too_deep))
    return [name for name, count in counts.items() if count > 1]


def _is_too_deep(row: Row, depth: int) -> bool:
    if depth > DEEPEST:
        raise RecursionError(f"objects are nested more than {DEEPEST} deep")
    return False


def _numbered(values: list[Leaf]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    taken = {name for name, _, _ in values}
    for name, _, value in sorted(values, key=itemgetter(1)):
        own, count = name, 0
        while own in flat or (count and own in taken):
            count += 1
            own = f"{name}.{count}"
        flat[own] = value
    return flat


def encodable(text: str) -> str:
    """The text in a form that can be encoded: lone surrogates, which JSON allows, are escaped."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


# -- value by value


class _Gathered(ColumnBuilder):
    """The cells of one column while they are being gathered value by value."""

    __slots__ = ("name", "too_large")

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.too_large: list[TooLarge] = []

    def add(self, row: int, value: Any) -> None:
        try:
            text = _said(value)
            if type(text) is str and _is_of_numbers(self.name) and (number := parse_number(text)) is not None:
                text = number  # fairseq writes "2.5"
        except OverflowError:
            self.too_large.append(TooLarge(row, self.name))
            return
        if text is not None:
            self.put(row, text)


@functools.lru_cache(maxsize=20_000)
def _is_of_numbers(name: str) -> bool:
    """Whether a name is that of an axis or a metric: then a text with a number is read as the number."""
    return tells_of_training([name])


def _said(value: Any) -> int | float | str | None:
    """A value as a number or a text; None for null. OverflowError: it is too large for a float64."""
    kind = type(value)
    if kind is float:
        if math.isinf(value) and value is not _INFINITY and value is not _MINUS_INFINITY:
            raise OverflowError
        return float(value)
    if kind is int:
        return int(value) if -(2**63) <= value < 2**63 else float(value)
    if kind is str:
        return encodable(value)
    if kind is bool:
        return str(value)
    return None if value is None else json.dumps(value)


def plain_block_of(rows: Sequence[Row]) -> tuple[Block, list[TooLarge]]:
    """The block of flat rows, value by value, and the numbers that are too large."""
    columns: dict[str, _Gathered] = {}
    for row_number, row in enumerate(rows):
        for name, value in row.items():
            name = encodable(name)
            columns.setdefault(name, _Gathered(name)).add(row_number, value)
    too_large = [number for column in columns.values() for number in column.too_large]
    return Block(len(rows), {name: _whole(column.cells(), len(rows)) for name, column in columns.items()}), too_large


# -- column by column


def block_of(rows: Sequence[Row]) -> tuple[Block, list[TooLarge]]:
    """The same, column by column. A name without a value yet has a column without cells."""
    parts: dict[str, list[Cells]] = {}
    too_large: list[TooLarge] = []
    groups = _by_names(rows)
    for names, numbers in groups.items():
        members = rows if len(groups) == 1 else [rows[number] for number in numbers]
        where = np.array(numbers, np.int64)
        for written in names:
            name = encodable(written)
            cells = _column(name, list(map(itemgetter(written), members)), where, too_large)
            parts.setdefault(name, []).append(cells)
    return Block(len(rows), {name: _whole(joined(cells), len(rows)) for name, cells in parts.items()}), too_large


def _by_names(rows: Sequence[Row]) -> dict[tuple[str, ...], list[int]]:
    """names -> the indices of the rows with these names in this order."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for number, row in enumerate(rows):
        names = tuple(row)
        if names in groups:
            groups[names].append(number)
        else:
            groups[names] = [number]
    return groups


def _column(name: str, values: list[Any], rows: NDArray[np.int64], too_large: list[TooLarge]) -> Cells:
    """The cells of one name; `rows`: the rows of the values."""
    kinds = set(map(type, values))
    if kinds == {float}:
        numbers: Values = np.array(values, np.float64)
        if not np.isinf(numbers).any():
            return Cells(numbers, None, rows)
    if kinds == {int}:
        try:
            return Cells(np.array(values, np.int64), None, rows)
        except OverflowError:
            pass
    column = _Gathered(name)
    for number, value in zip(rows.tolist(), values, strict=True):
        column.add(number, value)
    too_large += column.too_large
    return column.cells()


def joined(parts: list[Cells]) -> Cells:
    """The cells of one column from several parts, in order of row. Parts must have `rows` unless there is only one."""
    if len(parts) == 1:
        return parts[0]
    rows = np.concatenate([part.rows for part in parts if part.rows is not None])
    values: Values = np.concatenate([part.values for part in parts])
    text_rows = np.concatenate([part.text_rows for part in parts])
    texts = [text for part in parts for text in part.texts]
    order, text_order = np.argsort(rows), np.argsort(text_rows)
    return Cells(values[order], None, rows[order], text_rows[text_order], tuple(texts[i] for i in text_order))


def _whole(cells: Cells, n_rows: int) -> Cells:
    """The cells without their rows if every row has a cell."""
    return Cells(cells.values) if len(cells.values) == n_rows else cells
