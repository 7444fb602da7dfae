"""The token that a page must present: kept between starts, so that open pages and bookmarks stay valid."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
from pathlib import Path

from livemon.system.atomic import replace_file

__all__ = ["kept_token"]

_NAME = "browser-token"
_FORM = re.compile(r"[A-Za-z0-9_-]{43}\Z")  # 256 bits


def kept_token(folder: Path) -> str:
    """The token in a folder; a new one if there is none, or if other users can read it. If it cannot be saved, it is
    only valid for this start."""
    path = folder / _NAME
    with contextlib.suppress(OSError, ValueError):
        if (token := _read(path)) is not None:
            return token
    token = secrets.token_urlsafe(32)
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(path, [token.encode()], mode=0o600)
    return token


def _read(path: Path) -> str | None:
    """The token in a file that only its owner, this user, can read; else None."""
    with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))) as file:
        status = os.fstat(file.fileno())
        is_ours = not hasattr(os, "getuid") or (
            status.st_uid == os.getuid() and not stat.S_IMODE(status.st_mode) & 0o077)
        token = file.read(100).strip() if stat.S_ISREG(status.st_mode) else ""
    return token if is_ours and _FORM.match(token) else None
