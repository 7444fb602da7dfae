"""Opening a file on Windows so that other programs can still rename, replace and delete it.

Nobody can delete or replace a file there while Python's `open` has it open: a training that rotates its checkpoints or
replaces its state would fail because livemon looks at it. `CreateFileW` can leave others these rights
(FILE_SHARE_DELETE), but Python does not offer that.

This module can be imported on every system; `Kernel`, with the calls of Windows, works on Windows only.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Protocol

__all__ = ["BINARY", "SHARE_ALL", "Opens", "open_shared"]

GENERIC_READ = 0x8000_0000
SHARE_ALL = 0x1 | 0x2 | 0x4  # FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_SHARE_DELETE
OPEN_EXISTING = 3
FILE_ATTRIBUTE_NORMAL = 0x80
INVALID_HANDLE = -1
BINARY = getattr(os, "O_BINARY", 0x8000)
NO_INHERIT = getattr(os, "O_NOINHERIT", 0x80)

# Another program has opened the file exclusively, such as a virus scanner: usually for some milliseconds.
SHARING_VIOLATION, LOCK_VIOLATION = 32, 33
TRIES = 4
TRY_AGAIN_SECONDS = 0.02


class Opens(Protocol):
    """The system calls that opening a file needs."""

    def create_file(self, path: str, access: int, share: int, how: int, flags: int) -> int:
        """`CreateFileW`: a handle. Raises OSError with its `winerror`."""

    def adopt(self, handle: int, flags: int) -> int:
        """A descriptor for a handle, which closes it when it is closed. Raises OSError."""

    def close(self, handle: int) -> None:
        """Close a handle that no descriptor has adopted."""


def open_shared(path: str, opens: Opens, pause: Callable[[float], object] = time.sleep) -> int:
    """A descriptor for reading a file; other programs keep all their rights, and children do not inherit it.

    Raises:
        OSError: The file cannot be opened, or another program has it open exclusively even after some retries.
    """
    tries = 0
    while True:
        try:
            handle = opens.create_file(path, GENERIC_READ, SHARE_ALL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL)
            break
        except OSError as error:
            tries += 1
            if getattr(error, "winerror", None) not in (SHARING_VIOLATION, LOCK_VIOLATION) or tries == TRIES:
                raise
        pause(TRY_AGAIN_SECONDS)
    try:
        return opens.adopt(handle, os.O_RDONLY | BINARY | NO_INHERIT)
    except BaseException:
        opens.close(handle)
        raise


if sys.platform == "win32":
    import ctypes
    import msvcrt
    from ctypes import wintypes

    class Kernel:
        """The system's own calls."""

        def __init__(self) -> None:
            library = ctypes.WinDLL("kernel32", use_last_error=True)
            self._create = library.CreateFileW
            self._create.argtypes = (wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, wintypes.LPVOID,
                                     wintypes.DWORD, wintypes.DWORD, wintypes.HANDLE)
            self._create.restype = ctypes.c_ssize_t
            self._close = library.CloseHandle
            self._close.argtypes = (wintypes.HANDLE,)

        def create_file(self, path: str, access: int, share: int, how: int, flags: int) -> int:
            """See `Opens`."""
            handle: int = self._create(path, access, share, None, how, flags, None)
            if handle == INVALID_HANDLE:
                code = ctypes.get_last_error()
                raise OSError(0, ctypes.FormatError(code).strip(), path, code)
            return handle

        def adopt(self, handle: int, flags: int) -> int:
            """See `Opens`."""
            return msvcrt.open_osfhandle(handle, flags)

        def close(self, handle: int) -> None:
            """See `Opens`."""
            self._close(handle)
