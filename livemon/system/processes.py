"""A process that is watched: whether it is still the one that was there, and runs."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["WatchedProcess", "is_running", "process_of", "started"]


class WatchedProcess:
    """A process by its number.

    Where the system tells when a process was started (Linux), another one that gets the same number later is not taken
    for it.

    Args:
        number: The process's id.

    Raises:
        ValueError: No such process runs.

    Attributes:
        number: As above.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._ended = False
        self._started = started(number)
        if not self.alive:
            raise ValueError(f"no process {number} runs here; the number of the training's process is wanted")

    @property
    def alive(self) -> bool:
        """Whether it still runs. One that has ended and that nobody has waited for does not."""
        if not self._ended:
            self._ended = not is_running(self.number, self._started)
        return not self._ended


def is_running(number: int, since: str | None) -> bool:
    """Whether a process runs that `started` said this of; None: any of that number."""
    now = started(number)
    return _exists(number) and now != "" and since in (None, now)


def process_of(note: Mapping[str, Any]) -> int | None:
    """The process that `livemon.json` names, where it is one of this machine and still runs; else None."""
    number, since = note.get("pid"), note.get("process_started")
    if note.get("host") != socket.gethostname() or not isinstance(number, int) or isinstance(number, bool):
        return None
    return number if is_running(number, since if isinstance(since, str) else None) else None


def _exists(number: int) -> bool:
    if number <= 0:
        return False
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # It is another user's.
        return True
    return True


def started(number: int) -> str | None:
    """When the process was started, in the system's own words; None where the system does not tell. A zombie: ""."""
    try:
        text = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # The name of the program, in parentheses, may hold anything.
    return "" if not fields or fields[0] in ("Z", "X") else fields[19]
