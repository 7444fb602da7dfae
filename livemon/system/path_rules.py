"""Rules for paths and file names, so that every system and every program accepts them.

A parameter selects the rules of Windows, so that they can be tested elsewhere.
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
import sys
from pathlib import Path, PurePath, PureWindowsPath
from urllib.parse import quote

__all__ = ["expanded", "file_name", "is_pattern", "leads_outside", "same_path", "slashed", "sqlite_address"]

_WINDOWS = sys.platform == "win32"
_LONG = re.compile(r"[\\/]{2}[?.][\\/](UNC[\\/])?", re.IGNORECASE)  # before a path that Windows must not change
_LONGEST = 240  # bytes of a name; systems allow 255, and a number or an ending may follow
_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_RESERVED = frozenset(("CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$",
                       *(f"{port}{digit}" for port in ("COM", "LPT") for digit in "0123456789¹²³")))


def file_name(text: str, *, windows: bool = _WINDOWS) -> str:
    """A text as a file name: unchanged if the system accepts it, and shortened with a hash if it is too long.

    On Windows a device's name (`con`, `aux.png`) opens the device, a dot or a blank at the end is dropped, and some
    characters cannot be in a name, or name a hidden part of a file (`loss:train`).
    """
    if len(os.fsencode(text)) > _LONGEST:
        text = _shortened(text)
    if not windows:
        return text.replace("/", "_").replace("\0", "_")
    name = _NOT_IN_NAMES.sub("_", text)
    name = name.rstrip(". ") + "_" * (len(name) - len(name.rstrip(". ")))
    stem, dot, ending = name.partition(".")
    return f"{stem}_{dot}{ending}" if stem.rstrip(" ").upper() in _RESERVED else name


def _shortened(text: str) -> str:
    """The start of a text, a hash that distinguishes it from others with the same start, and its ending: `.png`."""
    stem, dot, ending = text.rpartition(".")
    if not 0 < len(os.fsencode(ending)) <= 8 or not stem:
        stem, dot, ending = text, "", ""
    behind = f"-{hashlib.sha256(os.fsencode(text)).hexdigest()[:8]}{dot}{ending}"
    return os.fsencode(stem)[: _LONGEST - len(os.fsencode(behind))].decode("utf-8", "ignore") + behind


def same_path(path: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    """Whether two paths lead to the same file or folder, for example an absolute and a relative path, or a link."""
    return os.fspath(path) == os.fspath(other) or os.path.realpath(path) == os.path.realpath(other)


def is_pattern(path: str, *, windows: bool = _WINDOWS) -> bool:
    """Whether a path has a `*`, a `?` or a `[`. The `?` at the start of a long Windows path does not count: it says
    that the path is literal."""
    return glob.has_magic(_LONG.sub("", path, count=1) if windows else path)


def expanded(path: str | os.PathLike[str], what: str) -> Path:
    """The path that a user means: `~` is the home folder, and a pattern stands for the path that it matches, because
    not every shell expands them.

    Args:
        path: The path as it was typed.
        what: The command or option that takes it, for the message.

    Raises:
        ValueError: The pattern matches several paths.
    """
    typed = Path(path).expanduser()
    if typed.exists() or not is_pattern(str(typed)):
        return typed
    matches = sorted(glob.glob(str(typed)))
    if len(matches) > 1:
        some = ", ".join(matches[:3]) + (" ..." if len(matches) > 3 else "")
        raise ValueError(f"{what} takes one path, and {os.fspath(path)!r} matches {len(matches)}: {some}")
    return Path(matches[0]) if matches else typed


def leads_outside(folder: Path, above: Path) -> bool:
    """Whether a folder in another folder is a link that leads out of it: users would not expect files there."""
    if folder.parent != above or not folder.is_symlink():
        return False
    return not Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(above))


def slashed(text: str) -> str:
    """A path in a text with `/` between its parts, whatever the system uses."""
    return text.replace("\\", "/")


def sqlite_address(path: PurePath, how: str) -> str:
    """The file of a database as a URI for SQLite. On a Windows share it starts with four slashes, because SQLite
    accepts no server name.

    Args:
        path: An absolute path.
        how: The part after the `?`.
    """
    text = str(path)
    if isinstance(path, PureWindowsPath):
        match = _LONG.match(text)
        if match is not None:
            text = ("//" if match[1] else "") + text[match.end() :]
        text = slashed(text)
    slash = "" if text.startswith("/") else "/"  # before a drive letter
    return f"file://{slash}{quote(os.fsencode(text), safe='/:')}?{how}"
