"""`livemon watch` of several runs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from livemon import watch
from livemon.boards.lens.json_form import lens_to_json
from livemon.boards.lens.value import Lens
from livemon.boards.model import Board
from livemon.runs.places import owner_of
from livemon.views.browser.view import BrowserView

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """Two runs that have ended, and one with another name."""
    for name, level in (("ours_1", 1.0), ("ours_2", 2.0), ("theirs", 3.0)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.csv").write_text("step,val_loss\n" + "".join(
            f"{step},{level + 1 / (1 + step)}\n" for step in range(40)))
        (tmp_path / name / "config.json").write_text(json.dumps({"level": level, "seed": 1}))
        (tmp_path / name / "livemon.json").write_text('{"livemon": 1, "state": "finished"}')
    return tmp_path


def test_a_pattern_is_one_picture(ours: Path, livemon: Command) -> None:
    """The runs that a pattern matches end in one picture and one line; the plots of the comparison are saved beside us,
    nothing into the runs."""
    before = sorted(path for path in ours.rglob("*"))
    done = livemon("watch", "ours_*", "--view", "file", cwd=ours)
    assert done.returncode == 0, done.stderr
    assert "watching 2 runs: ours_1, ours_2" in done.stderr
    assert "2 runs ● finished" in done.stdout
    new = {path.relative_to(ours).as_posix() for path in set(ours.rglob("*")) - set(before) if path.is_file()}
    picture, *plots = sorted(new, key=lambda name: "/" in name)
    assert picture.startswith("livemon_") and owner_of(ours / picture)
    assert {Path(name).name for name in plots} == {"comparison_dashboard.png", "training_curves_comparison.png"}
    assert all(name.startswith("livemon-plots/") for name in plots)


def test_the_final_plots_are_of_what_is_watched(ours: Path, livemon: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plots at the end know the columns by the names that were given, and leave out what `--where` leaves out."""
    from livemon.plotter import ExperimentPlotter

    drawn: list[tuple[list[str], list[str]]] = []
    monkeypatch.setattr(ExperimentPlotter, "plot_training_curves", lambda self: None)
    monkeypatch.setattr(ExperimentPlotter, "plot_summary_dashboard", lambda self: drawn.append(
        (self.loader.names, sorted({name for run in self.loader.loaders.values() for name in run.load_metrics()}))))
    for name in ("ours_1", "ours_2", "theirs"):
        path = ours / name / "metrics.csv"
        path.write_text(path.read_text().removeprefix("step,val_loss\n"))
    done = livemon("watch", "*", "--view", "file", "--header", "step,val_loss", "--where", "level<3", cwd=ours)
    assert done.returncode == 0, done.stderr
    assert drawn == [(["ours_1", "ours_2"], ["step", "val_loss"])]


def test_paths_beside_each_other(ours: Path, livemon: Command) -> None:
    """Several paths are the same; `--json`, `--next` and `--pid` are about one run, and are refused; so is what is
    about several where one is named."""
    done = livemon("watch", "ours_1", "theirs", "--once", cwd=ours)
    assert done.returncode == 0 and "2 runs ● finished" in done.stdout
    for option in (["--json"], ["--next"], ["--pid", "1"]):
        refused = livemon("watch", "ours_1", "theirs", *option, cwd=ours)
        assert refused.returncode == 2 and f"{option[0]} is about one run" in refused.stderr
    for option in (["--hide-run", "a"], ["--alone-run", "a"], ["--where", "a=1"], ["--group-by", "a"]):
        refused = livemon("watch", "ours_1", "--once", *option, cwd=ours)
        assert refused.returncode == 2 and f"{option[0]} is about several runs" in refused.stderr


def test_runs_of_the_lens_on_the_command_line(ours: Path, livemon: Command) -> None:
    """What a lens says of runs can be given as options and as a file, and means the same."""
    hidden = livemon("watch", "ours_*", "theirs", "--once", "--hide-run", "ours_1", cwd=ours)
    assert "2 runs ●" in hidden.stdout
    where = livemon("watch", "ours_*", "theirs", "--once", "--where", "level>=2", cwd=ours)
    assert "2 runs ●" in where.stdout
    (ours / "lens.json").write_text(lens_to_json(Lens(alone_run="theirs")))
    assert "1 run ●" in livemon("watch", "ours_*", "theirs", "--once", "--lens", "lens.json", cwd=ours).stdout
    grouped = livemon("watch", "ours_*", "theirs", "--once", "--group-by", "seed", cwd=ours)
    assert grouped.returncode == 0
    wrong = livemon("watch", "ours_*", "theirs", "--once", "--group-by", "depth", cwd=ours)
    assert wrong.returncode == 2 and "no run has the setting 'depth'" in wrong.stderr


def test_nothing_to_watch(ours: Path, livemon: Command) -> None:
    """A pattern that matches nothing is an error where nothing is waited for."""
    done = livemon("watch", "nope_*", "--once", cwd=ours)
    assert done.returncode == 2 and "no run matches 'nope_*'" in done.stderr


def test_a_run_that_is_not_there_yet_beside_others(ours: Path, livemon: Command) -> None:
    """Runs that are there are shown, and the word that means none yet is said; with `--once` it is an error."""
    done = livemon("watch", "ours_1", "later", "--view", "file", cwd=ours)
    assert done.returncode == 0 and "watching 1 run: ours_1" in done.stderr
    assert "later" in done.stderr and "its runs join when they begin" in done.stderr
    done = livemon("watch", "ours_1", "later", "--once", cwd=ours)
    assert done.returncode == 2 and "later" in done.stderr


def test_watch_in_python(ours: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`watch()` takes several paths, or a pattern."""
    monkeypatch.chdir(ours)
    assert watch([ours / "ours_1", "theirs"], once=True, view="file", output="a.png") == 0
    assert watch("ours_*", once=True, view="file", output="b.png", hide_run=["ours_1"]) == 0
    assert owner_of(ours / "a.png") == owner_of(ours / "b.png") != ""


def test_what_is_shown_once_is_judged_completely(ours: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody makes a second board of what is shown once: its verdicts do not wait for one, also with a page that stays
    open."""
    boards: list[Board] = []
    monkeypatch.setattr(BrowserView, "draw", lambda view, board: boards.append(board))
    monkeypatch.setattr(BrowserView, "run", lambda view: None)
    monkeypatch.setattr("livemon.live.watching_several.JUDGING_SECONDS", 0.0)
    watch(str(ours / "*"), view="browser", port=0, once=True, keep_open=True)
    assert [board.is_complete for board in boards] == [True]
