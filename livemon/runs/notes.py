"""What the recorder and the callbacks note of a run beside its metrics: `livemon.json`, and `config.json`."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import socket
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from livemon.system.atomic import create_file, encoded, replace_file
from livemon.system.processes import process_of, started
from livemon.system.settings_files import parse_file
from livemon.tables.plain import LONGEST_ARRAY, to_plain

__all__ = ["NOTE_NAME", "RunNotes", "RunState", "earlier_files", "is_own_folder", "plain_config", "read_note",
           "recording_process", "write_new_config"]

RunState = Literal["running", "finished", "failed", "preempted"]

_OF_AN_ATTEMPT = ("state", "reason", "pid", "process_started", "host", "started", "ended", "elapsed", "dropped")


class RunNotes:
    """What we know of a run beside its metrics: `livemon.json` in the run folder, replaced atomically.

    Attributes:
        path: The file.
        values: Its content.
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
        self.values: dict[str, Any] = {
            "livemon": 1, "state": "running", "reason": "", "pid": os.getpid(),
            "process_started": started(os.getpid()), "host": socket.gethostname(), "started": time.time(),
            "ended": None, "total_steps": total_steps, "total_epochs": total_epochs,
            "framework": framework, "config": dict(config or {}),
        }  # fmt: skip

    def claim(self) -> bool:
        """Write the file where there is none yet; False where there is one. Raises OSError."""
        try:
            create_file(self.path, [self._text()])
        except FileExistsError:
            return False
        self._claimed = True
        return True

    def start(self, *, elapsed: float = 0.0) -> None:
        """Write the file. Where there is one already, the run goes on: what it said of how the run stood becomes one of
        the `earlier` attempts, and its config stays where there is no new one. Raises OSError.

        Args:
            elapsed: What `time_elapsed_seconds` was when this attempt began.
        """
        before = read_note(self.path.parent)
        if before and not self._claimed:
            attempt = {name: before[name] for name in _OF_AN_ATTEMPT if name in before}
            if attempt.get("state") == "running":
                attempt |= {"state": "failed", "reason": "it ended without having said so"}
            earlier = before.get("earlier")
            self.values["earlier"] = [*(earlier if isinstance(earlier, list) else []), attempt]
            self.values["config"] = self.values["config"] or before.get("config") or {}
        self.values["elapsed"] = elapsed
        self.write()

    def put(self, **values: Any) -> None:
        """Change some values; `write` writes them. A new dict, as another thread may be writing the one before."""
        self.values = {**self.values, **values}

    def update(self, **values: Any) -> None:
        """Change some values and write the file. Raises OSError."""
        self.put(**values)
        self.write()

    def end(self, state: RunState, reason: str = "", **values: Any) -> None:
        """Mark the end, change some values, and write the file. Raises OSError."""
        self.update(state=state, reason=reason, ended=time.time(), **values)

    def write(self) -> None:
        """Write the file. Raises OSError."""
        replace_file(self.path, [self._text()])

    def _text(self) -> bytes:
        return encoded(json.dumps(to_plain(self.values, LONGEST_ARRAY), indent=1, ensure_ascii=False) + "\n")


def plain_config(config: Any) -> dict[str, Any]:
    """A mapping, a dataclass or a namespace as a dict that JSON can hold; what is none of these is kept as text."""
    if config is None:
        return {}
    try:
        named = config if isinstance(config, Mapping) or dataclasses.is_dataclass(config) else vars(config)
        plain = to_plain(named, LONGEST_ARRAY)
    except TypeError:  # vars() of what has none
        plain = to_plain(config, LONGEST_ARRAY)
    return plain if isinstance(plain, dict) else {"config": plain}


def recording_process(folder: Path) -> int | None:
    """The process of this machine that records into a folder now, as its livemon.json says; None where none does."""
    note = read_note(folder)
    return process_of(note) if note.get("state") == "running" else None


def is_own_folder(folder: Path) -> bool:
    """Whether nobody else keeps things there: it is new, empty, or has been recorded into before."""
    return not folder.exists() or not any(folder.iterdir()) or (folder / NOTE_NAME).exists()


def write_new_config(path: Path, config: dict[str, Any]) -> None:
    """config.json, unless there is one: with other content it is somebody else's, or an earlier attempt's."""
    if not path.exists():
        replace_file(path, [encoded(json.dumps(config, indent=2, ensure_ascii=False)), b"\n"])


NOTE_NAME = "livemon.json"


def read_note(folder: Path) -> dict[str, Any]:
    """What livemon's recorder and callbacks wrote of the run; {} where there is nothing that can be used."""
    path = folder / NOTE_NAME
    if not os.path.isfile(path):  # A FIFO would block, a device never end.
        path = folder / "livemon" / NOTE_NAME  # beside what another logger of Lightning's writes
        if not os.path.isfile(path):
            return {}
    try:
        status = path.stat()
        return _cached_note(path, status.st_mtime_ns, status.st_size)
    except (OSError, ValueError, RecursionError):
        return {}


def earlier_files(folder: Path) -> list[Path]:
    """The rows of earlier attempts of a run that its framework has deleted and our callback has kept, oldest first.
    None where the newest attempt did not go on from a checkpoint: then they are another training's."""
    note = read_note(folder)
    earlier = note.get("earlier")
    if not note.get("resumed_from") or not isinstance(earlier, list):
        return []
    names = [attempt.get("file") for attempt in earlier if isinstance(attempt, dict)]
    found = [folder / name for name in names if isinstance(name, str) and re.fullmatch(r"\.livemon/\w+\.csv", name)]
    return [path for path in found if os.path.isfile(path)]


@lru_cache(maxsize=256)
def _cached_note(path: Path, _modified: int, _size: int) -> dict[str, Any]:
    found = parse_file(path)
    return found if isinstance(found, dict) else {}
