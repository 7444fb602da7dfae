"""The last lines that a training prints into a file, with the times at which they came, as far as these are known.

Only the end of the file is read, however long it is, and then the appended lines. The lines are treated as data: each
is one clipped line, without its colours, in which other control characters are spelt out.
"""

from __future__ import annotations

import bisect
import os
import re
import stat
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from livemon.system.shared_files import open_regular
from livemon.system.streams import visible

__all__ = ["PrintedLine", "PrintedLines", "file_of_process"]

_END_BYTES = 256 << 10  # read from the end of an existing file, and at most from newly appended bytes
_MOST_LINES = 2000
_LONGEST_LINE = 500  # characters
_STAMP = re.compile(r"(\d{4})[-/](\d\d)[-/](\d\d)[ T](\d\d):(\d\d):(\d\d)(?:[.,]\d+)?(Z|[+-]\d\d:?\d\d)?")
# Sequences that only change the look of a text are left out: colours, "erase the rest of the line", and links.
_LOOKS = re.compile(r"\x1b\[[0-9;:]*[mK]|\x1b\]8;[^\x07\x1b]*(?:\x07|\x1b\\)")
_STAMP_WITHIN = 60  # characters from a line's beginning


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line, and when it came, in unix seconds; None if that is not known."""

    text: str
    at: float | None = None


class PrintedLines:
    """The last lines of a growing file.

    Args:
        path: The file.
        clock: A clock in unix seconds.

    Attributes:
        path: The file.
        lines: The last lines, the oldest first.
        problem: Why the file cannot be read, in words; "" if it can be read.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self.lines: Sequence[PrintedLine] = ()
        self.problem = ""
        self._clock = clock
        self._pending = b""  # the last line, which has no end yet
        self._offset: int | None = None
        self._status: tuple[int, int, int, int] | None = None

    def refresh(self) -> bool:
        """Read appended lines. Returns whether anything changed."""
        try:
            status = os.stat(self.path)
            key = status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
            if key == self._status:
                return False
            if not stat.S_ISREG(status.st_mode):
                raise OSError("it is not a file")
            if self._status is None or key[:2] != self._status[:2] or (self._offset or 0) > status.st_size:
                self._offset, self._pending, self.lines = None, b"", ()  # another file, or one that begins anew
            self._read(status.st_size, status.st_mtime)
            self._status, self.problem = key, ""
        except OSError as error:
            problem = error.strerror or str(error)
            if problem == self.problem:
                return False
            self.problem, self._status = problem, None
        return True

    def line_at(self, when: float) -> int | None:
        """The index of the last line that had come by a time; None if no line is known to have come by then."""
        times: list[float] = []
        known = -float("inf")
        for line in self.lines:
            known = known if line.at is None else max(line.at, known)
            times.append(known)
        index = bisect.bisect_right(times, when) - 1
        return index if index >= 0 and times[index] > -float("inf") else None

    def _read(self, size: int, written_at: float) -> None:
        is_first = self._offset is None
        begin = max(size - _END_BYTES, 0) if is_first else max(self._offset or 0, size - _END_BYTES)
        skipped = begin > (0 if is_first else self._offset or 0)
        with open_regular(self.path) as file:
            file.seek(begin)
            data = file.read(size - begin)
        self._offset = begin + len(data)
        if skipped:
            self._pending, self.lines = b"", ()
            data = data[data.find(b"\n") + 1 :] or data  # the first line is not complete
        before = self.lines[:-1] if self._pending else self.lines
        *whole, self._pending = (self._pending + data).split(b"\n")
        at = None if is_first else min(written_at, self._clock())
        new = [_line_of(text, at) for text in whole[-_MOST_LINES:]]
        if self._pending:
            new.append(_line_of(self._pending, at))
        if is_first and new and new[-1].at is None:
            new[-1] = replace(new[-1], at=written_at)
        self.lines = (*before, *new)[-_MOST_LINES:]
        self._pending = self._pending[-_END_BYTES:]


def _line_of(raw: bytes, at: float | None) -> PrintedLine:
    """A line as it looks at the end: a progress bar overwrites itself."""
    text = _LOOKS.sub("", raw[-8 * _LONGEST_LINE :].decode("utf-8", "replace")).rstrip("\r").rpartition("\r")[2]
    stamp = _time_in(text[:_STAMP_WITHIN])
    return PrintedLine(visible(text.expandtabs(4)[:_LONGEST_LINE]), at if stamp is None else stamp)


def _time_in(text: str) -> float | None:
    """The time in a log line; without a time zone, it is in this machine's."""
    if (match := _STAMP.search(text)) is None:
        return None
    zone = (match[7] or "").replace("Z", "+00:00")
    try:
        return datetime.fromisoformat("{}-{}-{}T{}:{}:{}".format(*match.groups()[:6]) + zone).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def file_of_process(pid: int) -> Path | None:
    """The file into which a process prints; None if that is not a file, or not known, as outside Linux."""
    try:
        link = f"/proc/{pid}/fd/1"
        path = os.readlink(link)
        return Path(path) if stat.S_ISREG(os.stat(link).st_mode) and os.path.isfile(path) else None
    except (OSError, ValueError):
        return None
