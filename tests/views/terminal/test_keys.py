from __future__ import annotations

from livemon.views.keys import KEYS
from livemon.views.terminal.keys import KEYS_OF_TERMINAL, NOT_HERE, help_rows


def test_the_help_has_every_key() -> None:
    """The help has each key of the shared table that a terminal has, and the terminal's own, each with its words."""
    rows = dict(help_rows())
    assert all(", ".join(key.names) in rows for key in KEYS if key.action not in (*NOT_HERE, "leave"))
    assert all(rows[name] for name, _ in KEYS_OF_TERMINAL) and rows["q"] == "quit"
