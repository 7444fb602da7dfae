"""The folders of a run, asked together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from livemon.runs.run_folders import RunFolders


def make(folder: Path, first: int) -> Path:
    """A run's folder with two steps."""
    folder.mkdir()
    (folder / "metrics.csv").write_text(f"step,loss\n{first},2.0\n{first + 1},1.0\n")
    return folder


def test_the_columns_are_of_all_folders_oldest_first(tmp_path: Path) -> None:
    """What is asked of a run with several folders is asked of all of them, whichever way they were added."""
    first, second, third = (make(tmp_path / name, step) for name, step in (("a", 1), ("b", 3), ("c", 5)))
    run = RunFolders([second], lambda: 0.0, remember=False, header=())
    run.put_before([first])
    run.move_on(third, join=True)
    assert run.refresh() == 6
    assert run.paths == [first, second, third] and run.newest.path == third
    assert run.columns.series("loss", None, "latest").index.tolist() == [1, 2, 3, 4, 5, 6]


def test_frozen_folders_read_no_more(tmp_path: Path) -> None:
    """What was read before a run was frozen stays, whatever is written later."""
    folder = make(tmp_path / "a", 1)
    run = RunFolders([folder], lambda: 0.0, remember=False, header=())
    run.refresh()
    run.freeze()
    with (folder / "metrics.csv").open("a") as file:
        file.write("3,0.5\n")
    assert run.refresh() == 0 and run.columns.series("loss", None, "latest").tolist() == [2.0, 1.0]


def test_a_link_that_leads_elsewhere_is_another_run(tmp_path: Path) -> None:
    """Where a link is pointed to another run, that is read, it counts as a move, and is said."""
    first, second = make(tmp_path / "a", 1), make(tmp_path / "b", 3)
    link = tmp_path / "latest"
    link.symlink_to(first, target_is_directory=True)
    run = RunFolders([link], lambda: 0.0, remember=False, header=())
    run.refresh()
    link.unlink()
    link.symlink_to(second, target_is_directory=True)
    run.refresh()
    assert run.moves == 1 and [one.kind for one in run.anomalies.as_list()] == ["another run"]
    assert run.columns.series("loss", None, "latest").index.tolist() == [3, 4]


def resume(folder: Path, rows: str) -> None:
    """Resume the run in its folder as Lightning with our callback does: the logger's rows are kept under a second name,
    its file begins anew, and livemon.json says so."""
    (folder / ".livemon").mkdir(exist_ok=True)
    (folder / "metrics.csv").rename(folder / ".livemon" / "attempt_0.csv")
    (folder / "metrics.csv").write_text(rows)
    (folder / "livemon.json").write_text(json.dumps({
        "livemon": 1, "state": "running", "resumed_from": "last.ckpt",
        "earlier": [{"state": "failed", "reason": "killed", "file": ".livemon/attempt_0.csv"}]}))


@pytest.mark.parametrize("named", ["runs/a", "runs", "runs/a/metrics.csv", "latest"])
def test_a_run_resumed_in_its_folder_is_the_same_however_it_is_named(named: str, tmp_path: Path) -> None:
    """The rows of earlier attempts belong to the run, whether its folder, the folder above, its file or a link was
    named."""
    (tmp_path / "runs").mkdir()
    folder = make(tmp_path / "runs" / "a", 1)
    (tmp_path / "latest").symlink_to(folder, target_is_directory=True)
    resume(folder, "step,loss\n3,0.5\n4,0.4\n")
    run = RunFolders([tmp_path / named], lambda: 0.0, remember=False, header=())
    run.refresh()
    assert run.columns.series("loss", None, "latest").tolist() == [2.0, 1.0, 0.5, 0.4]
    assert len(run.paths) == 1


@pytest.mark.parametrize("named", ["runs/a", "runs", "runs/a/metrics.csv"])
def test_a_run_that_is_resumed_in_its_folder_while_it_is_followed(named: str, tmp_path: Path) -> None:
    """The new attempt is followed behind the earlier one, each row once; no row is lost, and nothing is unreadable."""
    (tmp_path / "runs").mkdir()
    folder = make(tmp_path / "runs" / "a", 1)
    run = RunFolders([tmp_path / named], lambda: 0.0, remember=False, header=())
    run.refresh()
    resume(folder, "step,loss\n2,0.5\n")
    run.refresh()
    with (folder / "metrics.csv").open("a") as file:
        file.write("3,0.4\n4,0.3\n")
    run.refresh()
    assert run.columns.series("loss", None, "all").tolist() == [2.0, 1.0, 0.5, 0.4, 0.3]
    assert run.columns.series("loss", None, "latest").tolist() == [2.0, 0.5, 0.4, 0.3]
    assert [one.kind for source in run.sources for one in source.anomalies] == []
    assert len(run.paths) == 1


def test_another_file_of_a_resumed_run_has_no_earlier_rows(tmp_path: Path) -> None:
    """The kept rows are those of metrics.csv: who names another file of the folder means that file alone."""
    folder = make(tmp_path / "a", 1)
    (folder / "other.csv").write_text("step,score\n7,1\n8,2\n")
    resume(folder, "step,loss\n3,0.5\n")
    run = RunFolders([folder / "other.csv"], lambda: 0.0, remember=False, header=())
    run.refresh()
    assert run.columns.metric_names == ["score"]
