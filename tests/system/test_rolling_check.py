"""Bytes that were read are compared with the file again, within a bounded share of a core."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livemon.system import rolling_check
from livemon.system.rolling_check import Budget, RollingCheck, Stamp
from livemon.testing import HandClock

STAMP = Stamp(0, 1, 1, 1)


def reading(data: bytes) -> Callable[[int, int], bytes]:
    return lambda count, at: data[at : at + count]


@given(st.binary(min_size=1, max_size=400), st.data())
def test_any_other_byte_is_seen(data: bytes, draw: st.DataObject) -> None:
    """However the bytes were cut while they were read, and whichever of them is another one, the check sees it, and
    sees nothing where none is; also where the blocks have been doubled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rolling_check, "BLOCK_BYTES", 8)
        patch.setattr(rolling_check, "MOST_BLOCKS", 4)
        patch.setattr(rolling_check, "PIECE_BYTES", 3)
        check = RollingCheck(HandClock())
        check.finds_change(STAMP, True, reading(data))
        cuts = sorted({0, len(data), *draw.draw(st.lists(st.integers(0, len(data))))})
        for start, end in itertools.pairwise(cuts):
            check.add(data[start:end])
        assert len(check._edges) <= 5
        assert not check.finds_change(STAMP._replace(modified=2), True, reading(data))
        place = draw.draw(st.integers(0, len(data) - 1))
        other = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        assert check.finds_change(STAMP._replace(modified=3), True, reading(other))


def test_nothing_is_read_while_the_times_stand() -> None:
    """A file whose times and size are as they were costs no byte; one that was written a moment ago is compared once
    more when a coarse clock must have ticked."""
    check, reads = RollingCheck(HandClock()), []

    def read(count: int, at: int) -> bytes:
        reads.append(at)
        return b"abc"[at : at + count]

    check.finds_change(STAMP, False, read)
    check.add(b"abc")
    assert not check.finds_change(STAMP, False, read)
    assert reads == []
    assert not check.finds_change(STAMP, True, read)
    assert reads == [0]
    for _ in range(10):
        check.finds_change(STAMP, True, read)
    assert reads == [0]


def test_times_that_never_move_are_not_believed() -> None:
    """Where a file grows and its times stand still, it is compared every few seconds, and a change in place is seen."""
    clock = HandClock()
    check = RollingCheck(clock)
    check.finds_change(STAMP, True, reading(b""))
    check.add(b"abc")
    clock.advance(10)
    assert not check.finds_change(STAMP._replace(size=6), True, reading(b"abcdef"))
    check.add(b"def")
    clock.advance(10)
    assert check.finds_change(STAMP._replace(size=6), True, reading(b"aXcdef"))


def test_another_inode_is_a_reason_to_compare() -> None:
    """A file that took the place of another within one tick of the clock is compared; where each look shows another
    inode, it is not compared for ever."""
    check, reads = RollingCheck(HandClock()), []

    def read(count: int, at: int) -> bytes:
        reads.append(at)
        return b"abc"[at : at + count]

    check.finds_change(STAMP, True, read)
    check.add(b"abc")
    assert check.finds_change(STAMP._replace(inode=2), True, reading(b"abX"))
    for inode in range(3, 30):
        assert not check.finds_change(STAMP._replace(inode=inode), True, read)
    assert len(reads) == rolling_check.NEEDLESS_CHECKS


def test_a_check_takes_its_share_of_the_time() -> None:
    """Of one core no more than the share is used, however often somebody looks, and however long nobody did."""
    clock, used = HandClock(), [0.0]
    budget = Budget(0.05, clock, lambda: used[0])

    def work() -> bool:
        used[0] += 0.004
        return True

    for _ in range(2000):
        clock.advance(0.01)
        while budget.allows():
            budget.spend(work)
    assert used[0] == pytest.approx(0.05 * 20, rel=0.05)
    clock.advance(3600)
    before = used[0]
    while budget.allows():
        budget.spend(work)
    assert used[0] - before <= rolling_check.MOST_CREDIT + 0.004


def test_a_large_file_is_compared_over_several_looks() -> None:
    """A file that takes longer than the share allows is compared piece by piece, and a change at its end is seen."""
    clock = HandClock()
    check = RollingCheck(clock)
    data = bytes(8 << 20)
    check.finds_change(STAMP, True, reading(data))
    check.add(data)
    check._budget_of_changed = Budget(0.045, clock, lambda: used[0])
    used = [0.0]

    def read(count: int, at: int) -> bytes:
        used[0] += 0.001
        return (data[:-1] + b"x")[at : at + count]

    looks = 0
    while not check.finds_change(STAMP._replace(modified=2), True, read):
        clock.advance(0.1)
        looks += 1
    assert 5 < looks < 40
    assert zlib.crc32(data) == check._crc
