"""The user's folders in which livemon keeps files: its cache, and the state in which views were left."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

__all__ = ["cache_folder", "state_folder"]


def cache_folder() -> Path:
    """The folder for files that livemon can do without: LIVEMON_CACHE, else the user's cache folder."""
    return _named("LIVEMON_CACHE") or platformdirs.user_cache_path("livemon", appauthor=False)


def state_folder() -> Path:
    """The folder for the state in which views were left: LIVEMON_STATE, else the user's state folder."""
    return _named("LIVEMON_STATE") or platformdirs.user_state_path("livemon", appauthor=False)


def _named(variable: str) -> Path | None:
    folder = os.environ.get(variable)
    return Path(os.path.expanduser(folder)) if folder else None
