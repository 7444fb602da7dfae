from __future__ import annotations

import pytest

from livemon.system.inert_yaml import parse_yaml


def test_yaml_is_plain_data() -> None:
    """Nothing is executed: a tuple is a sequence, and of any other tag the value below it is left."""
    text = "a: !!python/tuple [1, 2]\nb: !!python/object/apply:os.getcwd []\nc: !Ref {d: 3}"
    assert parse_yaml(text) == {"a": [1, 2], "b": [], "c": {"d": 3}}


@pytest.mark.parametrize("text", ["a: [", "? [a]\n: 1", "a: *nothing"])
def test_what_is_no_yaml_is_said(text: str) -> None:
    """A text that cannot be read is one kind of error."""
    with pytest.raises(ValueError, match=r".+"):
        parse_yaml(text)


def test_aliases_that_grow_without_bounds_are_refused() -> None:
    """Nine lines of aliases stand for a thousand million values: they are not written out."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(ValueError, match="aliases"):
        parse_yaml("\n".join(lines))
