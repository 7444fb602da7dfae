"""Files of settings, JSON and YAML, as plain data.

The files of a run belong to somebody else: livemon executes nothing in them, and none of them can keep the run from
loading.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from livemon.system.errors import first_line
from livemon.system.filesystems import is_settled
from livemon.system.shared_files import read_regular

__all__ = ["DEEPEST", "LARGEST_BYTES", "LARGEST_YAML_BYTES", "TOO_DEEP", "SettingsFile", "is_too_deep", "parse_file",
           "read_settings"]


LARGEST_BYTES = 4 << 20
LARGEST_YAML_BYTES = 1 << 20  # takes some seconds: the fast parser crashes on deep nesting
DEEPEST = 100  # levels of nested settings; nobody writes more by hand, and Python cannot traverse them
SAME_TIME_SECONDS = 2.0  # file systems may have times no finer than this
MOST_REFUSED = 1024
_refused: dict[str, tuple[tuple[int, int], str]] = {}  # path -> its time and size, and why it cannot be used


def read_settings(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """The settings in a JSON or YAML file by name, None if it is empty.

    W&B writes `{name: {"desc": ..., "value": ...}}`: that is read as `{name: value}`.

    Raises:
        ValueError: They cannot be used. The message says why.
    """
    seen = _time_and_size(path)
    known = _refused.get(str(path))
    if known is not None and seen is not None and known[0] == seen:
        raise ValueError(known[1])
    try:
        return _read(path, None if seen is None else seen[1])
    except ValueError as error:
        # A file that has just been written may soon be complete, with the same time and size.
        if seen is not None and time.time() - seen[0] / 1e9 > SAME_TIME_SECONDS:
            if len(_refused) >= MOST_REFUSED:
                _refused.clear()
            _refused[str(path)] = seen, str(error)
        raise


def _time_and_size(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _read(path: str | os.PathLike[str], size: int | None) -> dict[str, Any] | None:
    try:
        settings = parse_file(path, size)
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    except Exception as error:  # unusual values make PyYAML raise Python's own exceptions (AttributeError)
        raise ValueError(first_line(error)) from error
    if settings is None:
        return None
    if is_too_deep(settings):
        raise ValueError(TOO_DEEP)
    if not isinstance(settings, dict):
        raise ValueError("it has no named settings")
    return _unwrapped({str(key): value for key, value in settings.items()})


def is_too_deep(settings: Any) -> bool:
    """Whether dicts and lists are nested deeper than DEEPEST levels."""
    level = [settings]
    for _ in range(DEEPEST + 1):
        level = [part for value in level if isinstance(value, dict | list | tuple)
                 for part in (value.values() if isinstance(value, dict) else value)
                 if isinstance(part, dict | list | tuple)]
        if not level:
            return False
    return True


TOO_DEEP = f"it is nested deeper than {DEEPEST} levels"


def _unwrapped(settings: dict[str, Any]) -> dict[str, Any]:
    """W&B's settings without the dicts that W&B wraps around them."""
    wrapped = all(isinstance(value, dict) and "value" in value and set(value) <= {"desc", "value"}
                  for name, value in settings.items() if name != "wandb_version")
    if not wrapped:
        return settings
    return {name: value["value"] for name, value in settings.items() if name not in ("_wandb", "wandb_version")}


class SettingsFile:
    """A file of settings that is looked at again and again, and read only when it has changed.

    Args:
        path: The file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._settings: dict[str, Any] = {}

    def read(self) -> dict[str, Any]:
        """The settings; the last good ones if the file cannot be used now; {} if there never were any."""
        try:
            status = self._path.stat()
            seen = status.st_mtime_ns, status.st_size
            if seen != self._seen and os.path.isfile(self._path):
                self._seen = seen if is_settled(status) else None
                self._settings = read_settings(self._path) or self._settings
        except (OSError, ValueError):
            pass
        return self._settings


def parse_file(path: str | os.PathLike[str], size: int | None = None) -> Any:
    """The content of a JSON file (`.json`) or a YAML file (any other). Raises what its parser raises, and OSError.

    Args:
        path: The file.
        size: Its size in bytes, if that is known.
    """
    is_json = os.fspath(path).endswith(".json")
    largest = LARGEST_BYTES if is_json else LARGEST_YAML_BYTES
    if (os.stat(path).st_size if size is None else size) > largest:
        raise ValueError(f"it is larger than {largest >> 20} MiB")
    text = read_regular(path).decode("utf-8", "replace")
    if is_json:
        return json.loads(text)
    from livemon.system import inert_yaml  # takes 25 ms, and most runs have no YAML

    return inert_yaml.load(text)
