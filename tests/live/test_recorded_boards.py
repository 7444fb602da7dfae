from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from livemon.boards.dashboard import BoardMaker
from livemon.live.recorded_boards import RecordedBoards
from livemon.runs.experiment import ExperimentLoader


def write(folder: Path, rows: str = "1,0.5\n", columns: str = "step,train_loss") -> Path:
    """A run's folder."""
    folder.mkdir(exist_ok=True)
    (folder / "metrics.csv").write_text(f"{columns}\n{rows}")
    return folder


def test_a_record_is_of_its_boards_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record stays that of the last board that could be made, though the run has more rows by now."""
    run = ExperimentLoader(write(tmp_path / "run"))
    run.refresh()
    boards = RecordedBoards(run, maker := BoardMaker(run))
    boards.dashboard()
    with (tmp_path / "run" / "metrics.csv").open("a") as file:
        file.write("2,0.25\n")
    run.refresh()

    def fail(now: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(maker, "dashboard", fail)
        with pytest.raises(ZeroDivisionError):
            boards.dashboard()
    assert boards.record is not None
    assert (boards.record.run_object["rows"], boards.record.summary["metrics"]["train_loss"]["final"]) == (1, 0.5)
    boards.dashboard()
    assert (boards.record.run_object["rows"], boards.record.summary["metrics"]["train_loss"]["final"]) == (2, 0.25)


def test_the_summary_costs_nothing_while_nothing_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A board for the clock alone reads no point again; settings that are written later are in the next record."""
    run = ExperimentLoader(write(tmp_path / "run"))
    run.refresh()
    boards = RecordedBoards(run, BoardMaker(run))
    boards.dashboard()
    assert boards.record is not None
    first = boards.record.summary
    boards.dashboard()
    assert boards.record.summary is first
    (tmp_path / "run" / "config.json").write_text('{"dataset_name": "spirals"}')
    boards.dashboard()
    assert boards.record.summary["dataset"] == "spirals"
