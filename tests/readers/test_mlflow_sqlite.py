"""MLflow's database: how records become rows, what is known beside them, and the real MLflow writing meanwhile."""

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
from livemon.readers.mlflow_sqlite import MlflowSqlite
from livemon.tables.table import Table

SHARED = Path(__file__).parents[3] / "shared" / "runs"
SOURCE = (Path(__file__).parent / "database_writer.py").read_text(encoding="utf-8")
TABLES = SOURCE.split('MLFLOW = """')[1].split('"""')[0]


def made(path: Path, *statements: str) -> Path:
    """A database with MLflow's tables and one run."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(TABLES)
        connection.execute("INSERT INTO runs VALUES ('a1', 'first', 'me', 'RUNNING', 1, NULL, 'active', 0)")
        for statement in statements:
            connection.execute(statement)
    return path


@pytest.mark.skipif(not SHARED.is_dir(), reason="the collected runs are not beside this clone (shared/runs)")
def test_a_collected_run() -> None:
    """The expected series of a database of MLflow 3.17 hold, point by point at both ends."""
    expected = json.loads((SHARED / "expected.json").read_text())["mlflow_sqlite|mlflow_sqlite/mlflow.db"]
    path = SHARED / "mlflow_sqlite" / "mlflow.db"
    assert MlflowSqlite().runs(path) == ["exp1.run0", "exp1.run1"]
    table = read_table(reader := MlflowSqlite().open(path / "run0"))
    for name, wanted in expected["series"].items():
        column = table.columns[name]
        points = list(zip(table.at_rows("step", column.rows).tolist(), column.values.tolist(), strict=True))
        assert len(points) == wanted["n"]
        for point, (step, value) in ((points[0], wanted["first"]), (points[-1], wanted["last"])):
            assert (point[0], f"{point[1]:g}") == (step, value)
    assert table.n_rows == 30
    assert reader.facts.state == "finished"
    assert reader.facts.config == {"lr": 0.1, "opt": "sgd", "note": "x", "mlflow.experiment": "exp1"}


def test_what_a_record_says(tmp_path: Path) -> None:
    """NaN and infinity are what was logged, times are seconds, a metric that is called like an axis gets a name of its
    own, and each record is a row in the order of writing."""
    largest = repr(sys.float_info.max)
    path = made(tmp_path / "m.db", *(
        f"INSERT INTO metrics VALUES ('{key}', {value}, {milliseconds}, 'a1', {step}, {is_nan})"
        for key, value, milliseconds, step, is_nan in [
            ("b", "0.5", 2000, 7, 0), ("a", "0", 1500, -3, 1), ("a", largest, 2500, 2, 0),
            ("a", f"-{largest}", 1, 2, 0), ("step", "9", 1, 2, 0)]))
    table = read_table(MlflowSqlite().open(path / "first"))
    assert list(table.columns) == ["step", "timestamp", "b", "a", "step.1"]
    assert table.columns["step"].values.tolist() == [7, -3, 2, 2, 2]
    assert table.columns["timestamp"].values.tolist() == [2.0, 1.5, 2.5, 0.001, 0.001]
    nan, *infinite = table.columns["a"].values.tolist()
    assert math.isnan(nan)
    assert infinite == [math.inf, -math.inf]
    assert table.columns["b"].rows.tolist() == [0]


def test_a_record_that_is_not_of_numbers(tmp_path: Path) -> None:
    """What SQLite lets stand where a number should is counted, and no row."""
    path = made(tmp_path / "m.db", "INSERT INTO metrics VALUES ('a', 'abc', 1, 'a1', 1, 0)",
                "INSERT INTO metrics VALUES ('a', 1, 1, 'a1', 2, 0)")
    update = MlflowSqlite().open(path / "first").read()
    assert update.block is not None
    assert update.block.n_rows == 1
    assert [(anomaly.kind, anomaly.line) for anomaly in update.anomalies] == [("row rejected", 1)]


@pytest.mark.parametrize(
    ("status", "state"),
    [("RUNNING", "running"), ("FINISHED", "finished"), ("FAILED", "failed"), ("KILLED", "failed"), ("SCHEDULED", None)],
)
def test_the_state(tmp_path: Path, status: str, state: str | None) -> None:
    """The status is the evidence; it is read again with each change of the database."""
    path = made(tmp_path / "m.db")
    reader = MlflowSqlite().open(path / "first")
    reader.read()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE runs SET status = ?", (status,))
    reader.read()
    assert reader.facts.state == state
    assert f"MLflow's status is {status}" in reader.facts.evidence


def test_settings(tmp_path: Path) -> None:
    """Parameters are numbers where they are written like one, tags of users come along, MLflow's own do not."""
    params = {"lr": "0.1", "n": "12", "id": "007", "flag": "False", "big": "1e999", "text": "None"}
    tags = {"lr": "tag", "note": "x", "mlflow.user": "me", "mlflow.source.git.commit": "abc"}
    path = made(tmp_path / "m.db", *(
        f"INSERT INTO {table} VALUES ('{key}', '{text}', 'a1')"
        for table, texts in (("params", params), ("tags", tags)) for key, text in texts.items()))
    reader = MlflowSqlite().open(path / "first")
    reader.read()
    assert reader.facts.config == {
        "lr": 0.1, "n": 12, "id": "007", "flag": False, "big": "1e999", "text": "None", "note": "x",
        "mlflow.source.git.commit": "abc", "mlflow.experiment": "Default"}
    assert reader.facts.name == "first"


def test_experiments_and_deleted_runs(tmp_path: Path) -> None:
    """Runs are listed by their start, with their experiment's name unless it is the default one; deleted runs are not
    listed, and opened by their id they say that they are deleted."""
    path = made(tmp_path / "m.db", *(f"INSERT INTO runs VALUES ({values})" for values in (
        "'c3', 'x', '', 'FINISHED', 9, 9, 'active', 1", "'b2', NULL, '', 'FINISHED', 5, 9, 'active', 1",
        "'d4', 'gone', '', 'FINISHED', 6, 9, 'deleted', 0", "'e5', 'first', '', 'FINISHED', 7, 7, 'active', 0")))
    assert MlflowSqlite().runs(path) == ["first", "exp%2F1.b2", "first-e5", "exp%2F1.x"]
    reader = MlflowSqlite().open(path / "d4")
    assert reader.read().status == "ok"
    assert "deleted in MLflow" in reader.facts.odd[0]


def test_ids_of_rows_that_are_given_again(tmp_path: Path) -> None:
    """When MLflow has collected a deleted run, the rowids of its records go to new ones: none of these is missed."""
    insert = "INSERT INTO metrics VALUES ('a', 1, {0}, '{1}', {0}, 0)"
    path = made(tmp_path / "m.db", "INSERT INTO runs VALUES ('b2', 'b', 'me', 'RUNNING', 1, NULL, 'active', 0)",
                *(insert.format(step, "a1" if step < 5 else "b2") for step in range(10)))
    reader, table = MlflowSqlite().open(path / "first"), Table()

    def take() -> list[float]:
        update = reader.read()
        assert not update.restarted
        if update.block is not None:
            table.append(update.block)
        return table.columns["step"].values.tolist()

    assert take() == [0, 1, 2, 3, 4]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM metrics WHERE run_uuid = 'b2'")
        for step in (20, 21):
            connection.execute(insert.format(step, "a1"))
    assert take() == [0, 1, 2, 3, 4, 20, 21]


REAL = """
import os, sys, math, warnings
warnings.simplefilter("ignore")
import mlflow
mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("exp")
print("ready", flush=True)
sys.stdin.readline()
with mlflow.start_run(run_name="outer"):
    mlflow.log_params({"lr": 0.1})
    for step in range(40):
        mlflow.log_metrics({"train_loss": 1 / (step + 1), "val/acc": step / 40}, step=step)
        if step == 20:
            with mlflow.start_run(run_name="inner", nested=True):
                mlflow.log_metric("weird", math.nan, step=1)
                mlflow.log_metric("weird", math.inf, step=2)
"""


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("mlflow") is None, reason="MLflow is not installed")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("store", ["sqlite", "files"])
def test_the_real_mlflow_is_followed(tmp_path: Path, store: str) -> None:
    """From before a run begins until after its end, every value that MLflow logs comes once; it is never refused."""
    from livemon.readers.base import Format, Reader
    from livemon.readers.mlflow_files import MlflowFiles
    from livemon.system.listing import Listing

    path = tmp_path / "mlflow.db" if store == "sqlite" else tmp_path / "mlruns"
    environment = os.environ | {"MLFLOW_ALLOW_FILE_STORE": "true", "MLFLOW_DISABLE_TELEMETRY": "true"}
    uri = f"sqlite:///{path}" if store == "sqlite" else path.as_uri()

    def opened() -> Reader | None:
        known: Format = MlflowSqlite()
        if store == "sqlite":
            return known.open(path / "outer") if "exp.outer" in known.runs(path) else None
        known = MlflowFiles()
        for folder in path.glob("*/*"):
            if known.find(Listing(folder)):
                return known.open(folder)
        return None

    process = subprocess.Popen([sys.executable, "-c", REAL, uri], env=environment, text=True, cwd=tmp_path,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stdin is not None and process.stderr is not None
    reader, table = None, Table()
    try:
        assert process.stdout.readline() == "ready\n"
        process.stdin.write("\n")
        process.stdin.flush()
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and (reader is None or table.n_rows < 80 or reader.facts.state != "finished"):
            reader = reader or opened()
            update = reader.read() if reader else None
            if update is not None and update.block is not None:
                table.append(update.block)
            time.sleep(0.002)
        errors = process.communicate(timeout=60)[1]
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, errors
    assert "locked" not in errors
    assert table.columns["train_loss"].values.tolist() == [1 / (step + 1) for step in range(40)]
    assert table.columns["val/acc"].values.tolist() == [step / 40 for step in range(40)]
    assert reader is not None
    assert reader.facts.config["lr"] == 0.1
    if store == "sqlite":
        weird = read_table(MlflowSqlite().open(path / "inner")).columns["weird"].values.tolist()
        assert math.isnan(weird[0])
        assert weird[1] == math.inf
        assert sorted(os.listdir(tmp_path)) == ["mlflow.db"]
