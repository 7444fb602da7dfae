"""trackio's database: how its JSON becomes rows, versions without run ids, and the real trackio writing meanwhile."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from livemon.readers.base import read_table
from livemon.readers.databases import DatabaseReader
from livemon.readers.trackio import Trackio
from livemon.tables.table import Table

SHARED = Path(__file__).parents[3] / "shared" / "runs"
SOURCE = (Path(__file__).parent / "database_writer.py").read_text(encoding="utf-8")
TABLES = SOURCE.split('TRACKIO = """')[1].split('"""')[0]
OLD_TABLES = SOURCE.split('TRACKIO_WITHOUT_IDS = """')[1].split('"""')[0]


def made(path: Path, *logged: tuple[str, str, object], config: object = None) -> Path:
    """A database of trackio 0.43: run's id, run's name, what was logged (JSON, or text as it is), a row each."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(TABLES)
        for step, (run_id, name, metrics) in enumerate(logged):
            text = metrics if isinstance(metrics, str) else json.dumps(metrics).encode()
            connection.execute(
                "INSERT INTO metrics (run_id, timestamp, run_name, step, metrics) VALUES (?, ?, ?, ?, ?)",
                (run_id, f"2026-01-01T00:00:{step:02}.500000+00:00", name, step, text))
        if config is not None:
            connection.execute("INSERT INTO configs (run_id, run_name, config, created_at) VALUES ('a', 'run', ?, '')",
                               (json.dumps(config).encode(),))
    return path


@pytest.mark.skipif(not SHARED.is_dir(), reason="the collected runs are not beside this clone (shared/runs)")
def test_a_collected_run() -> None:
    """The expected series of a project of trackio 0.43 hold, and nothing is created beside its database."""
    expected = json.loads((SHARED / "expected.json").read_text())["trackio_local|trackio_local/proj.db"]
    path = SHARED / "trackio_local" / "proj.db"
    before = sorted(os.listdir(path.parent))
    assert Trackio().runs(path) == ["run0", "run1"]
    table = read_table(reader := Trackio().open(path / "run0"))
    assert table.n_rows == expected["rows"]
    assert set(table.columns) == {"step", "timestamp", *expected["series"]}
    for name, wanted in expected["series"].items():
        column = table.columns[name]
        points = list(zip(table.at_rows("step", column.rows).tolist(), column.values.tolist(), strict=True))
        assert len(points) == wanted["n"]
        for point, (step, value) in ((points[0], wanted["first"]), (points[-1], wanted["last"])):
            assert (point[0], f"{point[1]:g}") == (step, value)
    assert reader.facts.config == {"lr": 0.1, "opt": "sgd"}
    assert sorted(os.listdir(path.parent)) == before


def opened(path: Path) -> DatabaseReader:
    """A reader for the run, when the file is old enough to be at rest."""
    os.utime(path, (1.8e9, 1.8e9))
    return Trackio().open(path)


def test_what_was_logged(tmp_path: Path) -> None:
    """Words for NaN and infinity are numbers, dictionaries are taken apart, truth values and texts are texts; null and
    media are no points; a value that is called like an axis gets a name of its own."""
    path = made(tmp_path / "p.db", ("a", "run", {
        "nan": "NaN", "inf": "Infinity", "less": "-Infinity", "whole": 3, "huge": 10**30, "text": "abc", "flag": True,
        "none": None, "outer": {"inner": 0.5, "deep": {"x": 1}}, "picture": {"_type": "trackio.image", "size": 1},
        "list": [1, 2], "timestamp": 7, "é/ü": 1.5}))
    table = read_table(opened(path))
    found = {name: column.values.tolist() or column.texts for name, column in table.columns.items()}
    assert math.isnan(found.pop("nan")[0])
    assert found == {"step": [0], "timestamp": [1767225600.5], "inf": [math.inf], "less": [-math.inf], "whole": [3],
                     "huge": [1e30], "text": ["abc"], "flag": ["True"], "outer/inner": [0.5], "outer/deep/x": [1],
                     "timestamp.1": [7], "é/ü": [1.5]}


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", '{"a": ' * 5000])
def test_what_is_no_json_object(tmp_path: Path, text: str) -> None:
    """A cell that holds something else is counted, and no row."""
    path = made(tmp_path / "p.db", ("a", "run", text), ("a", "run", {"loss": 1}))
    update = opened(path).read()
    assert update.block is not None
    assert update.block.n_rows == 1
    assert [anomaly.kind for anomaly in update.anomalies] == ["row rejected"]


def test_facts(tmp_path: Path) -> None:
    """The configuration comes without what trackio adds; nothing says how the run stands."""
    path = made(tmp_path / "p.db", ("a", "run", {"loss": 1}), config={"lr": 0.1, "deep": {"n": 1}, "_Created": "2026"})
    read_table(reader := opened(path))
    facts = reader.facts
    assert (facts.config, facts.state, facts.name) == ({"lr": 0.1, "deep": {"n": 1}}, None, "run")


def test_runs_of_one_name(tmp_path: Path) -> None:
    """Two runs that are called the same are two runs, the older one first."""
    path = made(tmp_path / "p.db", ("z", "run", {"loss": 1}), ("a", "run", {"loss": 2}), ("z", "run", {"loss": 3}))
    os.utime(path, (1.8e9, 1.8e9))
    assert Trackio().runs(path) == ["run", "run-a"]
    assert read_table(Trackio().open(path / "run")).columns["loss"].values.tolist() == [1, 3]
    assert read_table(Trackio().open(path / "run-a")).columns["loss"].values.tolist() == [2]


def test_a_version_without_run_ids(tmp_path: Path) -> None:
    """Databases of trackio up to 0.12 at least know runs by their names only."""
    path = tmp_path / "p.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(OLD_TABLES)
        for step, name in enumerate(("b/1", "a", "b/1")):
            connection.execute("INSERT INTO metrics (timestamp, run_name, step, metrics) VALUES (?, ?, ?, ?)",
                               (f"2025-01-01T00:00:0{step}", name, step, '{"loss": 0.5}'))
        connection.execute("INSERT INTO configs (run_name, config, created_at) VALUES ('b/1', '{\"lr\": 1}', '')")
    os.utime(path, (1.8e9, 1.8e9))
    assert Trackio().runs(path) == ["b%2F1", "a"]
    table = read_table(reader := Trackio().open(path / "b%2F1"))
    assert table.columns["step"].values.tolist() == [0, 2]
    assert (reader.facts.config, reader.facts.name) == ({"lr": 1}, "b/1")


REAL = """
import math, sys, time
import trackio
trackio.init(project="live", name="run", config={"lr": 0.1}, embed=False)
for step in range(40):
    trackio.log({"loss": 1 / (step + 1), "bad": math.nan if step == 3 else 1.0})
    time.sleep(0.05)
trackio.finish()
"""


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("trackio") is None, reason="trackio is not installed")
@pytest.mark.timeout(300)
def test_the_real_trackio_is_followed(tmp_path: Path) -> None:
    """From before its database is there until after the end each call comes once, and nothing of ours is left."""
    environment = os.environ | {"TRACKIO_DIR": str(tmp_path / "t"), "HF_HUB_OFFLINE": "1"}
    process = subprocess.Popen([sys.executable, "-c", REAL], env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL)
    reader, table = Trackio().open(tmp_path / "t" / "live.db" / "run"), Table()
    deadline = time.monotonic() + 120
    try:
        while time.monotonic() < deadline and table.n_rows < 40:
            update = reader.read()
            assert update.status in ("ok", "missing", "rewriting", "unreadable")
            if update.block is not None:
                table.append(update.block)
            time.sleep(0.002)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
    assert table.columns["loss"].values.tolist() == [1 / (step + 1) for step in range(40)]
    assert math.isnan(table.columns["bad"].values[3])
    assert reader.read().block is None
    assert [name for name in os.listdir(tmp_path / "t") if name.startswith("live.db")] == ["live.db"]
