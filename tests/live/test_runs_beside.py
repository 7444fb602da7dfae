"""The run on show and those beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from livemon.boards import Lens
from livemon.boards.runs_maker import RunsMaker
from livemon.live.runs_beside import RunsBeside
from livemon.runs.experiment import ExperimentLoader

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for name in "abc":
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.csv").write_text("step,loss\n" + "".join(
            f"{step},{1 / (1 + step)}\n" for step in range(30)))
    return tmp_path


def shown(folder: Path, given: Path, name: str = "b") -> tuple[RunsBeside, RunsMaker]:
    run = ExperimentLoader(folder / name)
    run.refresh()
    source = RunsBeside(run, given)
    return source, RunsMaker(source)


@pytest.mark.parametrize("named", ["", "b"])
def test_others_are_read_when_they_are_asked_for(runs: Path, named: str) -> None:
    """Below the folder that was named, or beside the run that was; until the list is shown, or one of them, none is
    opened."""
    source, maker = shown(runs, runs / named)
    assert list(source.runs(Lens())) == ["b"] == source.given()
    maker.set_lens(Lens(run_list=True))
    board = maker.dashboard(2e9)
    assert board.title == "b" and {row.name: row.is_shown for row in board.runs} == {"a": False, "b": True, "c": False}
    maker.set_lens(Lens(runs=("c",)))
    assert maker.dashboard(2e9).title == "c"
    maker.set_lens(Lens(runs=("b", "c")))
    assert maker.dashboard(2e9).title == "2 runs"


def test_a_run_that_goes_on_in_another_folder_keeps_its_name(runs: Path) -> None:
    """A lens that shows the run on show still does when the run has a further attempt; a run that takes its place has
    a name of its own."""
    source, maker = shown(runs, runs, "a")
    maker.set_lens(Lens(runs=("a",)))
    source._run.move_on(runs / "b", join=True)
    source._run.refresh()
    assert source.given() == ["a"] and maker.dashboard(2e9).panels[0].lines
    source._run.move_on(runs / "c", join=False)
    assert source.given() == ["c"]


def test_a_run_that_begins_is_listed(runs: Path) -> None:
    """It is found by a later search; what is written into others is read a second later."""
    now = [0.0]
    run = ExperimentLoader(runs / "b")
    run.refresh()
    source = RunsBeside(run, runs, timer=lambda: now[0])
    assert set(source.runs(Lens(run_list=True))) == {"a", "b", "c"}
    (runs / "d").mkdir()
    (runs / "d" / "metrics.csv").write_text("step,loss\n1,1\n")
    with open(runs / "a" / "metrics.csv", "a", encoding="utf-8") as file:
        file.write("30,0.1\n")
    now[0] += 60.0
    others = source.runs(Lens(run_list=True))
    assert set(others) == {"a", "b", "c", "d"} and others["a"].tables[0].n_rows == 31


def test_others_have_the_columns_that_were_named(tmp_path: Path) -> None:
    """Files of numbers without a header have the names that the user gave, also in the runs beside."""
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.csv").write_text("".join(f"{step},{1 / (1 + step)}\n" for step in range(30)))
    names = ("step", "loss")
    run = ExperimentLoader(tmp_path / "b", header=names)
    run.refresh()
    runs = RunsBeside(run, tmp_path, header=names).runs(Lens(run_list=True))
    assert {name: run.metric_names for name, run in runs.items()} == {"b": ["loss"], "a": ["loss"]}


def test_a_board_of_runs_that_are_still_read_is_not_complete(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While runs are known that have not been read the board says that the next one says more, whether rows come or
    not; the last of them makes it complete."""
    monkeypatch.setattr("livemon.live.runs_beside._READING_SECONDS", 0.004)
    for number in range(12):
        (runs / f"d{number}").mkdir()
        (runs / f"d{number}" / "metrics.csv").write_text("step,loss\n1,2\n2,1\n")
    times = iter(range(1000))
    run = ExperimentLoader(runs / "b")
    run.refresh()
    source = RunsBeside(run, runs, timer=lambda: next(times) / 1000)
    maker = RunsMaker(source)
    maker.set_lens(Lens(run_list=True))
    seen = []
    while not (board := maker.dashboard(2e9)).is_complete:
        seen.append(len(board.runs))
        assert len(seen) < 20
    assert len(board.runs) == 15 and seen
