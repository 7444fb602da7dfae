from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize("form", ["html", "pdf", "md"])
def test_a_run_and_several(form: str, groups: Path, livemon: Command) -> None:
    """The report of one run, and of several, is where -o says; its path is what is printed."""
    for words in (["base_s0"], ["base_s0", "ours_s0"]):
        done = livemon("report", *words, "-o", f"r.{form}", cwd=groups)
        assert (done.returncode, done.stdout) == (0, f"r.{form}\n"), done.stderr


def test_without_a_path_the_newest_run(groups: Path, livemon: Command) -> None:
    """Without a path it is of the newest run below the current folder, and says which."""
    shutil.rmtree(groups / "empty")
    done = livemon("report", "-o", "r.md", cwd=groups)
    assert done.returncode == 0 and "is the newest of" in done.stderr


def test_what_cannot_be(groups: Path, livemon: Command) -> None:
    """A run without rows, a path that is not there, a folder that is not there and a strange suffix say what is wrong,
    and leave nothing."""
    before = sorted(groups.iterdir())
    for words, problem in ((["empty"], "no "), (["nowhere"], "nowhere"),
                           (["base_s0", "-o", "no/r.md"], "does not exist"),
                           (["base_s0", "-o", "r.docx"], "ends in"), (["base_s0", "-o", "r.md", "--metric", "a",
                                                                      "--metric", "b"], "--metric"),
                           (["base_s0", "ours_s0", "-o", "r.md", "--test", "welch"], "needs groups")):
        done = livemon("report", *words, cwd=groups)
        assert done.returncode == 2 and problem in done.stderr, (words, done.stderr)
    assert sorted(groups.iterdir()) == before


def test_options_have_effect(groups: Path, livemon: Command) -> None:
    """The test that is asked for is the one that is made; the number as well."""
    livemon("report", "base_s*", "ours_s*", "-o", "r.md", "--test", "permutation", "--at", "best", cwd=groups)
    text = (groups / "r.md").read_text("utf-8")
    assert "permutation" in text and "best" in text


def test_the_only_run_that_is_left(groups: Path, livemon: Command) -> None:
    """Of several runs of which all but one are set aside, the report is that of the one, wherever it stands."""
    for name in ("a", "c"):
        (groups / "runs" / name).mkdir(parents=True)
        (groups / "runs" / name / "metrics.csv").write_text("step,loss\n")
    shutil.copytree(groups / "base_s0", groups / "runs" / "b")
    done = livemon("report", "runs", "-o", "r.md", cwd=groups)
    assert done.returncode == 0, done.stderr
    assert (groups / "r.md").read_text(encoding="utf-8").startswith("# b")
