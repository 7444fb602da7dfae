from __future__ import annotations

from typing import Any

import pytest

from livemon.tables.plain import leaves


@pytest.mark.parametrize(("tree", "expected"), [
    ({}, []),
    ({"a": 1, "b": {"c": 2, "d": {"e": "x"}}, "f": [1]},
     [("a", 1, 1), ("b.c", 2, 2), ("b.d.e", 3, "x"), ("f", 1, [1])]),
    ({"a": {}}, []),
    ({1: {None: True}}, [("1.None", 2, True)]),
    ({"a.b": 1, "a": {"b": 2}}, [("a.b", 1, 1), ("a.b", 2, 2)]),
])
def test_leaves(tree: dict[Any, Any], expected: list[tuple[str, int, Any]]) -> None:
    """Each value that is no mapping, in order, with its full name and how many keys that is made of."""
    assert leaves(tree, ".") == expected


def test_a_mapping_can_be_a_leaf() -> None:
    """A mapping that `is_leaf` names is a value as it is; it is asked with the number of keys that lead there."""
    tree = {"a": {"b": {"c": 1}}, "d": {}}
    assert leaves(tree, "/", lambda value, depth: depth == 2 or not value) == [("a/b", 2, {"c": 1}), ("d", 1, {})]
