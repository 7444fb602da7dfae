"""A run is followed while it grows: what is read, and how it stands."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from livemon.runs import source
from livemon.runs.experiment import ExperimentLoader
from tests.started import started


def _write(folder: Path, steps: range, loss: float, lr: float) -> Path:
    (folder / "logs").mkdir(parents=True)
    (folder / "logs" / "metrics.csv").write_text("step,loss\n" + "".join(f"{step},{loss}\n" for step in steps))
    (folder / "config.json").write_text(json.dumps({"lr": lr}))
    return folder


def test_refresh_counts_the_new_rows(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """refresh returns the rows that came since the last call."""
    run = ExperimentLoader(write_run(tmp_path / "a", "step,loss\n1,2\n"))
    assert [run.refresh(), run.refresh()] == [1, 0]
    with (tmp_path / "a" / "logs" / "metrics.csv").open("a") as file:
        file.write("2,1.5\n3,1.0\n")
    assert run.refresh() == 2
    assert run.series("loss").to_dict() == {1: 2, 2: 1.5, 3: 1.0}


def test_a_file_that_was_replaced_by_a_longer_one_is_read_in_one_call(
    tmp_path: Path, write_run: Callable[..., Path]
) -> None:
    """One refresh gives the rows of the new version, header and all, although the change is first let come to rest."""
    rows = "".join(f"{step},1\n" for step in range(50))
    path = write_run(tmp_path / "a", "step,loss\n" + rows) / "logs" / "metrics.csv"
    run = ExperimentLoader(tmp_path / "a")
    run.refresh()
    path.write_text("acc,step,loss\n" + "".join(f",{step},1\n" for step in range(50)) + "0.5,50,1\n")
    assert run.refresh() == 1
    assert not run.rewriting
    assert run.series("acc").to_dict() == {50: 0.5}


@pytest.mark.parametrize(("folder", "label"), [
    ("lightning_logs/version_0", "lightning_logs/version_0"), ("gpt/livemon", "gpt"), ("gpt/17", "gpt/17"),
    ("gpt/exp_lr3", "exp_lr3"), ("gpt/run_2", "run_2"),
    ("lightning_logs/version_3/livemon", "lightning_logs/version_3"), ("sweep/10-22-33/3", "sweep/10-22-33/3"),
])
def test_a_name_that_says_little_is_made_longer(
    tmp_path: Path, folder: str, label: str, write_run: Callable[..., Path]
) -> None:
    """A name that says nothing is shown with the folder above; the name itself stays the folder's."""
    run = ExperimentLoader(write_run(tmp_path / folder, "step,loss\n1,2\n"))
    assert (run.name, run.label) == (Path(folder).name, label)


def test_an_unreadable_file_is_said_and_forgotten_when_it_can_be_read_again(
    tmp_path: Path, write_run: Callable[..., Path]
) -> None:
    """The metrics file turns into a folder and back: the rows stay, the problem is listed while it lasts."""
    path = write_run(tmp_path / "a", "step,loss\n1,2\n") / "logs" / "metrics.csv"
    run = ExperimentLoader(tmp_path / "a")
    run.refresh()
    path.rename(path.with_name("away"))
    path.mkdir()
    run.refresh()
    assert [anomaly.kind for anomaly in run.anomalies] == ["unreadable"]
    assert run.series("loss").tolist() == [2]
    path.rmdir()
    path.with_name("away").rename(path)
    run.refresh()
    assert run.anomalies == []


def test_a_run_goes_on_as_long_as_its_process(tmp_path: Path) -> None:
    """The state follows the process, and the evidence names it; how it ended is not known, and said so."""
    (tmp_path / "metrics.csv").write_text("step,loss\n1,2\n")
    with started([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        run = ExperimentLoader(tmp_path, pid=process.pid, clock=lambda: 4e9)  # long after the last row
        run.refresh()
        assert (run.state, run.state_evidence) == ("running", f"process {process.pid} runs")
        process.communicate(b"\n")
    assert (run.state, run.state_evidence) == ("unknown", f"process {process.pid} has ended; it is not known how")
    assert run.ended


@pytest.mark.parametrize("link", ["latest", "latest/logs/metrics.csv", "above/run"])
def test_a_link_that_is_pointed_elsewhere(tmp_path: Path, link: str) -> None:
    """Another real path is another run, whichever part of the way is the link: its rows and its settings are read, none
    of the run before is among them, and `anomalies` say so; a link that leads to nothing is waited for."""
    for name, steps, loss in (("a", range(9, 500, 10), 0.1), ("b", range(49, 1000, 50), 5.0)):
        _write(tmp_path / name, steps, loss, lr=loss)
        (tmp_path / f"above_{name}").mkdir()
        (tmp_path / f"above_{name}" / "run").symlink_to(tmp_path / name)
    pointed = tmp_path / link.split("/")[0]
    target = "above_{}" if link.startswith("above") else "{}"
    pointed.symlink_to(target.format("a"))
    run = ExperimentLoader(tmp_path / link)
    assert (run.refresh(), run.config, run.moves) == (50, {"lr": 0.1}, 0)
    pointed.unlink()
    run.refresh()
    assert (len(run.tables[0].columns["loss"]), run.moves) == (50, 0)
    pointed.symlink_to(target.format("b"))
    assert (run.refresh(), run.moves, run.config) == (20, 1, {"lr": 5.0})
    assert run.series("loss").tolist() == [5.0] * 20
    assert len(run.tables) == 1
    assert run.name == "b"
    assert run.real_dir == (tmp_path / "b").resolve()
    (said,) = [anomaly for anomaly in run.anomalies if anomaly.kind == "another run"]
    assert str((tmp_path / "b").resolve()) in said.message
    assert [audit.differing for audit in run.audit()] == [0]
    run.refresh()
    assert run.moves == 1


def test_a_link_that_is_pointed_elsewhere_before_the_audit(tmp_path: Path) -> None:
    """The audit does not compare what was shown with another run's file."""
    _write(tmp_path / "a", range(10), 0.1, lr=1)
    _write(tmp_path / "b", range(10), 0.2, lr=1)
    (tmp_path / "latest").symlink_to("a")
    run = ExperimentLoader(tmp_path / "latest")
    run.refresh()
    (tmp_path / "latest").unlink()
    (tmp_path / "latest").symlink_to("b")
    assert ["now leads to another run" in audit.problem for audit in run.audit()] == [True]


def test_a_link_that_led_to_a_run_without_rows(tmp_path: Path) -> None:
    """A link that is pointed from a folder in which nothing is written yet to a run is another run, with its own
    settings."""
    for name, rate in (("a", 1), ("b", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(f'{{"lr": {rate}}}')
    (tmp_path / "b/metrics.csv").write_text("step,loss\n1,0.5\n")
    (tmp_path / "latest").symlink_to("a")
    run = ExperimentLoader(tmp_path / "latest")
    assert (run.refresh(), run.config) == (0, {"lr": 1})
    (tmp_path / "latest").unlink()
    (tmp_path / "latest").symlink_to("b")
    assert (run.refresh(), run.moves, run.config) == (1, 1, {"lr": 2})


@pytest.mark.parametrize("rows_a_look", [0, 1])
def test_a_loop_of_refresh_keeps_no_more_than_the_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_a_look: int
) -> None:
    """Who only calls `refresh()`, thousands of times, and asks for nothing, keeps nothing a look where nothing is new,
    and of new rows their numbers: 8 bytes for each of the two, at most doubled, and a fixed amount on top."""
    monkeypatch.setattr(source, "REFRESH_WAITS_SECONDS", 0.0)
    path = tmp_path / "metrics.csv"
    path.write_text("step,loss\n0,0.5\n")
    run = ExperimentLoader(tmp_path)

    def look(first: int, last: int) -> None:
        with path.open("a") as file:
            for step in range(first, last):
                file.write(f"{step},{step / 8}\n" * rows_a_look)
                file.flush()
                run.refresh()

    look(1, 400)  # what is imported, compiled and remembered once
    tracemalloc.start()
    try:
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        look(400, 1600)
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert run.refresh() == 0 and run.tables[0].n_rows == 1 + 1599 * rows_a_look
    assert kept < (64_000 if rows_a_look else 8_000) + 1200 * rows_a_look * 2 * 8 * 2


def test_what_is_asked_before_a_refresh_is_right(tmp_path: Path) -> None:
    """A run that nobody has read is read by the first question, and the next `refresh` still counts those rows."""
    (tmp_path / "metrics.csv").write_text("step,loss\n0,2\n1,1,1,1\n2,1\n")
    (tmp_path / "livemon.json").write_text('{"livemon": 1, "state": "failed", "reason": "nan"}')
    asked = {
        "state": "failed", "reason": "nan", "ended": True, "metric_names": ["loss"], "main_metric": "loss",
        "x_column": "step", "tables": 1, "anomalies": 1,
    }  # fmt: skip
    for name, answer in asked.items():
        run = ExperimentLoader(tmp_path)
        value = getattr(run, name)
        value = value() if callable(value) else value
        assert (len(value) if isinstance(answer, int) and isinstance(value, list) else value) == answer, name
        assert run.pace.last_row_at is not None
        assert (run.refresh(), run.refresh()) == (2, 0)


def test_a_run_that_has_ended_has_its_last_rows(tmp_path: Path) -> None:
    """A run that says it has ended since it was read is read once more: nobody sees an end in the middle of a run. The
    rows are reported by the next `refresh`."""
    file, note = tmp_path / "metrics.csv", tmp_path / "livemon.json"
    file.write_text("step,loss\n1,2\n")
    note.write_text(json.dumps({"livemon": 1, "state": "running", "pid": os.getpid()}))
    run = ExperimentLoader(tmp_path)
    assert (run.refresh(), run.state) == (1, "running")
    with file.open("a") as more:
        more.write("2,1\n3,0.5\n")
    note.write_text('{"livemon": 1, "state": "finished", "total_steps": 3}')
    assert (run.state, sum(table.n_rows for table in run.tables)) == ("finished", 3)
    assert (run.refresh(), run.refresh()) == (2, 0)


def test_how_a_run_stands_is_found_once_a_moment(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """What is asked in one block is answered as of one moment, and behind it anew."""
    run = ExperimentLoader(write_run(tmp_path / "a", "step,loss\n1,2\n"))
    run.refresh()
    with run.at_one_moment():
        before = run.state
        (tmp_path / "a" / "livemon.json").write_text('{"state": "finished"}')
        with run.at_one_moment():
            assert (run.state, run.ended) == (before, False)
        assert run.state == before
    assert (run.state, run.ended) == ("finished", True)
