from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from livemon.readers.base import read_table
from livemon.readers.mmengine import Mmcv, Mmengine
from livemon.system.listing import Listing
from livemon.tables.table import Table

DATA = Path(__file__).parents[1] / "data"
RUN = DATA / "runs" / "mmengine_run" / "20261123_002323"
TRACE = DATA / "traces" / "mmengine_scalars.jsonl"


def test_a_real_run_as_expected() -> None:
    """The series of training and of validation: every point of both, and neither mixed with the other."""
    expected = json.loads((DATA / "expected_json.json").read_text())
    (path,) = Mmengine().find(Listing(RUN))
    table = read_table(Mmengine().open(path))
    assert table.n_rows == 15
    for key in expected:
        if not key.startswith("mmengine"):
            continue
        for name, said in expected[key]["series"].items():
            column = table.columns[f"val/{name}" if "val|" in key and name in ("time", "data_time") else name]
            at = table.at_rows("step", column.rows)
            assert [[at[place], f"{column.values[place]:g}"] for place in (0, -1)] == [said["first"], said["last"]]
            assert len(column) == said["n"]


def test_the_twin_is_not_read_twice(tmp_path: Path) -> None:
    """`<time stamp>.json` has the same rows: it is read only where there is no `scalars.json`."""
    place = tmp_path / "vis_data"
    place.mkdir()
    assert Mmengine().find(Listing(tmp_path)) == []
    twin = place / "20261123_002323.json"
    twin.write_text('{"loss": 1, "iter": 1, "step": 1}\n')
    assert Mmengine().find(Listing(tmp_path)) == Mmengine().find(Listing(place)) == [twin]
    assert Mmengine().recognises(twin, twin.read_bytes())
    (place / "scalars.json").write_text("")
    assert Mmengine().find(Listing(tmp_path)) == [place / "scalars.json"]


def test_validation_never_mixes_with_training(tmp_path: Path, checks: Any) -> None:
    """What a validation row calls as training does gets val/ in front, however the lines come; step does not."""
    lines = [{"time": 9.0, "acc": 0.1, "step": 0}, {"time": 1.0, "acc": 0.5, "epoch": 1, "iter": 1, "step": 1},
             {"time": 2.0, "acc": 0.6, "mIoU": 0.3, "step": 1}]
    data = "".join(json.dumps(line) + "\n" for line in lines).encode()
    whole = checks.grown(tmp_path / "scalars.json", data, [], Mmengine().open)
    assert list(whole[0][0]) == ["val/time", "acc", "step", "time", "epoch", "iter", "val/acc", "mIoU"]
    for cut in range(0, len(data), 7):
        assert checks.grown(tmp_path / "scalars.json", data, [cut], Mmengine().open) == whole


def test_a_look_after_each_operation_of_a_real_writer(tmp_path: Path, checks: Any) -> None:
    """A real run, replayed system call by system call: each look shows the rows that are complete, none changed."""
    path = tmp_path / "scalars.json"
    reader, table, odd, content = Mmengine().open(path), Table(), Counter[str](), b""
    for line in TRACE.read_text().splitlines():
        entry = json.loads(line)
        if entry["op"] == "open" and entry.get("creates"):
            path.touch()
        elif entry["op"] == "write":
            data = entry["data"].encode("utf-8", "surrogateescape")
            content = content[: entry["offset"]] + data
            path.write_bytes(content[:-1])
            table = checks.take(reader, table, odd)
            path.write_bytes(content)
        table = checks.take(reader, table, odd)
        assert table.n_rows == content.count(b"\n")
    assert content == (RUN / "vis_data" / "scalars.json").read_bytes() and not odd
    assert checks.shown(table) == checks.shown(read_table(Mmengine().open(RUN / "vis_data" / "scalars.json")))


MMCV = [
    {"env_info": "Python 3.8", "seed": 0, "exp_name": "faster_rcnn.py", "config": "lr = 0.1"},
    {"mode": "train", "epoch": 1, "iter": 50, "lr": 0.02, "memory": 3000, "data_time": 0.1, "loss": 2.0, "time": 0.5},
    {"mode": "train", "epoch": 1, "iter": 100, "lr": 0.02, "memory": 3000, "data_time": 0.1, "loss": 1.5, "time": 0.5},
    {"mode": "val", "epoch": 1, "iter": 20, "lr": 0.02, "bbox_mAP": 0.1},
    {"mode": "train", "epoch": 2, "iter": 50, "lr": 0.02, "memory": 3000, "data_time": 0.1, "loss": 1.0, "time": 0.5},
]


def test_mmcv(tmp_path: Path) -> None:
    """A `*.log.json` as mmcv 1's own source writes it (no real run is at hand): the first line is about the run, rows
    of validation keep their own counts apart, and that iter starts again in each epoch is said."""
    path = tmp_path / "20200101_000000.log.json"
    path.write_text("".join(json.dumps(line) + "\n" for line in MMCV))
    assert Mmcv().find(Listing(tmp_path)) == [path] and Mmcv().recognises(path, path.read_bytes())
    reader = Mmcv().open(path)
    table = read_table(reader)
    assert table.n_rows == 4
    assert table.columns["iter"].values.tolist() == [50, 100, 50]
    assert table.columns["val/iter"].values.tolist() == [20] and len(table.columns["lr"]) == 3
    assert table.columns["bbox_mAP"].values.tolist() == [0.1]
    facts = reader.facts
    assert facts.name == "faster_rcnn.py" and facts.config["seed"] == 0 and "each epoch" in facts.odd[0]


@pytest.mark.parametrize(("format_", "name"), [(Mmengine(), "scalars.json"), (Mmcv(), "a.log.json")])
def test_awkward_sources_raise_nothing(tmp_path: Path, checks: Any, format_: Any, name: str) -> None:
    """Nothing that may lie in the place of the file raises."""
    checks.survives(format_, tmp_path, name, json.dumps(MMCV[1]).encode() + b"\n")


WRITER = """
import sys
from mmengine.visualization import LocalVisBackend
backend = LocalVisBackend(sys.argv[1])
twin = "20260101_000000.json"
for step in range(1, 6):
    backend.add_scalars({"loss": 1 / step, "time": 0.5, "epoch": 1, "iter": step}, step=step, file_path=twin)
backend.add_scalars({"acc": 0.5, "time": 0.25}, step=1, file_path=twin)
"""


@pytest.mark.slow
def test_a_real_writer(tmp_path: Path) -> None:
    """What MMEngine's own backend writes is found once and read whole."""
    pytest.importorskip("mmengine", reason="mmengine is not installed")
    subprocess.run([sys.executable, "-c", WRITER, str(tmp_path / "vis_data")], check=True, capture_output=True)
    (path,) = Mmengine().find(Listing(tmp_path))
    table = read_table(Mmengine().open(path))
    assert table.columns["loss"].values.tolist() == [1 / step for step in range(1, 6)]
    assert table.columns["val/time"].values.tolist() == [0.25]
