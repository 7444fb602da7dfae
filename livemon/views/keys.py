"""The keys of every view that can be touched: one table, for views, for the help on the screen and for the page."""

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
    """What a key does.

    Attributes:
        names: What it is called; of several, each does it. "shift+s" is "S".
        action: What a view does.
        words: The same for people; of the panel, or the curve, where the pointer is.
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
    """What the key of this name does; None for nothing."""
    return next((key.action for key in KEYS if name in key.names), None)


def as_markdown() -> str:
    """The keys and what the mouse does, as tables of a page."""
    keys = [f"| {', '.join(f'`{name}`' for name in key.names)} | {key.words} |" for key in KEYS]
    mouse = [f"| {name} | {words} |" for name, words in MOUSE]
    return "\n".join(["| key | what it does |", "| --- | --- |", *keys, "",
                      "| mouse | what it does |", "| --- | --- |", *mouse])
