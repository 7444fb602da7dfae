"""Whether the names of two folders let one be a later attempt of the other: a later time stamp, the next number, or
something appended."""

from __future__ import annotations

import re
from collections.abc import Collection

__all__ = ["adds_a_setting", "names_before", "names_go_on", "says_more_than_resumed", "without_time_stamps"]

_VERSION = re.compile(r"(.*[_-]?(?:version|v|run|attempt|try|part|restart|resume|resumed)[_-]?)(\d+)", re.IGNORECASE)
_STAMP = re.compile(r"(.+)[_\-. ](\d{8}[_\-T]?\d{4}(?:\d{2})?|\d{4}-\d\d-\d\d[_\-T ]\d\d[-:]\d\d(?:[-:]\d\d)?|\d{10})")
_TIME_STAMP = re.compile(r"(?:^|[_\-.])(?:19|20)\d{2}-?[01]\d-?[0-3]\d"
                         r"(?:[_\-T.]?[0-2]\d[\-:.]?[0-5]\d(?:[\-:.]?[0-5]\d)?)?(?=$|[_\-.])")
_SEPARATORS = "_-. "
_MOST_STAMPS = 20  # earlier runs that a run may continue, among those that differ in their time stamps
_SPLIT = re.compile(r"[_\-. ]+")
_SETTING = re.compile(r"([A-Za-z]+)=?\d+(?:e-?\d+)?")
_RESUME_WORDS = frozenset(("v", "version", "run", "attempt", "try", "retry", "part", "restart", "restarted", "resume",
                           "resumed", "cont", "continue", "continued", "requeue", "requeued", "r", "job", "slurm"))


def names_before(names_there: Collection[str]) -> dict[str, list[str]]:
    """For each name the names that it may continue, the closest first: an earlier time stamp, the previous number, the
    longest name to which it appends something. Names that continue no other are left out."""
    stamped: dict[str, list[str]] = {}
    numbered: dict[tuple[str, int], list[str]] = {}
    for name in sorted(names_there):
        if (match := _STAMP.fullmatch(name)) is not None:
            stamped.setdefault(match[1], []).append(name)
        if (match := _VERSION.fullmatch(name)) is not None:
            numbered.setdefault((match[1], int(match[2])), []).append(name)
    names: dict[str, list[str]] = {}
    for name in names_there:
        stamp, version = _STAMP.fullmatch(name), _VERSION.fullmatch(name)
        earlier = [other for other in stamped[stamp[1]] if other < name][-_MOST_STAMPS:][::-1] if stamp else []
        before = numbered.get((version[1], int(version[2]) - 1), []) if version else []
        shorter = [name[:end] for end in range(len(name) - 1, 0, -1) if name[end] in _SEPARATORS]
        every = [*earlier, *before, *(other for other in shorter if other in names_there)]
        if kept := [other for other in dict.fromkeys(every) if names_go_on(other, name)]:
            names[name] = kept
    return names


def names_go_on(name: str, other: str) -> bool:
    """Whether the other name is this one with something appended, with a later time stamp, or with the next number."""
    if other.startswith(name):
        return other[len(name) : len(name) + 1] in tuple(_SEPARATORS)
    this, following = _STAMP.fullmatch(name), _STAMP.fullmatch(other)
    if this and following and this[1] == following[1] and len(this[2]) == len(following[2]):
        return following[2] > this[2]
    this = _VERSION.fullmatch(name)
    following = _VERSION.fullmatch(other) if this and other.startswith(this[1]) else None
    return bool(this and following and this[1] == following[1] and int(following[2]) == int(this[2]) + 1)


def without_time_stamps(name: str) -> str:
    """The name without dates and times: `exp` for `exp_20251223_165824`. A name that is nothing else stays."""
    bare = _TIME_STAMP.sub("", name)
    return name if bare == name else bare.strip("_-. ") or name


def says_more_than_resumed(name: str, other: str) -> bool:
    """Whether the other name appends more than numbers, time stamps and words for a later attempt: `exp_large`."""
    if not other.startswith(name):
        return False
    words = _SPLIT.split(_TIME_STAMP.sub("", other[len(name) :]).lower())
    return any(word and word.rstrip("0123456789") not in _RESUME_WORDS | {""} for word in words)


def adds_a_setting(name: str, other: str) -> bool:
    """Whether the other name appends a setting, as in `exp_lr3` after `exp`: it is another experiment."""
    matches = map(_SETTING.fullmatch, _SPLIT.split(other[len(name) :])) if other.startswith(name) else ()
    return any(match is not None and match[1].lower() not in _RESUME_WORDS for match in matches)
