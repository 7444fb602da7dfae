"""Where a training comes from: the commit of its code, and the command that started it, without the secrets in it.

livemon reads a few small files of Git and starts no process: this costs a training less than a millisecond, and cannot
make it wait for a lock. It does not check for uncommitted changes.
"""

from __future__ import annotations

import functools
import os
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from livemon.system.shared_files import open_regular

__all__ = ["commit_of", "masked_command", "masked_setting", "origin_of_process", "without_secret"]

MASK = "***"
_MOST_BYTES = 4 << 20  # of packed-refs; beyond that a branch is not looked for
_LONGEST_COMMAND = 2_000  # characters
_MOST_FOLDERS = 50  # above the script, in which a repository is looked for
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SECRET_WORDS = frozenset(("token", "secret", "secrets", "password", "passwd", "passphrase", "pwd", "credential",
                           "credentials", "apikey", "auth", "authorization", "bearer"))  # fmt: skip
_KEY_OF = frozenset(("api", "access", "secret", "private", "auth", "account", "encryption", "ssh", "wandb", "openai",
                     "hf", "comet", "neptune"))  # fmt: skip
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_IN_URL = re.compile(r"(?<=://)[^/@\s]*:[^/@\s]*(?=@)")
_AFTER_SCHEME = re.compile(r"(?i)\b(bearer|basic)\s+\S+")
_TOKENS = re.compile(r"\b(?:hf_|sk-|gh[pousr]_|github_pat_|glpat-|xox[abprs]-|AKIA|eyJ)[\w.-]{12,}")


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
    """`commit` and `branch` of the Git repository that a folder is in; {} where it is in none, or its files say none.
    """
    for above in [folder, *folder.parents][:_MOST_FOLDERS]:
        if (git := _git_folder(above / ".git")) is not None:
            return _head(git)
    return {}


def _git_folder(path: Path) -> Path | None:
    """The folder with HEAD. In a further working tree or a submodule `.git` is a file that names it."""
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


def masked_command(argv: Sequence[str]) -> str:
    """A command line in the form that a shell accepts, with `***` for what looks like a secret: values of options and
    settings called token, password, API key and the like, passwords in URLs, and keys of well-known services."""
    shown: list[str] = []
    is_secret = False  # the value of the option before
    for word in argv:
        if is_secret and not word.startswith("-"):
            shown.append(MASK)
            is_secret = False
            continue
        name, sign, value = word.partition("=")
        is_secret = not sign and word.startswith("-") and _names_a_secret(name)
        if sign and value and _names_a_secret(name):
            word = f"{name}={MASK}"
        shown.append(_without_tokens(word))
    text = " ".join(MASK if word == MASK else word if re.fullmatch(r"[^\s'\"=]+=\*\*\*", word) else shlex.quote(word)
                    for word in shown)
    return text if len(text) <= _LONGEST_COMMAND else text[: _LONGEST_COMMAND - 1] + "…"


def masked_setting(name: str, value: str) -> str:
    """A setting's value as a text, `***` where its name or itself looks like a secret."""
    return MASK if _names_a_secret(name) else _without_tokens(value)


def without_secret(name: str, value: Any) -> Any:
    """A setting's value as it is, or the text that `masked_setting` makes of one that looks like a secret."""
    if value is None or isinstance(value, bool):
        return value
    if _names_a_secret(name):
        return MASK
    if isinstance(value, str):
        return _without_tokens(value)
    if isinstance(value, list | tuple) and (text := str(value)) != (masked := _without_tokens(text)):
        return masked
    return value


@functools.lru_cache(4096)  # of many runs the same settings are asked for
def _names_a_secret(name: str) -> bool:
    words = [word.lower() for word in _PART.findall(name)]
    if not words:
        return False
    return words[-1] in _SECRET_WORDS or (words[-1] == "key" and len(words) > 1 and words[-2] in _KEY_OF)


@functools.lru_cache(4096)
def _without_tokens(word: str) -> str:
    word = _IN_URL.sub(MASK, word)
    word = _AFTER_SCHEME.sub(rf"\1 {MASK}", word)
    return _TOKENS.sub(MASK, word)
