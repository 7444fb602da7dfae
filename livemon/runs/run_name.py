"""The names of a run: its short name, which is its folder's, and its long name, which distinguishes it from others.

The long name is the same in every header, table, picture and line of JSON, and in the names of files beside those of
other runs. The short name is for files in the run itself, and is the key of a run in Python.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from livemon.system.listing import real_path

__all__ = ["OWNER", "as_file_name", "is_an_id", "key_of_run", "long_name", "long_names", "longer_names", "unique"]

OWNER = "livemon run"  # the keyword in a picture for the key of its run

# Folders in which a run keeps its metrics; their names say nothing about the run if there is a folder above them.
_SAYS_NOTHING = frozenset(("livemon", "logs", "tensorboard"))
_WORDS = "version|ver|v|run|trial|try|attempt|part|restart|fold|split|seed|s|job|task|exp|experiment|log|logs"
_SAYS_LITTLE = re.compile(rf"(?:{_WORDS})?[-_]?\d{{1,7}}|\d\d[-.:_]\d\d[-.:_]\d\d", re.IGNORECASE)
_STANDS_ALONE = re.compile(r"(?:exp|experiment|run|job|s|v)[-_]?\d+", re.IGNORECASE)  # people name their runs like this
_IS_AN_ID = re.compile(r"[0-9a-f]{32}|(offline-)?run-\d{8}_\d{6}-\w+|\d+")


def is_an_id(name: str) -> bool:
    """Whether a folder's name is a number or an id: its framework may have a better name for the run."""
    return _IS_AN_ID.fullmatch(name) is not None


def long_name(folder: str | os.PathLike[str], framework_name: str = "", *, is_real: bool = False) -> str:
    """The long name of the run in a folder: the folder's name, after those of folders above it if it says little by
    itself: `lightning_logs/version_0`. A run in `version_3/livemon` is `version_3`.

    Args:
        folder: The run's folder, or `database/run`.
        framework_name: The framework's name for the run; it is used if the folder's name is an id.
        is_real: Whether `folder` is known to have no link in it.
    """
    parts = _telling_parts(os.fspath(folder)) if is_real else _parts_of(folder)
    if framework_name and parts and is_an_id(parts[-1]):
        return framework_name
    return _joined(parts[-_length(parts) :])


def longer_names(folder: str | os.PathLike[str]) -> Iterator[str]:
    """Names for a run whose long name also belongs to another run: with more and more of the folders above it."""
    parts = _parts_of(folder)
    for length in range(_length(parts) + 1, len(parts) + 1):
        yield _joined(parts[-length:])


def long_names(folders: Sequence[str | os.PathLike[str]]) -> list[str]:
    """The long names of several runs, made longer if they would be the same. The names of a folder that is given
    several times end with " (2)", " (3)"."""
    parents: dict[str, str] = {}
    parts = [_parts_of(folder, parents) for folder in folders]
    return unique([_length(part) for part in parts], parts)


def unique(lengths: Sequence[int], parts: Sequence[Sequence[str]]) -> list[str]:
    """A name for each path: its last `lengths` parts, with as many more before them as it takes to make it unique."""
    lengths = list(lengths)
    while True:
        names = [_joined(part[-length:]) for part, length in zip(parts, lengths, strict=True)]
        places: dict[str, list[int]] = {}
        for index, name in enumerate(names):
            places.setdefault(name, []).append(index)
        longer = [index for same in places.values() if len({tuple(parts[i]) for i in same}) > 1 for index in same]
        longer = [index for index in longer if lengths[index] < len(parts[index])]
        if not longer:
            break
        for index in longer:
            lengths[index] += 1
    for name, same in places.items():
        number = 2
        for index in same[1:]:
            while f"{name} ({number})" in places:
                number += 1
            names[index] = f"{name} ({number})"
            number += 1
    return names


def key_of_run(run: str | os.PathLike[str]) -> str:
    """A key for a run that reveals no path, and is the same for every path to the run. Pictures contain it under the
    keyword OWNER."""
    return hashlib.sha256(os.fsencode(os.path.realpath(run))).hexdigest()[:32]


def as_file_name(name: str) -> str:
    """A run's name as a part of a file name: `lightning_logs-version_0`."""
    return name.replace("/", "-").replace(os.sep, "-").strip("-") or "run"


def _parts_of(folder: str | os.PathLike[str], parents: dict[str, str] | None = None) -> list[str]:
    """The parts of a run's real path, without parts at its end that say nothing. `parents`: see `real_path`."""
    path = os.fspath(folder)
    return _telling_parts(os.path.realpath(path) if parents is None else real_path(path, parents))


def _telling_parts(real: str) -> list[str]:
    is_plain = os.sep == "/" and real.startswith("/") and not real.startswith("//")  # Path takes far longer
    parts = ["/", *filter(None, real.split("/"))] if is_plain else list(PurePath(real).parts)
    while len(parts) > 2 and parts[-1] in _SAYS_NOTHING:
        parts.pop()
    return parts


def _length(parts: Sequence[str]) -> int:
    """The number of parts in a long name, counted from the last."""
    if not parts or _STANDS_ALONE.fullmatch(parts[-1]):
        return 1
    length = 1
    while length < len(parts) - 1 and _SAYS_LITTLE.fullmatch(parts[-length]):
        length += 1
    return length


def _joined(parts: Sequence[str]) -> str:
    return "/".join(parts).replace("//", "/")
