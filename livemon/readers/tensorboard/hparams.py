"""The messages of TensorBoard's hparams plugin among the events: the settings of a session, and how it ended."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from livemon.readers.encodings.protobuf import BYTES, FIXED64, VARINT, WireError, fields

__all__ = ["Session", "parse_session"]

_SESSION_START, _SESSION_END = 3, 4
_ENDED: dict[int, Literal["finished", "failed"]] = {1: "finished", 2: "failed"}
_IN_WORDS = {1: "success", 2: "failure"}
_DEEPEST = 20


@dataclass(slots=True)
class Session:
    """The content of one of the plugin's messages.

    Attributes:
        config: The settings; {} if the message has none.
        state, evidence: How the session ended; None and "" if the message does not say.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    state: Literal["finished", "failed"] | None = None
    evidence: str = ""


def parse_session(data: bytes, start: int, end: int) -> Session:
    """The message in data[start:end].

    PyTorch's `add_hparams` writes an end together with the start, a success without a time: that is not evidence.

    Raises:
        WireError: It is not a message.
    """
    session = Session()
    for number, kind, first, last, _ in fields(data, start, end):
        if number == _SESSION_START and kind == BYTES:
            session.config = _entries(data, first, last, 0)
        elif number == _SESSION_END and kind == BYTES:
            status, at = 0, 0.0
            for part in fields(data, first, last):
                if part.number == 1 and part.kind == VARINT:
                    status = part.value
                elif part.number == 2 and part.kind == FIXED64:
                    at = struct.unpack_from("<d", data, part.start)[0]
            if at > 0 and status in _ENDED:
                session.state = _ENDED[status]
                session.evidence = f"the hparams plugin says that the session ended with {_IN_WORDS[status]}"
    return session


def _entries(data: bytes, start: int, end: int, depth: int) -> dict[str, Any]:
    """The map in field 1 of a message."""
    entries: dict[str, Any] = {}
    for entry in fields(data, start, end):
        if entry.number != 1 or entry.kind != BYTES:
            continue
        name, value = "", None
        for number, kind, first, last, _ in fields(data, entry.start, entry.end):
            if number == 1 and kind == BYTES:
                name = data[first:last].decode("utf-8", "backslashreplace")
            elif number == 2 and kind == BYTES:
                value = _value(data, first, last, depth)
        entries[name] = value
    return entries


def _value(data: bytes, start: int, end: int, depth: int) -> Any:
    """The value of a `google.protobuf.Value`. It has only floats: whole ones are returned as int."""
    if depth > _DEEPEST:
        raise WireError("settings are nested too deeply")
    for number, kind, first, last, value in fields(data, start, end):
        if number == 2 and kind == FIXED64:
            as_float = float(struct.unpack_from("<d", data, first)[0])
            return int(as_float) if as_float.is_integer() and abs(as_float) < 2**53 else as_float
        if number == 3 and kind == BYTES:
            return data[first:last].decode("utf-8", "backslashreplace")
        if number == 4 and kind == VARINT:
            return bool(value)
        if number == 5 and kind == BYTES:
            return _entries(data, first, last, depth + 1)
        if number == 6 and kind == BYTES:
            items = (part for part in fields(data, first, last) if part.number == 1 and part.kind == BYTES)
            return [_value(data, part.start, part.end, depth + 1) for part in items]
    return None
