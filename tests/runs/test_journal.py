"""What was shown stays, also when the watcher is started again."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from livemon import ExperimentLoader
from livemon.runs import journal as journal_module
from livemon.system.filesystems import birth_time
from livemon.system.user_folders import cache_folder

HEADER = "step,loss\n"


def rows(start: int, stop: int, factor: float = 1.0) -> str:
    return "".join(f"{step},{step * factor!r}\n" for step in range(start, stop))


def watcher(folder: Path) -> ExperimentLoader:
    """What `livemon watch` reads with."""
    run = ExperimentLoader(folder, remember=True)
    run.refresh()
    return run


def shown(run: ExperimentLoader) -> list[list[float]]:
    """The steps of each table on show."""
    return [table.columns["step"].values.tolist() if "step" in table.columns else [] for table in run.tables]


def make_old(path: Path) -> None:
    """Nobody has written the file for a minute."""
    os.utime(path, (time.time() - 60, time.time() - 60))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    return tmp_path / "run" / "metrics.csv"


def test_what_a_writer_deletes_while_nobody_looks(path: Path) -> None:
    """FAULTS 26: rows that were shown, and deleted while the watcher was down, are there again as an earlier attempt,
    and counted."""
    path.write_text(HEADER + rows(0, 100))
    watcher(path.parent)
    path.write_text(HEADER + rows(0, 40))
    make_old(path)
    again = watcher(path.parent)
    assert shown(again) == [list(range(40, 100)), list(range(40))]
    assert [(anomaly.kind, anomaly.count) for anomaly in again.anomalies] == [("rows lost", 60)]
    third = watcher(path.parent)
    assert shown(third) == shown(again)
    assert [(anomaly.kind, anomaly.count) for anomaly in third.anomalies] == [("rows lost", 60)]


def test_a_resumed_training_that_deletes_its_history(path: Path) -> None:
    """What a watcher kept while it lived is there after its restart, too, with what was written since."""
    path.write_text(HEADER + rows(0, 50))
    first = watcher(path.parent)
    path.write_text("step,loss,acc\n")
    first.refresh()
    path.write_text("step,loss,acc\n" + "".join(f"{step},1.5,0.5\n" for step in range(30, 60)))
    first.refresh()
    assert shown(first) == [list(range(50)), list(range(30, 60))]
    with path.open("a") as file:
        file.write("60,1.5,0.5\n")
    again = watcher(path.parent)
    assert shown(again) == [list(range(50)), list(range(30, 61))]
    assert len(again.series("loss", attempts="all")) == 81


def test_a_file_that_is_being_rewritten_at_the_start(path: Path) -> None:
    """FAULTS 26: a watcher that starts in the middle of a rewrite shows what was shown before, until the file has
    caught up; then nothing is lost."""
    path.write_text(HEADER + rows(0, 100))
    watcher(path.parent)
    path.write_text("step,loss,acc\n" + rows(0, 40).replace("\n", ",\n"))
    again = watcher(path.parent)
    assert again.rewriting
    assert shown(again) == [list(range(100))]
    path.write_text("step,loss,acc\n" + rows(0, 101).replace("\n", ",\n"))
    again.refresh()
    assert (again.rewriting, shown(again), again.anomalies) == (False, [list(range(101))], [])


def test_a_file_that_only_grew(path: Path) -> None:
    """FAULTS 26, 27: a file that grew while the watcher was down is read like any other."""
    path.write_text(HEADER + rows(0, 100))
    watcher(path.parent)
    with path.open("a") as file:
        file.write(rows(100, 5000))
    again = watcher(path.parent)
    assert (shown(again), again.anomalies) == ([list(range(5000))], [])


def test_a_file_that_goes_on_is_read_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a file begins with all that was shown, nothing was lost, and only the file is read: a watch of a million
    rows that starts again need not read them twice."""
    path.write_text(HEADER + rows(0, 100))
    watcher(path.parent)
    with path.open("a") as file:
        file.write(rows(100, 120))
    monkeypatch.setattr(journal_module, "read_table", lambda *args, **words: pytest.fail("the journal was read"))
    assert shown(watcher(path.parent)) == [list(range(120))]


def test_a_file_that_is_cut_just_after_the_look(path: Path) -> None:
    """FAULTS 26: rows that are deleted between the look whether the file goes on and its first reading are not lost."""
    path.write_text(HEADER + rows(0, 100))
    watcher(path.parent)
    again = ExperimentLoader(path.parent, remember=True)
    path.write_text(HEADER + rows(0, 40))
    make_old(path)
    again.refresh()
    assert shown(again) == [list(range(40, 100)), list(range(40))]


def test_a_dead_run_watched_again(path: Path) -> None:
    """Rows that are recalled are as old as the file: a dead run is not running for a watcher that starts again."""
    path.write_text("step,loss,time\n" + "".join(f"{step},0.5,{step}\n" for step in range(50)))
    os.utime(path, (time.time() - 3600, time.time() - 3600))
    assert watcher(path.parent).state == "stalled"
    assert watcher(path.parent).state == "stalled"


def test_who_only_reads_keeps_nothing(path: Path, own_cache: Path) -> None:
    """A loader that analyses a run writes nothing; but it has what a watcher kept."""
    path.write_text(HEADER + rows(0, 10))
    ExperimentLoader(path.parent).refresh()
    assert list(own_cache.rglob("*")) == []
    watcher(path.parent)
    path.write_text(HEADER + rows(0, 5))
    make_old(path)
    run = ExperimentLoader(path.parent)
    assert len(run.load_metrics()) == 5
    assert shown(run) == [list(range(5, 10)), list(range(5))]


def test_nothing_is_written_into_the_run(path: Path, own_cache: Path) -> None:
    """The contract's I6: what is kept lies in the cache folder and nowhere else, which only its owner may open."""
    path.write_text(HEADER + rows(0, 10))
    watcher(path.parent)
    assert list(path.parent.iterdir()) == [path]
    assert cache_folder() == own_cache
    (folder,) = (own_cache / "shown").iterdir()
    assert folder.stat().st_mode & 0o077 == 0


def test_the_end_of_a_run(path: Path, own_cache: Path) -> None:
    """At a run's end what was copied goes, but for rows that the writer has deleted."""
    path.write_text(HEADER + rows(0, 10))
    watcher(path.parent).forget()
    assert list((own_cache / "shown").iterdir()) == []
    first = watcher(path.parent)
    path.write_text("step,loss\n7,9.5\n")
    first.refresh()
    first.forget()
    assert shown(ExperimentLoader(path.parent)) == [list(range(10)), [7]]
    again = watcher(path.parent)
    assert shown(again) == [list(range(10)), [7]]


def test_two_watchers_of_one_run(path: Path) -> None:
    """Two watchers of a run do not disturb each other; a third that starts later has what they had."""
    path.write_text(HEADER + rows(0, 10))
    one, other = watcher(path.parent), watcher(path.parent)
    with path.open("a") as file:
        file.write(rows(10, 20))
    one.refresh()
    other.refresh()
    path.write_text("step,loss\n7,9.5\n")
    one.refresh()
    other.refresh()
    assert shown(one) == shown(other) == shown(watcher(path.parent)) == [list(range(20)), [7]]


def spoil(own_cache: Path, how: str) -> None:
    (folder,) = (own_cache / "shown").iterdir()
    note = folder / journal_module.INDEX
    (journal,) = folder.glob("*.journal")
    known = json.loads(note.read_text())
    if how == "garbage":
        note.write_bytes(os.urandom(300))
    elif how == "cut":
        note.write_bytes(note.read_bytes()[:20])
    elif how == "another version":
        note.write_text(json.dumps({**known, "version": 99}))
    elif how == "another file":
        note.write_text(json.dumps({**known, "file": "/somewhere/else.csv"}))
    elif how == "a way out":
        note.write_text(json.dumps({**known, "own": "../../../../etc/passwd"}))
    elif how == "a list":
        note.write_text("[1, 2]")
    elif how == "odd kinds":
        note.write_text(json.dumps({**known, "kept": [[1, "a"], {}]}))
    elif how == "no journal":
        journal.unlink()
    elif how == "a folder":
        note.unlink()
        note.mkdir()
    elif how == "huge":
        note.write_text(json.dumps({**known, "more": "x" * (2 << 20)}))


@pytest.mark.parametrize(
    "how",
    ["garbage", "cut", "another version", "another file", "a way out", "a list", "odd kinds", "no journal", "a folder",
     "huge"],
)
def test_a_spoilt_memory(path: Path, own_cache: Path, how: str) -> None:
    """FAULTS 25: a memory that cannot be used is left aside with a word, and the file is read."""
    path.write_text(HEADER + rows(0, 10))
    watcher(path.parent)
    spoil(own_cache, how)
    again = watcher(path.parent)
    assert shown(again) == [list(range(10))]
    assert [anomaly.kind for anomaly in again.anomalies] == ["memory"]
    assert str(own_cache) in again.anomalies[0].message


def test_a_journal_of_garbage(path: Path, own_cache: Path) -> None:
    """FAULTS 25: a journal that holds something else recalls no row of the file that it does not have."""
    path.write_text(HEADER + rows(0, 10))
    watcher(path.parent)
    (journal,) = own_cache.rglob("*.journal")
    journal.write_bytes(os.urandom(5000))
    make_old(path)
    again = watcher(path.parent)
    assert shown(again)[-1] == list(range(10))


def test_a_cache_that_cannot_be_written(path: Path, own_cache: Path) -> None:
    """FAULTS 25, 44: where the cache folder cannot be written to, the run is shown as ever, and the reason is said."""
    (own_cache / "shown").write_text("in the way")
    path.write_text(HEADER + rows(0, 10))
    run = watcher(path.parent)
    assert shown(run) == [list(range(10))]
    assert [anomaly.kind for anomaly in run.anomalies] == ["memory"]
    with path.open("a") as file:
        file.write(rows(10, 12))
    assert run.refresh() == 2


def test_somebody_elses_memory(path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAULTS 25: what another user has put into the folder is not believed. (The user's number is a fake: a test cannot
    become somebody else everywhere.)"""
    path.write_text(HEADER + rows(0, 10))
    watcher(path.parent)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    again = ExperimentLoader(path.parent)
    again.refresh()
    assert "belongs to another user" in again.anomalies[0].message


def test_a_large_file_is_not_copied(path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache is bounded: of a file that outgrows the limit nothing is kept, without a word in the header."""
    monkeypatch.setattr(journal_module, "LARGEST_BYTES", 1000)
    path.write_text(HEADER + rows(0, 50))
    run = watcher(path.parent)
    with path.open("a") as file:
        file.write(rows(50, 500))
    run.refresh()
    assert (shown(run), run.anomalies) == ([list(range(500))], [])
    assert list(own_cache.rglob("*.journal")) == []


def test_what_is_long_forgotten(path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was kept of a run that nobody has watched for a month is deleted when another one is watched; for many runs
    that are watched together it is searched for once."""
    path.write_text(HEADER + rows(0, 10))
    watcher(path.parent)
    (old,) = (own_cache / "shown").iterdir()
    long_ago = time.time() - (journal_module.DAYS + 1) * 86400
    os.utime(old / journal_module.INDEX, (long_ago, long_ago))
    other = path.parent.parent / "other"
    other.mkdir()
    (other / "metrics.csv").write_text(HEADER + rows(0, 3))
    watcher(other)
    assert old.exists()  # a moment ago there was none
    monkeypatch.setattr(journal_module, "_looked_through", {})  # as in another process
    (other / "metrics.csv").write_text(HEADER + rows(5, 9))
    watcher(other)
    assert not old.exists()


# -- another training in the same place


def keep_rows(path: Path, **config: object) -> None:
    """A training whose rows were on show, and then deleted."""
    if config:
        (path.parent / "config.json").write_text(json.dumps(config))
    path.write_text(HEADER + rows(0, 100))
    watcher(path.parent)


def remake(folder: Path) -> None:
    """Delete a folder, and make it again some time later."""
    shutil.rmtree(folder)
    time.sleep(1.1)
    folder.mkdir()


OTHER = HEADER + "".join(f"{step},{step + 7.5}\n" for step in range(30))


@pytest.mark.parametrize("alive", [False, True])
@pytest.mark.parametrize("header_first", [False, True])
@pytest.mark.parametrize("how", ["other settings", "made anew", "both"])
def test_another_training_in_the_same_folder(path: Path, how: str, header_first: bool, alive: bool) -> None:
    """A training that starts over with other settings, or in a folder that was made anew, does not get the rows of the
    one before as its attempt: not in a watcher that starts again, not in analysis, and not in one that saw both, which
    says so."""
    if how != "other settings" and birth_time(path.parent) is None:
        pytest.skip("this file system does not say when a folder was made")
    keep_rows(path, lr=0.1)
    lasting = ExperimentLoader(path.parent)
    lasting.refresh()
    if how != "other settings":
        remake(path.parent)
    (path.parent / "config.json").write_text(json.dumps({"lr": 0.1 if how == "made anew" else 0.2}))
    if header_first:
        path.write_text(HEADER)
        make_old(path)
        (lasting if alive else watcher(path.parent)).refresh()
    path.write_text(OTHER)
    make_old(path)
    steps = [list(range(30))]
    if alive:
        lasting.refresh()
        assert shown(lasting) == steps
        assert [anomaly.kind for anomaly in lasting.anomalies] == ["another training"]
        return
    analysis = ExperimentLoader(path.parent)
    assert len(analysis.load_metrics()) == 30
    for run in (analysis, watcher(path.parent), watcher(path.parent)):
        assert (shown(run), run.anomalies) == (steps, [])


@pytest.mark.parametrize("config", [None, {"lr": 0.1}])
def test_a_training_that_starts_over(path: Path, config: dict[str, object] | None) -> None:
    """A training that starts over in the folder of the one before, with the same settings or with none that are known,
    is a further attempt of it."""
    keep_rows(path, **(config or {}))
    path.write_text(OTHER)
    make_old(path)
    assert shown(watcher(path.parent)) == [list(range(100)), list(range(30))]


def test_a_training_that_is_resumed_with_other_settings(path: Path) -> None:
    """Steps that go on in the same folder are an attempt, also with a lower learning rate."""
    keep_rows(path, lr=0.1)
    (path.parent / "config.json").write_text('{"lr": 0.01}')
    path.write_text(HEADER + rows(90, 120, 7.5))
    make_old(path)
    assert shown(watcher(path.parent)) == [list(range(100)), list(range(90, 120))]


def test_rows_kept_of_a_run_that_has_ended(path: Path) -> None:
    """What a writer deleted stays after its run's end, but for another training in the folder later."""
    keep_rows(path, lr=0.1)
    path.write_text(HEADER + rows(40, 60, 7.5))
    make_old(path)
    watcher(path.parent).forget()
    assert shown(watcher(path.parent)) == [list(range(100)), list(range(40, 60))]
    (path.parent / "config.json").write_text('{"lr": 0.2}')
    path.write_text(OTHER)
    make_old(path)
    for _ in range(2):
        again = watcher(path.parent)
        assert (shown(again), again.anomalies) == ([list(range(30))], [])


# -- what may happen to the memory


SHORT_OF_ROOM = """
import resource, signal, sys
from livemon import ExperimentLoader
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, resource.RLIM_INFINITY))
run = ExperimentLoader(sys.argv[1], remember=True)
run.refresh()
print([table.n_rows for table in run.tables], [anomaly.kind for anomaly in run.anomalies])
"""


def test_a_journal_that_is_written_in_part(path: Path, own_cache: Path) -> None:
    """FAULTS 44: a system that takes only a part of what is written tears no journal unseen: the rest is written, or
    it is said that it could not be."""
    pytest.importorskip("resource")
    path.write_text(HEADER + rows(0, 1000))
    done = subprocess.run([sys.executable, "-c", SHORT_OF_ROOM, str(path.parent)], capture_output=True, text=True)
    assert done.stdout.strip() == "[1000] ['memory']", done.stderr
    assert list(own_cache.rglob("*.journal")) == []
    assert shown(watcher(path.parent)) == [list(range(1000))]


@pytest.mark.parametrize("row", [100, 101, -1, 10**12])
def test_a_kept_row_that_its_journal_does_not_have(path: Path, own_cache: Path, row: int) -> None:
    """FAULTS 25: a note that keeps rows which its journal does not have is not believed."""
    keep_rows(path)
    (note,) = own_cache.rglob(journal_module.INDEX)
    known = json.loads(note.read_text())
    note.write_text(json.dumps({**known, "kept": [[known["own"], row]]}))
    again = watcher(path.parent)
    assert shown(again) == [list(range(100))]
    assert [anomaly.kind for anomaly in again.anomalies] == ["memory"]


def test_a_fifo_as_memory(path: Path, own_cache: Path) -> None:
    """FAULTS 22, 25: a FIFO in the place of the note does not block."""
    keep_rows(path)
    (note,) = own_cache.rglob(journal_module.INDEX)
    note.unlink()
    os.mkfifo(note)
    again = ExperimentLoader(path.parent)
    again.refresh()
    assert shown(again) == [list(range(100))]
    assert "not a regular file" in again.anomalies[0].message


def test_a_run_that_is_watched_for_long(path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of a run that somebody watches is not deleted, however long ago its file was made."""
    path.write_text(HEADER + rows(0, 10))
    patient = watcher(path.parent)
    (note,) = own_cache.rglob(journal_module.INDEX)
    long_ago = time.time() - (journal_module.DAYS + 1) * 86400
    os.utime(note, (long_ago, long_ago))
    monkeypatch.setattr(journal_module, "YOUNG_SECONDS", 0.0)
    patient.refresh()
    other = path.parent.parent / "other"
    other.mkdir()
    (other / "metrics.csv").write_text(HEADER + rows(0, 3))
    watcher(other)
    assert note.exists()


def test_a_file_from_the_future(path: Path) -> None:
    """FAULTS 59: a file whose time lies ahead says all that it will say: what was recalled makes room for it, and the
    run is not running for ever."""
    keep_rows(path)
    path.write_text(HEADER + rows(0, 5))
    os.utime(path, (time.time() + 86400, time.time() + 86400))
    run = ExperimentLoader(path.parent)
    assert len(run.load_metrics()) == 5
    assert shown(run) == [list(range(5, 100)), list(range(5))]
    assert run.pace.last_row_at is not None
    assert run.pace.last_row_at <= time.time()


WATCH = """
import sys, time
from livemon import ExperimentLoader
run = ExperimentLoader(sys.argv[1], remember=True)
print("up", flush=True)
while True:
    run.refresh()
    time.sleep(0.002)
"""
KILLS = int(os.environ.get("LIVEMON_KILLS", "12"))
KILLS_A_RUN = 12


@pytest.mark.timeout(60 + 4 * KILLS)
@pytest.mark.parametrize("seed", range(-(-KILLS // KILLS_A_RUN)))
def test_a_watcher_that_is_killed_again_and_again(path: Path, seed: int) -> None:
    """FAULTS 24: a watcher killed at random instants, while a Lightning-like writer appends and rewrites its file in
    place, shows in the end what one that never died shows, also after the writer has deleted its history."""
    dice = random.Random(seed)
    path.write_text(HEADER)
    lasting = watcher(path.parent)
    written, columns, process = 0, HEADER, None

    def text(start: int, stop: int) -> str:
        return rows(start, stop).replace("\n", "," * (columns.count(",") - 1) + "\n")

    try:
        for kill in range(KILLS_A_RUN):
            process = subprocess.Popen([sys.executable, "-c", WATCH, str(path.parent)], stdout=subprocess.PIPE)
            assert process.stdout is not None
            process.stdout.readline()
            until = time.monotonic() + dice.uniform(0.0, 0.15)
            while time.monotonic() < until:
                with path.open("a") as file:
                    file.write(text(written, written + 20))
                written += 20
                lasting.refresh()
                time.sleep(0.005)
            if kill % 3 == 1:  # the same rows below a longer header
                columns = columns.rstrip("\n") + f",m{kill}\n"
                path.write_text(columns + text(0, written))
                lasting.refresh()
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.close()
        assert not lasting.rewriting
        make_old(path)
        again = watcher(path.parent)
        assert shown(lasting) == [list(range(written))]
        assert shown(again) == shown(lasting)
        path.write_text(columns + text(3, 9))
        make_old(path)
        assert shown(watcher(path.parent)) == [list(range(written)), list(range(3, 9))]
    finally:
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()
