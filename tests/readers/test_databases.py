"""Runs in databases, followed while a process writes them, and what may happen to a database that is read."""

from __future__ import annotations

import json
import os
import select
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from livemon import ExperimentLoader
from livemon.readers.base import Reader, Update
from livemon.readers.databases import DatabaseFormat, DatabaseReader, Run, named
from livemon.readers.encodings.sqlite import Database
from livemon.readers.mlflow_sqlite import MlflowSqlite
from livemon.readers.trackio import Trackio
from livemon.runs.experiment import NoMetricsError
from livemon.system.listing import Listing, read_head
from livemon.tables.table import Table

WRITER = Path(__file__).parent / "database_writer.py"
FORMATS: dict[str, DatabaseFormat] = {"mlflow": MlflowSqlite(), "trackio": Trackio()}
CALLS = 120


def follow(reader: Reader, table: Table, done: Callable[[], bool]) -> set[str]:
    """Read hard until `done` was true before a read that found nothing; the statuses that were seen."""
    seen = set()
    while True:
        was_done = done()
        update = reader.read()
        assert not update.restarted
        seen.add(update.status)
        if update.columns:
            table.declare(update.columns)
        if update.block is not None:
            table.append(update.block)
        elif was_done and update.status == "ok" and not update.more:
            return seen
        time.sleep(0.0005)


def wrote(path: Path, kind: str, calls: int, meanwhile: Callable[[subprocess.Popen[str]], object]) -> list[str]:
    """Have a process write the database, do something meanwhile; what SQLite refused the writer."""
    process = subprocess.Popen([sys.executable, str(WRITER), kind, str(path), str(calls)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        meanwhile(process)
        answer = json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
    refused: list[str] = answer["refused"]
    return refused


@pytest.mark.parametrize("kind", FORMATS)
def test_a_run_is_followed_while_it_is_written(tmp_path: Path, kind: str) -> None:
    """From before the first row until after the last each row comes once, SQLite never refuses the writer, and the
    folder holds nothing but the writer's files."""
    path = tmp_path / f"{kind}.db"
    table, others = Table(), set()

    def read(process: subprocess.Popen[str]) -> None:
        reader = FORMATS[kind].open(path / "live")
        reader.read()
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()

        def done() -> bool:
            others.update(set(os.listdir(tmp_path)))
            return table.n_rows == CALLS * (2 if kind == "mlflow" else 1)

        follow(reader, table, done)

    assert wrote(path, kind, CALLS, read) == []
    assert others <= {path.name, f"{path.name}-journal", f"{path.name}-wal", f"{path.name}-shm"}
    assert os.listdir(tmp_path) == [path.name]
    name = "train_loss" if kind == "mlflow" else "train/loss"
    assert table.columns[name].values.tolist() == [1 / (step + 1) for step in range(CALLS)]
    assert table.at_rows("step", table.columns[name].rows).tolist() == list(range(CALLS))


def mlflow(path: Path) -> None:
    wrote(path, "mlflow", 3, _begin)


def trackio(path: Path) -> None:
    wrote(path, "trackio", 3, _begin)


def _begin(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def patient(reader: Reader) -> Update:
    """What the reader finds when nobody is writing."""
    deadline = time.monotonic() + 10
    while (update := reader.read()).status == "rewriting" and time.monotonic() < deadline:
        time.sleep(0.02)
    return update


def steps(update: Update) -> list[float]:
    return [] if update.block is None else update.block.cells["step"].values.tolist()


@pytest.mark.parametrize("make", [mlflow, trackio])
def test_a_run_that_is_deleted_and_one_that_comes_instead(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A run that is no longer in the database is missing, its rows begin again if it comes back under its name."""
    path = tmp_path / "a.db"
    make(path)
    reader = FORMATS[make.__name__].open(path / "live")
    rows = [0, 0, 1, 1, 2, 2] if make is mlflow else [0, 1, 2]
    assert steps(patient(reader)) == rows
    key, table = ("run_uuid", "runs") if make is mlflow else ("run_id", "configs")
    with closing(sqlite3.connect(path)) as connection:
        saved = "".join(f"{line}\n" for line in connection.iterdump())
    change(path, "DELETE FROM metrics", f"DELETE FROM {table}")
    gone = patient(reader)
    assert (gone.status, gone.restarted, gone.block) == ("missing", True, None)
    assert "no run 'live'" in gone.problem
    path.unlink()
    assert reader.read().status == "missing"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(saved.replace("'a1'", "'b2'"))
        assert connection.execute(f"SELECT DISTINCT {key} FROM metrics").fetchall() == [("b2",)]
    assert steps(patient(reader)) == rows


@pytest.mark.parametrize("make", [mlflow, trackio])
def test_an_older_copy_is_put_back(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """Where the last row that was read is no more, everything is read again."""
    path, copy = tmp_path / "a.db", tmp_path / "copy"
    make(path)
    shutil.copy(path, copy)
    change(path,
           "INSERT INTO metrics SELECT key, value, 9000, run_uuid, 9, 0 FROM metrics LIMIT 1" if make is mlflow else
           "INSERT INTO metrics (run_id, timestamp, run_name, step, metrics) VALUES ('a1', '', 'live', 9, '{}')")
    reader = FORMATS[make.__name__].open(path / "live")
    before = steps(patient(reader))
    assert before[-1] == 9
    os.replace(copy, path)
    update = patient(reader)
    assert update.restarted
    assert steps(update) == before[:-1]


@pytest.mark.parametrize("make", [mlflow, trackio])
def test_a_few_rows_at_a_time(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A large run comes in pieces, with other runs' rows before, between and behind its own, and each row once."""
    path = tmp_path / "a.db"
    make(path)
    insert = ("INSERT INTO metrics VALUES ('k', 0.5, {0}, '{1}', {0}, 0)" if make is mlflow else
              "INSERT INTO metrics (run_id, timestamp, run_name, step, metrics) "
              "VALUES ('{1}', '{0}', '{1}', {0}, '{{}}')")
    start = [f"INSERT INTO runs VALUES ('{run}', '{run}', '', '', 5, 5, 'active', 0)" for run in "xyz"]
    change(path, *(start if make is mlflow else []),
           *(insert.format(number, "xyz"[number // 20 if number < 60 else number % 3]) for number in range(100)))
    for name in "xyz":
        reader = DatabaseReader(FORMATS[make.__name__], path / name, Database(path), name, rows_at_once=7)
        found: list[float] = []
        while (update := patient(reader)).block is not None:
            assert len(steps(update)) <= 7
            found += steps(update)
            if len(found) == 14:  # Somebody goes on writing meanwhile.
                change(path, insert.format(1000, name), insert.format(2000 + ord(name), "w"))
        own = [number for number in range(100) if "xyz"[number // 20 if number < 60 else number % 3] == name]
        assert found == [*own, 1000]
        change(path, insert.format(3000, name))
        assert steps(patient(reader)) == [3000]


@pytest.mark.parametrize("make", [mlflow, trackio])
def test_a_new_version_of_the_tables_is_unreadable_with_a_reason(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """Tables that lack what is asked for are said to, and nothing is raised."""
    path = tmp_path / "a.db"
    make(path)
    change(path, "ALTER TABLE metrics RENAME COLUMN step TO at_step")
    assert FORMATS[make.__name__].recognises(path, read_head(path))
    update = patient(FORMATS[make.__name__].open(path / "live"))
    assert update.status == "unreadable"
    assert "no such column: step" in update.problem


@pytest.mark.parametrize("make", [mlflow, trackio])
@pytest.mark.parametrize("odd", ["NULL", "x'00ff'", "'word'", "-9223372036854775808"])
def test_no_cell_of_a_database_stops_a_reader(tmp_path: Path, make: Callable[[Path], None], odd: str) -> None:
    """Whatever a column of a table holds instead of what its program writes, it is counted, skipped or taken for a
    text; nothing is raised."""
    path, bare, known = tmp_path / "a.db", tmp_path / "b.db", FORMATS[make.__name__]
    make(path)
    change(path, *(["INSERT INTO tags VALUES ('t', '1', 'a1')", "INSERT INTO params VALUES ('p', '1', 'a1')"]
                   if make is mlflow else ["INSERT INTO configs VALUES (1, 'a1', 'live', '{}', '')"]),
           f"ATTACH '{bare}' AS bare",
           *(f"CREATE TABLE bare.{table} AS SELECT * FROM {table}" for table in known.columns))
    with closing(sqlite3.connect(bare)) as connection:
        columns = [(table, row[1]) for table in known.columns
                   for row in connection.execute(f"PRAGMA table_info({table})").fetchall()]
    assert len(columns) > 8
    for number, (table, column) in enumerate(columns):
        copy = tmp_path / f"{number}.db"
        shutil.copy(bare, copy)
        change(copy, f"UPDATE {table} SET {column} = {odd} WHERE rowid > 1",
               f"INSERT INTO {table} ({column}) VALUES ({odd})")
        rest(copy)
        assert all(isinstance(name, str) for name in known.runs(copy))
        for given in (copy, copy / "live", copy / "a1"):
            reader = known.open(given)
            assert patient(reader).status in ("ok", "missing"), (table, column)
            assert isinstance(reader.facts.name, str)
            patient(reader)


def rest(path: Path) -> None:
    """As if the database was written some time ago."""
    os.utime(path, (1e9, 1e9))


@pytest.mark.parametrize("table", ["tags", "metrics", "runs"])
def test_a_view_that_never_ends_is_not_asked(tmp_path: Path, table: str) -> None:
    """Only tables are asked: a view that is called like one may never answer."""
    path = tmp_path / "mlflow.db"
    mlflow(path)
    names = ", ".join(f"n AS {name}" for name in ("key", "value", "run_uuid", "experiment_id", "start_time", "name"))
    change(path, f"DROP TABLE {table}", f"CREATE VIEW {table} AS WITH RECURSIVE c(n) AS "
           f"(SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT {names} FROM c")
    assert MlflowSqlite().runs(path) == []
    update = patient(MlflowSqlite().open(path / "live"))
    assert update.status == "unreadable"
    assert f"lacks {table}" in update.problem


def test_formats_know_their_own_databases(tmp_path: Path) -> None:
    """A database of another kind, a view that is called like a table, or a text called .db is none of the two."""
    mlflow(tmp_path / "mlflow.db")
    trackio(tmp_path / "trackio.db")
    change(tmp_path / "mlflow.db", "VACUUM")
    with closing(sqlite3.connect(tmp_path / "other.sqlite")) as connection:
        connection.execute("CREATE TABLE metrics (a)")
    with closing(sqlite3.connect(tmp_path / "views.db")) as connection:
        for name in ("metrics", "configs"):
            connection.execute(f"CREATE VIEW {name} AS SELECT 1 AS id, 'a' AS run_name, '' AS metrics, '' AS config")
    (tmp_path / "text.db").write_text("step,loss\n1,2\n")
    for kind, known in FORMATS.items():
        assert known.containers(Listing(tmp_path)) == [tmp_path / f"{kind}.db"]
        assert known.find(Listing(tmp_path)) == []
        for path in sorted(tmp_path.iterdir()):
            assert known.recognises(path, read_head(path)) == (path.stem == kind)
            if path.stem != kind:
                assert known.runs(path) == []


@pytest.mark.parametrize("kind", FORMATS)
def test_a_run_is_shown_soon_while_its_writer_commits_all_the_time(tmp_path: Path, kind: str) -> None:
    """A folder that is watched from before the database exists shows the run while it is written without a pause: a
    search neither waits for a writer again and again, nor does it rest for having waited."""
    watched = ExperimentLoader(tmp_path)
    watched.refresh()
    seen: list[float] = []

    def watch(process: subprocess.Popen[str]) -> None:
        _begin(process)
        deadline = time.monotonic() + 20
        assert process.stdout is not None
        while not watched.metric_names and time.monotonic() < deadline:
            watched.refresh()
            time.sleep(0.05)
        ended, _, _ = select.select([process.stdout], [], [], 0)
        assert not ended, "it was shown only when the writer had ended"
        seen.append(deadline - time.monotonic())

    wrote(tmp_path / f"{kind}.db", kind, 600 if kind == "trackio" else 150, watch)
    assert seen


def damaged(path: Path) -> None:
    mlflow(path)
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 3000)


def other_version(path: Path) -> None:
    mlflow(path)
    change(path, "DROP INDEX index_metrics_run_uuid", "ALTER TABLE metrics RENAME COLUMN run_uuid TO run")


def log_without_index(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1);")
        for end in ("", "-wal"):
            shutil.copy(f"{path}{end}", f"{path}.copy{end}")
    for end in ("", "-wal"):
        os.replace(f"{path}.copy{end}", f"{path}{end}")


def a_text(path: Path) -> None:
    path.write_text("step,loss\n1,2\n2,3\n")


@pytest.mark.parametrize(("make", "why"), [
    (damaged, "malformed"), (other_version, "it lacks metrics.run_uuid"), (log_without_index, "copy the -shm file"),
    (a_text, "file is not a database"),
])
def test_a_database_that_cannot_be_read_is_named_with_the_reason(
    tmp_path: Path, make: Callable[[Path], None], why: str
) -> None:
    """Given by its path or found in a folder without metrics, what is wrong with it is said."""
    path = tmp_path / "mlflow.db"
    make(path)
    rest(path)
    for given in (path, tmp_path):
        with pytest.raises(NoMetricsError) as raised:
            ExperimentLoader(given).load_metrics()
        assert str(path) in str(raised.value)
        assert why in str(raised.value)


def test_a_foreign_database_of_a_gigabyte_costs_its_header(tmp_path: Path) -> None:
    """How large a database is does not matter to whether it is known: of the rest of the file nothing is read."""
    path = tmp_path / "large.db"
    change(path, "CREATE TABLE t (a)", "INSERT INTO t VALUES (zeroblob(1000000))")
    os.truncate(path, 1 << 30)  # A hole, which takes no room.
    before = Path("/proc/self/io").read_text() if Path("/proc/self/io").exists() else ""
    assert Trackio().containers(Listing(tmp_path)) == MlflowSqlite().containers(Listing(tmp_path)) == []
    if before:
        read = [int(text.split()[1]) for text in (before, Path("/proc/self/io").read_text())]
        assert read[1] - read[0] < 1 << 20


def test_names_of_runs() -> None:
    """Names are unique, can stand in a path, and do not change when further runs come."""
    runs = [Run("0123456789", "a/b"), Run("1123456789", "a/b"), Run("1123456780", "a/b"), Run("2", ".."), Run("3", ""),
            Run("4", "ü x%2F"), Run("5", "x" * 500)]
    names = list(named(runs))
    assert names == ["a%2Fb", "a%2Fb-11234567", "1123456780", "%2E%2E", "run-3", "ü x%2F", "x" * 120]
    for count in range(len(runs)):
        assert list(named(runs[:count])) == names[:count]


@pytest.mark.parametrize("make", [mlflow, trackio])
def test_each_way_to_name_a_run(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A run is opened by its name, by its id, and the newest one by the database's path; one that is not there is
    missing, with its name."""
    path, known = tmp_path / "a.db", FORMATS[make.__name__]
    make(path)
    for given in (path / "live", path / "a1", path / "live-a1", path):
        assert len(steps(patient(known.open(given)))) == (6 if make is mlflow else 3)
    update = patient(known.open(path / "other"))
    assert update.status == "missing"
    assert "'other'" in update.problem
    assert known.open(tmp_path / "none.db" / "live").read().status == "missing"
