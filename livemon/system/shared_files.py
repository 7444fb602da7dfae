"""Opening and reading the files of other programs without getting in the way of their writers.

livemon closes each file after a look: even if others may delete an open file, its name becomes free only when it is
closed (Windows), and network drives keep a copy until then.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from functools import cache
from io import FileIO

from livemon.system import windows_files

__all__ = ["READ_FLAGS", "SharedFiles", "next_data", "open_regular", "open_shared", "read_at", "read_regular"]

READ_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)  # A FIFO must not block.


@cache
def _kernel() -> windows_files.Opens | None:
    """The calls that open files on Windows; None elsewhere, where an open file does not hinder anybody."""
    if sys.platform == "win32":
        return windows_files.Kernel()
    else:
        return None


def open_shared(path: str | os.PathLike[str], flags: int = READ_FLAGS) -> int:
    """A descriptor to read a file's bytes. Its writer may still write, rename, replace and delete the file.

    Args:
        path: The file.
        flags: See `os.open`; ignored on Windows.

    Raises:
        OSError: It cannot be opened.
    """
    kernel = _kernel()
    if kernel is not None:
        return windows_files.open_shared(os.fspath(path), kernel)
    return os.open(path, flags)


if sys.platform != "win32" and hasattr(os, "pread"):

    def read_at(descriptor: int, count: int, offset: int) -> bytes:
        """Up to `count` bytes of an open file from an offset on, fewer only if the system gives fewer.

        Each descriptor belongs to one thread: on systems without `pread` this moves its file position.
        """
        return os.pread(descriptor, count, offset)

else:

    def read_at(descriptor: int, count: int, offset: int) -> bytes:
        """Up to `count` bytes of an open file from an offset on, fewer only if the system gives fewer.

        Each descriptor belongs to one thread: on systems without `pread` this moves its file position.
        """
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.read(descriptor, count)


if sys.platform != "win32" and hasattr(os, "SEEK_DATA"):

    def next_data(descriptor: int, offset: int) -> int | None:
        """The offset of the next byte of an open file that may have been written; None if there are no more.

        The bytes before it are a hole, and read as NUL bytes. The given offset if the system cannot tell.
        """
        try:
            return os.lseek(descriptor, offset, os.SEEK_DATA)
        except OSError as error:
            return None if error.errno == errno.ENXIO else offset

else:

    def next_data(descriptor: int, offset: int) -> int | None:
        """The offset of the next byte of an open file that may have been written: the given offset, because this system
        cannot tell.
        """
        return offset


class SharedFiles:
    """The system calls for following a file; a test passes others, which fail on purpose."""

    def open(self, path: str | os.PathLike[str], flags: int) -> int:
        """See `open_shared`."""
        return open_shared(path, flags)

    def fstat(self, descriptor: int) -> os.stat_result:
        """The status of an open file."""
        return os.fstat(descriptor)

    def pread(self, descriptor: int, count: int, offset: int) -> bytes:
        """See `read_at`."""
        return read_at(descriptor, count, offset)

    def next_data(self, descriptor: int, offset: int) -> int | None:
        """See `next_data`."""
        return next_data(descriptor, offset)

    def close(self, descriptor: int) -> None:
        """Close an open file."""
        os.close(descriptor)


def open_regular(path: str | os.PathLike[str]) -> FileIO:
    """Open a regular file for reading. Other files are refused: a FIFO would block, and a device would never end.

    Raises:
        OSError: The file cannot be opened, or is not a regular file.
    """
    file = FileIO(path, opener=lambda name, _: open_shared(name))
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    return file


def read_regular(path: str | os.PathLike[str]) -> bytes:
    """All bytes of a file. Raises OSError as `open_regular` does."""
    with open_regular(path) as file:
        return file.readall()
