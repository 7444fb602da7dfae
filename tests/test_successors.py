"""A run that goes on in another folder: recognised, joined, followed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from livemon import ExperimentLoader
from livemon.boards import BoardMaker
from livemon.monitor import Monitor
from livemon.runs import RunsBelow
from livemon.successors import find_chain, names_go_on
from livemon.testing import HandClock, RecordingView, ScriptedWakeups

USERS_RUNS = Path(__file__).parent.parent.parent / "shared" / "experiments"
PREEMPTED = "cond0-40_max_block_rope_gpt2_conditional_20251227_070135_20251227_070158"


def make_run(folder: Path, first: int, last: int, by: int = 10, **config: object) -> Path:
    """A run's folder with steps first..last and a loss that tells the folder."""
    (folder / "logs").mkdir(parents=True)
    rows = "".join(f"{step},{1 / step}\n" for step in range(first, last + 1, by))
    (folder / "logs" / "metrics.csv").write_text("step,train_loss\n" + rows)
    if config:
        (folder / "config.json").write_text(json.dumps(config))
    return folder


def successor_of(folder: Path) -> Path | None:
    run = ExperimentLoader(folder)
    run.refresh()
    return run.successor()


@pytest.mark.parametrize(
    ("name", "other", "go_on"),
    [
        ("exp7", "exp7_20251227_192829", True),
        ("exp7_20251227_070135", "exp7_20251227_070135_20251227_192829", True),
        ("exp7", "exp7-resumed", True),
        ("version_3", "version_4", True),
        ("version_9", "version_10", True),
        ("run-1", "run-2", True),
        ("version_3", "version_5", False),
        ("version_3", "version_2", False),
        ("exp1", "exp10", False),
        ("exp1", "exp1", False),
        ("exp7_20251227_192829", "exp7", False),
        ("lr_3", "lr_4", False),
    ],
)
def test_names(name: str, other: str, go_on: bool) -> None:
    """A name goes on with a separator and more, or with the next number of a version."""
    assert names_go_on(name, other) is go_on


@pytest.mark.parametrize("name", ["exp1_20251227_192829", "exp1-resumed"])
@pytest.mark.parametrize("first", [20, 510, 1000, 1010, 1100])
def test_the_steps_go_on(tmp_path: Path, name: str, first: int) -> None:
    """A folder whose name goes on and whose steps begin within the run, or close behind it, is its successor."""
    old = make_run(tmp_path / "exp1", 10, 1000)
    new = make_run(tmp_path / name, first, 2000)
    assert successor_of(old) == new
    assert successor_of(new) is None


@pytest.mark.parametrize("first", [1, 10, 1500])
def test_steps_that_begin_elsewhere(tmp_path: Path, first: int) -> None:
    """A run that starts from its beginning, or far behind the end, is another experiment."""
    old = make_run(tmp_path / "exp1", 10, 1000)
    make_run(tmp_path / "exp1_lr3", first, 2000)
    assert successor_of(old) is None


def test_other_settings(tmp_path: Path) -> None:
    """Another learning rate makes another experiment; another output folder, checkpoint or length does not."""
    old = make_run(tmp_path / "exp1", 10, 1000, lr=0.1, out_dir="a", resume_from=None, max_steps=1000)
    new = make_run(tmp_path / "exp1_b", 1010, 2000, lr=0.2, out_dir="b", resume_from="x.pt", max_steps=2000)
    assert successor_of(old) is None
    (new / "config.json").write_text(json.dumps({"lr": 0.1, "out_dir": "b", "resume_from": "x.pt", "max_steps": 2000}))
    assert successor_of(old) == new


def test_other_columns_or_none(tmp_path: Path) -> None:
    """Folders without metrics, without rows, without steps, or with other columns are no successors."""
    old = make_run(tmp_path / "exp1", 10, 1000)
    (tmp_path / "exp1_empty").mkdir()
    for name, text in (("header", "step,train_loss\n"), ("stepless", "a,train_loss\n1010,0.5\n"),
                       ("others", "step,a,b\n1010,2,3\n"), ("words", "x\ny\n")):
        folder = tmp_path / f"exp1_{name}"
        folder.mkdir()
        (folder / "metrics.csv").write_text(text)
    assert successor_of(old) is None


def test_a_chain(tmp_path: Path) -> None:
    """From any of its folders, a run of three attempts is found whole, the oldest first."""
    runs = [make_run(tmp_path / "exp1", 10, 1000), make_run(tmp_path / "exp1_20251227_192829", 910, 2000),
            make_run(tmp_path / "exp1_20251227_192829_20251228_101010", 1950, 3000)]
    make_run(tmp_path / "exp1_other_lr", 10, 3000)
    for run in runs:
        assert find_chain(run) == runs


def test_versions_of_lightning(tmp_path: Path) -> None:
    """`version_1` that begins above the first step of `version_0` is its successor; one from the start is not."""
    zero = make_run(tmp_path / "version_0", 49, 999, 50)
    one = make_run(tmp_path / "version_1", 849, 1999, 50)
    make_run(tmp_path / "version_2", 49, 999, 50)
    assert find_chain(zero) == [zero, one]


def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder has neighbours, too."""
    make_run(tmp_path / "exp1", 10, 1000)
    new = make_run(tmp_path / "exp1_b", 1010, 2000)
    monkeypatch.chdir(tmp_path / "exp1")
    assert successor_of(Path(".")) == new
    assert len(find_chain(Path("."))) == 2


@pytest.mark.filterwarnings("ignore:.*no config.json")
def test_one_run_of_two_attempts(tmp_path: Path) -> None:
    """A list of folders is one run: all rows in order, the newest attempt wins over what it goes over again."""
    old, new = make_run(tmp_path / "exp1", 10, 1000), make_run(tmp_path / "exp1_b", 910, 2000)
    run = ExperimentLoader([old, new])
    frame = run.load_metrics()
    assert frame["step"].tolist() == [*range(10, 1001, 10), *range(910, 2001, 10)]
    assert frame.index.tolist() == list(range(210))
    assert run.series("train_loss").index.tolist() == list(range(10, 2001, 10))
    assert len(run.series("train_loss", attempts="all")) == 210
    assert (run.name, run.exp_dir, run.get_summary()["total_steps"]) == ("exp1_b", new, 2000)
    with (new / "logs" / "metrics.csv").open("a") as file:
        file.write("2010,0.25\n")
    assert run.refresh() == 1


def test_no_folder_at_all() -> None:
    """An empty list is refused in words."""
    with pytest.raises(ValueError, match="at least one folder"):
        ExperimentLoader([])


def test_the_users_pair() -> None:
    """The real preempted job: recognised, and joined without its doubled steps."""
    old = USERS_RUNS / PREEMPTED
    if not old.is_dir():
        pytest.skip("the users' runs are not beside this clone")
    chain = find_chain(old)
    assert [folder.name for folder in chain] == [PREEMPTED, f"{PREEMPTED}_20251227_192829"]
    run = ExperimentLoader(chain)
    steps = run.series("train_loss").index.to_numpy()
    assert (np.diff(steps) > 0).all()
    assert (steps[0], steps[-1]) == (10, 18740)
    first, second = (ExperimentLoader(folder).series("train_loss") for folder in chain)
    assert len(run.series("train_loss", attempts="all")) == len(first) + len(second)
    assert len(steps) == (first.index < 6010).sum() + len(second)


@pytest.mark.parametrize("successors", ["move on", "join", "ignore"])
def test_a_watch_moves_on(tmp_path: Path, successors: str) -> None:
    """A watch of a run that stops goes on with the folder in which the run goes on, alone or joined, and says so."""
    old = make_run(tmp_path / "exp1", 10, 1000)
    run = ExperimentLoader(old)
    view, said = RecordingView(), []

    def go_on() -> None:
        make_run(tmp_path / "exp1_b", 910, 2000)

    clock = HandClock()
    wakeups = ScriptedWakeups([lambda: None, go_on, *[lambda: None] * 4], clock)
    monitor = Monitor(run, [view], BoardMaker(run), wakeups, say=said.append, timer=clock,
                      successors=successors)  # type: ignore[arg-type]
    wakeups.on_end = monitor.stop
    monitor.run()
    told = [line for line in said if "goes on in" in line]
    if successors == "ignore":
        assert (told, run.exp_dir) == ([], old)
        return
    assert len(told) == 1
    assert told[0].startswith(f"exp1 goes on in {tmp_path / 'exp1_b'}")
    assert view.boards[-1].header.run == "exp1_b"
    assert "step 2,000" in view.boards[-1].header.line()
    assert len(run.series("train_loss", attempts="all")) == (210 if successors == "join" else 110)
    assert wakeups.followed[0] == tmp_path / "exp1_b" / "logs" / "metrics.csv"


def test_a_finished_run_goes_on_nowhere(tmp_path: Path) -> None:
    """A run that has finished is not left for another folder."""
    old = make_run(tmp_path / "exp1", 10, 1000)
    make_run(tmp_path / "exp1_b", 910, 2000)
    (old / "livemon.json").write_text('{"state": "finished"}')
    run = ExperimentLoader(old)
    Monitor(run, [RecordingView()], BoardMaker(run), ScriptedWakeups(), successors="move on").run()
    assert run.exp_dir == old


def test_on_the_command_line(tmp_path: Path) -> None:
    """`--join` shows the folders of a run as one, from any of them; without it, `plot` says that the run goes on."""
    make_run(tmp_path / "exp1", 10, 1000)
    make_run(tmp_path / "exp1_b", 910, 2000)

    def livemon(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "livemon", *arguments]
        environment = {**os.environ, "DISPLAY": ""}
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, env=environment)

    joined = livemon("watch", "exp1_b", "--join", "--once", "--json", "--view", "file", "-o", "picture.png")
    assert "one run of 2 attempts: exp1, exp1_b" in joined.stderr
    assert json.loads(joined.stdout)["rows"] == 210
    told = livemon("plot", "exp1", "-o", "plots").stderr
    assert f"exp1 goes on in {tmp_path / 'exp1_b'}" in told
    assert "--join" in told
    shutil.rmtree(tmp_path / "plots")


@pytest.mark.parametrize("stops", [False, True])
def test_a_folder_of_runs_in_which_another_begins(tmp_path: Path, stops: bool) -> None:
    """Who watches a folder of runs is told when another run begins in it; when the one on show has stopped to train,
    the new one is shown."""
    now = HandClock(time.time())
    old = make_run(tmp_path / "first", 10, 1000)
    run = ExperimentLoader(tmp_path, clock=now)
    view, said, clock = RecordingView(), [], HandClock()

    def begin() -> None:
        make_run(tmp_path / "second", 1, 50, 1)
        now.advance(3600 if stops else 0)

    wakeups = ScriptedWakeups([lambda: None, begin, *[lambda: None] * 4], clock)
    monitor = Monitor(run, [view], BoardMaker(run), wakeups, say=said.append, timer=clock, successors="move on",
                      runs=RunsBelow(tmp_path, timer=clock))
    wakeups.on_end = monitor.stop
    monitor.run()
    assert run.exp_dir == (tmp_path / "second" if stops else old)
    assert view.boards[-1].header.run == ("second" if stops else "first")
    (told,) = [line for line in said if "second" in line]
    assert told.startswith("first is unknown;" if stops else "another run has begun:")


def test_a_folder_that_was_empty(tmp_path: Path) -> None:
    """Who watches an empty folder sees the first run that begins in it, and is told of no other."""
    run = ExperimentLoader(tmp_path)
    clock, said = HandClock(), []
    wakeups = ScriptedWakeups([lambda: make_run(tmp_path / "first", 1, 50, 1), *[lambda: None] * 3], clock)
    monitor = Monitor(run, [RecordingView()], BoardMaker(run), wakeups, say=said.append, timer=clock,
                      successors="move on", runs=RunsBelow(tmp_path, timer=clock))
    wakeups.on_end = monitor.stop
    monitor.run()
    assert run.exp_dir == tmp_path / "first"
    assert not [line for line in said if "begun" in line or "began" in line]
