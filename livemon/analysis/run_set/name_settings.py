"""Hyper-parameters from folder names, for runs that store them nowhere else: by a pattern, or by a guess."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from livemon.runs.attempt_names import without_time_stamps

__all__ = ["VARIANT", "guess_settings", "pattern_settings"]

_FIELD = re.compile(r"\{([A-Za-z_]\w*)\}")
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_KEY_VALUE = re.compile(rf"([A-Za-z]+)=?({_NUMBER}(?:-{_NUMBER})*)")
_VALUE_KEY = re.compile(rf"({_NUMBER})([A-Za-z]+)")
_ASSIGNED = re.compile(r"([A-Za-z][\w.]*)=(.+)")
_ALL_NUMBER = re.compile(_NUMBER)
_SAME_AS = {"s": "seed", "sd": "seed", "rs": "seed"}
VARIANT = "variant"
# The word before a number in a name.
_MODELS = re.compile(r"[a-z]*(?:gpt|llama|resnet|vgg|qwen|phi|yolo|mnist|cifar)|[tv]", re.IGNORECASE)


def pattern_settings(names: Sequence[str], pattern: str) -> list[dict[str, Any]]:
    """The settings that a pattern extracts from each name; {} for a name that does not match.

    Args:
        names: Names of folders. Time stamps at their end need not be in the pattern.
        pattern: Such as `{cond}_{block}_seed{seed}_{method}`: each field takes as little as possible, the last one
            everything that remains. Numbers become int or float.

    Raises:
        ValueError: The pattern has no field, or the same field twice.
    """
    fields = _FIELD.findall(pattern)
    if not fields or len(set(fields)) < len(fields):
        raise ValueError(f"the name pattern {pattern!r} must have fields such as {{seed}}, each once")
    pieces = _FIELD.split(pattern)
    expression = re.compile("".join(
        f"(?P<{piece}>.+?)" if index % 2 else re.escape(piece) for index, piece in enumerate(pieces)))
    settings = []
    for name in names:
        match = expression.fullmatch(without_time_stamps(name)) or expression.fullmatch(name)
        settings.append({key: _value(text) for key, text in match.groupdict().items()} if match else {})
    return settings


def guess_settings(names: Sequence[str]) -> list[dict[str, Any]]:
    """The settings that the names of runs seem to contain.

    `lr0.1`, `lr=0.1`, `lr_0.1`, `3block` and `cond60-80` are a key and its value (`s42` is the seed); if one name has
    `3block`, `max_block` in another is the same key. Time stamps are ignored. Remaining parts that differ between names
    are the setting `variant`.
    """
    split = [_tokens(without_time_stamps(name)) for name in names]
    counted = {key for tokens in split for key, value in map(_reversed, tokens) if value is not None}
    guesses, rests = [], []
    for tokens in split:
        settings, rest = _read(tokens, counted)
        guesses.append(settings)
        rests.append(rest)
    shared = set.intersection(*map(set, rests)) if len(rests) > 1 else set()
    for settings, rest in zip(guesses, rests, strict=True):
        if own := [word for word in rest if word not in shared]:
            settings[VARIANT] = "_".join(own)
    return guesses


def _tokens(name: str) -> list[str]:
    """The parts between "_", "/", spaces, and "-" if it is neither a minus sign nor a range."""
    return [token for token in re.split(r"[_/ ,]+|(?<=[A-Za-z])-(?=[A-Za-z])|(?<=\d)-(?=[A-Za-z])", name) if token]


def _reversed(token: str) -> tuple[str, str | None]:
    """ "3block" as ("block", "3"); the value is None for other tokens."""
    match = _VALUE_KEY.fullmatch(token)
    return (match[2], match[1]) if match and len(match[2]) > 1 else (token, None)


def _read(tokens: Sequence[str], counted: set[str]) -> tuple[dict[str, Any], list[str]]:
    settings: dict[str, Any] = {}
    rest: list[str] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        following = tokens[index + 1] if index + 1 < len(tokens) else ""
        key, value = _reversed(token)
        taken = 1
        if assigned := _ASSIGNED.fullmatch(token):
            key, value = assigned[1], assigned[2]
        elif (match := _KEY_VALUE.fullmatch(token)) and not _MODELS.fullmatch(match[1]):
            key, value = match[1], match[2]
        elif value is None and token.isalpha() and following in counted:
            key, value, taken = following, token, 2
        elif value is None and token.isalpha() and _ALL_NUMBER.fullmatch(following):
            key, value, taken = token, following, 2
        if value is None:
            rest.append(token)
        else:
            settings.setdefault(_SAME_AS.get(key, key), _value(value))
        index += taken
    return settings, rest


def _value(text: str) -> Any:
    """As int or float, if it is a number."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text

