"""YAML as plain data."""

from __future__ import annotations

import pytest

from livemon.system.inert_yaml import parse_yaml


def test_tags_become_plain_data() -> None:
    """Nothing is executed: what a tag asks for is the data below it."""
    assert parse_yaml("a: !!python/object/apply:os.system ['exit 1']\nb: !!python/tuple [1, 2]") == {
        "a": ["exit 1"], "b": [1, 2]}


@pytest.mark.parametrize("text", ["a: [1", "a: &a [*a]\nb: *a", "x0: &x0 [1]\n" + "".join(
    f"x{number}: &x{number} [{', '.join([f'*x{number - 1}'] * 9)}]\n" for number in range(1, 9))])
def test_what_is_no_data_is_an_error(text: str) -> None:
    """A broken text, an alias in a circle and aliases that grow without bounds are errors."""
    with pytest.raises(ValueError):
        parse_yaml(text)
