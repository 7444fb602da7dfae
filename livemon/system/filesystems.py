"""Facts about the file system of a folder: its kind, whether it reports changes by others, and times of creation."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

__all__ = ["birth_time", "file_system", "is_ours", "is_settled", "is_settled_at", "tells_changes"]

# File systems on which this machine's kernel makes every change, and reports it. On network drives, FUSE, shares of
# virtual machines and unknown file systems, others write without a report. Overlays count as local: in a container,
# the training writes through the same overlay.
_LOCAL = frozenset((
    "apfs", "bcachefs", "btrfs", "devtmpfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "fat", "fat32", "hfs", "hfsplus",
    "jfs", "msdos", "nilfs2", "ntfs", "ntfs3", "overlay", "ramfs", "refs", "reiserfs", "tmpfs", "ufs", "vfat", "xfs",
    "zfs",
))


def tells_changes(kind: str | None) -> bool:
    """Whether file-system events are reliable; None, for an unknown kind, counts as yes."""
    return kind is None or kind.lower() in _LOCAL


def file_system(folder: Path) -> str | None:
    """The kind of file system, as the system names it: "ext4", "nfs4", "fuse.sshfs", "NTFS"; "network drive" for a
    Windows drive letter of a network drive. None if it is not known.

    Args:
        folder: An absolute path.
    """
    import psutil  # not above: a training that records does not need it

    try:
        mounts = psutil.disk_partitions(all=True)
    except (OSError, psutil.Error):
        return None
    real = os.path.normcase(os.path.realpath(folder))
    over = [(len(mount.mountpoint), order) for order, mount in enumerate(mounts) if _is_below(real, mount.mountpoint)]
    if not over:
        return None
    mount = mounts[max(over)[1]]  # If two are mounted at the same path, the later mount covers the other.
    return "network drive" if "remote" in mount.opts.split(",") and os.name == "nt" else mount.fstype


def _is_below(path: str, mount_point: str) -> bool:
    point = os.path.normcase(mount_point)
    return path == point or path.startswith(point.rstrip(os.sep) + os.sep)


def is_ours(status: os.stat_result) -> bool:
    """Whether a file belongs to the user of this process; True if files have no such owner (Windows)."""
    return not hasattr(os, "getuid") or status.st_uid == os.getuid()


_COARSE_SECONDS = 2.0  # the resolution of FAT's times; some network drives have one second


def is_settled(status: os.stat_result, clock: Callable[[], float] = time.time) -> bool:
    """Whether a later change of a file will also change its time. This is not certain while a clock of whole seconds
    has not ticked on: then the same size and time may belong to other content."""
    return is_settled_at(status.st_mtime_ns, clock)


def is_settled_at(changed: int, clock: Callable[[], float] = time.time) -> bool:
    """The same for a file with this time of change, in ns since 1970."""
    return changed % 1_000_000_000 != 0 or abs(clock() - changed / 1e9) > _COARSE_SECONDS


# statx(2), which Python does not offer before 3.15: its arguments, and the offsets in its answer.
_AT_FDCWD, _STATX_BTIME, _MASK_AT, _BTIME_AT = -100, 0x800, 0, 80
_STATX_ANSWER = ctypes.c_char * 256
_platform: str = sys.platform


@cache
def _c_library() -> ctypes.CDLL:
    return ctypes.CDLL(None)


def birth_time(path: Path) -> float | None:
    """When a folder or file was created, in unix seconds; None if the system does not say."""
    if _platform != "linux":
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            return None
        # Windows: Python before 3.12 has it as st_ctime, which is another time elsewhere.
        return getattr(status, "st_birthtime", status.st_ctime if _platform == "win32" else None)
    answer = _STATX_ANSWER()
    try:
        failed = _c_library().statx(_AT_FDCWD, os.fsencode(path), 0, _STATX_BTIME, answer)
    except (AttributeError, OSError, ValueError):  # an old C library; a NUL in the name
        return None
    if failed or not struct.unpack_from("I", answer, _MASK_AT)[0] & _STATX_BTIME:
        return None
    seconds, nanoseconds = struct.unpack_from("qI", answer, _BTIME_AT)
    return float(seconds + nanoseconds / 1e9) or None  # 0: some overlays claim to know the time and do not
