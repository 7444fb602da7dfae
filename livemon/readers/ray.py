"""Ray Tune's `result.json`: JSON lines with the trial's settings in each row. It is more complete than Ray's
`progress.csv`, which has only the columns of the first row.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from livemon.readers.base import Facts, Format, Reader
from livemon.readers.encodings.json_rows import Row
from livemon.readers.jsonlines import JsonLinesReader, Shape
from livemon.readers.wrapped_reader import WrappedReader
from livemon.states import Reason, State, reason_in
from livemon.system.listing import Listing
from livemon.system.settings_files import SettingsFile
from livemon.system.shared_files import open_regular

__all__ = ["RayReader", "RayTune"]

ERROR_NAME = "error.txt"
_SAME_TIME_NS = 2_000_000_000  # after a copy, both files have about the same time
_END_BYTES = 4096


class _RayShape(Shape):
    """The run's settings are those of the newest row: a population-based search changes them during the run."""

    def __init__(self) -> None:
        self._config: dict[str, Any] = {}
        self._name = ""
        self._done = False

    def row(self, row: Row) -> Row:
        """The row without the settings."""
        config, name = row.get("config"), row.get("trial_id")
        self._config = config if isinstance(config, dict) else self._config
        self._name = name if isinstance(name, str) else self._name
        self._done = row.get("done") is True
        return {name: value for name, value in row.items() if name != "config"}

    @property
    def facts(self) -> Facts:
        """The settings; and the end if the last row says it, which it often does not."""
        state, evidence = ("finished", 'the last row of result.json has "done": true') if self._done else (None, "")
        return Facts(self._config, state, evidence, name=self._name)  # type: ignore[arg-type]


class RayReader(WrappedReader):
    """Follows the `result.json` of one trial; before the first row, the settings come from `params.json` beside it.

    Args:
        path: The file.
        plain: Whether to parse every line and convert every value separately.
    """

    def __init__(self, path: Path, *, plain: bool = False) -> None:
        super().__init__(JsonLinesReader(path, plain=plain, shape=_RayShape))
        self._params = SettingsFile(path.with_name("params.json"))
        self._read: tuple[int, int] | None = None  # the time and size of the error file when it was read
        self._said = ""

    @property
    def facts(self) -> Facts:
        """The settings, the trial's id, and the end if a row or an error file says it."""
        facts = super().facts
        if not facts.config:
            facts = replace(facts, config=self._params.read())
        if facts.state is None and (problem := self._error()) is not None:
            facts = replace(facts, state=State.FAILED, evidence=problem, reason=reason_in(problem) or Reason.ERROR)
        return facts

    def _error(self) -> str | None:
        """Ray's message on the error that ended the trial; None if there is none, or the trial went on after it."""
        error = self.path.with_name(ERROR_NAME)
        try:
            changed, size = os.stat(error).st_mtime_ns, os.stat(error).st_size
            if changed < os.stat(self.path).st_mtime_ns - _SAME_TIME_NS:
                return None
        except OSError:
            return None
        if self._read != (changed, size):
            lines = _read_end(error).decode("utf-8", "replace").strip().splitlines()
            self._read, self._said = (changed, size), lines[-1].strip() if lines else ""
        return f"{ERROR_NAME}: {self._said}" if self._said else f"Ray wrote {ERROR_NAME}"


def _read_end(path: Path) -> bytes:
    """The last bytes of a file; b"" if it cannot be read."""
    with contextlib.suppress(OSError), open_regular(path) as file:
        file.seek(max(os.fstat(file.fileno()).st_size - _END_BYTES, 0))
        return file.read(_END_BYTES)
    return b""


class RayTune(Format):
    """The `result.json` of a trial's folder."""

    name = "Ray Tune"

    def find(self, folder: Listing) -> list[Path]:
        """`result.json`, if its first row is Ray's; or if it is empty and the settings are beside it."""
        if "result.json" not in folder.files:
            return []
        path, head = folder.path / "result.json", folder.head("result.json")
        return [path] if self.recognises(path, head) or (not head and "params.json" in folder.files) else []

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether it has Ray's file name, and begins with a row that has Ray's count of iterations."""
        return path.name == "result.json" and head.startswith(b"{") and b'"training_iteration"' in head

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for one trial."""
        return RayReader(path, plain=plain)
