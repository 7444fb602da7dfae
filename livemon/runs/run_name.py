"""What a run is called: its short name, which is its folder's, and its long name, which tells it apart.

The long name is the same in every header, table, picture and line of JSON, and in the names of files that lie beside
those of other runs. The short one names what is in the run itself, and is the key of a run in Python.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from livemon.system.listing import real_path

__all__ = ["OWNER", "as_file_name", "is_an_id", "key_of_run", "long_name", "long_names", "longer_names", "unique"]

OWNER = "livemon run"  # what a picture says under this keyword is the key of its run

# Folders in which a run keeps its metrics; they say nothing of it where another folder is above them.
_SAYS_NOTHING = frozenset(("livemon", "logs", "tensorboard"))
_WORDS = "version|ver|v|run|trial|try|attempt|part|restart|fold|split|seed|s|job|task|exp|experiment|log|logs"
_SAYS_LITTLE = re.compile(rf"(?:{_WORDS})?[-_]?\d{{1,7}}|\d\d[-.:_]\d\d[-.:_]\d\d", re.IGNORECASE)
_STANDS_ALONE = re.compile(r"(?:exp|experiment|run|job|s|v)[-_]?\d+", re.IGNORECASE)  # people call their runs so
_IS_AN_ID = re.compile(r"[0-9a-f]{32}|(offline-)?run-\d{8}_\d{6}-\w+|\d+")


def is_an_id(name: str) -> bool:
    """Whether a folder's name is a number or an id, for which its framework may have a name."""
    return _IS_AN_ID.fullmatch(name) is not None


def long_name(folder: str | os.PathLike[str], framework_name: str = "", *, is_real: bool = False) -> str:
    """The long name of the run in a folder: the folder's, behind those above it as far as it says little by itself:
    `lightning_logs/version_0`. A run in `version_3/livemon` is `version_3`.

    Args:
        folder: The run's folder, or `database/run`.
        framework_name: What the framework calls the run; it counts where the folder's name is an id.
        is_real: Whether `folder` is known to have no link in it.
    """
    parts = _telling_parts(os.fspath(folder)) if is_real else _parts_of(folder)
    if framework_name and parts and is_an_id(parts[-1]):
        return framework_name
    return _joined(parts[-_length(parts) :])


def longer_names(folder: str | os.PathLike[str]) -> Iterator[str]:
    """Names for a run whose long name is another run's, too: with ever more of the folders above it."""
    parts = _parts_of(folder)
    for length in range(_length(parts) + 1, len(parts) + 1):
        yield _joined(parts[-length:])


def long_names(folders: Sequence[str | os.PathLike[str]]) -> list[str]:
    """The long names of several runs, longer only where they would be the same. A folder that is given twice gets
    " (2)", " (3)" behind its name."""
    parents: dict[str, str] = {}
    parts = [_parts_of(folder, parents) for folder in folders]
    return unique([_length(part) for part in parts], parts)


def unique(lengths: Sequence[int], parts: Sequence[Sequence[str]]) -> list[str]:
    """A name for each path: its last `lengths` parts, with as many before them as make it differ from all others."""
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
    """A key that is the same for a run, whichever path it was given by, and reveals no path. Pictures name their run by
    it, under the keyword OWNER."""
    return hashlib.sha256(os.fsencode(os.path.realpath(run))).hexdigest()[:32]


def as_file_name(name: str) -> str:
    """A run's name as a part of a file's name: `lightning_logs-version_0`."""
    return name.replace("/", "-").replace(os.sep, "-").strip("-") or "run"


def _parts_of(folder: str | os.PathLike[str], parents: dict[str, str] | None = None) -> list[str]:
    """The parts of a run's real path, without those at its end that say nothing. `parents`: see `real_path`."""
    path = os.fspath(folder)
    return _telling_parts(os.path.realpath(path) if parents is None else real_path(path, parents))


def _telling_parts(real: str) -> list[str]:
    is_plain = os.sep == "/" and real.startswith("/") and not real.startswith("//")  # Path takes far longer
    parts = ["/", *filter(None, real.split("/"))] if is_plain else list(PurePath(real).parts)
    while len(parts) > 2 and parts[-1] in _SAYS_NOTHING:
        parts.pop()
    return parts


def _length(parts: Sequence[str]) -> int:
    """How many parts, from the last one, a long name has."""
    if not parts or _STANDS_ALONE.fullmatch(parts[-1]):
        return 1
    length = 1
    while length < len(parts) - 1 and _SAYS_LITTLE.fullmatch(parts[-length]):
        length += 1
    return length


def _joined(parts: Sequence[str]) -> str:
    return "/".join(parts).replace("//", "/")
