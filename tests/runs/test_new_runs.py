"""The runs below a folder, found as they appear."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from livemon.runs.new_runs import LATELY_SECONDS, TURN_SECONDS, RunsBelow, RunsIn, _Turns
from livemon.testing import HandClock

DATABASE = Path(__file__).parents[1] / "data" / "runs" / "mlflow_sqlite" / "mlflow.db"
ROWS = "step,train_loss\n1,0.5\n"


def make_run(folder: Path, name: str = "metrics.csv", text: str = ROWS) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def make_old(folder: Path) -> None:
    """Everything below a folder was changed an hour ago."""
    then = time.time() - 3600
    for path in [*folder.rglob("*"), folder]:
        os.utime(path, (then, then))


def append(path: Path) -> None:
    with path.open("a") as file:
        file.write("2,0.25\n")


def begin_in(database: Path, name: str) -> None:
    """A run begins, as MLflow notes it."""
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("INSERT INTO runs (run_uuid, name, status, start_time, lifecycle_stage, experiment_id) "
                           "VALUES (?, ?, 'RUNNING', 4000000000000, 'active', 0)", (name, name))


@pytest.fixture
def clock() -> HandClock:
    return HandClock(0.0)


@pytest.fixture
def runs(tmp_path: Path, clock: HandClock) -> RunsBelow:
    return RunsBelow(tmp_path, timer=clock)


def test_what_is_there_at_first(tmp_path: Path, runs: RunsBelow) -> None:
    """The first look finds the runs that `find_run` counts: in any depth, none in hidden folders or checkpoints."""
    made = [make_run(tmp_path / "a"), make_run(tmp_path / "b", "logs/metrics.csv"),
            make_run(tmp_path / "c" / "logs" / "version_0"), make_run(tmp_path / "c" / "d" / "e", "progress.csv")]
    make_run(tmp_path / ".hidden")
    make_run(tmp_path / "checkpoints")
    make_run(tmp_path / "a" / "inside")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert set(runs.look().new) == set(made)
    assert runs.look().new == ()


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("where", ["new", "project/new", "project/lightning_logs/version_1", "new/logs"])
def test_a_run_that_begins(tmp_path: Path, runs: RunsBelow, clock: HandClock, where: str, old: bool) -> None:
    """A new run is found at the next look, in folders that were there for long and in new ones."""
    make_run(tmp_path / "project" / "lightning_logs" / "version_0")
    if old:
        make_old(tmp_path)
    runs.look()
    clock.advance(LATELY_SECONDS + 1)
    runs.look()
    path = make_run(tmp_path / where)
    clock.advance(1.0)
    assert runs.look().new == (path,)


def test_a_folder_that_becomes_a_run(tmp_path: Path, runs: RunsBelow, clock: HandClock) -> None:
    """A folder is there first, then its file, then a header, then rows: it is a run once a reader recognises it, though
    the folder itself does not change any more."""
    folder = tmp_path / "exp1"
    folder.mkdir()
    assert runs.look().new == ()
    path = make_run(folder, "train.csv", "")
    clock.advance(1.0)
    assert runs.look().new == ()
    path.write_text(ROWS)
    clock.advance(1.0)
    assert runs.look().new == (path,)


def test_what_is_written_to(tmp_path: Path, runs: RunsBelow, clock: HandClock) -> None:
    """A run that was written to lately is noticed at each look, one that has slept within TURN_SECONDS."""
    paths = [make_run(tmp_path / f"run_{number}") for number in range(20)]
    make_old(tmp_path)
    append(paths[3])
    runs.look()
    append(paths[3])
    clock.advance(1.0)
    assert runs.look().written == (paths[3],)
    append(paths[11])
    written: list[Path] = []
    for second in range(int(TURN_SECONDS) + 1):
        clock.advance(1.0)
        written += runs.look().written
        if second == 0:
            assert len(written) < 20
    assert written == [paths[11]]
    append(paths[11])
    clock.advance(1.0)
    assert runs.look().written == (paths[11],)


def test_a_run_deleted_and_made_again(tmp_path: Path, runs: RunsBelow, clock: HandClock) -> None:
    """A run whose folder or file was deleted is found again when it is made again."""
    for where, delete in (("exp1", tmp_path / "exp1"), ("exp2", tmp_path / "exp2" / "metrics.csv"),
                          ("exp3/logs", tmp_path / "exp3" / "logs")):
        path = make_run(tmp_path / where)
        clock.advance(1.0)
        assert runs.look().new == (path,)
        shutil.rmtree(delete) if delete.is_dir() else delete.unlink()
        clock.advance(1.0)
        assert runs.look().new == ()
        make_run(tmp_path / where)
        clock.advance(1.0)
        assert runs.look().new == (path,), where


def test_a_base_that_goes_away(tmp_path: Path, clock: HandClock) -> None:
    """A base that is deleted and made again, or that cannot be read, is looked at again."""
    base = tmp_path / "runs"
    base.mkdir()
    runs = RunsBelow(base, timer=clock)
    runs.look()
    shutil.rmtree(base)
    clock.advance(1.0)
    assert runs.look().new == ()
    path = make_run(base / "exp1")
    clock.advance(1.0)
    assert runs.look().new == (path,)


def test_a_look_costs_what_may_have_changed(tmp_path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many old runs, a look asks for about a thirtieth a second, and opens none of their files."""
    for number in range(300):
        make_run(tmp_path / f"run_{number:03d}")
    make_old(tmp_path)
    runs = RunsBelow(tmp_path, timer=clock)
    assert len(runs.look().new) == 300
    asked: list[str] = []
    monkeypatch.setattr("livemon.runs.new_runs._changed", lambda path: asked.append(path) or os.stat(path).st_mtime_ns)
    for _ in range(10):
        clock.advance(1.0)
        runs.look()
    assert 100 <= len(asked) <= 115


def test_turns() -> None:
    """Each key comes in TURN_SECONDS; one that was touched comes each time, for a while; a removed one never."""
    turns = _Turns(0)
    for number in range(10):
        turns.add(str(number))
        turns.add(str(number))
    turns.touch("3", 0.0)
    turns.remove("5")
    turns.remove("5")
    seen = [key for second in range(1, int(TURN_SECONDS) + 1) for key in turns.due(float(second), 1.0)]
    assert {key: seen.count(key) for key in set(seen)} == {
        **{str(number): 1 for number in range(10) if number not in (3, 5)}, "3": int(TURN_SECONDS)
    }
    late = LATELY_SECONDS + 1.0
    assert len([key for step in range(31) for key in turns.due(late + step, 1.0) if key == "3"]) in (1, 2)


def test_a_run_that_begins_in_a_database_is_found(tmp_path: Path) -> None:
    """In a database that is watched, and in one that lies in a folder that is watched."""
    database = Path(shutil.copy(DATABASE, tmp_path / "mlflow.db"))
    alone, below = RunsIn(database), RunsBelow(tmp_path)
    first = {database / "exp1.run0", database / "exp1.run1"}
    assert set(alone.look().new) == set(below.look().new) == first
    assert alone.look().new == below.look().new == ()
    begin_in(database, "third")
    assert alone.look().new == below.look().new == (database / "third",)
