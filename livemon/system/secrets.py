"""Commands and settings with `***` for everything that looks like a secret."""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Sequence
from typing import Any

__all__ = ["MASK", "masked_command", "masked_setting"]

MASK = "***"
_LONGEST_COMMAND = 2_000  # characters
_SECRET_WORDS = frozenset(("token", "secret", "secrets", "password", "passwd", "passphrase", "pwd", "credential",
                           "credentials", "apikey", "auth", "authorization", "bearer"))  # fmt: skip
_KEY_OF = frozenset(("api", "access", "secret", "private", "auth", "account", "encryption", "ssh", "wandb", "openai",
                     "hf", "hub", "comet", "neptune"))  # fmt: skip
_OF_A_TEXT = frozenset(("bos", "eos", "pad", "unk", "mask", "cls", "sep", "special", "begin", "end", "start", "stop",
                        "image", "video", "audio", "prefix", "suffix", "middle", "class", "per"))  # no secret
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_IN_URL = re.compile(r"(?<=://)[^/@\s]*:[^/@\s]*(?=@)")
_AFTER_SCHEME = re.compile(r"(?i)\b(bearer|basic)\s+\S+")
_TOKENS = re.compile(r"\b(?:hf_|sk-|gh[pousr]_|github_pat_|glpat-|xox[abprs]-|AKIA|eyJ)[\w.-]{12,}")


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


def masked_setting(name: str, value: Any) -> Any:
    """A setting's value, or `***` if its name says that it is a secret; parts of a text that look like secrets are
    masked. A number of tokens is not a secret."""
    if isinstance(value, str):
        return MASK if value and _names_a_secret(name) else _without_tokens(value)
    if isinstance(value, list | tuple):
        return tuple(masked_setting(name, part) for part in value)
    if value is None or isinstance(value, bool | float) or not _names_a_secret(name):
        return value
    return value if isinstance(value, int) and _counts_tokens(name) else MASK


@functools.lru_cache(maxsize=4096)
def _names_a_secret(name: str) -> bool:
    words = _words(name)
    if not words:
        return False
    if words[-1] == "token" and len(words) > 1 and words[-2] in _OF_A_TEXT:
        return False
    return words[-1] in _SECRET_WORDS or (words[-1] == "key" and len(words) > 1 and words[-2] in _KEY_OF)


def _counts_tokens(name: str) -> bool:
    words = _words(name)
    return words[-1] == "token" and (len(words) == 1 or words[-2] not in _KEY_OF)


def _words(name: str) -> list[str]:
    return [word.lower() for word in _PART.findall(name)]


@functools.lru_cache(maxsize=4096)  # many runs have the same settings
def _without_tokens(word: str) -> str:
    word = _IN_URL.sub(MASK, word)
    word = _AFTER_SCHEME.sub(rf"\1 {MASK}", word)
    return _TOKENS.sub(MASK, word)
