"""Whole files, written so that nobody ever finds half of one.

What is not whole yet stands in a temporary file beside it. Its name cannot be guessed, and it is made only where
nothing of that name is there: so neither another writer's file, nor a link, nor a FIFO that waits there is ever written
to.
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

__all__ = ["HeldOpenError", "create_file", "encoded", "move_into_place", "remove_leftovers", "replace_file",
           "replacing"]

# A temporary file that nobody has written for so long is one that a killed writer left: a live one writes all the time.
LEFT_BEHIND_SECONDS = 600.0
_MARK = ".livemon-"

# On Windows a file that somebody holds open, a viewer or a virus scanner, cannot be replaced: as a rule for a moment.
_HELD = (5, 32, 33)  # ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION
_PAUSES = (0.01, 0.02, 0.04, 0.08, 0.15)  # seconds; together less than a third of one


class HeldOpenError(PermissionError):
    """A file cannot be replaced now, as somebody holds it open; that may pass."""


def move_into_place(part: Path, path: Path, pause: Callable[[float], object] = time.sleep) -> None:
    """Let a file take the place of another, in one step.

    Raises:
        HeldOpenError: Somebody holds the other one open, which has been waited for a moment.
        OSError: It cannot.
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


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A new file that takes the place of `path` when the block is left; after an error the old one stays. Raises
    OSError."""
    with _temporary_beside(path) as (file, temporary):
        yield file
        file.close()
        move_into_place(temporary, path)


def replace_file(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file so that whoever reads it sees the old content or the new. Raises OSError; then the old stays."""
    with replacing(path) as file:
        file.writelines(pieces)


def create_file(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file that is not there yet; of several who try at once one succeeds. Raises FileExistsError, OSError."""
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
    """Remove the temporary files that killed writers of this file left beside it. What cannot be removed stays.

    Args:
        path: The file.
        now: Unix seconds; None: the clock's.
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
def _temporary_beside(path: Path) -> Iterator[tuple[IO[bytes], Path]]:
    """A new file beside `path`, and its path; it is removed at the end where it is still there."""
    temporary = path.with_name(f"{_MARK}{_short(path)}-{os.urandom(8).hex()}.tmp")
    file: IO[bytes] | None = None
    is_ours = True
    try:  # from the first moment on: a signal may end us as soon as the file is there
        try:
            file = open(temporary, "xb")  # noqa: SIM115 - closed before it is moved
        except FileExistsError:
            is_ours = False
            raise
        yield file, temporary
    finally:
        if file is not None:
            with contextlib.suppress(OSError):  # of what could not be flushed; who wrote has had the error
                file.close()
        if is_ours:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def _short(path: Path) -> str:
    """A part of the name: the whole one may be as long as a name can be."""
    return path.name.lstrip(".")[:40]


def encoded(text: str) -> bytes:
    """UTF-8; what no encoding has (half of a surrogate pair, as broken JSON may hold) is spelt out, never an error."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")
