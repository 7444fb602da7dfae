"""The keys that a terminal has beside those of every view, and their help."""

from __future__ import annotations

from livemon.views.keys import KEYS

__all__ = ["KEYS_OF_TERMINAL", "NOT_HERE", "help_rows"]

NOT_HERE = ("full screen",)  # what only a window can do
KEYS_OF_TERMINAL = (
    ("left right", "move the cursor; with shift, ten cells"),
    ("tab, up down", "the next panel, the panel before"),
    ("+ -", "zoom in and out, around the cursor"),
    ("[ ]", "move the stretch"),
    ("escape", "no cursor; close this"),
    ("click, drag", "the cursor; zoom over x"),
)
_SAYS = {"quit": "quit"}


def help_rows() -> list[tuple[str, str]]:
    """Keys and what they do."""
    own = [(", ".join(key.names), _SAYS.get(key.action, key.words)) for key in KEYS
           if key.action not in NOT_HERE and key.action != "leave"]
    return [*KEYS_OF_TERMINAL, *own]
