"""MLflow's file store: real runs of MLflow 3.17, what other versions wrote, and a run that is followed."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from livemon.readers import mlflow_files as module
from livemon.readers.base import Update, read_table
from livemon.readers.mlflow_files import MlflowFiles, MlflowFilesReader
from livemon.system.listing import Listing, read_head
from livemon.tables.table import Table

EXPERIMENT = Path(__file__).parents[1] / "data" / "runs" / "mlflow_files" / "938241949535760426"
RUN = EXPERIMENT / "035e2d637f394f5aa69351edc902e127"


def write(path: Path, text: str, mode: str = "w") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open(mode) as file:
        file.write(text)


def meta(run: Path, text: str = "status: 1\n") -> None:
    write(run / "meta.yaml", f"experiment_id: '1'\nrun_id: a1\n{text}")


def age(folder: Path, seconds: float = 3600) -> None:
    """As if everything was written some time ago."""
    then = time.time() - seconds
    for path in folder.rglob("*"):
        os.utime(path, (then, then))


def rows(table: Table) -> list[tuple[int, str, str]]:
    """Each row's step, metric and value."""
    found: dict[int, tuple[int, str, str]] = {}
    for name, column in table.columns.items():
        if name not in ("step", "timestamp"):
            steps = table.at_rows("step", column.rows)
            for row, step, value in zip(column.rows, steps, column.values, strict=True):
                assert row not in found
                found[int(row)] = (int(step), name, f"{value:g}")
    return [found[row] for row in range(table.n_rows)]


def values(table: Table, name: str) -> list[float]:
    return [float(value) for value in table.columns[name].values]


def test_a_real_run() -> None:
    """All metrics of a run of MLflow 3.17 are read, one row for each line, with what was logged beside them."""
    table = read_table(reader := MlflowFiles().open(RUN))
    assert list(table.columns) == ["step", "timestamp", "train_loss", "val/acc", "weird", "nostep"]
    assert table.n_rows == 29
    assert values(table, "train_loss") == [*(1 / (step + 1) for step in range(12)), 9.0]
    assert table.at_rows("step", table.columns["train_loss"].rows).tolist() == [*range(12), 2]
    nan, *infinite = values(table, "weird")
    assert math.isnan(nan)
    assert infinite == [math.inf, -math.inf]
    assert 1.79e9 < values(table, "timestamp")[0] < 1.8e9
    facts = reader.facts
    assert facts.config == {"lr": 0.1, "opt": "sgd", "deep/name": "x", "flag": True, "note": "hello",
                            "mlflow.experiment": "exp/one"}
    assert (facts.name, facts.state, facts.evidence) == ("outer run", "finished", "MLflow's status is FINISHED")


def test_the_states_of_real_runs() -> None:
    """A run that raised has failed; one that was killed says that it runs, and that this is no proof."""
    found = {}
    for path in EXPERIMENT.iterdir():
        for run in MlflowFiles().find(Listing(path)) if path.is_dir() else []:
            read_table(reader := MlflowFiles().open(run))
            found.setdefault(reader.facts.name, []).append(reader.facts)
    states = {name: {facts.state for facts in each} for name, each in found.items()}
    assert states == {"outer run": {"finished"}, "fails": {"failed"}, "killed": {"running"}}
    assert "killed process" in found["killed"][0].evidence


def test_what_a_run_is(tmp_path: Path) -> None:
    """A run's folder is found and its meta.yaml known; the folder of an experiment is none."""
    assert MlflowFiles().find(Listing(RUN)) == [RUN]
    assert MlflowFiles().find(Listing(EXPERIMENT)) == []
    assert MlflowFiles().recognises(RUN / "meta.yaml", read_head(RUN / "meta.yaml"))
    assert not MlflowFiles().recognises(EXPERIMENT / "meta.yaml", read_head(EXPERIMENT / "meta.yaml"))
    assert read_table(MlflowFiles().open(RUN / "meta.yaml")).n_rows == 29
    assert MlflowFiles().open(tmp_path / "none").read().status == "missing"


@pytest.mark.parametrize(
    ("said", "state"),
    [("status: FINISHED", "finished"), ("status: 3", "finished"), ("status: 5", "failed"), ("status: KILLED", "failed"),
     ("status: 2", None), ("status: 1", "running"), ("name: old", None), ("status: [", None), ("status: *x", None)],
)
def test_how_versions_say_the_status(tmp_path: Path, said: str, state: str | None) -> None:
    """Numbers and words are known; a file that is half written, or an alias, says nothing."""
    meta(tmp_path, f"{said}\n")
    reader = MlflowFilesReader(tmp_path)
    reader.read()
    assert reader.facts.state == state


@pytest.mark.parametrize("value", ["!!int ''", "!!timestamp 'zz'", "!!bool maybe", "!!float ''", "!!binary 'ä'",
                                   "? [a]", "&a [*a, *a]", "- 1", "x" * 800_000])
def test_a_meta_file_that_cannot_be_used(tmp_path: Path, value: str) -> None:
    """Whatever stands in a run's `meta.yaml` or its experiment's, the metrics are read; of the run's own it is said,
    once it is not being written any more."""
    run = tmp_path / "run"
    write(tmp_path / "meta.yaml", f"name: {value}\n")
    meta(run, f"status: 3\nrun_name: {value}\n")
    write(run / "metrics" / "a", "1000 0.5 1\n")
    age(tmp_path)
    reader = MlflowFilesReader(run)
    assert read_table(reader).n_rows == 1
    is_unusable = reader.facts.state is None
    assert any("meta.yaml cannot be used: " in odd for odd in reader.facts.odd) == is_unusable
    meta(run, "status: 3\n")
    age(tmp_path)
    reader.read()
    assert (reader.facts.state, reader.facts.odd) == ("finished", ())


def test_a_meta_file_is_taken_apart_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was written just now is looked at again, as its time may hide a change, and taken apart once."""
    run = tmp_path / "run"
    meta(run)
    taken: list[str] = []
    monkeypatch.setattr(module, "parse_yaml", lambda text: taken.append(text) or {"status": 1})
    reader = MlflowFilesReader(run)
    for _ in range(5):
        reader.read()
    assert len(taken) == 1
    assert reader.facts.state == "running"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_an_experiment_whose_meta_file_is_a_pipe(tmp_path: Path) -> None:
    """Only regular files are opened: a pipe would block for ever."""
    os.mkfifo(tmp_path / "meta.yaml")
    meta(tmp_path / "run", "status: 3\n")
    reader = MlflowFilesReader(tmp_path / "run")
    reader.read()
    assert reader.facts.state == "finished"


def test_lines_of_other_versions(tmp_path: Path) -> None:
    """Lines without a step are of step 0, a data set behind it is passed over; anything else is counted and no row."""
    meta(tmp_path)
    write(tmp_path / "metrics" / "a",
          "1000 0.5\n2000 nan 7\n3000 1e400 8\n\nx 1 2\n4000 0.25 9 data digest\n5000 1 2.5\n")
    write(tmp_path / "metrics" / "step", "6000 3 4\n")
    age(tmp_path)
    update = MlflowFilesReader(tmp_path).read()
    assert update.block is not None
    assert update.block.cells["step"].values.tolist() == [0, 7, 9, 4]
    assert update.block.cells["timestamp"].values.tolist() == [1.0, 2.0, 4.0, 6.0]
    assert set(update.block.cells) == {"step", "timestamp", "a", "step.1"}
    assert [anomaly.kind for anomaly in update.anomalies] == ["row rejected"] * 3


def test_unchanged_files_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 1,000 metrics only those that were written are opened again."""
    meta(tmp_path)
    for number in range(1000):
        write(tmp_path / "metrics" / f"m{number:03}", f"1000 {number} 0\n")
    age(tmp_path)
    reader, opened = MlflowFilesReader(tmp_path), []
    block = reader.read().block
    assert block is not None
    assert block.n_rows == 1000
    look = module.Tail.look
    monkeypatch.setattr(module.Tail, "look", lambda tail: opened.append(tail.path.name) or look(tail))
    assert reader.read() == Update()
    assert opened == []
    write(tmp_path / "metrics" / "m007", "2000 5 1\n", "a")
    reader.read()
    assert set(opened) == {"m007"}


def test_the_order_is_the_same_live_and_afterwards(tmp_path: Path) -> None:
    """A call whose files are written one after the other, with a look after each, gives the rows in the order in which
    they are read at once."""
    meta(tmp_path)
    clock = 0.0
    reader, table = MlflowFilesReader(tmp_path, clock=lambda: clock), Table()

    def take() -> None:
        if (block := reader.read().block) is not None:
            table.append(block)

    for step in range(5):
        for key in ("z", "b/c", "a", f"late{step}"):
            write(tmp_path / "metrics" / key, f"{1000 * step} {step} {step}\n", "a")
            take()
    assert rows(table)[-1][0] == 3  # What is newest waits for what is written with it ...
    clock = 1.0
    take()  # ... or for a moment of quiet.
    age(tmp_path)
    assert rows(table) == rows(read_table(MlflowFilesReader(tmp_path)))
    assert len(rows(table)) == 20


def test_one_file_is_replaced(tmp_path: Path) -> None:
    """Where one file is another one, or is gone, all rows begin again."""
    meta(tmp_path)
    for key in "ab":
        write(tmp_path / "metrics" / key, "1000 1 1\n2000 2 2\n")
    age(tmp_path)
    reader = MlflowFilesReader(tmp_path)
    assert reader.read().block is not None
    write(tmp_path / "metrics" / "a", "3000 3 3\n")
    age(tmp_path, 60)
    update = reader.read()
    assert update.restarted
    assert update.block is not None
    assert update.block.cells["step"].values.tolist() == [1, 2, 3]
    (tmp_path / "metrics" / "b").unlink()
    update = reader.read()
    assert update.restarted
    assert update.block is not None
    assert update.block.n_rows == 1


WRITER = """
import sys, time
from pathlib import Path
folder = Path(sys.argv[1])
for step in range(60):
    now = time.time_ns() // 1_000_000
    for key in ("train_loss", "val/loss", "a"):
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        with open(folder / key, "a") as file:
            file.write(f"{now} {1 / (step + 1)} {step}\\n")
    time.sleep(0.004)
"""


@pytest.fixture
def training(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that writes metrics as MLflow's file store does."""
    meta(tmp_path)
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "metrics")])
    yield process
    process.kill()
    process.wait()


def test_a_run_is_followed_while_it_is_written(tmp_path: Path, training: subprocess.Popen[bytes]) -> None:
    """From before the first line until after the last each row comes once, in the order in which it is read later."""
    reader, table = MlflowFilesReader(tmp_path), Table()
    deadline = time.monotonic() + 60
    while table.n_rows < 180 and time.monotonic() < deadline:
        update = reader.read()
        assert (update.status, update.restarted, update.anomalies) == ("ok", False, ())
        if update.block is not None:
            table.append(update.block)
    assert training.wait() == 0
    age(tmp_path)
    assert reader.read().block is None
    assert rows(table) == rows(read_table(MlflowFilesReader(tmp_path)))
