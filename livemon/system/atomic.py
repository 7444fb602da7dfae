"""Atomic writes: nobody ever sees half a file.

An incomplete file is a temporary file beside the final one. Its name cannot be guessed, and it is created only if
nothing has that name: so livemon never writes to another writer's file, to a link, or to a FIFO.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

__all__ = ["HeldOpenError", "create_file", "encoded", "move_into_place", "need_folder_of", "remove_leftovers",
           "replace_file", "replacing"]

# A temporary file older than this was left by a killed writer: a live writer writes to its file all the time.
LEFT_BEHIND_SECONDS = 600.0
_MARK = ".livemon-"

# On Windows a file cannot be replaced while a viewer or a virus scanner holds it open, usually for a moment.
_HELD = (5, 32, 33)  # ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION
_PAUSES = (0.01, 0.02, 0.04, 0.08, 0.15)  # seconds; together less than a third of one


class HeldOpenError(PermissionError):
    """A file cannot be replaced now because another program holds it open; trying again may help."""


def move_into_place(part: Path, path: Path, pause: Callable[[float], object] = time.sleep) -> None:
    """Replace a file with another, in one step.

    Raises:
        HeldOpenError: Another program holds the old file open, even after some retries.
        OSError: The file cannot be replaced.
    """
    for seconds in (*_PAUSES, None):
        try:
            os.replace(part, path)
            return
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _HELD:
                raise
            if seconds is None:
                words = f"another program holds it open, or it may not be replaced ({error.strerror})"
                raise HeldOpenError(error.errno, words, str(path)) from error
        pause(seconds)


def need_folder_of(path: Path, option: str) -> None:
    """Refuse a file that cannot be written because of its folder, before any work is done for it. `option`: the option
    that named the file.

    Raises:
        FileNotFoundError: The folder does not exist.
        PermissionError: The user may not write into it.
    """
    folder = path.parent
    if not folder.is_dir():
        raise FileNotFoundError(f"{option} {path}: the folder {folder} does not exist; create it first")
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"{option} {path}: no permission to write into {folder}")


@contextlib.contextmanager
def replacing(path: Path, mode: int = 0o666) -> Iterator[IO[bytes]]:
    """Open a new file that replaces `path` at the end of the block; after an error the old file stays. `mode`: its
    permissions, before the umask. Raises OSError."""
    with _temporary_beside(path, mode) as (file, temporary):
        yield file
        file.close()
        move_into_place(temporary, path)


def replace_file(path: Path, pieces: Iterable[bytes], mode: int = 0o666) -> None:
    """Write a file so that readers see either the old or the new content. `mode`: see `replacing`. Raises OSError; then
    the old file stays."""
    with replacing(path, mode) as file:
        file.writelines(pieces)


def create_file(path: Path, pieces: Iterable[bytes]) -> None:
    """Create a file; if several processes try at once, one succeeds. Raises FileExistsError, OSError."""
    with _temporary_beside(path) as (file, temporary):
        file.writelines(pieces)
        file.close()
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            with open(path, "xb") as whole:
                whole.write(temporary.read_bytes())


def remove_leftovers(path: Path, now: float | None = None) -> None:
    """Remove the temporary files that killed writers of this file left beside it, as far as that is possible.

    Args:
        path: The file.
        now: Unix seconds; None: the present time.
    """
    now = time.time() if now is None else now
    leftover = re.compile(re.escape(f"{_MARK}{_short(path)}-") + "[0-9a-f]{16}[.]tmp")
    try:
        names = [name for name in os.listdir(path.parent) if leftover.fullmatch(name)]
    except OSError:
        return
    for name in names:
        with contextlib.suppress(OSError):
            status = os.lstat(path.parent / name)
            if stat.S_ISREG(status.st_mode) and now - status.st_mtime > LEFT_BEHIND_SECONDS:
                os.unlink(path.parent / name)


@contextlib.contextmanager
def _temporary_beside(path: Path, mode: int = 0o666) -> Iterator[tuple[IO[bytes], Path]]:
    """A new file beside `path`, and its path; it is removed at the end if it is still there."""
    temporary = path.with_name(f"{_MARK}{_short(path)}-{os.urandom(8).hex()}.tmp")
    file: IO[bytes] | None = None
    is_ours = True
    try:  # from the first moment on: a signal may end us as soon as the file is there
        try:
            file = open(temporary, "xb", opener=_opener(mode))  # noqa: SIM115 - closed before it is moved
        except FileExistsError:
            is_ours = False
            raise
        yield file, temporary
    finally:
        if file is not None:
            with contextlib.suppress(OSError):  # a failed flush; the writer has already seen the error
                file.close()
        if is_ours:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def _opener(mode: int) -> Callable[[str, int], int]:
    return lambda name, flags: os.open(name, flags, mode)


def _short(path: Path) -> str:
    """A part of the name: the whole name may already have the maximum length."""
    return path.name.lstrip(".")[:40]


def encoded(text: str) -> bytes:
    """The text in UTF-8. Lone surrogates, which broken JSON may contain, become escapes instead of an error."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")
