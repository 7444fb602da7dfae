"""Names that must fit a width and still read differently. Pure functions."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Sequence

from livemon.boards.model import Line
from livemon.views.mpl.text import ELLIPSIS, shorten, text_width

__all__ = ["fit_names", "name_and_value", "run_name", "without_common_words"]

_BRACKETS = re.compile(r" \([^()]*\)$")
_WORDS, _PARTS = re.compile(r"[^ ]+ *"), re.compile(r"[^ _/]+[ _/]*")  # a word with what stands behind it


def name_and_value(line: Line) -> tuple[str, str]:
    """What stands at a curve's end, "train step 0.31", as its name and its value; of a line without a name it is the
    name."""
    return line.name or line.label, line.label.removeprefix(line.name).strip() if line.name else ""


def run_name(line: Line) -> str:
    """A curve's name without how many runs a group has, which may differ from panel to panel."""
    return name_and_value(line)[0].split(" (n = ")[0]


@functools.lru_cache(maxsize=512)
def fit_names(names: tuple[str, ...], width: float, size: float, bold: bool = False) -> tuple[str, ...]:
    """The names, none wider than `width` (points, at a font size in points).

    Where one is too wide, what is in brackets at their ends goes first, then the keys of settings that are words
    ("method=" of "method=ours"), then words that all have in common; what is still too wide is cut in its middle. Names
    that differ read differently afterwards: those that would not are cut to where they differ, and counted at the
    worst.
    """
    if all(text_width(name, size, bold=bold) <= width for name in names):
        return names
    bare = tuple(_BRACKETS.sub("", name) or name for name in names)
    if bare != names and len(set(bare)) == len(set(names)):
        return fit_names(bare, width, size, bold)
    less = _without_keys(list(names))
    if any(text_width(name, size, bold=bold) > width for name in less):
        less = without_common_words(less)
    texts = [shorten(name, width, size, bold=bold, middle=True) for name in less]
    for twins in _twins(names, texts):
        for index, text in zip(twins, _apart([names[at] for at in twins], width, size, bold), strict=True):
            texts[index] = text
    counted = itertools.count(1)
    for twins in _twins(names, texts):
        for index in twins:
            ending = f" ({next(counted)})"
            texts[index] = shorten(names[index], width - text_width(ending, size, bold=bold), size, bold=bold) + ending
    return tuple(texts)


def without_common_words(names: Sequence[str]) -> list[str]:
    """The names without the words that all of them have: at the same place where they are equally long, else at the
    beginning and the end. Names that would have no word left stay whole."""
    if len(set(names)) < 2:
        return list(names)
    words = _words(names)
    bare = [[word.rstrip(" _/") for word in parts] for parts in words]
    if len({len(parts) for parts in words}) == 1:
        kept = [column for column, column_words in enumerate(zip(*bare, strict=True)) if len(set(column_words)) > 1]
        left = [[parts[column] for column in kept] for parts in words]
    else:
        start, end = _shared(bare), _shared([parts[::-1] for parts in bare])
        left = [parts[start : max(len(parts) - end, start)] for parts in words]
    if not all(left):
        return list(names)
    return ["".join(parts).rstrip(" _/") for parts in left]


def _without_keys(names: list[str]) -> list[str]:
    """The names without the keys that all of them have at one place, where the values are words and speak for
    themselves."""
    words = [name.split(" ") for name in names]
    if len({len(parts) for parts in words}) != 1 or len(names) < 2:
        return names
    for index, column in enumerate(zip(*words, strict=True)):
        pairs = [word.partition("=") for word in column]
        if len({key for key, _, _ in pairs}) == 1 and all(value[:1].isalpha() for _, _, value in pairs):
            for parts, (_, _, value) in zip(words, pairs, strict=True):
                parts[index] = value
    return [" ".join(parts) for parts in words]


def _words(names: Sequence[str]) -> list[list[str]]:
    """Between spaces; between _ and / where no name has one."""
    pattern = _WORDS if any(" " in name for name in names) else _PARTS
    return [pattern.findall(name) for name in names]


def _shared(parts: Sequence[Sequence[str]]) -> int:
    """How many words, or letters, all begin with."""
    return next((index for index, column in enumerate(zip(*parts, strict=False)) if len(set(column)) > 1),
                min(map(len, parts)))


def _twins(names: Sequence[str], texts: Sequence[str]) -> list[list[int]]:
    """The places of names that differ, but whose texts read the same."""
    by_name: dict[str, list[int]] = {}
    for index, text in enumerate(texts):
        by_name.setdefault(text, []).append(index)
    return [places for places in by_name.values() if len({names[index] for index in places}) > 1]


def _apart(names: Sequence[str], width: float, size: float, bold: bool) -> list[str]:
    """Names cut to where they differ: to the words that not all have, and if that is no help to the letters."""
    for cores in (*_words_apart(names), _letters(names)):
        if all(text_width(core, size, bold=bold) <= width for core in cores) and len(set(cores)) == len(set(names)):
            return cores
    for cores in (_words_apart(names)[-1], _letters(names)):
        texts = [shorten(core, width, size, bold=bold, middle=True) for core in cores]
        if len(set(texts)) == len(set(names)):
            return texts
    return texts


def _words_apart(names: Sequence[str]) -> list[list[str]]:
    """The names without the words that all end with, begin with, or both: those that tell most first."""
    words = _words(names)
    start = _shared(words)
    end = min(_shared([parts[start:][::-1] for parts in words]), min(map(len, words)) - start)

    def kept(low: int, high: int) -> list[str]:
        cores = ["".join(parts[low : len(parts) - high]).rstrip(" _/") for parts in words]
        return [(ELLIPSIS if low else "") + core + (ELLIPSIS if high else "") for core in cores]

    return [kept(0, end), kept(start, 0), kept(start, end)]


def _letters(names: Sequence[str]) -> list[str]:
    start = _shared(names)
    end = _shared([name[start:][::-1] for name in names])
    return [ELLIPSIS + name[start : len(name) - end] + (ELLIPSIS if end else "") for name in names]
