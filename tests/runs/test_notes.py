"""What livemon.json says of a run."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from livemon.runs.notes import NO_NOTE, Attempt, RunNotes, read_note


def write(folder: Path, **values: Any) -> None:
    (folder / "livemon.json").write_text(json.dumps(values))


def content(folder: Path) -> dict[str, Any]:
    values = json.loads((folder / "livemon.json").read_text())
    assert isinstance(values, dict)
    return values


def test_every_file_has_the_same_names(tmp_path: Path) -> None:
    """The file has its names from the start, in one order; what is not known yet is null."""
    RunNotes(tmp_path, total_steps=10).write()
    assert list(content(tmp_path)) == [
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
    ended = "it ended without having said so"
    assert note["earlier"] == [
        old, {"state": "failed", "reason": ended, "pid": 1, "process_started": None, "host": "elsewhere",
              "started": 7.5, "ended": None}
    ]  # fmt: skip
    assert (note["state"], note["elapsed"], note["config"]) == ("running", 3.0, {"lr": 1})
    assert read_note(tmp_path).earlier[0] == Attempt(
        state="failed", reason="killed", pid=7, host="x", started=5, elapsed=0, other={"gpu": "a"}
    )


def test_wrong_types_count_as_absent(tmp_path: Path) -> None:
    """A field of a wrong type is as if it were not there; the others are read."""
    write(tmp_path, state=5, reason=["x"], pid=True, process_started=1, host=None, started="soon", elapsed=False,
          total_steps="many", framework=1, config=[1], earlier={"state": "failed"}, continues=1, resumed_from=True,
          ended=9)
    assert read_note(tmp_path) == type(NO_NOTE)(ended=9)
    write(tmp_path, earlier=[1, None, {"started": "x", "elapsed": 2}])
    assert read_note(tmp_path).earlier == (Attempt(elapsed=2),)


@pytest.mark.parametrize("text", ["", "{", "[1]", "{}", "3"])
def test_nothing_that_can_be_used(tmp_path: Path, text: str) -> None:
    """A file that is no note, or an empty one, is as none."""
    (tmp_path / "livemon.json").write_text(text)
    assert read_note(tmp_path) is NO_NOTE


def test_a_process_of_another_machine(tmp_path: Path) -> None:
    """Whether a process of another machine runs is not known here; one of this machine that is gone does not run."""
    write(tmp_path, state="running", pid=os.getpid(), host=f"not-{socket.gethostname()}")
    assert (read_note(tmp_path).process, read_note(tmp_path).may_run) == (None, True)
    write(tmp_path, state="running", pid=10**30, host=socket.gethostname())
    assert (read_note(tmp_path).process, read_note(tmp_path).may_run) == (None, False)
