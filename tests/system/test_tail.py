"""The tail: what a look says, whatever happens to the file and to the system below it."""

from __future__ import annotations

import errno
import os
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from livemon.system import tail as tail_module
from livemon.system.shared_files import next_data
from livemon.system.tail import HEAD_BYTES, LONGEST_LINE, PATIENCE_SECONDS, QUIET_SECONDS, SETTLE_SECONDS, Look, Tail
from livemon.testing import HandClock


class System:
    """`os`, with something done before the n-th call, or an error in its place.

    Args:
        fault: An errno to raise, or something to call before the call goes through.
        name: Of which call: "open", "fstat", "pread", "next_data", "close"; "" for any.
        at: The how manieth of these calls, from 0.
        times: How many in a row.
    """

    def __init__(
        self, fault: int | Callable[[], object] | None = None, name: str = "", at: int = 0, times: int = 1
    ) -> None:
        self.fault, self.name, self.at, self.times = fault, name, at, times
        self.calls = 0
        self.open_files: set[int] = set()
        self.short_reads = False

    def _before(self, name: str) -> None:
        if self.fault is None or self.name not in ("", name):
            return
        self.calls += 1
        if not self.at < self.calls <= self.at + self.times:
            return
        if isinstance(self.fault, int):
            raise OSError(self.fault, os.strerror(self.fault))
        self.fault()

    def open(self, *args: Any) -> int:
        self._before("open")
        descriptor = os.open(*args)
        self.open_files.add(descriptor)
        return descriptor

    def fstat(self, descriptor: int) -> os.stat_result:
        self._before("fstat")
        return os.fstat(descriptor)

    def pread(self, descriptor: int, count: int, offset: int) -> bytes:
        self._before("pread")
        return os.pread(descriptor, min(count, 7) if self.short_reads else count, offset)

    def next_data(self, descriptor: int, offset: int) -> int | None:
        self._before("next_data")
        return next_data(descriptor, offset)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)
        self.open_files.discard(descriptor)
        self._before("close")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "metrics.csv"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def read_all(tail: Tail) -> tuple[bytes, list[Look]]:
    """Look until there is no more; the lines that count, and the looks."""
    lines, looks = b"", []
    while True:
        look = tail.look()
        looks.append(look)
        lines = look.lines if look.restarted else lines + look.lines
        if not look.more:
            return lines, looks


class Follower:
    """Adds up what looks say, as a reader does."""

    def __init__(self, tail: Tail) -> None:
        self.tail = tail
        self.lines = b""
        self.restarts = 0

    def look(self) -> Look:
        while True:
            look = self.tail.look()
            if look.restarted:
                self.lines = b""
                self.restarts += 1
            self.lines += look.lines
            if not look.more:
                return look


ROWS = b"".join(b"%d,%d.25\r\n" % (i, i) for i in range(40))
FILE = b"step,loss\r\n" + ROWS


# -- complete lines


def test_a_row_is_there_only_after_its_newline(path: Path) -> None:
    """FAULTS 1: a file that grows byte by byte gives each line once, and only when its newline has come."""
    follower = Follower(Tail(path))
    with path.open("ab", buffering=0) as file:
        for end in range(1, len(FILE) + 1):
            file.write(FILE[end - 1 : end])
            follower.look()
            assert follower.lines == FILE[:end][: FILE.rfind(b"\n", 0, end) + 1]
    assert follower.restarts == 0


def test_a_torn_line_stays_away_however_long(path: Path, clock: HandClock) -> None:
    """FAULTS 2, 3: bytes behind the last newline are not there, but they are counted."""
    path.write_bytes(b"step,loss\n1,0.12")
    tail = Tail(path, clock=clock)
    assert (tail.offset, tail.pending_bytes) == (0, 0)
    assert tail.look().lines == b"step,loss\n"
    for _ in range(5):
        clock.advance(60)
        assert tail.look() == Look()
        assert tail.pending_bytes == len(b"1,0.12")


def test_half_a_header_is_no_header(path: Path) -> None:
    """FAULTS 7: a header that is half written gives nothing until its line is complete."""
    path.write_bytes(b"epoch,step,train_l")
    tail = Tail(path)
    assert tail.look() == Look()
    path.write_bytes(b"epoch,step,train_loss\n")
    assert tail.look().lines == b"epoch,step,train_loss\n"


@pytest.mark.parametrize("cut", range(1, 14))
def test_carriage_return_and_line_feed_are_one_line_end(path: Path, cut: int) -> None:
    """FAULTS 5: a file with CRLF, or the CRCRLF of a doubled translation, is never taken for one with CR."""
    for whole in (b"a,b\r\n1,2\r\n", b"a,b\r\r\n1,2\r\r\n"):
        path.write_bytes(whole[:cut])
        follower = Follower(Tail(path))
        follower.look()
        path.write_bytes(whole)
        follower.look()
        assert follower.lines == whole


def test_a_file_with_carriage_returns_only(path: Path) -> None:
    """FAULTS 5: where no line feed follows, a carriage return ends a line."""
    path.write_bytes(b"a,b\r1,2\r3,")
    tail = Tail(path)
    assert tail.look().lines == b"a,b\r1,2\r"
    with path.open("ab") as file:
        file.write(b"4\r")
    assert tail.look().lines == b"3,4\r"
    append(path, b"5,\n6\r7")
    assert tail.look().lines == b"5,\n6\r"  # A line feed that comes later is no line end.
    assert tail.pending_bytes == 1


# -- long lines and large backlogs


def test_a_long_line_is_skipped_in_bounded_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAULTS 8: 5 MB without a newline are skipped and counted, and the line behind them is read."""
    largest = 0

    class Measured(System):
        def pread(self, descriptor: int, count: int, offset: int) -> bytes:
            nonlocal largest
            largest = max(largest, count)
            return super().pread(descriptor, count, offset)

    follower = Follower(Tail(path, budget_bytes=LONGEST_LINE, system=Measured()))
    path.write_bytes(b"a,b\n" + b"x" * 5_000_000)
    follower.look()
    assert follower.lines == b"a,b\n"
    with path.open("ab") as file:
        file.write(b"y\n1,2\n")
    assert follower.look().dropped_lines == 1
    assert follower.lines == b"a,b\n1,2\n"
    assert largest <= LONGEST_LINE


@pytest.mark.parametrize("size", [-1, 0, 1, 50, 200])
@pytest.mark.parametrize("budget", [1, 100, 1 << 20])
@pytest.mark.parametrize("piece", [1, 63, 64, 65, 1000])
def test_whether_a_line_is_too_long_does_not_depend_on_the_cuts(
    path: Path, monkeypatch: pytest.MonkeyPatch, size: int, budget: int, piece: int
) -> None:
    """FAULTS 8: a line of the greatest length is read and a longer one is skipped, in whatever pieces they come."""
    monkeypatch.setattr(tail_module, "LONGEST_LINE", 64)
    long = b"x" * (63 + size) + b"\n"
    whole = b"a,b\n1,2\n" + long + b"3,4\n" + long + long + b"5,6\n"
    follower = Follower(Tail(path, budget_bytes=budget))
    dropped = 0
    with path.open("ab", buffering=0) as file:
        for start in range(0, len(whole), piece):
            file.write(whole[start : start + piece])
            dropped += follower.look().dropped_lines
    if size <= 0:
        assert (follower.lines, dropped) == (whole, 0)
    else:
        assert follower.lines == b"a,b\n1,2\n3,4\n5,6\n"


def test_skipped_lines_are_counted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each skipped line counts once."""
    monkeypatch.setattr(tail_module, "LONGEST_LINE", 64)
    path.write_bytes(b"a,b\n" + (b"x" * 100 + b"\n") * 3 + b"1,2\n")
    for budget in (1, 1 << 20):
        lines, looks = read_all(Tail(path, budget_bytes=budget))
        assert lines == b"a,b\n1,2\n"
        assert sum(look.dropped_lines for look in looks) == 3


def test_a_new_file_does_not_begin_in_a_long_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAULTS 8: where the file is another one, its first line is no rest of the long line that stood there before."""
    monkeypatch.setattr(tail_module, "LONGEST_LINE", 64)
    path.write_bytes(b"a,b\n" + b"x" * 100)
    tail = Tail(path, budget_bytes=1)
    read_all(tail)
    path.write_bytes(b"c,d\n1,2\n")
    assert tail.look() == Look(lines=b"c,d\n1,2\n", restarted=True)


def test_a_line_that_became_too_long_is_pending_no_more(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No byte is counted both as read and as still to come, also where a line grows beyond the longest one."""
    monkeypatch.setattr(tail_module, "LONGEST_LINE", 64)
    path.write_bytes(b"a,b\n1,2")
    tail = Tail(path, budget_bytes=1)
    tail.look()
    assert (tail.offset, tail.pending_bytes) == (4, 3)
    append(path, b"x" * 61)
    tail.look()
    assert (tail.offset, tail.pending_bytes) == (68, 0)


def test_a_backlog_beyond_the_budget_comes_in_several_looks(path: Path) -> None:
    """A backlog larger than the budget is announced by `more` and read without a gap."""
    whole = b"step,loss\n" + b"1,0.123456\n" * 300_000
    path.write_bytes(whole)
    lines, looks = read_all(Tail(path, budget_bytes=1))
    assert lines == whole
    assert [look.more for look in looks] == [True] * (len(whole) // LONGEST_LINE) + [False]


# -- another file under the same name


def test_a_truncated_file_starts_again(path: Path) -> None:
    """FAULTS 14: a file shorter than what was read is read from its start at once."""
    path.write_bytes(FILE)
    follower = Follower(Tail(path))
    follower.look()
    path.write_bytes(b"")
    assert follower.look().restarted
    path.write_bytes(b"a,b\n7,8\n")
    follower.look()
    assert follower.lines == b"a,b\n7,8\n"
    assert follower.restarts == 1


def test_rewritten_larger_than_the_old_offset(path: Path, clock: HandClock) -> None:
    """FAULTS 10: the same inode with more bytes than before is read from the start when the old bytes are not there."""
    path.write_bytes(FILE)
    follower = Follower(Tail(path, clock=clock))
    follower.look()
    inode = path.stat().st_ino
    grown = FILE.replace(b"\r\n", b",\r\n").replace(b"loss,", b"loss,val") + b"9,9,9\r\n" * 50
    path.write_bytes(grown)
    assert path.stat().st_ino == inode
    assert follower.look().status == "rewriting"
    assert follower.lines == FILE
    clock.advance(SETTLE_SECONDS)
    assert follower.look().restarted
    assert follower.lines == grown


@pytest.mark.parametrize("same", ["head", "end"])
def test_each_of_the_two_stretches_counts(path: Path, clock: HandClock, same: str) -> None:
    """FAULTS 10: other bytes in the head alone, or in the end alone, of a file as large as before make another file."""
    whole = b"step,loss\n" + b"".join(b"%d,%d.25\n" % (i, i) for i in range(400))
    half = len(whole) // 2
    other = whole[:half] + whole[half:].replace(b".25", b".75") if same == "head" else b"STEP" + whole[4:]
    assert (other[:HEAD_BYTES] == whole[:HEAD_BYTES]) == (same == "head")
    path.write_bytes(whole)
    follower = Follower(Tail(path, clock=clock))
    follower.look()
    path.write_bytes(other)
    assert follower.look().status == "rewriting"
    clock.advance(QUIET_SECONDS)
    follower.look()
    assert follower.lines == other


def test_same_inode_and_same_size_but_other_rows(path: Path, clock: HandClock) -> None:
    """FAULTS 18: a file deleted and created again is recognised by its bytes, whatever its inode and its size."""
    path.write_bytes(FILE)
    follower = Follower(Tail(path, clock=clock))
    follower.look()
    other = FILE.replace(b".25", b".75")
    path.unlink()
    path.write_bytes(other)
    follower.look()
    clock.advance(SETTLE_SECONDS)
    follower.look()
    assert follower.lines == other


def test_replaced_by_a_longer_file_with_the_same_beginning(path: Path) -> None:
    """FAULTS 17: a file put in its place that begins with the same bytes goes on, without a restart."""
    path.write_bytes(FILE)
    follower = Follower(Tail(path))
    follower.look()
    new = path.with_name("new")
    new.write_bytes(FILE + b"50,1\r\n")
    os.replace(new, path)
    follower.look()
    assert (follower.lines, follower.restarts) == (FILE + b"50,1\r\n", 0)


def test_regrown_with_identical_bytes(path: Path) -> None:
    """FAULTS 15: truncated and regrown with the same first rows, no line comes twice and the end equals the file."""
    for steps in ([0, 20, len(FILE)], [20, len(FILE)], [len(FILE)]):
        path.write_bytes(FILE)
        follower = Follower(Tail(path))
        follower.look()
        for size in steps:
            path.write_bytes(FILE[:size])
            follower.look()
        assert follower.lines == FILE


def test_gone_and_back_with_more_rows(path: Path) -> None:
    """FAULTS 20: a file that was away goes on where it was."""
    path.write_bytes(FILE)
    follower = Follower(Tail(path))
    follower.look()
    path.rename(path.with_name("away"))
    assert follower.look().status == "missing"
    path.with_name("away").rename(path)
    with path.open("ab") as file:
        file.write(b"50,1\r\n")
    follower.look()
    assert (follower.lines, follower.restarts) == (FILE + b"50,1\r\n", 0)


# -- overwritten in place, without truncation (Stable-Baselines3)


def overwrite(path: Path, data: bytes, start: int, stop: int) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(data[start:stop])


@pytest.mark.parametrize("unread", [0, 1, 25], ids=lambda count: f"{count} rows unread")
@pytest.mark.parametrize("crlf", [False, True])
def test_overwritten_in_place_in_two_pieces(path: Path, clock: HandClock, unread: int, crlf: bool) -> None:
    """Wherever the two pieces of an in-place rewrite meet, a look between them brings nothing of the mixture."""
    old = b"step,loss\n" + b"".join(b"%d,%d.125\n" % (i, i) for i in range(30))
    new = b"step,loss,acc\n" + b"".join(b"%d,%d.125,\n" % (i, i) for i in range(30)) + b"30,3.5,0.5\n"
    if crlf:
        old, new = old.replace(b"\n", b"\r\n"), new.replace(b"\n", b"\r\n")
    lines = old.splitlines(keepends=True)
    seen = b"".join(lines[: len(lines) - unread])
    for cut in range(1, len(new), 2 if crlf or unread == 25 else 1):
        path.write_bytes(seen)
        follower = Follower(Tail(path, clock=clock))
        follower.look()
        path.write_bytes(old)
        overwrite(path, new, 0, cut)
        for _ in range(2):
            follower.look()
            if follower.restarts == 0:
                assert old.startswith(follower.lines), cut
            else:
                assert new.startswith(follower.lines), cut
            clock.advance(SETTLE_SECONDS / 3)
        overwrite(path, new, cut, len(new))
        follower.look()
        clock.advance(SETTLE_SECONDS)
        follower.look()
        assert follower.lines == new, cut


def test_a_half_overwritten_file_is_held_while_its_old_end_stands(path: Path, clock: HandClock) -> None:
    """While the last line that was read stands where it stood, a new head is not believed for QUIET_SECONDS."""
    path.write_bytes(FILE)
    tail = Tail(path, clock=clock)
    tail.look()
    overwrite(path, b"STEP", 0, 4)
    for _ in range(4):
        assert tail.look().status == "rewriting"
        clock.advance(QUIET_SECONDS * 0.24)
    clock.advance(QUIET_SECONDS * 0.05)
    assert tail.look() == Look(lines=b"STEP" + FILE[4:], restarted=True)


def test_an_old_end_is_its_last_line(path: Path, clock: HandClock) -> None:
    """Also where the writer has gone over all but the last line, it has not come through; the lines above tell
    nothing."""
    path.write_bytes(FILE)
    tail = Tail(path, clock=clock)
    tail.look()
    end = FILE[:-1].rfind(b"\n")
    overwrite(path, FILE[:end].replace(b"0", b"9") + b"7", 0, end + 1)
    assert path.read_bytes().endswith(b"7" + FILE[end + 1 :])
    for _ in range(4):
        assert tail.look().status == "rewriting"
        clock.advance(QUIET_SECONDS * 0.24)


def test_a_file_that_never_rests_is_read_all_the_same(path: Path, clock: HandClock) -> None:
    """A file rewritten at each look is read after PATIENCE_SECONDS."""
    path.write_bytes(FILE)
    tail = Tail(path, clock=clock)
    tail.look()
    held = 0.0
    while held < 2 * PATIENCE_SECONDS:
        path.write_bytes(b"%f\n" % clock.now + ROWS * 2)
        look = tail.look()
        if look.status == "ok":
            break
        clock.advance(SETTLE_SECONDS / 2)
        held += SETTLE_SECONDS / 2
    assert PATIENCE_SECONDS - 1 < held < PATIENCE_SECONDS + 1
    assert look.restarted
    assert look.lines == path.read_bytes()


def test_sleep_is_no_waiting(path: Path, clock: HandClock) -> None:
    """A file found half overwritten, and again after a night in which nobody looked, is held all the same."""
    path.write_bytes(FILE)
    tail = Tail(path, clock=clock)
    tail.look()
    overwrite(path, b"STEP,LOSS", 0, 4)
    assert tail.look().status == "rewriting"
    clock.advance(8 * 3600)
    overwrite(path, b"STEP,LOSS", 4, 9)
    assert tail.look().status == "rewriting"


def test_rows_appended_while_a_file_is_held(path: Path, clock: HandClock) -> None:
    """Rows that are appended meanwhile do not prolong the wait."""
    path.write_bytes(FILE)
    follower = Follower(Tail(path, clock=clock))
    follower.look()
    path.write_bytes(b"other\r\n" + ROWS * 2)
    follower.look()
    for _ in range(4):
        clock.advance(SETTLE_SECONDS * 0.26)
        with path.open("ab") as file:
            file.write(b"1,2\r\n")
        follower.look()
    assert follower.lines == path.read_bytes()


def test_a_held_file_that_is_cut_short_is_believed(path: Path, clock: HandClock) -> None:
    """A file that shrinks while it is held was truncated: what is in it was written after that, and counts at once."""
    path.write_bytes(FILE)
    tail = Tail(path, clock=clock)
    tail.look()
    path.write_bytes(b"other\r\n" + ROWS * 3)
    assert tail.look().status == "rewriting"
    path.write_bytes(b"third\r\n" + ROWS * 2)
    assert tail.look() == Look(lines=path.read_bytes(), restarted=True)


def test_a_hold_that_is_over_is_forgotten(path: Path, clock: HandClock) -> None:
    """A file that was itself again between two rewrites is held anew, though the second one says the same."""
    path.write_bytes(FILE)
    tail = Tail(path, clock=clock)
    tail.look()
    for _ in range(2):
        path.write_bytes(b"other\r\n" + ROWS * 2)
        assert tail.look().status == "rewriting"
        path.write_bytes(FILE)
        assert tail.look() == Look()
        clock.advance(QUIET_SECONDS)


# -- changes between two system calls


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def replace(path: Path, data: bytes) -> None:
    new = path.with_name("new.csv")
    new.write_bytes(data)
    os.replace(new, path)


CHANGES: dict[str, Callable[[Path], object]] = {
    "truncated": lambda path: path.write_bytes(b""),
    "rewritten longer": lambda path: path.write_bytes(b"other,names,here\r\n" + b"5,6,7\r\n" * 400),
    "rewritten shorter": lambda path: path.write_bytes(b"other,names\r\n5,6\r\n"),
    "first part overwritten": lambda path: overwrite(path, b"other,names,here\r\n" + b"5,6,7\r\n" * 9, 0, 60),
    "deleted": lambda path: path.unlink(missing_ok=True),
    "replaced": lambda path: replace(path, b"other,names\r\n" + b"5,6\r\n" * 90),
    "appended": lambda path: append(path, b"77,7\r\n"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("read_before", [0, 15])
def test_changed_between_two_calls_of_one_look(path: Path, clock: HandClock, change: str, read_before: int) -> None:
    """Whatever happens between any two system calls of a look, only lines that stood in the file come, and the end
    is right."""
    lines = FILE.splitlines(keepends=True)
    for at in range(24):
        path.write_bytes(b"".join(lines[:read_before]))
        system = System()
        follower = Follower(Tail(path, system=system, clock=clock))
        follower.look()
        path.write_bytes(FILE)
        system.fault, system.at, system.calls = (lambda: CHANGES[change](path)), at, 0
        follower.look()
        system.fault = None
        after = path.read_bytes() if path.exists() else b""
        stood = {FILE, after}
        assert any(version.startswith(follower.lines) for version in stood), (change, at)
        for _ in range(4):
            follower.look()
            clock.advance(QUIET_SECONDS)
        if path.exists():
            assert follower.lines == path.read_bytes(), (change, at)
        assert not system.open_files


# -- a system that fails


@pytest.mark.parametrize("error", ["EIO", "ESTALE", "EMFILE", "EINTR", "EACCES", "ENOENT", "ETIMEDOUT", "ENOTCONN"])
@pytest.mark.parametrize("change", ["append", "rewrite", "truncate"])
def test_any_call_may_fail(path: Path, clock: HandClock, error: str, change: str) -> None:
    """FAULTS 36: an error in any call of any look loses nothing and doubles nothing, leaves no handle, and raises
    nothing."""
    contents = {
        "append": FILE + b"50,1\r\n",
        "rewrite": b"a,b,c\r\n" + b"1,2,3\r\n" * 99,
        "truncate": b"a,b\r\n1,2\r\n",
    }
    after = contents[change]
    for at in range(40):
        path.write_bytes(FILE)
        system = System(getattr(errno, error), at=at)
        follower = Follower(Tail(path, system=system, clock=clock))
        looks = [follower.look() for _ in range(2)]
        path.write_bytes(after)
        for _ in range(5):
            looks.append(follower.look())
            clock.advance(SETTLE_SECONDS)
        assert follower.lines == after, at
        assert not system.open_files
        failed = [look for look in looks if look.status in ("unreadable", "missing")]
        assert len(failed) <= 1
        assert all(str(path) in look.problem for look in failed if look.status == "unreadable")


def test_an_error_does_not_hide_a_restart(path: Path) -> None:
    """A look that finds another file and then fails has said that the file is another one, so that no row comes
    twice."""
    for at in range(12):
        path.write_bytes(FILE)
        system = System()
        follower = Follower(Tail(path, system=system))
        follower.look()
        path.write_bytes(b"a,b\r\n1,2\r\n")
        system.fault, system.at, system.calls = errno.EIO, at, 0
        follower.look()
        system.fault = None
        follower.look()
        assert (follower.lines, follower.restarts) == (b"a,b\r\n1,2\r\n", 1), at


def test_short_reads(path: Path, clock: HandClock) -> None:
    """A system that returns 7 bytes where more were asked for gives the same lines."""
    path.write_bytes(FILE)
    system = System()
    system.short_reads = True
    follower = Follower(Tail(path, system=system, clock=clock))
    follower.look()
    assert follower.lines == FILE
    path.write_bytes(b"a,b,c\r\n" + b"1,2,3\r\n" * 99)
    follower.look()
    clock.advance(SETTLE_SECONDS)
    follower.look()
    assert follower.lines == path.read_bytes()


def test_an_error_that_lasts(path: Path) -> None:
    """An error is told in words, and what comes after it is read."""
    path.write_bytes(FILE)
    system = System(errno.ESTALE, "open", times=3)
    tail = Tail(path, system=system)
    for _ in range(3):
        look = tail.look()
        assert (look.status, look.lines) == ("unreadable", b"")
        assert look.problem == f"cannot read {path}: {os.strerror(errno.ESTALE)} (ESTALE)"
    assert tail.look().lines == FILE


# -- what is no file


def _fifo(path: Path) -> Iterator[None]:
    os.mkfifo(path)
    yield
    path.unlink()


def _folder(path: Path) -> Iterator[None]:
    path.mkdir()
    yield
    path.rmdir()


def _socket(path: Path) -> Iterator[None]:
    with socket.socket(socket.AF_UNIX) as server, tempfile.TemporaryDirectory(dir="/tmp") as short:
        server.bind(f"{short}/s")  # the path of a socket must be short
        path.symlink_to(f"{short}/s")
        yield
        path.unlink()


def _link_to(target: str) -> Callable[[Path], Iterator[None]]:
    def make(path: Path) -> Iterator[None]:
        path.symlink_to(target)
        yield
        path.unlink()

    return make


STRANGE = {
    "folder": (_folder, "unreadable", "is a folder, not a regular file"),
    "FIFO": (_fifo, "unreadable", "is a FIFO, not a regular file"),
    "socket": (_socket, "unreadable", ""),
    "/dev/zero": (_link_to("/dev/zero"), "unreadable", "is a device, not a regular file"),
    "/dev/null": (_link_to("/dev/null"), "unreadable", "is a device, not a regular file"),
    "dangling link": (_link_to("nowhere"), "missing", ""),
    "looping link": (_link_to("metrics.csv"), "unreadable", "(ELOOP)"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has none of these")
@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", STRANGE)
def test_what_is_no_file(path: Path, kind: str) -> None:
    """FAULTS 22: what is no regular file never blocks, is named, and a file in its place is read."""
    make, status, words = STRANGE[kind]
    path.write_bytes(FILE)
    follower = Follower(Tail(path))
    follower.look()
    path.rename(path.with_name("away"))
    for _ in make(path):
        look = follower.look()
        assert (look.status, look.lines) == (status, b"")
        assert (str(path) in look.problem) == (status == "unreadable")
        assert words in look.problem
    path.with_name("away").rename(path)
    assert follower.look() == Look()
    assert follower.lines == FILE


def _look_without_rights(path: Path) -> str:
    """What a user who is not root sees: before, while and after the rights are gone."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    tail = Tail(path)
    seen = [tail.look()]
    path.chmod(0)
    seen.append(tail.look())
    path.chmod(0o644)
    append(path, b"7,8\n")
    seen.append(tail.look())
    return repr([(str(look.status), look.lines, "EACCES" in look.problem) for look in seen])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork, and there are no such rights")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_file_without_rights() -> None:
    """FAULTS 22: a file that may not be read is said to be so, and goes on when it may; tried by a user who is not
    root."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "metrics.csv"
        path.write_bytes(b"a,b\n1,2\n")
        if os.geteuid() == 0:
            Path(folder).chmod(0o755)
            os.chown(path, 65534, 65534)
        answer, question = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(question, _look_without_rights(path).encode())
            except BaseException as error:
                os.write(question, repr(error).encode())
            finally:
                os._exit(0)
        os.close(question)
        os.waitpid(child, 0)
        with open(answer, "rb") as pipe:
            seen = pipe.read().decode()
    assert seen == repr([("ok", b"a,b\n1,2\n", False), ("unreadable", b"", True), ("ok", b"7,8\n", False)])


# -- a change above the last bytes


def large_file(rows: int) -> bytes:
    return b"step,loss,flag\n" + b"".join(b"%d,%d.25,0\n" % (i, i) for i in range(rows))


@pytest.mark.parametrize("more", [b"", b"2000,2000.25,0\n"])
@pytest.mark.parametrize("how", ["replace", "in place", "truncate"])
def test_a_change_in_the_middle_is_seen(path: Path, clock: HandClock, how: str, more: bytes) -> None:
    """An older row that changes between the head and the last bytes is seen, in the same inode or another one, with
    the size as it was or a row more."""
    data = large_file(2000)
    path.write_bytes(data)
    follower = Follower(Tail(path, clock=clock))
    follower.look()
    clock.advance(tail_module.TICK_SECONDS + 1)  # one that is written within a tick of the clock is seen after it
    changed = data.replace(b"\n1000,1000.25,0", b"\n1000,1000.25,1") + more
    if how == "replace":
        path.with_name("new").write_bytes(changed)
        os.replace(path.with_name("new"), path)
    else:
        with path.open("r+b" if how == "in place" else "wb") as file:
            file.write(changed)
    for wait in (0.0, SETTLE_SECONDS, tail_module.TICK_SECONDS, SETTLE_SECONDS):
        clock.advance(wait)
        follower.look()
    assert (follower.lines, follower.restarts) == (changed, 1)


def test_a_change_whose_time_was_put_back_is_seen(path: Path, clock: HandClock) -> None:
    """FAULTS 16: a change with the size and the time of change as they were shows in the time of the inode."""
    path.write_bytes(large_file(500))
    os.utime(path, ns=(10**18, 10**18))
    follower = Follower(Tail(path, clock=clock))
    follower.look()
    clock.advance(60)
    changed = large_file(500).replace(b"\n250,250.25,0", b"\n250,999.25,0")
    path.write_bytes(changed)
    os.utime(path, ns=(10**18, 10**18))
    for _ in range(3):
        follower.look()
        clock.advance(SETTLE_SECONDS)
    assert follower.lines == changed


def test_a_writer_that_never_rests_is_believed(path: Path, clock: HandClock) -> None:
    """Where rows go on being written below an older row that changed, the file is read anew a second later."""
    data = large_file(500)
    path.write_bytes(data)
    follower = Follower(Tail(path, clock=clock))
    follower.look()
    data = data.replace(b"\n250,250.25,0", b"\n250,250.25,1")
    path.write_bytes(data)
    for row in range(20):
        clock.advance(0.1)
        data += b"%d,1.0,0\n" % (500 + row)
        append(path, b"%d,1.0,0\n" % (500 + row))
        follower.look()
    assert (follower.lines, follower.restarts) == (data, 1)


# -- what nobody sees


def test_no_handle_is_kept_between_looks(path: Path) -> None:
    """Contract I7: a look closes what it opened, so that a trainer may replace or delete its file anywhere."""
    path.write_bytes(FILE)
    system = System()
    tail = Tail(path, system=system)
    for _ in range(3):
        tail.look()
        assert not system.open_files


def test_a_look_writes_nothing(path: Path) -> None:
    """Contract I6: the folder of the run is the same before and after, its times too."""
    path.write_bytes(FILE)
    before = (path.parent.stat().st_mtime_ns, path.stat().st_mtime_ns, sorted(path.parent.iterdir()))
    Tail(path).look()
    assert (path.parent.stat().st_mtime_ns, path.stat().st_mtime_ns, sorted(path.parent.iterdir())) == before


# -- holes


GIGABYTES = 4 << 30
BESIDE_THE_HOLE = 8 << 20  # bytes: a few looks' worth


class Counting(System):
    """Counts the bytes that are read; `blind` cannot tell where a hole is."""

    def __init__(self, *, blind: bool = False) -> None:
        super().__init__()
        self.read = 0
        self.blind = blind

    def pread(self, descriptor: int, count: int, offset: int) -> bytes:
        data = super().pread(descriptor, count, offset)
        self.read += len(data)
        return data

    def next_data(self, descriptor: int, offset: int) -> int | None:
        return offset if self.blind else super().next_data(descriptor, offset)


def write_at(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b" if path.exists() else "wb") as file:
        file.seek(offset)
        file.write(data)


def may_have_holes(path: Path) -> bool:
    """Whether this file system makes holes and tells of them."""
    write_at(path, 16 << 20, b"x")
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return (next_data(descriptor, 0) or 0) > 0
    finally:
        os.close(descriptor)


@pytest.fixture
def sparse(path: Path) -> Path:
    if not may_have_holes(path.with_name("probe")):
        pytest.skip("the file system here does not tell of holes")
    return path


def test_a_hole_is_skipped(sparse: Path, clock: HandClock) -> None:
    """4 GB in which nothing was written cost what stands beside them; the rows in front and behind are read, the row
    that runs into the hole and comes out of it is one line, counted; what is appended behind it is read."""
    system = Counting()
    follower = Follower(tail := Tail(sparse, system=system, clock=clock))
    write_at(sparse, 0, FILE + b"40,4")
    write_at(sparse, GIGABYTES + 123, b"41,5\n" + ROWS)
    dropped = 0
    while (look := tail.look()).more or look.lines:
        follower.lines += look.lines
        dropped += look.dropped_lines
    assert dropped == 1
    assert follower.lines == FILE + ROWS
    assert tail.offset == sparse.stat().st_size
    assert system.read < BESIDE_THE_HOLE
    clock.advance(1)
    write_at(sparse, tail.offset, b"50,1\n")
    assert follower.look().lines == b"50,1\n"
    assert (follower.restarts, tail.pending_bytes) == (0, 0)
    assert system.read < 2 * BESIDE_THE_HOLE


def test_a_hole_is_read_as_nul_bytes_are(sparse: Path, clock: HandClock) -> None:
    """A hole that is skipped and the same bytes, written, give the same lines and counts."""
    write_at(sparse, 0, FILE + b"40,4")
    write_at(sparse, 9 << 20, b"41,5\n" + ROWS)
    looked = []
    for blind in (False, True):
        tail = Tail(sparse, system=Counting(blind=blind), clock=clock)
        lines, looks = read_all(tail)
        looked.append((lines, sum(look.dropped_lines for look in looks), tail.offset, tail.pending_bytes))
    assert looked[0] == looked[1]
    assert looked[0][0] == FILE + ROWS


def test_blocks_of_bytes_keep_their_places_over_a_hole(sparse: Path, clock: HandClock) -> None:
    """A file that is not of lines has a hole, too: what is left out of it is a multiple of a mebibyte, so that what
    stands in blocks behind it is at its place in them."""
    system = Counting()
    tail = Tail(sparse, by_lines=False, system=system, clock=clock)
    write_at(sparse, 0, FILE)
    write_at(sparse, GIGABYTES + 12345, FILE)
    data, _ = read_all(tail)
    assert (data[: len(FILE)], data[-len(FILE) :]) == (FILE, FILE)
    assert not data[len(FILE) : -len(FILE)].strip(b"\0")
    assert (GIGABYTES + 12345 + len(FILE) - len(data)) % (1 << 20) == 0
    assert tail.offset == sparse.stat().st_size
    assert system.read < BESIDE_THE_HOLE


def test_a_change_beside_a_hole_is_seen(sparse: Path, clock: HandClock) -> None:
    """The rolling check compares what was read on both sides of a hole, and skips the hole."""
    for place in (len(FILE) // 2, 2 * GIGABYTES + 4000):
        sparse.unlink(missing_ok=True)
        system = Counting()
        follower = Follower(Tail(sparse, system=system, clock=clock))
        write_at(sparse, 0, FILE + ROWS * 30)
        write_at(sparse, 2 * GIGABYTES, b"\n" + ROWS * 30)
        follower.look()
        clock.advance(10)
        follower.look()
        assert follower.restarts == 0
        write_at(sparse, place, b"7")
        for _ in range(3):
            clock.advance(10)
            follower.look()
        assert follower.restarts == 1
        assert b"7" in follower.lines
        assert system.read < 4 * BESIDE_THE_HOLE


def test_a_hole_that_is_filled_is_read(sparse: Path, clock: HandClock) -> None:
    """Pieces of a file may arrive out of order: rows that come to stand in a hole that was skipped are read."""
    follower = Follower(Tail(sparse, system=Counting(), clock=clock))
    write_at(sparse, 0, FILE)
    write_at(sparse, GIGABYTES, b"\n41,5\n")
    follower.look()
    assert follower.lines == FILE + b"41,5\n"
    write_at(sparse, GIGABYTES // 2, b"\n90,9\n")
    for _ in range(3):
        clock.advance(10)
        follower.look()
    assert follower.lines == FILE + b"90,9\n41,5\n"


def test_a_file_that_was_made_long_in_advance_is_followed(sparse: Path, clock: HandClock) -> None:
    """Where nothing is written up to the end of the file, that is where its writer stands: each of its rows is read
    when it comes."""
    system = Counting()
    follower = Follower(tail := Tail(sparse, system=system, clock=clock))
    write_at(sparse, 0, FILE)
    os.truncate(sparse, GIGABYTES)
    follower.look()
    assert follower.lines == FILE
    for i in range(3):
        write_at(sparse, len(FILE) + 5 * i, b"%d,1.\n" % i)
        clock.advance(1)
        assert follower.look().status == "ok"
    assert follower.lines == FILE + b"0,1.\n1,1.\n2,1.\n"
    assert (follower.restarts, tail.pending_bytes) == (0, 0)
    assert system.read < 8 * BESIDE_THE_HOLE


def test_a_sparse_file_that_may_be_half_overwritten_is_held_cheaply(sparse: Path, clock: HandClock) -> None:
    """To see whether a file has come to rest, its holes are skipped, too; a byte behind one counts."""
    system = Counting()
    follower = Follower(Tail(sparse, system=system, clock=clock))
    write_at(sparse, 0, FILE)
    write_at(sparse, GIGABYTES, b"\n41,5\n")
    follower.look()
    write_at(sparse, 0, b"step,LOSS\r\n")
    assert follower.look().status == "rewriting"
    clock.advance(SETTLE_SECONDS / 2)
    write_at(sparse, GIGABYTES, b"\n41,6\n")
    assert follower.look().status == "rewriting"
    clock.advance(QUIET_SECONDS + 1)
    follower.look()
    clock.advance(QUIET_SECONDS + 1)
    assert follower.look().status == "ok"
    assert follower.lines == b"step,LOSS\r\n" + ROWS + b"41,6\n"
    assert system.read < 8 * BESIDE_THE_HOLE


@pytest.mark.parametrize("budget", [LONGEST_LINE, 4 * LONGEST_LINE])
@pytest.mark.parametrize("first", [b"x", b"\0"])
def test_a_first_line_that_is_too_long_is_said(path: Path, budget: int, first: bytes) -> None:
    """Who reads the names of columns in a file's first line is told that it was skipped; a later one is no reason."""
    long = first * (3 * LONGEST_LINE) + b"\n"
    for data, lines, is_lost in ((long + b"1,2\n", b"1,2\n", True), (b"a,b\n" + long + b"1,2\n", b"a,b\n1,2\n", False)):
        path.write_bytes(data)
        follower = Follower(Tail(path, budget_bytes=budget))
        assert follower.look().lost_first_line is is_lost and follower.lines == lines
