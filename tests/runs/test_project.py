"""What a project always asks for."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from livemon import ExperimentLoader, MultiExperimentLoader
from livemon.boards.dashboard import BoardMaker
from livemon.runs.project import ProjectSettings, find_project, project_of_sibling
from livemon.testing import ScriptedWriter


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with two metrics that nobody knows, in `runs/lr_3/`."""
    folder = tmp_path / "runs" / "lr_3"
    writer = ScriptedWriter(folder / "logs" / "metrics.csv", ["step", "val_loss", "my/quality"])
    for step in range(3):
        writer.append(step=step, **{"val_loss": 3.0 - step, "my/quality": 5.0 - step})
    (folder / "config.json").write_text('{"rate": 3}')
    return folder


@pytest.mark.parametrize(("name", "text"), [
    ("livemon.toml", 'metric = "my/quality"\n[metrics]\n"*/quality" = "max"\n'),
    ("livemon.toml", 'metric = "my/quality:max"\n'),
    ("pyproject.toml", '[tool.livemon]\nmetric = "my/quality"\n[tool.livemon.metrics]\n"my/quality" = "higher"\n'),
])
def test_directions_and_the_main_metric(run: Path, name: str, text: str) -> None:
    """Header, summary, comparison all take the project's main metric and direction."""
    (run.parent / name).write_text(text)
    loader = ExperimentLoader(run)
    numbers = loader.get_summary()["metrics"]["my/quality"]
    assert (numbers["best"], numbers["best_step"]) == (5.0, 0.0)
    assert "my/quality 3.000 (best 5.000 @ 0)" in BoardMaker(loader).dashboard().header.line()
    runs = MultiExperimentLoader([run])
    assert runs.direction("my/quality") == "max" and runs.main_of({"my/quality": 3, "val_loss": 3}) == "my/quality"


def test_the_main_metric_of_the_project_stands_for_a_run_in_header_and_list_alike(tmp_path: Path) -> None:
    """Also where it never was a number: a header, a list and a comparison of one run never name different metrics."""
    (tmp_path / "livemon.toml").write_text('metric = "quality"\n')
    run = tmp_path / "run"
    run.mkdir()
    (run / "metrics.csv").write_text("step,quality,val_loss\n1,nan,2\n2,nan,1\n")
    loader = ExperimentLoader(run)
    loader.refresh()
    assert loader.main_metric() == MultiExperimentLoader([run]).main_of({"quality": 0, "val_loss": 2}) == "quality"
    assert loader.main_metric(["val_loss"]) == "val_loss"


def test_the_nearest_file_wins(run: Path) -> None:
    """A file in the run's own folder, then livemon.toml before pyproject.toml in the folder above."""
    assert find_project(run).path is None
    (run.parents[1] / "livemon.toml").write_text('metric = "a"\n')
    (run.parent / "pyproject.toml").write_text("[tool.ruff]\n")  # says nothing of livemon
    assert find_project(run).metric == "a"
    (run.parent / "pyproject.toml").write_text('[tool.livemon]\nmetric = "b"\n')
    assert find_project(run).metric == "b"
    (run.parent / "livemon.toml").write_text('metric = "c"\n')
    assert find_project(run).metric == "c"
    (run / "livemon.toml").write_text('metric = "d"\ngroup_by = ["lr", "wd"]\nname_pattern = "lr_{lr}"\n')
    found = find_project(run)
    assert (found.metric, found.group_by, found.name_pattern) == ("d", "lr,wd", "lr_{lr}")


@pytest.mark.parametrize(("text", "problem"), [
    ("metric = ", "is not valid TOML"),
    ("metric = 3\n", "metric is 3; it must be a string in quotes"),
    ("metrik = 'a'\n", "'metrik' is not a setting"),
    ("[metrics]\nfoo = 'up'\n", "the direction of foo is 'up'"),
    ("metrics = 3\n", "metrics must be a table"),
])
def test_a_bad_file_is_a_message(
    run: Path, text: str, problem: str, livemon: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """It says what is wrong, where, and what would be right; the run is shown all the same."""
    (run.parent / "livemon.toml").write_text(text)
    assert problem in find_project(run).problems[0]
    done = livemon("watch", run, "--once", "--json", cwd=run.parent)
    assert done.returncode == 0 and problem in done.stderr and str(run.parent / "livemon.toml") in done.stderr


def test_that_it_is_used_is_said_once(run: Path, livemon: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """`compare` takes the name pattern and the grouping from it, and says so on standard error, once."""
    for rate in (4, 5):
        ScriptedWriter(run.parent / f"lr_{rate}" / "logs" / "metrics.csv", ["step", "val_loss"]).append(
            step=1, val_loss=float(rate))
    (run.parent / "livemon.toml").write_text('name_pattern = "lr_{rate}"\ngroup_by = "rate"\n')
    done = livemon("compare", ".", "--json", cwd=run.parent)
    assert done.stderr.count("settings of the project") == 1 and "name_pattern, group_by" in done.stderr
    assert {row["group"] for row in json.loads(done.stdout)["rows"]} == {"rate=3", "rate=4", "rate=5"}


@pytest.mark.parametrize("where", ["run", "study", "above", "nowhere"])
def test_runs_side_by_side_have_the_settings_that_each_has_by_itself(tmp_path: Path, where: str) -> None:
    """What is above a run is looked up once for all runs beside it, and is what each run would find."""
    runs = [tmp_path / "above" / "study" / name for name in ("a", "b")]
    for run in runs:
        run.mkdir(parents=True)
    folder = {"run": runs[1], "study": runs[0].parent, "above": runs[0].parent.parent}.get(where)
    if folder is not None:
        (folder / "livemon.toml").write_text('metric = "score:max"\n')
    known: dict[str, ProjectSettings] = {}
    for run in runs:
        names = frozenset(path.name for path in run.iterdir())
        assert project_of_sibling(run, names, known) == find_project(run)
    assert list(known) == [str(runs[0].parent)]


def test_a_loss_that_is_nan_throughout_stands_for_the_run(tmp_path: Path) -> None:
    """Where no loss has a finite value that is what the run came to, whatever its accuracy; where one has, those that
    have none count for nothing, as does a return that is NaN until an episode ends."""
    project = ProjectSettings()
    counts = {"val_acc": 9, "val_loss": 9, "train_loss": 99}
    assert project.main_metric(counts, counts, (), {"val_loss", "train_loss"}) == "val_loss"
    assert project.main_metric(counts, counts, (), {"val_loss"}) == "val_acc"
    rewards = {"episode_reward_mean": 9, "policy_loss": 9}
    assert project.main_metric(rewards, rewards, (), {"episode_reward_mean"}) == "policy_loss"
    run = tmp_path / "run"
    run.mkdir()
    (run / "metrics.csv").write_text("step,train_loss,val_loss,val_acc\n" + "".join(
        f"{step},nan,nan,0.35\n" for step in range(30)))
    assert ExperimentLoader(run).main_metric() == "val_loss"
