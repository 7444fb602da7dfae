"""Whole files, written so that nobody ever finds half of one."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

__all__ = ["create_file", "encoded", "move_into_place", "replace_file"]

# On Windows a file that somebody holds open, a viewer or a virus scanner, cannot be replaced: as a rule for a moment.
_HELD = (5, 32, 33)  # ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION
_PAUSES = (0.01, 0.02, 0.04, 0.08, 0.15)  # seconds; together less than a third of one


def move_into_place(part: Path, path: Path, pause: Callable[[float], object] = time.sleep) -> None:
    """Let a file take the place of another, in one step.

    Raises:
        OSError: It cannot; where somebody holds the other one open, that has been tried for a moment.
    """
    for seconds in _PAUSES:
        try:
            os.replace(part, path)
            return
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _HELD:
                raise
        pause(seconds)
    os.replace(part, path)


def replace_file(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file so that whoever reads it sees the old content or the new. Raises OSError; then the old stays."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.writelines(pieces)
        move_into_place(temporary, path)
    except BaseException:
        try:
            temporary.unlink(missing_ok=True)
        except OSError:
            pass
        raise


def create_file(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file that is not there yet; of several who try at once one succeeds. Raises FileExistsError, OSError."""
    temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.writelines(pieces)
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            with open(path, "xb") as file:
                file.write(temporary.read_bytes())
    finally:
        try:
            temporary.unlink(missing_ok=True)
        except OSError:
            pass


def encoded(text: str) -> bytes:
    """UTF-8; what no encoding has (half of a surrogate pair, as broken JSON may hold) is spelt out, never an error."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")
