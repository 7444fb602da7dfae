"""Where a training comes from."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from livemon.system.origin import commit_of, origin_of_process

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def _repository(folder: Path) -> Path:
    git = folder / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "refs" / "heads" / "main").write_text(COMMIT + "\n")
    (folder / "src" / "deep").mkdir(parents=True)
    return git


def test_the_commit_of_a_folder(tmp_path: Path) -> None:
    """Branch and commit are those of the repository above: loose, packed, detached; a repository without a commit, and
    a folder in none, have none."""
    git = _repository(tmp_path / "a")
    deep = tmp_path / "a" / "src" / "deep"
    assert commit_of(deep) == {"commit": COMMIT, "branch": "main"}
    (git / "refs" / "heads" / "main").unlink()
    assert commit_of(deep) == {}
    (git / "packed-refs").write_text(f"# pack-refs\n{'f' * 40} refs/heads/other\n{COMMIT} refs/heads/main\n")
    assert commit_of(deep) == {"commit": COMMIT, "branch": "main"}
    (git / "HEAD").write_text(COMMIT)
    assert commit_of(deep) == {"commit": COMMIT}
    (git / "HEAD").write_text("ref: ../../secret")
    assert commit_of(deep) == {}


def test_the_commit_of_a_further_working_tree(tmp_path: Path) -> None:
    """Where `.git` is a file, the folder that it names has HEAD, and the common one the branches."""
    git = _repository(tmp_path / "a")
    own = git / "worktrees" / "b"
    own.mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/main\n")
    (own / "commondir").write_text("../..\n")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / ".git").write_text(f"gitdir: {own}\n")
    assert commit_of(tmp_path / "b") == {"commit": COMMIT, "branch": "main"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs")
def test_a_repository_that_is_odd_keeps_nobody_waiting(tmp_path: Path) -> None:
    """A FIFO, and a file far too large, in the place of Git's files are passed over."""
    git = _repository(tmp_path)
    (git / "HEAD").unlink()
    os.mkfifo(git / "HEAD")
    assert commit_of(tmp_path) == {}
    (git / "HEAD").unlink()
    with (git / "HEAD").open("wb") as file:
        file.truncate(1 << 30)
    assert commit_of(tmp_path) == {}


@pytest.mark.skipif(shutil.which("git") is None, reason="Git is not there")
def test_it_is_what_git_says(tmp_path: Path) -> None:
    """The commit is the one that `git rev-parse HEAD` names."""
    run = lambda *words: subprocess.run(  # noqa: E731
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=tmp_path, check=True, capture_output=True,
        text=True).stdout.strip()
    run("init", "-q", "-b", "work/x")
    run("commit", "-q", "--allow-empty", "-m", "first")
    assert commit_of(tmp_path) == {"commit": run("rev-parse", "HEAD"), "branch": "work/x"}
    run("pack-refs", "--all")
    assert commit_of(tmp_path)["commit"] == run("rev-parse", "HEAD")


def test_of_this_process() -> None:
    """The command is that of this process; asking again reads nothing."""
    known = origin_of_process()
    assert Path(sys.executable).name in known["command"] or "python" in known["command"]
    assert origin_of_process() is known
