"""Where a training comes from: the commit of its code, and the command that started it, without the secrets in it.

livemon reads a few small files of Git and starts no process: this costs a training less than a millisecond, and cannot
make it wait for a lock. It does not check for uncommitted changes.
"""

from __future__ import annotations

import functools
import os
import re
import sys
from pathlib import Path

from livemon.system.secrets import masked_command
from livemon.system.shared_files import open_regular

__all__ = ["commit_of", "origin_of_process"]

_MOST_BYTES = 4 << 20  # of packed-refs; a larger file is not searched for a branch
_MOST_FOLDERS = 50  # above the script that are searched for a repository
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@functools.lru_cache(maxsize=1)
def origin_of_process() -> dict[str, str]:
    """`command`, `commit` and `branch` of this process, as far as they are known; determined once."""
    try:
        argv = getattr(sys, "orig_argv", None) or sys.argv
        known = {"command": masked_command(argv)}
        main = getattr(sys.modules.get("__main__"), "__file__", None)
        for folder in [Path(main).resolve().parent, Path.cwd()] if main else [Path.cwd()]:
            if commit := commit_of(folder):
                return {**known, **commit}
        return known
    except (OSError, ValueError):  # the current folder has been deleted, for example
        return {}


def commit_of(folder: Path) -> dict[str, str]:
    """`commit` and `branch` of the Git repository that a folder is in; {} if there is no repository or no commit."""
    for above in [folder, *folder.parents][:_MOST_FOLDERS]:
        if (git := _git_folder(above / ".git")) is not None:
            return _head(git)
    return {}


def _git_folder(path: Path) -> Path | None:
    """The folder with HEAD. In a linked working tree or a submodule `.git` is a file that names it."""
    if path.is_dir():
        return path
    words = _text(path).partition("gitdir:")[2].strip()
    return path.parent / words if words else None


def _head(git: Path) -> dict[str, str]:
    head = _text(git / "HEAD").strip()
    if _COMMIT.fullmatch(head):
        return {"commit": head}
    ref = head.removeprefix("ref:").strip()
    if not ref.startswith("refs/") or ".." in ref:
        return {}
    common = git / (_text(git / "commondir").strip() or ".")
    commit = next((text for folder in (git, common) if _COMMIT.fullmatch(text := _text(folder / ref).strip())), "")
    if not commit:
        packed = (line.split() for line in _text(common / "packed-refs").splitlines())
        commit = next((words[0] for words in packed if words[1:] == [ref] and _COMMIT.fullmatch(words[0])), "")
    return {"commit": commit, "branch": ref.removeprefix("refs/heads/")} if commit else {}


def _text(path: Path) -> str:
    """The text of a file; "" if it cannot be read or is too large."""
    try:
        with open_regular(os.fspath(path)) as file:
            read = file.read(_MOST_BYTES + 1) or b""
    except OSError:
        return ""
    return read.decode("utf-8", "replace") if len(read) <= _MOST_BYTES else ""
