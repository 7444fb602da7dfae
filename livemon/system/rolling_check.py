"""Whether a file still has the bytes that were read: checked piece by piece, with a bounded share of a core.

A writer may rewrite its whole file with an older row changed, and leave its head and its last bytes as they were. Then
only the bytes in between tell. So livemon keeps checksums for blocks of the bytes that it reads, in bounded memory, and
compares the file with them when its times have changed. If the file has not grown, the change was not an append, and
the check is quick. If it has grown, it most likely was an append, and the check takes a small part of the elapsed time.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["Budget", "RollingCheck", "Stamp"]

# Shares of one core, for all files of this process: 5 % in total. A file of 4 GB takes 2.2 s of CPU time, so its check
# is finished in 50 s.
SHARE_OF_CHANGED = 0.045
SHARE_OF_GROWN = 0.005
FIRST_CREDIT = 0.01  # seconds: a file of some MB is checked in the look that sees the change
MOST_CREDIT = 0.25  # seconds: no look takes longer than this, even if livemon looks only every 5 s

BLOCK_BYTES = 64 << 10  # at first; doubled when there are more than MOST_BLOCKS
MOST_BLOCKS = 4096
PIECE_BYTES = 256 << 10  # pieces that fit the processor's cache are read and summed fastest

STANDING_SECONDS = 3.0  # If a file grows and its times stay the same for so long, its times are meaningless.
REST_SECONDS = 5.0  # Then livemon checks it again and again, with this pause.
NEEDLESS_CHECKS = 3  # in a row, only because of the inode: then the file system invents a new inode at each look


class Stamp(NamedTuple):
    """The system's facts about a file: any write changes one of the first three, unless the clock is too coarse.

    The inode changes when another file replaces it.
    """

    size: int
    modified: int
    changed: int
    inode: int

    def is_as(self, other: Stamp) -> bool:
        """Whether nothing was written in between, as far as the stamps tell."""
        return self[:3] == other[:3]


class Budget:
    """CPU time for checks: a share of the elapsed time.

    Args:
        share: The share of one core.
        clock: A clock in seconds that never goes back.
        cpu: The CPU time of this thread in seconds.
    """

    def __init__(
        self, share: float, clock: Callable[[], float] = time.monotonic, cpu: Callable[[], float] = time.thread_time
    ) -> None:
        self._share = share
        self._clock = clock
        self._cpu = cpu
        self._credit = FIRST_CREDIT
        self._filled_at = clock()

    def allows(self) -> bool:
        """Whether there is CPU time left now."""
        now = self._clock()
        self._credit = min(self._credit + self._share * (now - self._filled_at), MOST_CREDIT)
        self._filled_at = now
        return self._credit > 0

    def spend(self, work: Callable[[], bool]) -> bool:
        """Do some work and pay for it. Returns what the work returns."""
        began = self._cpu()
        try:
            return work()
        finally:
            self._credit -= self._cpu() - began


_CHANGED, _GROWN = Budget(SHARE_OF_CHANGED), Budget(SHARE_OF_GROWN)


class RollingCheck:
    """The checksums of the bytes read from one file, and how far they have been compared with the file.

    Args:
        clock: A clock in seconds that never goes back. Files that use the system's clock share one budget.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        shared = clock is time.monotonic
        self._budget_of_changed = _CHANGED if shared else Budget(SHARE_OF_CHANGED, clock)
        self._budget_of_grown = _GROWN if shared else Budget(SHARE_OF_GROWN, clock)
        self.forget()

    def forget(self) -> None:
        """Start again, with another file."""
        self._count = self._crc = 0  # bytes that were read, and their checksum
        self._block = BLOCK_BYTES
        self._edges: list[int] = []  # the checksum of the first block, of the first two blocks, and so on
        self._verified: tuple[Stamp, bool] | None = None  # the file that has these bytes; whether its times had settled
        self._seen: Stamp | None = None
        self._times_since = 0.0  # when its times were first seen
        self._times_stand_still = False
        self._is_append = True  # whether all changes since it was verified may be appends
        self._checked_up_to: int | None = None  # by the check that is under way
        self._checks: tuple[Stamp, bool] | None = None  # the value of `_verified` after that check
        self._ended_at = 0.0
        self._needless_checks = 0

    def add(self, data: bytes) -> None:
        """Add the next bytes that were read."""
        view, start = memoryview(data), 0
        while (room := self._block - self._count % self._block) <= len(data) - start:
            self._take(view[start : start + room])
            start += room
            self._edges.append(self._crc)
            if len(self._edges) > MOST_BLOCKS:
                self._edges = self._edges[1::2]
                self._block *= 2
                if self._checked_up_to is not None:
                    self._checked_up_to -= self._checked_up_to % self._block
        self._take(view[start:])

    def _take(self, data: memoryview) -> None:
        self._crc = zlib.crc32(data, self._crc)
        self._count += len(data)

    def finds_change(self, stamp: Stamp, settled: bool, read: Callable[[int, int], bytes]) -> bool:
        """Continue comparing if there is a reason and CPU time for it. Returns whether the file has other bytes.

        Args:
            stamp: The file's present stamp.
            settled: Whether its time of change lies so far back that a clock of seconds would show a later change.
            read: Count and offset -> bytes of the file.
        """
        self._note(stamp)
        if self._count == 0:
            self._verified = stamp, settled
            return False
        if self._checked_up_to is None:
            if not self._is_due(stamp, settled):
                return False
            self._checked_up_to, self._checks = 0, (stamp, settled)
        budget = self._budget_of_grown if self._is_append else self._budget_of_changed
        while self._checked_up_to is not None and budget.allows():
            if not budget.spend(lambda: self._compare_next(read)):
                self._checked_up_to = None
                return True
        return False

    def is_another(self, inode: int) -> bool:
        """Whether the inode is not that of the file that was read; False if this file system's inodes mean nothing."""
        return self._verified is not None and self._verified[0].inode != inode and self._needless_checks == 0

    def _note(self, stamp: Stamp) -> None:
        seen, now = self._seen, self._clock()
        self._seen = stamp
        if seen is not None and seen.is_as(stamp):
            return
        if seen is None or (seen.modified, seen.changed) != (stamp.modified, stamp.changed):
            self._times_since, self._times_stand_still = now, False
        elif now - self._times_since > STANDING_SECONDS:
            self._times_stand_still = True
        if seen is not None and (seen.inode != stamp.inode or stamp.size <= seen.size):
            self._is_append = False

    def _is_due(self, stamp: Stamp, settled: bool) -> bool:
        if self._times_stand_still and self._clock() - self._ended_at >= REST_SECONDS:
            return True
        if self._verified is None or not self._verified[0].is_as(stamp):
            return True
        if self._verified[0].inode != stamp.inode and self._needless_checks < NEEDLESS_CHECKS:
            return True
        return settled and not self._verified[1]  # Within one tick of a clock more may have been written.

    def _compare_next(self, read: Callable[[int, int], bytes]) -> bool:
        """Compare the next block, or the bytes after the last block. Returns whether the file has the same bytes."""
        assert self._checked_up_to is not None
        number = self._checked_up_to // self._block
        crc = self._edges[number - 1] if number else 0
        end, wanted = self._count, self._crc
        if number < len(self._edges):
            end, wanted = (number + 1) * self._block, self._edges[number]
        for position in range(self._checked_up_to, end, PIECE_BYTES):
            crc = zlib.crc32(read(min(PIECE_BYTES, end - position), position), crc)
        if crc != wanted:
            return False
        self._checked_up_to = end
        if end == self._count:
            self._end()
        return True

    def _end(self) -> None:
        """End a check: all bytes are compared. The next check finds changes made in the meantime."""
        if self._verified is not None and self._checks is not None and self._verified[0] != self._checks[0]:
            is_needless = self._verified[0].is_as(self._checks[0])
            self._needless_checks = self._needless_checks + 1 if is_needless else 0
        self._verified, self._checked_up_to, self._ended_at = self._checks, None, self._clock()
        if self._verified is not None and self._seen is not None and self._verified[0].is_as(self._seen):
            self._is_append = True
