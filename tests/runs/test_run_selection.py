from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from livemon import cli
from livemon.runs.run_selection import select_runs, unquoted_patterns
from livemon.testing import ScriptedWriter

Command = Callable[..., subprocess.CompletedProcess[str]]


def test_patterns_that_read_the_same_are_two_groups(groups: Path, livemon: Command) -> None:
    """Patterns that end alike in two folders are named by all of their words; none takes the other's place."""
    for seed in range(2):
        writer = ScriptedWriter(groups / "b" / f"base_s{seed}" / "logs" / "metrics.csv", ["step", "val_loss"])
        writer.append(step=0, val_loss=3.0 + seed)
    found = json.loads(livemon("compare", "base_s*", "b/base_s*", "--json", cwd=groups).stdout)
    assert sorted(row["group"] for row in found["rows"]) == ["b/base_s*", "base"]


def test_words_beside_a_pattern_are_groups(groups: Path, livemon: Command) -> None:
    """Where one word is a pattern each word is a group, a single run, too; a run is in the first that means it."""
    found = json.loads(livemon("compare", "base_s0", "base_s*", "ours_s*=us", "--json", cwd=groups).stdout)
    assert sorted(row["group"] for row in found["rows"]) == ["base", "base_s0", "us"]
    assert next(row["n"] for row in found["rows"] if row["group"] == "base") == 2
    done = livemon("compare", "base_s*", "base_s0", cwd=groups)
    assert done.returncode == 2 and "are already in earlier groups" in done.stderr


def test_patterns_with_an_equals_sign(tmp_path: Path, livemon: Command) -> None:
    """A `=` in a folder's name is no label's."""
    for name in ("lr=0.1_s0", "lr=0.1_s1", "lr=0.2_s0", "lr=0.2_s1"):
        writer = ScriptedWriter(tmp_path / name / "logs" / "metrics.csv", ["step", "val_loss"])
        writer.append(step=0, val_loss=float(len(name)))
        writer.append(step=1, val_loss=float(name[-1]) + float(name[3:6]))
    found = json.loads(livemon("compare", "lr=0.1_s*", "lr=0.2_s*=big", "--json", cwd=tmp_path).stdout)
    assert sorted(row["group"] for row in found["rows"]) == ["big", "lr=0.1"]


def test_a_pattern_where_one_run_is_wanted(groups: Path, livemon: Command) -> None:
    """A shell may leave patterns as they are: one that matches one path is that path; what is about
    one run is refused where it matches several."""
    assert livemon("plot", "base_s[0]", "-o", "out", cwd=groups).returncode == 0
    done = livemon("watch", "base_s*", "--once", "--json", cwd=groups)
    assert done.returncode == 2 and "--json is about one run, and several are named" in done.stderr


def test_typer_expands_no_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows typer would expand `'base_s*'`, and of groups of runs nothing would be left."""
    asked: list[dict[str, object]] = []
    monkeypatch.setattr(cli, "app", lambda **named: asked.append(named))
    monkeypatch.setattr(cli, "end_by_signals", lambda: None)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    with warnings.catch_warnings():
        cli.main()
    assert asked == [{"windows_expand_args": False}]


def test_a_label_with_an_equals_sign(tmp_path: Path) -> None:
    """Issue 14: a label is what stands behind the path that is there, whatever is in it."""
    run = tmp_path / "exp1"
    run.mkdir()
    (run / "metrics.csv").write_text("step,loss\n1,1\n")
    for label in ("=1+1", "a=b", "$x$", "_x_", "<b>"):
        assert select_runs([f"{run}={label}"]).labels == {run: label}


def test_a_folder_of_nameless_numbers_says_how_to_name_them(tmp_path: Path) -> None:
    """Issue 16: where nothing below a folder is a run, the reason is told, and what to do."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "loss.csv").write_text("0,1.5\n1,1.4\n")
    assert select_runs([str(tmp_path)], ("step", "loss")).dirs == [tmp_path / "a"]
    with pytest.raises(FileNotFoundError, match="--header"):
        select_runs([str(tmp_path)])
    with pytest.raises(ValueError, match="1 name"):
        select_runs([str(tmp_path / "a" / "loss.csv")], ("loss",))


@pytest.mark.parametrize(("words", "patterns"), [
    (["runs/base_s0", "runs/base_s1", "runs/ours_s0", "runs/ours_s1"], ["runs/base_s*", "runs/ours_s*"]),
    (["base1/", "base2/", "ours1/", "ours2/"], ["base*", "ours*"]),
    (["base_s0", "base_s1"], []),  # of one pattern, which makes no groups
    (["base_s0", "base_s1", "ours_s0"], []),
    (["base_s0", "base_s1", "a", "b"], []),
    (["base_s*", "ours_s*"], []),
    (["base_s0=a1", "base_s1=a2", "ours_s0=b1", "ours_s1=b2"], []),
])
def test_patterns_that_a_shell_has_expanded(words: list[str], patterns: list[str]) -> None:
    """Words that two patterns without quotes leave are known by the numbers at their ends; other lists are lists."""
    assert unquoted_patterns(words) == patterns


def test_a_label_of_a_pattern_may_have_an_equals_sign(tmp_path: Path) -> None:
    """A pattern ends at the first `=` before which it matches something; the rest is its label, formulas too."""
    for seed in (0, 1):
        for name in ("a", "b"):
            ScriptedWriter(tmp_path / f"{name}_lr=3_s{seed}" / "metrics.csv", ["step", "loss"]).append(step=1, loss=2.0)
    selection = select_runs([f"{tmp_path}/a_lr=3_s*=SGD, $\\eta=10^{{-3}}$", f"{tmp_path}/b_lr=3_s*"])
    assert list(selection.groups) == ["SGD, $\\eta=10^{-3}$", "b_lr=3"]


def test_groups_of_files(tmp_path: Path) -> None:
    """A pattern for files gives its group the name that it would give for folders."""
    for name in ("base_s0", "base_s1", "ours_s0", "ours_s1"):
        (tmp_path / f"{name}.csv").write_text("step,loss\n1,0.5\n2,0.4\n")
    meant = select_runs([f"{tmp_path}/base_s*.csv", f"{tmp_path}/ours_s[01].csv"])
    assert {name: len(runs) for name, runs in meant.groups.items()} == {"base": 2, "ours_s[01]": 2}


def test_a_folder_that_may_not_be_listed_is_named(groups: Path, livemon: Command, monkeypatch: pytest.MonkeyPatch
                                                  ) -> None:
    """Issue 19: every command about a folder of runs says which of its folders may not be read."""
    (groups / "runs" / "secret").mkdir(parents=True)
    for seed in range(2):
        shutil.copytree(groups / f"base_s{seed}", groups / "runs" / f"base_s{seed}")
    real = os.scandir

    def scandir(path: str | Path = ".") -> object:
        if Path(path).name == "secret":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    for words in (["ls"], ["compare"], ["check"], ["report", "-o", "r.md"]):
        done = livemon(words[0], "runs", *words[1:], cwd=groups)
        secret = Path("runs", "secret")
        assert f"not all can be listed: {secret} cannot be read (Permission denied)" in done.stderr, (words, done)
    assert "not all" not in livemon("compare", "base_s0", "base_s1", cwd=groups).stderr
