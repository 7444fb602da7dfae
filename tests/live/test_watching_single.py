from __future__ import annotations

import json
from pathlib import Path

import pytest

from livemon.live.errors import CannotShowError
from livemon.live.watch_request import WatchRequest
from livemon.live.watching import run_watch
from livemon.live.watching_single import _runs_beside
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.new_runs import RunsBelow


def write(folder: Path, rows: str = "1,0.5\n", columns: str = "step,train_loss") -> Path:
    """A run's folder."""
    folder.mkdir(exist_ok=True)
    (folder / "metrics.csv").write_text(f"{columns}\n{rows}")
    return folder


def test_once_needs_rows(tmp_path: Path) -> None:
    """What is shown once needs rows; the message says how to wait for them."""
    with pytest.raises(CannotShowError, match="leave out --once"):
        run_watch(WatchRequest(path=write(tmp_path / "run", ""), once=True, json=True))


@pytest.mark.parametrize(("state", "status"), [("finished", 0), ("failed", 1)])
def test_a_watch_to_the_end(
    state: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A watch of a run that has ended draws, audits and plots it, and says by its status whether it failed."""
    folder = write(tmp_path / "run")
    (folder / "livemon.json").write_text(json.dumps({"state": state}))
    monkeypatch.setattr("livemon.live.final_plots.save_final_plots", lambda run, options, console: [Path("a.png")])
    assert run_watch(WatchRequest(path=folder, json=True)) == status
    out, err = capsys.readouterr()
    assert [json.loads(line)["state"] for line in out.splitlines()] == [state]
    assert "audit: 1 rows read again, 0 differences" in err
    assert err.endswith("a.png\n")


def test_which_other_runs_are_watched(tmp_path: Path) -> None:
    """Below a folder of runs, or one that is empty, other runs are watched; beside a run that was named, none."""
    assert isinstance(_runs_beside(ExperimentLoader(tmp_path)), RunsBelow)
    run = write(tmp_path / "run")
    assert isinstance(_runs_beside(ExperimentLoader(tmp_path)), RunsBelow)
    assert _runs_beside(ExperimentLoader(run)) is None
    assert _runs_beside(ExperimentLoader(run / "metrics.csv")) is None
