"""A lens as command-line options and as Python: the code that draws the same picture again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from livemon.boards.lens.json_form import plain
from livemon.boards.lens.stretch import text_of
from livemon.boards.lens.value import ARGUMENTS, Lens, option_of

__all__ = ["command_of", "difference", "options_of", "python_of"]


def options_of(lens: Lens) -> list[str]:
    """The command-line options of this lens: ["--x", "time", "--zoom", "last:10%"]."""
    words: list[str] = []
    for name, value in plain(lens).items():
        option = option_of(name)
        if isinstance(value, bool):
            words.append(option)
            continue
        if name == "zoom_y":
            values = [f"{panel}={low!r}:{high!r}" for panel, low, high in value]
        else:
            values = value if isinstance(value, list) else [text_of(value) if isinstance(value, float) else str(value)]
        for text in values:
            words += [f"{option}={text}"] if text.startswith("-") else [option, text]
    return words


def difference(before: Lens, after: Lens) -> str:
    """The change between two lenses as an option: "x epoch"; or, if something was only removed, "without log loss"; ""
    if they are the same."""
    was, now = options_of(before), options_of(after)
    new, gone = _pairs_not_in(was, now), _pairs_not_in(now, was)
    return ", ".join(new) if new else f"without {', '.join(gone)}" if gone else ""


def _pairs_not_in(known: Sequence[str], words: Sequence[str]) -> list[str]:
    """The options and their values that are not among the known ones."""
    def parts(of: Sequence[str]) -> list[str]:
        return " ".join(of).removeprefix("--").split(" --") if of else []

    return [part.replace("-", " ", 1) if " " not in part else part for part in parts(words) if part not in parts(known)]


def command_of(lens: Lens, path: str | Sequence[str], output: str, more: Sequence[str] = ()) -> str:
    """The command that draws this picture of one or several runs again."""
    if isinstance(path, str) and not lens.runs:
        return shlex.join(["livemon", "plot", path, "-o", output, *options_of(lens), *more])
    paths = [path] if isinstance(path, str) else list(path)
    return shlex.join(["livemon", "watch", *paths, "--once", "--view", "file", "-o", output, *options_of(lens), *more])


def python_of(lens: Lens, path: str | Sequence[str], output: str, more: Mapping[str, Any] | None = None) -> str:
    """The Python code that draws this picture of a run again."""
    arguments: dict[str, Any] = {"once": True, "view": "file", "output": output, **(more or {})}
    for name, value in plain(lens).items():
        if name == "zoom_y":
            value = {panel: (low, high) for panel, low, high in value}
        arguments[ARGUMENTS.get(name, name)] = value
    words = ", ".join([repr(path if isinstance(path, str) else list(path)),
                       *(f"{name}={value!r}" for name, value in arguments.items())])
    return f"from livemon import watch; watch({words})"
