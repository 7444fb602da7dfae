"""How databases are opened: in every state in which a writer may have them, with nothing created and nobody kept
waiting."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from livemon.readers.encodings import sqlite as sqlite_module
from livemon.readers.encodings.sqlite import Database, NotNowError, UnreadableError

WRITER = """
import os, sqlite3, sys
path, journal, then = sys.argv[1:]
connection = sqlite3.connect(path, isolation_level=None)
connection.execute("PRAGMA journal_mode = " + journal)
connection.execute("PRAGMA cache_size = 5")
connection.execute("CREATE TABLE t (a)")
connection.executemany("INSERT INTO t VALUES (?)", [(i,) for i in range(100)])
if then != "open":
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT INTO t VALUES (?)", [("x" * 500,) for _ in range(2000 if then == "spilled" else 5)])
print("ready", flush=True)
sys.stdin.readline()
os._exit(0)
"""


@contextmanager
def writer(path: Path, journal: str, then: str) -> Iterator[None]:
    """A process that has 100 rows written and the database open; at the end it is gone without having closed it."""
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(path), journal, then], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdin is not None
    try:
        assert process.stdout.readline() == "ready\n"
        yield
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM t").fetchone()[0])


def there(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.iterdir()}


def make(path: Path, journal: str = "delete", rows: int = 100) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.execute("CREATE TABLE t (a)")
        connection.executemany("INSERT INTO t VALUES (?)", [(i,) for i in range(rows)])


def rest(path: Path) -> None:
    """As if it was written an hour ago."""
    then = time.time() - 3600
    for each in path.parent.iterdir():
        os.utime(each, (then, then))


@pytest.mark.parametrize("journal", ["delete", "truncate", "persist", "wal"])
def test_a_database_at_rest_is_read_and_nothing_is_created(tmp_path: Path, journal: str) -> None:
    """Whatever its journal, a closed database is read with the folder as it was."""
    path = tmp_path / "a b#1%.db"
    make(path, journal)
    before = there(tmp_path)
    assert Database(path).ask_patiently(count) == 100
    assert there(tmp_path) == before


def test_sqlite_itself_would_create_files(tmp_path: Path) -> None:
    """The test above can fail: `mode=ro` alone leaves a log and its index beside a database at rest."""
    make(tmp_path / "a.db", "wal")
    with closing(sqlite3.connect(f"{(tmp_path / 'a.db').as_uri()}?mode=ro", uri=True)) as connection:
        count(connection)
    assert set(there(tmp_path)) == {"a.db", "a.db-wal", "a.db-shm"}


@pytest.mark.parametrize("journal", ["delete", "wal"])
@pytest.mark.parametrize("then", ["open", "begun"])
def test_a_database_in_use_is_read_as_it_was_committed(tmp_path: Path, journal: str, then: str) -> None:
    """With a writer that has it open, or is in a transaction, what is committed is read; also after it was killed."""
    path = tmp_path / "a.db"
    with writer(path, journal, then):
        before = there(tmp_path)
        assert Database(path).ask_patiently(count) == 100
        assert there(tmp_path) == before
    assert Database(path).ask_patiently(count) == 100
    assert there(tmp_path) == before


def test_a_database_that_is_locked_for_half_a_second_is_waited_for(tmp_path: Path) -> None:
    """Whoever asks but once has the answer also where a writer has locked the database for half a second and more."""
    path, locked = tmp_path / "a.db", threading.Event()
    make(path)

    def lock() -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            locked.set()
            time.sleep(0.6)
            connection.execute("ROLLBACK")

    thread = threading.Thread(target=lock)
    thread.start()
    assert locked.wait(60)
    with pytest.raises(NotNowError):
        Database(path).ask(count)
    assert Database(path).ask_patiently(count) == 100
    thread.join(60)


def test_a_writer_in_the_midst_of_a_commit_is_not_waited_for(tmp_path: Path) -> None:
    """A database that is locked raises NotNowError at once, and is unreadable with a reason when that lasts."""
    path, now = tmp_path / "a.db", 0.0
    database = Database(path, clock=lambda: now)
    with writer(path, "delete", "spilled"):
        with pytest.raises(NotNowError, match="locked"):
            database.ask(count)
        now = 20.0
        with pytest.raises(UnreadableError, match="could not be read for 20 s: database is locked"):
            database.ask(count)
    with pytest.raises(UnreadableError, match="interrupted during a change"):
        database.ask(count)
    make_it_whole = sqlite3.connect(path)  # What the message says to do.
    assert count(make_it_whole) == 100
    make_it_whole.close()
    assert database.ask(count) == 100


def test_a_log_that_has_just_come_is_given_a_moment(tmp_path: Path) -> None:
    """A writer that opens, writes and closes is not read in between, as it could not take its log away."""
    path, now = tmp_path / "a.db", 0.0
    database = Database(path, clock=lambda: now)
    with writer(path, "wal", "open"):
        with pytest.raises(NotNowError, match="just opened"):
            database.ask(count)
        now = sqlite_module.LOG_STAYS_SECONDS + 0.1
        assert database.ask(count) == 100


def test_a_writer_that_opens_and_closes_all_the_time_starves_nobody(tmp_path: Path) -> None:
    """Where the log comes and goes with each look, it is read with the log after a moment."""
    path, now = tmp_path / "a.db", 0.0
    database = Database(path, clock=lambda: now)
    with writer(path, "wal", "open"):
        for now in (0.0, 0.2, 0.4, 0.6):
            database._activity.log_since = None  # As a look between two openings leaves it.
            if now < sqlite_module.HURRY_SECONDS:
                with pytest.raises(NotNowError):
                    database.ask(count)
        assert database.ask(count) == 100


def test_a_log_without_its_index_is_not_passed_over(tmp_path: Path) -> None:
    """Rows that only the log has are never left out in silence: without its index it is said what to copy."""
    path, now = tmp_path / "a.db", 0.0
    database = Database(path, clock=lambda: now)
    with writer(path, "wal", "open"):
        pass
    (tmp_path / "a.db-shm").unlink()
    rest(path)
    with pytest.raises(NotNowError):
        database.ask(count)
    now = 20.0
    with pytest.raises(UnreadableError, match="copy the -shm file"):
        database.ask(count)


def test_an_answer_does_not_count_where_the_database_changed_meanwhile(tmp_path: Path) -> None:
    """What is read without a lock is thrown away if a writer came between."""
    path = tmp_path / "a.db"
    make(path, "wal")
    rest(path)

    def disturbed(connection: sqlite3.Connection) -> int:
        with closing(sqlite3.connect(path)) as other, other:
            other.execute("INSERT INTO t VALUES (1)")
        return count(connection)

    with pytest.raises(NotNowError, match="in the meantime"):
        Database(path).ask(disturbed)


def test_what_did_not_change_costs_no_opening(tmp_path: Path) -> None:
    """Once read, a database at rest is known not to have changed; after any change it is known to have."""
    path = tmp_path / "a.db"
    make(path)
    rest(path)
    database = Database(path)
    assert database.changed()
    database.ask(count)
    assert not database.changed()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO t VALUES (1)")
    assert database.changed()
    assert database.ask(count) == 101
    assert database.changed()  # A second change could bear the same time.


BROKEN = {
    "text": (b"step,loss\n1,2\n" * 400, "not a database"),
    "zeros": (b"\0" * 8192, "not a database"),
    "a header alone": (b"SQLite format 3\0" + b"\0" * 84, "not a database|malformed|cannot be read"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_no_database_is_unreadable(tmp_path: Path, what: str) -> None:
    """Other files, damaged ones and those that are no files raise UnreadableError with a reason, and nothing else."""
    path = tmp_path / "a.db"
    data, reason = BROKEN[what]
    path.write_bytes(data)
    with pytest.raises(UnreadableError, match=reason):
        Database(path).ask(count)
    assert there(tmp_path) == {"a.db": len(data)}


def test_a_truncated_database_is_unreadable(tmp_path: Path) -> None:
    """Half of a database is said to be malformed."""
    path = tmp_path / "a.db"
    make(path, rows=5000)
    os.truncate(path, 20_000)
    with pytest.raises(UnreadableError, match="malformed"):
        Database(path).ask(count)


def test_an_answer_that_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A view may never end: that is a reason, and it is not asked again while the database stays as it is."""
    monkeypatch.setattr(sqlite_module, "WORK_SECONDS", 0.05)
    make(path := tmp_path / "a.db")
    rest(path)
    database = Database(path)

    def endless(connection: sqlite3.Connection) -> object:
        return connection.execute("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) "
                                  "SELECT count(*) FROM c").fetchone()

    with pytest.raises(UnreadableError, match=r"more than 0\.05 s of work"):
        database.ask(endless)
    assert not database.changed()


def test_what_is_not_there_or_no_file(tmp_path: Path) -> None:
    """A missing file is FileNotFoundError; a folder or a FIFO is unreadable, and blocks nobody; an empty file waits."""
    with pytest.raises(FileNotFoundError):
        Database(tmp_path / "a.db").ask(count)
    os.mkfifo(tmp_path / "fifo.db")
    for path in (tmp_path, tmp_path / "fifo.db"):
        with pytest.raises(UnreadableError, match="not a regular file"):
            Database(path).ask(count)
    (tmp_path / "empty.db").touch()
    with pytest.raises(NotNowError):
        Database(tmp_path / "empty.db").ask(count)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become nobody")
@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_folder_that_may_not_be_written_is_read(journal: str) -> None:
    """A user who may only read sees the rows of a closed database, and of one whose writer was killed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        closed, killed = folder / "closed.db", folder / "killed.db"
        make(closed, journal)
        with writer(killed, journal, "open"):
            pass
        rest(closed)
        before = there(folder)
        for path in folder.iterdir():
            path.chmod(0o444)
        folder.chmod(0o555)
        os.seteuid(65534)
        try:
            assert [Database(path).ask(count) for path in (closed, killed)] == [100, 100]
        finally:
            os.seteuid(0)
        assert there(folder) == before
