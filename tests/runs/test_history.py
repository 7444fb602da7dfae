"""Which version of a file's rows is on show, and what stays when a writer takes rows away."""

from __future__ import annotations

import math
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from livemon.readers.base import Update
from livemon.readers.csv import CsvReader
from livemon.runs.history import KEPT_ATTEMPTS, History
from livemon.system.tail import QUIET_SECONDS, SETTLE_SECONDS, TICK_SECONDS, Tail
from livemon.tables.anomalies import Anomaly
from livemon.tables.table import Table
from livemon.testing import HandClock

HEADER = "step,loss\n"


def rows(start: int, stop: int, slope: float = 0.5, end: str = "\n") -> str:
    return "".join(f"{step},{step * slope}{end}" for step in range(start, stop))


class Watched:
    """A file, and what is on show of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = HandClock()
        self.start_watching()

    def start_watching(self) -> None:
        self.reader = CsvReader(self.path, Tail(self.path, clock=self.clock))
        self.history = History(str(self.path), self.clock)

    def look(self, wait: float = 0.0) -> list[Anomaly]:
        self.clock.advance(wait)
        odd: list[Anomaly] = []
        while True:
            update = self.reader.read()
            odd += [*update.anomalies, *self.history.apply(update)]
            if not update.more:
                return odd

    def write(self, text: str) -> None:
        self.path.write_text(text)

    def shown(self) -> list[list[float]]:
        """The losses of each table on show."""
        found = [table.columns.get("loss") for table in self.history.tables]
        return [[] if column is None else column.values.tolist() for column in found]


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path / "metrics.csv")


def losses(start: int, stop: int, slope: float = 0.5) -> list[float]:
    return [step * slope for step in range(start, stop)]


def test_rows_stay_on_show_until_a_rewrite_has_caught_up(watched: Watched) -> None:
    """FAULTS 11: while a rewritten file is shorter than what was shown, the old rows stay; the new ones take over
    at once."""
    watched.write(HEADER + rows(0, 10))
    watched.look()
    old = watched.history.own
    grown = "step,loss,acc\n" + rows(0, 10, end=",\n") + "10,5.0,0.9\n"
    for end in range(0, len(grown), 7):
        watched.write(grown[:end])
        assert not watched.look()
        if watched.history.own is old:
            assert watched.shown() == [losses(0, 10)]
        else:
            assert watched.shown()[0][:10] == losses(0, 10)
    watched.write(grown)
    watched.look()
    assert not watched.history.rewriting
    assert watched.shown() == [losses(0, 11)]
    assert list(watched.history.own.columns) == ["step", "loss", "acc"]


def test_the_first_difference_ends_the_waiting(watched: Watched) -> None:
    """A row that says something else shows that another run writes there: its rows are shown, those of the first
    are kept."""
    watched.write(HEADER + rows(0, 10))
    watched.look()
    watched.write("")
    watched.look()
    watched.write(HEADER + rows(0, 3) + "3,99.0\n")
    odd = watched.look()
    assert watched.shown() == [losses(3, 10), [*losses(0, 3), 99.0]]
    assert [(anomaly.kind, anomaly.count) for anomaly in odd] == [("rows lost", 7)]
    assert "7 rows" in odd[0].message


@pytest.mark.parametrize("cell", ["", "nan", "inf", "0.50000001", "text"])
def test_any_other_cell_is_a_difference(watched: Watched, cell: str) -> None:
    """A cell that became blank, NaN, infinite, another number or a word is a difference; the same again, NaN too,
    is none."""
    for first in ("nan", "1.0", "", "-inf", "word"):
        if first == cell:
            continue
        watched.write(f"step,loss,note\n0,0.0,a\n1,{first},b\n2,1.0,c\n3,1.5,d\n")
        watched.start_watching()
        watched.look()
        watched.write("")
        watched.look()
        watched.write(f"step,loss,note\n0,0.0,a\n1,{first},b\n")
        watched.look()
        assert watched.history.rewriting, first
        watched.write("")
        watched.look()
        watched.write(f"step,loss,note\n0,0.0,a\n1,{cell},b\n")
        watched.look()
        assert not watched.history.rewriting, first
        assert [table.n_rows for table in watched.history.tables] == [3, 2]


def test_a_short_file_is_believed_after_a_quiet_time(watched: Watched) -> None:
    """FAULTS 12, 13: rows that a rewrite lost are given up after QUIET_SECONDS without a new row, kept apart, and
    counted."""
    watched.write(HEADER + rows(0, 10))
    watched.look()
    watched.write("")
    watched.look()
    watched.write(HEADER + rows(0, 4))
    watched.look(QUIET_SECONDS - 1)
    for wait in (2, 2):
        assert not watched.look(wait)
        assert watched.history.rewriting
    odd = watched.look(1.1)
    assert [(anomaly.kind, anomaly.count) for anomaly in odd] == [("rows lost", 6)]
    assert watched.shown() == [losses(4, 10), losses(0, 4)]
    assert watched.history.n_rows == 10


@pytest.mark.parametrize("status", ["missing", "unreadable", "rewriting"])
def test_a_file_that_cannot_be_read_is_not_quiet(watched: Watched, status: str) -> None:
    """FAULTS 20: a half rewritten file that then has gone, or cannot be read, is waited for; it is not taken for
    all there is."""
    watched.write(HEADER + rows(0, 10))
    watched.look()
    watched.write("")
    watched.look()
    watched.write(HEADER + rows(0, 4))
    watched.look()
    for _ in range(5):
        watched.clock.advance(QUIET_SECONDS)
        assert watched.history.apply(Update(status=status)) == []
    assert watched.shown() == [losses(0, 10)]
    watched.write(HEADER + rows(0, 11))
    watched.look()
    assert watched.shown() == [losses(0, 11)]


def test_rows_that_trickle_in_prolong_the_waiting(watched: Watched) -> None:
    """A rewrite that goes on is waited for, however long it takes."""
    watched.write(HEADER + rows(0, 10))
    watched.look()
    watched.write("")
    watched.look()
    for stop in range(1, 10):
        watched.write(HEADER + rows(0, stop))
        watched.look(QUIET_SECONDS - 0.1)
        assert watched.shown() == [losses(0, 10)]
    watched.write(HEADER + rows(0, 10))
    assert not watched.look(QUIET_SECONDS - 0.1)
    assert watched.shown() == [losses(0, 10)]
    assert not watched.history.rewriting


def test_truncated_for_good(watched: Watched) -> None:
    """A file emptied and left so: its rows are kept as an attempt, and what comes then stands below them."""
    watched.write(HEADER + rows(0, 5))
    watched.look()
    watched.write("")
    watched.look()
    watched.look(QUIET_SECONDS)
    assert watched.shown() == [losses(0, 5), []]
    watched.write("step,loss\n0,7.0\n")
    watched.look()
    assert watched.shown() == [losses(0, 5), [7.0]]


def test_a_deleted_file_keeps_its_rows(watched: Watched) -> None:
    """FAULTS 20: a file that has gone stays on show; come back it goes on, started again its old rows are an
    attempt."""
    watched.write(HEADER + rows(0, 5))
    watched.look()
    watched.path.unlink()
    for _ in range(3):
        watched.look(QUIET_SECONDS)
        assert watched.shown() == [losses(0, 5)]
    watched.write(HEADER + rows(0, 7))
    watched.look()
    assert watched.shown() == [losses(0, 7)]
    watched.path.unlink()
    watched.look()
    watched.write(HEADER + rows(0, 2, slope=0.25))
    watched.look()
    watched.look(SETTLE_SECONDS)
    assert watched.shown() == [losses(1, 7), losses(0, 2, slope=0.25)]  # row 0 says 0.0 in both


def test_the_same_seed_again(watched: Watched) -> None:
    """FAULTS 15: truncated and started again with the same rows, no row is on show twice."""
    watched.write(HEADER + rows(0, 10))
    watched.look()
    watched.write("")
    watched.look()
    for stop in range(11):
        watched.write(HEADER + rows(0, stop))
        watched.look()
        assert watched.shown() == [losses(0, 10)]
    watched.write(HEADER + rows(0, 12))
    watched.look()
    assert watched.shown() == [losses(0, 12)]


def test_a_rewrite_that_starts_again(watched: Watched) -> None:
    """FAULTS 14: rows of a version that was never shown are not kept when the file starts once more."""
    watched.write(HEADER + rows(0, 10))
    watched.look()
    for _ in range(20):
        watched.write("")
        watched.look()
        watched.write(HEADER + rows(0, 5))
        watched.look()
        assert watched.shown() == [losses(0, 10)]
    watched.write(HEADER + rows(0, 11))
    watched.look()
    assert watched.shown() == [losses(0, 11)]


def test_kept_attempts_are_bounded(watched: Watched) -> None:
    """At most KEPT_ATTEMPTS attempts are kept; the oldest goes first, and that is said."""
    odd: list[Anomaly] = []
    for run in range(KEPT_ATTEMPTS + 4):
        watched.write("")
        watched.look()
        watched.write(HEADER + f"0,{run + 1}.0\n1,2.0\n")
        odd += watched.look()
    assert len(watched.history.kept) == KEPT_ATTEMPTS
    assert watched.shown()[0][0] == 4.0
    assert sum(anomaly.kind == "attempt dropped" for anomaly in odd) == 3
    assert sum(anomaly.count for anomaly in odd if anomaly.kind == "rows lost") == 2 * (KEPT_ATTEMPTS + 3)


def test_a_table_on_show_only_grows(watched: Watched) -> None:
    """While one version is on show it is one and the same Table, so that what was made from it can be added to."""
    watched.write(HEADER)
    watched.look()
    own = watched.history.own
    for stop in range(1, 6):
        watched.write(HEADER + rows(0, stop))
        watched.look()
        assert watched.history.own is own
        assert own.n_rows == stop


def test_nothing_on_show_costs_no_waiting(watched: Watched) -> None:
    """A file that had no rows yet and starts again is shown at once."""
    watched.write("step,lo")
    watched.look()
    watched.write(HEADER)
    watched.look()
    watched.write("")
    watched.look()
    watched.write("epoch,acc\n0,0.5\n")
    watched.look()
    assert list(watched.history.own.columns) == ["epoch", "acc"]
    assert watched.history.tables == [watched.history.own]


def test_an_empty_update_changes_nothing() -> None:
    """A look that found nothing new leaves the same tables, and says nothing."""
    history = History("metrics.csv", HandClock())
    before = history.own
    assert history.apply(Update()) == []
    assert history.apply(Update(status="missing")) == []
    assert history.own is before


_REWRITER = """
import sys, time
from pathlib import Path
path = Path(sys.argv[1])
text = path.read_text().replace("\\n", ",\\n").replace("loss,", "loss,acc")
with path.open("w", buffering=1 << 10) as file:
    for line in text.splitlines(keepends=True):
        file.write(line)
        time.sleep(0.0002)
"""


WRITER_KILLS = int(os.environ.get("LIVEMON_WRITER_KILLS", "3"))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL")
@pytest.mark.timeout(60 + 5 * WRITER_KILLS)
def test_a_writer_killed_in_its_rewrite(watched: Watched) -> None:
    """FAULTS 12: a real process killed in a header rewrite takes nothing from what was shown, and the loss is told."""
    text = HEADER + rows(0, 3000)
    lost = []
    dice = random.Random(1)
    for delay in [0.03, 0.1, 0.25, *(dice.uniform(0.0, 0.5) for _ in range(WRITER_KILLS - 3))]:
        watched.write(text)
        watched.start_watching()
        watched.look()
        assert watched.history.n_rows == 3000
        writer = subprocess.Popen([sys.executable, "-c", _REWRITER, str(watched.path)])
        while watched.path.stat().st_size == len(text):
            time.sleep(0.001)
        watched.look()
        ends = time.monotonic() + delay
        while time.monotonic() < ends:
            watched.look()
            assert watched.history.n_rows >= 3000
            time.sleep(0.005)
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        left = watched.path.read_bytes().count(b"\n") - 1
        odd = [anomaly for wait in (0, 1, QUIET_SECONDS, QUIET_SECONDS) for anomaly in watched.look(wait)]
        assert watched.history.n_rows == 3000
        lost.append(sum(anomaly.count for anomaly in odd if anomaly.kind == "rows lost"))
        assert lost[-1] == 3000 - max(left, 0)
        assert sorted(value for table in watched.shown() for value in table) == losses(0, 3000)
    assert any(lost)


def test_tables_keep_nan_apart_from_blank(watched: Watched) -> None:
    """What is kept as an attempt has the points that it had: NaN, blank cells and texts too."""
    watched.write("step,loss,note\n0,1.0,\n1,nan,a\n2,,b\n3,inf,\n")
    watched.look()
    watched.write("")
    watched.look()
    watched.write("step,loss,note\n0,1.0,\n1,5.0,\n")
    watched.look()
    kept: Table = watched.history.kept[0].table
    loss = kept.columns["loss"]
    assert kept.n_rows == 3
    assert loss.rows.tolist() == [0, 2]
    assert math.isnan(loss.values[0])
    assert loss.values[1] == math.inf
    assert (kept.columns["note"].text_rows.tolist(), kept.columns["note"].texts) == ([0, 1], ["a", "b"])


def flagged(best: int, stop: int, **corrected: str) -> str:
    """Epochs with a flag at the best one."""
    lines = [f"{step},{corrected.get(f'loss{step}', 1 / (step + 1))},{int(step == best)}\n" for step in range(stop)]
    return "epoch,loss,is_best\n" + "".join(lines)


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize("how", ["replace", "in place", "truncate"])
def test_an_older_value_that_is_corrected_is_shown(watched: Watched, how: str, more: int) -> None:
    """A file that is written anew with a flag or a value of an older row changed shows what it says now, with one row
    more or of the same size; nothing is kept of the values that are not there any more, and it is counted."""
    watched.write(flagged(100, 200))
    watched.look()
    text = flagged(150, 200 + more, loss20="0.765432100000000000")  # as long as it was
    if how == "replace":
        watched.path.with_name("new").write_text(text)
        os.replace(watched.path.with_name("new"), watched.path)
    elif how == "in place":
        with watched.path.open("r+") as file:
            file.write(text)
    else:
        watched.write(text)
    odd = [anomaly for wait in (0.0, SETTLE_SECONDS, TICK_SECONDS, QUIET_SECONDS) for anomaly in watched.look(wait)]
    flags = watched.history.own.columns["is_best"].values
    assert (len(watched.history.tables), int(flags.sum()), int(flags[150])) == (1, 1, 1)
    assert watched.shown()[0][20] == 0.7654321
    assert watched.history.own.n_rows == 200 + more
    assert [(anomaly.kind, anomaly.count) for anomaly in odd] == [("rows changed", 3)]


def test_a_slow_rewrite_with_an_older_row_changed_keeps_nothing(watched: Watched) -> None:
    """Where the changed row is seen before the rest of the file is there again, the rest is kept meanwhile, and no
    longer when it is there."""
    watched.write(flagged(10, 40))
    watched.look()
    text = flagged(5, 40)
    lines = text.splitlines(keepends=True)
    watched.write("".join(lines[:7]))
    assert [anomaly.kind for anomaly in watched.look()] == ["rows lost"]
    assert sum(map(len, watched.shown())) >= 40
    watched.write(text)
    assert [anomaly.kind for anomaly in watched.look(1.0)] == ["rows changed"]
    assert len(watched.history.tables) == 1


def test_a_training_that_runs_anew_is_no_correction(watched: Watched) -> None:
    """A file that is replaced by that of a training that ran anew has other values in most rows: the old ones stay, as
    an attempt, although the steps and the learning rate are the same."""
    watched.write("step,loss,learning_rate\n" + "".join(f"{i},{0.5 * i},{1 / (i + 1)}\n" for i in range(30)))
    watched.look()
    watched.path.with_name("new").write_text(
        "step,loss,learning_rate\n" + "".join(f"{i},{0.5 * i + (i > 4) * 0.1},{1 / (i + 1)}\n" for i in range(30)))
    os.replace(watched.path.with_name("new"), watched.path)
    odd = [*watched.look(), *watched.look(SETTLE_SECONDS), *watched.look(QUIET_SECONDS)]
    assert [(anomaly.kind, anomaly.count) for anomaly in odd] == [("rows lost", 25)]
    assert [len(shown) for shown in watched.shown()] == [25, 30]


def rest(path: Path) -> None:
    """Nobody has written the file for two minutes."""
    os.utime(path, (time.time() - 120, time.time() - 120))


def test_a_last_row_without_its_line_end_is_shown_while_nobody_writes(tmp_path: Path) -> None:
    """FAULTS 2: a last row without its line end is on show once the file is quiet; what the writer adds takes its
    place, so that the beginning of a number is never left as a value."""
    run = Watched(tmp_path / "metrics.csv")
    run.write("step,loss\n0,0.5\n1,0.25\n2,0.125\n3,0.21")
    run.look()
    assert run.shown() == [[0.5, 0.25, 0.125]]
    rest(run.path)
    run.look()
    assert run.shown() == [[0.5, 0.25, 0.125, 0.21]] and run.history.is_provisional
    with run.path.open("a") as file:
        file.write("875")
    run.look()
    assert run.shown() == [[0.5, 0.25, 0.125]] and not run.history.is_provisional
    with run.path.open("a") as file:
        file.write("\n4,0.0625\n")
    assert run.look() == []
    assert run.shown() == [[0.5, 0.25, 0.125, 0.21875, 0.0625]]


def test_a_row_that_gets_its_line_end_stays(tmp_path: Path) -> None:
    """A writer that puts the line end in front of each row has its last row on show, once."""
    run = Watched(tmp_path / "metrics.csv")
    run.write("step,loss\n0,0.5\n1,0.25")
    rest(run.path)
    run.look()
    shown = run.history.own
    run.look()
    assert run.history.own is shown  # nothing is made anew while nothing comes
    with run.path.open("a") as file:
        file.write("\n2,0.125")
    run.look()
    assert run.shown() == [[0.5, 0.25]]
    rest(run.path)
    run.look()
    assert run.shown() == [[0.5, 0.25, 0.125]]


@pytest.mark.parametrize("new", ["step,loss\n0,0.55\n1,0.25\n2,0.75\n", "step,loss,lr\n0,0.55,1\n1,0.25,1\n2,0.75,1\n"])
def test_a_provisional_row_is_not_kept_of_a_file_that_is_written_anew(tmp_path: Path, new: str) -> None:
    """Rows that the writer deletes are kept; a last row without its line end, which may have been cut, is none."""
    run = Watched(tmp_path / "metrics.csv")
    run.write("step,loss\n0,0.55\n1,0.25\n2,0.7")
    rest(run.path)
    run.look()
    assert run.shown() == [[0.55, 0.25]]  # as short a value stands nowhere above: it may be cut
    run.write("step,loss\n0,0.55\n1,0.25\n2,0.71")
    rest(run.path)
    run.look()
    assert run.shown() == [[0.55, 0.25, 0.71]]
    run.path.unlink()
    run.look()
    assert run.shown() == [[0.55, 0.25, 0.71]]  # What was shown stays while there is no file.
    run.write(new)
    run.look()
    run.look(QUIET_SECONDS)
    assert run.shown() == [[0.55, 0.25, 0.75]] and run.history.kept == []


def test_what_is_shown_with_a_provisional_row_is_corrected_with_it(tmp_path: Path) -> None:
    """An audit's table, in the place of the rows on show, has the provisional row once."""
    run = Watched(tmp_path / "metrics.csv")
    run.write("step,loss\n0,0.5\n1,0.25\n2,0.125")
    rest(run.path)
    run.look()
    run.history.correct(run.history.own.rows_between(0, 3))
    assert run.shown() == [[0.5, 0.25, 0.125]]
    with run.path.open("a") as file:
        file.write("\n")
    run.look()
    assert run.shown() == [[0.5, 0.25, 0.125]] and run.history.own.n_rows == 3
