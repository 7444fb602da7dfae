"""The names of runs: folder names, longer only if they collide, and short labels made of the differences."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from livemon import wording
from livemon.runs.attempt_names import without_time_stamps
from livemon.runs.run_name import unique

__all__ = ["differing_parts", "kept_labels", "setting_label", "short_labels", "unique_names"]

_MOST_KEYS = 4  # in a label
_LONGEST = 40  # characters of a label: if it is longer, names are used instead
_SEPARATORS = re.compile(r"[_/ ]+")
_NUMBERS = re.compile(r"\d{1,7}")
_WORD_AND_NUMBER = re.compile(r"([^\W\d_]+[_\-. ]?)(\d+)")


def unique_names(paths: Sequence[PurePath]) -> list[str]:
    """A name for each path: its last part, with as many parts before it as needed to make it unique.

    A path that is given twice gets " (2)", " (3)" after its name.
    """
    return unique([1] * len(paths), [path.parts for path in paths])


def short_labels(names: Sequence[str], settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """A short label for each run: the settings in which the runs differ, else the differing parts of the names.

    Args:
        names: Unique.
        settings: The flat settings of each run, without meaningless keys (see `settings.distinguishing_settings`);
            empty for a run without settings.
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


def kept_labels(before: Mapping[str, str], now: Mapping[str, str], new_settings: Collection[str]) -> dict[str, str]:
    """The labels of runs after others have joined: those under which runs were shown before stay, as long as they are
    unique. Folder names give way to settings, which some frameworks write only after the first row.

    Args:
        before, now: run -> label; each unique.
        new_settings: The runs of before whose settings are others now.
    """
    stay = {run: label for run, label in before.items()
            if run in now and run not in new_settings and ("=" in label or not new_settings)}
    labels = {run: stay.get(run, label) for run, label in now.items()}
    return labels if len(set(labels.values())) == len(labels) else dict(now)


def setting_label(settings: Mapping[str, Any], keys: Sequence[str]) -> str:
    """ "lr=0.1 seed=3": these settings of a run, by the last part of their keys; missing ones are left out."""
    return " ".join(f"{key.rsplit('.', 1)[-1]}={wording.setting(settings[key], 24)}" for key in keys if key in settings)


def differing_parts(names: Sequence[str]) -> list[str]:
    """The names without the parts that all of them share; unchanged if too little would remain.

    Parts are separated by "_" or "/". If names include folders, shared folders are left out, and differing names are
    not split: `a/version_0`. Time stamps are left out if the names differ without them. A number keeps the word before
    it, because alone it says nothing.
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
    """For names with folders: the parts before and after the folders that all share."""
    split = [name.split("/") for name in names]
    first = _count_shared(split)
    last = _count_shared([parts[first:][::-1] for parts in split])
    labels = ["/".join(parts[first : len(parts) - last]) for parts in split]
    if not all(labels) or len(set(labels)) < len(names):
        return list(names)
    return differing_parts(labels) if not any("/" in label for label in labels) else labels


def _count_shared(split: Sequence[Sequence[str]]) -> int:
    """The number of leading parts that all share; each keeps at least one."""
    shared = 0
    while all(len(parts) > shared + 1 for parts in split) and len({parts[shared] for parts in split}) == 1:
        shared += 1
    return shared


def _with_word_before(label: str, name: str) -> str:
    """A label that is only a number, with the word before it in the name: `version_0`."""
    if not _NUMBERS.fullmatch(label):
        return label
    word = next((match[1] for match in _WORD_AND_NUMBER.finditer(name) if match[2] == label), "")
    return f"{word}{label}"


def _parts(name: str) -> list[str]:
    """The parts of a name; separators at its ends belong to the first and the last part: `_x_` is a name."""
    core = name.strip("_/ ")
    if not core:
        return [name]
    before, behind = name[: name.index(core)], name[name.index(core) + len(core) :]
    parts = _SEPARATORS.split(core)
    parts[0] = before + parts[0]
    parts[-1] += behind
    return parts
