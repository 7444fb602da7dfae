"""What runs are called: folder names, longer only where they collide, and short labels by what differs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from livemon import wording
from livemon.runs.continuation import without_time_stamps
from livemon.runs.run_name import unique

__all__ = ["differing_parts", "setting_label", "short_labels", "unique_names"]

_MOST_KEYS = 4  # in a label
_LONGEST = 40  # characters of a label, before the names are looked at instead
_SEPARATORS = re.compile(r"[_/ ]+")
_NUMBERS = re.compile(r"\d{1,7}")
_WORD_AND_NUMBER = re.compile(r"([^\W\d_]+[_\-. ]?)(\d+)")


def unique_names(paths: Sequence[PurePath]) -> list[str]:
    """A name for each path: its last part, with as many parts before it as make it differ from all others.

    A path that is given twice gets " (2)", " (3)" behind its name.
    """
    return unique([1] * len(paths), [path.parts for path in paths])


def short_labels(names: Sequence[str], settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """A short label for each run: the settings in which they differ, else the parts of the names that do.

    Args:
        names: Unique.
        settings: Of each run, flat, without keys that say nothing (see `settings.told_apart_by`); empty where a run has
            none.
    """
    if len(names) == 1:
        return list(names)
    keys = list(dict.fromkeys(key for of_run in settings for key in of_run))
    differing = [key for key in keys if len({repr(of_run.get(key)) for of_run in settings}) > 1]
    if all(settings) and 0 < len(differing) <= _MOST_KEYS:
        labels = [setting_label(of_run, differing) for of_run in settings]
        if len(set(labels)) == len(labels) and max(map(len, labels)) <= _LONGEST:
            return labels
    return differing_parts(names)


def setting_label(settings: Mapping[str, Any], keys: Sequence[str]) -> str:
    """ "lr=0.1 seed=3": these settings of a run, by the last part of their keys; one that it lacks is left out."""
    return " ".join(f"{key.rsplit('.', 1)[-1]}={wording.setting(settings[key], 24)}" for key in keys if key in settings)


def differing_parts(names: Sequence[str]) -> list[str]:
    """The names without the parts that all of them share; as they are where that would leave too little.

    Parts are what stands between "_" or "/". Of a name with folders above it, those that all share are left out, and
    what differs is not taken apart: `a/version_0`. Time stamps are left out where the names differ without them. A
    number by itself says nothing: it keeps the words before it.
    """
    if any("/" in name for name in names):
        return _differing_folders(names)
    dateless = [without_time_stamps(name) for name in names]
    split = [_parts(name) for name in (dateless if len(set(dateless)) == len(names) else names)]
    shared = set.intersection(*map(set, split)) if split else set()
    labels = [" ".join(part for part in parts if part not in shared) for parts in split]
    labels = [_with_word_before(label, name) for label, name in zip(labels, names, strict=True)]
    if len(set(labels)) < len(names):
        return list(names)
    return [label or name for label, name in zip(labels, names, strict=True)]


def _differing_folders(names: Sequence[str]) -> list[str]:
    """Of names with folders above them, what stands before and behind the folders that all share."""
    split = [name.split("/") for name in names]
    first = _count_shared(split)
    last = _count_shared([parts[first:][::-1] for parts in split])
    labels = ["/".join(parts[first : len(parts) - last]) for parts in split]
    if not all(labels) or len(set(labels)) < len(names):
        return list(names)
    return differing_parts(labels) if not any("/" in label for label in labels) else labels


def _count_shared(split: Sequence[Sequence[str]]) -> int:
    """How many parts at their beginning all have; each keeps one at least."""
    shared = 0
    while all(len(parts) > shared + 1 for parts in split) and len({parts[shared] for parts in split}) == 1:
        shared += 1
    return shared


def _with_word_before(label: str, name: str) -> str:
    """A label that is but a number, with the word before it in the name: `version_0`."""
    if not _NUMBERS.fullmatch(label):
        return label
    word = next((match[1] for match in _WORD_AND_NUMBER.finditer(name) if match[2] == label), "")
    return f"{word}{label}"


def _parts(name: str) -> list[str]:
    """The parts of a name; what stands at its ends belongs to the first and the last one: `_x_` is a name."""
    core = name.strip("_/ ")
    if not core:
        return [name]
    before, behind = name[: name.index(core)], name[name.index(core) + len(core) :]
    parts = _SEPARATORS.split(core)
    parts[0] = before + parts[0]
    parts[-1] += behind
    return parts
