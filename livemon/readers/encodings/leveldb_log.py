"""W&B's variant of LevelDB's log format: bytes in pieces -> records.

The file is divided into blocks of 32 KiB. A record has one or several chunks: a checksum (4 bytes), a length (2), a
type (1) and the data. A chunk never crosses the end of a block; if less than 7 bytes are left in a block, they are
filled with zeros. W&B puts 7 bytes before the first chunk; the checksum is zlib's CRC32 of type and data.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

__all__ = ["BLOCK", "FILE_HEADER", "Damage", "LevelDbLog"]

BLOCK = 32 << 10
FILE_HEADER = 7
_CHUNK_HEADER = struct.Struct("<IHB")
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
LONGEST_RECORD = 64 << 20


@dataclass(frozen=True, slots=True)
class Damage:
    """A part of the file that was skipped.

    Attributes:
        offset: Its position in the file.
        message: The problem there.
    """

    offset: int
    message: str


class LevelDbLog:
    """Finds the records of one file, which is fed from its first byte on, in any pieces."""

    def __init__(self) -> None:
        self._waiting = b""
        self._offset = 0  # of the waiting bytes in the file
        self._skip = FILE_HEADER
        self._parts: list[bytes] = []
        self._is_open = False  # whether a record has begun and is not complete

    @property
    def unfinished(self) -> int:
        """The bytes of an incomplete record at the end."""
        return len(self._waiting) + sum(map(len, self._parts))

    def feed(self, data: bytes) -> tuple[list[bytes], list[Damage]]:
        """Take the next bytes; returns the records that are complete now, and the damages among them.

        After a damaged chunk the rest of its block is skipped: its length cannot be trusted.
        """
        data = self._waiting + data
        records: list[bytes] = []
        damages: list[Damage] = []
        position = 0
        while True:
            position += self._skip
            if position > len(data):
                self._skip = position - len(data)
                position = len(data)
                break
            self._skip = 0
            left = BLOCK - (self._offset + position) % BLOCK
            if left < _CHUNK_HEADER.size:
                self._skip = left
                continue
            if position + _CHUNK_HEADER.size > len(data):
                break
            checksum, length, kind = _CHUNK_HEADER.unpack_from(data, position)
            first, last = position + _CHUNK_HEADER.size, position + _CHUNK_HEADER.size + length
            problem = ""
            if kind not in (_FULL, _FIRST, _MIDDLE, _LAST) or _CHUNK_HEADER.size + length > left:
                problem = "the bytes there are not part of a record"
            elif last > len(data):
                break
            elif zlib.crc32(data[first:last], zlib.crc32(data[first - 1 : first])) != checksum:
                problem = "a checksum is wrong"
            if problem:
                damages.append(Damage(self._offset + position, problem))
                self._forget()
                self._skip = left
                continue
            self._take(kind, data[first:last], self._offset + position, records, damages)
            position = last
        self._offset += position
        self._waiting = data[position:]
        return records, damages

    def _take(self, kind: int, data: bytes, offset: int, records: list[bytes], damages: list[Damage]) -> None:
        begins, ends = kind in (_FULL, _FIRST), kind in (_FULL, _LAST)
        if begins and self._is_open:
            damages.append(Damage(offset, "the record before it has no end"))
        if begins:
            self._forget()
        elif not self._is_open:  # the rest of a record whose beginning was damaged, which was reported there
            return
        self._parts.append(data)
        self._is_open = not ends
        if ends:
            records.append(b"".join(self._parts))
            self._parts = []
        elif sum(map(len, self._parts)) > LONGEST_RECORD:
            damages.append(Damage(offset, "a record is longer than 64 MiB"))
            self._forget()

    def _forget(self) -> None:
        self._parts, self._is_open = [], False
