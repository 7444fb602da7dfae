"""The keys that a terminal has beside those of every view, and their help."""

from __future__ import annotations

from livemon.views.keys import KEYS

__all__ = ["KEYS_OF_TERMINAL", "NOT_HERE", "help_rows"]

# What only a window can do, and what a terminal says in words of its own.
NOT_HERE = ("full screen", "groups", "run above", "run below", "choose run")
KEYS_OF_TERMINAL = (
    ("left right", "move the cursor; with shift, ten cells"),
    ("tab, up down", "the next panel, the panel before; tab goes on to the next pane"),
    ("+ -", "zoom in and out, around the cursor"),
    ("[ ]", "move the stretch"),
    (":", "a command, such as smooth 0.9; tab completes it"),
    ("escape", "no cursor; close this; the list of runs"),
    ("enter space m", "in that list: open the run, overlay it, compare two"),
    ("f", "only runs with: lr>=1e-3 state:running"),
    ("g", "runs that differ by their seed alone as one curve with a band"),
    ("t", "show or hide what the training prints"),
    ("click, drag", "the cursor; zoom over x"),
)
_SAYS = {"quit": "quit"}


def help_rows() -> list[tuple[str, str]]:
    """Keys and what they do."""
    own = [(", ".join(key.names), _SAYS.get(key.action, key.words)) for key in KEYS
           if key.action not in NOT_HERE and key.action != "leave"]
    return [*KEYS_OF_TERMINAL, *own]
