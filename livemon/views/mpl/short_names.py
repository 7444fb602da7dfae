"""Names fitted to a width that still differ. Pure functions."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Sequence

from livemon.boards.model import Line
from livemon.views.mpl.text import ELLIPSIS, shorten, text_width

__all__ = ["fit_names", "name_and_value", "run_name", "without_common_words"]

_BRACKETS = re.compile(r" \([^()]*\)$")
_WORDS, _PARTS = re.compile(r"[^ ]+ *"), re.compile(r"[^ _/]+[ _/]*")  # a word with the separators after it


def name_and_value(line: Line) -> tuple[str, str]:
    """The text at a curve's end, "train step 0.31", as name and value; the value of a line without a name is the
    name."""
    return line.name or line.label, line.label.removeprefix(line.name).strip() if line.name else ""


def run_name(line: Line) -> str:
    """A curve's name without the number of runs in a group, which may differ between panels."""
    return name_and_value(line)[0].split(" (n = ")[0]


@functools.lru_cache(maxsize=512)
def fit_names(names: tuple[str, ...], width: float, size: float, bold: bool = False) -> tuple[str, ...]:
    """The names, none wider than `width` (points, at a font size in points).

    If one is too wide, brackets at the ends are dropped first, then the keys of settings with words as values
    ("method=" in "method=ours"), then words that all names share; names that are still too wide are cut in the middle.
    Different names stay different: those that would not are cut to the part where they differ, or else numbered.
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
    """The names without the words that all of them share: at the same position if they have equally many, else at the
    beginning and the end. Names that would have no word left stay complete."""
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
    """The names without the keys that all of them have at one position, if the values are words that speak for
    themselves."""
    words = [name.split(" ") for name in names]
    of_settings = [parts for parts in words if any("=" in word for word in parts)]  # not "median" or a word for all
    if len({len(parts) for parts in of_settings}) != 1 or len(of_settings) < 2:
        return names
    for index, column in enumerate(zip(*of_settings, strict=True)):
        pairs = [word.partition("=") for word in column]
        if len({key for key, _, _ in pairs}) == 1 and all(value[:1].isalpha() for _, _, value in pairs):
            for parts, (_, _, value) in zip(of_settings, pairs, strict=True):
                parts[index] = value
    return [" ".join(parts) for parts in words]


def _words(names: Sequence[str]) -> list[list[str]]:
    """Split at spaces; at _ and / if no name has a space."""
    pattern = _WORDS if any(" " in name for name in names) else _PARTS
    return [pattern.findall(name) for name in names]


def _shared(parts: Sequence[Sequence[str]]) -> int:
    """The number of words, or letters, with which all begin."""
    return next((index for index, column in enumerate(zip(*parts, strict=False)) if len(set(column)) > 1),
                min(map(len, parts)))


def _twins(names: Sequence[str], texts: Sequence[str]) -> list[list[int]]:
    """The indices of names that differ, but are shortened to the same text."""
    by_name: dict[str, list[int]] = {}
    for index, text in enumerate(texts):
        by_name.setdefault(text, []).append(index)
    return [places for places in by_name.values() if len({names[index] for index in places}) > 1]


def _apart(names: Sequence[str], width: float, size: float, bold: bool) -> list[str]:
    """Names cut to the part where they differ: to the words that not all share, or if that does not help, to the
    letters."""
    for cores in (*_words_apart(names), _letters(names)):
        if all(text_width(core, size, bold=bold) <= width for core in cores) and len(set(cores)) == len(set(names)):
            return cores
    for cores in (_words_apart(names)[-1], _letters(names)):
        texts = [shorten(core, width, size, bold=bold, middle=True) for core in cores]
        if len(set(texts)) == len(set(names)):
            return texts
    return texts


def _words_apart(names: Sequence[str]) -> list[list[str]]:
    """The names without the words with which all end or begin, or both, the best choice first."""
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
