"""The line that a warning points to: the user's line, however deep in livemon the warning was raised."""

from __future__ import annotations

import sys

__all__ = ["user_stacklevel"]

_OURS = ("livemon", "functools")  # cached properties are called from there


def user_stacklevel() -> int:
    """`stacklevel` for `warnings.warn` in the function that calls this: the nearest caller outside livemon."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").split(".")[0] in _OURS:
        level, frame = level + 1, frame.f_back
    return level
