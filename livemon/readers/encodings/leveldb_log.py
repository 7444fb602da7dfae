"""The log format of LevelDB as W&B writes it: its bytes in pieces -> records.

The file is divided into blocks of 32 KiB. A record stands in one or several chunks: a checksum (4 bytes), a length (2),
a type (1) and the data; a chunk never crosses the end of a block, and where less than 7 bytes are left in one, zeros
fill it. W&B puts 7 bytes of its own in front of the first chunk; the checksum is the CRC32 of zlib, of type and data.
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
    """Something that was passed over.

    Attributes:
        offset: Where in the file it stands.
        message: What is wrong there.
    """

    offset: int
    message: str


class LevelDbLog:
    """Takes one file apart that is handed in from its first byte on, in any pieces."""

    def __init__(self) -> None:
        self._waiting = b""
        self._offset = 0  # in the file, of what waits
        self._skip = FILE_HEADER
        self._parts: list[bytes] = []
        self._is_open = False  # whether a record has begun that is not complete

    @property
    def unfinished(self) -> int:
        """Bytes at the end that are no complete record."""
        return len(self._waiting) + sum(map(len, self._parts))

    def feed(self, data: bytes) -> tuple[list[bytes], list[Damage]]:
        """Take in the bytes that follow: the records that are complete now, and what was damaged among them.

        Behind a damaged chunk the rest of its block is passed over: its length cannot be trusted.
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
        elif not self._is_open:  # the rest of a record whose beginning was damaged, which was said there
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
