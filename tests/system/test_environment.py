"""What the environment variables ask for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from livemon.system.environment import is_disabled, is_strict


@pytest.mark.parametrize(("value", "expected"), [
    (None, False), ("", False), ("0", False), ("1", True), ("yes", True), ("00", True),
])
@pytest.mark.parametrize(("name", "other", "asked"), [
    ("LIVEMON_STRICT", "LIVEMON_DISABLED", is_strict), ("LIVEMON_DISABLED", "LIVEMON_STRICT", is_disabled),
])
def test_a_variable_is_set_unless_it_is_empty_or_0(
    monkeypatch: pytest.MonkeyPatch, name: str, other: str, asked: Callable[[], bool], value: str | None, expected: bool
) -> None:
    """Each variable is on where it says anything but nothing or 0, whatever the other one says."""
    for other_value in ("0", "1"):
        monkeypatch.setenv(other, other_value)
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
        assert asked() is expected
