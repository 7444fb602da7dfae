"""`--header` on every command that opens a log of numbers without names."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Two runs, of CSV and of columns between blanks."""
    for name, text in (("a/loss.csv", "0,1.5\n10,1.25\n"), ("b/loss.txt", "0  1.0\n10 0.75\n")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    return tmp_path


def test_every_command_takes_the_names(runs: Path, livemon: Command) -> None:
    """Issue 16: watch, plot, ls and compare read numbers without names under those that the option gives."""
    header = ("--header", "step,loss")
    shown = json.loads(livemon("watch", "b/loss.txt", "--once", "--json", *header, cwd=runs).stdout)
    assert "loss" in json.dumps(shown)
    listed = json.loads(livemon("ls", ".", "--json", *header, cwd=runs).stdout)
    assert [(one["run"], one["metric"]["name"], one["final"], one["steps"]) for one in listed] == [
        ("a", "loss", 1.25, 10), ("b", "loss", 0.75, 10)]
    again = json.loads(livemon("ls", ".", "--json", "--header", "loss,epoch", cwd=runs).stdout)
    assert [one["final"] for one in again] == [10, 10]
    ranked = json.loads(livemon("compare", "a", "b/loss.txt", "--json", *header, cwd=runs).stdout)
    assert [row["final"] for row in ranked["rows"]] == [0.75, 1.25]
    assert livemon("plot", "a", "-o", "a.png", *header, cwd=runs).returncode == 0


@pytest.mark.parametrize(("words", "says"), [
    (["watch", "a", "--once"], "--header"), (["watch", "b/loss.txt", "--once"], "--header"),
    (["compare", "a", "b"], "--header"), (["ls", "."], "--header"),
    (["plot", "a/loss.csv", "--header", "a,b,c"], "3 names"), (["ls", ".", "--header", "a,,b"], "empty")])
def test_what_is_missing_or_wrong_is_told(words: list[str], says: str, runs: Path, livemon: Command) -> None:
    """Issue 16: without the option the message names it; names that do not fit are a clear error."""
    result = livemon(*words, cwd=runs)
    assert result.returncode == 2 and says in result.stderr


def test_names_for_a_file_that_has_names(runs: Path, livemon: Command) -> None:
    """An option without effect is told."""
    (runs / "c").mkdir()
    (runs / "c" / "log.csv").write_text("epoch,acc\n1,0.5\n")
    result = livemon("watch", "c", "--once", "--header", "step,loss", cwd=runs)
    assert result.returncode == 0 and "not used" in result.stderr
