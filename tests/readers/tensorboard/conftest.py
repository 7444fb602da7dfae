"""What tests of event files share: events as TensorFlow's own classes write them, and what is read of them."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto

from livemon.readers.base import Reader
from livemon.readers.encodings.crc32c import crc32c, mask
from livemon.readers.tensorboard.reader import TensorBoardReader
from livemon.system.tail import Look
from livemon.tables.anomalies import Anomaly
from livemon.tables.table import Table


class Pieces:
    """A tail that hands out given bytes; None is a file that was replaced."""

    def __init__(self, pieces: Iterable[bytes | None]) -> None:
        self._pieces = iter(pieces)
        self._restarted = False

    def look(self) -> Look:
        piece = next(self._pieces, b"")
        if piece is None:
            return Look(restarted=True, more=True)
        return Look(lines=piece, more=bool(piece))


def record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", mask(crc32c(length))) + data + struct.pack("<I", mask(crc32c(data)))


def event(step: int, *values: Summary.Value, wall_time: float = 100.0) -> bytes:
    return record(Event(wall_time=wall_time, step=step, summary=Summary(value=values)).SerializeToString())


def old(tag: str, value: float) -> Summary.Value:
    return Summary.Value(tag=tag, simple_value=value)


def plugin(name: str, content: bytes = b"", data_class: int = 0) -> SummaryMetadata:
    data = SummaryMetadata.PluginData(plugin_name=name, content=content)
    return SummaryMetadata(plugin_data=data, data_class=data_class)


def tensor(tag: str, proto: TensorProto, metadata: SummaryMetadata | None) -> Summary.Value:
    return Summary.Value(tag=tag, tensor=proto, metadata=metadata)


def new(tag: str, value: float, metadata: bool = True) -> Summary.Value:
    return tensor(tag, TensorProto(dtype=1, float_val=[value]), plugin("scalars") if metadata else None)


def text(tag: str, words: str) -> Summary.Value:
    return tensor(tag, TensorProto(dtype=7, string_val=[words.encode()]), plugin("text"))


def start(step: int) -> bytes:
    return record(Event(wall_time=1.0, step=step, session_log=SessionLog(status=SessionLog.START)).SerializeToString())


VERSION = record(Event(wall_time=1.0, file_version="brain.Event:2").SerializeToString())


def read(pieces: Iterable[bytes | None], plain: bool = False, below: str = "") -> tuple[Reader, Table, list[Anomaly]]:
    reader = TensorBoardReader(Path("x.tfevents.1"), below=below, tail=Pieces(pieces), plain=plain)  # type: ignore[arg-type]
    table, odd = Table(), []
    while True:
        update = reader.read()
        odd += update.anomalies
        if update.restarted:
            table = Table()
        if update.block is not None:
            table.append(update.block)
        if not update.more:
            return reader, table, odd


def points(table: Table, name: str) -> list[tuple[int, float]]:
    """(step, value) of each point of a metric."""
    column = table.columns[name]
    steps = table.at_rows("step", column.rows)
    return [(int(step), float(value)) for step, value in zip(steps, column.values, strict=True)]


def one(*records: bytes, below: str = "") -> Table:
    return read([VERSION, *records], below=below)[1]


def answer(pieces: list[bytes | None], plain: bool) -> Any:
    """All that a reader makes of some bytes, in a form that compares NaN."""
    reader, table, odd = read(pieces, plain)
    cells = [(name, column.rows.tolist(), column.values.dtype, list(map(repr, column.values.tolist())))
             for name, column in table.columns.items()]
    return table.n_rows, cells, [(one.kind, one.message) for one in odd], reader.facts


class Events:
    """Events as their writers write them, and what is read of them."""

    VERSION = VERSION
    Pieces = Pieces
    record = staticmethod(record)
    event = staticmethod(event)
    old = staticmethod(old)
    new = staticmethod(new)
    tensor = staticmethod(tensor)
    text = staticmethod(text)
    plugin = staticmethod(plugin)
    start = staticmethod(start)
    read = staticmethod(read)
    one = staticmethod(one)
    points = staticmethod(points)
    answer = staticmethod(answer)


@pytest.fixture(scope="session")
def tb() -> type[Events]:
    """Events as their writers write them, and what is read of them."""
    return Events
