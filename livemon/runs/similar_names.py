"""A path that does not exist -> existing files and folders with similar names."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from livemon import wording

__all__ = ["did_you_mean", "similar_names"]

_MOST_NAMES = 3
_ALIKE = 0.6  # the similarity of two names, as `difflib` computes it


def similar_names(path: Path) -> list[str]:
    """The names most similar to the first part of a path that does not exist, the best first."""
    missing = path.absolute()
    while not os.path.isdir(missing.parent) and missing != missing.parent:
        missing = missing.parent
    try:
        there = [name for name in sorted(os.listdir(missing.parent)) if not name.startswith(".")]
    except OSError:
        return []
    return difflib.get_close_matches(missing.name, there, _MOST_NAMES, _ALIKE)


def did_you_mean(path: Path) -> str:
    """The message if a path does not exist but there are similar names; "" if there are none."""
    names = [wording.clipped(name, 100) for name in similar_names(path)]
    return f"{path} does not exist; did you mean {' or '.join(names)}?" if names else ""
