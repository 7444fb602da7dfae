"""`livemon compare --tasks`."""

from __future__ import annotations

import csv
import io
import json
import shutil
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
    """A row a task, each group with mean and deviation, the best marked; the interquartile mean over all runs; the
    probability of improvement; each with its sentence. The groups are all settings but the task and the seed."""
    done = livemon("compare", ".", "--tasks", "env", "-o", "t.svg", cwd=study)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["task", "algo=sac", "algo=ppo"]
    assert lines[1].split() == ["ant", "1.400", "±", "0.129*", "1.150", "±", "0.129"]
    assert [line.split()[0] for line in lines[2:4]] == ["hopper", "swimmer"]
    assert "mean ± standard deviation of the final values of n = 4 runs" in lines[4]
    lines = lines[6:]
    assert lines[0].split() == ["group", "IQM", "↑", "n"]
    middle = np.mean(scores(0.25)[3:-3])
    assert lines[1].split()[:2] == ["algo=sac", f"{middle:.3f}"] and lines[1].endswith(" 12")
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
    (["--tasks", "env", "--table", "main", "--test", "welch", "--band", "sem"],
     "--test, --band: this is of the table with a row for each task, which --table tasks prints"),
    (["--tasks", "env", "--smooth", "0.5", "-o", "t.png"], "--smooth: this has no effect with --tasks"),
    (["--table", "tasks"], "--table tasks: this needs --tasks KEY"),
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


def test_the_table_of_tasks_in_each_form(study: Path, livemon: Command) -> None:
    """`--table tasks` is the table that a paper prints: a row a task, bold by the test that its caption names; CSV has
    a row for each cell, and JSON these rows beside the others."""
    words = ["compare", ".", "--tasks", "env", "--metric", "episode_return=Return", "--pair", "none"]
    latex = livemon(*words, "--table", "tasks", "--latex", cwd=study).stdout
    assert r"hopper & \textbf{2} & \textbf{.400 $\pm$ 0.129} & 2 & .150 $\pm$ 0.129 \\" in latex, latex
    assert "(Welch's t-test against the best, level 0.05); not paired, as asked for}" in latex and "IQM" not in latex
    rows = list(csv.DictReader(io.StringIO(livemon(*words, "--table", "tasks", "--csv", cwd=study).stdout)))
    assert [(row["task"], row["group"], row["among_best"]) for row in rows[:2]] == [
        ("ant", "algo=sac", "True"), ("ant", "algo=ppo", "False")]
    whole = json.loads(livemon(*words, "--json", cwd=study).stdout)
    assert len(whole["task_rows"]) == 6 and whole["task_caption"].startswith("Return, more is better: mean")


def test_single_runs_of_tasks(study: Path, livemon: Command) -> None:
    """With one run of each task there are no deviations and no intervals, in no form and no picture, and that is said;
    so is an x that changes no number."""
    for folder in study.glob("*-[123]"):
        shutil.rmtree(folder)
    done = livemon("compare", ".", "--tasks", "env", "--x", "step", "-o", "t.svg", cwd=study)
    assert done.returncode == 0, done.stderr
    assert "±" not in done.stdout and "[" not in done.stdout and "final values of single runs" in done.stdout
    assert "one run of each task, so there are no intervals" in done.stderr
    assert "--x: no effect on final values" in done.stderr
    assert "bootstrap" not in (study / "t.svg").read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(livemon("compare", ".", "--tasks", "env", "--csv", cwd=study).stdout)))
    assert {row["iqm_low"] for row in rows} == {""}
    whole = json.loads(livemon("compare", ".", "--tasks", "env", "--json", cwd=study).stdout)
    assert {pair["low"] for pair in whole["improvements"]} == {None}
