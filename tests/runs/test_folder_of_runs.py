"""A folder of runs: all runs in it, and what is said where one of them is taken."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from livemon import ExperimentLoader, MultiExperimentLoader, quick_plot
from livemon.runs.folder_of_runs import SeveralRunsWarning, runs_at, runs_in

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three runs, the last one the newest, and a folder that is none."""
    for number in range(3):
        run = tmp_path / "runs" / f"version_{number}"
        run.mkdir(parents=True)
        (run / "metrics.csv").write_text(f"step,train_loss\n1,{number}\n2,{number}\n")
        (run / "config.json").write_text('{"seed": 1}')
    (tmp_path / "runs" / "notes").mkdir()
    return tmp_path / "runs"


def test_all_runs_in_a_folder(folder: Path) -> None:
    """The runs below a folder, by path; a run is itself."""
    assert [path.name for path in runs_in(folder)] == ["version_0", "version_1", "version_2"]
    assert runs_in(folder / "version_1") == [folder / "version_1"]


def test_a_console_log_makes_no_run_of_a_folder_of_runs(
    folder: Path, livemon: Command
) -> None:
    """A console log beside runs is none of their rivals: loaders and commands take the runs. Where nothing better is
    below, the folder with the log is the run."""
    lines = "".join(f"step {step} loss {2 - step / 20:.3f}\n" for step in range(1, 20))
    (folder / "train.log").write_text(lines)
    (folder.parent / "alone").mkdir()
    (folder.parent / "alone" / "train.log").write_text(lines)
    assert MultiExperimentLoader(folder).names == ["version_0", "version_1", "version_2"]
    assert runs_at(folder) == runs_in(folder)
    assert runs_at(folder.parent / "alone") == [folder.parent / "alone"]
    shown = livemon("compare", "runs", "--json", cwd=folder.parent).stdout
    assert sorted(row["run"] for row in json.loads(shown)["rows"]) == [f"runs/version_{i}" for i in range(3)]


def test_a_loader_says_which_run_it_took(folder: Path) -> None:
    """Issue 19: whoever loads or plots "runs" learns which run was taken and how many there are; of a run nothing is
    said."""
    with pytest.warns(SeveralRunsWarning, match=r"runs holds 3 runs, and the newest is used: .*version_2") as warned:
        assert ExperimentLoader(folder).name == "version_2"
    assert warned[0].filename == __file__
    with pytest.warns(SeveralRunsWarning, match="version_2"):
        quick_plot(folder)
    ExperimentLoader(folder / "version_1")


def test_one_folder_of_runs_is_all_runs_in_it(folder: Path) -> None:
    """`MultiExperimentLoader("runs")` holds every run in the folder, given by itself or in a list; a run is one run,
    also where other runs lie in its folder."""
    names = ["version_0", "version_1", "version_2"]
    assert list(MultiExperimentLoader(folder).loaders) == list(MultiExperimentLoader([folder]).loaders) == names
    (folder / "metrics.csv").write_text("step,train_loss\n1,2\n2,1\n")
    assert MultiExperimentLoader([folder]).names == ["runs"]


def test_a_folder_among_runs_is_its_newest_with_a_word(folder: Path, tmp_path: Path) -> None:
    """Among other runs a folder of several stands for its newest run, as scripts expect a name for each path; a warning
    names both."""
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "metrics.csv").write_text("step,train_loss\n1,2\n2,1\n")
    runs = MultiExperimentLoader([alone, folder])
    assert runs.names == ["alone", "runs"]
    with pytest.warns(UserWarning, match="runs: .*holds 3 runs, and the newest is used"):
        assert runs.compare_metrics("train_loss").loc[1].tolist() == [2, 2]


def test_commands_say_it_once(folder: Path, livemon: Command) -> None:
    """A command that takes the newest run says so in its own words, without a warning beside them."""
    done = livemon("status", folder, cwd=folder)
    assert done.stderr.count("the newest") == 1 and "Warning" not in done.stderr


@pytest.mark.parametrize("named", [runs_at, runs_in])
def test_a_folder_that_becomes_a_run_while_it_is_looked_at(
    tmp_path: Path, named: Callable[[Path], list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training that makes its folder of logs after our first look is the run, not its folder of logs."""
    from livemon.runs import folder_of_runs

    look, looked = folder_of_runs.run_at, []

    def look_before_it_begins(path: Path, header: Sequence[str] = ()) -> object:
        if looked or named is runs_in:
            return look(path, header)
        looked.append(path)
        found = look(path, header)
        (tmp_path / "logs").mkdir()
        (tmp_path / "logs" / "metrics.csv").write_text("step,loss\n1,2\n")
        return found

    def search_before_it_begins(path: Path, header: Sequence[str] = ()) -> list[object]:
        found: list[object] = list(search(path, header))
        if named is runs_in:
            (tmp_path / "logs").mkdir()
            (tmp_path / "logs" / "metrics.csv").write_text("step,loss\n1,2\n")
        return found

    search = folder_of_runs.runs_below
    monkeypatch.setattr(folder_of_runs, "run_at", look_before_it_begins)
    monkeypatch.setattr(folder_of_runs, "runs_below", search_before_it_begins)
    assert named(tmp_path) == [tmp_path]
