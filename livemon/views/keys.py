"""The keys of every interactive view: one table for views, the help on the screen and the docs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["KEYS", "Action", "Key", "action_of", "as_markdown"]

Action = Literal[
    "log", "limits", "smooth less", "smooth more", "x", "filter", "pin", "hide", "alone", "large", "next event",
    "event before", "back", "home", "follow", "attempts", "save", "theme", "full screen", "hold", "leave", "help",
    "quit", "groups", "run above", "run below", "choose run",
]


@dataclass(frozen=True, slots=True)
class Key:
    """A key and its action.

    Attributes:
        names: The names of the keys that do this. "shift+s" is "S".
        action: The action of a view.
        words: Its description; "the panel" and "the curve" are those under the pointer.
    """

    names: tuple[str, ...]
    action: Action
    words: str


KEYS = (
    Key(("backspace",), "back", "one step back"),
    Key(("home",), "home", "everything as it was at first"),
    Key(("end",), "follow", "follow the newest part: the last 10 %, then the last 1,000 steps"),
    Key(("x",), "x", "the next x axis: step, epoch, time"),
    Key(("l",), "log", "a logarithmic or a linear axis for the panel"),
    Key(("o",), "limits", "y limits without outliers, or with every value"),
    Key(("s",), "smooth less", "smooth less"),
    Key(("S",), "smooth more", "smooth more"),
    Key(("a",), "attempts", "show or hide the rows that later attempts replaced"),
    Key(("/",), "filter", "show only the metrics whose name matches, as you type"),
    Key(("p",), "pin", "put the panel first, or back"),
    Key(("h",), "hide", "hide the panel"),
    Key(("i",), "alone", "show the curve alone in its panel, or all again"),
    Key(("enter",), "large", "show the panel alone, or all again"),
    Key(("n",), "next event", "the next event: NaN, off the scale, restart, best"),
    Key(("N",), "event before", "the event before"),
    Key(("w",), "hold", "hold still, or go on"),
    Key(("e",), "save", "save the view: PNG, SVG, PDF, CSV, lens"),
    Key(("d",), "theme", "dark or light"),
    Key(("F11", "f"), "full screen", "full screen, or back"),
    Key(("escape",), "leave", "close what is open, or end the typing; else open or close the list of runs"),
    Key(("g",), "groups", "with several runs: draw those that differ only by their seed as one curve with a band, or "
                          "each again"),
    Key(("up",), "run above", "in the list of runs: the run above"),
    Key(("down",), "run below", "in the list of runs: the run below"),
    Key(("space",), "choose run", "in the list of runs: draw the run beside the others, or not; enter opens it alone"),
    Key(("?",), "help", "show or close this help"),
    Key(("q",), "quit", "close the window"),
)

MOUSE = (
    ("point", "show the values there: smoothed and, paler, as logged"),
    ("drag", "zoom all panels over x"),
    ("drag upwards, or with Shift", "zoom y of the panel"),
    ("double click", "one step back"),
    ("click on a curve's name", "hide or show the curve, or the run where several are drawn"),
    ("double click on a curve's name", "the curve, or the run, alone"),
    ("click in the list of runs", "draw the run beside the others, or not; a double click opens it"),
    ("click on the words about a zoom", "follow the newest part"),
)


def action_of(name: str) -> Action | None:
    """The action of the key with this name, or None."""
    return next((key.action for key in KEYS if name in key.names), None)


def as_markdown() -> str:
    """The keys and the mouse actions, as Markdown tables."""
    keys = [f"| {', '.join(f'`{name}`' for name in key.names)} | {key.words} |" for key in KEYS]
    mouse = [f"| {name} | {words} |" for name, words in MOUSE]
    return "\n".join(["| key | what it does |", "| --- | --- |", *keys, "",
                      "| mouse | what it does |", "| --- | --- |", *mouse])
