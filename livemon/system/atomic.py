"""Whole files, written so that nobody ever finds half of one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

__all__ = ["create_file", "encoded", "replace_file"]


def replace_file(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file so that whoever reads it sees the old content or the new. Raises OSError; then the old stays."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.writelines(pieces)
        os.replace(temporary, path)
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
