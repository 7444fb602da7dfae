"""Stretches of a sparse file in which nothing was written: long ones are skipped, and watched.

Such a hole reads as NUL bytes. There is a hole when a writer continues at its old offset in a truncated file, when a
file was allocated in advance, or when pieces arrive out of order over a network: so it may be filled later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

__all__ = ["Holes"]


class _Hole(NamedTuple):
    above: int  # bytes that were read before it
    start: int  # in the file
    end: int


class Holes:
    """The holes that were skipped while a file was read. Positions count the bytes that were read."""

    def __init__(self) -> None:
        self._holes: list[_Hole] = []

    def add(self, start: int, end: int) -> None:
        """Note a hole after the known ones, by its first and last offset in the file."""
        self._holes.append(_Hole(start - sum(hole.end - hole.start for hole in self._holes), start, end))

    def read(
        self, count: int, position: int, pread: Callable[[int, int], bytes], next_data: Callable[[int], int | None]
    ) -> bytes:
        """Read `count` bytes again, as they are now; fewer if something was written into a hole.

        Args:
            count: The number of bytes.
            position: The number of bytes that were read before them.
            pread: Count and offset in the file -> bytes.
            next_data: Offset in the file -> where the next written byte may be, None if there is none.
        """
        pieces: list[bytes] = []
        skipped = 0
        for hole in self._holes:
            if hole.above >= position + count:
                break
            if hole.above >= position:
                data = next_data(hole.start)
                if data is not None and data < hole.end:
                    return b"".join(pieces)
                pieces.append(pread(hole.above - position, position + skipped))
                count, position = position + count - hole.above, hole.above
            skipped += hole.end - hole.start
        return b"".join([*pieces, pread(count, position + skipped)])
