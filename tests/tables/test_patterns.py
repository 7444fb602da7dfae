from __future__ import annotations

import time

import pytest

from livemon.tables import patterns
from livemon.tables.patterns import UserPattern


def test_a_pattern_is_found_anywhere_in_a_name() -> None:
    """A pattern means what it means in Python, with and without case."""
    assert UserPattern("loss|acc", "--select").finds("val_loss")
    assert not UserPattern("^loss", "--select").finds("val_loss")
    assert UserPattern("LOSS$", "--select", ignore_case=True).finds("val_loss")


@pytest.mark.parametrize("text", ["(", "*", "[z-a]", "(?P<x>"])
def test_what_is_no_pattern(text: str) -> None:
    """A pattern that cannot be one is an error that names where it was given."""
    with pytest.raises(ValueError, match=r"--select.*not a valid regular expression"):
        UserPattern(text, "--select")


def test_a_pattern_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pattern whose search would take years is stopped after its time, says so, and is not tried again."""
    monkeypatch.setattr(patterns, "SECONDS", 0.05)
    pattern = UserPattern(r"(?:(?:a|a)+)+$", "--select")
    assert pattern.finds("a")
    name = "a" * 60 + "!"
    begun = time.process_time()
    for _ in range(50):
        with pytest.raises(ValueError, match="takes too long"):
            pattern.finds(name)
    assert time.process_time() - begun < 25 * 0.05
