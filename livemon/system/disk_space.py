"""The free space of a disk."""

from __future__ import annotations

import shutil
from pathlib import Path

__all__ = ["free_bytes"]


def free_bytes(folder: Path) -> tuple[int, int] | None:
    """The free and the total bytes of the disk of a folder; None if the system does not say."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return usage.free, usage.total
