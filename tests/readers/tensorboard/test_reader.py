"""TensorBoard's event files: two ways that say the same, real writers followed live, and what stands in real files."""

from __future__ import annotations

import itertools
import json
import math
import random
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.plugins.hparams import plugin_data_pb2

from livemon.readers.base import Purge, Reader, read_table
from livemon.readers.encodings import tfrecords as tfrecords_module
from livemon.readers.encodings.crc32c import crc32c, mask
from livemon.readers.tensorboard import likenesses as scalars_module
from livemon.readers.tensorboard import reader as tensorboard_module
from livemon.readers.tensorboard.reader import TensorBoard, TensorBoardReader
from livemon.system.listing import HEAD_BYTES, Listing
from livemon.system.tail import Look
from livemon.tables.anomalies import Anomaly
from livemon.tables.table import Table

DATA = Path(__file__).parents[2] / "data"
RUNS = DATA / "runs"
EXPECTED: dict[str, Any] = json.loads((DATA / "expected_tensorboard.json").read_text(encoding="utf-8"))
FORMAT = TensorBoard()


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


# -- events as TensorFlow's own classes write them


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


# -- two ways

STEPS = st.sampled_from([0, 1, 2, 127, 128, 16_383, 16_384, 2**31, 2**62, 2**63 - 1, -1, -(2**63)])
TAGS = st.sampled_from(["loss", "acc", "a/b", "step", "wall_time", "step.1", "é", "", "x" * 600])
VALUES = st.floats(width=32)
KINDS = st.one_of(
    st.builds(lambda step, tag, value: event(step, old(tag, value)), STEPS, TAGS, VALUES),
    st.builds(lambda step, tag, value: event(step, new(tag, value)), STEPS, TAGS, VALUES),
    st.builds(lambda step, tag, value: event(step, new(tag, value, metadata=False)), STEPS, TAGS, VALUES),
    st.builds(lambda step, tags, value: event(step, *(old(tag, value + place) for place, tag in enumerate(tags))),
              STEPS, st.lists(TAGS, min_size=2, max_size=3), st.floats(0, 9, width=32)),
    st.builds(lambda step, tag, value: event(step, text("note", "so"), old(tag, value)), STEPS, TAGS, VALUES),
    st.builds(lambda tag: event(3, text(tag, "loss is 5")), TAGS),
    st.builds(start, STEPS),
    st.builds(record, st.binary(max_size=40)),
    st.just(VERSION),
)
TWO_WAYS = settings(max_examples=400, deadline=None, derandomize=True, database=None,
                    phases=[Phase.explicit, Phase.generate],  # to make a failing file smaller takes minutes
                    suppress_health_check=[HealthCheck.too_slow])


def answer(pieces: list[bytes | None], plain: bool) -> Any:
    """All that a reader makes of some bytes, in a form that compares NaN."""
    reader, table, odd = read(pieces, plain)
    cells = [(name, column.rows.tolist(), column.values.dtype, list(map(repr, column.values.tolist())))
             for name, column in table.columns.items()]
    return table.n_rows, cells, [(one.kind, one.message) for one in odd], reader.facts


@TWO_WAYS
@given(st.lists(st.tuples(KINDS, st.integers(1, 12)), max_size=12), st.lists(st.integers(0, 20_000), max_size=4),
       st.lists(st.tuples(st.integers(0, 20_000), st.integers(1, 255)), max_size=2), st.randoms(use_true_random=False))
def test_both_ways_say_the_same(records: list[tuple[bytes, int]], cuts: list[int], damage: list[tuple[int, int]],
                                dice: random.Random) -> None:
    """Whatever events a file has, however its bytes are cut and damaged, the fast way says what the plain way says."""
    several = [one for one, times in records for _ in range(times)]
    dice.shuffle(several)
    whole = bytearray(VERSION + b"".join(several))
    for place, bits in damage:
        if place > len(VERSION):
            whole[place % len(whole)] ^= bits
    places = sorted({0, len(whole), *(cut % (len(whole) + 1) for cut in cuts)})
    pieces: list[bytes | None] = [bytes(whole[a:b]) for a, b in itertools.pairwise(places)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tensorboard_module, "FAST_FROM_RECORDS", 1)
        patch.setattr(tensorboard_module, "FAST_CHECK_FROM_BYTES", 1)
        patch.setattr(scalars_module, "FEWEST", 2)
        patch.setattr(tfrecords_module, "_STRIDE", 4)
        assert answer(pieces, plain=False) == answer(pieces, plain=True)


def test_the_fast_way_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file of scalars only some records are taken apart one by one: the test above compares two ways, not one."""
    calls = []
    parse = tensorboard_module.parse_event
    monkeypatch.setattr(tensorboard_module, "parse_event", lambda *given: calls.append(1) or parse(*given))
    whole = b"".join(event(step, old(f"loss/{step % 50}", step)) for step in range(5000))
    assert read([whole])[1].n_rows == 5000
    assert len(calls) < 100


@pytest.mark.parametrize("plain", [False, True])
def test_many_events_of_all_kinds(plain: bool) -> None:
    """Among thousands of scalars, texts and histograms of many lengths do not get in the way of a single point."""
    dice = random.Random(0)
    wanted: dict[str, list[tuple[int, float]]] = {}
    records = [VERSION]
    for step in range(2000):
        for tag in ("loss", "val/loss", "lr")[: 1 + (step % 10 == 0) * 2]:
            value = float(np.float32(dice.gauss(0, 1)))
            wanted.setdefault(tag, []).append((step, value))
            records.append(event(step, old(tag, value), wall_time=dice.random()))
        if step % 7 == 0:
            records.append(event(step, text("note", "word " * dice.randrange(200))))
        if step % 100 == 0:
            histogram = Summary.Value(tag="weights")
            histogram.histo.bucket.extend([dice.random() for _ in range(dice.randrange(800))])
            records.append(event(step, histogram))
    table = read([b"".join(records)], plain)[1]
    assert {tag: points(table, tag) for tag in wanted} == wanted
    assert list(table.columns) == ["step", "wall_time", *wanted]


# -- what events say


def test_values_are_exact() -> None:
    """A float32 becomes the float64 of the same value, a double stays what it is, NaN and infinity are points."""
    values = [0.1, float("nan"), float("inf"), -float("inf"), -0.0, 1e-45, 3.4e38]
    table = one(*(event(step, old("loss", value)) for step, value in enumerate(values)))
    found = [value for _, value in points(table, "loss")]
    assert list(map(repr, found)) == [repr(float(np.float32(value))) for value in values]
    double = tensor("loss", TensorProto(dtype=2, double_val=[0.1]), plugin("scalars"))
    assert points(one(event(1, double)), "loss") == [(1, 0.1)]


SHAPE = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])


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
def test_tensors_of_one_element(proto: TensorProto, value: float) -> None:
    """A tensor of one element is a scalar, whatever its type and however its value is written."""
    assert points(one(event(4, tensor("loss", proto, plugin("scalars")))), "loss") == [(4, value)]


@pytest.mark.parametrize(
    "value",
    [
        tensor("x", TensorProto(dtype=1, tensor_shape=TensorShapeProto(dim=[TensorShapeProto.Dim(size=2)]),
                                float_val=[1, 2]), plugin("scalars")),
        tensor("x", TensorProto(dtype=7, string_val=[b"5"]), plugin("scalars")),
        tensor("x", TensorProto(dtype=1, float_val=[1]), plugin("pr_curves")),
        tensor("x", TensorProto(dtype=1, float_val=[1]), None),
        tensor("x", TensorProto(dtype=1, tensor_content=b"abc"), plugin("scalars")),
        text("x", "5"),
        Summary.Value(tag="x", image=Summary.Image(height=1, width=1, encoded_image_string=b"\x15abcd")),
    ],
    ids=["two elements", "text as scalar", "another plugin", "no plugin", "cut", "text", "image"],
)
def test_what_is_no_scalar(value: Summary.Value) -> None:
    """Tensors of more elements, texts, images and other plugins' data are no points and nothing odd."""
    _, table, odd = read([VERSION, event(1, value), event(1, old("loss", 2.0))])
    assert list(table.columns) == ["step", "wall_time", "loss"]
    assert odd == [] and table.n_rows == 1


def test_the_plugin_may_be_named_once() -> None:
    """A tag whose first event names the plugin is read in later ones that do not."""
    table = one(event(0, new("loss", 1.0)), *(event(step, new("loss", step, metadata=False)) for step in range(1, 300)))
    assert points(table, "loss") == [(0, 1.0), *((step, float(step)) for step in range(1, 300))]


def test_scalars_by_data_class() -> None:
    """A plugin of its own whose data are marked as scalars is read as such."""
    value = tensor("x", TensorProto(dtype=1, float_val=[1.5]), plugin("mine", data_class=1))
    assert points(one(event(1, value)), "x") == [(1, 1.5)]


def test_one_row_for_each_event() -> None:
    """An event is a row; its several scalars stand in it together, and events of one step are not merged."""
    table = one(event(1, old("a", 1.0), old("b", 2.0), wall_time=5.5), event(1, old("a", 3.0)))
    assert table.n_rows == 2
    assert [table.columns[name].rows.tolist() for name in ("a", "b")] == [[0, 1], [0]]
    assert table.columns["wall_time"].values.tolist() == [5.5, 100.0]


def test_tags_named_like_our_columns() -> None:
    """A tag called `step` gets another name, and the step stays what it is."""
    table = one(event(7, old("step", 1.5)), event(8, old("step.1", 2.5)))
    assert table.columns["step"].values.tolist() == [7, 8]
    assert points(table, "step.1") == [(7, 1.5)] and points(table, "step.1.1") == [(8, 2.5)]


def test_steps() -> None:
    """A step that is not written is 0; negative and very large ones are read exactly."""
    steps = [0, -1, 2**53 + 1, 2**63 - 1, -(2**63)]
    assert one(*(event(step, old("a", 1.0)) for step in steps)).columns["step"].values.tolist() == steps


# -- what is damaged


@pytest.mark.parametrize("count", [3, 500])
def test_wrong_checksum(count: int) -> None:
    """A record with a wrong checksum is skipped and flagged once, with its place; the others are read."""
    records = [event(step, old("loss", step)) for step in range(count)]
    damaged = bytearray(records[1])
    damaged[-5] ^= 1
    _, table, odd = read([VERSION, b"".join([records[0], bytes(damaged), *records[2:]])])
    assert [step for step, _ in points(table, "loss")] == [0, *range(2, count)]
    assert [(one.kind, one.count) for one in odd] == [("record damaged", 1)]
    assert f"byte {len(VERSION) + len(records[0]):,}" in odd[0].message


def test_no_event_with_a_right_checksum() -> None:
    """A record that is no event is skipped and flagged."""
    _, table, odd = read([VERSION, record(b"\xff\xff\xff"), event(1, old("loss", 1.0))])
    assert table.n_rows == 1 and [one.kind for one in odd] == ["record rejected"]


def test_damaged_length() -> None:
    """Behind a damaged length nothing can be read: what was read stays, it is said once, and stays in the facts."""
    damaged = b"\1" * 50
    reader, table, odd = read([VERSION, event(1, old("loss", 1.0)), damaged, event(2, old("loss", 1.0)), b"more"])
    assert points(table, "loss") == [(1, 1.0)]
    assert [one.kind for one in odd] == ["damaged"]
    assert "cannot be read from byte" in reader.facts.odd[0]


def test_zeros_at_the_end() -> None:
    """A file that ends in zeros, as after a crash, is said to; rows in front of them are there."""
    _, table, odd = read([VERSION, event(1, old("loss", 1.0)), bytes(40), bytes(40)])
    assert table.n_rows == 1 and [one.kind for one in odd] == ["zeros"]


def test_a_file_that_starts_again() -> None:
    """A file that was replaced is read from its start, by its own tags."""
    first = [VERSION, event(1, old("loss", 1.0)), bytes(40)]
    _, table, _ = read([*first, None, VERSION, event(5, old("acc", 2.0))])
    assert points(table, "acc") == [(5, 2.0)] and "loss" not in table.columns


def test_another_file() -> None:
    """A file that is no event file is unreadable, which says why."""
    reader = TensorBoardReader(Path("x.tfevents.1"), tail=Pieces([b"step,loss\n1,2\n3,4\n"]))  # type: ignore[arg-type]
    update = reader.read()
    assert update.status == "unreadable" and "no event file" in update.problem


def test_zeros_that_are_filled_later(tmp_path: Path) -> None:
    """Zeros at the end in whose place records are written later are read then."""
    path = tmp_path / "events.out.tfevents.1.host"
    records = event(1, old("loss", 1.0)), event(2, old("loss", 2.0))
    path.write_bytes(VERSION + records[0] + bytes(len(records[1])))
    reader = FORMAT.open(path)
    assert reader.read().block.n_rows == 1
    path.write_bytes(VERSION + b"".join(records))
    deadline = time.monotonic() + 20
    while (update := reader.read()).block is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert points(read_table(FORMAT.open(path)), "loss") == [(1, 1.0), (2, 2.0)]
    assert update.block is not None and update.block.n_rows == 2


# -- what is no metric


def test_a_restart_takes_back() -> None:
    """A restart's event says from which step on what stands above its row is taken back, even if none comes anew."""
    records = [*(event(step, old("loss", 1.0)) for step in range(9)), start(5), event(50, old("loss", 2.0)), start(60)]
    reader, table, _ = read([VERSION + b"".join(records)])
    assert reader.facts.purges == (Purge(9, 5), Purge(10, 60))
    assert "a restart at step 5 took back" in reader.facts.odd[0]
    assert table.n_rows == 10


def test_settings_of_the_hparams_plugin() -> None:
    """The settings of a session are the run's config; its end is evidence where it has a time, as it has none when
    PyTorch writes it together with the start."""
    data = plugin_data_pb2.HParamsPluginData()
    for name, value in (("lr", 0.5), ("layers", 3)):
        data.session_start_info.hparams[name].number_value = value
    data.session_start_info.hparams["opt"].string_value = "adam"
    data.session_start_info.hparams["amp"].bool_value = True
    nested = data.session_start_info.hparams["sizes"].list_value.values.add()
    nested.number_value = 1.5
    null = TensorProto(dtype=1, float_val=[0.0])
    session = tensor("_hparams_/session_start_info", null, plugin("hparams", data.SerializeToString()))
    end = plugin_data_pb2.HParamsPluginData()
    end.session_end_info.status = 1
    timeless = tensor("_hparams_/session_end_info", null, plugin("hparams", end.SerializeToString()))
    end.session_end_info.status, end.session_end_info.end_time_secs = 2, 1.7e9
    timed = tensor("_hparams_/session_end_info", null, plugin("hparams", end.SerializeToString()))
    facts = read([VERSION, event(0, session), event(0, timeless)])[0].facts
    assert facts.config == {"lr": 0.5, "layers": 3, "opt": "adam", "amp": True, "sizes": [1.5]}
    assert facts.state is None
    facts = read([VERSION, event(0, session), event(0, timed)])[0].facts
    assert facts.state == "failed" and "hparams" in facts.evidence


def test_arguments_of_hugging_face() -> None:
    """The training arguments that Hugging Face writes as a text are the config."""
    facts = read([VERSION, event(0, text("args/text_summary", '{"learning_rate": 0.1}'))])[0].facts
    assert facts.config == {"learning_rate": 0.1}


# -- files and folders


def lay(folder: Path, *names: str, tag: str = "loss") -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(VERSION + event(1, old(tag, 1.0)))


def found_in(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in FORMAT.find(Listing(folder))]


def test_files_of_a_run_in_order(tmp_path: Path) -> None:
    """The files of a run come in the order of the times in their names, whatever stands around these."""
    lay(tmp_path, "events.out.tfevents.20.a.1.0", "events.out.tfevents.3.z.9.1", "events.out.tfevents.20.a.1.1")
    lay(tmp_path, "events.out.tfevents.1.a.profile-empty", "version_1/events.out.tfevents.1.a")
    assert found_in(tmp_path) == ["events.out.tfevents.3.z.9.1", "events.out.tfevents.20.a.1.0",
                                  "events.out.tfevents.20.a.1.1"]


@pytest.mark.parametrize("place", ["", "logs/tensorboard/", "tensorboard/", "tb/", "vis_data/"])
def test_known_places(place: str, tmp_path: Path) -> None:
    """Event files are found where frameworks put them below a run."""
    lay(tmp_path, f"{place}events.out.tfevents.1.a")
    assert found_in(tmp_path) == [f"{place}events.out.tfevents.1.a"]


def test_hugging_face_keeps_them_in_runs(tmp_path: Path) -> None:
    """A Trainer's output folder has its event files below `runs`, a folder for each start; other folders do not."""
    lay(tmp_path, "runs/Nov2_host/events.out.tfevents.2.a", "runs/Nov1_host/events.out.tfevents.1.a")
    assert found_in(tmp_path) == []
    (tmp_path / "checkpoint-10").mkdir()
    assert found_in(tmp_path) == ["runs/Nov1_host/events.out.tfevents.1.a", "runs/Nov2_host/events.out.tfevents.2.a"]


def test_keras_keeps_two_folders(tmp_path: Path) -> None:
    """`train` and `validation` in a folder without files of its own are one run, told apart by the folder."""
    lay(tmp_path, "train/events.out.tfevents.1.a.v2", "validation/events.out.tfevents.2.a.v2", tag="epoch_loss")
    assert found_in(tmp_path) == ["train/events.out.tfevents.1.a.v2", "validation/events.out.tfevents.2.a.v2"]
    names = [list(read_table(FORMAT.open(path)).columns)[2] for path in FORMAT.find(Listing(tmp_path))]
    assert names == ["train/epoch_loss", "validation/epoch_loss"]


@pytest.mark.parametrize(
    ("name", "head", "is_one"),
    [("events.out.tfevents.1.a", VERSION, True), ("events.out.tfevents.1.a", b"", True),
     ("events.out.tfevents.1.a", b"step,loss\n1,2\n", False), ("renamed", VERSION, True),
     ("renamed", record(b"an Example"), False), ("x.tfevents.1.profile-empty", b"", False), ("a.csv", b"", False)],
)
def test_what_is_recognised(name: str, head: bytes, is_one: bool) -> None:
    """An event file is known by its name and first record, or by what its first record says."""
    assert FORMAT.recognises(Path(name), head[:HEAD_BYTES]) == is_one


WRITE = """
import sys, time, numpy
from {module} import SummaryWriter
folder = sys.argv[1]
sys.stdin.readline()
for first, stop, purge in ((0, 200, None), (150, 300, 150)):
    writer = SummaryWriter(folder, flush_secs=1, purge_step=purge)
    for step in range(first, stop):
        writer.add_scalar("train/loss", 1 / (step + 1), step)
        writer.add_scalar("nan", float("nan"), step)
        if step % 10 == 0:
            writer.add_text("note", "at " * step, step)
            writer.add_histogram("weights", numpy.array([1.0, 2.0, 3.0]), step)
            writer.add_scalars("both/of", {{"a": step, "b": -step}}, step)
            writer.flush()
            time.sleep(0.01)
    writer.add_hparams({{"lr": 0.1, "optimizer": "adam", "amp": True}}, {{"hparam/accuracy": 0.5}})
    writer.close()
    time.sleep(1)  # the names of the files tell seconds
"""


def read_all(reader: Reader, table: Table) -> None:
    """Add what is new to the table."""
    while True:
        update = reader.read()
        assert update.status == "ok" and not update.restarted and update.anomalies == ()
        if update.block is not None:
            table.append(update.block)
        if not update.more:
            return


@pytest.mark.parametrize("module", ["torch.utils.tensorboard", "tensorboardX"])
def test_live_writer(module: str, tmp_path: Path) -> None:
    """A real writer in another process is followed from before its first row to after its last: every point, of
    `add_scalars` and `add_hparams` too; a second writer that goes over steps again makes a second file."""
    known: dict[Path, tuple[Reader, Table]] = {}
    command = [sys.executable, "-W", "ignore", "-c", WRITE.format(module=module), str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as writer:
        assert writer.stdin is not None and FORMAT.find(Listing(tmp_path)) == []
        writer.stdin.write("\n")
        writer.stdin.flush()
        ended = False
        while not ended:
            ended = writer.poll() is not None
            for path in FORMAT.find(Listing(tmp_path)):
                read_all(*known.setdefault(path, (FORMAT.open(path), Table())))
            time.sleep(0.005)
    assert writer.returncode == 0
    paths = [path for path in FORMAT.find(Listing(tmp_path)) if path.parent == tmp_path]
    assert len(paths) == 2
    for path, steps in zip(paths, (range(200), range(150, 300)), strict=True):
        table = known[path][1]
        assert points(table, "train/loss") == [(step, float(np.float32(1 / (step + 1)))) for step in steps]
        assert [step for step, value in points(table, "nan") if math.isnan(value)] == list(steps)
    assert known[paths[1]][0].facts.purges == (Purge(0, 150),)
    tables = [table for path, (_, table) in known.items() if path.parent != tmp_path]
    found = {name for table in tables for name in table.columns} - {"step", "wall_time"}
    assert found == {"both/of/a", "both/of/b", "hparam/accuracy"}
    merged = [point for table in tables if "both/of/b" in table.columns for point in points(table, "both/of/b")]
    assert merged == [(step, -float(step)) for steps in (range(200), range(150, 300)) for step in steps[::10]]
    configs = [reader.facts.config for reader, _ in known.values() if reader.facts.config]
    assert configs == [{"lr": 0.1, "optimizer": "adam", "amp": True}] * 2


def same(left: float, right: str) -> bool:
    wanted = float(right)
    return (math.isnan(left) and math.isnan(wanted)) or math.isclose(left, wanted, rel_tol=1e-5)


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("key", EXPECTED)
def test_real_runs_say_what_their_writers_logged(key: str, plain: bool) -> None:
    """Every metric of a real run has as many points as were logged, with the same first and last ones."""
    files = [RUNS / file for file in EXPECTED[key]["files"]]
    assert FORMAT.find(Listing(files[0].parent)) == files
    tables = [read_table(FORMAT.open(path, plain=plain)) for path in files]
    for name, wanted in EXPECTED[key]["series"].items():
        found = [point for table in tables if name in table.columns for point in points(table, name)]
        assert len(found) == wanted["n"], name
        for place, (x, y) in ((0, wanted["first"]), (-1, wanted["last"])):
            assert found[place][0] == x and same(found[place][1], y), (name, place)


def test_mmengine() -> None:
    """MMEngine's event file has what the JSON lines beside it had, training and validation."""
    [path] = FORMAT.find(Listing(RUNS / "mmengine_run" / "20261123_002323"))
    table = read_table(FORMAT.open(path))
    loss, mse = points(table, "loss"), points(table, "mse")
    assert (len(loss), loss[0][0], loss[-1][0], len(mse), mse[-1][0]) == (12, 2, 24, 3, 3)
    assert same(loss[0][1], "4.5015") and same(mse[-1][1], "0.0457532")


def test_replay_of_a_real_file_in_pieces(tmp_path: Path) -> None:
    """A real file that arrives in small pieces gives the table that it gives whole."""
    source = RUNS / "sb3_ppo" / "events.out.tfevents.1795392427.vm.7971.0"
    whole, path = source.read_bytes(), tmp_path / source.name
    reader, table = FORMAT.open(path), Table()
    assert reader.read().status == "missing"
    for place in range(0, len(whole), 999):
        with path.open("ab") as file:
            file.write(whole[place : place + 999])
        update = reader.read()
        assert update.anomalies == ()
        if update.block is not None:
            table.append(update.block)
    shutil.copy(source, tmp_path / "whole.tfevents.1")
    assert table.to_frame().equals(read_table(FORMAT.open(tmp_path / "whole.tfevents.1")).to_frame())


def test_records_that_only_seem_to_look_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records of different tags that are taken for one another, were their hashes equal, are told apart by their
    checksums and read rightly."""
    monkeypatch.setattr(scalars_module, "_multipliers", lambda count: np.zeros(count, np.uint64))
    whole = VERSION + b"".join(event(step, old(f"tag{step % 3}", step)) for step in range(900))
    assert answer([whole], plain=False) == answer([whole], plain=True)


def test_the_first_that_names_the_plugin_is_damaged() -> None:
    """Where the first of many alike events that name a plugin is damaged, the next one is heard."""
    named = [event(step, new("loss", step)) for step in range(1, 100)]
    damaged = bytearray(named[0])
    damaged[-5] ^= 1
    whole = VERSION + bytes(damaged) + b"".join(named[1:]) + event(100, new("loss", 100, metadata=False))
    assert answer([whole], plain=False) == answer([whole], plain=True)
    assert [step for step, _ in points(one(whole), "loss")] == list(range(2, 101))


def _with_a_number_that_ends_early() -> bytes:
    data = bytearray(event(300, old("loss", 1.0))[12:-4])
    data[10] &= 0x7F
    return record(bytes(data))


@pytest.mark.parametrize(
    "odd_ones",
    [[_with_a_number_that_ends_early()], [event(300, old("a", 1.0), old("a", 2.0))] * 50],
    ids=["a number that ends early", "a tag twice in an event"],
)
def test_what_nearly_looks_alike(odd_ones: list[bytes]) -> None:
    """Records that have the size and nearly the form of many others are not taken for them."""
    alike = [event(step, *values) for step in range(200, 400)
             for values in ([old("loss", step)], [old("a", step), old("b", step)])]
    whole = VERSION + b"".join(alike + odd_ones + alike)
    assert answer([whole], plain=False) == answer([whole], plain=True)
