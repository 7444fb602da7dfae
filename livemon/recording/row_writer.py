"""Writes rows to the file of a run: from the values of a row to the disk."""

from __future__ import annotations

import time
from collections import deque
from enum import Enum
from pathlib import Path
from typing import Any

from livemon.recording.file_kind import TIME_COLUMN
from livemon.recording.metrics_file import MetricsFile, number_in
from livemon.recording.problems import Problems, kind_and_message
from livemon.recording.progress import DISK, Progress
from livemon.recording.rows import RowText
from livemon.system.atomic import remove_leftovers

__all__ = ["BATCH", "DiskState", "RowWriter", "WaitingRows"]

BATCH = 5_000  # rows in one write at most

WaitingRows = deque[tuple[dict[str, Any], float]]  # each: the row, and when it was logged (monotonic clock)


class DiskState(Enum):
    """Whether the disk takes rows."""

    NOT_OPEN = "the file has not been opened yet; it may hold rows, so nothing is written before it has been read"
    WRITING = "the disk takes rows"
    STUCK = "the disk refused rows the last time; they wait in memory, and the next write tries again"


class RowWriter:
    """Writes rows to a `metrics.csv`. Its callers hold the recorder's lock.

    Args:
        problems: Receives warnings.
        progress: Receives the progress of the writing, or None.

    Attributes:
        state: Whether the disk takes rows.
        unwritten: The number of rows that were taken and are not in the file yet.
        unwritable: The number of rows that could not be turned into text, and are lost.
        elapsed: `time_elapsed_seconds` of the last row in the file when it was opened.
        next_step: The step after the last one in the file when it was opened.
    """

    def __init__(self, problems: Problems, progress: Progress | None = None) -> None:
        self.state = DiskState.NOT_OPEN
        self.unwritable = 0
        self.elapsed: float = 0
        self.next_step: float = 0
        self._problems = problems
        self._progress = progress or Progress()
        self._file = MetricsFile(Path(), self._progress.beat)
        self._text = RowText(problems, self._progress)
        self._lines: list[tuple[bytes, int]] = []  # each: a row as text without its end, the number of its cells
        self._zero = 0.0  # the monotonic clock when the run's time was 0

    @property
    def unwritten(self) -> int:
        """The number of rows that were taken and are not in the file yet."""
        return len(self._lines)

    def open(self, path: Path, now: float) -> None:
        """Open an existing file, with its header and last row, or begin a new one.

        Args:
            path: The file.
            now: The monotonic clock.

        Raises:
            OSError: The file cannot be read.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path)
        self._file = MetricsFile(path, self._progress.beat)
        header, last = self._file.resume()
        self._text.add_columns(header or ["step"])
        self.elapsed = number_in(last.get(TIME_COLUMN), 0)
        self.next_step = number_in(last.get("step"), -1) + 1
        self._zero = now - self.elapsed
        self.state = DiskState.WRITING
        if torn := self._file.torn:
            self._problems.report("torn", f"{path}: an incomplete last line was left out: {torn!r}")

    def write(self, rows: WaitingRows) -> None:
        """Move the rows to the file. Raises the errors of the disk; then the rows wait here for the next call."""
        while rows or self._lines:
            while rows and len(self._lines) < BATCH:
                self._take(*rows.popleft())
            try:
                with self._progress.waiting_for(DISK):
                    self._file.add(self._text.columns, self._lines)
            except Exception as error:
                del self._lines[: getattr(error, "rows_written", 0)]
                self.state = DiskState.STUCK
                raise
            self._lines.clear()
            self.state = DiskState.WRITING

    @staticmethod
    def drop(rows: WaitingRows) -> int:
        """Drop the waiting rows. Returns their number, including rows added in the meantime."""
        dropped = 0
        while rows:
            rows.popleft()
            dropped += 1
        return dropped

    def _take(self, row: dict[str, Any], when: float) -> None:
        """Turn a row into a line."""
        try:
            row.setdefault(TIME_COLUMN, f"{when - self._zero:.6f}")
            self._lines.append(self._text.line(row))
        except Exception as error:
            self.unwritable += 1
            self._problems.report("row", f"a row could not be recorded: {kind_and_message(error)}", error)
        if len(self._lines) % 64 == 0:
            self._progress.beat()
            if not self._progress.yielding_callers:
                time.sleep(0)  # let the training have the interpreter
