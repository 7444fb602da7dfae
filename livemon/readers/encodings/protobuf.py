"""The wire format of protocol buffers, as far as reading needs it: without a schema, and without copying values."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

__all__ = ["BYTES", "FIXED32", "FIXED64", "VARINT", "Field", "WireError", "fields", "signed", "varint"]

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_WIDTHS = {FIXED64: 8, FIXED32: 4}
_LONGEST_VARINT = 10
_LAST_OF_ONE_BYTE = 0x7F  # most numbers are one byte long, and a call of varint costs more than reading that


class WireError(ValueError):
    """The bytes are not a protobuf message. The error's message says what is wrong with them."""


class Field(NamedTuple):
    """One field of a message.

    Attributes:
        number: The number in the schema.
        kind: VARINT, FIXED64, BYTES or FIXED32.
        start, end: The position of its bytes in the data: without the tag, and for BYTES without the length.
        value: The value of a VARINT, 0 .. 2**64-1; else 0.
    """

    number: int
    kind: int
    start: int
    end: int
    value: int


_new_field = partial(tuple.__new__, Field)  # half the cost of Field(...)


def fields(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Field]:
    """The fields of the message in data[start:end], in order.

    Raises:
        WireError: It is cut, or not a message.
    """
    position, end = start, len(data) if end is None else end
    while position < end:
        tag, position = data[position], position + 1
        if tag > _LAST_OF_ONE_BYTE:
            tag, position = varint(data, position - 1, end)
        number, kind = tag >> 3, tag & 7
        value, first = 0, position
        if number == 0:
            raise WireError("a field has the number 0")
        if kind == VARINT:
            value, position = varint(data, position, end)
        elif kind == BYTES:
            if position < end and data[position] <= _LAST_OF_ONE_BYTE:
                length, first = data[position], position + 1
            else:
                length, first = varint(data, position, end)
            position = first + length
        elif kind in _WIDTHS:
            position += _WIDTHS[kind]
        else:
            raise WireError(f"a field has the unknown wire type {kind}")
        if position > end:
            raise WireError("a field is longer than its message")
        yield _new_field((number, kind, first, position, value))


def varint(data: bytes, position: int, end: int) -> tuple[int, int]:
    """The number at a position, modulo 2**64, and the position after it.

    Raises:
        WireError: It is not complete before `end`, or too long for a number.
    """
    value = 0
    for shift in range(_LONGEST_VARINT):
        if position >= end:
            raise WireError("a number is cut")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return value & (1 << 64) - 1, position
    raise WireError("a number is longer than ten bytes")


def signed(value: int) -> int:
    """A VARINT's value as an int64 or int32."""
    return value - (1 << 64) if value >> 63 else value
