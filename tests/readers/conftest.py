"""What the tests of readers share: what a table shows, in a form that compares, and a file that grows in pieces."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from livemon.readers.base import Format, Reader, Update
from livemon.tables.table import Table

Shown = tuple[list[str], int, dict[str, Any]]


def shown(table: Table) -> Shown:
    """The columns, the number of rows, and each column's cells; a NaN is like another."""
    cells = {
        name: ([(int(row), repr(float(value))) for row, value in zip(column.rows, column.values, strict=True)],
               column.text_rows.tolist(), list(column.texts))
        for name, column in table.columns.items()
    }
    return list(table.columns), table.n_rows, cells


def take(reader: Reader, table: Table, odd: Counter[str]) -> Table:
    """Read what is new into the table, or into a new one where the source has begun anew; count what was odd."""
    while True:
        update: Update = reader.read()
        if update.restarted:
            table = Table()
            odd.clear()
        for anomaly in update.anomalies:
            odd[f"{anomaly.kind} {anomaly.line}: {anomaly.message}"] += anomaly.count
        if update.columns is not None:
            table.declare(update.columns)
        if update.block is not None:
            table.append(update.block)
        if not update.more:
            return table


def grown(
    path: Path, data: bytes, cuts: Iterable[int], open_it: Callable[[Path], Reader]
) -> tuple[Shown, Counter[str]]:
    """What is shown of a file, and what was odd, where it is read each time that it has grown to the next cut."""
    path.unlink(missing_ok=True)
    reader, table, odd = open_it(path), Table(), Counter[str]()
    with path.open("ab", buffering=0) as file:
        start = 0
        for cut in [*sorted(cuts), len(data)]:
            file.write(data[start:cut])
            start = max(start, cut)
            table = take(reader, table, odd)
    return shown(table), odd


def awkward(folder: Path, name: str, run: bytes) -> Iterable[Path]:
    """Paths that hold something else than a run: nothing, half of one, other formats, no file at all."""
    contents = {
        "empty": b"", "half a line": run[: len(run) // 3], "binary": bytes(range(256)) * 40, "zeros": b"\0" * 5000,
        "utf-16": run.decode("utf-8", "replace").encode("utf-16"), "a huge line": b"{" * 3_000_000 + b"\n" + run,
        "another format": b"a,b\n1,2\n", "an array": b"[1, 2]\n[3]\n", "no object": b'"a"\n1\nnull\n',
        "deep": b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"\n", "packed": b"\x1f\x8b\x08\0\0\0",
        "newer": b'{"version": 9, "rows": [{"step": 1}]}\n',
    }
    for title, content in contents.items():
        path = folder / title / name
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        yield path
    (folder / "a folder" / name).mkdir(parents=True)
    yield folder / "a folder" / name
    yield folder / "nothing" / name
    if hasattr(os, "mkfifo"):
        (folder / "a pipe").mkdir()
        os.mkfifo(folder / "a pipe" / name)
        yield folder / "a pipe" / name
    if hasattr(os, "geteuid") and os.geteuid() != 0:
        path = folder / "forbidden" / name
        path.parent.mkdir()
        path.write_bytes(run)
        path.chmod(0)
        yield path


class Checks:
    """What tests of readers do again and again."""

    shown = staticmethod(shown)
    take = staticmethod(take)
    grown = staticmethod(grown)

    def survives(self, format_: Format, folder: Path, name: str, run: bytes) -> None:
        """The format finds what it finds in awkward folders, opens and reads it, and raises nothing."""
        from livemon.system.listing import Listing, read_head

        for path in awkward(folder, name, run):
            format_.recognises(path, read_head(path))
            for plain in (False, True):
                for source in {path, *format_.find(Listing(path.parent))}:
                    reader = format_.open(source, plain=plain)
                    for _ in range(3):
                        take(reader, Table(), Counter())
                    assert isinstance(reader.facts.config, dict)
                    assert list(reader.files)


@pytest.fixture(scope="session")
def checks() -> Checks:
    """What tests of readers do again and again."""
    return Checks()
