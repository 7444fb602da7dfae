"""The folder into which a run is recorded: which folder that is, and what is noted of the run there."""

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
_written: set[str] = set()  # those into which it ever recorded: rows after an end may have no note beside them
_taking = threading.Lock()  # around the look whether a folder is free, and taking it


def _after_fork() -> None:
    global _taking
    _taking = threading.Lock()
    _recorded.clear()


after_fork(_after_fork)


class RecordedFolder:
    """The folder of a run, and the run's `livemon.json` in it. What cannot be noted is one warning; rows go on.

    Args:
        asked: The folder that the user named. Where somebody records into it, the run gets a new one beside it.
        notes: What is known of the run.
        problems: Where warnings go.
        after_end: The run has ended, and rows are added to it: its notes stay as they are.

    Attributes:
        path: The folder; until it is taken the one that is tried, which is never one into which somebody else was seen
            to record.
        notes: As above.
    """

    def __init__(self, asked: Path, notes: RunNotes, problems: Problems, after_end: bool) -> None:
        self._asked = self.path = asked
        self._number = 1
        self._why_not = ""  # why the folder that was asked for cannot be taken
        self.notes = notes
        self._problems = problems
        self._after_end = after_end
        self._is_own: bool | None = None  # whether nobody else keeps things in the folder; None until it is taken
        self._notes_changed = False  # since the file was written

    @property
    def metrics_path(self) -> Path:
        """The file of the rows."""
        return self.path / "logs" / "metrics.csv"

    def keep_config(self, config: Any) -> None:
        """Put the settings of the run among its notes."""
        try:
            plain = plain_config(config)
            json.dumps(plain)
        except Exception as error:  # It holds itself, or is what cannot be read or written.
            self._problems.report("config", f"the config cannot be kept: {kind_and_message(error)}", error)
        else:
            self.notes.put(config=plain)

    def take(self) -> None:
        """Take the folder that was asked for, or a new one beside it where somebody records there, so that rows are
        never mixed, or where its metrics file is of another kind, which is left as it is. A second call does nothing.
        Two that take up one old run in the same instant are not told apart.

        Raises:
            OSError: The folder cannot be made or read.
        """
        if self._is_own is not None:
            return
        while why_not := self._take_one(self.path):
            self._why_not = self._why_not or why_not
            self.path = self._next_folder()
            self.notes.path = self.path / NOTE_NAME  # before anything can fail: nobody else's notes are written over
        if self.path != self._asked:
            self._problems.report("taken", f"{self._why_not}; this run goes to {self.path}")

    def _next_folder(self) -> Path:
        """The next numbered folder beside it that is not there yet: a folder of that name may be somebody else's."""
        while True:
            self._number += 1
            folder = self._asked.with_name(f"{self._asked.name}-{self._number}")
            if not folder.exists():
                return folder

    def _take_one(self, folder: Path) -> str:
        """Take this folder; else say why not."""
        with _taking:
            is_own = is_own_folder(folder)
            if why_not := self._take(folder):
                return why_not
        self._is_own = is_own
        return ""

    def _take(self, folder: Path) -> str:
        """Make a folder ours, by a `livemon.json` in it; else say why not, and leave everything there as it is."""
        busy = f"{folder} is being recorded into already"
        real = os.path.realpath(folder)
        is_old_run = self.notes.path.exists()  # before all else: what comes later is of somebody who begins now
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
        """Let others of this process record into the folder, if it was taken."""
        if self._is_own is not None:
            _recorded.discard(os.path.realpath(self.path))

    def start(self, elapsed: float) -> None:
        """Note that the run has started, or goes on.

        Args:
            elapsed: What `time_elapsed_seconds` was when this attempt began.

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
        """Write the notes where they have changed."""
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
