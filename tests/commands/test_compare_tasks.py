"""`livemon compare --tasks`."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]
LEVELS = {"ant": 1.0, "hopper": 2.0, "swimmer": 4.0}


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Two algorithms on three tasks with four seeds each; their last returns are level + gain + seed / 10."""
    for algorithm, gain in (("ppo", 0.0), ("sac", 0.25)):
        for task, level in LEVELS.items():
            for seed in range(4):
                folder = tmp_path / f"{algorithm}-{task}-{seed}"
                folder.mkdir()
                (folder / "config.json").write_text(json.dumps({"algo": algorithm, "env": task, "seed": seed}))
                (folder / "metrics.csv").write_text(f"step,episode_return\n1,0.0\n2,{level + gain + seed / 10}\n")
    return tmp_path


def scores(gain: float) -> list[float]:
    return sorted(level + gain + seed / 10 for level in LEVELS.values() for seed in range(4))


def test_groups_by_tasks(study: Path, livemon: Command) -> None:
    """A column a task and the interquartile mean over all runs; below it the probability of improvement; each with its
    sentence. The groups are all settings but the task and the seed."""
    done = livemon("compare", ".", "--tasks", "env", "-o", "t.svg", cwd=study)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["group", "ant", "hopper", "swimmer", "IQM", "↑", "n"]
    middle = np.mean(scores(0.25)[3:-3])
    assert lines[1].split()[:5] == ["algo=sac", "1.400", "2.400", "4.400", f"{middle:.3f}"] and lines[1].endswith(" 12")
    assert "95 % stratified bootstrap interval" in lines[3]
    probability = np.mean([[one + 0.25 > two for two in (0, 0.1, 0.2, 0.3)] for one in (0, 0.1, 0.2, 0.3)])
    assert lines[6].split()[:3] == ["algo=sac", "algo=ppo", f"{probability:.3f}"]
    drawn = (study / "t.svg").read_text("utf-8")
    assert all(f">{title}</text>" in drawn for title in ("performance profile", "probability of improvement",
                                                         "IQM of episode_return"))


def test_tasks_for_programs(study: Path, livemon: Command) -> None:
    """JSON has the scores, estimates, improvements and profiles; CSV a row a group; `-o x.csv` the profiles, and is no
    run in the next comparison."""
    words = ["compare", "ppo-*", "sac-*", "--tasks", "env", "--metric", "episode_return=Return", "--baseline", "ppo"]
    whole = json.loads(livemon(*words, "--json", "-o", "x.csv", cwd=study).stdout)
    assert whole["tasks"] == list(LEVELS) and whole["label"] == "Return"
    assert whole["rows"][0]["scores"]["ant"] == pytest.approx([1.25, 1.35, 1.45, 1.55])
    assert [(row["a"], row["b"]) for row in whole["improvements"]] == [("sac", "ppo")]
    rows = list(csv.DictReader(io.StringIO(livemon(*words, "--csv", cwd=study).stdout)))
    assert [row["group"] for row in rows] == ["sac", "ppo"] and float(rows[1]["mean"]) == pytest.approx(
        np.mean(scores(0.0)))
    profile = list(csv.DictReader(io.StringIO((study / "x.csv").read_text("utf-8"))))
    assert list(profile[0]) == ["group", "score", "share", "low", "high"] and len(profile) == 2 * 101
    again = livemon("compare", ".", "--tasks", "env", "--task-scale", "minmax", "--latex", cwd=study)
    assert r"\begin{tabular}" in again.stdout and "is 0 and the best 1" in again.stdout, again.stderr


@pytest.mark.parametrize(("words", "message"), [
    (["--tasks", "nope"], "no run has the setting 'nope' that names the tasks; there are algo, env, seed"),
    (["--tasks", "env", "--test", "welch"], "--test: this has no effect with --tasks"),
    (["--tasks", "env", "--metric", "a", "--metric", "b"], "--tasks compares one metric"),
    (["--tasks", "env", "--baseline", "nope"], "the baseline 'nope' is not a group; the groups are algo=ppo, algo=sac"),
    (["--tasks", "env", "--task-scale", "log"], "--task-scale: 'log' is not one of logged, minmax"),
    (["--task-scale", "minmax"], "--task-scale: this needs --tasks KEY"),
])
def test_what_cannot_be_compared_over_tasks(words: list[str], message: str, study: Path, livemon: Command) -> None:
    """Settings, groups and options that mean nothing here are errors that say what there is."""
    done = livemon("compare", ".", *words, cwd=study)
    assert done.returncode == 2 and message in done.stderr, done.stderr


def test_own_names_and_settings_within_tasks(study: Path, livemon: Command) -> None:
    """`--label` names groups over tasks, and `--importance` ranks settings by the ranks of runs within their tasks:
    the task is no setting there. `--table` prints one of the tables."""
    words = ["compare", ".", "--tasks", "env", "--importance", "--label", "sac=SAC, $\\alpha_0$"]
    whole = json.loads(livemon(*words, "--json", cwd=study).stdout)
    assert [row["group"] for row in whole["rows"]] == ["SAC, $\\alpha_0$", "algo=ppo"]
    (ranked,) = whole["importance"]
    assert (ranked["setting"], ranked["n"], ranked["best"]) == ("algo", 24, "sac")
    done = livemon(*words, "--table", "importance", "--latex", cwd=study)
    assert "$p_{\\mathrm{Holm}}$" in done.stdout and "IQM" not in done.stdout, done.stderr
    assert "SAC, $\\alpha_0$ & " in livemon(*words, "--latex", "--table", "tests", cwd=study).stdout
