"""A run that goes on in another folder: recognised, joined, followed."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livemon import ExperimentLoader, discover_experiments
from livemon.boards.dashboard import BoardMaker
from livemon.live.monitor import Monitor
from livemon.live.opening import EarlierAttempts, open_run
from livemon.live.watching_single import _runs_beside
from livemon.runs.continuation import find_chain
from livemon.runs.new_runs import RunsBelow
from livemon.testing import HandClock, RecordingView, ScriptedWakeups

USERS_RUNS = Path(__file__).parents[3] / "shared" / "experiments"
PREEMPTED = "cond0-40_max_block_rope_gpt2_conditional_20251227_070135_20251227_070158"


def make_run(folder: Path, first: int, last: int, by: int = 10, **config: object) -> Path:
    """A run's folder with steps first..last and a loss that tells the folder."""
    (folder / "logs").mkdir(parents=True)
    rows = "".join(f"{step},{1 / step}\n" for step in range(first, last + 1, by))
    (folder / "logs" / "metrics.csv").write_text("step,train_loss\n" + rows)
    if config:
        (folder / "config.json").write_text(json.dumps(config))
    return folder


def make_old(folder: Path, seconds: float = 600.0) -> None:
    """A run's metrics and their folder were last changed so long ago."""
    then = time.time() - seconds
    metrics = next(folder.rglob("metrics.csv"))
    for path in (metrics, metrics.parent):
        os.utime(path, (then, then))


def later() -> float:
    """Long enough after a run that was made just now for it to have stopped."""
    return time.time() + 600.0


def successors_of(folder: Path) -> list[Path]:
    run = ExperimentLoader(folder, clock=later)
    run.refresh()
    return run.successors()


def successor_of(folder: Path) -> Path | None:
    return next(iter(successors_of(folder)), None)


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
        assert find_chain(run).folders == runs


def test_versions_of_lightning(tmp_path: Path) -> None:
    """`version_1` that begins above the first step of `version_0` is its successor; one from the start is not."""
    zero = make_run(tmp_path / "version_0", 49, 999, 50)
    one = make_run(tmp_path / "version_1", 849, 1999, 50)
    make_run(tmp_path / "version_2", 49, 999, 50)
    assert find_chain(zero).folders == [zero, one]


def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder has neighbours, too; all paths of a run have the form of the one that was given."""
    make_run(tmp_path / "exp1", 10, 1000)
    new = make_run(tmp_path / "exp1_b", 1010, 2000)
    monkeypatch.chdir(tmp_path / "exp1")
    assert successor_of(Path(".")) == Path("..", new.name)
    assert find_chain(Path(".")).folders == [Path("."), Path("..", new.name)]
    monkeypatch.chdir(tmp_path)
    assert find_chain(Path("exp1_b")).paths == [Path("exp1"), Path("exp1_b")]
    assert find_chain(new).paths == [tmp_path / "exp1", new]


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
    chain = find_chain(old).folders
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
    run = ExperimentLoader(old, clock=later)
    view, said = RecordingView(), []

    def go_on() -> None:
        make_run(tmp_path / "exp1_b", 910, 2000)

    clock = HandClock()
    wakeups = ScriptedWakeups([lambda: None, go_on, *[lambda: None] * 4], clock)
    monitor = Monitor(run, [view], BoardMaker(run), wakeups, notify=said.append, timer=clock,
                      successors=successors)  # type: ignore[arg-type]
    wakeups.on_end = monitor.stop
    monitor.run()
    told = [line for line in said if "goes on" in line]
    if successors == "ignore":
        assert (told, run.exp_dir) == ([], old)
        return
    assert len(told) == 1
    said_of_both = f"exp1 goes on in {tmp_path / 'exp1_b'}; it is shown from here on"
    assert told[0].startswith("exp1_b goes on from exp1" if successors == "join" else said_of_both)
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


def test_on_the_command_line(tmp_path: Path, livemon: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """The folders of a run that went on are one run, from any of them; with `--apart`, `plot` draws one and says
    that the run goes on."""
    make_old(make_run(tmp_path / "exp1", 10, 1000))
    make_run(tmp_path / "exp1_b", 910, 2000)

    words = ("exp1_b", "--once", "--json", "--view", "file", "-o", "picture.png")
    joined = livemon("watch", *words, cwd=tmp_path)
    assert joined.returncode == 0, joined.stderr
    assert "exp1_b goes on from exp1: one run of 2 attempts" in joined.stderr
    assert json.loads(joined.stdout)["rows"] == 210
    assert livemon("watch", *words, "--join", cwd=tmp_path).stdout.count('"rows": 210')
    assert json.loads(livemon("watch", *words, "--apart", cwd=tmp_path).stdout)["rows"] == 110
    plotted = livemon("plot", "exp1", "--apart", "-o", "plots", cwd=tmp_path)
    told = plotted.stderr
    assert plotted.returncode == 0, told
    assert "exp1 goes on in exp1_b" in told
    assert "--join" in told
    shutil.rmtree(tmp_path / "plots")


def test_one_rule_for_all_commands(tmp_path: Path, livemon: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """Issue 19: `version_0` that went on in `version_1` is one run with two attempts wherever runs are named or listed;
    `--apart` shows its parts, and `discover_experiments` lists folders as before."""
    for name, first, last in (("version_0", 10, 1000), ("version_1", 910, 2000), ("version_2", 10, 800)):
        (make_run(tmp_path / "logs" / name, first, last) / "checkpoints").mkdir()
        (tmp_path / "logs" / name / "checkpoints" / f"step_{last}.ckpt").write_bytes(b"x")

    def runs_of(*words: str) -> list[tuple[str, int]]:
        rows = json.loads(livemon(*words, cwd=tmp_path).stdout)
        rows = rows["rows"] if isinstance(rows, dict) else rows
        return [(row["run"], row.get("attempts", 0)) for row in rows]

    assert runs_of("ls", "logs", "--json") == [("logs/version_1", 2), ("logs/version_2", 1)]
    assert [name for name, _ in runs_of("ls", "logs", "--json", "--apart")] == [
        "logs/version_0", "logs/version_1", "logs/version_2"]
    assert {name for name, _ in runs_of("compare", "logs", "--json")} == {"logs/version_1", "logs/version_2"}
    assert len(runs_of("compare", "logs", "--json", "--apart")) == 3
    listed = livemon("checkpoints", "logs/version_0", "--json", cwd=tmp_path)
    assert "step_1000" in listed.stdout and "step_2000" in listed.stdout
    assert "step_2000" not in livemon("checkpoints", "logs/version_0", "--apart", "--json", cwd=tmp_path).stdout
    assert len(discover_experiments(tmp_path / "logs")) == 3


def test_a_run_that_was_waited_for_is_joined_with_what_it_goes_on_from(tmp_path: Path) -> None:
    """Live and afterwards are the same: a folder without rows is joined with the one before once a row tells that."""
    old = make_run(tmp_path / "version_0", 10, 1000)
    new = make_run(tmp_path / "version_1", 910, 900)
    said: list[str] = []
    run = open_run(new, said.append)
    assert run.exp_dirs == [new]
    clock = HandClock()
    rows = "".join(f"{step},{1 / step}\n" for step in range(910, 2001, 10))
    write = [lambda: None, lambda: (new / "logs" / "metrics.csv").write_text("step,train_loss\n" + rows)]
    wakeups = ScriptedWakeups([*write, *[lambda: None] * 3], clock)
    view = RecordingView()
    monitor = Monitor(run, [view], BoardMaker(run), wakeups, notify=said.append, timer=clock,
                      earlier=EarlierAttempts(run, said.append).look)
    wakeups.on_end = monitor.stop
    monitor.run()
    assert run.exp_dirs == [old, new] and len(run.series("train_loss", attempts="all")) == 210
    parent = tmp_path.name
    assert [line for line in said if f"{parent}/version_1 goes on from {parent}/version_0: one run of 2 " in line], said
    marks = [mark.x for mark in view.boards[-1].panels[0].marks if mark.kind == "restart"]
    assert marks == [910.0]


def test_a_run_that_logs_more_rarely_goes_on_from_none(tmp_path: Path) -> None:
    """A run from the start whose first row comes later, as it logs more rarely, is no later attempt; nor is one whose
    name appends a setting."""
    first = make_run(tmp_path / "version_0", 10, 1000)
    make_run(tmp_path / "version_1", 50, 1000, 50)
    exp = make_run(tmp_path / "exp", 10, 1000)
    make_run(tmp_path / "exp_lr3", 910, 2000)
    assert find_chain(first).folders == [first] and find_chain(exp).folders == [exp]


def make_epochs(folder: Path, epochs: range, text: str = "{epoch},{loss}\n", head: str = "epoch,loss\n",
                file: str = "training.log") -> Path:
    """A run's folder whose rows have epochs alone."""
    folder.mkdir()
    (folder / file).write_text(head + "".join(text.format(epoch=epoch, loss=2 - epoch / 32) for epoch in epochs))
    return folder


@pytest.mark.parametrize(("name", "first"), [
    ("exp_large", 1), ("exp_console", 1), ("exp_large", 2), ("exp_large", 6), ("exp_resumed", 1), ("exp_2", 1),
])
@pytest.mark.parametrize("form", ["csv", "jsonl", "keras"])
def test_a_training_of_its_own_is_joined_with_none(tmp_path: Path, name: str, first: int, form: str) -> None:
    """Issue 16: a run that begins with epoch 1 is another training, whatever counts from 0 beside it; and so is one of
    another name that begins in the first half of it."""
    keras = "Epoch {epoch}/9\n9/9 [====] - 3s 2ms/step - loss: {loss}\n"
    forms: dict[str, dict[str, str]] = {
        "csv": {}, "jsonl": {"text": '{{"epoch": {epoch}, "loss": {loss}}}\n', "head": "", "file": "metrics.jsonl"},
        "keras": {"text": keras, "head": "", "file": "nohup.out"}}
    exp = make_epochs(tmp_path / "exp", range(15))
    other = make_epochs(tmp_path / name, range(first, first + 4), **forms[form])
    assert find_chain(exp).folders == [exp] and find_chain(other).folders == [other]


@pytest.mark.parametrize(("name", "before", "first"), [
    ("exp_large", 15, 14), ("exp_large", 15, 15), ("exp_large", 15, 7), ("exp_resumed", 15, 2), ("exp_2", 2, 2),
])
def test_epochs_that_go_on(tmp_path: Path, name: str, before: int, first: int) -> None:
    """A run goes on where it was: near its end under any name, at any later epoch under a name of an attempt."""
    exp = make_epochs(tmp_path / "exp", range(before))
    other = make_epochs(tmp_path / name, range(first, first + 4))
    assert find_chain(exp).folders == find_chain(other).folders == [exp, other]


def test_a_followed_run_is_not_left_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 19: after a run was followed into its next folder, that folder, by its other path, is no other run: nothing
    is moved on to, and one audit is made for the run."""
    monkeypatch.chdir(tmp_path)
    make_run(tmp_path / "logs" / "version_0", 10, 1000)
    run = ExperimentLoader(Path("logs"), clock=later)
    said: list[str] = []
    clock = HandClock()

    def grow() -> None:
        with (tmp_path / "logs" / "version_1" / "logs" / "metrics.csv").open("a") as file:
            file.write("2010,0.5\n")

    wakeups = ScriptedWakeups(
        [lambda: None, lambda: make_run(tmp_path / "logs" / "version_1", 910, 2000), grow, *[lambda: None] * 4], clock)
    monitor = Monitor(run, [RecordingView()], BoardMaker(run), wakeups, notify=said.append, timer=clock, audit=True,
                      successors="join", runs=_runs_beside(run, given=Path("logs"), timer=clock))
    wakeups.on_end = monitor.stop
    monitor.run()
    assert [line for line in said if "is written to" in line or "has begun" in line] == []
    assert len([line for line in said if "goes on from" in line]) == 1
    assert [line for line in said if line.startswith("audit")] == [
        "audit: 100 rows of logs/version_0 read again, 0 differences",
        "audit: 111 rows of logs/version_1 read again, 0 differences"]


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
    monitor = Monitor(run, [view], BoardMaker(run), wakeups, notify=said.append, timer=clock, successors="move on",
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
    monitor = Monitor(run, [RecordingView()], BoardMaker(run), wakeups, notify=said.append, timer=clock,
                      successors="move on", runs=RunsBelow(tmp_path, timer=clock))
    wakeups.on_end = monitor.stop
    monitor.run()
    assert run.exp_dir == tmp_path / "first"
    assert not [line for line in said if "begun" in line or "began" in line]


# -- what is no successor


def test_a_living_run_is_not_left(tmp_path: Path) -> None:
    """A run that wrote a row lately, or whose process is alive, goes on nowhere; one that rests for a while may."""
    old = make_run(tmp_path / "exp1", 10, 1000)
    new = make_run(tmp_path / "exp1_b", 910, 2000)
    now = HandClock(time.time())
    run = ExperimentLoader(old, clock=now)
    run.refresh()
    assert run.successors() == []
    now.advance(59.0)
    assert run.successors() == []
    now.advance(2.0)
    assert run.successors() == [new]
    note = {"state": "running", "pid": os.getpid(), "host": socket.gethostname()}
    (old / "livemon.json").write_text(json.dumps(note))
    assert run.successors() == []
    assert find_chain(old).folders == [old]
    assert find_chain(new).folders == [new]


@pytest.mark.parametrize("what", ["metrics", "their folder", "the recorder's note", "the first row"])
def test_a_folder_from_before_the_end(tmp_path: Path, what: str) -> None:
    """What was begun before the last row of a run is another run: by the age of its metrics, of the folder that holds
    them, by its recorder, or by the time of day in its first row."""
    old = make_run(tmp_path / "exp1", 10, 1000)
    new = make_run(tmp_path / "exp1_b", 1010, 2000)
    assert successor_of(old) == new
    now = time.time()
    if what == "metrics":
        os.utime(new / "logs" / "metrics.csv", (now - 60, now - 60))
    elif what == "their folder":
        os.utime(new / "logs", (now - 60, now - 60))
    elif what == "the recorder's note":
        (new / "livemon.json").write_text(json.dumps({"state": "finished", "started": now - 60}))
    else:
        for folder, time_of_day in ((old, now), (new, now - 60)):
            step = 500 if folder == old else 1000
            text = "".join(f"{step + row},0.5,{time_of_day + row}\n" for row in range(10))
            (folder / "logs" / "metrics.csv").write_text("step,train_loss,timestamp\n" + text)
    assert successor_of(old) is None


def test_one_of_two(tmp_path: Path) -> None:
    """Where two folders fit, none is taken for the one; who watches is told both, and who joins, too."""
    old = make_run(tmp_path / "exp1", 10, 1000)
    both = [make_run(tmp_path / f"exp1_{name}", 1010, 2000) for name in ("a", "b")]
    assert successors_of(old) == both
    chain = find_chain(old)
    assert (chain.folders, chain.unsure) == ([old], both)
    said: list[str] = []
    run = ExperimentLoader(old, clock=later)
    wakeups = ScriptedWakeups([lambda: None] * 2)
    monitor = Monitor(run, [RecordingView()], BoardMaker(run), wakeups, notify=said.append, successors="move on")
    wakeups.on_end = monitor.stop
    monitor.run()
    assert run.exp_dir == old
    assert [line for line in said if "livemon cannot tell in which" in line and all(str(one) in line for one in both)]


@pytest.mark.parametrize("names", [
    ["exp1", "exp1_20251227_192829", "exp1_20251228_070000"],
    ["exp1_20251227_070158", "exp1_20251227_192829", "exp1_20251228_070000"],
    ["exp1", "exp1_20251227_192829", "exp1_20251227_192829_20251228_070000"],
    ["version_0", "version_1", "version_2"],
])
def test_a_job_that_was_preempted_twice(tmp_path: Path, names: list[str]) -> None:
    """A job that is preempted twice, soon after it had begun again, is one run of three attempts, from any of them."""
    runs = [make_run(tmp_path / name, first, last)
            for name, first, last in zip(names, (10, 1010, 1040), (1000, 1050, 2000), strict=True)]
    for run in runs:
        chain = find_chain(run)
        assert (chain.folders, chain.unsure) == (runs, [])
    assert successors_of(runs[0]) == [runs[1]]


def test_a_file_by_its_name_is_joined_with_its_like(tmp_path: Path) -> None:
    """`--join` with a file that is not the run's main one joins the files of that name."""
    for name, first, last in (("exp1", 10, 1000), ("exp1_b", 1010, 2000)):
        folder = make_run(tmp_path / name, first, last)
        (folder / "valid.csv").write_text("step,val_loss\n" + "".join(f"{s},2\n" for s in range(first, last, 100)))
    run = open_run(tmp_path / "exp1" / "valid.csv", lambda text: None, join=True)
    run.refresh()
    assert run.metric_names == ["val_loss"]
    assert run.series("val_loss").index.tolist() == [*range(10, 1000, 100), *range(1010, 2000, 100)]
    alone = ExperimentLoader(tmp_path / "exp1" / "valid.csv", clock=later)
    alone.refresh()
    assert alone.successors() == [tmp_path / "exp1_b" / "valid.csv"]


@pytest.mark.filterwarnings("ignore:.*no config.json")
def test_other_names_for_the_step(tmp_path: Path) -> None:
    """Attempts that spell their step otherwise lose no point: each table is asked for its own."""
    old, new = make_run(tmp_path / "exp1", 10, 1000), make_run(tmp_path / "exp1_b", 1010, 2000)
    metrics = new / "logs" / "metrics.csv"
    metrics.write_text(metrics.read_text().replace("step,", "global_step,"))
    assert successor_of(old) == new
    run = ExperimentLoader([old, new])
    assert run.series("train_loss").index.tolist() == list(range(10, 2001, 10))
    assert run.get_summary()["total_steps"] == 2000
    board = BoardMaker(run).dashboard()
    assert "step 2,000" in board.header.line()
    assert board.panels[0].lines[0].x[-1] == 2000


@pytest.mark.filterwarnings("ignore:.*no config.json")
def test_steps_that_only_one_has(tmp_path: Path) -> None:
    """Where one attempt has steps and epochs and the other epochs alone, the epochs are the run's own axis."""
    for name, header, first in (("exp1", "step,epoch,loss", 1), ("exp1_b", "epoch,loss", 11)):
        (tmp_path / name).mkdir()
        cells = [(f"{10 * epoch}," if "step" in header else "") + f"{epoch},0.5" for epoch in range(first, first + 10)]
        (tmp_path / name / "metrics.csv").write_text("\n".join([header, *cells, ""]))
    run = ExperimentLoader([tmp_path / "exp1", tmp_path / "exp1_b"])
    assert run.series("loss").index.tolist() == list(range(1, 21))
    assert run.series("loss").index.name == "epoch"


# -- which run is shown


def watch_below(folder: Path, script: list[Callable[[], object]], now: HandClock, **options: Any) -> tuple[
    ExperimentLoader, RecordingView, list[str]
]:
    """Watch a folder of runs with a monitor as `watch` makes it, while a script goes on."""
    run = ExperimentLoader(folder, clock=now)
    view, said, clock = RecordingView(), [], HandClock()
    wakeups = ScriptedWakeups([*script, lambda: None, lambda: None], clock)
    monitor = Monitor(run, [view], BoardMaker(run), wakeups, notify=said.append, timer=clock, clock=now,
                      successors="move on", runs=_runs_beside(run, timer=clock), audit=True, **options)
    wakeups.on_end = monitor.stop
    monitor.run()
    return run, view, said


def test_a_folder_that_was_empty_is_watched_for_a_second_run(tmp_path: Path) -> None:
    """Who watches an empty folder sees the first run that begins in it, and then the second."""
    now = HandClock(time.time())

    def begin() -> None:
        make_run(tmp_path / "second", 1, 50, 1)
        now.advance(3600)

    run, _, said = watch_below(tmp_path, [lambda: make_run(tmp_path / "first", 1, 50, 1), lambda: None, begin], now)
    assert run.exp_dir == tmp_path / "second"
    assert [line for line in said if "has new rows and is shown" in line]


@pytest.mark.filterwarnings("ignore::livemon.runs.folder_of_runs.SeveralRunsWarning")
def test_a_run_beside_is_shown_when_the_first_one_rests(tmp_path: Path) -> None:
    """Of two runs that are there the one that is written to is shown once the other one is silent."""
    now = HandClock(time.time())
    make_run(tmp_path / "a", 1, 50, 1)
    make_run(tmp_path / "b", 1, 50, 1)
    os.utime(tmp_path / "b" / "logs" / "metrics.csv", (now() - 100, now() - 100))

    def go_on() -> None:
        with (tmp_path / "b" / "logs" / "metrics.csv").open("a") as file:
            file.write("51,0.5\n")
        now.advance(3600)

    run, _, said = watch_below(tmp_path, [lambda: None, lambda: None, go_on], now)
    assert run.exp_dir == tmp_path / "b"
    assert [line for line in said if "has new rows and is shown" in line]


def test_an_empty_folder_that_becomes_a_run(tmp_path: Path) -> None:
    """An empty folder may be the run itself: then what lies below it is not watched."""
    run, _, said = watch_below(
        tmp_path, [lambda: make_run(tmp_path, 1, 50, 1), lambda: make_run(tmp_path / "inside", 1, 50, 1)],
        HandClock(time.time()))
    assert run.exp_dir == tmp_path
    assert not [line for line in said if "inside" in line]


def test_a_run_that_finishes_when_another_has_begun(tmp_path: Path) -> None:
    """A run that finishes gets its plots and its audit before the one that began meanwhile, and was announced, is
    shown; that one is watched to its end, too."""
    first = make_run(tmp_path / "first", 1, 50, 1)
    saved: list[Path] = []

    def finish(folder: Path) -> None:
        (folder / "livemon.json").write_text('{"state": "finished"}')

    second = tmp_path / "second"
    script = [lambda: None, lambda: make_run(second, 1, 50, 1), lambda: finish(first), lambda: finish(second)]
    holder: list[ExperimentLoader] = []

    def save() -> list[Path]:
        saved.append(holder[0].exp_dir)
        return []

    original = ExperimentLoader.__init__

    def remember(self: ExperimentLoader, *arguments: Any, **options: Any) -> None:
        original(self, *arguments, **options)
        holder.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ExperimentLoader, "__init__", remember)
        run, view, said = watch_below(tmp_path, script, HandClock(time.time()), save=save)
    assert saved == [first, second]
    assert [line for line in said if line.startswith("another run has begun")]
    assert len([line for line in said if line.startswith("audit: 50 rows")]) == 2
    assert (run.exp_dir, view.boards[-1].header.run) == (second, "second")


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_recorded_run_that_is_killed(tmp_path: Path, goes_on: bool) -> None:
    """After `record` was killed, the folder in which the run goes on is waited for, for ten minutes, and said."""
    old = make_run(tmp_path / "exp1", 10, 1000)
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"])
    note = {"state": "running", "pid": process.pid, "host": socket.gethostname()}
    (old / "livemon.json").write_text(json.dumps(note))
    now, clock, said = HandClock(time.time()), HandClock(), []
    run = ExperimentLoader(old, clock=now)

    def kill() -> None:
        process.kill()
        process.wait()

    def resume() -> None:
        now.advance(120)
        if goes_on:
            make_run(tmp_path / "exp1_b", 910, 2000)

    script = [lambda: None, kill, lambda: None, resume, *[lambda: None] * 3]
    wakeups = ScriptedWakeups(script, clock, on_end=lambda: clock.advance(60))
    view = RecordingView()
    monitor = Monitor(run, [view], BoardMaker(run), wakeups, notify=said.append, timer=clock, successors="move on")
    if goes_on:
        wakeups.on_end = monitor.stop
    monitor.run()
    assert [line for line in said if "exp1 was cut off" in line and "10 minutes" in line]
    assert run.exp_dir == (tmp_path / "exp1_b" if goes_on else old)
    assert goes_on or clock.now - HandClock().now >= 600


# -- what a run says itself --------------------------------------------------------------------------------------------


def says_it_continues(folder: Path, other: object) -> None:
    (folder / "livemon.json").write_text(json.dumps({"state": "finished", "continues": other}))


def test_a_run_that_says_what_it_continues_is_not_guessed(tmp_path: Path) -> None:
    """A run whose livemon.json names the one before is its successor, whatever the names, the steps and the times are,
    and one that names another is not."""
    first = make_run(tmp_path / "exp1", 10, 100)
    likely, said = make_run(tmp_path / "exp1_20260101_101010", 110, 200), make_run(tmp_path / "zebra", 50, 120)
    make_old(first)
    assert successors_of(first) == [likely]
    says_it_continues(said, str(first))
    assert successors_of(first) == [said]
    assert find_chain(said).folders == find_chain(first).folders == [first, said]
    says_it_continues(said, str(tmp_path / "gone"))
    says_it_continues(likely, str(said))
    assert successors_of(first) == []


def test_runs_that_were_moved_together_are_still_one(tmp_path: Path) -> None:
    """The path in livemon.json is of another machine: the folder of that name beside it is meant."""
    first, second = make_run(tmp_path / "a", 10, 100), make_run(tmp_path / "b", 110, 200)
    says_it_continues(second, "/scratch/of/somebody/a")
    assert find_chain(second).folders == [first, second]


@pytest.mark.parametrize("said", ["b", "", 3, None, ["a"], "a\0b", "x" * 5000])
def test_what_is_said_oddly_is_not_believed(tmp_path: Path, said: object) -> None:
    """A run that names itself, or no folder, has no one before it; two that name each other end."""
    first, second = make_run(tmp_path / "a", 10, 100), make_run(tmp_path / "b", 110, 200)
    says_it_continues(second, said)
    assert find_chain(second).folders == [second]
    says_it_continues(first, str(second))
    says_it_continues(second, str(first))
    assert len(find_chain(second).folders) == 2


def test_a_run_beside_which_none_may_go_on_is_not_read_to_find_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch
                                                                   ) -> None:
    """Where no name beside a run goes on from its own, its rows are not read to look where it went on: of a long run
    that costs as much as showing it."""
    run = make_run(tmp_path / "exp", 10, 100)
    make_run(tmp_path / "other", 10, 100)
    monkeypatch.setattr("livemon.runs.continuation.read_table", lambda reader: pytest.fail("the run was read"))
    assert find_chain(run).folders == [run]


def test_runs_that_begin_anew_are_not_read_to_find_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbered runs of a sweep each begin at the first step: their first rows say that none continues another."""
    runs = [make_run(tmp_path / f"run{number}", 1, 100) for number in range(3)]
    monkeypatch.setattr("livemon.runs.continuation.read_table", lambda reader: pytest.fail("a run was read"))
    assert all(find_chain(run).folders == [run] for run in runs)
