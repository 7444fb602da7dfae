"""Where records begin: in any pieces, behind lengths that cannot be, at the end of a file."""

from __future__ import annotations

import itertools
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livemon.readers.encodings import tfrecords
from livemon.readers.encodings.crc32c import crc32c, mask
from livemon.readers.encodings.tfrecords import HEADER, Records, is_header


def record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", mask(crc32c(length))) + data + struct.pack("<I", mask(crc32c(data)))


def found(records: Records, pieces: list[bytes]) -> list[tuple[int, bytes]]:
    """Where in the file each record begins, and its data."""
    seen = []
    for piece in pieces:
        walk = records.feed(piece)
        for first, last in itertools.pairwise(walk.bounds.tolist()):
            seen.append((walk.offset + first, walk.data[first + HEADER : last - 4]))
    return seen


@settings(max_examples=100, derandomize=True, database=None)
@given(st.lists(st.integers(0, 5), max_size=60), st.integers(0, 12), st.lists(st.integers(0, 5000), max_size=6))
def test_any_pieces(lengths: list[int], times: int, cuts: list[int]) -> None:
    """However a file is cut, and however its records' lengths come again, each record is found once, where it is."""
    data = [bytes([place % 251] * length) for place, length in enumerate(lengths * times)]
    whole = b"".join(map(record, data))
    starts = list(itertools.accumulate((len(one) + 16 for one in data), initial=0))
    places = sorted({0, len(whole), *(min(cut, len(whole)) for cut in cuts)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tfrecords, "_STRIDE", 8)
        seen = found(Records(), [whole[first:last] for first, last in itertools.pairwise(places)])
    assert seen == list(zip(starts, data, strict=False))


def test_a_cycle_that_ends_early() -> None:
    """Records that came in a cycle for long and then do not any more are found as well."""
    data = [b"a" * (place % 7) for place in range(20_000)] + [b"b" * 40]
    data += [b"a" * (place % 5) for place in range(9_000)]
    assert [one for _, one in found(Records(), [b"".join(map(record, data))])] == data


def test_cut_record_waits() -> None:
    """What is there of a record that is cut waits for the rest."""
    whole = record(b"first") + record(b"second")
    records = Records()
    assert [data for _, data in found(records, [whole[:-1]])] == [b"first"]
    assert records.unfinished == len(record(b"second")) - 1
    assert found(records, [whole[-1:]]) == [(len(record(b"first")), b"second")]
    assert records.unfinished == 0


def test_damaged_length() -> None:
    """Behind a length with a wrong checksum nothing is read any more; it is said where."""
    records = Records()
    assert len(found(records, [record(b"good"), b"\x01" * 40, record(b"lost")])) == 1
    assert (records.broken_at, records.zeros) == (20, False)


def test_zeros_at_the_end() -> None:
    """Zeros behind the last record are told from other damage, until something follows them."""
    records = Records()
    assert len(found(records, [record(b"good"), bytes(100)])) == 1
    assert (records.broken_at, records.zeros) == (20, True)
    found(records, [b"\1"])
    assert not records.zeros


def test_too_long_a_record_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record beyond the limit is skipped and counted, and never held in memory; the ones around it are read."""
    monkeypatch.setattr(tfrecords, "LONGEST_RECORD", 100)
    whole = record(b"a") + record(b"x" * 1000) + record(b"b")
    records, seen, skipped, most = Records(), [], 0, 0
    for place in range(0, len(whole), 50):
        walk = records.feed(whole[place : place + 50])
        seen += [walk.data[first + HEADER : last - 4] for first, last in itertools.pairwise(walk.bounds.tolist())]
        skipped += walk.too_long
        most = max(most, records.unfinished)
    assert (seen, skipped) == ([b"a", b"b"], 1)
    assert most < 100


def test_headers() -> None:
    """A length with its checksum is a header; zeros, other bytes and too few bytes are none."""
    assert is_header(record(b"x")[:HEADER])
    assert not is_header(bytes(HEADER)) and not is_header(b"step,loss\n1,2") and not is_header(record(b"x")[:11])
