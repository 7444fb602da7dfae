from __future__ import annotations

import math
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from livemon.readers.base import read_table
from livemon.readers.dvclive import Dvclive, DvcliveReader
from livemon.system.listing import Listing
from livemon.tables.table import Table

RUN = Path(__file__).parents[1] / "data" / "runs" / "dvclive"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / "plots" / "metrics" / f"{name}.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def points(table: Table, name: str) -> list[tuple[float, float]]:
    """(step, value) of a metric."""
    column = table.columns[name]
    return list(zip(table.at_rows("step", column.rows).tolist(), column.values.tolist(), strict=True))


def test_a_real_run_that_was_resumed() -> None:
    """Each metric has the points of its own file, in order of time; a nan is a point; parameters are the settings."""
    assert Dvclive().find(Listing(RUN)) == [RUN] and Dvclive().find(Listing(RUN.parent)) == [RUN]
    reader = DvcliveReader(RUN)
    table = read_table(reader)
    assert {"step", "timestamp", "train/loss", "val/acc", "lr"} == set(table.columns)
    assert points(table, "train/loss") == [(step, 1 / (step + 1)) for step in range(8)]
    assert [step for step, value in points(table, "val/acc") if math.isnan(value)] == [2, 6]
    times = table.columns["timestamp"].values.tolist()
    assert times == sorted(times) and len(times) == 16
    assert reader.facts.config == {"lr": 0.1, "model": {"layers": 2}}


def test_rows_stand_in_order_of_step(tmp_path: Path) -> None:
    """Without times, rows that are read at once stand in order of step."""
    write(tmp_path, "b", "step\tb\n0\t1\n1\t2\n")
    write(tmp_path, "a/c", "step\tc\n0\t5\n1\tword\n2\t7\n")
    table = read_table(DvcliveReader(tmp_path))
    assert table.columns["step"].values.tolist() == [0, 0, 1, 1, 2]
    assert points(table, "b") == [(0, 1), (1, 2)] and points(table, "a/c") == [(0, 5), (2, 7)]
    assert table.columns["a/c"].texts == ["word"] and table.columns["a/c"].text_rows.tolist() in ([2], [3])


def test_only_new_rows_come_and_a_new_metric_is_found(tmp_path: Path, checks: Any) -> None:
    """Each look brings what was appended, and metrics that were not there before."""
    path = write(tmp_path, "a", "step\ta\n0\t1\n")
    reader, odd = DvcliveReader(tmp_path), Counter[str]()
    table = checks.take(reader, Table(), odd)
    with path.open("a") as file:
        file.write("1\t2\n2")
    write(tmp_path, "late", "step\tlate\n1\t9\n")
    update = reader.read()
    assert update.block is not None and update.block.n_rows == 2 and not update.restarted
    table.append(update.block)
    assert points(table, "a") == [(0, 1), (1, 2)] and points(table, "late") == [(1, 9)]
    assert path in reader.files


def test_the_order_of_columns_is_the_same_live_and_afterwards(tmp_path: Path, checks: Any) -> None:
    """Metrics stand in order of name, whichever file was found first."""
    write(tmp_path, "z", "step\tz\n0\t1\n")
    reader, odd = DvcliveReader(tmp_path), Counter[str]()
    table = checks.take(reader, Table(), odd)
    write(tmp_path, "a", "timestamp\tstep\ta\n100\t0\t1\n")
    table = checks.take(reader, table, odd)
    assert list(table.columns) == ["timestamp", "step", "a", "z"] == list(read_table(DvcliveReader(tmp_path)).columns)


def test_metrics_called_like_columns_and_steps_that_fall(tmp_path: Path) -> None:
    """A metric called `step` is `step.1`; of a file with more columns the first value counts; rows stay in order."""
    write(tmp_path, "step", "step\tstep\textra\n5\t1\t8\n2\t3\t9\n")
    table = read_table(DvcliveReader(tmp_path))
    assert list(table.columns) == ["step", "step.1"]
    assert points(table, "step.1") == [(2, 3), (5, 1)]
    assert table.columns["step"].rows.tolist() == [0, 1]


def test_a_run_that_begins_anew(tmp_path: Path) -> None:
    """DVCLive deletes the metrics of the run before unless it resumes it: all is read again."""
    write(tmp_path, "a", "step\ta\n0\t1\n1\t2\n")
    write(tmp_path, "b", "step\tb\n0\t1\n1\t2\n")
    reader = DvcliveReader(tmp_path)
    reader.read()
    shutil.rmtree(tmp_path / "plots")
    assert reader.read().status == "missing"
    write(tmp_path, "a", "step\ta\n0\t7\n")
    update = reader.read()
    assert update.restarted and update.block is not None
    assert update.block.n_rows == 1 and update.block.cells["a"].values.tolist() == [7]


def test_any_cutting_gives_the_same_series(tmp_path: Path, checks: Any) -> None:
    """However the bytes of a real run come, each metric has the same points; in the plain way, too."""
    whole = read_table(DvcliveReader(RUN))
    parts = {path: path.read_bytes() for path in RUN.rglob("*.tsv")}
    for size in (1, 7, 40):
        folder = tmp_path / str(size)
        reader, table, odd = DvcliveReader(folder, plain=size == 7), Table(), Counter[str]()
        for start in range(0, 240, size):
            for path, data in parts.items():
                copy = folder / path.relative_to(RUN)
                copy.parent.mkdir(parents=True, exist_ok=True)
                with copy.open("ab") as file:
                    file.write(data[start : start + size])
            table = checks.take(reader, table, odd)
        assert not odd
        for name in ("train/loss", "val/acc", "lr"):
            assert str(points(table, name)) == str(points(whole, name))


def test_what_is_found(tmp_path: Path) -> None:
    """A folder with metrics, however deep their names go, but not for ever; a folder without any is none."""
    assert Dvclive().find(Listing(tmp_path)) == []
    write(tmp_path, "/".join("abcdefghijk"), "step\tk\n0\t1\n")
    assert Dvclive().find(Listing(tmp_path)) == [] and DvcliveReader(tmp_path).read().status == "missing"
    write(tmp_path, "a/b/c/d", "step\td\n0\t1\n")
    assert Dvclive().find(Listing(tmp_path)) == [tmp_path]
    assert "a/b/c/d" in read_table(DvcliveReader(tmp_path)).columns
    assert Dvclive().written(tmp_path) is not None


def test_awkward_sources_raise_nothing(tmp_path: Path, checks: Any) -> None:
    """Nothing that may lie in the place of a metric's file or of the settings raises."""
    (tmp_path / "plots" / "metrics").mkdir(parents=True)
    checks.survives(Dvclive(), tmp_path / "plots" / "metrics", "a.tsv", b"step\ta\n0\t1\n")
    (tmp_path / "params.yaml").write_bytes(b"\0\xff{")
    reader = DvcliveReader(tmp_path)
    for _ in range(3):
        reader.read()
        assert reader.facts.config == {}
    assert DvcliveReader(tmp_path / "nowhere").read().status == "missing"


WRITER = """
import sys
from dvclive import Live
with Live(sys.argv[1], save_dvc_exp=False, report=None, dvcyaml=None) as live:
    live.log_params({"lr": 0.5})
    for step in range(5):
        live.log_metric("train/loss", 1 / (step + 1))
        live.next_step()
"""


@pytest.mark.slow
def test_a_real_writer(tmp_path: Path) -> None:
    """What DVCLive itself writes is found and read."""
    pytest.importorskip("dvclive", reason="dvclive is not installed")
    subprocess.run([sys.executable, "-c", WRITER, str(tmp_path / "dvclive")], check=True, capture_output=True,
                   cwd=tmp_path)
    (source,) = Dvclive().find(Listing(tmp_path))
    reader = Dvclive().open(source)
    assert points(read_table(reader), "train/loss") == [(step, 1 / (step + 1)) for step in range(5)]
    assert reader.facts.config == {"lr": 0.5}
