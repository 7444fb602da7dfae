"""The last lines that a failed run printed."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from livemon.runs.experiment import ExperimentLoader
from livemon.runs.last_output import last_output


def run_in(folder: Path, state: str = "failed") -> ExperimentLoader:
    """A run of a few rows that says how it ended."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metrics.csv").write_text("step,loss\n" + "".join(f"{step},{1 / (step + 1)}\n" for step in range(9)))
    (folder / "livemon.json").write_text(json.dumps({"livemon": 1, "state": state}))
    run = ExperimentLoader(folder)
    run.refresh()
    return run


@pytest.mark.parametrize("name", ["slurm-4711.out", "train.log", "nohup.out", "job.e4711", "stderr.txt", "output.log",
                                  "logs/console.txt", "files/output.log", "error.txt"])
def test_the_last_five_lines(tmp_path: Path, name: str) -> None:
    """Of the usual names, in the run's folder and those of its logs; the last five lines that are not blank."""
    path = tmp_path / "run" / name
    path.parent.mkdir(parents=True)
    path.write_text("".join(f"line {number}\n\n" for number in range(100)))
    found = last_output(run_in(tmp_path / "run"))
    assert found is not None and found.path == path
    assert found.lines == tuple(f"line {number}" for number in range(95, 100))


def test_only_of_a_failed_run(tmp_path: Path) -> None:
    """A run that finished, and one without such a file, has none."""
    assert last_output(run_in(tmp_path / "a")) is None
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "train.log").write_text("done\n")
    assert last_output(run_in(tmp_path / "b", "finished")) is None


def test_they_are_data(tmp_path: Path) -> None:
    """Colours and what a terminal would obey are gone, a line that was overwritten shows its last form, and each is
    clipped; a file that is no text, or of metrics, is no output."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "train.log").write_bytes(
        b"\x1b]0;title\x07\x1b[31mError\x1b[0m: \xff no\a\r\n10%\r20%\r\n" + b"x" * 9000 + b"\n")
    (tmp_path / "run" / "core.out").write_bytes(b"\0" * 100)
    found = last_output(run_in(tmp_path / "run"))
    assert found is not None and found.lines[:2] == ("Error: \ufffd no", "20%")
    assert len(found.lines[2]) == 160 and all(line.isprintable() for line in found.lines)


def test_which_of_several(tmp_path: Path) -> None:
    """Of files that were written at the same end the one with an error counts, else the newest; one from long before
    the last row is of an earlier attempt."""
    folder, now = tmp_path / "run", time.time()
    folder.mkdir()
    for name, text, age in (("a.out", "epoch 3", 0), ("a.err", "RuntimeError: no", 2), ("old.log", "Error: old", 5000)):
        (folder / name).write_text(text + "\n")
        os.utime(folder / name, (now - age, now - age))
    run = run_in(folder)
    assert (found := last_output(run)) is not None and found.lines == ("RuntimeError: no",)
    (folder / "a.out").unlink()
    (folder / "a.err").unlink()
    assert last_output(run) is None


def test_of_a_file_among_others(tmp_path: Path) -> None:
    """Of a file of metrics that was named by itself, what is called as it is: other outputs are of other runs."""
    run_in(tmp_path / "runs")
    (tmp_path / "runs" / "other.log").write_text("Error: of another run\n")
    run = ExperimentLoader(tmp_path / "runs" / "metrics.csv")
    run.refresh()
    assert last_output(run) is None
    (tmp_path / "runs" / "metrics.err").write_text("Error: of this\n")
    found = last_output(run)
    assert found is None or found.lines == ("Error: of this",)
