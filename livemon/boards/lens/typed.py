"""Commands that a user types in a view, such as `x time` or `smooth 0.9`: the names are those of the command line's
options."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from livemon import wording
from livemon.boards.lens.json_form import plain
from livemon.boards.lens.value import Lens, OptionError, as_lens

__all__ = ["Known", "completions", "typed"]

_FIELDS = {"hide": "hidden", "pin": "pinned", "runs": "runs", "hide-run": "hidden_runs"}
_LISTS = ("log", "linear", "hidden", "pinned", "where", "runs", "hidden_runs")
_COUNTED = ("smooth", "mark")
_WORDS = ("x", "metric", "smooth", "log", "linear", "select", "zoom", "zoom-y", "limits", "hide", "pin", "large",
          "attempts", "mark", "where", "group-by")
_OFF = ("off", "none", "-")
_VALUES = {"limits": ("robust", "full"), "attempts": ("all", "latest"), "zoom": ("last:10%", "last:1000"),
           "smooth": ("0", "0.5", "0.9", "0.97")}


@dataclass(frozen=True)
class Known:
    """The names for completions.

    Attributes:
        axes: Of x.
        metrics: Names of metrics.
        panels: Titles of panels.
        settings: Settings of the runs, and columns of their list.
        commands: Words of the view itself, which are not part of the lens.
    """

    axes: Sequence[str] = ()
    metrics: Sequence[str] = ()
    panels: Sequence[str] = ()
    settings: Sequence[str] = ()
    commands: Sequence[str] = ()


def typed(lens: Lens, text: str) -> Lens:
    """Apply a typed command to a lens: `smooth 0.9`, `hide lr grad_norm`, `zoom 1000:2000`; a word without a value
    restores its default.

    Raises:
        OptionError: The text is not valid; the message says what is allowed.
    """
    try:
        word, *values = shlex.split(text)
    except ValueError:
        raise OptionError(f"{text!r}: a quotation mark is missing") from None
    word = word.removeprefix("--")
    if word not in _WORDS:
        raise OptionError(f"{word!r} is not a command; {wording.instead_of(word, _WORDS)}")
    name = _FIELDS.get(word, word.replace("-", "_"))
    if not values or values[0] in _OFF:
        default: dict[str, Any] = {name: getattr(Lens(), name)}
        return replace(lens, **default)
    value: Any = values if name in (*_LISTS, "zoom_y") else " ".join(values)
    if name in _COUNTED:
        try:
            value = float(value.replace(",", ""))
        except ValueError:
            raise OptionError(f"{word}: {value!r} is not a number") from None
    if name in _LISTS and name != "where":
        value = [*getattr(lens, name), *value]
    if name == "x" and value != lens.x:
        lens = replace(lens, mark=None, zoom=None)  # positions on one axis mean nothing on another
    return replace(as_lens({**plain(lens), name: value}), max_panels=lens.max_panels, pixels=lens.pixels)


def completions(text: str, known: Known) -> list[str]:
    """Whole texts that begin like this one."""
    head, blank, tail = text.rpartition(" ")
    if not blank:
        candidates: Sequence[str] = (*_WORDS, *known.commands)
    else:
        word = head.split()[0] if head.split() else ""
        candidates = _values_of(word, known)
    lower = tail.lower()
    fitting = [word for word in candidates if word.lower().startswith(lower)]
    fitting = fitting or [word for word in candidates if lower in word.lower()]
    return [f"{head}{blank}{shlex.quote(word) if blank else word}" for word in fitting]


def _values_of(word: str, known: Known) -> Sequence[str]:
    if word == "x":
        return known.axes
    if word in ("log", "linear", "pin", "large", "zoom-y"):
        return tuple(dict.fromkeys((*known.panels, *known.metrics)))
    if word in ("metric", "hide", "select"):
        return known.metrics
    if word in ("where", "group-by"):
        return known.settings
    return _VALUES.get(word, ())
