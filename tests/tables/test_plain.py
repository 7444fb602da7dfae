"""Anything -> what JSON can hold."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livemon.tables.plain import leaves, to_plain


@dataclass
class Optimizer:
    name: str
    betas: tuple[float, float]


class Silent:
    def __str__(self) -> str:
        raise RuntimeError("no words")


class Talkative:
    def __str__(self) -> str:
        return "x" * 1_000_000


@pytest.mark.parametrize(("value", "expected"), [
    (None, None), (True, True), (3, 3), (0.5, 0.5), ("a", "a"),
    (math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity"), (np.float32("nan"), "NaN"),
    (np.float64(0.1), 0.1), (np.int64(2**62), 2**62), (np.bool_(True), True), (np.array(2.5), 2.5),
    (np.array([[1.0, math.inf]]), [[1.0, "Infinity"]]),
    ((1, {2}), [1, [2]]), ({1: {"a": (math.nan,)}}, {"1": {"a": ["NaN"]}}),
    (Optimizer("adam", (0.9, math.nan)), {"name": "adam", "betas": [0.9, "NaN"]}),
    (Path("runs") / "a", "runs/a"), (Silent(), "<Silent>"), (Talkative(), "x" * 1000),
    (10**4000, "a whole number of 13,288 bits"), (-(10**4000), "a whole number of 13,288 bits"),
])
def test_what_becomes_of_a_value(value: Any, expected: Any) -> None:
    """Numbers stay numbers of Python's own, what JSON has no number for is a word, what holds others is a list or a
    dict, and anything else is its text, bounded."""
    found = to_plain(value)
    assert found == expected and type(found) is type(expected)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(codec="utf-8"), max_size=3),
              st.binary(max_size=3), st.complex_numbers(), st.sampled_from([np.float32(0.5), np.arange(3)])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.tuples(inner, inner),
                            st.dictionaries(st.one_of(st.integers(), st.text(max_size=2)), inner, max_size=3)),
    max_leaves=8)


@given(VALUES)
@settings(max_examples=100, derandomize=True, database=None)
def test_strict_json_holds_anything(value: Any) -> None:
    """Whatever is given, what comes can be written as JSON without NaN and read back the same, and stays as it is when
    it is made plain once more."""
    plain = to_plain(value)
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain == to_plain(plain)


def test_a_large_array_may_become_its_text() -> None:
    """An array of more values than are asked for becomes the text that NumPy has for it, one of as many a list."""
    value = {"weights": np.zeros(11), "betas": np.zeros(10)}
    assert to_plain(value, longest_array=10) == {"weights": str(np.zeros(11)), "betas": [0.0] * 10}
    assert to_plain(value) == {"weights": [0.0] * 11, "betas": [0.0] * 10}


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
