"""One growing file -> its complete new lines, or bytes. This module handles truncated, replaced and rewritten files; it
knows no format, and has no thread.

Only its bytes tell whether a file is still the file that was read before. Its size and its inode do not: Lightning
truncates and rewrites `metrics.csv` in place, Stable-Baselines3 overwrites it from offset 0 without truncating, and a
deleted and re-created file gets the same inode number. So each look compares two stretches of bytes with what was read
before, before and after it reads: the head of the file, and the bytes just before the offset. The bytes between them
are compared piece by piece when the file's times say that something was written (`RollingCheck`).

The file is opened for each look and closed again. A handle kept open would stop a trainer on Windows from replacing its
own file, and would leave `.nfs` files on network drives.
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
BUDGET_BYTES = 1 << 21  # a chunk that fits the processor's cache is also parsed fastest
LONGEST_LINE = 1 << 20
LINE_TOO_LONG = "a line longer than 1 MiB was skipped"
# A file that has not changed for so long is complete, even if it was surely half overwritten before: writers that flush
# their rows, and file systems that pass them on, take less.
QUIET_SECONDS = 5.0
SETTLE_SECONDS = 0.2  # for a file that may be half overwritten: longer than a writer's pause between two pieces
PATIENCE_SECONDS = 30.0  # for a file that never comes to rest
# The same if its head and its last line have not changed: the newly written bytes are most likely further rows.
PATIENCE_INSIDE_SECONDS = 1.0
LAST_LINE_SECONDS = 60.0  # A last line without a line end counts as complete then: a writer's buffer fills in less.
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
        lines: New complete lines, each with its line end. They start at a line's first byte. For a file without lines,
            all new bytes.
        restarted: Whether the file is not the one read before: from here on the lines are counted from its first byte
            again. It is True once, with any status.
        more: Whether the budget was used up; look again at once.
        dropped_lines: The number of lines longer than `LONGEST_LINE` that were skipped.
        problem: A message for people, or "".
        last_line: The text after the last line end, if nobody has written the file for LAST_LINE_SECONDS. It does not
            count as handed out: if the file grows after all, it comes again as part of a complete line.
        lost_first_line: Whether the first line of the file, which may have the column names, was skipped.
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
    """The bytes before the offset differ from those that were read."""


@dataclass(frozen=True, slots=True)
class _Hold:
    """A file that may be half overwritten: its content, since when it has that, and how long it was held before."""

    since: float
    waited: float
    size: int
    checksum: int


class Tail:
    """Follows one file.

    Args:
        path: The file; it need not exist yet.
        budget_bytes: The most bytes that one look reads.
        by_lines: Whether to hand out complete lines; False, for a file without lines: all bytes as soon as they come.
        system: The object with `open`, `fstat`, `pread` and `close`; None: `SharedFiles`. A test passes an object that
            fails on purpose.
        clock: A clock in seconds that never goes back.

    Attributes:
        offset: The bytes of complete lines that were handed out, from the start of the present file.
        pending_bytes: The bytes after the last line end: a line that is not complete yet.
        quiet_seconds: How long the file had not been written at the last look; measured with `clock` if the file's own
            time lies in the future.
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
        self._file_state: tuple[int, int] | None = None  # size and time of the file
        self._unchanged_since = 0.0
        self._budget = max(budget_bytes, LONGEST_LINE)  # the longest line must fit
        self._by_lines = by_lines
        self._system = system or SharedFiles()
        self._clock = clock
        self._head = b""
        self._anchor = b""
        self._line_end = b""  # "\n", or "\r" in old-fashioned files; unknown until a line is complete
        self._in_long_line = self._lost_first_line = False
        self._hold: _Hold | None = None
        self._rolling = RollingCheck(clock)
        self._holes = Holes()
        self._changed_inside_since: float | None = None  # when changed bytes were seen between head and anchor
        self._restarted = False  # True until a look has reported it

    def look(self) -> Look:
        """Read new lines. Problems with the file are never raised: the status tells them."""
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
        """Whether bytes between the head and the anchor differ from those that were read."""
        if self._changed_inside_since is not None:
            return True
        stamp = Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        settled = max(self.quiet_seconds, self._clock() - self._unchanged_since) >= TICK_SECONDS
        if self._rolling.finds_change(stamp, settled, lambda count, at: self._read_again(descriptor, count, at)):
            self._changed_inside_since = self._clock()
        return self._changed_inside_since is not None

    def _may_be_half_overwritten_inside(self) -> bool:
        """Whether a writer may be on its way through the file, because it has just written to it."""
        since, now = self._changed_inside_since, self._clock()
        is_being_written = now - self._unchanged_since < SETTLE_SECONDS
        return is_being_written and since is not None and now - since < PATIENCE_INSIDE_SECONDS

    def _note_quiet(self, status: os.stat_result) -> None:
        now, file_state = self._clock(), (status.st_size, status.st_mtime_ns)
        if file_state != self._file_state:
            self._file_state, self._unchanged_since = file_state, now
        age = time.time() - status.st_mtime
        self.quiet_seconds = age if age >= 0 else now - self._unchanged_since

    def _read(self, descriptor: int) -> Look:
        chunk = self._pread(descriptor, self._budget, self.offset)
        if not chunk:
            self.pending_bytes = 0
            return Look()
        try:
            self._check(descriptor, self._system.fstat(descriptor).st_size)
            self._check_again(descriptor, chunk)
        except _ChangedError:  # the chunk may mix old and new bytes; the next look finds out
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
        """Take a chunk of NUL bytes, and skip the hole that follows it.

        The skipped length is a multiple of `_PIECE`, so that blocks of bytes, and the two bytes of a UTF-16 character,
        stay together. A hole that reaches to the end of the file is left unread: its writer may still fill it.
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
        """Read bytes again, without holes."""
        return self._holes.read(count, start, lambda count, at: self._pread(descriptor, count, at),
                                lambda offset: self._system.next_data(descriptor, offset))

    def once_quiet(self, last_line: bytes) -> bytes:
        """A last line without a line end, if it counts as complete; b"" while the file may grow."""
        return last_line if self.quiet_seconds >= LAST_LINE_SECONDS else b""

    def _complete_lines(self, chunk: bytes) -> tuple[bytes, int]:
        """Cut the chunk after its last line end, remember the consumed bytes, and skip lines that are too long."""
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
        """The lines without those that are too long, and the number of these. How the bytes were cut does not matter.
        """
        kept, start, position = [], 0, 0
        while len(lines) - position > LONGEST_LINE:
            end = lines.rfind(self._line_end, position, position + LONGEST_LINE) + 1
            if end == 0:
                kept.append(lines[start:position])
                start = end = lines.index(self._line_end, position) + 1
            position = end
        return (b"".join([*kept, lines[start:]]), len(kept)) if kept else (lines, 0)

    def _end_of_lines(self, chunk: bytes) -> int:
        """The length of the complete lines. A carriage return ends a line only in a file without line feeds."""
        if self._line_end != b"\r" and (end := chunk.rfind(b"\n") + 1):
            self._line_end = b"\n"
            return end
        if self._line_end == b"":
            if not _RETURN_AND_MORE.search(chunk):  # a line feed may follow
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
        """Raise _ChangedError unless the head and the bytes before the offset are still the same."""
        if size < self.offset:
            raise _ChangedError
        if self._head and self._pread(descriptor, len(self._head), 0) != self._head:
            raise _ChangedError
        if self._anchor and self._anchor_now(descriptor) != self._anchor:
            raise _ChangedError

    def _anchor_now(self, descriptor: int) -> bytes:
        return self._pread(descriptor, len(self._anchor), self.offset - len(self._anchor))

    def _check_again(self, descriptor: int, chunk: bytes) -> None:
        """Raise _ChangedError unless the first and last bytes of the chunk just read are still in the file."""
        first, last = chunk[:HEAD_BYTES], chunk[-ANCHOR_BYTES:]
        end = self.offset + len(chunk)
        if self._pread(descriptor, len(first), self.offset) != first:
            raise _ChangedError
        if self._pread(descriptor, len(last), end - len(last)) != last:
            raise _ChangedError

    def _may_be_half_overwritten(self, descriptor: int, status: os.stat_result) -> bool:
        """Whether a writer may be on its way through the file from offset 0.

        Then the head is new, and somewhere after it a new row runs into the remains of an old one. The bytes do not
        show where. So the file is held until it has not changed for SETTLE_SECONDS; or for QUIET_SECONDS while the last
        line that was read is still in its place, because then the writer has not reached it. In a file that replaced
        another, that line tells nothing. A truncated file is not held: its content was written after that, from the
        start.
        """
        size = status.st_size
        now, hold = self._clock(), self._hold
        if size < self.offset or (hold and size < hold.size):
            return False
        if hold is None or self._checksum(descriptor, hold.size) != hold.checksum:
            # Time in which livemon did not look, such as while a laptop sleeps, does not count.
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
        """Read `count` bytes, fewer only at the end of the file: one system call may return less than asked for."""
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
        except OSError:  # a failed close cannot lose anything: we only read
            pass

    def _unreadable(self, error: OSError) -> Look:
        name = errno.errorcode.get(error.errno or 0, "error")
        return Look(Status.UNREADABLE, problem=f"cannot read {self.path}: {error.strerror or error} ({name})")


def _kind(mode: int) -> str:
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device"}
    return kinds.get(stat.S_IFMT(mode), "something special")
