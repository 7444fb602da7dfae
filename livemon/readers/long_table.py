"""A long table, with a row for each value: one column has the name of the metric, another the value.

Databases and trackers export such tables (Aim, MLflow, `pandas.melt`, TensorBoard's data frames).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from livemon.readers.base import Format, Reader, Update
from livemon.readers.csv import Csv, CsvReader
from livemon.readers.encodings.csv_dialect import decode, header_in, is_number_between, names_in
from livemon.readers.wrapped_reader import WrappedReader
from livemon.system.listing import Listing, oldest_first
from livemon.tables.known_words import SPLITS
from livemon.tables.meaning import split_of, words_of
from livemon.tables.names import is_x
from livemon.tables.table import Block, Cells, Rows

__all__ = ["LongTable"]

_NAMING = ("metric", "metric_name", "metric.name", "metric name", "tag", "variable", "key", "name", "series")
_VALUES = ("value", "metric_value", "metric.value", "metric value", "values", "val")
_RUNS = ("run", "run_id", "run.hash", "run.name", "run_name", "run_hash", "run_uuid", "run id", "run name",
         "experiment")
_CONTEXTS = ("context", "subset", "split", "phase", "stage", "mode", "dataset", "partition")  # the last word of a name
MOST_NAMES = 2000  # in one table: if there are more, they are not metrics


def _column(wanted: Sequence[str], columns: Sequence[str]) -> str:
    """The column with one of these names, in upper or lower case; "" if there is none."""
    spelt = {name.lower(): name for name in reversed(columns)}
    return next((spelt[name] for name in wanted if name in spelt), "")


class LongTableReader(WrappedReader):
    """Follows one long table. A metric of another run than the table's first gets that run's name in front; a metric of
    other data than the training's, of a phase or the like gets that in front: `val/loss`.

    Args:
        path: The file.
        plain: Whether to parse every line separately.
    """

    def __init__(self, path: Path, *, plain: bool = False) -> None:
        self._csv = CsvReader(path, plain=plain)
        super().__init__(self._csv)
        self._start_over()

    def _start_over(self) -> None:
        self._first_run = ""
        self._names: set[str] = set()

    def read(self) -> Update:
        """Read what is new; see `readers.Update`."""
        update = super().read()
        if update.restarted:
            self._start_over()
        columns = update.columns and [name for name in update.columns if is_x(name)]
        block = update.block and self._by_metric(update.block)
        provisional = update.provisional and self._by_metric(update.provisional)
        return replace(update, columns=columns, block=block, provisional=provisional)

    @property
    def unfinished(self) -> int:
        """The bytes of an incomplete row at the end of the file."""
        return self._csv.unfinished

    def _by_metric(self, block: Block) -> Block:
        """The block with a column for each metric."""
        naming, value = _column(_NAMING, self._csv.header), _column(_VALUES, self._csv.header)
        named = _texts_of(block, naming)
        runs = _texts_of(block, _column(_RUNS, self._csv.header))
        contexts = [_contexts_of(block, column, said_by_name=_is_context(column))
                    for column in self._csv.header if column not in (naming, value) and column.lower() not in _RUNS]
        places: dict[str, list[int]] = {}
        for row in range(block.n_rows):
            if name := named.get(row, ""):
                name = _within([texts.get(row, "") for texts in contexts], name)
                places.setdefault(self._shown(name, runs.get(row, "")), []).append(row)
        cells = {name: own for name, own in block.cells.items() if is_x(name) and name not in (naming, value)}
        known = block.cells.get(value)
        if known is not None:
            rows, values = known.points()
            at = np.arange(len(values)) if rows is None else rows
            for name, mine in places.items():
                if name not in self._names and len(self._names) >= MOST_NAMES:
                    continue
                self._names.add(name)
                kept: Rows = np.asarray(mine, np.int64)
                is_mine = np.isin(at, kept)
                cells[name] = Cells(values[is_mine], rows=at[is_mine])
        return Block(block.n_rows, cells)

    def _shown(self, name: str, run: str) -> str:
        self._first_run = self._first_run or run
        return name if run == self._first_run else f"{run}/{name}"


def _is_context(column: str) -> bool:
    """Whether a column is named after the data or the phase to which its rows belong: `context.subset`."""
    return words_of(column)[-1:] != () and words_of(column)[-1] in _CONTEXTS


def _contexts_of(block: Block, column: str, *, said_by_name: bool) -> dict[int, str]:
    """row -> the data or phase to which it belongs, by a column of texts: any text if the column's name says so, else
    only the usual words for data."""
    cells = block.cells.get(column)
    if cells is None or not cells.texts:
        return {}
    known = {text: _context(text) for text in set(cells.texts)}
    return {row: known[text] for row, text in zip(cells.text_rows.tolist(), cells.texts, strict=True)
            if said_by_name or known[text].lower() in SPLITS}


def _context(text: str) -> str:
    """The data or phase in a cell; the values of an object, in Aim's form: `{"subset": "val"}`."""
    text = text.strip()
    if not text.startswith("{"):
        return text
    try:
        context = json.loads(text.replace("'", '"'))
    except ValueError:
        return ""
    return "/".join(str(value) for _, value in sorted(context.items()) if isinstance(value, str | int))


def _within(contexts: Iterable[str], name: str) -> str:
    """The metric's name with its data or phase in front, unless it is in the name; training data are not named."""
    shown = [context for context in contexts if context and not (
        context.lower() in SPLITS and (split_of(name) or SPLITS[context.lower()] == "train"))]
    return "/".join((*dict.fromkeys(shown), name))


def _texts_of(block: Block, column: str) -> dict[int, str]:
    """row -> the text in a column; a number counts as a text."""
    cells = block.cells.get(column)
    if cells is None:
        return {}
    rows, values = cells.points()
    at = range(len(values)) if rows is None else rows.tolist()
    return dict(zip(at, (f"{value:g}" for value in values.tolist()), strict=True)) | dict(
        zip(cells.text_rows.tolist(), cells.texts, strict=True))


class LongTable(Format):
    """CSV files with a column of metric names, one of values, and a step, an epoch or a time."""

    name = "long table"
    records = True

    def find(self, folder: Listing) -> list[Path]:
        """The long tables in the folder."""
        return oldest_first(folder.path / name for name in folder.files
                            if name.endswith((".csv", ".tsv")) and _is_long(folder.head(name)))

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the header has the columns, and the first row has a text as its name, and a number."""
        return _is_long(head)

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for one table."""
        return LongTableReader(path, plain=plain)


def _is_long(head: bytes) -> bool:
    first, _, rest = head.removeprefix(b"\xef\xbb\xbf").partition(b"\n")
    delimiter, names = header_in(decode(first).strip())
    naming, value = _column(_NAMING, names), _column(_VALUES, names)
    if not (naming and value and naming != value and any(is_x(name) for name in names)):
        return False
    if not Csv().recognises(Path("table.csv"), head):
        return False
    row = names_in(decode(rest.partition(b"\n")[0]).strip(), delimiter)
    if len(row) != len(names):
        return False
    named, number = row[names.index(naming)], row[names.index(value)]
    return bool(named) and not is_number_between(named, delimiter) and is_number_between(number, delimiter)
