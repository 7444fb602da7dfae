"""The folder of a run that is recorded."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from livemon.recording.problems import Problems
from livemon.recording.recorder import record
from livemon.recording.run_folder import RecordedFolder
from livemon.runs.notes import RunNotes
from livemon.states import Standing, State


def folder_at(path: Path, after_end: bool = False) -> RecordedFolder:
    return RecordedFolder(path, RunNotes(path), Problems(), after_end)


def test_a_busy_folder_is_left_to_the_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Of two records of one folder the second gets the next number that is free, and says so; a folder that is
    released can be taken again."""
    (tmp_path / "mine-2").mkdir()  # somebody called it so
    first, second, third = (folder_at(tmp_path / "mine") for _ in range(3))
    first.take()
    second.take()
    assert (first.path, second.path) == (tmp_path / "mine", tmp_path / "mine-3")
    assert second.notes.path.parent == second.path
    assert "mine is being recorded into already" in caplog.text
    first.release()
    third.take()
    assert third.path == tmp_path / "mine"
    second.release()
    third.release()


def test_the_notes_of_another_run_are_never_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the folder is busy and no other can be made, the end is not noted in the folder of the other run; and once
    a folder can be made, the user is told which."""
    first, second = folder_at(tmp_path / "mine"), folder_at(tmp_path / "mine")
    first.take()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", lambda *_, **__: (_ for _ in ()).throw(PermissionError("no")))
        with pytest.raises(PermissionError):
            second.take()
        assert second.path == tmp_path / "mine-2"  # a view and plots go there, not into the other's run
        second.end(Standing(State.FAILED, None, "nowhere to write"), dropped=1)
        second.release()
        third = folder_at(tmp_path / "mine")
        with pytest.raises(PermissionError):  # "mine" is still the first's, whoever else gave up
            third.take()
    assert json.loads((tmp_path / "mine" / "livemon.json").read_text())["state"] == "running"
    second.take()
    assert second.path == tmp_path / "mine-2"
    first.release()
    second.release()


def test_rows_after_the_end_leave_the_notes_alone(tmp_path: Path) -> None:
    """A record of a run that has ended writes no livemon.json."""
    folder = folder_at(tmp_path / "mine", after_end=True)
    folder.take()
    folder.start(0.0)
    folder.note({"a": 1})
    folder.write_notes()
    folder.end(Standing(State.FINISHED), 0)
    folder.release()
    assert not (tmp_path / "mine").exists()


@pytest.mark.skipif(os.name == "nt", reason="a file in the way is another error there")
def test_steps_go_on_where_the_folder_is_opened_late(tmp_path: Path) -> None:
    """Rows that waited for their folder have steps; the rows after them go on from these."""
    (tmp_path / "runs").write_text("in the way")
    with record(tmp_path / "runs" / "exp") as log:
        log({"x": 1.0})
        log({"x": 2.0})
        (tmp_path / "runs").unlink()
        log.flush()
        log({"x": 3.0})
    rows = (tmp_path / "runs" / "exp" / "logs" / "metrics.csv").read_text().splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == ["0", "1", "2"]
