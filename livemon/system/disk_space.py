"""How much room a disk has."""

from __future__ import annotations

import shutil
from pathlib import Path

__all__ = ["free_bytes"]


def free_bytes(folder: Path) -> tuple[int, int] | None:
    """How many bytes are free on the disk of a folder, and how many it has; None where that cannot be told."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return usage.free, usage.total
