"""The records of a TFRecord file, which contains TensorBoard's events: bytes in pieces -> the start of each record.

A record is the length of its data (8 bytes), the masked CRC32C of the length (4), the data, and the CRC of the data
(4), all little-endian. Only the checksums of the lengths are checked here: without a length, no later record can be
found.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from livemon.readers.encodings.crc32c import crc32c, mask

__all__ = ["HEADER", "LONGEST_RECORD", "OVERHEAD", "Records", "Walk", "is_header"]

HEADER = 12
OVERHEAD = HEADER + 4
LONGEST_RECORD = 64 << 20
_KNOWN_LENGTHS = 1 << 16
_STRIDE = 2048  # records
_TRIES = 50

Bounds = NDArray[np.int64]


def _nowhere() -> Bounds:
    return np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Walk:
    """Complete records.

    Attributes:
        data: The bytes that contain the records.
        bounds: The start of each record in the data, and the end of the last one, int64; empty without records.
        offset: The position of the data in the file.
        too_long: The number of skipped records that were longer than LONGEST_RECORD.
    """

    data: bytes = b""
    bounds: Bounds = field(default_factory=_nowhere)
    offset: int = 0
    too_long: int = 0


class Records:
    """Finds the records of one file, which is fed from its first byte on, in any pieces.

    Attributes:
        broken_at: The position of a length with a wrong checksum, after which nothing can be read, or None.
        zeros: Whether there are only zeros from there on: the file was made longer before it was written.
    """

    def __init__(self) -> None:
        self.broken_at: int | None = None
        self.zeros = False
        self._pieces: list[bytes] = []  # the bytes that wait for more
        self._waiting = 0  # their number
        self._needed = HEADER  # the number of bytes needed for the next record
        self._skip = 0
        self._offset = 0  # of the first piece
        self._sizes: dict[bytes, int] = {}  # header -> the record's size, for headers with a right checksum

    def feed(self, data: bytes) -> Walk:
        """Take the next bytes; returns the records that are complete now."""
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
        """The bytes of an incomplete record at the end."""
        return self._waiting

    def _walk(self, data: bytes) -> Walk:
        position, too_long, offset = 0, 0, self._offset
        bounds = [np.zeros(1, np.int64)]
        while True:
            all_bounds = np.concatenate(_follow(data, position, self._sizes))
            if len(all_bounds):
                bounds.append(all_bounds)
                position = int(all_bounds[-1])
            header = data[position : position + HEADER]
            if len(header) < HEADER:
                self._needed = HEADER
                break
            if not self._learn(header):
                self.broken_at = offset + position
                self.zeros = not data[position:].strip(b"\0")
                break
            size = self._sizes[header]
            if size > LONGEST_RECORD:
                if position > 0:  # return the records before it first; it comes again at the next call
                    self._needed = 0
                    break
                self._skip, too_long = max(size - len(data), 0), 1
                self._keep(data, min(size, len(data)))
                return Walk(b"", _nowhere(), offset, too_long)
            if position + size > len(data):
                self._needed = size
                break
        self._keep(data, position)
        return Walk(data, np.concatenate(bounds) if position else _nowhere(), offset, too_long)

    def _keep(self, data: bytes, position: int) -> None:
        self._offset += position
        self._pieces = [data[position:]] if self.broken_at is None else []
        self._waiting = len(data) - position if self.broken_at is None else 0
        if len(self._sizes) > _KNOWN_LENGTHS:
            self._sizes.clear()

    def _learn(self, header: bytes) -> bool:
        if header not in self._sizes and is_header(header):
            self._sizes[header] = int(struct.unpack_from("<Q", header)[0]) + OVERHEAD
        return header in self._sizes


def is_header(header: bytes) -> bool:
    """Whether 12 bytes are the beginning of a record: a length and its checksum."""
    if len(header) < HEADER:
        return False
    return bool(struct.unpack_from("<I", header, 8)[0] == mask(crc32c(header[:8])))


def _follow(data: bytes, position: int, sizes: dict[bytes, int]) -> list[Bounds]:
    """Go from record to record while their headers are known; returns the end of each one.

    A training logs the same tags in the same order at each step. So the same sizes are expected to repeat, and only the
    headers at the expected positions are checked: that costs a tenth of going from one record to the next.
    """
    bounds: list[Bounds] = []
    while True:
        walked = np.array(_step_through(data, position, sizes), np.int64)
        bounds.append(walked[1:])
        if len(walked) <= _STRIDE:
            return bounds
        bounds.append(_repeated(data, walked))
        position = int(bounds[-1][-1] if len(bounds[-1]) else walked[-1])


def _step_through(data: bytes, position: int, sizes: dict[bytes, int]) -> list[int]:
    """The starts of the next records, and the end of the last one: _STRIDE records, or fewer at the end."""
    bounds = [position]
    end, append = len(data), bounds.append
    try:
        for _ in range(_STRIDE):
            position += sizes[data[position : position + HEADER]]
            append(position)
    except KeyError:
        pass
    if position > end:  # the last record has its header but is cut
        bounds.pop()
    return bounds


def _repeated(data: bytes, bounds: Bounds) -> Bounds:
    """The ends of the records after these, as far as their sizes repeat in the same order.

    The distances between records of the rarest size are the candidates for the length of a cycle.
    """
    sizes = np.diff(bounds)
    different, counts = np.unique(sizes, return_counts=True)
    often = counts > 1
    rarest = np.flatnonzero(sizes == different[often][np.argmin(counts[often])]) if often.any() else _nowhere()
    for period in (rarest[-1:] - rarest[-2::-1])[:_TRIES].tolist():
        if 2 * period <= len(sizes) and (sizes[period:] == sizes[:-period]).all():
            return _as_before(data, bounds[-period - 1 :])
    return _nowhere()


def _as_before(data: bytes, cycle: Bounds) -> Bounds:
    """The ends of the records after a cycle of records, as far as they have the same headers in the same order."""
    sizes, period = np.diff(cycle), len(cycle) - 1
    headers = np.ndarray((len(data) - HEADER + 1,), f"V{HEADER}", data, strides=(1,))
    expected = headers[cycle[:-1]].view("<u4").reshape(-1, 3)
    bounds: list[Bounds] = []
    end, times = int(cycle[-1]), -(-_STRIDE // period)
    while (times := min(times, (len(data) - end) // int(sizes.sum()))) > 0:
        ends = end + np.cumsum(np.tile(sizes, times))
        starts = np.concatenate([[end], ends[:-1]])
        same = (headers[starts].view("<u4").reshape(times, period, 3) == expected).all(axis=2).ravel()
        good = len(same) if same.all() else int(np.argmin(same))
        bounds.append(ends[:good])
        if good < len(same):
            break
        end, times = int(ends[-1]), 8 * times
    return np.concatenate(bounds) if bounds else cycle[:0]
