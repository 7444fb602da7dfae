"""What the environment variables of livemon ask for."""

from __future__ import annotations

import os

__all__ = ["is_disabled", "is_strict"]


def is_strict() -> bool:
    """Whether errors of ours are to be raised, not said: `LIVEMON_STRICT`, which tests set."""
    return _is_set("LIVEMON_STRICT")


def is_disabled() -> bool:
    """Whether nothing is recorded and no view is opened: `LIVEMON_DISABLED`."""
    return _is_set("LIVEMON_DISABLED")


def _is_set(name: str) -> bool:
    return os.environ.get(name, "0") not in ("", "0")
