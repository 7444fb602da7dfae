"""W&B's files of runs: real ones, finished, failed, killed and of an old version; in pieces, cut and damaged."""

from __future__ import annotations

import json
import math
import os
import shutil
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livemon.readers.base import Reader, read_table
from livemon.readers.wandb import Wandb, WandbReader
from livemon.system.listing import Listing, read_head
from livemon.system.tail import Look
from livemon.tables.anomalies import Anomaly
from livemon.tables.differences import count_same
from livemon.tables.table import Table

RUNS = Path(__file__).parents[1] / "data" / "runs"
FORMAT = Wandb()
KINDS = {"finished": 130, "failed": 12, "old": 12, "killed": 20}
"""The runs kept here, and how many rows W&B had written of each: what it had of the killed one after 15 s."""


def file_of(kind: str) -> Path:
    [path] = FORMAT.find(Listing(RUNS / f"wandb_{kind}"))
    return path


def points(table: Table, name: str) -> list[tuple[int, float]]:
    column = table.columns[name]
    steps = table.at_rows("_step", column.rows)
    return [(int(step), float(value)) for step, value in zip(steps, column.values, strict=True)]


def follow(reader: Reader, table: Table) -> list[Anomaly]:
    odd = []
    while True:
        update = reader.read()
        odd += update.anomalies
        if update.columns is not None:
            table.declare(update.columns)
        if update.block is not None:
            table.append(update.block)
        if not update.more:
            return odd


class Whole:
    """A tail that hands out all bytes at once."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def look(self) -> Look:
        given, self._data = self._data, b""
        return Look(lines=given)


def read_bytes(data: bytes) -> tuple[Table, list[Anomaly], Reader]:
    reader, table = WandbReader(Path("run-x.wandb"), tail=Whole(data)), Table()  # type: ignore[arg-type]
    return table, follow(reader, table), reader


def log(records: list[bytes]) -> bytes:
    """A file with these short records."""
    chunks = [struct.pack("<IHB", zlib.crc32(b"\1" + data), len(data), 1) + data for data in records]
    return b":W&B\xe1\xbe\0" + b"".join(chunks)


def loss(step: int) -> float:
    return {5: math.nan, 6: math.inf}.get(step, 1 / (step + 1))


@pytest.mark.parametrize("kind", KINDS)
def test_real_runs_say_what_was_logged(kind: str) -> None:
    """Every row that W&B wrote of a real run is there, by its names, with NaN, infinity, whole numbers and texts."""
    table = read_table(FORMAT.open(file_of(kind)))
    assert table.n_rows == KINDS[kind]
    steps = range(KINDS[kind])
    assert list(map(repr, points(table, "loss"))) == [repr((step, loss(step))) for step in steps]
    assert points(table, "val.acc") == [(step, step / 30) for step in steps]
    assert points(table, "val.deep.x") == [(step, float(step)) for step in steps]
    assert points(table, "flag") == [(7, 1.0)] and table.columns["big"].values.tolist() == [2**60]
    assert (table.columns["note"].texts, table.columns["note"].text_rows.tolist()) == (["a text"], [7])
    logged = {"loss", "val.acc", "val.deep.x", "note", "flag", "big", "a.b/c d"}
    assert set(table.columns) == {"_step", "_runtime", "_timestamp", *logged}
    assert list(table.columns)[:3] == ["_step", "_runtime", "_timestamp"]
    assert (table.columns["_timestamp"].values > 1.79e9).all()


@pytest.mark.parametrize(
    ("kind", "state", "code"), [("finished", "finished", "0"), ("failed", "failed", "1"), ("old", "finished", "0")]
)
def test_the_end_is_what_the_file_says(kind: str, state: str, code: str) -> None:
    """The record of the end says whether the run finished or failed, with its exit code as evidence."""
    reader = FORMAT.open(file_of(kind))
    read_table(reader)
    assert reader.facts.state == state
    assert reader.facts.evidence.endswith(f"exit code {code}")


def test_a_killed_run_says_nothing() -> None:
    """A run that was killed has no record of its end: its state is not known."""
    reader = FORMAT.open(file_of("killed"))
    read_table(reader)
    assert (reader.facts.state, reader.facts.evidence) == (None, "")


@pytest.mark.parametrize("kind", KINDS)
def test_settings_and_name(kind: str) -> None:
    """The config is what the run was given, later changes too, and the name is the one that was chosen."""
    reader = FORMAT.open(file_of(kind))
    read_table(reader)
    config = {"lr": 0.1, "model": {"layers": 3, "act": "relu"}, "sizes": [1, 2], "none": None}
    assert reader.facts.config == (config if kind == "killed" else {**config, "late": 5})
    assert reader.facts.name == f"run-{kind}"


def test_settings_in_the_file_beside(tmp_path: Path) -> None:
    """Where the file has no settings yet, those in W&B's `files/config.yaml` are taken."""
    path = tmp_path / "run-abc.wandb"
    path.write_bytes(file_of("old").read_bytes()[:7])
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "config.yaml").write_text(
        "wandb_version: 1\nlr:\n  desc: null\n  value: 0.1\n_wandb:\n  value: {}\n")
    reader = FORMAT.open(path)
    assert reader.read().status == "ok"
    assert reader.facts.config == {"lr": 0.1}


@pytest.mark.parametrize("size", [1, 777, 40_000])
def test_replay_of_a_real_run_in_pieces(size: int, tmp_path: Path) -> None:
    """A real run's bytes, arriving in pieces, give at each moment the rows that are complete, and the whole in the end;
    it has not ended before its last record."""
    source = file_of("failed" if size == 1 else "finished")
    path = tmp_path / source.name
    whole, reader, table, seen, states = source.read_bytes(), FORMAT.open(path), Table(), [], []
    assert reader.read().status == "missing"
    for place in range(0, len(whole), size):
        with path.open("ab") as file:
            file.write(whole[place : place + size])
        assert follow(reader, table) == []
        seen.append(table.n_rows)
        states.append(reader.facts.state)
    assert table.to_frame().equals(read_table(FORMAT.open(source)).to_frame())
    assert states[0] is None and states[-1] == ("failed" if size == 1 else "finished")
    assert states.index(states[-1]) >= seen.index(table.n_rows)
    assert seen == sorted(seen) and (size > 1 or set(seen) == set(range(13)))


def test_a_cut_file() -> None:
    """A file that is cut anywhere has the rows in front of the cut and nothing odd."""
    source = file_of("failed").read_bytes()
    whole, counts = read_bytes(source)[0], set()
    for cut in range(0, len(source), 101):
        table, odd, _ = read_bytes(source[:cut])
        assert odd == [] and count_same(whole, table, 0, table.n_rows) == table.n_rows
        counts.add(table.n_rows)
    assert counts == set(range(13))


def test_a_corrupt_block() -> None:
    """Damage costs the rest of its block and is said once; the rows of the next block are read, and so is the end."""
    data = bytearray(file_of("finished").read_bytes())
    data[9000] ^= 0xFF
    table, odd, reader = read_bytes(bytes(data))
    steps = table.columns["_step"].values.tolist()
    assert 20 < len(steps) < 130 and steps[-1] == 129 and steps == sorted(set(steps))
    assert [one.kind for one in odd] == ["record damaged"] and "at byte" in odd[0].message
    assert reader.facts.state == "finished"


@settings(max_examples=150, derandomize=True, database=None,
          suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(7, 6900), st.integers(1, 255)), min_size=1, max_size=5))
def test_no_damage_invents_a_row(damage: list[tuple[int, int]]) -> None:
    """Whatever bytes are damaged, each row that is read is one that was logged."""
    data = bytearray(file_of("failed").read_bytes())
    for place, bits in damage:
        data[min(place, len(data) - 1)] ^= bits
    table, _, _ = read_bytes(bytes(data))
    if table.n_rows:
        assert {repr(point) for point in points(table, "loss")} <= {repr((step, loss(step))) for step in range(12)}


@settings(max_examples=150, derandomize=True, database=None)
@given(st.lists(st.binary(max_size=60), max_size=5))
def test_no_record_stops_the_reader(records: list[bytes]) -> None:
    """Records with right checksums that are no messages of W&B's raise nothing; what cannot be read is said."""
    read_bytes(log(records))


# -- records as W&B's schema has them


def varint(value: int) -> bytes:
    found = bytearray()
    while True:
        found.append(value & 0x7F | (0x80 if value > 0x7F else 0))
        value >>= 7
        if not value:
            return bytes(found)


def message(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def history(**values: Any) -> bytes:
    items = [message(1, message(1, name.encode()) + message(16, json.dumps(value).encode()))
             for name, value in values.items()]
    return message(2, b"".join(items))


@pytest.mark.parametrize(
    ("value", "cells"),
    [
        (1.5, {"x": 1.5}), (True, {"x": 1}), (None, {}), ([1, 2], {}), ("NaN", {"x": math.nan}),
        ("-Infinity", {"x": -math.inf}), (math.nan, {"x": math.nan}),
        ({"a": {"b": 1}, "c": 2.5}, {"x.a.b": 1, "x.c": 2.5}), ({"_type": "histogram", "bins": 3}, {}),
        (2**80, {"x": 2.0**80}),
    ],
)
def test_values(value: Any, cells: dict[str, float]) -> None:
    """A number is a point, True is 1, what is nested gets its full name; null, lists and media are no cells."""
    table, odd, _ = read_bytes(log([history(_step=3, x=value)]))
    assert odd == [] and table.n_rows == 1
    found = {name: column.values[0] for name, column in table.columns.items() if name != "_step"}
    assert repr({name: float(one) for name, one in found.items()}) == repr({n: float(v) for n, v in cells.items()})


def test_typed_items() -> None:
    """Items of the newer schema, with a type instead of JSON, say the same; the step may stand beside them."""
    items = [message(2, b"a") + message(2, b"b") + varint(6 << 3 | 1) + bytes.fromhex("000000000000f83f"),
             message(1, b"n") + varint(5 << 3) + varint(5), message(1, b"t") + message(7, b"words"),
             message(1, b"on") + varint(4 << 3) + varint(1)]
    step = message(2, varint(1 << 3) + varint(9))
    table, odd, _ = read_bytes(log([message(2, b"".join(message(1, item) for item in items) + step)]))
    assert odd == []
    assert {name: column.values.tolist() for name, column in table.columns.items()} == {
        "a.b": [1.5], "n": [-3], "t": [], "on": [1], "_step": [9]}
    assert table.columns["t"].texts == ["words"]


def test_too_large_a_number() -> None:
    """A number beyond float64, whole or not, is no point and is said; an infinity is one."""
    written = history(x=1.2345, y=3).replace(b"1.2345", b"1e4000")
    table, odd, _ = read_bytes(log([history(x=10**400, y=2), written, history(x=math.inf)]))
    assert (table.n_rows, table.columns["y"].rows.tolist()) == (3, [0, 1])
    assert (table.columns["x"].rows.tolist(), table.columns["x"].values.tolist()) == ([2], [math.inf])
    assert [one.kind for one in odd] == ["overflow"] * 2


# -- files and folders


def test_the_order_of_columns_is_the_same_live_and_afterwards(tmp_path: Path) -> None:
    """W&B's own columns stand in front, be it that one comes late, and the others as they were logged."""
    first, second = log([history(b=1, _timestamp=5)]), log([history(a=1, _step=1)])[7:]
    path = tmp_path / "run-x.wandb"
    path.write_bytes(first)
    reader, table = WandbReader(path), Table()
    follow(reader, table)
    with path.open("ab") as file:
        file.write(second)
    follow(reader, table)
    assert list(table.columns) == ["_step", "_timestamp", "b", "a"] == list(read_table(WandbReader(path)).columns)


def test_another_file_and_a_newer_version() -> None:
    """A file that is not W&B's, or of a version that is not known, is unreadable, which says why."""
    for data, words in ((b"step,loss\n", "not W&B's"), (b":W&B\xe1\xbe\x07rest", "version 7")):
        update = WandbReader(Path("run-x.wandb"), tail=Whole(data)).read()  # type: ignore[arg-type]
        assert update.status == "unreadable" and words in update.problem


def test_what_is_recognised() -> None:
    """A file is W&B's by its first bytes, and by its name while it has none."""
    assert FORMAT.recognises(file_of("old"), read_head(file_of("old")))
    assert FORMAT.recognises(Path("run-abc.wandb"), b"") and not FORMAT.recognises(Path("run-abc.wandb"), b"step,loss")
    assert not FORMAT.recognises(Path("a.csv"), b"")


def test_folders(tmp_path: Path) -> None:
    """The starts of one run below `wandb` are its files, oldest first; those of several runs are no run."""
    source = file_of("old")
    for name in ("run-20260102_000000-abc", "offline-run-20260101_000000-abc"):
        (tmp_path / "wandb" / name).mkdir(parents=True)
        shutil.copy(source, tmp_path / "wandb" / name / "run-abc.wandb")
    found = [path.parent.name for path in FORMAT.find(Listing(tmp_path))]
    assert found == ["offline-run-20260101_000000-abc", "run-20260102_000000-abc"]
    for own in found:  # A run's folder stands for the run, whichever start it is of.
        assert FORMAT.find(Listing(tmp_path / "wandb" / own)) == FORMAT.find(Listing(tmp_path))
    (tmp_path / "wandb" / "offline-run-20260103_000000-xyz").mkdir()
    shutil.copy(source, tmp_path / "wandb" / "offline-run-20260103_000000-xyz" / "run-xyz.wandb")
    assert FORMAT.find(Listing(tmp_path)) == []


def test_the_folder_of_all_runs_is_listed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 14: each run asks which folders beside its own are its; the folder of all is listed again only when it has
    changed, or a search would cost the square of their number."""
    for number in range(5):
        folder = tmp_path / f"run-20260102_00000{number}-abc{number}"
        folder.mkdir()
        shutil.copy(file_of("old"), folder / f"run-abc{number}.wandb")
    folders = sorted(tmp_path.iterdir())
    listed, real = [], os.listdir
    monkeypatch.setattr("livemon.readers.wandb.os.listdir", lambda path: listed.append(path) or real(path))
    for _ in range(2):
        found = [FORMAT.find(Listing(folder)) for folder in folders]
        assert [[path.name for path in paths] for paths in found] == [[f"run-abc{number}.wandb"] for number in range(5)]
    assert len(listed) == 1
    again = tmp_path / "run-20260103_000000-abc0"
    shutil.copytree(tmp_path / "run-20260102_000000-abc0", again)
    assert [path.parent for path in FORMAT.find(Listing(again))] == [tmp_path / "run-20260102_000000-abc0", again]
