"""CRC32C, the checksum of TensorBoard's files, of one piece of data or of many at once.

A CRC is linear: the contribution of a byte depends only on the byte and on the number of bytes after it. So the
checksums of many records are computed by looking up the contributions, column by column, with NumPy.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["added_by", "crc32c", "crc32c_of_many", "mask", "mask_many"]

_POLYNOMIAL = 0x82F63B78
_MASK_DELTA = 0xA282EAD8
_ALL_ONES = 0xFFFFFFFF
_BLOCK = 64

Checksums = NDArray[np.uint32]


def _byte_table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _byte_table()


def crc32c(data: bytes | memoryview, checksum: int = 0) -> int:
    """The checksum of the data; or with `checksum` that of earlier data, the checksum of both together."""
    table = _TABLE
    checksum ^= _ALL_ONES
    for byte in data:
        checksum = table[(checksum ^ byte) & 0xFF] ^ checksum >> 8
    return checksum ^ _ALL_ONES


def mask(checksum: int) -> int:
    """The checksum as it is stored: the CRC of data that contain their own CRC would be weak."""
    return (checksum >> 15 | checksum << 17) + _MASK_DELTA & _ALL_ONES


def mask_many(checksums: Checksums) -> Checksums:
    """`mask` of each."""
    return (checksums >> np.uint32(15) | checksums << np.uint32(17)) + np.uint32(_MASK_DELTA)


def added_by(followed_by: int) -> Checksums:
    """The contribution to the checksum of a byte followed by so many others, by the byte's value, shape (256,)."""
    added: Checksums = _added_up_to(1 << max(followed_by, _BLOCK - 1).bit_length())[followed_by]
    return added


@cache
def _added_up_to(count: int) -> Checksums:
    """`added_by` for 0 .. count-1 following bytes, shape (count, 256)."""
    added = np.empty((count, 256), np.uint32)
    added[0] = _TABLE
    for index in range(1, count):
        added[index] = _one_zero_more(added[index - 1])
    return added


def _one_zero_more(checksums: Checksums) -> Checksums:
    lowest: Checksums = np.array(_TABLE, np.uint32)[checksums & 0xFF]
    return lowest ^ checksums >> np.uint32(8)


def crc32c_of_many(data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Checksums:
    """The checksums of the pieces data[start:end], shape of `starts`. Costs some ns per byte, whatever their lengths.

    Each piece is divided into blocks from its end. The first block is padded with zeros in front, which contribute
    nothing; then each block's checksum is shifted by as many zeros as bytes follow it.
    """
    if len(starts) == 0:
        return np.empty(0, np.uint32)
    lengths = ends - starts
    counts = np.maximum(-(-lengths // _BLOCK), 1)
    firsts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    following = np.repeat(firsts + counts, counts) - 1 - np.arange(counts.sum())  # blocks of the piece after each
    padded = np.concatenate([np.zeros(_BLOCK, np.uint8), data])
    windows = np.lib.stride_tricks.sliding_window_view(padded, _BLOCK)
    blocks = windows[np.repeat(ends, counts) - _BLOCK * following]
    in_front = (_BLOCK * counts - lengths)[:, None]
    blocks[firsts] = np.where(np.arange(_BLOCK) < in_front, np.uint8(0), blocks[firsts])
    checksums = np.zeros(len(blocks), np.uint32)
    for index in range(_BLOCK):
        checksums ^= added_by(_BLOCK - 1 - index)[blocks[:, index]]
    checksums = _behind_zeros(checksums, following * _BLOCK)
    begun = _behind_zeros(np.full(len(starts), _ALL_ONES, np.uint32), lengths)
    return np.bitwise_xor.reduceat(checksums, firsts) ^ begun ^ np.uint32(_ALL_ONES)


def _behind_zeros(checksums: Checksums, counts: NDArray[np.int64]) -> Checksums:
    """Each checksum after so many further zero bytes."""
    for power in range(int(counts.max()).bit_length()):
        moved = (counts >> power & 1).astype(bool)
        if moved.any():
            checksums[moved] = _apply(_zeros(power), checksums[moved])
    return checksums


def _apply(operator: Checksums, checksums: Checksums) -> Checksums:
    moved = np.zeros_like(checksums)
    for lane in range(4):
        moved ^= operator[lane][checksums >> np.uint32(8 * lane) & np.uint32(0xFF)]
    return moved


@cache
def _zeros(power: int) -> Checksums:
    """The effect of 2**power zero bytes on a checksum, for each value of each of its four bytes, shape (4, 256)."""
    if power == 0:
        values = np.arange(256, dtype=np.uint32)
        return np.stack([_one_zero_more(values << np.uint32(8 * lane)) for lane in range(4)])
    half = _zeros(power - 1)
    return np.stack([_apply(half, lane) for lane in half])
