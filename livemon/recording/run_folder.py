"""The folder into which a run is recorded, and the notes on the run in it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from livemon.recording.file_kind import why_foreign
from livemon.recording.problems import Problems, kind_and_message
from livemon.runs.notes import (
    NOTE_NAME,
    RunNotes,
    is_own_folder,
    plain_config,
    recording_process,
    write_new_config,
)
from livemon.states import Standing
from livemon.system.atomic import remove_leftovers
from livemon.system.processes import after_fork

__all__ = ["RecordedFolder"]

_recorded: set[str] = set()  # the folders into which this process records, as real paths
_written: set[str] = set()  # those into which it has ever recorded: rows after an end may have no note beside them
_taking = threading.Lock()  # held while a folder is checked and taken


def _after_fork() -> None:
    global _taking
    _taking = threading.Lock()
    _recorded.clear()


after_fork(_after_fork)


class RecordedFolder:
    """The folder of a run, and the run's `livemon.json` in it. A failure to write notes is one warning; rows go on.

    Args:
        asked: The folder named by the user. If another process records into it, the run gets a new folder beside it.
        notes: The facts about the run.
        problems: Receives warnings.
        after_end: Whether the run has ended and only gets further rows: its notes stay as they are.

    Attributes:
        path: The folder; before it is taken the candidate, which is never a folder into which another process was seen
            to record.
        notes: The notes.
    """

    def __init__(self, asked: Path, notes: RunNotes, problems: Problems, after_end: bool) -> None:
        self._asked = self.path = asked
        self._number = 1
        self._why_not = ""  # why the requested folder cannot be taken
        self.notes = notes
        self._problems = problems
        self._after_end = after_end
        self._is_own: bool | None = None  # whether livemon alone uses the folder; None until it is taken
        self._notes_changed = False  # since the file was written

    @property
    def metrics_path(self) -> Path:
        """The file of the rows."""
        return self.path / "logs" / "metrics.csv"

    def keep_config(self, config: Any) -> None:
        """Add the settings of the run to its notes."""
        try:
            plain = plain_config(config)
            json.dumps(plain)
        except Exception as error:  # they contain themselves, or cannot be read or written
            self._problems.report("config", f"the config cannot be kept: {kind_and_message(error)}", error)
        else:
            self.notes.put(config=plain)

    def take(self) -> None:
        """Take the requested folder, or a new one beside it if another process records there, so that rows are never
        mixed, or if its metrics file is of another kind, which is left as it is. A second call does nothing. Two
        processes that continue one old run at the same instant are not told apart.

        Raises:
            OSError: The folder cannot be created or read.
        """
        if self._is_own is not None:
            return
        while why_not := self._take_one(self.path):
            self._why_not = self._why_not or why_not
            self.path = self._next_folder()
            self.notes.path = self.path / NOTE_NAME  # before anything can fail: other notes must not be overwritten
        if self.path != self._asked:
            self._problems.report("taken", f"{self._why_not}; this run goes to {self.path}")

    def _next_folder(self) -> Path:
        """The next numbered folder beside it that does not exist yet: an existing one may belong to somebody else."""
        while True:
            self._number += 1
            folder = self._asked.with_name(f"{self._asked.name}-{self._number}")
            if not folder.exists():
                return folder

    def _take_one(self, folder: Path) -> str:
        """Take this folder, or say why not."""
        with _taking:
            is_own = is_own_folder(folder)
            if why_not := self._take(folder):
                return why_not
        self._is_own = is_own
        return ""

    def _take(self, folder: Path) -> str:
        """Claim a folder with a `livemon.json` in it; or say why not, and leave everything there as it is."""
        busy = f"{folder} is being recorded into already"
        real = os.path.realpath(folder)
        is_old_run = self.notes.path.exists()  # first of all: later notes belong to another process that begins now
        if real in _recorded or recording_process(folder) not in (None, os.getpid()):
            return busy
        is_known = real in _written or os.path.isfile(folder / NOTE_NAME)
        if kind := why_foreign(self.metrics_path, is_known=is_known):
            return f"{self.metrics_path} was not written by livemon ({kind}) and is left as it is"
        if not self._after_end:
            folder.mkdir(parents=True, exist_ok=True)
            if not (is_old_run or self._claim()):
                return busy
        _recorded.add(real)
        _written.add(real)
        return ""

    def _claim(self) -> bool:
        try:
            return self.notes.claim()
        except OSError as error:
            self._notes_failed(error)
            return True

    def release(self) -> None:
        """Let other recorders in this process use the folder, if it was taken."""
        if self._is_own is not None:
            _recorded.discard(os.path.realpath(self.path))

    def start(self, elapsed: float) -> None:
        """Note that the run has started, or continues.

        Args:
            elapsed: The `time_elapsed_seconds` at which this attempt began.

        Raises:
            OSError: `config.json` cannot be written.
        """
        if self._after_end:
            return
        note = self.notes.note
        remove_leftovers(self.notes.path)
        if self._is_own and note.config and not note.framework:
            write_new_config(self.path / "config.json", dict(note.config))
        try:
            self.notes.start(elapsed=elapsed)
        except Exception as error:
            self._notes_failed(error)

    def note(self, values: Mapping[str, Any]) -> None:
        """Change some notes; `write_notes` writes them."""
        self.notes.put(**values)
        self._notes_changed = True

    def write_notes(self) -> None:
        """Write the notes if they have changed."""
        if not self._notes_changed or self._after_end or self._is_own is None:
            return
        self._notes_changed = False
        try:
            self.notes.write()
        except Exception as error:
            self._notes_failed(error)

    def end(self, standing: Standing, dropped: int) -> None:
        """Note how the run ended, and how many rows could not be written."""
        if self._after_end or self._is_own is None:
            return
        try:
            self.notes.end(standing, dropped=dropped)
        except Exception as error:
            self._notes_failed(error)

    def _notes_failed(self, error: Exception) -> None:
        self._problems.report("notes", f"cannot write {self.notes.path}: {kind_and_message(error)}", error)
