"""CRC32C by two ways: byte by byte, and of many stretches at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livemon.readers.encodings.crc32c import crc32c, crc32c_of_many, mask, mask_many


@pytest.mark.parametrize(
    ("data", "checksum"),
    [(b"", 0), (b"123456789", 0xE3069283), (bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43),
     (bytes(range(32)), 0x46DD794E)],
)
def test_checksums_of_the_standard(data: bytes, checksum: int) -> None:
    """The examples of RFC 3720 have the checksums that it names."""
    assert crc32c(data) == checksum


def test_a_checksum_goes_on() -> None:
    """The checksum of two pieces, the second on top of the first, is that of the whole."""
    assert crc32c(b"6789", crc32c(b"12345")) == crc32c(b"123456789")


@settings(max_examples=100, derandomize=True, database=None)
@given(st.binary(max_size=300), st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=8))
def test_many_at_once(data: bytes, cuts: list[tuple[int, int]]) -> None:
    """All stretches of some bytes, empty ones and overlapping ones too, have the checksums that they have alone."""
    spans = [sorted((min(one, len(data)), min(other, len(data)))) for one, other in cuts]
    starts, ends = (np.array([span[side] for span in spans], np.int64) for side in (0, 1))
    found = crc32c_of_many(np.frombuffer(data, np.uint8), starts, ends)
    assert found.tolist() == [crc32c(data[start:end]) for start, end in spans]
    assert mask_many(found).tolist() == [mask(checksum) for checksum in found.tolist()]


def test_a_long_stretch() -> None:
    """A stretch of many thousand blocks has the checksum that it has byte by byte."""
    data = np.random.default_rng(0).integers(0, 256, 200_003, np.uint8)
    found = crc32c_of_many(data, np.array([0, 5]), np.array([200_003, 199_999]))
    assert found.tolist() == [crc32c(data.tobytes()), crc32c(data[5:199_999].tobytes())]
