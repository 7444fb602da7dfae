from __future__ import annotations

import gzip
import json
import os
import time
import tracemalloc
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from livemon.readers import gzipped as module
from livemon.readers.base import read_table
from livemon.readers.csv import CsvReader
from livemon.readers.gzipped import Gzipped, UnpackingTail
from livemon.system.listing import Listing
from livemon.tables.table import Table

CSV = b"step,loss\n" + b"".join(b"%d,%f\n" % (step, 1 / (step + 1)) for step in range(200))
LINES = b"".join(json.dumps({"step": step, "loss": 1 / (step + 1)}).encode() + b"\n" for step in range(200))


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(("name", "data"), [("metrics.csv.gz", CSV), ("metrics.jsonl.gz", LINES),
                                            ("metrics.tsv.gz", CSV.replace(b",", b"\t"))])
def test_packed_files_are_read(tmp_path: Path, name: str, data: bytes) -> None:
    """A packed file is found, and read as what is packed in it, in both ways."""
    path = write(tmp_path / name, gzip.compress(data))
    assert Gzipped().find(Listing(tmp_path)) == [path]
    for plain in (False, True):
        table = read_table(Gzipped().open(path, plain=plain))
        assert table.n_rows == 200 and table.columns["step"].values.tolist() == list(range(200))


def test_a_stream_that_is_cut_gives_what_it_has(tmp_path: Path, checks: Any) -> None:
    """However much of the stream is there, its complete rows are shown, and only new ones come; nothing is odd."""
    packed = gzip.compress(CSV)
    path = tmp_path / "metrics.csv.gz"
    write(path, b"")
    reader, table, odd, counts = Gzipped().open(path), Table(), Counter[str](), []
    for cut in range(1, len(packed) + 1, 37):
        write(path, packed[:cut])
        before = table
        table = checks.take(reader, table, odd)
        assert table is before
        counts.append(table.n_rows)
    write(path, packed)
    table = checks.take(reader, table, odd)
    plain = read_table(CsvReader(write(tmp_path / "metrics.csv", CSV)))
    assert checks.shown(table) == checks.shown(plain) and not odd
    assert counts == sorted(counts) and len(set(counts)) > 3


def test_streams_one_behind_the_other(tmp_path: Path, checks: Any) -> None:
    """A file that is appended to as a further stream is read on; one that is replaced begins anew."""
    path = write(tmp_path / "metrics.csv.gz", gzip.compress(CSV[:500]))
    reader, odd = Gzipped().open(path), Counter[str]()
    table = checks.take(reader, Table(), odd)
    with path.open("ab") as file:
        file.write(gzip.compress(CSV[500:]))
    again = checks.take(reader, table, odd)
    assert again is table and table.n_rows == 200
    write(path, gzip.compress(b"a,b\n1,2\n"))
    assert reader.read().restarted


def test_nothing_is_unpacked_where_nothing_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look at an unchanged file asks when it was written, and no more."""
    reader = Gzipped().open(write(tmp_path / "metrics.csv.gz", gzip.compress(CSV)))
    reader.read()
    monkeypatch.setattr(module, "open_regular", None)
    assert reader.read().status == "ok"


@pytest.mark.parametrize("data", [b"0" * 40_000_000, b"step,loss\n" + b"1,2\n" * 10_000_000])
def test_a_file_that_is_made_huge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """A small file that holds gigabytes is read up to a limit, which is said; only some of it is in memory."""
    monkeypatch.setattr(module, "LARGEST_BYTES", 1 << 24)
    tail = UnpackingTail(write(tmp_path / "metrics.csv.gz", gzip.compress(data)))
    del data
    tracemalloc.start()
    try:
        look, given, dropped = tail.look(), 0, 0
        while look.more:
            given, dropped, look = given + len(look.lines), dropped + look.dropped_lines, tail.look()
        assert tracemalloc.get_traced_memory()[1] < 12 << 20
    finally:
        tracemalloc.stop()
    assert look.status == "unreadable" and "it holds more than 16 MiB" in look.problem
    assert given + len(look.lines) < (1 << 24) + (1 << 20) and tail.look().lines == b""


def test_large_files_come_in_pieces(tmp_path: Path) -> None:
    """More than the budget is handed out piece by piece, and a line that is too long is skipped and counted."""
    rows = b"".join(b"%d,%d\n" % (i, i) for i in range(400_000))
    path = write(tmp_path / "a.csv.gz", gzip.compress(b"step,loss\n" + rows + b"9" * 1_500_000 + b"\n1,1\n", 1))
    reader = Gzipped().open(path)
    assert reader.read().more
    odd, last = Counter[str](), None
    for _ in range(6):
        update = reader.read()
        odd.update(anomaly.kind for anomaly in update.anomalies)
        last = update.block or last
    assert odd == {"line too long": 1} and last is not None and last.cells["loss"].values[-1] == 1


def test_what_is_no_gzip(tmp_path: Path) -> None:
    """A file that is only named so is unreadable, with the reason; a damaged one gives what came before the damage."""
    update = Gzipped().open(write(tmp_path / "a.csv.gz", b"step,loss\n1,2\n")).read()
    assert update.status == "unreadable" and "not packed with gzip" in update.problem
    packed = zlib.compressobj(0, wbits=31)
    data = packed.compress(CSV * 40) + packed.flush()
    path = write(tmp_path / "damaged.csv.gz", data[: len(data) - 8] + b"\0" * 8)
    update = Gzipped().open(path).read()
    assert update.block is not None and update.block.n_rows > 7000
    assert update.status == "unreadable" and "damaged after its first" in update.problem


def test_awkward_sources_raise_nothing(tmp_path: Path, checks: Any) -> None:
    """Nothing that may lie in the place of the file raises."""
    checks.survives(Gzipped(), tmp_path, "metrics.jsonl.gz", gzip.compress(LINES))


def test_a_longer_file_in_its_place_begins_anew(tmp_path: Path, checks: Any) -> None:
    """A file is another one by what it holds, however long it is; it is read whole, and read on from there."""
    path = write(tmp_path / "metrics.csv.gz", gzip.compress(CSV[:500]))
    reader, odd = Gzipped().open(path), Counter[str]()
    old = checks.take(reader, Table(), odd)
    other = CSV.replace(b"loss", b"cost")
    write(path, gzip.compress(other[:1500]))
    table = checks.take(reader, old, odd)
    assert table is not old and list(table.columns) == ["step", "cost"]
    write(path, gzip.compress(other))
    assert checks.take(reader, table, odd) is table and table.columns["step"].values.tolist() == list(range(200))
    path.unlink()
    assert reader.read().status == "missing"


@pytest.mark.parametrize(("name", "data", "expected"), [
    ("a.csv.gz", gzip.compress(CSV), True), ("a.csv.gz", CSV, False), ("a.txt.gz", gzip.compress(CSV), False),
    ("a.jsonl.gz", gzip.compress(LINES), True), ("a.jsonl.gz", gzip.compress(CSV), False),
    ("a.csv.gz", gzip.compress(b"only words\n"), False), ("a.csv.gz", b"", False),
], ids=["packed rows", "rows not packed", "no name of rows", "packed lines", "rows called lines", "words", "empty"])
def test_what_is_recognised(name: str, data: bytes, expected: bool) -> None:
    """A packed file is recognised by its name and by what is packed in it."""
    assert Gzipped().recognises(Path(name), data[:4096]) is expected


def test_a_last_row_without_its_line_end_is_read(tmp_path: Path) -> None:
    """A packed export whose last row has no line end has all of its rows, once nobody writes it."""
    path = write(tmp_path / "metrics.csv.gz", gzip.compress(CSV[:-1]))
    assert read_table(Gzipped().open(path)).n_rows == 199
    os.utime(path, (time.time() - 120, time.time() - 120))
    assert read_table(Gzipped().open(path)).n_rows == 200
