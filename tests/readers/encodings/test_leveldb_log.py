"""LevelDB's log format: records across blocks, in any pieces, and behind damage."""

from __future__ import annotations

import itertools
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livemon.readers.encodings import leveldb_log
from livemon.readers.encodings.leveldb_log import BLOCK, FILE_HEADER, Damage, LevelDbLog


def chunk(kind: int, data: bytes) -> bytes:
    return struct.pack("<IHB", zlib.crc32(bytes([kind]) + data), len(data), kind) + data


def log(records: list[bytes]) -> bytes:
    """A file as the format's description has it."""
    file = bytearray(b":W&B\xe1\xbe\0")
    for record in records:
        begun = False
        while True:
            left = BLOCK - len(file) % BLOCK
            if left < 7:
                file += bytes(left)
                continue
            part, record = record[: left - 7], record[left - 7 :]
            kind = (3 if record else 4) if begun else (2 if record else 1)
            file += chunk(kind, part)
            begun = True
            if not record:
                break
    return bytes(file)


def read(pieces: list[bytes]) -> tuple[list[bytes], list[Damage]]:
    reader, records, damages = LevelDbLog(), [], []
    for piece in pieces:
        new, odd = reader.feed(piece)
        records += new
        damages += odd
    return records, damages


SIZES = st.sampled_from([0, 1, 100, BLOCK - 7 - 7, BLOCK - 20, BLOCK - 14, BLOCK, 3 * BLOCK])


@settings(max_examples=60, derandomize=True, database=None)
@given(st.lists(SIZES, max_size=8), st.lists(st.integers(0, 9 * BLOCK), max_size=6))
def test_any_pieces(sizes: list[int], cuts: list[int]) -> None:
    """Records of any length, across blocks and at their ends, come out whole, however the file is cut."""
    records = [bytes([place + 1]) * size for place, size in enumerate(sizes)]
    whole = log(records)
    places = sorted({0, len(whole), *(min(cut, len(whole)) for cut in cuts)})
    assert read([whole[a:b] for a, b in itertools.pairwise(places)]) == (records, [])


def test_byte_by_byte() -> None:
    """A file that comes byte by byte is read the same; what is cut at the end waits."""
    whole = log([b"one", b"two", b"three"])
    assert read([bytes([byte]) for byte in whole[:-1]]) == ([b"one", b"two"], [])
    reader = LevelDbLog()
    reader.feed(whole[:-1])
    assert reader.unfinished == len(chunk(1, b"three")) - 1
    assert reader.feed(whole[-1:]) == ([b"three"], [])


@pytest.mark.parametrize("place", [0, 3, 5, 6, 8])
def test_damage_costs_its_block(place: int) -> None:
    """Behind a damaged chunk the rest of its block is passed over, which is said once; the next block is read."""
    records = [bytes([65 + number]) * 1000 for number in range(60)]
    whole = bytearray(log(records))
    second = FILE_HEADER + len(chunk(1, records[0]))
    whole[second + place] ^= 0xFF
    found, damages = read([bytes(whole)])
    per_block = (BLOCK - FILE_HEADER) // 1007
    assert found == [records[0], *records[per_block + 1 :]]
    assert [damage.offset for damage in damages] == [second]


def test_no_end_of_a_record() -> None:
    """A record that begins and never ends, as its writer was killed, is dropped and said when the next one begins."""
    header = log([])
    assert read([header + chunk(2, b"half") + chunk(1, b"whole")]) == (
        [b"whole"], [Damage(FILE_HEADER + 11, "the record before it has no end")])


def test_zeros_are_damage() -> None:
    """Zeros where a record must stand are passed over to the end of the block."""
    whole = log([b"a"])
    filled = whole + bytes(BLOCK - len(whole)) + chunk(1, b"b")
    records, damages = read([filled])
    assert records == [b"a", b"b"] and len(damages) == 1


def test_too_long_a_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record beyond the limit is dropped and said; it does not fill the memory."""
    monkeypatch.setattr(leveldb_log, "LONGEST_RECORD", BLOCK)
    records, damages = read([log([b"x" * 4 * BLOCK, b"b"])])
    assert records == [b"b"] and "longer than" in damages[0].message
