"""What events say, in all the ways in which writers say it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto

from livemon.readers.encodings.protobuf import WireError
from livemon.readers.tensorboard.events import Event as EventOfLivemon
from livemon.readers.tensorboard.events import parse_event, plain_scalar, tag_name


def test_values_are_exact(tb: Any) -> None:
    """A float32 becomes the float64 of the same value, a double stays what it is, NaN and infinity are points."""
    values = [0.1, float("nan"), float("inf"), -float("inf"), -0.0, 1e-45, 3.4e38]
    table = tb.one(*(tb.event(step, tb.old("loss", value)) for step, value in enumerate(values)))
    found = [value for _, value in tb.points(table, "loss")]
    assert list(map(repr, found)) == [repr(float(np.float32(value))) for value in values]
    double = tb.tensor("loss", TensorProto(dtype=2, double_val=[0.1]), tb.plugin("scalars"))
    assert tb.points(tb.one(tb.event(1, double)), "loss") == [(1, 0.1)]


SHAPE = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
TWO = TensorShapeProto(dim=[TensorShapeProto.Dim(size=2)])


@pytest.mark.parametrize(
    ("proto", "value"),
    [
        (TensorProto(dtype=1, tensor_content=struct.pack("<f", 0.5)), 0.5),
        (TensorProto(dtype=1, tensor_shape=SHAPE, float_val=[0.5]), 0.5),
        (TensorProto(dtype=2, tensor_content=struct.pack("<d", 0.1)), 0.1),
        (TensorProto(dtype=19, half_val=[int(np.float16(0.5).view(np.uint16))]), 0.5),
        (TensorProto(dtype=19, tensor_content=np.float16(1.5).tobytes()), 1.5),
        (TensorProto(dtype=14, half_val=[0x3FC0]), 1.5),
        (TensorProto(dtype=3, int_val=[-7]), -7.0),
        (TensorProto(dtype=9, int64_val=[-(2**40)]), -(2.0**40)),
        (TensorProto(dtype=9, tensor_content=struct.pack("<q", 12)), 12.0),
        (TensorProto(dtype=23, uint64_val=[2**63]), 2.0**63),
        (TensorProto(dtype=10, bool_val=[True]), 1.0),
    ],
)
def test_tensors_of_one_element(proto: TensorProto, value: float, tb: Any) -> None:
    """A tensor of one element is a scalar, whatever its type and however its value is written."""
    assert tb.points(tb.one(tb.event(4, tb.tensor("loss", proto, tb.plugin("scalars")))), "loss") == [(4, value)]


@pytest.mark.parametrize(
    "value",
    [
        lambda tb: tb.tensor("x", TensorProto(dtype=1, tensor_shape=TWO, float_val=[1, 2]), tb.plugin("scalars")),
        lambda tb: tb.tensor("x", TensorProto(dtype=7, string_val=[b"5"]), tb.plugin("scalars")),
        lambda tb: tb.tensor("x", TensorProto(dtype=1, float_val=[1]), tb.plugin("pr_curves")),
        lambda tb: tb.tensor("x", TensorProto(dtype=1, float_val=[1]), None),
        lambda tb: tb.tensor("x", TensorProto(dtype=1, tensor_content=b"abc"), tb.plugin("scalars")),
        lambda tb: tb.text("x", "5"),
        lambda tb: Summary.Value(tag="x", image=Summary.Image(height=1, width=1, encoded_image_string=b"\x15abcd")),
    ],
    ids=["two elements", "text as scalar", "another plugin", "no plugin", "cut", "text", "image"],
)
def test_what_is_no_scalar(value: Callable[[Any], Summary.Value], tb: Any) -> None:
    """Tensors of more elements, texts, images and other plugins' data are no points and nothing odd."""
    _, table, odd = tb.read([tb.VERSION, tb.event(1, value(tb)), tb.event(1, tb.old("loss", 2.0))])
    assert list(table.columns) == ["step", "wall_time", "loss"]
    assert odd == [] and table.n_rows == 1


def test_the_plugin_may_be_named_once(tb: Any) -> None:
    """A tag whose first event names the plugin is read in later ones that do not."""
    later = (tb.event(step, tb.new("loss", step, metadata=False)) for step in range(1, 300))
    table = tb.one(tb.event(0, tb.new("loss", 1.0)), *later)
    assert tb.points(table, "loss") == [(0, 1.0), *((step, float(step)) for step in range(1, 300))]


def test_scalars_by_data_class(tb: Any) -> None:
    """A plugin of its own whose data are marked as scalars is read as such."""
    value = tb.tensor("x", TensorProto(dtype=1, float_val=[1.5]), tb.plugin("mine", data_class=1))
    assert tb.points(tb.one(tb.event(1, value)), "x") == [(1, 1.5)]


def test_steps(tb: Any) -> None:
    """A step that is not written is 0; negative and very large ones are read exactly."""
    steps = [0, -1, 2**53 + 1, 2**63 - 1, -(2**63)]
    assert tb.one(*(tb.event(step, tb.old("a", 1.0)) for step in steps)).columns["step"].values.tolist() == steps


def test_arguments_of_hugging_face(tb: Any) -> None:
    """The training arguments that Hugging Face writes as a text are the config."""
    facts = tb.read([tb.VERSION, tb.event(0, tb.text("args/text_summary", '{"learning_rate": 0.1}'))])[0].facts
    assert facts.config == {"learning_rate": 0.1}


# -- an event by itself


def event_of(data: bytes) -> tuple[EventOfLivemon, dict[str, str]]:
    """What stands in the bytes, which have others around them."""
    return parse_event(b"###" + data + b"###", 3, 3 + len(data), {})


@pytest.mark.parametrize(("value", "kind"), [
    (lambda tb: tb.old("loss", 0.5), "<f4"), (lambda tb: tb.new("loss", 0.5), "<f4"),
    (lambda tb: tb.tensor("loss", TensorProto(dtype=2, double_val=[0.5]), tb.plugin("scalars")), "<f8"),
    (lambda tb: tb.tensor("loss", TensorProto(dtype=9, int64_val=[1]), tb.plugin("scalars")), None),
])
def test_places_are_where_the_bytes_stand(value: Callable[[Any], Summary.Value], kind: str | None, tb: Any) -> None:
    """An event says where its time, its step, and each scalar's tag and value stand, so that others that look alike can
    be read there; a value whose bytes are no float has no place."""
    written = Event(wall_time=7.25, step=300, summary=Summary(value=[value(tb)])).SerializeToString()
    event, _ = event_of(written)
    data = b"###" + written
    (scalar,) = event.scalars
    assert event.wall_time_at is not None and struct.unpack("<d", data[slice(*event.wall_time_at)]) == (7.25,)
    assert event.step_at is not None and data[slice(*event.step_at)] == b"\xac\x02"
    assert data[slice(*scalar.tag_at)] == b"loss" and event.is_plain
    assert (scalar.position.kind if scalar.position else None) == kind
    if scalar.position:
        assert np.frombuffer(data, kind, 1, scalar.position.at) == scalar.value == 0.5


def test_of_a_tag_that_stands_twice_the_last_value_counts(tb: Any) -> None:
    """Only the last value of a tag is kept, and the event is not one that others may look like."""
    summary = Summary(value=[tb.old("a", 1.0), tb.old("b", 2.0), tb.old("a", 3.0)])
    event, _ = event_of(Event(step=1, wall_time=1.0, summary=summary).SerializeToString())
    assert [(scalar.tag, scalar.value) for scalar in event.scalars] == [("a", 3.0), ("b", 2.0)]
    assert not event.is_plain


def test_bytes_that_are_no_event_are_an_error() -> None:
    """What is no message is a WireError, not an event without scalars."""
    with pytest.raises(WireError):
        event_of(b"\xff\xff\xff")


def test_a_plain_event_is_read_as_any_other(tb: Any) -> None:
    """Whatever `plain_scalar` takes for a plain event says what `parse_event` reads in it: the event of a writer, and
    each that one changed or lacking byte makes of it; the writer's own is taken for one."""
    taken = 0
    for step, tag, value in ((0, "loss", 0.5), (1, "x", float("inf")), (300, "", -1.5), (2**40, "train/loss", 3.0),
                             (-1, "a" * 60, 1e-45), (5, "b" * 200, 2.0)):
        written = Event(wall_time=1.7e9, step=step, summary=Summary(value=[Summary.Value(tag=tag, simple_value=value)])
                        ).SerializeToString()
        assert (plain_scalar(written, 0, len(written)) is not None) == (0 < len(tag) < 100)
        changed = [written[:place] + bytes([byte]) + written[place + 1 :] for place in range(len(written))
                   for byte in (0, 1, 0x0A, 0x10, 0x15, 0x2A, 0x7F, 0x80, 0xFF, written[place] ^ 1)]
        cut = [written[:stop] for stop in range(len(written))]
        for data in (written, *changed, *cut):
            try:
                plain = plain_scalar(data, 0, len(data))
            except WireError:
                with pytest.raises(WireError):
                    parse_event(data, 0, len(data), {})
                continue
            if plain is None:
                continue
            event, plugins = parse_event(data, 0, len(data), {})
            (scalar,) = event.scalars
            assert event.is_plain and not plugins and event.restart_at is None
            assert repr((plain.wall_time, plain.step, tag_name(plain.tag), plain.value)) == repr(
                (event.wall_time, event.step, scalar.tag, scalar.value))
            taken += 1
    assert taken > 100
