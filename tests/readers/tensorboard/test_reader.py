"""TensorBoard's event files: two ways that say the same, real writers followed live, and what stands in real files."""

from __future__ import annotations

import itertools
import json
import math
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tensorboard.compat.proto.summary_pb2 import Summary

from livemon.readers.base import Purge, Reader, read_table
from livemon.readers.encodings import tfrecords as tfrecords_module
from livemon.readers.tensorboard import reader as tensorboard_module
from livemon.readers.tensorboard import similar_events as scalars_module
from livemon.readers.tensorboard.reader import TensorBoard, TensorBoardReader
from livemon.system.listing import HEAD_BYTES, Listing
from livemon.tables.table import Table
from tests.started import started

DATA = Path(__file__).parents[2] / "data"
RUNS = DATA / "runs"
EXPECTED: dict[str, Any] = json.loads((DATA / "expected_tensorboard.json").read_text(encoding="utf-8"))
FORMAT = TensorBoard()

# -- two ways

STEPS = st.sampled_from([0, 1, 2, 127, 128, 16_383, 16_384, 2**31, 2**62, 2**63 - 1, -1, -(2**63)])
TAGS = st.sampled_from(["loss", "acc", "a/b", "step", "wall_time", "step.1", "é", "", "x" * 600])
VALUES = st.floats(width=32)
KINDS = st.one_of(  # each makes a record
    st.builds(lambda step, tag, value: lambda tb: tb.event(step, tb.old(tag, value)), STEPS, TAGS, VALUES),
    st.builds(lambda step, tag, value: lambda tb: tb.event(step, tb.new(tag, value)), STEPS, TAGS, VALUES),
    st.builds(lambda step, tag, value: lambda tb: tb.event(step, tb.new(tag, value, metadata=False)),
              STEPS, TAGS, VALUES),
    st.builds(lambda step, tags, value: lambda tb: tb.event(
        step, *(tb.old(tag, value + place) for place, tag in enumerate(tags))),
              STEPS, st.lists(TAGS, min_size=2, max_size=3), st.floats(0, 9, width=32)),
    st.builds(lambda step, tag, value: lambda tb: tb.event(step, tb.text("note", "so"), tb.old(tag, value)),
              STEPS, TAGS, VALUES),
    st.builds(lambda tag: lambda tb: tb.event(3, tb.text(tag, "loss is 5")), TAGS),
    st.builds(lambda step: lambda tb: tb.start(step), STEPS),
    st.builds(lambda data: lambda tb: tb.record(data), st.binary(max_size=40)),
    st.just(lambda tb: tb.VERSION),
)
TWO_WAYS = settings(max_examples=400, derandomize=True, database=None,
                    phases=[Phase.explicit, Phase.generate],  # to make a failing file smaller takes minutes
                    suppress_health_check=[HealthCheck.too_slow])


@TWO_WAYS
@given(st.lists(st.tuples(KINDS, st.integers(1, 12)), max_size=12), st.lists(st.integers(0, 20_000), max_size=4),
       st.lists(st.tuples(st.integers(0, 20_000), st.integers(1, 255)), max_size=2), st.randoms(use_true_random=False))
def test_both_ways_say_the_same(
    tb: Any, records: list[tuple[Callable[[Any], bytes], int]], cuts: list[int], damage: list[tuple[int, int]],
    dice: random.Random,
) -> None:
    """Whatever events a file has, however its bytes are cut and damaged, the fast way says what the plain way says."""
    several = [make(tb) for make, times in records for _ in range(times)]
    dice.shuffle(several)
    whole = bytearray(tb.VERSION + b"".join(several))
    for place, bits in damage:
        if place > len(tb.VERSION):
            whole[place % len(whole)] ^= bits
    places = sorted({0, len(whole), *(cut % (len(whole) + 1) for cut in cuts)})
    pieces: list[bytes | None] = [bytes(whole[a:b]) for a, b in itertools.pairwise(places)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tensorboard_module, "FAST_FROM_RECORDS", 1)
        patch.setattr(tensorboard_module, "FAST_CHECK_FROM_BYTES", 1)
        patch.setattr(scalars_module, "FEWEST", 2)
        patch.setattr(tfrecords_module, "_STRIDE", 4)
        assert tb.answer(pieces, plain=False) == tb.answer(pieces, plain=True)


@pytest.mark.parametrize("plain", [False, True])
def test_many_events_of_all_kinds(plain: bool, tb: Any) -> None:
    """Among thousands of scalars, texts and histograms of many lengths do not get in the way of a single point."""
    dice = random.Random(0)
    wanted: dict[str, list[tuple[int, float]]] = {}
    records = [tb.VERSION]
    for step in range(2000):
        for tag in ("loss", "val/loss", "lr")[: 1 + (step % 10 == 0) * 2]:
            value = float(np.float32(dice.gauss(0, 1)))
            wanted.setdefault(tag, []).append((step, value))
            records.append(tb.event(step, tb.old(tag, value), wall_time=dice.random()))
        if step % 7 == 0:
            records.append(tb.event(step, tb.text("note", "word " * dice.randrange(200))))
        if step % 100 == 0:
            histogram = Summary.Value(tag="weights")
            histogram.histo.bucket.extend([dice.random() for _ in range(dice.randrange(800))])
            records.append(tb.event(step, histogram))
    table = tb.read([b"".join(records)], plain)[1]
    assert {tag: tb.points(table, tag) for tag in wanted} == wanted
    assert list(table.columns) == ["step", "wall_time", *wanted]


# -- what events say


def test_one_row_for_each_event(tb: Any) -> None:
    """An event is a row; its several scalars stand in it together, and events of one step are not merged."""
    table = tb.one(tb.event(1, tb.old("a", 1.0), tb.old("b", 2.0), wall_time=5.5), tb.event(1, tb.old("a", 3.0)))
    assert table.n_rows == 2
    assert [table.columns[name].rows.tolist() for name in ("a", "b")] == [[0, 1], [0]]
    assert table.columns["wall_time"].values.tolist() == [5.5, 100.0]


def test_tags_named_like_our_columns(tb: Any) -> None:
    """A tag called `step` gets another name, and the step stays what it is."""
    table = tb.one(tb.event(7, tb.old("step", 1.5)), tb.event(8, tb.old("step.1", 2.5)))
    assert table.columns["step"].values.tolist() == [7, 8]
    assert tb.points(table, "step.1") == [(7, 1.5)] and tb.points(table, "step.1.1") == [(8, 2.5)]


# -- what is damaged


@pytest.mark.parametrize("count", [3, 500])
def test_wrong_checksum(count: int, tb: Any) -> None:
    """A record with a wrong checksum is skipped and flagged once, with its place; the others are read."""
    records = [tb.event(step, tb.old("loss", step)) for step in range(count)]
    damaged = bytearray(records[1])
    damaged[-5] ^= 1
    _, table, odd = tb.read([tb.VERSION, b"".join([records[0], bytes(damaged), *records[2:]])])
    assert [step for step, _ in tb.points(table, "loss")] == [0, *range(2, count)]
    assert [(one.kind, one.count) for one in odd] == [("record damaged", 1)]
    assert f"byte {len(tb.VERSION) + len(records[0]):,}" in odd[0].message


def test_no_event_with_a_right_checksum(tb: Any) -> None:
    """A record that is no event is skipped and flagged."""
    _, table, odd = tb.read([tb.VERSION, tb.record(b"\xff\xff\xff"), tb.event(1, tb.old("loss", 1.0))])
    assert table.n_rows == 1 and [one.kind for one in odd] == ["record rejected"]


def test_damaged_length(tb: Any) -> None:
    """Behind a damaged length nothing can be read: what was read stays, it is said once, and stays in the facts."""
    damaged = b"\1" * 50
    before, behind = (tb.event(step, tb.old("loss", 1.0)) for step in (1, 2))
    reader, table, odd = tb.read([tb.VERSION, before, damaged, behind, b"more"])
    assert tb.points(table, "loss") == [(1, 1.0)]
    assert [one.kind for one in odd] == ["damaged"]
    assert "cannot be read from byte" in reader.facts.odd[0]


def test_zeros_at_the_end(tb: Any) -> None:
    """A file that ends in zeros, as after a crash, is said to; rows in front of them are there."""
    _, table, odd = tb.read([tb.VERSION, tb.event(1, tb.old("loss", 1.0)), bytes(40), bytes(40)])
    assert table.n_rows == 1 and [one.kind for one in odd] == ["zeros"]


def test_a_file_that_starts_again(tb: Any) -> None:
    """A file that was replaced is read from its start, by its own tags."""
    first = [tb.VERSION, tb.event(1, tb.old("loss", 1.0)), bytes(40)]
    _, table, _ = tb.read([*first, None, tb.VERSION, tb.event(5, tb.old("acc", 2.0))])
    assert tb.points(table, "acc") == [(5, 2.0)] and "loss" not in table.columns


def test_another_file(tb: Any) -> None:
    """A file that is no event file is unreadable, which says why."""
    reader = TensorBoardReader(Path("x.tfevents.1"), tail=tb.Pieces([b"step,loss\n1,2\n3,4\n"]))  # type: ignore[arg-type]
    update = reader.read()
    assert update.status == "unreadable" and "not an event file" in update.problem


def test_zeros_that_are_filled_later(tmp_path: Path, tb: Any) -> None:
    """Zeros at the end in whose place records are written later are read then."""
    path = tmp_path / "events.out.tfevents.1.host"
    records = tb.event(1, tb.old("loss", 1.0)), tb.event(2, tb.old("loss", 2.0))
    path.write_bytes(tb.VERSION + records[0] + bytes(len(records[1])))
    reader = FORMAT.open(path)
    assert reader.read().block.n_rows == 1
    path.write_bytes(tb.VERSION + b"".join(records))
    deadline = time.monotonic() + 20
    while (update := reader.read()).block is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert tb.points(read_table(FORMAT.open(path)), "loss") == [(1, 1.0), (2, 2.0)]
    assert update.block is not None and update.block.n_rows == 2


# -- what is no metric


def test_a_restart_takes_back(tb: Any) -> None:
    """A restart's event says from which step on what stands above its row is taken back, even if none comes anew."""
    records = [*(tb.event(step, tb.old("loss", 1.0)) for step in range(9)), tb.start(5),
               tb.event(50, tb.old("loss", 2.0)), tb.start(60)]
    reader, table, _ = tb.read([tb.VERSION + b"".join(records)])
    assert reader.facts.purges == (Purge(9, 5), Purge(10, 60))
    assert "a restart at step 5 replaced" in reader.facts.odd[0]
    assert table.n_rows == 10


# -- files and folders


@pytest.fixture
def lay(tb: Any) -> Callable[..., None]:
    """Lay event files of one point into a folder."""

    def write(folder: Path, *names: str, tag: str = "loss") -> None:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(tb.VERSION + tb.event(1, tb.old(tag, 1.0)))

    return write


def found_in(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in FORMAT.find(Listing(folder))]


def test_files_of_a_run_in_order(tmp_path: Path, lay: Callable[..., None]) -> None:
    """The files of a run come in the order of the times in their names, whatever stands around these."""
    lay(tmp_path, "events.out.tfevents.20.a.1.0", "events.out.tfevents.3.z.9.1", "events.out.tfevents.20.a.1.1")
    lay(tmp_path, "events.out.tfevents.1.a.profile-empty", "version_1/events.out.tfevents.1.a")
    assert found_in(tmp_path) == ["events.out.tfevents.3.z.9.1", "events.out.tfevents.20.a.1.0",
                                  "events.out.tfevents.20.a.1.1"]


@pytest.mark.parametrize("place", ["", "logs/tensorboard/", "tensorboard/", "tb/", "vis_data/"])
def test_known_places(place: str, tmp_path: Path, lay: Callable[..., None]) -> None:
    """Event files are found where frameworks put them below a run."""
    lay(tmp_path, f"{place}events.out.tfevents.1.a")
    assert found_in(tmp_path) == [f"{place}events.out.tfevents.1.a"]


def test_hugging_face_keeps_them_in_runs(tmp_path: Path, lay: Callable[..., None]) -> None:
    """A Trainer's output folder has its event files below `runs`, a folder for each start; other folders do not."""
    lay(tmp_path, "runs/Nov2_host/events.out.tfevents.2.a", "runs/Nov1_host/events.out.tfevents.1.a")
    assert found_in(tmp_path) == []
    (tmp_path / "checkpoint-10").mkdir()
    assert found_in(tmp_path) == ["runs/Nov1_host/events.out.tfevents.1.a", "runs/Nov2_host/events.out.tfevents.2.a"]


def test_keras_keeps_two_folders(tmp_path: Path, lay: Callable[..., None]) -> None:
    """`train` and `validation` in a folder without files of its own are one run, told apart by the folder."""
    lay(tmp_path, "train/events.out.tfevents.1.a.v2", "validation/events.out.tfevents.2.a.v2", tag="epoch_loss")
    assert found_in(tmp_path) == ["train/events.out.tfevents.1.a.v2", "validation/events.out.tfevents.2.a.v2"]
    names = [list(read_table(FORMAT.open(path)).columns)[2] for path in FORMAT.find(Listing(tmp_path))]
    assert names == ["train/epoch_loss", "validation/epoch_loss"]


@pytest.mark.parametrize(
    ("name", "head", "is_one"),
    [("events.out.tfevents.1.a", lambda tb: tb.VERSION, True), ("events.out.tfevents.1.a", b"", True),
     ("events.out.tfevents.1.a", b"step,loss\n1,2\n", False), ("renamed", lambda tb: tb.VERSION, True),
     ("renamed", lambda tb: tb.record(b"an Example"), False), ("x.tfevents.1.profile-empty", b"", False),
     ("a.csv", b"", False)],
)
def test_what_is_recognised(name: str, head: bytes | Callable[[Any], bytes], is_one: bool, tb: Any) -> None:
    """An event file is known by its name and first record, or by what its first record says."""
    data = head(tb) if callable(head) else head
    assert FORMAT.recognises(Path(name), data[:HEAD_BYTES]) == is_one


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
def test_live_writer(module: str, tmp_path: Path, tb: Any) -> None:
    """A real writer in another process is followed from before its first row to after its last: every point, of
    `add_scalars` and `add_hparams` too; a second writer that goes over steps again makes a second file."""
    known: dict[Path, tuple[Reader, Table]] = {}
    command = [sys.executable, "-W", "ignore", "-c", WRITE.format(module=module), str(tmp_path)]
    with started(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as writer:
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
        assert tb.points(table, "train/loss") == [(step, float(np.float32(1 / (step + 1)))) for step in steps]
        assert [step for step, value in tb.points(table, "nan") if math.isnan(value)] == list(steps)
    assert known[paths[1]][0].facts.purges == (Purge(0, 150),)
    tables = [table for path, (_, table) in known.items() if path.parent != tmp_path]
    found = {name for table in tables for name in table.columns} - {"step", "wall_time"}
    assert found == {"both/of/a", "both/of/b", "hparam/accuracy"}
    merged = [point for table in tables if "both/of/b" in table.columns for point in tb.points(table, "both/of/b")]
    assert merged == [(step, -float(step)) for steps in (range(200), range(150, 300)) for step in steps[::10]]
    configs = [reader.facts.config for reader, _ in known.values() if reader.facts.config]
    assert configs == [{"lr": 0.1, "optimizer": "adam", "amp": True}] * 2


def same(left: float, right: str) -> bool:
    wanted = float(right)
    return (math.isnan(left) and math.isnan(wanted)) or math.isclose(left, wanted, rel_tol=1e-5)


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("key", EXPECTED)
def test_real_runs_say_what_their_writers_logged(key: str, plain: bool, tb: Any) -> None:
    """Every metric of a real run has as many points as were logged, with the same first and last ones."""
    files = [RUNS / file for file in EXPECTED[key]["files"]]
    assert FORMAT.find(Listing(files[0].parent)) == files
    tables = [read_table(FORMAT.open(path, plain=plain)) for path in files]
    for name, wanted in EXPECTED[key]["series"].items():
        found = [point for table in tables if name in table.columns for point in tb.points(table, name)]
        assert len(found) == wanted["n"], name
        for place, (x, y) in ((0, wanted["first"]), (-1, wanted["last"])):
            assert found[place][0] == x and same(found[place][1], y), (name, place)


def test_mmengine(tb: Any) -> None:
    """MMEngine's event file has what the JSON lines beside it had, training and validation."""
    [path] = FORMAT.find(Listing(RUNS / "mmengine_run" / "20261123_002323"))
    table = read_table(FORMAT.open(path))
    loss, mse = tb.points(table, "loss"), tb.points(table, "mse")
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
