"""Real writers, replayed system call by system call, with a look after each."""

from __future__ import annotations

import csv
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from livemon.readers.csv import CsvReader
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.history import History
from livemon.system.tail import QUIET_SECONDS, SETTLE_SECONDS, Tail
from livemon.tables.table import Table
from livemon.testing import HandClock

TRACES = Path(__file__).parents[1] / "data" / "traces"
NAMES = ["lightning_csv_default", "lightning_csv_late", "sb3_progress_ppo", "keras_csv_append"]
MISSING = ("", "NA")

Row = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Operation:
    """One change to the file, as the writer made it."""

    data: bytes | None = None  # None: opened with O_TRUNC, or truncated, or deleted
    offset: int = 0
    delete: bool = False

    def apply(self, path: Path) -> None:
        """Do it to a file."""
        if self.delete:
            path.unlink()
        elif self.data is None:
            path.touch()
            os.truncate(path, self.offset)
        else:
            with path.open("r+b") as file:
                file.seek(self.offset)
                file.write(self.data)


def operations(name: str) -> Iterator[Operation]:
    """What a trace does to its file; what only reads, closes or syncs is left out."""
    for line in (TRACES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if entry["op"] == "write":
            data = entry["data"].encode("utf-8", "surrogateescape")
            assert len(data) == entry["n"]
            yield Operation(data, entry["offset"])
        elif entry["op"] == "open" and (entry.get("creates") or entry.get("truncates")):
            yield Operation()
        elif entry["op"] == "truncate":
            yield Operation(offset=entry.get("size", 0))
        elif entry["op"] == "unlink":
            yield Operation(delete=True)


def in_pieces(operation: Operation, size: int) -> Iterator[Operation]:
    """The operation as one that the system carries out in pieces of so many bytes."""
    if operation.data is None:
        yield operation
        return
    for start in range(0, len(operation.data), size):
        yield Operation(operation.data[start : start + size], operation.offset + start)


def _notify(cell: str) -> str:
    try:
        return repr(float(cell))
    except ValueError:
        return cell


def plain_rows(data: bytes) -> list[Row]:
    """The rows of a file by the csv module and float; rows that do not fit the header are none."""
    text = data[: data.rfind(b"\n") + 1].decode()
    header, *rows = list(csv.reader(text.splitlines(keepends=True))) or [[]]
    return [
        frozenset((name, _notify(cell)) for name, cell in zip(header, row, strict=True) if cell not in MISSING)
        for row in rows
        if row and len(row) == len(header) and row != header
    ]


def shown_rows(table: Table) -> list[Row]:
    """The rows of a table, in the same form."""
    rows: list[set[tuple[str, str]]] = [set() for _ in range(table.n_rows)]
    for name, column in table.columns.items():
        for row, value in zip(column.rows, column.values, strict=True):
            rows[row].add((name, repr(float(value))))
        for row, text in zip(column.text_rows, column.texts, strict=True):
            rows[row].add((name, text))
    return [frozenset(row) for row in rows]


def versions(name: str) -> tuple[set[Row], bytes]:
    """Every row that the writer ever had completely written, and the file that it left. Between the writes of one
    in-place rewrite stands no row that counts: each such rewrite of the traces is one write."""
    content, rows = b"", set[Row]()
    for operation in operations(name):
        if operation.data is None:
            content = content[: operation.offset]
        else:
            content = content[: operation.offset] + operation.data + content[operation.offset + len(operation.data) :]
        rows.update(plain_rows(content))
    return rows, content


class Watcher:
    """Looks at the file and checks what is on show at every look."""

    def __init__(self, path: Path, written: set[Row]) -> None:
        self.clock = HandClock()
        self.reader = CsvReader(path, Tail(path, clock=self.clock))
        self.history = History(path.name, self.clock)
        self._written = written
        self._most = 0
        self._checked: dict[int, tuple[Table, int]] = {}

    def look(self) -> None:
        while True:
            update = self.reader.read()
            self.history.apply(update)
            if not update.more:
                break
        count = self.history.n_rows
        assert count >= self._most, f"{count} rows on show, before {self._most}"
        self._most = count
        for table in self.history.tables:
            known = self._checked.get(id(table))
            if known is None or known[1] != table.n_rows:  # A table only grows, and this is slow.
                assert self._written >= set(shown_rows(table))
                self._checked[id(table)] = (table, table.n_rows)

    def finish(self) -> None:
        for _ in range(3):
            self.clock.advance(QUIET_SECONDS)
            self.look()


@pytest.mark.parametrize("name", NAMES)
def test_a_look_after_each_operation(tmp_path: Path, name: str) -> None:
    """FAULTS 9, 11: at no moment is a value wrong or a row gone, and in the end the table is the file."""
    written, final = versions(name)
    path = tmp_path / "metrics.csv"
    watcher = Watcher(path, written)
    for operation in operations(name):
        if not path.exists():
            watcher.look()
        operation.apply(path)
        watcher.look()
        watcher.clock.advance(0.02)
    assert path.read_bytes() == final
    watcher.finish()
    assert shown_rows(watcher.history.own) == plain_rows(final)
    assert not watcher.history.kept


@pytest.mark.parametrize("every", [2, 3, 7, 50, 10**6])
@pytest.mark.parametrize("name", NAMES)
def test_a_look_now_and_then(tmp_path: Path, name: str, every: int) -> None:
    """FAULTS 10: looks that miss the truncation, and see only a file that is larger than before, lose nothing
    either."""
    written, final = versions(name)
    path = tmp_path / "metrics.csv"
    watcher = Watcher(path, written)
    for count, operation in enumerate(operations(name)):
        operation.apply(path)
        if count % every == 0:
            watcher.look()
            watcher.clock.advance(SETTLE_SECONDS)
    watcher.finish()
    assert shown_rows(watcher.history.own) == plain_rows(final)
    assert not watcher.history.kept


@pytest.mark.parametrize(
    ("name", "size"),
    [("lightning_csv_default", 1), ("lightning_csv_late", 61), ("sb3_progress_ppo", 1), ("sb3_progress_ppo", 100),
     ("keras_csv_append", 1)],
)
def test_each_write_in_pieces(tmp_path: Path, name: str, size: int) -> None:
    """FAULTS 1: each write cut into pieces, with a look after each piece, in an in-place rewrite too, shows
    nothing torn."""
    written, final = versions(name)
    path = tmp_path / "metrics.csv"
    watcher = Watcher(path, written)
    for operation in operations(name):
        for piece in in_pieces(operation, size):
            piece.apply(path)
            watcher.look()
            watcher.clock.advance(SETTLE_SECONDS / 100)
        watcher.clock.advance(SETTLE_SECONDS)
    watcher.finish()
    assert shown_rows(watcher.history.own) == plain_rows(final)
    assert not watcher.history.kept


@pytest.mark.parametrize("name", NAMES)
def test_the_loader_follows_a_trace(tmp_path: Path, name: str) -> None:
    """FAULTS 9: the loader that users have shows, after the last operation, each series as the file has it."""
    _, final = versions(name)
    path = tmp_path / "run" / "metrics.csv"
    path.parent.mkdir()
    loader = ExperimentLoader(path.parent)
    counts = []
    for operation in operations(name):
        operation.apply(path)
        loader.refresh()
        counts.append(sum(table.n_rows for table in loader.tables))
    assert counts == sorted(counts)
    _until_settled(loader)
    frame = loader.load_metrics()
    cells = [cell for row in plain_rows(final) for cell in row]
    expected = Counter(cell for cell in cells if cell[1] != "nan")  # a frame has NaN for missing cells too
    found = Counter(
        (name, _notify(str(value))) for name in loader.tables[-1].columns for value in frame[name].dropna().tolist()
    )
    assert found == expected


def _until_settled(loader: ExperimentLoader) -> None:
    """Look until the tail believes what stands in the file: an in-place rewrite is held for SETTLE_SECONDS."""
    ends = time.monotonic() + 3 * SETTLE_SECONDS
    while time.monotonic() < ends:
        loader.refresh()
        time.sleep(SETTLE_SECONDS / 4)


def test_the_oracle_can_fail(tmp_path: Path) -> None:
    """A reader that goes on at the old offset after a rewrite, as `tail -f` does, is caught by the comparison above."""
    written, _ = versions("lightning_csv_late")
    path = tmp_path / "metrics.csv"
    read, header, shown = 0, list[str](), set[Row]()
    for operation in operations("lightning_csv_late"):
        operation.apply(path)
        data = path.read_bytes()[read:]
        data = data[: data.rfind(b"\n") + 1]
        read += len(data)
        for row in csv.reader(data.decode().splitlines()):
            if "step" in row:
                header = row
            elif len(row) == len(header):
                shown.add(frozenset((n, repr(float(c))) for n, c in zip(header, row, strict=True) if c))
    assert shown - written or written - shown


def test_the_traces_are_what_they_say() -> None:
    """The replay gives the rows that the frameworks reported: the four traces have rewrites in them that matter."""
    assert {name: len(plain_rows(versions(name)[1])) for name in NAMES} == {
        "lightning_csv_default": 33, "lightning_csv_late": 492, "sb3_progress_ppo": 24, "keras_csv_append": 7,
    }
