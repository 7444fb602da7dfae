"""The notes of the recorder and the callbacks on a run beside its metrics: `livemon.json`, and `config.json`."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import socket
import stat
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from livemon.states import Reason, Standing, State, standing_in_words
from livemon.system.atomic import create_file, encoded, replace_file
from livemon.system.environment import job_ends_at
from livemon.system.origin import origin_of_process
from livemon.system.processes import is_running, started
from livemon.system.settings_files import parse_file
from livemon.tables.plain import LONGEST_ARRAY, to_plain

__all__ = ["DELETED_NAME", "FACTS", "NOTE_NAME", "NO_NOTE", "Attempt", "Note", "RunNotes", "earlier_files",
           "is_own_folder", "plain_config", "read_note", "recording_process", "write_new_config"]

NOTE_NAME = "livemon.json"
DELETED_NAME = "metrics.csv"  # the file of CSVLogger whose rows `earlier_files` keep
_PLACES = (NOTE_NAME, os.path.join("livemon", NOTE_NAME))  # the second beside the files of another Lightning logger
_FIRST_PARTS = frozenset(name.split(os.sep, 1)[0] for name in _PLACES)
# The facts about a training that callbacks keep in it beside the settings.
FACTS = ("batch_size", "parameters", "trained", "devices", "precision", "strategy", "steps_per_second",
         "samples_per_second")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """The state of one attempt of a run. The fields have the names in the file; None, "" or empty: not known.

    Attributes:
        state: The state that the attempt wrote last: running, or how it ended.
        reason: Why it stopped or failed.
        evidence: The evidence for this, in words.
        pid: The id of its process.
        process_started: When that process was started; see `processes.started`.
        host: The machine.
        started, ended: Unix seconds.
        elapsed: `time_elapsed_seconds` when the attempt began.
        job_ends: When the scheduler will end its job, unix seconds.
        dropped: The number of rows that could not be recorded.
        file: The file in the run's folder with the attempt's rows, if the framework has deleted them.
        other: Names that livemon does not know, from users and from other versions, with their values.
    """

    state: State | None = None
    reason: Reason | None = None
    evidence: str = ""
    pid: int | None = None
    process_started: str | None = None
    host: str = ""
    started: float | None = None
    ended: float | None = None
    elapsed: float | None = None
    job_ends: float | None = None
    dropped: int | None = None
    file: str = ""
    other: Mapping[str, Any] = field(default_factory=dict)

    @property
    def process(self) -> int | None:
        """The process, if it is on this machine and still runs; otherwise None."""
        if not self._is_here or self.pid is None:
            return None
        return self.pid if is_running(self.pid, self.process_started) else None

    @property
    def may_run(self) -> bool:
        """Whether the process may still run. True if this machine cannot tell."""
        return not self._is_here or self.process is not None

    @property
    def _is_here(self) -> bool:
        return self.host == socket.gethostname()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Attempt):
    """The content of `livemon.json`: facts about a run and its newest attempt.

    Attributes:
        total_steps, max_steps, total_epochs: The planned length of the training.
        framework: The framework whose callback wrote the file; "" for `record`.
        config: The run's settings.
        earlier: The earlier attempts, oldest first.
        continues: The folder of the run that this one continues.
        resumed_from: The checkpoint from which the newest attempt continued.
        command: The command line of the newest attempt, without the secrets in it.
        commit, branch: Those of the Git repository with its script, or else with its current folder.
    """

    total_steps: float | None = None
    max_steps: float | None = None
    total_epochs: float | None = None
    framework: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    earlier: tuple[Attempt, ...] = ()
    continues: str = ""
    resumed_from: str = ""
    command: str = ""
    commit: str = ""
    branch: str = ""

    @property
    def origin(self) -> dict[str, Any]:
        """The known facts about the run beside its settings: its machine and its code; from a callback also the batch
        size, the size of the model, devices and rates."""
        known = {"host": self.host, "commit": self.commit, "branch": self.branch, "command": self.command}
        of_callback = {name: self.other[name] for name in FACTS if isinstance(self.other.get(name), str | int | float)}
        return {name: value for name, value in (known | of_callback).items() if value}


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_Test = Callable[[Any], bool]
# name -> whether a value has the right type; other values count as absent
_OF_AN_ATTEMPT: dict[str, _Test] = {
    "state": _is_text, "reason": _is_text, "evidence": _is_text, "pid": _is_whole, "process_started": _is_text,
    "host": _is_text, "started": _is_number, "ended": _is_number, "elapsed": _is_number, "job_ends": _is_number,
    "dropped": _is_whole, "file": _is_text,
}  # fmt: skip
_OF_A_NOTE: dict[str, _Test] = _OF_AN_ATTEMPT | {
    "total_steps": _is_number, "max_steps": _is_number, "total_epochs": _is_number, "framework": _is_text,
    "config": lambda value: isinstance(value, dict), "earlier": lambda value: isinstance(value, list),
    "continues": _is_text, "resumed_from": _is_text, "command": _is_text, "commit": _is_text, "branch": _is_text,
}  # fmt: skip
# These names are always written, even if nothing is known yet.
_ALWAYS = frozenset(("state", "reason", "pid", "process_started", "host", "started", "ended", "total_steps",
                     "total_epochs", "framework", "config"))  # fmt: skip


def _attempt_in(values: Mapping[str, Any]) -> Attempt:
    return Attempt(**_known_in(values, _OF_AN_ATTEMPT))


def _note_in(values: Mapping[str, Any]) -> Note:
    known = _known_in(values, _OF_A_NOTE)
    earlier = tuple(_attempt_in(attempt) for attempt in known.get("earlier", ()) if isinstance(attempt, dict))
    return Note(**known | {"earlier": earlier})


def _known_in(values: Mapping[str, Any], names: Mapping[str, _Test]) -> dict[str, Any]:
    known = {name: values[name] for name, is_right in names.items() if name in values and is_right(values[name])}
    standing = standing_in_words(known.get("state", ""), known.get("reason"), known.get("evidence", ""))
    known |= standing._asdict() if standing is not None else {"state": None, "reason": None}
    return known | {"other": {name: value for name, value in values.items() if name not in names and name != "livemon"}}


def _values_of(part: Attempt) -> dict[str, Any]:
    """The values in the form of the file."""
    values = {name: getattr(part, name) for name in (_OF_A_NOTE if isinstance(part, Note) else _OF_AN_ATTEMPT)}
    values = {name: value for name, value in values.items() if name in _ALWAYS or not _is_absent(value)}
    if isinstance(part, Note) and part.earlier:
        values["earlier"] = [_values_of(attempt) for attempt in part.earlier]
    return values | dict(part.other)


def _is_absent(value: Any) -> bool:
    return value is None or (isinstance(value, str | tuple | Mapping) and not value)


class RunNotes:
    """The facts about a run beside its metrics: `livemon.json` in the run folder, replaced atomically.

    Attributes:
        path: The file.
        note: Its content.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        config: Mapping[str, Any] | None = None,
        total_steps: int | None = None,
        total_epochs: int | None = None,
        framework: str = "",
    ) -> None:
        self.path = Path(folder) / NOTE_NAME
        self._claimed = False
        self.note = Note(
            state=State.RUNNING, pid=os.getpid(), process_started=started(os.getpid()), host=socket.gethostname(),
            started=time.time(), total_steps=total_steps, total_epochs=total_epochs, framework=framework,
            config=dict(config or {}), job_ends=job_ends_at(),
        )  # fmt: skip
        self.put(**origin_of_process())

    def claim(self) -> bool:
        """Write the file if it does not exist yet; otherwise return False. Raises OSError."""
        try:
            create_file(self.path, [self._text()])
        except FileExistsError:
            return False
        self._claimed = True
        return True

    def start(self, *, elapsed: float = 0.0) -> None:
        """Write the file. If it exists already, the run continues: the state in the old file becomes one of the
        `earlier` attempts, and its config stays unless there is a new one. Raises OSError.

        Args:
            elapsed: `time_elapsed_seconds` when this attempt began.
        """
        before = read_note(self.path.parent)
        if before is not NO_NOTE and not self._claimed:
            self.put(earlier=(*before.earlier, _as_earlier(before)), config=self.note.config or before.config)
        self.put(elapsed=elapsed)
        self.write()

    def put(self, **values: Any) -> None:
        """Change some values; `write` writes them. This makes a new note, because another thread may be writing the old
        one."""
        known = {name: value for name, value in values.items() if name in _OF_A_NOTE}
        other = {name: value for name, value in values.items() if name not in _OF_A_NOTE}
        self.note = dataclasses.replace(self.note, **known, other={**self.note.other, **other})

    def update(self, **values: Any) -> None:
        """Change some values and write the file. Raises OSError."""
        self.put(**values)
        self.write()

    def end(self, standing: Standing, **values: Any) -> None:
        """Mark the end, change some values, and write the file. Raises OSError."""
        self.update(**standing._asdict(), ended=time.time(), **values)

    def write(self) -> None:
        """Write the file. Raises OSError."""
        replace_file(self.path, [self._text()])

    def _text(self) -> bytes:
        values = to_plain({"livemon": 1, **_values_of(self.note)}, LONGEST_ARRAY)
        return encoded(json.dumps(values, indent=1, ensure_ascii=False) + "\n")


def _as_earlier(note: Note) -> Attempt:
    """The newest attempt of a run, when another one begins."""
    attempt = Attempt(**{name: getattr(note, name) for name in _OF_AN_ATTEMPT if name != "file"})
    if attempt.state != State.RUNNING:
        return attempt
    end = Standing(State.FAILED, Reason.KILLED, "it ended without reporting how")
    return dataclasses.replace(attempt, **end._asdict())


def plain_config(config: Any) -> dict[str, Any]:
    """A mapping, a dataclass or a namespace as a dict for JSON; any other value is kept as text."""
    if config is None:
        return {}
    try:
        named = config if isinstance(config, Mapping) or dataclasses.is_dataclass(config) else vars(config)
        plain = to_plain(named, LONGEST_ARRAY)
    except TypeError:  # an object without vars()
        plain = to_plain(config, LONGEST_ARRAY)
    return plain if isinstance(plain, dict) else {"config": plain}


def recording_process(folder: Path) -> int | None:
    """The process of this machine that records into a folder now, according to its livemon.json; None if there is
    none."""
    note = read_note(folder)
    return note.process if note.state == State.RUNNING else None


def is_own_folder(folder: Path) -> bool:
    """Whether livemon alone uses the folder: it is new, empty, or has been recorded into before."""
    return not folder.exists() or not any(folder.iterdir()) or (folder / NOTE_NAME).exists()


def write_new_config(path: Path, config: dict[str, Any]) -> None:
    """Write config.json, unless it exists: then it may belong to somebody else, or to an earlier attempt."""
    if not path.exists():
        replace_file(path, [encoded(json.dumps(config, indent=2, ensure_ascii=False)), b"\n"])


NO_NOTE = Note()


def read_note(folder: Path, names: Collection[str] | None = None) -> Note:
    """The note of livemon's recorder or callbacks on a run; NO_NOTE if there is none that can be used.

    Args:
        folder: The run's folder.
        names: The names of everything in it, if they are known: then no other file is looked for.
    """
    if names is not None and _FIRST_PARTS.isdisjoint(names):
        return NO_NOTE
    for name in _PLACES:
        path = os.path.join(folder, name)  # quicker than Path, and most runs have none
        try:
            status = os.stat(path)
            if stat.S_ISREG(status.st_mode):  # a FIFO would block, and a device would never end
                return _cached_note(path, status.st_mtime_ns, status.st_size)
        except FileNotFoundError:
            continue
        except (OSError, ValueError, RecursionError):
            return NO_NOTE
    return NO_NOTE


@lru_cache(maxsize=1024)
def _cached_note(path: str, _modified: int, _size: int) -> Note:
    try:
        values = parse_file(Path(path))
    except (ValueError, RecursionError):  # also cached: otherwise a large broken file would be parsed at every look
        return NO_NOTE
    return _note_in(values) if values and isinstance(values, dict) else NO_NOTE


def earlier_files(folder: Path) -> list[Path]:
    """The files with rows of earlier attempts that the framework has deleted and our callback has kept, oldest first.
    Empty if the newest attempt did not continue from a checkpoint: then they belong to another training."""
    note = read_note(folder)
    names = [attempt.file for attempt in note.earlier if re.fullmatch(r"\.livemon/\w+\.csv", attempt.file)]
    return [path for name in names if os.path.isfile(path := folder / name)] if note.resumed_from else []
