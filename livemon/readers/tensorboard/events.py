"""The parsing of one event of a TensorBoard file: its time, step, scalars, and other contents."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np

from livemon.readers.encodings.protobuf import BYTES, FIXED32, FIXED64, VARINT, fields, signed, varint
from livemon.readers.tensorboard.hparams import parse_session

__all__ = ["Event", "Position", "PlainScalar", "Scalar", "parse_event", "plain_scalar", "tag_name"]

# Field numbers of TensorFlow's event.proto, summary.proto and tensor.proto.
_WALL_TIME, _STEP, _SUMMARY, _SESSION_LOG = 1, 2, 5, 7
_VALUE = 1
_TAG, _SIMPLE_VALUE, _TENSOR, _METADATA = 1, 2, 8, 9
_TENSOR_DTYPE, _TENSOR_SHAPE, _TENSOR_CONTENT, _STRING_VALUE = 1, 2, 4, 8
_SESSION_STARTS = 1
_DATA_CLASS_SCALAR = 1

_PLAIN = ([_WALL_TIME, _SUMMARY], [_WALL_TIME, _STEP, _SUMMARY])  # the fields of an event with only scalars
_DOUBLE, _FLOAT = struct.Struct("<d"), struct.Struct("<f")

_Kind = Literal["<f4", "<f8"]

# dtype of a tensor -> the type of its raw bytes, and the field with its values if they are not stored as raw bytes.
_DTYPES: dict[int, tuple[str, int]] = {
    1: ("<f4", 5), 2: ("<f8", 6), 3: ("<i4", 7), 4: ("u1", 7), 5: ("<i2", 7), 6: ("i1", 7), 9: ("<i8", 10),
    10: ("?", 11), 17: ("<u2", 7), 19: ("<f2", 13), 22: ("<u4", 16), 23: ("<u8", 17),
}
_BFLOAT16 = 14


class Position(NamedTuple):
    """The position of a scalar's bytes in the data, and their type."""

    at: int
    kind: _Kind


class Scalar(NamedTuple):
    """One value of one tag.

    Attributes:
        tag: The tag as written.
        value: The value, a float64.
        position: The position of the value; None if it is not stored as a plain float.
        tag_at: The position of the tag, (start, end).
        settled: Whether the event itself, and not an earlier one, says that the value is a scalar.
    """

    tag: str
    value: float
    position: Position | None
    tag_at: tuple[int, int]
    settled: bool


@dataclass(slots=True)
class Event:
    """The content of one record.

    Attributes:
        wall_time: The time, in unix seconds.
        step: The step; 0 if none is written.
        scalars: The scalars in order; of two with the same tag only the last.
        wall_time_at, step_at: The positions of the time and the step, (start, end).
        is_plain: Whether the event has only a time, a step and scalars, each once.
        restart_at: The step from which a restarted run takes back what was logged; None in other events.
        config: The settings of the run.
        state, evidence: The end of the run, if the event says it; see `readers.Facts`.
    """

    wall_time: float = 0.0
    step: int = 0
    scalars: list[Scalar] = field(default_factory=list)
    wall_time_at: tuple[int, int] | None = None
    step_at: tuple[int, int] | None = None
    is_plain: bool = True
    restart_at: int | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    state: Literal["finished", "failed"] | None = None
    evidence: str = ""


def parse_event(data: bytes, start: int, end: int, plugins: Mapping[str, str]) -> tuple[Event, dict[str, str]]:
    """The event in data[start:end], and the plugins of those tags whose metadata it has.

    Args:
        data: The bytes that contain the event.
        start: The start of the event.
        end: The end of the event.
        plugins: tag -> the plugin named by its first event: writers may leave it out in later ones.

    Raises:
        WireError: It is not an event.
    """
    event, texts = Event(), dict[str, str]()
    starts_again = False
    seen: list[int] = []
    for number, kind, first, last, value in fields(data, start, end):
        if number == _WALL_TIME and kind == FIXED64:
            event.wall_time = _DOUBLE.unpack_from(data, first)[0]
            event.wall_time_at = (first, last)
        elif number == _STEP and kind == VARINT:
            event.step = signed(value)
            event.step_at = (first, last)
        elif number == _SUMMARY and kind == BYTES:
            for part in fields(data, first, last):
                if part.number == _VALUE and part.kind == BYTES:
                    _take_value(data, part.start, part.end, plugins, event, texts)
        elif number == _SESSION_LOG and kind == BYTES:
            starts_again = any(part.number == 1 and part.value == _SESSION_STARTS for part in fields(data, first, last))
        seen.append(number)
    if starts_again:
        event.restart_at = event.step
    if len(event.scalars) > 1 and len({scalar.tag for scalar in event.scalars}) < len(event.scalars):
        event.scalars = list({scalar.tag: scalar for scalar in event.scalars}.values())
        event.is_plain = False
    event.is_plain &= seen in _PLAIN
    return event, texts


class PlainScalar(NamedTuple):
    """The content of an event with one scalar and nothing else. `tag`: the tag as written."""

    wall_time: float
    step: int
    tag: bytes
    value: float


def plain_scalar(data: bytes, start: int, end: int) -> PlainScalar | None:
    """The event in data[start:end], if it has the usual form: a time, a step, and one float32 with a tag, each once and
    in this order; None for any other, which `parse_event` reads. The result is the same as that of `parse_event`, in a
    fifth of the time: an audit reads each record of a file by itself.

    Raises:
        WireError: It is not an event.
    """
    if end - start < _SHORTEST_PLAIN or data[start] != _WALL_TIME_TAG:
        return None
    _, wall_time, following = _BEGIN.unpack_from(data, start)
    step, position = 0, start + _BEGIN.size
    if following == _STEP_TAG:
        step, position = varint(data, position, end)
        if position == end:
            return None
        following, position = data[position], position + 1
    if following != _SUMMARY_TAG or end - position < _BEFORE_TAG + _AT_END:
        return None
    summary, value_tag, value, name_tag, name = _OF_VALUE.unpack_from(data, position)
    name_at, name_ends = position + _BEFORE_TAG, end - _AT_END
    if (value_tag != _VALUE_TAG or name_tag != _NAME_TAG or data[name_ends] != _SIMPLE_TAG
            or name != name_ends - name_at or value != name + 7 or summary != value + 2 or summary > 0x7F):
        return None
    return PlainScalar(wall_time, signed(step), data[name_at:name_ends], _FLOAT.unpack_from(data, name_ends + 1)[0])


# The tags of the fields of a plain event, with number and kind in one byte.
_WALL_TIME_TAG, _STEP_TAG, _SUMMARY_TAG = _WALL_TIME << 3 | FIXED64, _STEP << 3 | VARINT, _SUMMARY << 3 | BYTES
_VALUE_TAG, _NAME_TAG, _SIMPLE_TAG = _VALUE << 3 | BYTES, _TAG << 3 | BYTES, _SIMPLE_VALUE << 3 | FIXED32
_BEGIN = struct.Struct("<BdB")  # the time, and the tag of the next field
_OF_VALUE = struct.Struct("5B")  # the summary's length, then the tags and lengths of its value and the value's name
_BEFORE_TAG, _AT_END = _OF_VALUE.size, 5
_SHORTEST_PLAIN = _BEGIN.size + _BEFORE_TAG + _AT_END


def tag_name(data: bytes) -> str:
    """A tag as text, whatever its bytes are."""
    return data.decode("utf-8", "backslashreplace")


def _take_value(data: bytes, start: int, end: int, plugins: Mapping[str, str], event: Event,
                texts: dict[str, str]) -> None:
    """Take one `Summary.Value`. A value with neither a number nor settings is skipped by its length."""
    tag, tag_at, simple, tensor, metadata = "", (start, start), None, None, None
    for number, kind, first, last, _ in fields(data, start, end):
        if number == _TAG and kind == BYTES:
            tag, tag_at = tag_name(data[first:last]), (first, last)
        elif number == _SIMPLE_VALUE and kind == FIXED32:
            simple, tensor = first, None
        elif number == _TENSOR and kind == BYTES:
            simple, tensor = None, (first, last)
        elif number == _METADATA and kind == BYTES:
            metadata = (first, last)
        elif 3 <= number <= 6 and kind == BYTES:  # a histogram, image or sound in its old form
            simple = tensor = None
    plugin, content, is_scalar = _plugin(data, metadata) if metadata else ("", (0, 0), False)
    if metadata:
        texts.setdefault(tag, "scalars" if is_scalar else plugin)
    if simple is not None:
        value = _FLOAT.unpack_from(data, simple)[0]
        event.scalars.append(Scalar(tag, value, Position(simple, "<f4"), tag_at, True))
    elif plugin == "hparams":
        session = parse_session(data, *content)
        event.config = session.config or event.config
        event.state, event.evidence = session.state or event.state, session.evidence or event.evidence
    elif tensor is not None:
        known = texts.get(tag) if metadata else plugins.get(tag, texts.get(tag))
        if known == "scalars" and (read := _tensor_value(data, *tensor)) is not None:
            event.scalars.append(Scalar(tag, read[0], read[1], tag_at, metadata is not None))
        elif tag == _ARGUMENTS and plugin == "text":
            event.config = _json_object(_first_text(data, *tensor)) or event.config


def _plugin(data: bytes, metadata: tuple[int, int]) -> tuple[str, tuple[int, int], bool]:
    """The plugin's name, the position of its own data, and whether the values are scalars."""
    name, content, data_class = "", (0, 0), 0
    for number, kind, first, last, value in fields(data, *metadata):
        if number == 1 and kind == BYTES:
            for part in fields(data, first, last):
                if part.number == 1 and part.kind == BYTES:
                    name = data[part.start : part.end].decode("utf-8", "backslashreplace")
                elif part.number == 2 and part.kind == BYTES:
                    content = (part.start, part.end)
        elif number == 4 and kind == VARINT:
            data_class = value
    return name, content, name == "scalars" or data_class == _DATA_CLASS_SCALAR


def _tensor_value(data: bytes, start: int, end: int) -> tuple[float, Position | None] | None:
    """The only element of a tensor, and its position if it is stored as a float; None if the tensor has more elements
    or is not numeric."""
    dtype, raw, elements = 0, None, 1
    values: dict[int, tuple[int, int, int, int]] = {}
    for number, kind, first, last, value in fields(data, start, end):
        if number == _TENSOR_DTYPE and kind == VARINT:
            dtype = value
        elif number == _TENSOR_SHAPE and kind == BYTES:
            elements = _elements(data, first, last)
        elif number == _TENSOR_CONTENT and kind == BYTES:
            raw = (first, last)
        else:
            values[number] = (kind, first, last, value)
    form, listed = _DTYPES.get(dtype, ("<u2", 13) if dtype == _BFLOAT16 else ("", 0))
    if not form or elements != 1:
        return None
    width = np.dtype(form).itemsize
    if raw is not None and raw[1] > raw[0]:
        return _raw_value(data, raw, form, dtype) if raw[1] - raw[0] == width else None
    if listed not in values:
        return None
    kind, first, last, value = values[listed]
    if form in ("<f4", "<f8"):
        return _raw_value(data, (first, last), form, dtype) if last - first == width else None
    if kind == BYTES:  # a packed list of varints, with one element
        packed = [part.value for part in fields(b"\x08" + data[first:last])]
        if len(packed) != 1:
            return None
        value = packed[0]
    if form in ("<f2", "<u2") and listed == 13:
        return _raw_value(struct.pack("<H", value & 0xFFFF), (0, 2), form, dtype)[0], None
    return float(value if form in ("<u4", "<u8") else signed(value)), None


def _raw_value(data: bytes, raw: tuple[int, int], form: str, dtype: int) -> tuple[float, Position | None]:
    if dtype == _BFLOAT16:  # the upper half of a float32
        return struct.unpack("<f", b"\0\0" + data[raw[0] : raw[1]])[0], None
    value = float(np.frombuffer(data, form, 1, raw[0])[0])
    if form == "<f4":
        return value, Position(raw[0], "<f4")
    return value, Position(raw[0], "<f8") if form == "<f8" else None


def _elements(data: bytes, start: int, end: int) -> int:
    """The number of elements of a shape; -1 if unknown."""
    count, unknown = 1, False
    for number, kind, first, last, value in fields(data, start, end):
        if number == 2 and kind == BYTES:
            count *= next((signed(part.value) for part in fields(data, first, last) if part.number == 1), 0)
        elif number == 3 and kind == VARINT:
            unknown = bool(value)
    return -1 if unknown else count


# -- contents other than metrics

_ARGUMENTS = "args/text_summary"  # Hugging Face's TensorBoardCallback: the TrainingArguments as JSON


def _first_text(data: bytes, start: int, end: int) -> bytes:
    return next((data[part.start : part.end] for part in fields(data, start, end) if part.number == _STRING_VALUE), b"")


def _json_object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
