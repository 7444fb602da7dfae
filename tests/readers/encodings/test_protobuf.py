"""The wire format: what real messages hold, and what is no message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.compat.proto.event_pb2 import Event

from livemon.readers.encodings.protobuf import BYTES, FIXED64, VARINT, WireError, fields, signed


@given(st.integers(-(2**63), 2**63 - 1))
def test_whole_numbers(step: int) -> None:
    """Each int64 is read as it was written, be it negative."""
    read = [field for field in fields(Event(wall_time=1.0, step=step).SerializeToString()) if field.number == 2]
    assert [signed(field.value) for field in read] == ([step] if step else [])


def test_fields_of_a_real_message() -> None:
    """The fields come in order, each with its number, its kind and the place of its bytes."""
    data = Event(wall_time=1.5, step=300, file_version="brain.Event:2").SerializeToString()
    assert [(field.number, field.kind) for field in fields(data)] == [(1, FIXED64), (2, VARINT), (3, BYTES)]
    assert data[list(fields(data))[2].start :] == b"brain.Event:2"


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"\x09\0\0", "longer than its message"), (b"\x10", "is cut"), (b"\x10\x80", "is cut"),
     (b"\x10" + b"\xff" * 10, "longer than ten"), (b"\x0a\x05ab", "longer than its message"),
     (b"\x0b", "unknown wire type 3"), (b"\x00\x00", "number 0")],
)
def test_no_message(data: bytes, message: str) -> None:
    """Bytes that are no message are a WireError that says why."""
    with pytest.raises(WireError, match=message):
        list(fields(data))


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    """Any bytes are fields that lie within them, or a WireError."""
    try:
        for field in fields(data):
            assert 0 <= field.start <= field.end <= len(data)
    except WireError:
        pass
