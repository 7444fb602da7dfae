"""One growing file -> its complete new lines, or bytes. Truncation, replacement, rewriting. No format, no thread.

A file is what its bytes say now. Neither its size nor its inode tells whether it is still the file that was read
before: Lightning truncates and rewrites `metrics.csv` in place, Stable-Baselines3 overwrites it from offset 0 without
truncating, and a deleted and re-created file gets the same inode number. So each look compares two stretches of bytes
with what was read before, before and after it reads: the head of the file, and the bytes just below the offset. What
stands between these is compared piece by piece, when the file's times say that something was written (`RollingCheck`).

The file is opened for each look and closed again. A handle kept open would stop a trainer on Windows from replacing its
own file, and leaves `.nfs` litter on network drives.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from livemon.system.holes import Holes
from livemon.system.rolling_check import RollingCheck, Stamp
from livemon.system.shared_files import READ_FLAGS, SharedFiles

__all__ = ["LINE_TOO_LONG", "LAST_LINE_SECONDS", "QUIET_SECONDS", "Look", "Status", "Tail"]

HEAD_BYTES = 1024
ANCHOR_BYTES = 64
BUDGET_BYTES = 1 << 21  # What fits the processor's cache is also parsed fastest.
LONGEST_LINE = 1 << 20
LINE_TOO_LONG = "a line longer than 1 MiB was skipped"
# A file that has not changed for so long is complete, also where it is surely half overwritten: a writer that flushes
# its rows, and a file system that hands them on, take less.
QUIET_SECONDS = 5.0
SETTLE_SECONDS = 0.2  # for a file that may be: longer than a writer takes between two pieces
PATIENCE_SECONDS = 30.0  # for a file that never comes to rest
# ... of which the head and the last line are as they were: what is written meanwhile are most likely further rows.
PATIENCE_INSIDE_SECONDS = 1.0
LAST_LINE_SECONDS = 60.0  # A last line without its end is whole by then, if it is: a writer's buffer fills in less.
TICK_SECONDS = 2.0  # the coarsest clock of a file system: FAT's

_PIECE = 1 << 20
_NUL = b"\0"
_RETURN_AND_MORE = re.compile(rb"\r+[^\r\n]")


class Status(StrEnum):
    """The status of a source after a look. Each member equals its word, which readers may use as well."""

    OK = "ok"
    MISSING = "missing"
    """Nothing is at the path."""
    UNREADABLE = "unreadable"
    """`problem` says why."""
    REWRITING = "rewriting"
    """The file is being overwritten, and its content is not reliable yet."""


@dataclass(frozen=True, slots=True)
class Look:
    """The result of one look at a file.

    Attributes:
        status: The status; only OK comes with lines.
        lines: New complete lines, each with its line end. They start at a line's first byte. Of a file that is not of
            lines, all new bytes.
        restarted: The file is not the one read before: from here on the lines are counted from its first byte again. It
            is said once, with whatever status.
        more: The budget was used up; look again at once.
        dropped_lines: Lines longer than `LONGEST_LINE` that were skipped on the way.
        problem: For people, "" where there is none.
        last_line: What stands behind the last line end, where nobody has written the file for LAST_LINE_SECONDS. It is
            not handed out: it comes with its line end, or with more in front of that, if the file grows after all.
        lost_first_line: The first line of the file was one of those that are skipped: who needs its names has none.
    """

    status: Status = Status.OK
    lines: bytes = b""
    restarted: bool = False
    more: bool = False
    dropped_lines: int = 0
    problem: str = ""
    last_line: bytes = b""
    lost_first_line: bool = False


class _ChangedError(Exception):
    """The bytes below the offset differ from those that were read before."""


@dataclass(frozen=True, slots=True)
class _Hold:
    """A file that may be half overwritten: what it said, since when, and how long it was held before it said that."""

    since: float
    waited: float
    size: int
    checksum: int


class Tail:
    """Follows one file.

    Args:
        path: The file; it need not exist yet.
        budget_bytes: How much one look reads at most.
        by_lines: Hand out complete lines; False, for a file of another kind: all bytes, as soon as they are there.
        system: Where `open`, `fstat`, `pread` and `close` come from; None: `SharedFiles`. A test gives one that fails
            on purpose.
        clock: Seconds that never go back.

    Attributes:
        offset: Bytes of complete lines that were handed out, from the start of the file as it is now.
        pending_bytes: Bytes behind the last line end: a line that is not there yet.
        quiet_seconds: How long the file had not been written when it was looked at last; by this clock, where the
            file's own time lies in the future.
    """

    def __init__(
        self,
        path: Path,
        *,
        budget_bytes: int = BUDGET_BYTES,
        by_lines: bool = True,
        system: Any = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self.offset = 0
        self.pending_bytes = 0
        self.quiet_seconds = 0.0
        self._stands: tuple[int, int] | None = None  # size and time of the file
        self._stands_since = 0.0
        self._budget = max(budget_bytes, LONGEST_LINE)  # A look must be able to hold a line.
        self._by_lines = by_lines
        self._system = system or SharedFiles()
        self._clock = clock
        self._head = b""
        self._anchor = b""
        self._line_end = b""  # "\n", or "\r" for files of old habits; unknown until a line is complete
        self._in_long_line = self._lost_first_line = False
        self._hold: _Hold | None = None
        self._rolling = RollingCheck(clock)
        self._holes = Holes()
        self._changed_inside_since: float | None = None  # when bytes between head and anchor were seen to be others
        self._restarted = False  # and nobody has been told

    def look(self) -> Look:
        """Read what is new. Never raises because of what happens to the file: the status tells it."""
        look = self._open_and_look()
        restarted, self._restarted = self._restarted, False
        return replace(look, restarted=True) if restarted else look

    def _open_and_look(self) -> Look:
        try:
            descriptor = self._system.open(self.path, READ_FLAGS)
        except FileNotFoundError:
            return Look(Status.MISSING)
        except OSError as error:
            return self._unreadable(error)
        try:
            return self._look_at(descriptor)
        except OSError as error:
            return self._unreadable(error)
        finally:
            self._close(descriptor)

    def _look_at(self, descriptor: int) -> Look:
        status = self._system.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return Look(Status.UNREADABLE, problem=f"{self.path} is {_kind(status.st_mode)}, not a regular file")
        self._note_quiet(status)
        try:
            self._check(descriptor, status.st_size)
        except _ChangedError:
            if self._may_be_half_overwritten(descriptor, status):
                return Look(Status.REWRITING)
            self._start_over()
        self._hold = None
        if self._has_changed_inside(descriptor, status):
            if self._may_be_half_overwritten_inside():
                return Look(Status.REWRITING)
            self._start_over()
        return self._read(descriptor)

    def _has_changed_inside(self, descriptor: int, status: os.stat_result) -> bool:
        """Whether bytes between the head and the last ones are seen to be others than were read."""
        if self._changed_inside_since is not None:
            return True
        stamp = Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        settled = max(self.quiet_seconds, self._clock() - self._stands_since) >= TICK_SECONDS
        if self._rolling.finds_change(stamp, settled, lambda count, at: self._read_again(descriptor, count, at)):
            self._changed_inside_since = self._clock()
        return self._changed_inside_since is not None

    def _may_be_half_overwritten_inside(self) -> bool:
        """Whether a writer may be on its way through the file, as it has just written to it."""
        since, now = self._changed_inside_since, self._clock()
        is_being_written = now - self._stands_since < SETTLE_SECONDS
        return is_being_written and since is not None and now - since < PATIENCE_INSIDE_SECONDS

    def _note_quiet(self, status: os.stat_result) -> None:
        now, stands = self._clock(), (status.st_size, status.st_mtime_ns)
        if stands != self._stands:
            self._stands, self._stands_since = stands, now
        age = time.time() - status.st_mtime
        self.quiet_seconds = age if age >= 0 else now - self._stands_since

    def _read(self, descriptor: int) -> Look:
        chunk = self._pread(descriptor, self._budget, self.offset)
        if not chunk:
            self.pending_bytes = 0
            return Look()
        try:
            self._check(descriptor, self._system.fstat(descriptor).st_size)
            self._check_again(descriptor, chunk)
        except _ChangedError:  # What was read may be a mixture. The next look sees what it is.
            return Look(Status.REWRITING)
        more = len(chunk) == self._budget
        if more and self._may_lead_into_hole(chunk):
            return self._look_over_hole(descriptor, chunk)
        if not self._by_lines:
            self._consume(chunk)
            return Look(Status.OK, chunk, more=more)
        lines, dropped = self._complete_lines(chunk)
        last_line = b"" if more or self._in_long_line else self.once_quiet(chunk[len(chunk) - self.pending_bytes :])
        return Look(Status.OK, lines, more=more, dropped_lines=dropped, lost_first_line=self._lost_first_line,
                    last_line=last_line)

    def _may_lead_into_hole(self, chunk: bytes) -> bool:
        return chunk.endswith(_NUL) and not (self._end_of_lines(chunk) if self._by_lines else chunk.strip(_NUL))

    def _look_over_hole(self, descriptor: int, chunk: bytes) -> Look:
        """Read NULs, and skip those behind them that nobody has written.

        What is skipped has a round length, so that blocks of bytes, and two bytes of a letter, stay together. Where
        there is nothing else up to the end of the file, its writer may come to fill it: it is left unread.
        """
        start = self.offset + len(chunk)
        end = self._system.next_data(descriptor, start)
        if end is None:
            self.pending_bytes = len(chunk.rstrip(_NUL))
            return Look()
        if self._by_lines:
            self._complete_lines(chunk)
        else:
            self._consume(chunk)
        end -= (end - start) % _PIECE
        if end > start:
            self._holes.add(start, end)
            self.offset = end
            self._anchor = _NUL * len(self._anchor)
        return Look(Status.OK, b"" if self._by_lines else chunk, more=True)

    def _read_again(self, descriptor: int, count: int, start: int) -> bytes:
        """The bytes that are now where some bytes were read, without holes."""
        return self._holes.read(count, start, lambda count, at: self._pread(descriptor, count, at),
                                lambda offset: self._system.next_data(descriptor, offset))

    def once_quiet(self, last_line: bytes) -> bytes:
        """A last line that has no line end, where it may be taken for whole; b"" while the file may grow."""
        return last_line if self.quiet_seconds >= LAST_LINE_SECONDS else b""

    def _complete_lines(self, chunk: bytes) -> tuple[bytes, int]:
        """Cut the chunk behind its last line end, remember what is consumed, skip lines that are too long."""
        end = self._end_of_lines(chunk)
        if self.offset == 0 and len(chunk) >= LONGEST_LINE:
            self._lost_first_line = end == 0 or chunk.find(self._line_end, 0, LONGEST_LINE) < 0
        if end == 0 and len(chunk) >= LONGEST_LINE:
            self._consume(chunk)
            self.pending_bytes = 0
            self._in_long_line = True
            return b"", 0
        self.pending_bytes = len(chunk) - end
        lines = chunk[:end]
        self._consume(lines)
        if not lines:
            return b"", 0
        skipped, self._in_long_line = int(self._in_long_line), False
        lines, dropped = self._short_lines(lines[lines.index(self._line_end) + 1 :] if skipped else lines)
        return lines, dropped + skipped

    def _short_lines(self, lines: bytes) -> tuple[bytes, int]:
        """The lines without those that are too long, and how many these were; however the bytes were cut."""
        kept, start, position = [], 0, 0
        while len(lines) - position > LONGEST_LINE:
            end = lines.rfind(self._line_end, position, position + LONGEST_LINE) + 1
            if end == 0:
                kept.append(lines[start:position])
                start = end = lines.index(self._line_end, position) + 1
            position = end
        return (b"".join([*kept, lines[start:]]), len(kept)) if kept else (lines, 0)

    def _end_of_lines(self, chunk: bytes) -> int:
        """Length of the complete lines. A carriage return ends a line only where the file has no line feeds."""
        if self._line_end != b"\r" and (end := chunk.rfind(b"\n") + 1):
            self._line_end = b"\n"
            return end
        if self._line_end == b"":
            if not _RETURN_AND_MORE.search(chunk):  # A line feed may follow.
                return 0
            self._line_end = b"\r"
        return chunk.rfind(b"\r") + 1 if self._line_end == b"\r" else 0

    def _consume(self, data: bytes) -> None:
        self.offset += len(data)
        self._rolling.add(data)
        if len(self._head) < HEAD_BYTES:
            self._head = (self._head + data[:HEAD_BYTES])[:HEAD_BYTES]
        self._anchor = (self._anchor + data[-ANCHOR_BYTES:])[-ANCHOR_BYTES:]

    def _start_over(self) -> None:
        self.offset = 0
        self.pending_bytes = 0
        self._head = self._anchor = self._line_end = b""
        self._in_long_line = self._lost_first_line = False
        self._rolling.forget()
        self._holes = Holes()
        self._changed_inside_since = None
        self._restarted = True

    def _check(self, descriptor: int, size: int) -> None:
        """Raise _ChangedError unless the head and the bytes below the offset are still what was read."""
        if size < self.offset:
            raise _ChangedError
        if self._head and self._pread(descriptor, len(self._head), 0) != self._head:
            raise _ChangedError
        if self._anchor and self._anchor_now(descriptor) != self._anchor:
            raise _ChangedError

    def _anchor_now(self, descriptor: int) -> bytes:
        return self._pread(descriptor, len(self._anchor), self.offset - len(self._anchor))

    def _check_again(self, descriptor: int, chunk: bytes) -> None:
        """Raise _ChangedError unless the first and last bytes of what was read just now still stand there."""
        first, last = chunk[:HEAD_BYTES], chunk[-ANCHOR_BYTES:]
        end = self.offset + len(chunk)
        if self._pread(descriptor, len(first), self.offset) != first:
            raise _ChangedError
        if self._pread(descriptor, len(last), end - len(last)) != last:
            raise _ChangedError

    def _may_be_half_overwritten(self, descriptor: int, status: os.stat_result) -> bool:
        """Whether a writer may be on its way through the file from offset 0.

        Then the head is new, and somewhere below it a new row runs into the rest of an old one. The bytes do not say
        where. So the file is held until it has said the same for SETTLE_SECONDS; for QUIET_SECONDS while the last line
        that was read stands where it stood, which the writer then has not reached. In a file that took the place of
        another that tells nothing. A file that was cut short is not held: what is in it was written after that, from
        its start.
        """
        size = status.st_size
        now, hold = self._clock(), self._hold
        if size < self.offset or (hold and size < hold.size):
            return False
        if hold is None or self._checksum(descriptor, hold.size) != hold.checksum:
            # Time in which livemon did not look, such as a laptop's sleep, does not count.
            waited = hold.waited + min(now - hold.since, 1.0) if hold else 0.0
            self._hold = _Hold(now, waited, size, self._checksum(descriptor, size))
            return waited < PATIENCE_SECONDS
        last_line = self._anchor[self._anchor[:-1].rfind(self._line_end or b"\n") + 1 :]
        is_another = self._rolling.is_another(status.st_ino)
        not_reached = not is_another and self._anchor_now(descriptor).endswith(last_line)
        return now - hold.since < (QUIET_SECONDS if not_reached else SETTLE_SECONDS)

    def _checksum(self, descriptor: int, size: int) -> int:
        checksum = position = 0
        while position < size:
            piece = self._pread(descriptor, min(_PIECE, size - position), position)
            checksum = zlib.crc32(piece, checksum)
            position += _PIECE
            if piece.endswith(_NUL) and (data := self._system.next_data(descriptor, position)) != position:
                position = size if data is None else data
                checksum = zlib.crc32(b"%d" % position, checksum)
        return checksum

    def _pread(self, descriptor: int, count: int, offset: int) -> bytes:
        """`count` bytes, fewer only at the end of the file: a system may return less than asked for."""
        pieces = []
        while count > 0:
            piece = self._system.pread(descriptor, count, offset)
            if not piece:
                break
            pieces.append(piece)
            count -= len(piece)
            offset += len(piece)
        return b"".join(pieces)

    def _close(self, descriptor: int) -> None:
        try:
            self._system.close(descriptor)
        except OSError:  # A failing close cannot lose anything: we only read.
            pass

    def _unreadable(self, error: OSError) -> Look:
        name = errno.errorcode.get(error.errno or 0, "error")
        return Look(Status.UNREADABLE, problem=f"cannot read {self.path}: {error.strerror or error} ({name})")


def _kind(mode: int) -> str:
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device"}
    return kinds.get(stat.S_IFMT(mode), "something special")
