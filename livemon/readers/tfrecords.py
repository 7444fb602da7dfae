"""The records of a TFRecord file, in which TensorBoard's events stand: their bytes in pieces -> where each begins.

A record is the length of its data (8 bytes), the masked CRC32C of the length (4), the data, and the CRC of these (4),
all little-endian. Only the lengths' checksums are looked at here: without a length nothing behind it can be found.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from livemon.readers.crc32c import crc32c, mask

__all__ = ["HEADER", "LONGEST_RECORD", "OVERHEAD", "Records", "Walk", "is_header"]

HEADER = 12
OVERHEAD = HEADER + 4
LONGEST_RECORD = 64 << 20
_KNOWN_LENGTHS = 1 << 16


@dataclass(frozen=True, slots=True)
class Walk:
    """Complete records.

    Attributes:
        data: The bytes in which they stand.
        bounds: Where each record begins in them, and where the last one ends; [] where there is none.
        offset: Where the data begin in the file.
        too_long: Records longer than LONGEST_RECORD that were skipped on the way.
    """

    data: bytes = b""
    bounds: list[int] = field(default_factory=list)
    offset: int = 0
    too_long: int = 0


class Records:
    """Finds the records of one file that is handed in from its first byte on, in any pieces.

    Attributes:
        broken_at: Where in the file a length stands whose checksum is wrong: nothing behind it can be read. None while
            all is well.
        zeros: Whether all that stands there are zeros: a file that was made longer before it was written.
    """

    def __init__(self) -> None:
        self.broken_at: int | None = None
        self.zeros = False
        self._pieces: list[bytes] = []  # what was not taken in yet
        self._waiting = 0  # how many bytes these are
        self._needed = HEADER  # with how many it is worth looking
        self._skip = 0
        self._offset = 0  # of the first piece
        self._sizes: dict[bytes, int] = {}  # header -> the record's size, for headers that were seen to be right

    def feed(self, data: bytes) -> Walk:
        """Take in the bytes that follow; the records that are complete now."""
        if self.broken_at is not None:
            self.zeros = self.zeros and not data.strip(b"\0")
            return Walk()
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            self._offset += skipped
            data = data[skipped:]
        self._pieces.append(data)
        self._waiting += len(data)
        if self._waiting < self._needed:
            return Walk()
        return self._walk(b"".join(self._pieces))

    @property
    def unfinished(self) -> int:
        """Bytes at the end that are no complete record."""
        return self._waiting

    def _walk(self, data: bytes) -> Walk:
        bounds = [0]
        place, too_long, offset = 0, 0, self._offset
        while True:
            place = _follow(data, bounds, self._sizes)
            header = data[place : place + HEADER]
            if len(header) < HEADER:
                self._needed = HEADER
                break
            if not self._learn(header):
                self.broken_at = offset + place
                self.zeros = not data[place:].strip(b"\0")
                break
            size = self._sizes[header]
            if size > LONGEST_RECORD:
                if place > 0:  # hand out what stands in front of it; it is looked at again
                    self._needed = 0
                    break
                self._skip, too_long = max(size - len(data), 0), 1
                self._keep(data, min(size, len(data)))
                return Walk(b"", [], offset, too_long)
            if place + size > len(data):
                self._needed = size
                break
        self._keep(data, place)
        return Walk(data, bounds if place else [], offset, too_long)

    def _keep(self, data: bytes, place: int) -> None:
        self._offset += place
        self._pieces = [data[place:]] if self.broken_at is None else []
        self._waiting = len(data) - place if self.broken_at is None else 0
        if len(self._sizes) > _KNOWN_LENGTHS:
            self._sizes.clear()

    def _learn(self, header: bytes) -> bool:
        if header not in self._sizes and is_header(header):
            self._sizes[header] = int(struct.unpack_from("<Q", header)[0]) + OVERHEAD
        return header in self._sizes


def is_header(header: bytes) -> bool:
    """Whether 12 bytes begin a record: a length and its checksum."""
    if len(header) < HEADER:
        return False
    return bool(struct.unpack_from("<I", header, 8)[0] == mask(crc32c(header[:8])))


def _follow(data: bytes, bounds: list[int], sizes: dict[bytes, int]) -> int:
    """Go from record to record while their headers are known, and note where each ends; return that place.

    This loop is all that is done for each record by itself.
    """
    place, end, append = bounds[-1], len(data), bounds.append
    while (size := sizes.get(data[place : place + HEADER])) is not None:
        place += size
        if place > end:
            return place - size
        append(place)
    return place
