"""What is noted of a run, and how the note is read."""

from __future__ import annotations

import argparse
import json
import math
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livemon.recording.recorder import record
from livemon.runs.config import read_config
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.notes import (
    NO_NOTE,
    Attempt,
    Note,
    RunNotes,
    earlier_files,
    plain_config,
    read_note,
    recording_process,
)
from livemon.states import Reason, Standing, State


def test_a_note_beside_what_another_logger_writes(tmp_path: Path) -> None:
    """Where our callback keeps its rows in `livemon` in a logger's folder, that folder's run is what the note says."""
    with record(tmp_path / "version_0" / "livemon", config={"lr": 1}, total_steps=2) as log:
        log({"loss": 1.0}, step=0)
    assert read_config(tmp_path / "version_0")[0] == {"lr": 1}
    run = ExperimentLoader(tmp_path / "version_0")
    run.refresh()
    assert (run.state, run.total_steps) == ("finished", 2)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_note_that_is_no_file_or_says_nonsense_is_survived(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """A FIFO in the place of livemon.json is not opened; a process number that cannot be one is a process gone."""
    run_dir = write_run(tmp_path / "a", "step,loss\n0,2\n")
    os.mkfifo(run_dir / "livemon.json")
    run = ExperimentLoader(run_dir)
    assert run.refresh() == 1 and run.state == "running"
    (run_dir / "livemon.json").unlink()
    for pid in (10**30, -1, 0, True, "x"):
        note = {"livemon": 1, "state": "running", "pid": pid, "host": socket.gethostname()}
        (run_dir / "livemon.json").write_text(json.dumps(note))
        assert run.state == "failed", pid


def test_config_is_written_in_a_folder_of_its_own(tmp_path: Path) -> None:
    """config.json is written in a new folder, and never where another config or other files are."""
    config = {"model": {"layers": 2}}
    for name in ("new", "foreign", "used"):
        (tmp_path / name).mkdir()
    (tmp_path / "foreign" / "config.json").write_text('{"theirs": 1}')
    (tmp_path / "used" / "model.bin").write_text("")
    for name in ("new", "foreign", "used"):
        with record(tmp_path / name, config=config):
            pass
        assert read_note(tmp_path / name).config == config
    assert json.loads((tmp_path / "new" / "config.json").read_text()) == config
    assert json.loads((tmp_path / "foreign" / "config.json").read_text()) == {"theirs": 1}
    assert not (tmp_path / "used" / "config.json").exists()
    with record(tmp_path / "new", config={"other": 1}):
        pass
    assert json.loads((tmp_path / "new" / "config.json").read_text()) == config


# -- the note itself


def test_a_run_is_claimed_by_one(tmp_path: Path) -> None:
    """Of two who would begin a run in one folder the first has it, and its note stays as it is."""
    first, second = RunNotes(tmp_path, config={"lr": 1}), RunNotes(tmp_path, config={"lr": 2})
    assert first.claim() and not second.claim()
    assert read_note(tmp_path).config == {"lr": 1}
    first.start()
    assert not read_note(tmp_path).earlier  # what it claimed itself is no earlier attempt


def test_what_a_run_was_is_kept_when_it_goes_on(tmp_path: Path) -> None:
    """A note that takes the place of another keeps how that one stood; one that says running had ended without a
    word. The config stays unless there is a new one."""
    RunNotes(tmp_path, config={"lr": 1}).start()
    second = RunNotes(tmp_path)
    second.start(elapsed=7.5)
    second.end(Standing(State.FINISHED, None, "all epochs done"))
    RunNotes(tmp_path, config={"lr": 2}).start()
    note = read_note(tmp_path)
    assert [(one.state, one.reason, one.evidence) for one in note.earlier] == [
        ("failed", "killed", "it ended without reporting how"), ("finished", None, "all epochs done")]
    assert (note.earlier[1].elapsed, note.state, note.config) == (7.5, "running", {"lr": 2})
    assert second.note.config == {"lr": 1}


@pytest.mark.parametrize("text", ["", "{", "[1]", "{}", '"a"', "\0", "[" * 5000, '{"a":' * 5000 + "1" + "}" * 5000])
def test_a_note_that_says_nothing_is_none(tmp_path: Path, text: str) -> None:
    """Whatever stands in the place of a note, what is no object says nothing, and raises nothing."""
    (tmp_path / "livemon.json").write_text(text)
    assert read_note(tmp_path) is read_note(tmp_path / "gone") is NO_NOTE


def test_a_note_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    """A note of the same length that was written later is read, not remembered."""
    path = tmp_path / "livemon.json"
    for time, state in ((1000, "running"), (2000, "stopped")):
        path.write_text(json.dumps({"state": state}))
        os.utime(path, (time, time))
        assert read_note(tmp_path).state == state


@dataclass
class Settings:
    lr: float
    weights: np.ndarray


@pytest.mark.parametrize(("config", "expected"), [
    (None, {}), ({"lr": math.nan}, {"lr": "NaN"}), (argparse.Namespace(lr=0.1), {"lr": 0.1}),
    (Settings(0.1, np.zeros(2000)), {"lr": 0.1, "weights": str(np.zeros(2000))}), ([1, 2], {"config": [1, 2]}),
    (3, {"config": 3}),
])
def test_any_config_is_kept_by_name(config: Any, expected: dict[str, Any]) -> None:
    """A mapping, a dataclass or a namespace is kept by its names, and what has none under one of ours; weights are no
    settings."""
    assert plain_config(config) == expected


def test_which_earlier_files_count(tmp_path: Path) -> None:
    """The rows that were kept of earlier attempts count where the newest one went on from a checkpoint, oldest first;
    only files that are there, in our own folder."""
    (tmp_path / ".livemon").mkdir()
    for name in ("b", "a"):
        (tmp_path / ".livemon" / f"{name}.csv").write_text("step\n")
    (tmp_path / "metrics.csv").write_text("step\n")
    (tmp_path.parent / "outside.csv").write_text("step\n")
    names = [".livemon/b.csv", ".livemon/gone.csv", "metrics.csv", "../outside.csv", None, ".livemon/a.csv"]
    note = {"earlier": [*({"file": name} for name in names), "nonsense"]}
    (tmp_path / "livemon.json").write_text(json.dumps(note))
    assert earlier_files(tmp_path) == []
    (tmp_path / "livemon.json").write_text(json.dumps(note | {"resumed_from": "last.ckpt"}))
    assert earlier_files(tmp_path) == [tmp_path / ".livemon" / "b.csv", tmp_path / ".livemon" / "a.csv"]


def test_who_records_into_a_folder(tmp_path: Path) -> None:
    """The process that records is told while its note says that it runs, of this machine only."""
    notes = RunNotes(tmp_path)
    notes.start()
    assert recording_process(tmp_path) == os.getpid()
    notes.update(host="elsewhere")
    assert recording_process(tmp_path) is None
    notes.end(Standing(State.FINISHED), host=socket.gethostname())
    assert recording_process(tmp_path) is None


# -- what the file has


def write(folder: Path, **values: Any) -> None:
    (folder / "livemon.json").write_text(json.dumps(values))


def content(folder: Path) -> dict[str, Any]:
    values = json.loads((folder / "livemon.json").read_text())
    assert isinstance(values, dict)
    return values


def test_every_file_has_the_same_names(tmp_path: Path) -> None:
    """The file has its names from the start, in one order; what is not known yet is null."""
    RunNotes(tmp_path, total_steps=10).write()
    where_from = ("command", "commit", "branch")  # of this process; the last two only in a repository
    assert [name for name in content(tmp_path) if name not in where_from] == [
        "livemon", "state", "reason", "pid", "process_started", "host", "started", "ended", "total_steps",
        "total_epochs", "framework", "config",
    ]  # fmt: skip
    assert (content(tmp_path)["livemon"], content(tmp_path)["ended"]) == (1, None)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """A note that is written and read again is the same, with names that livemon does not know."""
    notes = RunNotes(tmp_path, config={"lr": 0.1}, total_steps=10, framework="keras")
    notes.update(batch_size=32, continues="../a", elapsed=1.5)
    assert read_note(tmp_path) == notes.note
    assert (notes.note.other, content(tmp_path)["batch_size"]) == ({"batch_size": 32}, 32)
    assert (notes.note.process, notes.note.may_run) == (os.getpid(), True)


def test_an_attempt_that_goes_on(tmp_path: Path) -> None:
    """The attempts before stay, with names that livemon does not know; one that never said how it ended has failed."""
    old = {"state": "failed", "reason": "killed", "pid": 7, "process_started": None, "host": "x", "started": 5,
           "ended": None, "elapsed": 0, "gpu": "a"}
    write(tmp_path, livemon=1, state="running", pid=1, host="elsewhere", started=7.5, config={"lr": 1}, earlier=[old])
    notes = RunNotes(tmp_path)
    notes.start(elapsed=3.0)
    note = content(tmp_path)
    ended = "it ended without reporting how"
    assert note["earlier"] == [
        old, {"state": "failed", "reason": "killed", "evidence": ended, "pid": 1, "process_started": None,
              "host": "elsewhere", "started": 7.5, "ended": None}
    ]  # fmt: skip
    assert (note["state"], note["elapsed"], note["config"]) == ("running", 3.0, {"lr": 1})
    assert read_note(tmp_path).earlier[0] == Attempt(
        state=State.FAILED, reason=Reason.KILLED, pid=7, host="x", started=5, elapsed=0, other={"gpu": "a"}
    )


@pytest.mark.parametrize(("state", "reason", "standing"), [
    ("finished", "the process ended", ("finished", None, "the process ended")),
    ("failed", "interrupted", ("stopped", "interrupted", "")),
    ("preempted", "SIGTERM", ("failed", "preempted", "SIGTERM")),
    ("failed", "MemoryError: 2 GiB", ("failed", "out of memory", "MemoryError: 2 GiB")),
    ("failed", "ValueError: x", ("failed", None, "ValueError: x")),
    ("failed", "", ("failed", None, "")),
])
def test_a_note_of_an_older_livemon(tmp_path: Path, state: str, reason: str, standing: tuple[object, ...]) -> None:
    """State words of older files become those of the list, and free words for the reason the evidence; the attempts
    before are read alike."""
    write(tmp_path, livemon=1, state=state, reason=reason, earlier=[{"state": state, "reason": reason}])
    note = read_note(tmp_path)
    for attempt in (note, note.earlier[0]):
        assert (attempt.state, attempt.reason, attempt.evidence) == standing


def test_wrong_types_count_as_absent(tmp_path: Path) -> None:
    """A field of a wrong type is as if it were not there; the others are read."""
    write(tmp_path, state=5, reason=["x"], pid=True, process_started=1, host=None, started="soon", elapsed=False,
          total_steps="many", framework=1, config=[1], earlier={"state": "failed"}, continues=1, resumed_from=True,
          ended=9)
    assert read_note(tmp_path) == Note(ended=9)
    write(tmp_path, earlier=[1, None, {"started": "x", "elapsed": 2}])
    assert read_note(tmp_path).earlier == (Attempt(elapsed=2),)


def test_a_process_of_another_machine(tmp_path: Path) -> None:
    """Whether a process of another machine runs is not known here; one of this machine that is gone does not run."""
    write(tmp_path, state="running", pid=os.getpid(), host=f"not-{socket.gethostname()}")
    assert (read_note(tmp_path).process, read_note(tmp_path).may_run) == (None, True)
    write(tmp_path, state="running", pid=10**30, host=socket.gethostname())
    assert (read_note(tmp_path).process, read_note(tmp_path).may_run) == (None, False)
