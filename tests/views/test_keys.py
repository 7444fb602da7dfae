"""The keys of every view that can be touched."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from livemon.views.keys import KEYS, Action, action_of, as_markdown


def test_each_key_does_one_thing() -> None:
    """No key stands twice in the table, each action has a key, and each key has words."""
    names = [name for key in KEYS for name in key.names]
    assert len(names) == len(set(names))
    assert {key.action for key in KEYS} == set(get_args(Action))
    assert all(key.words for key in KEYS)


def test_what_a_key_does() -> None:
    """A key is found by its name; Shift makes another key; a key without a meaning does nothing."""
    assert (action_of("s"), action_of("S"), action_of("F11"), action_of("f")) == (
        "smooth less", "smooth more", "full screen", "full screen")
    assert action_of("ctrl+alt+7") is None


def test_the_page_has_the_table() -> None:
    """docs/watch.md says what the table says."""
    page = Path(__file__).parents[2] / "docs" / "watch.md"
    assert as_markdown() in page.read_text(encoding="utf-8")
