"""Several runs that are followed together."""

from __future__ import annotations

from pathlib import Path

import pytest

from livemon.runs.run_selection import select_runs
from livemon.runs.watched_runs import WatchedRuns

pytestmark = pytest.mark.filterwarnings("ignore:.*config")


def begin(folder: Path, first: int = 0, rows: int = 30) -> Path:
    folder.mkdir(parents=True)
    (folder / "metrics.csv").write_text("step,loss\n" + "".join(
        f"{step},{1 / (1 + step)}\n" for step in range(first, first + rows)))
    return folder


def test_runs_that_begin_later_join(tmp_path: Path) -> None:
    """A run that matches is followed from the next search on; each is found once, and keeps its name."""
    begin(tmp_path / "ours_1")
    watched = WatchedRuns(lambda: select_runs([str(tmp_path / "ours_*")]).dirs)
    assert watched.search() == ["ours_1"] and watched.search() == []
    begin(tmp_path / "ours_2")
    begin(tmp_path / "theirs")
    assert watched.search() == ["ours_2"]
    watched.refresh()
    assert {name: run.tables[0].n_rows for name, run in watched.runs.items()} == {"ours_1": 30, "ours_2": 30}


def test_two_runs_of_one_name(tmp_path: Path) -> None:
    """Runs of one name that are there from the start have both a longer one, so that neither stands for the other; one
    that joins later has the longer name, as the earlier one keeps its own."""
    paths = [begin(tmp_path / "x" / "run"), begin(tmp_path / "y" / "run"), begin(tmp_path / "y" / "other")]
    watched = WatchedRuns(lambda: paths)
    assert watched.search() == ["x/run", "y/run", "other"]
    paths.append(begin(tmp_path / "z" / "other"))
    assert watched.search() == ["z/other"]


def test_a_run_that_goes_on_elsewhere_stays_one(tmp_path: Path) -> None:
    """A folder in which a run certainly goes on is a further attempt of it; apart, it is a run of its own."""
    begin(tmp_path / "exp")
    watched = WatchedRuns(lambda: select_runs([str(tmp_path)]).dirs)
    assert watched.search() == ["exp"]
    watched.refresh()
    begin(tmp_path / "exp_resumed", first=30)
    assert watched.search() == []
    watched.refresh()
    assert sum(table.n_rows for table in watched.runs["exp"].tables) == 60
    apart = WatchedRuns(lambda: select_runs([str(tmp_path)]).dirs, join=False)
    assert apart.search() == ["exp", "exp_resumed"]


def test_files_of_one_folder_are_runs_of_their_own(tmp_path: Path) -> None:
    """Two named files of a folder are two runs, called by their files, and none has the rows of the other. A folder and
    its own file, or a file named twice, are one run."""
    folder = begin(tmp_path / "study")
    for number, name in enumerate(("base.csv", "ours.csv")):
        (folder / name).write_text("step,loss\n" + "".join(f"{step},{number}\n" for step in range(10 + number)))
    watched = WatchedRuns(lambda: [folder / "base.csv", folder / "ours.csv", folder / "base.csv"])
    assert watched.search() == ["base", "ours"] and watched.search() == []
    watched.refresh()
    values = {name: run.series("loss").tolist() for name, run in watched.runs.items()}
    assert values == {"base": [0.0] * 10, "ours": [1.0] * 11}
    assert {name: run.paths for name, run in watched.runs.items()} == {
        "base": [folder / "base.csv"], "ours": [folder / "ours.csv"]}
    for paths in ([folder, folder / "metrics.csv"], [folder / "metrics.csv", folder]):
        watched = WatchedRuns(lambda paths=paths: paths)  # type: ignore[misc]
        assert watched.search() == ["study"], paths
        watched.refresh()
        assert len(watched.runs["study"].series("loss")) == 30


def test_nothing_there_yet(tmp_path: Path) -> None:
    """Where there is no run the problem says so, until one begins."""
    watched = WatchedRuns(lambda: select_runs([str(tmp_path / "ours_*")]).dirs)
    assert watched.search() == [] and "no run matches" in watched.problem
    begin(tmp_path / "ours_1")
    assert watched.search() == ["ours_1"] and watched.problem == ""
