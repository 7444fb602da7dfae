"""Files that are written anew as a whole: what is new is told once, and what is half written is waited for."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

from livemon.readers.json_history import history_in
from livemon.readers.whole_file import WholeFileReader
from livemon.tables.table import Table
from livemon.testing import HandClock


def reader_of(path: Path, clock: HandClock) -> WholeFileReader:
    return WholeFileReader(path, lambda data: history_in(json.loads(data)), 1 << 20, clock=clock, now=lambda: 0.0)


def write(path: Path, content: Any, time: int) -> None:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    os.utime(path, ns=(time, time))  # Clocks of file systems may be too coarse for two writes of one size.


def test_only_what_is_new_is_told(tmp_path: Path, checks: Any) -> None:
    """A list that has grown gives its new rows; one that begins otherwise begins anew; NaN are alike."""
    path, odd = tmp_path / "log", Counter[str]()
    rows = [{"step": step, "loss": float("nan")} for step in range(5)]
    write(path, rows[:2], 1)
    reader = reader_of(path, HandClock())
    table = checks.take(reader, Table(), odd)
    assert table.n_rows == 2 and reader.read().block is None
    write(path, rows, 2)
    assert checks.take(reader, table, odd) is table and table.columns["step"].values.tolist() == [0, 1, 2, 3, 4]
    write(path, [{"step": 0, "loss": 1.0}], 3)
    assert checks.take(reader, table, odd).columns["loss"].values.tolist() == [1.0]


def test_a_file_that_is_half_written_is_waited_for(tmp_path: Path, checks: Any) -> None:
    """What was shown stays while a file cannot be read; after a while the reason is told, and later rows are read."""
    path, clock, odd = tmp_path / "log", HandClock(), Counter[str]()
    write(path, [{"step": 0, "loss": 1.0}], 1)
    reader = reader_of(path, clock)
    table = checks.take(reader, Table(), odd)
    write(path, '[{"step": 0, "lo', 10**18)
    assert reader.read().status == reader.read().status == "rewriting"
    clock.advance(6.0)
    update = reader.read()
    assert (update.status, update.block) == ("unreadable", None) and "cannot be read" in update.problem
    write(path, [{"step": 0, "loss": 1.0}, {"step": 1, "loss": 0.5}], 3)
    assert checks.take(reader, table, odd) is table and table.n_rows == 2
    path.unlink()
    assert reader.read().status == "missing"


def test_lists_that_grow_by_themselves(tmp_path: Path, checks: Any) -> None:
    """Of lists of different lengths, each value stands at its place, however they grow; that is noted."""
    path, odd = tmp_path / "m", Counter[str]()
    write(path, {"loss": [4.0, 3.0], "val_loss": [5.0]}, 1)
    reader = reader_of(path, HandClock())
    table = checks.take(reader, Table(), odd)
    write(path, {"loss": [4.0, 3.0, 2.0], "val_loss": [5.0, 2.5]}, 2)
    assert checks.take(reader, table, odd) is table
    steps = {name: [(int(table.columns["step"].values[row]), value) for row, value in
                    zip(table.columns[name].rows.tolist(), table.columns[name].values.tolist(), strict=True)]
             for name in ("loss", "val_loss")}
    assert steps == {"loss": [(0, 4.0), (1, 3.0), (2, 2.0)], "val_loss": [(0, 5.0), (1, 2.5)]}
    assert "different lengths" in reader.facts.odd[0]


def test_two_writes_within_a_second_of_a_coarse_clock(tmp_path: Path) -> None:
    """Where the file system's clock has steps of a second, a rewrite of the same size within one is read, too."""
    path, second = tmp_path / "log", 1_700_000_000
    reader = WholeFileReader(path, lambda data: history_in(json.loads(data)), 1 << 20, now=lambda: second + 0.5)
    write(path, [{"iteration": 1, "loss": 0.5}], second * 10**9)
    assert reader.read().block is not None
    write(path, [{"iteration": 1, "loss": 0.7}], second * 10**9)
    assert reader.read().restarted
    assert reader.read().block is None
