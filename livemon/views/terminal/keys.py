"""The keys that only a terminal has, and their help."""

from __future__ import annotations

from livemon.views.keys import KEYS

__all__ = ["KEYS_OF_TERMINAL", "NOT_HERE", "help_rows", "short_help"]

# Keys of the window alone, or described differently here.
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
    ("!", "all that was found in the run, with what to do"),
    ("click, drag", "the cursor; zoom over x"),
)
_SAYS = {"quit": "quit"}
_SHORT = (  # for 80 x 24: all of them at once, in two columns
    ("left right", "the cursor"),
    ("tab, up down", "next panel, pane"),
    ("+ - [ ]", "zoom, move the stretch"),
    ("backspace", "one step back"),
    ("home, end", "as at first; follow"),
    ("n N", "next event, before"),
    ("x", "step, epoch, time"),
    ("l o", "log; all values"),
    ("s S", "smooth less, more"),
    ("a", "earlier attempts"),
    ("/", "filter metrics"),
    ("enter", "the panel large"),
    ("p h i", "first; hide; alone"),
    ("d w", "dark, light; hold"),
    ("escape", "close; list of runs"),
    ("enter space m", "list: open, add, compare"),
    ("f", "only runs: lr>=1e-3"),
    ("g", "seeds as a band"),
    ("t", "what is printed"),
    ("!", "what was found"),
    (":", "command: smooth 0.9"),
    ("e", "save: PNG, CSV ..."),
    ("click, drag", "the cursor; zoom"),
    ("? q", "this help; quit"),
)


def help_rows() -> list[tuple[str, str]]:
    """Keys and their actions."""
    own = [(", ".join(key.names), _SAYS.get(key.action, key.words)) for key in KEYS
           if key.action not in NOT_HERE and key.action != "leave"]
    return [*KEYS_OF_TERMINAL, *own]


def short_help() -> list[tuple[str, str]]:
    """The same in fewer words."""
    return list(_SHORT)
